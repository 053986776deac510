/// How the texts of a column become values.
enum ColumnForm: Equatable {
  case number(NumberFormat)
  case date(isDayFirst: Bool)
  case category

  var kind: ColumnKind {
    switch self {
    case .number: .number
    case .date: .date
    case .category: .category
    }
  }
}

/// What the different texts of a column are, each counted as often as it stands there: decides what the column is.
struct ColumnCensus {
  private(set) var form = ColumnForm.category
  /// Codes of the levels that stand for a missing value.
  private(set) var missing: Set<Int> = []
  /// Few texts among many numbers or dates.
  private(set) var mistake: (expected: String, others: Int, text: String, line: Int)?
  /// A text that shows how the values are written, where that is not the plainest way.
  private(set) var example: String?

  /// Texts of one kind among others.
  private struct Tally {
    var values = 0
    /// Those that do not give their text back.
    var inexact = 0
    var texts = 0
    var firstText = (code: 0, line: Int.max)
    var differentTexts = 0
    var example: Int?

    mutating func add(text code: Int, count: Int, line: Int) {
      texts += count
      differentTexts += 1
      if line < firstText.line { firstText = (code, line) }
    }
  }

  /// - Parameters:
  ///   - declared: what the column must be; nil to find it.
  ///   - marks: decimal signs that are possible, the more likely first.
  ///   - prefersDayFirst: the order of day and month where slashes and the column's values leave it open.
  ///   - isOrderKnown: whether that order is right for other separators too.
  ///   - words: texts that stand for a missing value in this column.
  init(
    _ levels: LevelTable, declared: ColumnKind?, marks: [DecimalMark], prefersDayFirst: Bool, isOrderKnown: Bool,
    words: Set<String>
  ) {
    if declared == .category || declared == .text { return }
    // Names, a million perhaps: a look at the first is enough.
    if declared == nil, levels.count > 1000 {
      let hasValues = levels.firstContain(1000) { text in
        marks.contains { NumberFormat.parse(text, text.indices, mark: $0) != nil }
          || DateText(isDayFirst: true).parse(text) != nil
      }
      if !hasValues { return }
    }
    var known: Set<Int> = []
    levels.forEach { code, text, _, _ in
      if MissingTexts.isWord(text) || !words.isEmpty && words.contains(String(decoding: text, as: UTF8.self)) {
        known.insert(code)
      }
    }
    var tallies: [(ColumnForm, Tally)] = []
    if declared != .date { tallies += marks.map { ColumnCensus.numbers(levels, mark: $0, known) } }
    if declared != .number { tallies.append(ColumnCensus.dates(levels, prefersDayFirst, isOrderKnown, known)) }
    guard
      let (form, tally) = tallies.enumerated().max(by: {
        ($0.element.1.values, -$0.offset) < ($1.element.1.values, -$1.offset)
      })?.element
    else { return }
    let total = tally.values + tally.texts
    if declared == nil, tally.values == 0 || (tally.inexact + (tally.differentTexts > 1 ? tally.texts : 0)) * 5 > total
    {
      return
    }
    let word = levels.text(tally.firstText.code)
    let isWord = word.allSatisfy { $0 &- 48 > 9 } && tally.differentTexts == 1
    if tally.texts == 0 || declared == nil && isWord && tally.texts > 1 && tally.texts * 20 <= total {
      self.form = form
      missing = known.union(tally.texts > 0 ? [tally.firstText.code] : [])
      example = tally.example.map { String(decoding: levels.text($0), as: UTF8.self) }
    } else if declared != nil || tally.texts * 5 <= total {
      let kind = form.kind == .date ? "a date" : "a number"
      mistake = (kind, tally.values, String(decoding: word, as: UTF8.self), tally.firstText.line)
    }
  }

  private static func numbers(_ levels: LevelTable, mark: DecimalMark, _ known: Set<Int>) -> (ColumnForm, Tally) {
    var tally = Tally()
    var unit: [UInt8] = []
    var withUnit = 0
    var unitIsSymbol = true
    var texts: [(code: Int, count: Int, line: Int)] = []
    levels.forEach { code, text, count, line in
      if known.contains(code) { return }
      guard let number = NumberFormat.parse(text, text.indices, mark: mark),
        number.unit.isEmpty || unit.isEmpty || unit.elementsEqual(text[number.unit])
      else {
        tally.add(text: code, count: count, line: line)
        return
      }
      if !number.unit.isEmpty {
        unit = Array(text[number.unit])
        unitIsSymbol = number.isSymbol
        withUnit += count
        texts.append((code, count, line))
      }
      if !number.unit.isEmpty || number.isGrouped || mark == .comma && text.contains(UInt8(ascii: ",")) {
        tally.example = tally.example ?? code
      }
      tally.values += count
      if !number.isExact { tally.inexact += count }
    }
    // A unit that only some have is more than a unit: 5more.
    if withUnit > 0, withUnit < tally.values, !unitIsSymbol {
      for text in texts {
        tally.values -= text.count
        tally.add(text: text.code, count: text.count, line: text.line)
      }
      unit = []
    }
    return (.number(NumberFormat(mark: mark, unit: unit)), tally)
  }

  private static func dates(
    _ levels: LevelTable, _ prefersDayFirst: Bool, _ isOrderKnown: Bool, _ known: Set<Int>
  ) -> (ColumnForm, Tally) {
    var tally = Tally()
    var (dayFirst, monthFirst, slashes, others) = (0, 0, 0, 0)
    levels.forEach { code, text, count, line in
      if known.contains(code) { return }
      guard let value = DateText(isDayFirst: true).parse(text) else {
        tally.add(text: code, count: count, line: line)
        return
      }
      tally.values += count
      tally.example = tally.example ?? code
      switch value.order {
      case .said: break
      case .dayFirst: dayFirst += count
      case .monthFirst: monthFirst += count
      case .open: if text.contains(UInt8(ascii: "/")) { slashes += count } else { others += count }
      }
    }
    // Both orders in one column: no date can be trusted.
    if dayFirst > 0, monthFirst > 0 { return (.category, Tally()) }
    let isDayFirst = dayFirst > 0 || monthFirst == 0 && (isOrderKnown || slashes > others ? prefersDayFirst : true)
    return (.date(isDayFirst: isDayFirst), tally)
  }
}
