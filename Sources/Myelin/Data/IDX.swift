import Foundation

/// The IDX format of MNIST and its relatives (yann.lecun.com/exdb/mnist): two zero bytes, a type, the rank, each
/// dimension as a big-endian 32-bit number, then the elements, big-endian, in row-major order.
public enum IDX {
  /// Reads a file, plain or gzipped.
  ///
  /// - Parameters:
  ///   - url: a file, plain or gzipped.
  ///   - unpackedLimit: the most bytes that a gzipped file may unpack to.
  /// - Throws: `DataError` with the byte where the file stops being an IDX file of the length its header states.
  public static func read(_ url: URL, unpackedLimit: Int = Gzip.defaultLimit) throws -> NumericArray {
    try decode(DataFile.read(url, unpackedLimit: unpackedLimit), source: DataFile.name(of: url))
  }

  /// Reads IDX data that is in memory.
  public static func decode(_ bytes: [UInt8], source: String) throws -> NumericArray {
    guard bytes.count >= 4 else {
      throw DataError(source, byte: bytes.count, "truncated", expected: "the 4 bytes of an IDX header")
    }
    guard bytes[0] == 0, bytes[1] == 0 else {
      throw DataError(
        source, byte: 0, "not an IDX file", expected: "two zero bytes", found: "\(bytes[0]) and \(bytes[1])")
    }
    guard let type = types[bytes[2]] else {
      throw DataError(
        source, byte: 2, "IDX element type", expected: "8, 9, 11, 12, 13 or 14", found: "\(bytes[2])")
    }
    let rank = Int(bytes[3])
    guard rank <= maximumRank else {
      throw DataError(source, byte: 3, "IDX dimensions", expected: "at most \(maximumRank)", found: "\(rank)")
    }
    let start = 4 + 4 * rank
    guard bytes.count >= start else {
      throw DataError(source, byte: bytes.count, "truncated", expected: "a header with \(rank) dimensions")
    }
    let shape = (0..<rank).map { axis in
      bytes[4 + 4 * axis..<8 + 4 * axis].reduce(0) { $0 << 8 | Int($1) }
    }
    guard let size = NumericArray.byteCount(type, shape: shape) else {
      throw DataError(source, byte: 4, "the dimensions \(shape) are more elements than can be counted")
    }
    guard bytes.count - start >= size else {
      throw DataError(
        source, byte: bytes.count, "truncated", expected: "\(size) bytes of elements of shape \(shape)",
        found: "\(bytes.count - start)")
    }
    guard bytes.count - start == size else {
      throw DataError(
        source, byte: start + size, "\(bytes.count - start - size) bytes after the last element of shape \(shape)")
    }
    return NumericArray(type, shape: shape, bytes: bytes[start...], isBigEndian: true)
  }

  /// As many as NumPy's arrays can have: a header with more is damaged.
  private static let maximumRank = 64

  private static let types: [UInt8: ElementType] = [
    0x08: .uint8, 0x09: .int8, 0x0b: .int16, 0x0c: .int32, 0x0d: .float32, 0x0e: .float64,
  ]
}
