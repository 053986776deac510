import Foundation

/// Turns the rows of a table into numbers for a network, in the way that was fitted on training rows.
///
/// A number x becomes (t(x) − mean) / deviation, with the mean and the (population) standard deviation of t over the
/// training rows; a missing one is replaced first. A category becomes one feature a level, 1 for the row's level and 0
/// for the others; one that was missing, or a level that the training rows did not have, is 0 in all of them, unless
/// the training rows had missing values too: then "missing" is a level. Of a column with very many levels the most frequent
/// ones have a feature and the others share one. Columns that hold one value in all training rows are left out, and texts
/// of which none comes twice: nothing can be learned from them.
///
/// It is `Codable`, exactly: write it into a checkpoint's metadata and apply it to other files later. Columns are found
/// by name, in any order.
public struct FeatureEncoder: Codable, Equatable, Sendable {
  struct NumberEncoding: Codable, Equatable, Sendable {
    var transform: NumberTransform
    var unknownValues: [Double]
    /// What replaces a missing number, before the transform.
    var replacement: Double
    var mean: Double
    var deviation: Double
    var clip: Double?
    var hasIndicator: Bool
  }

  struct CategoryEncoding: Codable, Equatable, Sendable {
    var levels: [String]
    var hasMissingLevel: Bool
    /// How many further levels share the feature "other"; nil where there is no such feature.
    var groupedLevels: Int?

    /// Features in their order: levels, other, missing.
    var featureCount: Int { levels.count + (groupedLevels == nil ? 0 : 1) + (hasMissingLevel ? 1 : 0) }
    var otherFeature: Int? { groupedLevels == nil ? nil : levels.count }
    var missingFeature: Int? { hasMissingLevel ? featureCount - 1 : nil }
  }

  enum Encoding: Codable, Equatable, Sendable {
    case number(NumberEncoding)
    case category(CategoryEncoding)

    var featureCount: Int {
      switch self {
      case .number(let number): number.hasIndicator ? 2 : 1
      case .category(let category): category.featureCount
      }
    }
  }

  struct EncodedColumn: Codable, Equatable, Sendable {
    var name: String
    var encoding: Encoding
  }

  /// Whether fitting can have made it; one decoded from a file may be anything.
  package var isConsistent: Bool {
    columns.allSatisfy { column in
      switch column.encoding {
      case .number(let number): number.deviation > 0
      case .category(let category):
        Set(category.levels).count == category.levels.count && (category.groupedLevels ?? 1) > 0
      }
    }
  }

  let columns: [EncodedColumn]
  /// Columns that were left out because they hold one value in all training rows.
  public let constantColumns: [String]
  private let nameColumns: [String]?
  /// Columns of more than `maximumLevelCount` texts that were left out because each stands in one training row only.
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
    for name in named.sorted() { _ = try table.column(named: name) }
    let rows = rows ?? Array(0..<table.rowCount)
    guard !rows.isEmpty else { throw DataError(table.source, "no training rows to fit the features on") }
    var columns: [EncodedColumn] = []
    var constant: [String] = []
    var identifiers: [String] = []
    for column in table.columns where column.name != target && !recipe.ignored.contains(column.name) {
      let encoding: Encoding? =
        switch (column.values, recipe.kinds[column.name]) {
        case (.numbers(let numbers), nil), (.numbers(let numbers), .number):
          FeatureEncoder.fit(
            numbers: try rows.map { try table.checked(numbers[$0], row: $0, column: column.name) }, name: column.name,
            recipe)
        case (.categories(let levels, let codes), nil), (.categories(let levels, let codes), .category):
          FeatureEncoder.fit(levels: levels, codes: rows.lazy.map { codes[$0] }, recipe)
        case (.numbers(let numbers), .category):
          FeatureEncoder.fit(numbersAsLevels: rows.map { numbers[$0] }, recipe)
        case (.categories, .number):
          throw DataError(
            table.source, "column \(DataError.quoted(column.name))", expected: "numbers", found: "text")
        }
      if case .category(let category) = encoding, category.levels.isEmpty {
        identifiers.append(column.name)
      } else if let encoding {
        columns.append(EncodedColumn(name: column.name, encoding: encoding))
      } else {
        constant.append(column.name)
      }
    }
    guard !columns.isEmpty else {
      throw DataError(table.source, "no column is left that could be a feature")
    }
    self.columns = columns
    constantColumns = constant
    nameColumns = identifiers.isEmpty ? nil : identifiers
  }

  private static func fit(numbers: [Double], name: String, _ recipe: FeatureRecipe) -> Encoding? {
    let unknown = recipe.unknownValues[name] ?? []
    let known = numbers.filter { !$0.isNaN && !unknown.contains($0) }
    guard let first = known.first else { return nil }
    let hasIndicator = recipe.addsMissingIndicators && known.count < numbers.count
    guard hasIndicator || known.contains(where: { $0 != first }) else { return nil }
    let replacement: Double
    switch recipe.imputation {
    case .mean: replacement = known.reduce(0, +) / Double(known.count)
    case .median:
      let sorted = known.sorted()
      replacement = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
    let isLogarithmic =
      recipe.logarithmic.contains(name)
      || recipe.logarithmAboveSkewness.map { known.allSatisfy { $0 >= 0 } && skewness(known) > $0 } ?? false
    let transform: NumberTransform = isLogarithmic ? .logarithm : .identity
    let isMissing: (Double) -> Bool = { $0.isNaN || unknown.contains($0) }
    let values = numbers.map { transform(isMissing($0) ? replacement : $0) }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    // A column of one value beside its missing ones has nothing but rounding for a deviation.
    let deviation = variance.squareRoot()
    let isConstant = deviation <= 1e-12 * abs(mean)
    return .number(
      NumberEncoding(
        transform: transform, unknownValues: unknown.sorted(), replacement: replacement, mean: mean,
        deviation: isConstant ? 1 : deviation, clip: recipe.clipsDeviationsAt, hasIndicator: hasIndicator))
  }

  /// The third standardised moment: 0 for symmetric values, large for a long tail to the right.
  private static func skewness(_ values: [Double]) -> Double {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let second = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let third = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) * ($1 - mean) } / count
    return second > 0 ? third / (second * second.squareRoot()) : 0
  }

  /// `codes` count into `levels`, below 0 for a missing value. Nil where all are the same; without levels where the
  /// column is one of names.
  private static func fit(levels: [String], codes: some Sequence<Int32>, _ recipe: FeatureRecipe) -> Encoding? {
    var counts = [Int](repeating: 0, count: levels.count)
    var missing = 0
    for code in codes { if code < 0 { missing += 1 } else { counts[Int(code)] += 1 } }
    let present = counts.count { $0 > 0 }
    guard present + (missing > 0 ? 1 : 0) > 1 else { return nil }
    var kept = counts.indices.filter { counts[$0] > 0 && counts[$0] >= recipe.minimumLevelCount }
    guard !kept.isEmpty else { return nil }
    var grouped: Int?
    if kept.count > recipe.maximumLevelCount {
      // The most frequent ones; of equally frequent ones the first. Then again in the order of the levels.
      let frequent = kept.filter { counts[$0] > 1 }.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
      kept = frequent.prefix(recipe.maximumLevelCount).sorted()
      grouped = present - kept.count
    }
    return .category(
      CategoryEncoding(
        levels: kept.map { levels[$0] }, hasMissingLevel: missing > 0 && recipe.addsMissingIndicators,
        groupedLevels: grouped))
  }

  private static func fit(numbersAsLevels numbers: [Double], _ recipe: FeatureRecipe) -> Encoding? {
    let values = Set(numbers.filter { !$0.isNaN }).sorted()
    let codes = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, Int32($0)) })
    return fit(levels: values.map { Table.text(of: $0)! }, codes: numbers.map { codes[$0] ?? -1 }, recipe)
  }

  /// How many features a row has.
  public var featureCount: Int { columns.reduce(0) { $0 + $1.encoding.featureCount } }

  /// The features' names, in their order: `age`, `age=missing`, `city=Oslo`.
  public var featureNames: [String] {
    columns.flatMap { column -> [String] in
      switch column.encoding {
      case .number(let number): [column.name] + (number.hasIndicator ? ["\(column.name)=missing"] : [])
      case .category(let category):
        (category.levels + (category.groupedLevels == nil ? [] : ["other"])
          + (category.hasMissingLevel ? ["missing"] : [])).map { "\(column.name)=\($0)" }
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
      if case .number = column.encoding {
        options.kinds[column.name] = .number
      } else {
        options.kinds[column.name] = .category
      }
      // A level of the training rows is one, even if elsewhere it would stand for a missing value.
      if case .category(let category) = column.encoding { options.missing.subtract(category.levels) }
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
        try encode(numbers, encoding, of: table, column.name, into: &result, offset: offset, width: width)
      case (.number, .categories(let levels, let codes)):
        let row = codes.firstIndex { $0 >= 0 } ?? 0
        throw DataError(
          table.source, line: table.lines.isEmpty ? nil : table.lines[row],
          "column \(DataError.quoted(column.name))", expected: "a number",
          found: codes.allSatisfy { $0 < 0 } ? "no value" : DataError.quoted(levels[Int(codes[row])]))
      case (.category(let encoding), .categories(let levels, let codes)):
        let matcher = LevelMatcher(encoding.levels)
        let features = levels.map { matcher[$0] ?? encoding.otherFeature }
        for (row, code) in codes.enumerated() {
          if let feature = code < 0 ? encoding.missingFeature : features[Int(code)] {
            result[row * width + offset + feature] = 1
          }
        }
      case (.category(let encoding), .numbers(let numbers)):
        let matcher = LevelMatcher(encoding.levels)
        for (row, number) in numbers.enumerated() {
          if let feature = number.isNaN ? encoding.missingFeature : matcher[number] ?? encoding.otherFeature {
            result[row * width + offset + feature] = 1
          }
        }
      }
      offset += column.encoding.featureCount
    }
    return result
  }

  private func encode(
    _ numbers: [Double], _ encoding: NumberEncoding, of table: Table, _ name: String, into result: inout [Float],
    offset: Int, width: Int
  ) throws {
    for (row, number) in numbers.enumerated() {
      let number = try table.checked(number, row: row, column: name)
      let isMissing = number.isNaN || encoding.unknownValues.contains(number)
      let value = encoding.transform(isMissing ? encoding.replacement : number)
      var standardized = (value - encoding.mean) / encoding.deviation
      if let clip = encoding.clip { standardized = min(max(standardized, -clip), clip) }
      let feature = Float(standardized)
      guard feature.isFinite else { throw table.doesNotFit(number, row: row, column: name) }
      result[row * width + offset] = feature
      if encoding.hasIndicator, isMissing { result[row * width + offset + 1] = 1 }
    }
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
