import Foundation
import Myelin

/// A CSV file with a column of pictures' paths and a column of texts.
struct CaptionFile {
  /// Which columns they are.
  struct Columns: Codable, Equatable {
    let picture: String
    let text: String
  }

  let columns: Columns
  /// As seen from the file's folder.
  let paths: [String]
  let texts: [String]

  private static let endings: Set<String> = ["png", "jpg", "jpeg", "jpe", "jfif"]

  /// - Parameters:
  ///   - columns: nil to find them: the one whose values all end as pictures' names do, and the one beside it.
  ///   - text: the column of texts, where it was said.
  /// - Throws: `DataError` for a file that cannot be read, or has no such columns.
  init(_ path: String, columns known: Columns?, text: String? = nil, _ reading: TableOptions.Reading) throws {
    guard path != DataPath.standardInput else {
      throw DataError(path, "pictures are found from the folder of their file", expected: "the path of a CSV file")
    }
    let columns = try known ?? CaptionFile.columns(path, text: text, reading)
    var options = reading.applied(to: CSVOptions())
    options.columns = [columns.picture, columns.text]
    for name in [columns.picture, columns.text] { options.kinds[name] = .category }
    options.missing = [""]
    let table = try Table(csv: DataPath.input(path), options: options)
      .droppingMissing(in: columns.picture).droppingMissing(in: columns.text)
    func texts(_ name: String) throws -> [String] {
      let column = try table.column(named: name)
      return (0..<table.rowCount).map { column.text($0) ?? "" }
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().relativePath
    self.columns = columns
    self.texts = try texts(columns.text)
    paths = try texts(columns.picture).map { $0.hasPrefix("/") || folder == "." ? $0 : "\(folder)/\($0)" }
  }

  private static func columns(_ path: String, text: String?, _ reading: TableOptions.Reading) throws -> Columns {
    let table = try Table(csv: DataPath.input(path), options: reading.applied(to: CSVOptions()))
    if let text { _ = try table.column(named: text) }
    func isPicture(_ column: Table.Column) -> Bool {
      guard case .categories(let levels, _) = column.values, !levels.isEmpty else { return false }
      return levels.allSatisfy { endings.contains(URL(fileURLWithPath: $0).pathExtension.lowercased()) }
    }
    let pictures = table.columns.filter { $0.name != text && isPicture($0) }
    guard pictures.count == 1 else {
      throw DataError(
        path, "\(pictures.isEmpty ? "no column" : "several columns") of pictures",
        expected: "one of paths that end in .png or .jpg")
    }
    if let text { return Columns(picture: pictures[0].name, text: text) }
    let others = table.columns.filter { $0.name != pictures[0].name }
    guard others.count == 1 else {
      throw DataError(
        path, others.isEmpty ? "no column of texts" : "\(others.count) columns beside the pictures",
        expected: others.isEmpty ? "one" : "--text COLUMN")
    }
    return Columns(picture: pictures[0].name, text: others[0].name)
  }
}
