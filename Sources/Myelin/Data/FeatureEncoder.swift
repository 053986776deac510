import Foundation

/// Turns the rows of a table into numbers for a network, in the way that was fitted on training rows.
///
/// - A number x becomes (t(x) − mean) / deviation, with the mean and the (population) standard deviation of t over the
///   training rows; a missing one is replaced first.
/// - A category becomes one feature a level, 1 for the row's level and 0 for the others; one that was missing, or a level
///   that the training rows did not have, is 0 in all of them, unless the training rows had missing values too: then
///   "missing" is a level. Of a column with very many levels the most frequent ones have a feature and the others share
///   one. Levels with an order of their own (low, medium, high) have their rank besides.
/// - A date becomes the time since the first one and those of its parts that differ between rows (year, month, day,
///   weekday, hour), standardised, and the periodic ones also as sine and cosine.
/// - A text becomes the weights of its words and their parts, hashed into a fixed number of features (`TextEncoding`).
///
/// Columns that hold one value in all training rows are left out, and those that name their rows: nothing can be learned
/// from them.
///
/// It is `Codable`, exactly: write it into a checkpoint's metadata and apply it to other files later. Columns are found
/// by name, in any order.
public struct FeatureEncoder: Codable, Equatable, Sendable {
  enum Encoding: Codable, Equatable, Sendable {
    case number(NumberEncoding)
    case category(CategoryEncoding)
    case date(DateEncoding)
    case text(WordEncoding)

    var featureCount: Int { groups(of: "").reduce(0) { $0 + $1.names.count } }

    var isConsistent: Bool {
      switch self {
      case .number(let number): number.deviation > 0
      case .category(let category): category.isConsistent
      case .date(let date): date.isConsistent
      case .text(let text): text.isConsistent
      }
    }

    /// The features of a column, in their order.
    func groups(of column: String) -> [(kind: FeatureGroup.Kind, names: [String])] {
      switch self {
      case .number(let number):
        [(.number, [column])] + (number.hasIndicator ? [(.flag, ["\(column)=missing"])] : [])
      case .category(let category):
        [(.oneHot, category.valueNames.map { "\(column)=\($0)" })]
          + (category.ranks == nil ? [] : [(.number, ["\(column) rank"])])
      case .date(let date): date.groups(of: column)
      case .text(let text): [(.text, (0..<text.featureCount).map { "\(column)#\($0)" })]
      }
    }
  }

  struct EncodedColumn: Codable, Equatable, Sendable {
    var name: String
    var encoding: Encoding
    /// Texts that stood for a missing value, beside the usual ones.
    var missingTexts: [String]?
    /// How its file wrote it, for a file that leaves it open.
    var decimal: DecimalMark?
    var isDayFirst: Bool?
  }

  /// Whether fitting can have made it; one decoded from a file may be anything.
  package var isConsistent: Bool { columns.allSatisfy(\.encoding.isConsistent) }

  let columns: [EncodedColumn]
  /// Columns that were left out because they hold one value in all training rows.
  public let constantColumns: [String]
  private let nameColumns: [String]?
  /// Columns that were left out because they name their rows: texts of which none stands in two training rows, and whole
  /// numbers of that kind whose column is called an id or an index.
  public var identifierColumns: [String] { nameColumns ?? [] }

  /// Fits an encoder on some rows of a table.
  ///
  /// - Parameters:
  ///   - table: columns and rows to fit on.
  ///   - target: the column that is to be predicted; it is no feature.
  ///   - rows: the training rows; nil for all.
  ///   - recipe: how columns become features.
  /// - Throws: `DataError` when the recipe names a column that the table does not have, or no feature is left.
  public init(fitting table: Table, target: String?, rows: [Int]? = nil, recipe: FeatureRecipe = FeatureRecipe()) throws
  {
    let named = recipe.ignored.union(recipe.kinds.keys).union(recipe.logarithmic).union(recipe.unknownValues.keys)
      .union(recipe.kept)
    for name in named.sorted() { _ = try table.column(named: name) }
    let rows = rows ?? Array(0..<table.rowCount)
    guard !rows.isEmpty else { throw DataError(table.source, "no training rows to fit the features on") }
    var columns: [EncodedColumn] = []
    var constant: [String] = []
    var identifiers: [String] = []
    for column in table.columns where column.name != target && !recipe.ignored.contains(column.name) {
      let wanted = recipe.kinds[column.name]
      let encoding: Encoding?
      switch (column.values, wanted) {
      case (.numbers(let numbers), nil), (.numbers(let numbers), .number):
        let values = try rows.map { try table.checked(numbers[$0], row: $0, column: column.name) }
        if wanted == nil, !recipe.kept.contains(column.name), FeatureEncoder.nameRows(values, column.name, in: table) {
          identifiers.append(column.name)
          continue
        }
        encoding = NumberEncoding(values, name: column.name, recipe).map { .number($0) }
      case (.numbers(let numbers), .category):
        encoding = CategoryEncoding(numbers: rows.map { numbers[$0] }, recipe).map { .category($0) }
      case (.categories(let levels, let codes), nil):
        let rowCodes = rows.map { codes[$0] }
        let census = LevelCensus(levels, rowCodes)
        if census.isText(recipe) {
          encoding = WordEncoding(levels: levels, codes: rowCodes).map { .text($0) }
        } else if census.namesRows(recipe), !recipe.kept.contains(column.name) {
          identifiers.append(column.name)
          continue
        } else {
          encoding = CategoryEncoding(levels, census, recipe).map { .category($0) }
        }
      case (.categories(let levels, let codes), .category):
        encoding = CategoryEncoding(levels, LevelCensus(levels, rows.map { codes[$0] }), recipe).map { .category($0) }
      case (.categories(let levels, let codes), .text):
        encoding = WordEncoding(levels: levels, codes: rows.map { codes[$0] }).map { .text($0) }
      case (.dates(let dates), nil), (.dates(let dates), .date):
        encoding = DateEncoding(rows.map { dates[$0] }, recipe).map { .date($0) }
      case (.categories, .number), (.categories, .date), (.numbers, .date), (.numbers, .text), (.dates, .number),
        (.dates, .category), (.dates, .text):
        throw DataError(
          table.source, "column \(DataError.quoted(column.name))", expected: "a column of kind \(wanted!.rawValue)",
          found: "\(column.kind.rawValue)")
      }
      guard let encoding, encoding.featureCount > 0 else {
        constant.append(column.name)
        continue
      }
      let unusual = column.missingTexts.keys.filter { !CSVOptions.usualMissing.contains($0) }.sorted()
      var encoded = EncodedColumn(
        name: column.name, encoding: encoding, missingTexts: column.kind == .category || unusual.isEmpty ? nil : unusual
      )
      switch column.form {
      case .number(let format): encoded.decimal = format.mark == .point ? nil : format.mark
      case .date(let isDayFirst): encoded.isDayFirst = isDayFirst
      case .category, nil: break
      }
      columns.append(encoded)
    }
    guard !columns.isEmpty else {
      throw DataError(table.source, "no column is left that could be a feature")
    }
    self.columns = columns
    constantColumns = constant
    nameColumns = identifiers.isEmpty ? nil : identifiers
  }

  /// Whether whole numbers, all different, are the names of rows by their column's name.
  private static func nameRows(_ numbers: [Double], _ name: String, in table: Table) -> Bool {
    guard isIdentifier(name) || table.dialect?.nameless.contains(name) == true else { return false }
    let known = numbers.filter { !$0.isNaN }
    return known.count > 1 && known.allSatisfy { $0 == $0.rounded() } && Set(known).count == known.count
  }

  /// `id`, `customerID`, `Objekt-Nr`, `row_index`: by the last word of a name.
  private static func isIdentifier(_ name: String) -> Bool {
    var words: [String] = [""]
    var previous: Character = " "
    for character in name {
      if !character.isLetter && !character.isNumber {
        words.append("")
      } else if character.isUppercase, previous.isLowercase {
        words.append(character.lowercased())
      } else {
        words[words.count - 1] += character.lowercased()
      }
      previous = character
    }
    guard let last = words.last(where: { !$0.isEmpty && Int($0) == nil }) else { return false }
    return ["id", "ids", "idx", "index", "nr", "no", "nummer", "key", "uuid", "guid", "unnamed", "identifier"].contains(
      last)
      || (last.hasPrefix("row") || last.hasSuffix("id"))
        && [
          "rowid", "rowname", "rownames", "rownumber", "rownum", "customerid", "userid", "orderid", "passengerid",
          "productid", "clientid", "accountid", "transactionid", "patientid", "objectid",
        ].contains(last)
  }

  /// How many features a row has.
  public var featureCount: Int { columns.reduce(0) { $0 + $1.encoding.featureCount } }

  /// The features' names, in their order: `age`, `age=missing`, `city=Oslo`.
  public var featureNames: [String] {
    columns.flatMap { column in column.encoding.groups(of: column.name).flatMap(\.names) }
  }

  /// What the features are, in their order: for networks that treat numbers and categories differently.
  public var groups: [FeatureGroup] {
    var start = 0
    return columns.flatMap { column in
      column.encoding.groups(of: column.name).map { kind, names in
        defer { start += names.count }
        return FeatureGroup(column: column.name, kind: kind, names: names, range: start..<start + names.count)
      }
    }
  }

  /// The columns that a table must have.
  public var columnNames: [String] { columns.map(\.name) }

  /// How to read a CSV file for this encoder: only its columns, with their kinds, so that text among numbers is found
  /// with its line.
  public func csvOptions(_ options: CSVOptions = CSVOptions()) -> CSVOptions {
    var options = options
    options.columns = Set(columnNames)
    for column in columns {
      switch column.encoding {
      case .number: options.kinds[column.name] = .number
      case .date: options.kinds[column.name] = .date
      case .category(let category):
        options.kinds[column.name] = .category
        // A level of the training rows is one, even if elsewhere it would stand for a missing value.
        options.missing.subtract(category.levels)
      case .text: options.kinds[column.name] = .text
      }
      if let texts = column.missingTexts { options.missingTexts[column.name] = Set(texts) }
      if let isDayFirst = column.isDayFirst { options.dayFirst[column.name] = isDayFirst }
      if column.decimal == .comma { options.usualDecimal = .comma }
    }
    return options
  }

  /// What fitting left out or put together, a line each, for a log.
  public var remarks: [String] {
    columns.compactMap { column in
      guard case .category(let category) = column.encoding, let grouped = category.groupedLevels else { return nil }
      return "\(column.name): its \(category.levels.count) most frequent values of \(category.levels.count + grouped) "
        + "have a feature each, the others share one"
    } + identifierColumns.map { "\($0): left out, because no value of it stands in two training rows" }
      + (constantColumns.isEmpty
        ? [] : ["left out, because they hold one value only: \(constantColumns.joined(separator: ", "))"])
  }

  /// The features of all rows of a table: [rows × featureCount], row-major.
  ///
  /// - Throws: `DataError` when a column is missing, holds text where numbers were learned or a number that 32 bits do
  ///   not hold, or when the features are more than the memory.
  public func encode(_ table: Table) throws -> [Float] {
    let width = featureCount
    let (elements, overflow) = table.rowCount.multipliedReportingOverflow(by: width)
    try MachineMemory.check(
      overflow || elements > Int.max / 4 ? nil : elements * 4, source: table.source,
      "\(table.rowCount) rows of \(width) features")
    var result = [Float](repeating: 0, count: elements)
    var offset = 0
    for column in columns {
      let values = try table.column(named: column.name).values
      switch (column.encoding, values) {
      case (.number(let encoding), .numbers(let numbers)):
        try encoding.encode(numbers, of: table, column.name, into: &result, offset: offset, width: width)
      case (.date(let encoding), .dates(let dates)):
        encoding.encode(dates, into: &result, offset: offset, width: width)
      case (.text(let encoding), .categories(let levels, let codes)):
        encoding.encode(levels: levels, codes: codes, into: &result, offset: offset, width: width)
      case (.date, .numbers), (.text, .numbers), (.number, .dates), (.category, .dates), (.text, .dates):
        throw DataError(
          table.source, "column \(DataError.quoted(column.name))",
          expected: "what the model was trained on: \(column.encoding.kind.rawValue)",
          found: "\(try table.column(named: column.name).kind.rawValue)")
      case (.number, .categories(let levels, let codes)), (.date, .categories(let levels, let codes)):
        let row = codes.firstIndex { $0 >= 0 } ?? 0
        throw DataError(
          table.source, line: table.lines.isEmpty ? nil : table.lines[row],
          "column \(DataError.quoted(column.name))", expected: "a \(column.encoding.kind.rawValue)",
          found: codes.allSatisfy { $0 < 0 } ? "no value" : DataError.quoted(levels[Int(codes[row])]))
      case (.category(let encoding), .categories(let levels, let codes)):
        let matcher = LevelMatcher(encoding.levels)
        let features = levels.map { matcher[$0] ?? encoding.otherFeature }
        for (row, code) in codes.enumerated() {
          encoding.write(code < 0 ? encoding.missingFeature : features[Int(code)], to: &result, row * width + offset)
        }
      case (.category(let encoding), .numbers(let numbers)):
        let matcher = LevelMatcher(encoding.levels)
        for (row, number) in numbers.enumerated() {
          encoding.write(
            number.isNaN ? encoding.missingFeature : matcher[number] ?? encoding.otherFeature, to: &result,
            row * width + offset)
        }
      }
      offset += column.encoding.featureCount
    }
    return result
  }

  /// The levels in a table that the training rows did not have: column, level, and how many rows have it. In a column
  /// whose rare levels share a feature they are not told: new levels share it too.
  public func unknownLevels(in table: Table) throws -> [(column: String, level: String, count: Int)] {
    var result: [(column: String, level: String, count: Int)] = []
    for column in columns {
      guard case .category(let encoding) = column.encoding, encoding.groupedLevels == nil else { continue }
      let matcher = LevelMatcher(encoding.levels)
      switch try table.column(named: column.name).values {
      case .categories(let levels, let codes):
        var counts = [Int](repeating: 0, count: levels.count)
        for code in codes where code >= 0 { counts[Int(code)] += 1 }
        for (code, level) in levels.enumerated() where counts[code] > 0 && matcher[level] == nil {
          result.append((column.name, level, counts[code]))
        }
      case .numbers(let numbers):
        var counts: [Double: Int] = [:]
        for number in numbers where !number.isNaN && matcher[number] == nil { counts[number, default: 0] += 1 }
        for number in counts.keys.sorted() {
          result.append((column.name, Table.text(of: number)!, counts[number]!))
        }
      case .dates: continue
      }
    }
    return result
  }
}

extension Table {
  /// A number as the text of a category: `3` for 3.0, nil for a missing one.
  static func text(of number: Double) -> String? {
    if number.isNaN { return nil }
    return Int(exactly: number).map { "\($0)" } ?? "\(number)"
  }

  /// The number, where 32 bits hold it: what is learned is computed with such.
  func checked(_ number: Double, row: Int, column: String) throws -> Double {
    // A missing one is no number.
    guard number.isNaN || Float(number).isFinite else { throw doesNotFit(number, row: row, column: column) }
    return number
  }

  func doesNotFit(_ number: Double, row: Int, column: String) -> DataError {
    DataError(
      source, line: lines[row], "column \(DataError.quoted(column))",
      expected: "a number that 32 bits hold, at most about 3.4e38", found: "\(number)")
  }
}
