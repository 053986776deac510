/// What the values of a column are.
public enum ColumnKind: String, Codable, Sendable {
  /// Numbers, missing ones among them.
  case number
  /// Texts, of which some repeat.
  case category
  /// Dates or times.
  case date
  /// Texts that say something by their words.
  case text
}

/// A table with a name for each column, whose values are numbers, dates or categories, and may be missing.
///
/// Read one with `Table(csv:)`.
public struct Table: Sendable {
  /// The values of a column.
  public enum Values: Equatable, Sendable {
    /// A missing number is NaN.
    case numbers([Double])
    /// `codes` count into `levels`, which are sorted and different; a missing value is -1.
    case categories(levels: [String], codes: [Int32])
    /// Seconds since 1970-01-01 00:00 UTC; a time of day is one of that day. A missing date is NaN.
    case dates([Double])
  }

  /// A named column.
  public struct Column: Sendable {
    /// As in the header.
    public let name: String
    /// One value a row.
    public let values: Values
    /// Which texts of the file were taken for a missing value, and how often each: `["": 3, "NULL": 2]`.
    public let missingTexts: [String: Int]
    /// How the file's texts became numbers or dates.
    let form: ColumnForm?
    /// A text of the file that shows it, where it is not plain.
    let example: String?

    /// A column of these values.
    public init(name: String, values: Values, missingTexts: [String: Int] = [:]) {
      self.init(name: name, values: values, missingTexts: missingTexts, form: nil, example: nil)
    }

    init(name: String, values: Values, missingTexts: [String: Int], form: ColumnForm?, example: String?) {
      self.name = name
      self.values = values
      self.missingTexts = missingTexts
      self.form = form
      self.example = example
    }

    /// Numbers, dates or categories.
    public var kind: ColumnKind {
      switch values {
      case .numbers: .number
      case .dates: .date
      case .categories: .category
      }
    }

    /// Number of rows.
    public var count: Int {
      switch values {
      case .numbers(let numbers), .dates(let numbers): numbers.count
      case .categories(_, let codes): codes.count
      }
    }

    /// Other values for some of the rows. Texts for a missing value stay known, their counts are those of the file.
    func replacing(_ values: Values) -> Column {
      Column(name: name, values: values, missingTexts: missingTexts, form: form, example: example)
    }

    /// How many values are missing.
    public var missingCount: Int {
      switch values {
      case .numbers(let numbers), .dates(let numbers): numbers.count(where: \.isNaN)
      case .categories(_, let codes): codes.count { $0 < 0 }
      }
    }
  }

  /// How errors name the table: the path of its file.
  public let source: String
  /// In the order of the file.
  public let columns: [Column]
  /// Values in each column.
  public let rowCount: Int
  /// The line of the file on which each row starts, for errors.
  public let lines: [Int]
  /// How its file was written; nil for a table that was made in another way.
  public let dialect: CSVDialect?

  /// - Parameters:
  ///   - source: how errors name the table.
  ///   - columns: its columns.
  ///   - lines: the line of each row; without it, rows count from 2, as under a header.
  /// - Precondition: the columns are equally long and have different names.
  public init(source: String, columns: [Column], lines: [Int]? = nil) {
    self.init(source: source, columns: columns, lines: lines, dialect: nil)
  }

  init(source: String, columns: [Column], lines: [Int]?, dialect: CSVDialect?) {
    let count = columns.first?.count ?? 0
    require(columns.allSatisfy { $0.count == count }, "Table: the columns are not equally long")
    require(Set(columns.map(\.name)).count == columns.count, "Table: two columns have the same name")
    require(lines == nil || lines!.count == count, "Table: there must be one line number for each row")
    self.source = source
    self.columns = columns
    self.dialect = dialect
    self.lines = lines ?? Array(2..<2 + count)
    rowCount = count
  }

  /// The columns' names, in their order.
  public var columnNames: [String] { columns.map(\.name) }

  /// The column of that name.
  ///
  /// - Throws: `DataError` that lists names like it, when there is none.
  public func column(named name: String) throws -> Column {
    guard let column = columns.first(where: { $0.name == name }) else {
      throw DataError(source, "no column \"\(name)\"; \(DataError.suggestion(for: name, among: columnNames))")
    }
    return column
  }

  /// The rows with these numbers, in this order.
  public func rows(_ indices: [Int]) -> Table {
    let chosen = columns.map { column in
      switch column.values {
      case .numbers(let numbers):
        column.replacing(.numbers(indices.map { numbers[$0] }))
      case .dates(let dates):
        column.replacing(.dates(indices.map { dates[$0] }))
      case .categories(let levels, let codes):
        column.replacing(.categories(levels: levels, codes: indices.map { codes[$0] }))
      }
    }
    return Table(source: source, columns: chosen, lines: indices.map { lines[$0] }, dialect: dialect)
  }

  /// The rows whose value in the column is not missing.
  ///
  /// - Throws: `DataError` when there is no such column.
  public func droppingMissing(in name: String) throws -> Table {
    let column = try column(named: name)
    if column.missingCount == 0 { return self }
    switch column.values {
    case .numbers(let numbers), .dates(let numbers): return rows(numbers.indices.filter { !numbers[$0].isNaN })
    case .categories(_, let codes): return rows(codes.indices.filter { codes[$0] >= 0 })
    }
  }

  /// The table with its columns of these names replaced, and the new ones appended.
  public func replacing(_ newColumns: [Column]) -> Table {
    var result = columns
    for column in newColumns {
      if let index = result.firstIndex(where: { $0.name == column.name }) {
        result[index] = column
      } else {
        result.append(column)
      }
    }
    return Table(source: source, columns: result, lines: lines, dialect: dialect)
  }

  /// Levels in their order: by value when all are numbers, so that "10" follows "9", else by their UTF-8 bytes, so
  /// that the order is the same in every language setting.
  static func sorted(levels: [String]) -> [String] {
    let numbers = levels.compactMap { level in level.exactNumber.map { ($0, level) } }
    if numbers.count == levels.count { return numbers.sorted { $0 < $1 }.map(\.1) }
    return levels.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
