import Foundation

/// Turns the rows of a table into numbers for a network, in the way that was fitted on training rows.
///
/// A number x becomes (t(x) − mean) / deviation, with the mean and the (population) standard deviation of t over the
/// training rows; a missing one is replaced first. A category becomes one feature a level, 1 for the row's level and 0
/// for the others; one that was missing, or a level that the training rows did not have, is 0 in all of them, unless
/// the training rows had missing values too: then "missing" is a level. Columns that hold one value in all training
/// rows are left out: nothing can be learned from them.
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
  }

  enum Encoding: Codable, Equatable, Sendable {
    case number(NumberEncoding)
    case category(CategoryEncoding)

    var featureCount: Int {
      switch self {
      case .number(let number): number.hasIndicator ? 2 : 1
      case .category(let category): category.levels.count + (category.hasMissingLevel ? 1 : 0)
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
      case .category(let category): Set(category.levels).count == category.levels.count
      }
    }
  }

  let columns: [EncodedColumn]
  /// Columns that were left out because they hold one value in all training rows.
  public let constantColumns: [String]

  /// Fits an encoder on some rows of a table.
  ///
  /// - Parameters:
  ///   - target: the column that is to be predicted; it is no feature.
  ///   - rows: the training rows; nil for all.
  /// - Throws: `DataError` when the recipe names a column that the table does not have, or no feature is left.
  public init(fitting table: Table, target: String?, rows: [Int]? = nil, recipe: FeatureRecipe = FeatureRecipe()) throws
  {
    let named = recipe.ignored.union(recipe.kinds.keys).union(recipe.logarithmic).union(recipe.unknownValues.keys)
    for name in named.sorted() { _ = try table.column(named: name) }
    let rows = rows ?? Array(0..<table.rowCount)
    guard !rows.isEmpty else { throw DataError(table.source, "no training rows to fit the features on") }
    var columns: [EncodedColumn] = []
    var constant: [String] = []
    for column in table.columns where column.name != target && !recipe.ignored.contains(column.name) {
      let encoding: Encoding? =
        switch (column.values, recipe.kinds[column.name]) {
        case (.numbers(let numbers), nil), (.numbers(let numbers), .number):
          FeatureEncoder.fit(numbers: rows.map { numbers[$0] }, name: column.name, recipe)
        case (.categories(let levels, let codes), nil), (.categories(let levels, let codes), .category):
          FeatureEncoder.fit(levels: levels, codes: rows.map { codes[$0] }, recipe)
        case (.numbers(let numbers), .category):
          FeatureEncoder.fit(texts: rows.map { Table.text(of: numbers[$0]) }, recipe)
        case (.categories, .number):
          throw DataError(
            table.source, "column \(DataError.quoted(column.name))", expected: "numbers", found: "text")
        }
      if let encoding {
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

  private static func fit(levels: [String], codes: [Int32], _ recipe: FeatureRecipe) -> Encoding? {
    fit(texts: codes.map { $0 < 0 ? nil : levels[Int($0)] }, recipe)
  }

  private static func fit(texts: [String?], _ recipe: FeatureRecipe) -> Encoding? {
    var counts: [String: Int] = [:]
    for case let text? in texts { counts[text, default: 0] += 1 }
    let missing = texts.count { $0 == nil }
    guard counts.count + (missing > 0 ? 1 : 0) > 1 else { return nil }
    let kept = counts.filter { $0.value >= recipe.minimumLevelCount }.map(\.key)
    guard !kept.isEmpty else { return nil }
    return .category(
      CategoryEncoding(
        levels: Table.sorted(levels: kept), hasMissingLevel: missing > 0 && recipe.addsMissingIndicators))
  }

  /// How many features a row has.
  public var featureCount: Int { columns.reduce(0) { $0 + $1.encoding.featureCount } }

  /// The features' names, in their order: `age`, `age=missing`, `city=Oslo`.
  public var featureNames: [String] {
    columns.flatMap { column -> [String] in
      switch column.encoding {
      case .number(let number): [column.name] + (number.hasIndicator ? ["\(column.name)=missing"] : [])
      case .category(let category):
        (category.levels + (category.hasMissingLevel ? ["missing"] : [])).map { "\(column.name)=\($0)" }
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
    }
    return options
  }

  /// The features of all rows of a table: [rows × featureCount], row-major.
  ///
  /// - Throws: `DataError` when a column is missing, or holds text where numbers were learned.
  public func encode(_ table: Table) throws -> [Float] {
    let width = featureCount
    var result = [Float](repeating: 0, count: table.rowCount * width)
    var offset = 0
    for column in columns {
      let values = try table.column(named: column.name).values
      switch (column.encoding, values) {
      case (.number(let encoding), .numbers(let numbers)):
        encode(numbers, encoding, into: &result, offset: offset, width: width)
      case (.number, .categories(let levels, let codes)):
        let row = codes.firstIndex { $0 >= 0 } ?? 0
        throw DataError(
          table.source, line: table.lines.isEmpty ? nil : table.lines[row],
          "column \(DataError.quoted(column.name))", expected: "a number",
          found: codes.allSatisfy { $0 < 0 } ? "no value" : DataError.quoted(levels[Int(codes[row])]))
      case (.category(let encoding), .categories(let levels, let codes)):
        let place = Dictionary(uniqueKeysWithValues: encoding.levels.enumerated().map { ($1, $0) })
        let featureOfCode = levels.map { place[$0] }
        encode(codes.lazy.map { $0 < 0 ? nil : .some(featureOfCode[Int($0)]) }, encoding, &result, offset, width)
      case (.category(let encoding), .numbers(let numbers)):
        let place = Dictionary(uniqueKeysWithValues: encoding.levels.enumerated().map { ($1, $0) })
        encode(
          numbers.lazy.map { number in Table.text(of: number).map { place[$0] } }, encoding, &result, offset, width)
      }
      offset += column.encoding.featureCount
    }
    return result
  }

  private func encode(
    _ numbers: [Double], _ encoding: NumberEncoding, into result: inout [Float], offset: Int, width: Int
  ) {
    for (row, number) in numbers.enumerated() {
      let isMissing = number.isNaN || encoding.unknownValues.contains(number)
      let value = encoding.transform(isMissing ? encoding.replacement : number)
      var standardized = (value - encoding.mean) / encoding.deviation
      if let clip = encoding.clip { standardized = min(max(standardized, -clip), clip) }
      result[row * width + offset] = Float(standardized)
      if encoding.hasIndicator, isMissing { result[row * width + offset + 1] = 1 }
    }
  }

  /// `places`: for each row its feature; nil inside for a level without one, nil outside for a missing value.
  private func encode(
    _ places: some Sequence<Int??>, _ encoding: CategoryEncoding, _ result: inout [Float], _ offset: Int, _ width: Int
  ) {
    for (row, place) in places.enumerated() {
      switch place {
      case .some(.some(let feature)): result[row * width + offset + feature] = 1
      case .some(nil): break
      case nil:
        if encoding.hasMissingLevel { result[row * width + offset + encoding.levels.count] = 1 }
      }
    }
  }

  /// The levels in a table that the encoder has no feature for: column, level, and how many rows have it.
  public func unknownLevels(in table: Table) throws -> [(column: String, level: String, count: Int)] {
    var result: [(column: String, level: String, count: Int)] = []
    for column in columns {
      guard case .category(let encoding) = column.encoding else { continue }
      guard case .categories(let levels, let codes) = try table.column(named: column.name).values else { continue }
      for (code, level) in levels.enumerated() where !encoding.levels.contains(level) {
        let count = codes.count { $0 == Int32(code) }
        if count > 0 { result.append((column.name, level, count)) }
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
}
