import Foundation

/// Named arrays and text metadata in a safetensors file (github.com/huggingface/safetensors): the length of the header
/// as a little-endian 64-bit number, the header as JSON, the elements of all arrays, little-endian, without gaps.
///
/// The same content gives the same bytes: arrays stand in the order of the reference implementation (by element
/// type, larger ones first, then by name), metadata is sorted, the header is padded with blanks to a multiple of 8 bytes.
public struct Safetensors: Equatable, Sendable {
  public var arrays: [String: NumericArray]
  public var metadata: [String: String]
  /// How errors name it: the path of the file that it was read from.
  public var source: String

  public init(_ arrays: [String: NumericArray] = [:], metadata: [String: String] = [:], source: String = "safetensors")
  {
    self.arrays = arrays
    self.metadata = metadata
    self.source = source
  }

  /// Reads a file.
  ///
  /// - Throws: `DataError` with the byte at which the file is no safetensors file, or its header tells something
  ///   that is not so: lengths beyond the file, offsets that leave gaps, overlap or do not fit a shape, a name twice.
  public init(contentsOf url: URL) throws {
    try self.init(DataFile.readRaw(url), source: DataFile.name(of: url))
  }

  /// Reads a file's bytes.
  public init(_ bytes: [UInt8], source: String) throws {
    guard bytes.count >= 8 else {
      throw DataError(source, byte: bytes.count, "truncated", expected: "the 8-byte length of a safetensors header")
    }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= Safetensors.maximumHeaderLength else {
      throw DataError(
        source, byte: 0, "safetensors header length",
        expected: "at most \(Safetensors.maximumHeaderLength)", found: "\(length)")
    }
    guard Int(length) <= bytes.count - 8 else {
      throw DataError(
        source, byte: 0, "safetensors header length", expected: "at most \(bytes.count - 8), the bytes that follow",
        found: "\(length)")
    }
    let dataStart = 8 + Int(length)
    var parser = SafetensorsHeaderParser(bytes: bytes[8..<dataStart], source: source)
    let (entries, metadata) = try parser.parse()
    self.init(metadata: metadata, source: source)

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
          source, byte: entry.position, "\(title): the shape \(entry.shape) has more elements than a file can hold")
      }
      guard entry.end - entry.start == size else {
        throw DataError(
          source, byte: entry.position, "\(title): data_offsets",
          expected: "\(size) bytes for \(entry.type.rawValue) of shape \(entry.shape)",
          found: "\(entry.end - entry.start)")
      }
      guard entry.end <= bytes.count - dataStart else {
        throw DataError(
          source, byte: bytes.count, "truncated: \(title) ends at byte \(dataStart) + \(entry.end) of the file",
          found: "\(bytes.count) bytes")
      }
      arrays[entry.name] = NumericArray(
        entry.type, shape: entry.shape, bytes: bytes[dataStart + entry.start..<dataStart + entry.end])
      expectedStart = entry.end
    }
    guard dataStart + expectedStart == bytes.count else {
      throw DataError(
        source, byte: dataStart + expectedStart,
        "\(bytes.count - dataStart - expectedStart) bytes after the last tensor")
    }
  }

  /// The names, sorted.
  public var names: [String] { arrays.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// The array of that name.
  ///
  /// - Throws: `DataError` that lists names like it, when there is none.
  public func array(named name: String) throws -> NumericArray {
    guard let array = arrays[name] else {
      throw DataError(source, "no tensor \"\(name)\"; \(DataError.suggestion(for: name, among: names))")
    }
    return array
  }

  /// Writes a file, atomically.
  public func write(to url: URL) throws {
    let (header, order) = layout()
    try DataFile.writeAtomically(to: url) { output in
      try output.write(header)
      for name in order { try arrays[name]!.littleEndian().bytes.withUnsafeBytes { try output.write($0) } }
    }
  }

  /// The bytes of the file that `write` writes.
  public func encoded() -> [UInt8] {
    let (header, order) = layout()
    return order.reduce(into: header) { $0 += arrays[$1]!.littleEndian().bytes }
  }

  /// The header with its length, and the order of the arrays after it.
  private func layout() -> (header: [UInt8], order: [String]) {
    require(arrays[Safetensors.metadataKey] == nil, "Safetensors: no array may be named __metadata__")
    let rank = Dictionary(uniqueKeysWithValues: Safetensors.types.enumerated().map { ($1.type, $0) })
    let order = names.enumerated().sorted {
      (-rank[arrays[$0.element]!.elementType]!, $0.offset) < (-rank[arrays[$1.element]!.elementType]!, $1.offset)
    }.map(\.element)
    var parts: [String] = []
    if !metadata.isEmpty {
      let keys = metadata.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      let pairs = keys.map { "\(jsonString($0)):\(jsonString(metadata[$0]!))" }
      parts.append("\(jsonString(Safetensors.metadataKey)):{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for name in order {
      let array = arrays[name]!
      let type = Safetensors.types.first { $0.type == array.elementType }!.name
      let shape = array.shape.map { "\($0)" }.joined(separator: ",")
      let end = offset + array.bytes.count
      parts.append(
        "\(jsonString(name)):{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(parts.joined(separator: ","))}".utf8)
    text += repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return ((0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text, order)
  }

  private func jsonString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  static let metadataKey = "__metadata__"
  /// The reference implementation's limit.
  static let maximumHeaderLength: UInt64 = 100_000_000
  /// In the reference implementation's order, in which it lays out arrays from the last type to the first.
  static let types: [(name: String, type: ElementType)] = [
    ("BOOL", .bool), ("U8", .uint8), ("I8", .int8), ("I16", .int16), ("U16", .uint16), ("F16", .float16),
    ("BF16", .bfloat16), ("I32", .int32), ("U32", .uint32), ("F32", .float32), ("F64", .float64), ("I64", .int64),
    ("U64", .uint64),
  ]
}
