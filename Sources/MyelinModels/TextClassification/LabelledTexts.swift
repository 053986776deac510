import Foundation
import Myelin

/// The column of texts of a table, and the column of their classes.
struct LabelledTexts {
  let source: String
  let texts: [String]
  /// Empty where no column is told.
  let classes: [String]
  private let lines: [Int]

  /// - Parameters:
  ///   - path: of a CSV file, or `-`.
  ///   - text: the column of texts; missing ones are empty.
  ///   - target: the column of classes; rows without one are left out. nil where they are not needed.
  /// - Throws: `DataError` for a file that cannot be read, or has no such columns or rows.
  init(_ path: String, text: String, target: String?, _ reading: TableOptions.Reading) throws {
    let url = try DataPath.input(path)
    let limit = reading.applied(to: CSVOptions()).unpackedLimit
    try self.init(
      DataFile.read(url, unpackedLimit: limit, isText: true), source: DataFile.name(of: url), text: text,
      target: target, reading)
  }

  /// The same of the bytes of a file.
  init(
    _ bytes: [UInt8], source: String, text: String, target: String?, _ reading: TableOptions.Reading
  ) throws {
    var options = reading.applied(to: CSVOptions())
    options.columns = Set([text] + (target.map { [$0] } ?? []))
    for name in options.columns! { options.kinds[name] = .category }
    // "null" and "nan" are words, too.
    options.missing = [""]
    try self.init(Table(csv: bytes, source: source, options: options), text: text, target: target)
  }

  init(_ table: Table, text: String, target: String?) throws {
    let table = try target.map { try table.droppingMissing(in: $0) } ?? table
    source = table.source
    lines = table.lines
    texts = try LabelledTexts.texts(table, text)
    classes = try target.map { try LabelledTexts.texts(table, $0) } ?? []
  }

  private static func texts(_ table: Table, _ name: String) throws -> [String] {
    let column = try table.column(named: name)
    return (0..<table.rowCount).map { column.text($0) ?? "" }
  }

  /// - Throws: `DataError` that names the line of a class that is not known.
  func labels(of names: [String]) throws -> [Int32] {
    let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
    return try classes.enumerated().map { row, name in
      guard let label = numbers[name] else {
        throw DataError(
          source, line: row < lines.count ? lines[row] : nil,
          "the class \(DataError.quoted(name)); \(DataError.suggestion(for: name, among: names))")
      }
      return label
    }
  }

  /// The one column beside the target that holds texts: mostly different ones, of three words or more.
  static func textColumn(of table: Table, target: String) -> String? {
    let found = table.columns.filter { column in
      guard column.name != target, case .categories(let levels, let codes) = column.values, levels.count > 1 else {
        return false
      }
      let words = levels.reduce(0) { $0 + $1.split(separator: " ").count }
      return 2 * levels.count > codes.count && words >= 3 * levels.count
    }
    return found.count == 1 ? found[0].name : nil
  }
}
