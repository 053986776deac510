import Foundation

/// A value of a JSON file with its path in it, so that errors name the key: `model.vocab`.
package struct JSONField {
  /// How errors name the file.
  package let source: String
  /// Keys and places on the way to it: `added_tokens[3].id`; empty for the whole.
  package let path: String
  private let value: Any

  /// The whole of a file.
  ///
  /// - Throws: `DataError` for one that cannot be read or is no JSON object.
  package init(contentsOf url: URL) throws {
    let source = DataFile.name(of: url)
    try self.init(DataFile.read(url, isText: true), source: source)
  }

  /// - Throws: `DataError` for what is no JSON object.
  package init(_ bytes: [UInt8], source: String) throws {
    self.source = source
    path = ""
    guard let value = try? JSONSerialization.jsonObject(with: Data(bytes)), value is [String: Any] else {
      throw DataError(source, "is no JSON object")
    }
    self.value = value
  }

  private init(_ value: Any, _ path: String, _ source: String) {
    (self.value, self.path, self.source) = (value, path, source)
  }

  /// What stands under a key; nil where nothing or `null` does.
  package subscript(key key: String) -> JSONField? {
    guard let value = (value as? [String: Any])?[key], !(value is NSNull) else { return nil }
    return JSONField(value, path.isEmpty ? key : "\(path).\(key)", source)
  }

  /// What must stand under a key.
  package func required(_ key: String) throws -> JSONField {
    guard let field = self[key: key] else {
      let missing = path.isEmpty ? key : "\(path).\(key)"
      throw DataError(source, "\"\(missing)\" is missing")
    }
    return field
  }

  /// An error about this value.
  package func error(expected: String) -> DataError {
    DataError(source, "\"\(path)\"", expected: expected, found: shown)
  }

  private var shown: String {
    switch value {
    case let text as String: DataError.quoted(text)
    case is [Any]: "a list"
    case is [String: Any]: "an object"
    case let number as NSNumber where !isBoolean: "\(number)"
    default: (value as? Bool).map { "\($0)" } ?? "null"
    }
  }

  /// JSONSerialization gives `true` as a number too, but of the type char.
  private var isBoolean: Bool { (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false }

  /// - Throws: `DataError` that names the key where it is no text.
  package func text() throws -> String {
    guard let text = value as? String else { throw error(expected: "a text") }
    return text
  }

  /// - Throws: `DataError` that names the key where it is neither true nor false.
  package func flag() throws -> Bool {
    guard isBoolean, let flag = value as? Bool else { throw error(expected: "true or false") }
    return flag
  }

  /// - Throws: `DataError` that names the key where it is no number.
  package func number() throws -> Double {
    guard !isBoolean, let number = (value as? NSNumber)?.doubleValue, number.isFinite else {
      throw error(expected: "a number")
    }
    return number
  }

  /// - Throws: `DataError` that names the key where it is no whole number in `range`.
  package func integer(in range: ClosedRange<Int> = 0...Int(Int32.max)) throws -> Int {
    guard !isBoolean, let number = (value as? NSNumber)?.doubleValue, let whole = Int(exactly: number),
      range.contains(whole)
    else { throw error(expected: "a whole number of \(range.lowerBound) to \(range.upperBound)") }
    return whole
  }

  /// - Throws: `DataError` that names the key where it is no list.
  package func list() throws -> [JSONField] {
    guard let list = value as? [Any] else { throw error(expected: "a list") }
    return list.enumerated().map { JSONField($1, "\(path)[\($0)]", source) }
  }

  /// Names and values, in the order of the names.
  ///
  /// - Throws: `DataError` that names the key where it is no object.
  package func members() throws -> [(name: String, field: JSONField)] {
    guard let object = value as? [String: Any] else { throw error(expected: "an object") }
    return object.sorted { $0.key < $1.key }.map {
      ($0, JSONField($1, "\(path)[\(DataError.quoted($0))]", source))
    }
  }
}
