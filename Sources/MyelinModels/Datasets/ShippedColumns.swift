import Myelin

/// Columns of a shipped table as they are needed beside pictures: texts and whole numbers.
struct ShippedColumns {
  private let table: Table

  /// - Parameter texts: the columns that are read as text, whatever they look like.
  /// - Throws: `DataError` when the file is not there or damaged.
  init(_ fileName: String, texts: [String] = []) throws {
    var options = CSVOptions()
    for name in texts { options.kinds[name] = .category }
    table = try Table(csv: ShippedData.file(fileName), options: options)
  }

  var count: Int { table.rowCount }

  func texts(_ name: String) throws -> [String] {
    guard case .categories(let levels, let codes) = try table.column(named: name).values, !codes.contains(-1) else {
      throw DataError(table.source, "column \(DataError.quoted(name))", expected: "a text in each row")
    }
    return codes.map { levels[Int($0)] }
  }

  func integers(_ name: String) throws -> [Int] {
    guard case .numbers(let numbers) = try table.column(named: name).values else {
      throw DataError(table.source, "column \(DataError.quoted(name))", expected: "numbers")
    }
    return try numbers.map {
      guard let number = Int(exactly: $0) else {
        throw DataError(table.source, "column \(DataError.quoted(name))", expected: "whole numbers", found: "\($0)")
      }
      return number
    }
  }

  /// The bytes of a shipped IDX file with `count` pictures of H·W·C.
  static func pictures(_ fileName: String, count: Int, _ height: Int, _ width: Int, _ channels: Int) throws -> [UInt8] {
    let file = try ShippedData.file(fileName)
    let array = try IDX.read(file)
    let shape = [count, height, width] + (channels == 1 ? [] : [channels])
    guard array.elementType == .uint8, array.shape == shape else {
      throw DataError(
        file.relativePath, "pictures", expected: "bytes of shape \(shape)",
        found: "\(array.elementType.rawValue) of shape \(array.shape)")
    }
    return Array(array.bytes)
  }
}
