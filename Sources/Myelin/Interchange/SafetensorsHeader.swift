import Foundation

extension Safetensors {
  /// What a file says about its tensors, without their elements: names, types, shapes, metadata.
  ///
  /// Read it before anything is built after a file: whether the shapes fit is known before memory is taken for them.
  public struct Header: Sendable {
    /// One tensor of the file.
    public struct Tensor: Sendable {
      /// As in the file.
      public let name: String
      /// The type of each element.
      public let elementType: ElementType
      /// Sizes of the axes, outermost first.
      public let shape: [Int]
      /// Where its elements are in the file.
      let bytes: Range<Int>
    }

    /// In the order of their elements in the file.
    public let tensors: [Tensor]
    /// Texts of whoever wrote the file.
    public let metadata: [String: String]
    /// How errors name it: the path of the file that it was read from.
    public let source: String

    /// Reads the start of a file, and checks all that `Safetensors(contentsOf:)` checks but the elements.
    ///
    /// - Throws: `DataError` as that does.
    public init(contentsOf url: URL) throws {
      let source = DataFile.name(of: url)
      let (start, size) = try DataFile.readPart(url, count: 8)
      let length = try Header.length(start, fileSize: size, source: source)
      let (text, _) = try DataFile.readPart(url, count: length, from: 8)
      guard text.count == length else {
        throw DataError(source, byte: 8 + text.count, "truncated", expected: "a header of \(length) bytes")
      }
      // Indices are those of the file.
      try self.init(([UInt8](repeating: 0, count: 8) + text)[8...], fileSize: size, source: source)
    }

    /// The length of the header, which the first eight bytes tell.
    static func length(_ start: [UInt8], fileSize: Int, source: String) throws -> Int {
      guard start.count >= 8 else {
        throw DataError(source, byte: start.count, "truncated", expected: "the 8-byte length of a safetensors header")
      }
      let length = start[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard length <= Safetensors.maximumHeaderLength else {
        throw DataError(
          source, byte: 0, "safetensors header length",
          expected: "at most \(Safetensors.maximumHeaderLength)", found: "\(length)")
      }
      guard Int(length) <= fileSize - 8 else {
        throw DataError(
          source, byte: 0, "safetensors header length", expected: "at most \(fileSize - 8), the bytes that follow",
          found: "\(length)")
      }
      return Int(length)
    }

    /// - Parameter json: the header's text, with the indices of the file.
    init(_ json: ArraySlice<UInt8>, fileSize: Int, source: String) throws {
      var parser = SafetensorsHeaderParser(bytes: json, source: source)
      let (entries, metadata) = try parser.parse()
      let dataStart = json.endIndex
      var tensors: [Tensor] = []
      var expectedStart = 0
      for entry in entries.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
        let title = "tensor \(DataError.quoted(entry.name))"
        guard entry.start == expectedStart, entry.end >= entry.start else {
          throw DataError(
            source, byte: entry.position, "\(title): data_offsets",
            expected: "\(expectedStart) as the start, where the tensor before ends",
            found: "[\(entry.start), \(entry.end)]")
        }
        guard let size = NumericArray.byteCount(entry.type, shape: entry.shape) else {
          throw DataError(
            source, byte: entry.position, "\(title): the shape \(entry.shape) has more elements than can be counted")
        }
        guard entry.end - entry.start == size else {
          throw DataError(
            source, byte: entry.position, "\(title): data_offsets",
            expected: "\(size) bytes for \(entry.type.rawValue) of shape \(entry.shape)",
            found: "\(entry.end - entry.start)")
        }
        guard entry.end <= fileSize - dataStart else {
          throw DataError(
            source, byte: fileSize, "truncated: \(title) ends at byte \(dataStart) + \(entry.end) of the file",
            found: "\(fileSize) bytes")
        }
        tensors.append(
          Tensor(
            name: entry.name, elementType: entry.type, shape: entry.shape,
            bytes: dataStart + entry.start..<dataStart + entry.end))
        expectedStart = entry.end
      }
      guard dataStart + expectedStart == fileSize else {
        throw DataError(
          source, byte: dataStart + expectedStart,
          "\(fileSize - dataStart - expectedStart) bytes after the last tensor")
      }
      self.tensors = tensors
      self.metadata = metadata
      self.source = source
    }
  }
}

/// Parses the JSON header of a safetensors file: strictly the keys it has, so that a lie is found where it stands.
///
/// Foundation's JSON reader would keep the last of two equal names without a word, and knows no byte positions.
struct SafetensorsHeaderParser {
  struct Entry {
    var name: String
    var type: ElementType
    var shape: [Int]
    var start: Int
    var end: Int
    /// Where in the file it is described.
    var position: Int
  }

  /// Indices are those of the file.
  let bytes: ArraySlice<UInt8>
  let source: String
  private var position: Int

  init(bytes: ArraySlice<UInt8>, source: String) {
    self.bytes = bytes
    self.source = source
    position = bytes.startIndex
  }

  mutating func parse() throws -> (entries: [Entry], metadata: [String: String]) {
    var entries: [Entry] = []
    var metadata: [String: String] = [:]
    // Bytes, not characters: two names that look alike may be encoded differently.
    var names: Set<[UInt8]> = []
    guard bytes.first == UInt8(ascii: "{") else { throw error("\"{\" as the first byte") }
    try object { parser, name, start in
      guard names.insert(Array(name.utf8)).inserted else {
        throw DataError(parser.source, byte: start, "safetensors header: \(DataError.quoted(name)) stands there twice")
      }
      if name == Safetensors.metadataKey {
        try parser.object { parser, key, start in
          guard metadata.updateValue(try parser.string(), forKey: key) == nil else {
            throw DataError(
              parser.source, byte: start, "safetensors metadata: \(DataError.quoted(key)) stands there twice")
          }
        }
      } else {
        entries.append(try parser.entry(name, at: start))
      }
    }
    while position < bytes.endIndex {
      guard isBlank(bytes[position]) else { throw error("only blanks after the header") }
      position += 1
    }
    return (entries, metadata)
  }

  private mutating func entry(_ name: String, at start: Int) throws -> Entry {
    var type: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try object { parser, key, keyStart in
      switch key {
      case "dtype" where type == nil:
        let valueStart = parser.position
        let text = try parser.string()
        guard let known = Safetensors.types.first(where: { $0.name == text })?.type else {
          throw DataError(
            parser.source, byte: valueStart, "tensor \(DataError.quoted(name)): element type \(DataError.quoted(text))",
            expected: "one of \(Safetensors.types.map(\.name).joined(separator: " "))")
        }
        type = known
      case "shape" where shape == nil: shape = try parser.integers()
      case "data_offsets" where offsets == nil:
        let list = try parser.integers()
        guard list.count == 2 else {
          throw DataError(
            parser.source, byte: keyStart, "tensor \(DataError.quoted(name)): data_offsets", expected: "2 numbers",
            found: "\(list.count)")
        }
        offsets = list
      default:
        throw DataError(
          parser.source, byte: keyStart, "tensor \(DataError.quoted(name))",
          expected: "\"dtype\", \"shape\" and \"data_offsets\", each once", found: DataError.quoted(key))
      }
    }
    guard let type, let shape, let offsets else {
      throw DataError(
        source, byte: start, "tensor \(DataError.quoted(name))",
        expected: "\"dtype\", \"shape\" and \"data_offsets\"")
    }
    return Entry(name: name, type: type, shape: shape, start: offsets[0], end: offsets[1], position: start)
  }

  /// Parses an object; `member` parses the value of each key.
  private mutating func object(
    _ member: (inout SafetensorsHeaderParser, _ key: String, _ start: Int) throws -> Void
  ) throws {
    try expect("{")
    if skip("}") { return }
    repeat {
      skipBlanks()
      let start = position
      let key = try string()
      try expect(":")
      skipBlanks()
      try member(&self, key, start)
    } while skip(",")
    try expect("}")
  }

  private mutating func integers() throws -> [Int] {
    var result: [Int] = []
    try expect("[")
    if skip("]") { return [] }
    repeat {
      skipBlanks()
      let start = position
      var value = 0
      while position < bytes.endIndex, case let digit = bytes[position] &- 48, digit <= 9 {
        let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = shifted.addingReportingOverflow(Int(digit))
        if overflow || carry {
          position = start
          throw error("a number below 2^63")
        }
        value = sum
        position += 1
      }
      if position == start { throw error("a whole number that is not negative") }
      result.append(value)
    } while skip(",")
    try expect("]")
    return result
  }

  private mutating func string() throws -> String {
    try expect("\"")
    var text: [UInt8] = []
    let start = position
    while position < bytes.endIndex {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let result = String(validating: text, as: UTF8.self) else {
          position = start
          throw error("UTF-8 text")
        }
        return result
      case UInt8(ascii: "\\"): try escape(into: &text)
      case ..<0x20:
        position -= 1
        throw error("no control character in a string")
      default: text.append(byte)
      }
    }
    throw error("the end of the string")
  }

  private mutating func escape(into text: inout [UInt8]) throws {
    guard position < bytes.endIndex else { throw error("the end of the string") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xd800..<0xdc00).contains(code) {
        guard bytes[position...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
          throw error("the second half of a surrogate pair")
        }
        position += 2
        let low = try hexadecimal()
        guard (0xdc00..<0xe000).contains(low) else { throw error("the second half of a surrogate pair") }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("a Unicode scalar") }
      text += Array(String(scalar).utf8)
    default:
      position -= 1
      throw error("an escape of JSON")
    }
  }

  private mutating func hexadecimal() throws -> UInt32 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("four hexadecimal digits") }
    position += 4
    return code
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }

  private mutating func skipBlanks() {
    while position < bytes.endIndex, isBlank(bytes[position]) { position += 1 }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < bytes.endIndex, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    if !skip(character) { throw error("\"\(character)\"") }
  }

  private func error(_ expected: String) -> DataError {
    let here = String(decoding: bytes[position...].prefix(12), as: UTF8.self)
    return DataError(
      source, byte: position, "safetensors header", expected: expected,
      found: here.isEmpty ? "the end of the header" : DataError.quoted(here))
  }
}
