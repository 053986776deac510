import Foundation

/// How a CSV file is written: what was given in the `CSVOptions`, and for the rest what its first lines show.
public struct CSVDialect: Equatable, Sendable {
  /// How its bytes stand for characters.
  public internal(set) var encoding = TextEncoding.utf8
  /// Whether it begins with a byte-order mark.
  public internal(set) var hasByteOrderMark = false
  /// The byte between fields.
  public internal(set) var delimiter = UInt8(ascii: ",")
  /// The decimal sign of columns whose own values leave it open, as `1,234` does.
  public internal(set) var decimalMark = DecimalMark.point
  /// Whether the columns' names stand in the file.
  public internal(set) var hasHeader = true
  /// What else is unusual, a phrase each: comment lines, columns that were renamed or left out.
  public internal(set) var remarks: [String] = []

  /// Columns whose names are their places, because the file has none for them.
  public internal(set) var nameless: Set<String> = []

  /// One line for a log: `";" between fields, decimal comma, Windows-1252`.
  public var description: String {
    var parts = ["\(CSVDialect.name(of: delimiter)) between fields", "decimal \(decimalMark)"]
    parts.append(encoding.rawValue + (hasByteOrderMark ? " with byte-order mark" : ""))
    if !hasHeader { parts.append("no header") }
    return (parts + remarks).joined(separator: ", ")
  }

  /// Whether a reader that knows commas, points and UTF-8 alone would have read the same.
  public var isPlain: Bool {
    delimiter == UInt8(ascii: ",") && decimalMark == .point && encoding == .utf8 && !hasByteOrderMark && hasHeader
      && remarks.isEmpty
  }

  private static func name(of delimiter: UInt8) -> String {
    delimiter == UInt8(ascii: "\t") ? "tab" : "\"\(Character(Unicode.Scalar(delimiter)))\""
  }
}

/// Finds how a file is written, from its first hundred rows.
struct CSVSniffer {
  let bytes: UnsafeBufferPointer<UInt8>
  let source: String
  let options: CSVOptions
  var dialect = CSVDialect()
  /// The columns' names, as the table will have them.
  private(set) var names: [String] = []
  /// Places of columns that had no name.
  private(set) var nameless: Set<Int> = []
  /// Where the first row of values is, and its line.
  private(set) var firstRow = 0
  private(set) var firstLine = 1
  /// The first rows.
  private var sample: [Record] = []

  private struct Record {
    var position: Int
    var line: Int
    var fields: [CSVScanner.Field]
  }

  private static let sampledRows = 100
  private static let candidates = [",", ";", "\t", "|"].map { UInt8(ascii: $0) }

  init(_ bytes: UnsafeBufferPointer<UInt8>, start: Int, source: String, options: CSVOptions, text: DecodedText) throws {
    self.bytes = bytes
    self.source = source
    self.options = options
    dialect.encoding = text.encoding
    dialect.hasByteOrderMark = text.hasByteOrderMark
    var (position, line) = (start, 1)
    let said = separatorLine(&position, &line)
    let comment = skipComments(&position, &line)
    guard position < bytes.count else {
      throw DataError(source, "the file is empty", expected: options.hasHeader == false ? "CSV" : "a CSV header")
    }
    dialect.delimiter = options.delimiter ?? said ?? bestDelimiter(position, line)
    if said != nil { dialect.remarks.append("a line \"sep=\"") }
    sample = records(dialect.delimiter, position, line)
    guard !sample.isEmpty else {
      // A first row that cannot be read: told as such.
      var scanner = CSVScanner(
        bytes: bytes, delimiter: dialect.delimiter, source: source, position: position, line: line)
      repeat { _ = try scanner.field() } while scanner.nextField()
      throw DataError(source, "the file has no rows")
    }
    skipTitle()
    dialect.decimalMark = options.decimal ?? sampledMark()
    try findHeader(comment: comment)
  }

  // MARK: Before the rows

  /// Excel's `sep=;`.
  private func separatorLine(_ position: inout Int, _ line: inout Int) -> UInt8? {
    var index = position
    let isQuoted = index < bytes.count && bytes[index] == UInt8(ascii: "\"")
    if isQuoted { index += 1 }
    guard index + 5 <= bytes.count,
      bytes[index..<index + 4].map({ $0 | 0x20 }).elementsEqual("sep\u{3d}".utf8.map { $0 | 0x20 })
    else { return nil }
    let sign = bytes[index + 4]
    guard sign != UInt8(ascii: "\n"), sign != UInt8(ascii: "\r") else { return nil }
    index += 5
    if isQuoted, index < bytes.count, bytes[index] == UInt8(ascii: "\"") { index += 1 }
    // A writer of the given delimiter may have added its own.
    while index < bytes.count, bytes[index] == sign { index += 1 }
    guard index == bytes.count || bytes[index] == UInt8(ascii: "\n") || bytes[index] == UInt8(ascii: "\r") else {
      return nil
    }
    position = index
    skipLine(&position, &line)
    return sign
  }

  /// Lines that begin with `#` and blank lines. Returns where the last comment's text begins.
  private mutating func skipComments(_ position: inout Int, _ line: inout Int) -> Int? {
    var last: Int?
    var count = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "#"):
        last = position + 1
        count += 1
        skipLine(&position, &line)
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"): skipLine(&position, &line)
      default:
        if count > 0 { dialect.remarks.append("\(count) comment line\(count == 1 ? "" : "s")") }
        return last
      }
    }
    return last
  }

  private func skipLine(_ position: inout Int, _ line: inout Int) {
    while position < bytes.count, bytes[position] != UInt8(ascii: "\n"), bytes[position] != UInt8(ascii: "\r") {
      position += 1
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: "\r") { position += 1 }
    if position < bytes.count, bytes[position] == UInt8(ascii: "\n"),
      position == 0 || bytes[position - 1] == UInt8(ascii: "\r") || bytes[position] == UInt8(ascii: "\n")
    {
      position += 1
    }
    line += 1
  }

  /// A title or a note above the header: lines of one field, where the rows agree on more.
  private mutating func skipTitle() {
    guard let width = CSVSniffer.usualWidth(sample), width > 1, isTitle(sample, width) else { return }
    let first = sample.prefix(10).firstIndex { record in
      record.fields.count >= width - 1 && record.fields.count > 1
        && (record.fields.count < 3 || record.fields.count { !isEmpty($0) } > 1)
    }
    guard let first, first > 0, sample.count - first >= 3 else { return }
    sample.removeFirst(first)
    dialect.remarks.append("\(first) line\(first == 1 ? "" : "s") above the header left out")
  }

  /// Whether the first row is a title: one field, and a blank line below it, or several words above three columns or more.
  private func isTitle(_ records: [Record], _ width: Int) -> Bool {
    guard records.count >= 4, let first = records.first else { return false }
    let filled = first.fields.filter { !isEmpty($0) }
    guard filled.count == 1, let title = filled.first else { return false }
    return records[1].line > first.line + 1 || width > 2 && text(title).contains(" ")
  }

  // MARK: The delimiter

  /// The delimiter by which most rows have as many fields, more of which are numbers or dates.
  private func bestDelimiter(_ position: Int, _ line: Int) -> UInt8 {
    var best: (delimiter: UInt8, score: Double, width: Int)?
    for delimiter in CSVSniffer.candidates {
      let records = records(delimiter, position, line)
      guard let width = CSVSniffer.usualWidth(records), width > 1 else { continue }
      let agreeing = Double(records.count { $0.fields.count == width }) / Double(records.count)
      var (typed, fields) = (0, 0)
      for record in records.dropFirst() {
        for field in record.fields {
          fields += 1
          if isEmpty(field) || isNumber(field) || isDate(field) { typed += 1 }
        }
      }
      var score = agreeing + 0.3 * Double(typed) / Double(max(fields, 1))
      // One field in the first row is that of a column, or a title.
      if records[0].fields.count == 1, !isTitle(records, width) { continue }
      // The header has nearly as many fields as the rows.
      if !(width - 1...width + 1).contains(records[0].fields.count) { score *= 0.5 }
      if best == nil || score > best!.score + 0.02 || score > best!.score - 0.02 && width > best!.width {
        best = (delimiter, score, width)
      }
    }
    return best?.delimiter ?? UInt8(ascii: ",")
  }

  /// The number of fields that most rows have; of equally frequent ones the smaller.
  private static func usualWidth(_ records: [Record]) -> Int? {
    var counts: [Int: Int] = [:]
    for record in records.count > 1 ? records.dropFirst() : records[...] {
      counts[record.fields.count, default: 0] += 1
    }
    return counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key
  }

  private func records(_ delimiter: UInt8, _ position: Int, _ line: Int) -> [Record] {
    var scanner = CSVScanner(bytes: bytes, delimiter: delimiter, source: source, position: position, line: line)
    var records: [Record] = []
    while scanner.position < bytes.count, records.count < CSVSniffer.sampledRows, scanner.position - position < 1 << 20
    {
      if scanner.isAtLineEnd {
        _ = scanner.nextField()
        continue
      }
      var record = Record(position: scanner.position, line: scanner.line, fields: [])
      repeat {
        guard let field = try? scanner.field() else { return records }
        record.fields.append(field)
      } while scanner.nextField()
      records.append(record)
    }
    return records
  }

  // MARK: Fields

  private func isEmpty(_ field: CSVScanner.Field) -> Bool {
    let (start, end) = field.trimmed(bytes)
    return start == end
  }

  private func isNumber(_ field: CSVScanner.Field) -> Bool {
    let (start, end) = field.trimmed(bytes)
    return DecimalMark.allCases.contains { NumberFormat.parse(bytes, start..<end, mark: $0) != nil }
  }

  private func isDate(_ field: CSVScanner.Field) -> Bool {
    DateText(isDayFirst: true).parse(UnsafeBufferPointer(rebasing: bytes[field.start..<field.end])) != nil
  }

  private func text(_ field: CSVScanner.Field) -> String {
    let scanner = CSVScanner(bytes: bytes, delimiter: dialect.delimiter, source: source)
    let (start, end) = field.trimmed(bytes)
    return scanner.string(.init(start: start, end: end, hasDoubledQuotes: field.hasDoubledQuotes)) ?? ""
  }

  /// The decimal sign of the file: that of the values that can only be read with one of the two.
  private func sampledMark() -> DecimalMark {
    var (points, commas, open) = (0, 0, 0)
    for record in sample.dropFirst() {
      for field in record.fields {
        let (start, end) = field.trimmed(bytes)
        let point = NumberFormat.parse(bytes, start..<end, mark: .point)
        let comma = NumberFormat.parse(bytes, start..<end, mark: .comma)
        if point != nil, comma == nil { points += 1 }
        if point == nil, comma != nil { commas += 1 }
        if let point, point.isGrouped, bytes[start..<end].contains(UInt8(ascii: ",")) { open += 1 }
      }
    }
    if points != commas { return points > commas ? .point : .comma }
    if dialect.delimiter != UInt8(ascii: ","), let usual = options.usualDecimal { return usual }
    return dialect.delimiter == UInt8(ascii: ";") && open > 0 ? .comma : .point
  }

  // MARK: The header

  private mutating func findHeader(comment: Int?) throws {
    let first = sample[0]
    dialect.hasHeader = options.hasHeader ?? looksLikeHeader()
    var fields = first.fields.map(text)
    if !dialect.hasHeader {
      let width = first.fields.count
      let said = comment.flatMap { names(at: $0, width: width) }
      names = said ?? (1...width).map { "column_\($0)" }
      if said != nil { dialect.hasHeader = true }
      // A delimiter at the end of each line.
      if width > 2, sample.count > 1, sample.allSatisfy({ $0.fields.count == width && isEmpty($0.fields[width - 1]) }) {
        nameless = [width - 1]
      }
      (firstRow, firstLine) = (first.position, first.line)
      return
    }
    let rows = sample.dropFirst()
    let width = CSVSniffer.usualWidth(sample) ?? fields.count
    if !rows.isEmpty, rows.allSatisfy({ $0.fields.count == width }) {
      if width == fields.count + 1, rows.allSatisfy({ isEmpty($0.fields[width - 1]) }) {
        fields.append("")
      } else if width == fields.count + 1, rows.count > 2, Set(rows.map { text($0.fields[0]) }).count == rows.count {
        // As R writes row names.
        fields.insert("", at: 0)
      } else if width == fields.count - 1, fields.last == "" {
        fields.removeLast()
      }
    }
    try name(fields)
    var scanner = CSVScanner(
      bytes: bytes, delimiter: dialect.delimiter, source: source, position: first.position, line: first.line)
    repeat { _ = try scanner.field() } while scanner.nextField()
    (firstRow, firstLine) = (scanner.position, scanner.line)
  }

  private mutating func name(_ fields: [String]) throws {
    var taken = Set(fields)
    var seen: Set<String> = []
    var renamed: [String] = []
    for (index, field) in fields.enumerated() {
      var name = field
      if name.isEmpty {
        nameless.insert(index)
        name = "column_\(index + 1)"
        while taken.contains(name) { name += "_" }
        dialect.nameless.insert(name)
      } else if seen.contains(name) {
        var number = 2
        while taken.contains("\(field)_\(number)") { number += 1 }
        name = "\(field)_\(number)"
        renamed.append(name)
      }
      taken.insert(name)
      seen.insert(name)
      names.append(name)
    }
    if !renamed.isEmpty {
      let shown = renamed.prefix(5).map(DataError.quoted).joined(separator: ", ")
      dialect.remarks.append("columns of one name are now \(shown)\(renamed.count > 5 ? ", …" : "")")
    }
  }

  /// Names in a comment above the rows: `# x y z`.
  private func names(at position: Int, width: Int) -> [String]? {
    var start = position
    while start < bytes.count, bytes[start] == UInt8(ascii: " ") || bytes[start] == UInt8(ascii: "#") { start += 1 }
    guard width > 1, let record = records(dialect.delimiter, start, 1).first, record.fields.count == width else {
      return nil
    }
    let names = record.fields.map(text)
    return names.contains("") || Set(names).count < width || record.fields.contains(where: isNumber) ? nil : names
  }

  /// Whether the first row differs from those below: it has a text where these have numbers or dates, or there are none.
  private func looksLikeHeader() -> Bool {
    let fields = sample[0].fields
    let names = fields.map(text)
    if names.contains(where: { options.kinds[$0] != nil || options.columns?.contains($0) == true }) { return true }
    let rows = sample.dropFirst().filter { $0.fields.count == fields.count }
    guard !rows.isEmpty else {
      return !names.allSatisfy { $0.isEmpty || $0.exactNumber != nil } || names.allSatisfy(\.isEmpty)
    }
    var typed = 0
    for index in fields.indices {
      let values = rows.map { $0.fields[index] }.filter { !isEmpty($0) && !isMissing($0) }
      guard !values.isEmpty, values.allSatisfy({ isNumber($0) || isDate($0) }) else { continue }
      typed += 1
      if !isEmpty(fields[index]), !isNumber(fields[index]), !isDate(fields[index]), !isMissing(fields[index]) {
        return true
      }
    }
    guard typed > 0 else { return true }
    // Numbers above numbers: names only as places (0, 1, 2, …) or years.
    let numbers = names.filter { !$0.isEmpty }.compactMap { Int($0) }
    guard numbers.count > (names.contains { $0.exactNumber == nil } ? 1 : 2),
      numbers.count == names.count(where: { Int($0) != nil || $0.exactNumber != nil })
    else {
      return false
    }
    let isSequence = zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 }
    return isSequence && (numbers[0] == 0 || numbers[0] == 1 || (1900...2100).contains(numbers[0]))
  }

  private func isMissing(_ field: CSVScanner.Field) -> Bool { options.missing.contains(text(field)) }
}
