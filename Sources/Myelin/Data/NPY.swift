import Foundation

/// NumPy's array files, versions 1 to 3 (numpy.lib.format): magic, version, the length of the header, the header as a
/// Python dictionary, the elements.
public enum NPY {
  /// Reads a file, plain or gzipped. Fortran order becomes row-major.
  ///
  /// - Parameters:
  ///   - url: a file, plain or gzipped.
  ///   - unpackedLimit: the most bytes that a gzipped file may unpack to.
  /// - Throws: `DataError` with the byte where the file is not what its header states, or holds another kind of
  ///   elements than booleans (0 or 1), integers and floating-point numbers.
  public static func read(_ url: URL, unpackedLimit: Int = Gzip.defaultLimit) throws -> NumericArray {
    try decode(DataFile.read(url, unpackedLimit: unpackedLimit)[...], source: DataFile.name(of: url))
  }

  /// Writes a version-1 file, atomically: row-major, little-endian.
  public static func write(_ array: NumericArray, to url: URL) throws {
    let header = header(of: array)
    try DataFile.writeAtomically(to: url) { output in
      try output.write(header)
      try array.littleEndian().bytes.withUnsafeBytes { try output.write($0) }
    }
  }

  /// Reads NPY data that is in memory.
  public static func decode(_ bytes: [UInt8], source: String) throws -> NumericArray {
    try decode(bytes[...], source: source)
  }

  /// The bytes of the file that `write` writes.
  public static func encode(_ array: NumericArray) -> [UInt8] { header(of: array) + array.littleEndian().bytes }

  static func decode(_ bytes: ArraySlice<UInt8>, source: String) throws -> NumericArray {
    let base = bytes.startIndex
    guard bytes.count >= 10 else {
      throw DataError(source, byte: bytes.count, "truncated", expected: "the start of an NPY file, 10 bytes")
    }
    guard bytes.starts(with: magic) else { throw DataError(source, byte: 0, "not an NPY file", expected: "\\x93NUMPY") }
    let version = bytes[base + 6]
    guard (1...3).contains(version), bytes[base + 7] == 0 else {
      throw DataError(
        source, byte: 6, "NPY version", expected: "1.0, 2.0 or 3.0", found: "\(version).\(bytes[base + 7])")
    }
    let lengthSize = version == 1 ? 2 : 4
    let headerStart = base + 8 + lengthSize
    guard bytes.endIndex >= headerStart else {
      throw DataError(source, byte: bytes.count, "truncated", expected: "the length of the NPY header")
    }
    let length = bytes[base + 8..<headerStart].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard bytes.endIndex - headerStart >= length else {
      throw DataError(
        source, byte: 8, "NPY header", expected: "\(length) bytes", found: "\(bytes.endIndex - headerStart)")
    }
    let dataStart = headerStart + length
    var parser = NPYHeaderParser(bytes: bytes[headerStart..<dataStart], base: base, source: source)
    let header = try parser.parse()
    let dataCount = bytes.endIndex - dataStart
    guard let size = NumericArray.byteCount(header.type, shape: header.shape) else {
      throw DataError(
        source, byte: 8 + lengthSize, "the shape \(header.shape) has more elements than can be counted")
    }
    guard dataCount == size else {
      throw DataError(
        source, byte: dataStart - base + min(size, dataCount), dataCount < size ? "truncated" : "data after the array",
        expected: "\(size) bytes of \(header.type.rawValue) of shape \(header.shape)", found: "\(dataCount)")
    }
    try NumericArray.checkBooleans(header.type, bytes[dataStart...], base: base, source: source)
    if header.isFortran, header.shape.count > 1, size > 0 {
      let elements = rowMajor(bytes[dataStart...], shape: header.shape, size: header.type.size)
      return NumericArray(header.type, shape: header.shape, bytes: elements[...], isBigEndian: header.isBigEndian)
    }
    return NumericArray(
      header.type, shape: header.shape, bytes: bytes[dataStart...], isBigEndian: header.isBigEndian)
  }

  /// Column-major elements in row-major order.
  private static func rowMajor(_ bytes: ArraySlice<UInt8>, shape: [Int], size: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: bytes.count)
    var index = [Int](repeating: 0, count: shape.count)
    // Stride of each axis in the column-major source, in elements.
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropFirst() { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    var from = 0
    bytes.withUnsafeBytes { source in
      result.withUnsafeMutableBytes { target in
        for element in 0..<source.count / size {
          (target.baseAddress! + element * size).copyMemory(from: source.baseAddress! + from * size, byteCount: size)
          var axis = shape.count - 1
          while axis >= 0 {
            index[axis] += 1
            from += strides[axis]
            if index[axis] < shape[axis] { break }
            from -= index[axis] * strides[axis]
            index[axis] = 0
            axis -= 1
          }
        }
      }
    }
    return result
  }

  private static func header(of array: NumericArray) -> [UInt8] {
    let dimensions = array.shape.map { "\($0)" }.joined(separator: ", ") + (array.shape.count == 1 ? "," : "")
    let type = description(of: array.elementType)
    var text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(dimensions)), }"
    // The elements start at a multiple of 64 bytes, as numpy writes them.
    text += String(repeating: " ", count: (64 - (10 + text.utf8.count + 1) % 64) % 64) + "\n"
    let length = text.utf8.count
    require(length <= 0xffff, "NPY.write: \(array.shape.count) dimensions do not fit into a version-1 header")
    return magic + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array(text.utf8)
  }

  private static func description(of type: ElementType) -> String {
    require(type != .bfloat16, "NPY.write: NumPy has no bfloat16")
    return descriptions.first { $0.value == type }.map { (type.size == 1 ? "|" : "<") + $0.key }!
  }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  static let descriptions: [String: ElementType] = [
    "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32, "i4": .int32, "u8": .uint64,
    "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
  ]
}

/// Parses the Python dictionary of an NPY header: three keys in any order, strings in either quotes.
private struct NPYHeaderParser {
  let bytes: ArraySlice<UInt8>
  let base: Int
  let source: String
  var position: Int

  init(bytes: ArraySlice<UInt8>, base: Int, source: String) {
    self.bytes = bytes
    self.base = base
    self.source = source
    position = bytes.startIndex
  }

  struct Header {
    var type: ElementType
    var isBigEndian: Bool
    var isFortran: Bool
    var shape: [Int]
  }

  mutating func parse() throws -> Header {
    var type: (ElementType, Bool)?
    var isFortran: Bool?
    var shape: [Int]?
    try expect("{")
    while !skip("}") {
      let start = position
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where type == nil: type = try elementType()
      case "fortran_order" where isFortran == nil: isFortran = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default:
        position = start
        throw error("'descr', 'fortran_order' and 'shape', each once", found: DataError.quoted(key))
      }
      if !skip(",") {
        try expect("}")
        break
      }
    }
    while position < bytes.endIndex {
      guard bytes[position] == 0x20 || bytes[position] == 0x0a else { throw error("only blanks after the header") }
      position += 1
    }
    guard let type, let isFortran, let shape else { throw error("'descr', 'fortran_order' and 'shape'") }
    return Header(type: type.0, isBigEndian: type.1, isFortran: isFortran, shape: shape)
  }

  private mutating func elementType() throws -> (ElementType, Bool) {
    let start = position
    // A record type is a list.
    let text = try string()
    let order = text.first ?? " "
    guard let type = NPY.descriptions[String(text.dropFirst())], "<>=|".contains(order), order != "|" || type.size == 1
    else {
      position = start
      throw error("a boolean, integer or floating-point type such as '<f4'", found: DataError.quoted(text))
    }
    return (type, order == ">")
  }

  private mutating func boolean() throws -> Bool {
    skipBlanks()
    for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw error("True or False")
  }

  private mutating func tuple() throws -> [Int] {
    var result: [Int] = []
    try expect("(")
    while !skip(")") {
      skipBlanks()
      var value = 0
      let start = position
      while position < bytes.endIndex, case let digit = bytes[position] &- 48, digit <= 9 {
        let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = shifted.addingReportingOverflow(Int(digit))
        if overflow || carry { throw error("a dimension of at most 64 bits") }
        value = sum
        position += 1
      }
      if position == start { throw error("a dimension, a whole number that is not negative") }
      // Python 2 wrote long integers with an L.
      if position < bytes.endIndex, bytes[position] == UInt8(ascii: "L") { position += 1 }
      result.append(value)
      if result.count > 64 { throw error("at most 64 dimensions") }
      if !skip(",") {
        try expect(")")
        break
      }
    }
    return result
  }

  private mutating func string() throws -> String {
    skipBlanks()
    guard position < bytes.endIndex, bytes[position] == 0x27 || bytes[position] == 0x22 else {
      throw error("a string")
    }
    let start = position + 1
    guard let end = bytes[start...].firstIndex(of: bytes[position]) else { throw error("the end of the string") }
    position = end + 1
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private mutating func skipBlanks() {
    while position < bytes.endIndex, bytes[position] == 0x20 { position += 1 }
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

  private func error(_ expected: String, found: String? = nil) -> DataError {
    let here = position < bytes.endIndex ? String(decoding: bytes[position...].prefix(12), as: UTF8.self) : ""
    return DataError(
      source, byte: position - base, "NPY header", expected: expected, found: found ?? DataError.quoted(here))
  }
}
