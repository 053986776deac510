import Foundation

/// Named arrays and text metadata in a safetensors file (github.com/huggingface/safetensors): the length of the header
/// as a little-endian 64-bit number, the header as JSON, the elements of all arrays, little-endian, without gaps.
///
/// The same content gives the same bytes: arrays stand in the order of the reference implementation (by element
/// type, larger ones first, then by name), metadata is sorted, the header is padded with blanks to a multiple of 8 bytes.
public struct Safetensors: Equatable, Sendable {
  /// The arrays by name.
  public var arrays: NamedArrays
  /// Texts of whoever wrote the file.
  public var metadata: [String: String]
  /// How errors name it: the path of the file that it was read from.
  public var source: String

  /// A file's content in memory.
  public init(_ arrays: NamedArrays = [:], metadata: [String: String] = [:], source: String = "safetensors") {
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
    let length = try Header.length(bytes, fileSize: bytes.count, source: source)
    let header = try Header(bytes[8..<8 + length], fileSize: bytes.count, source: source)
    self.init(metadata: header.metadata, source: source)
    for tensor in header.tensors {
      let content = bytes[tensor.bytes]
      try NumericArray.checkBooleans(
        tensor.elementType, content, source: source, name: "tensor \(DataError.quoted(tensor.name))")
      arrays[tensor.name] = NumericArray(tensor.elementType, shape: tensor.shape, bytes: content)
    }
  }

  /// The names, sorted.
  public var names: [String] { arrays.names }

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
