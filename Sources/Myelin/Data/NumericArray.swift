/// The element types of the array files that are read and written here.
public enum ElementType: String, CaseIterable, Sendable {
  /// Named by kind and bits. A `bool` is a byte of 0 or 1; `bfloat16` is the upper half of a `float32`.
  case bool, uint8, int8, uint16, int16, uint32, int32, uint64, int64, bfloat16, float16, float32, float64

  /// Bytes of one element.
  public var size: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .bfloat16, .float16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  /// Whether elements may have fractions.
  public var isFloatingPoint: Bool {
    switch self {
    case .bfloat16, .float16, .float32, .float64: true
    default: false
    }
  }
}

/// An array as it stands in a file: type, shape and bytes in row-major order, converted only when asked for.
///
/// `bytes` is a slice of the file that was read, not a copy.
public struct NumericArray: Equatable, Sendable {
  /// The type of each element.
  public let elementType: ElementType
  /// Sizes of the axes, outermost first; empty for a single number.
  public let shape: [Int]
  /// Whether the most significant byte of an element comes first.
  public let isBigEndian: Bool
  /// The elements in row-major order, without gaps.
  public let bytes: ArraySlice<UInt8>

  /// - Precondition: `bytes` holds exactly `shape`'s product of elements.
  public init(_ elementType: ElementType, shape: [Int], bytes: ArraySlice<UInt8>, isBigEndian: Bool = false) {
    require(
      NumericArray.byteCount(elementType, shape: shape) == bytes.count,
      "NumericArray: \(bytes.count) bytes do not hold \(elementType.rawValue) of shape \(shape)")
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
    self.isBigEndian = isBigEndian
  }

  /// - Precondition: `scalars` has `shape`'s product of elements.
  public init(_ scalars: [Float], shape: [Int]) {
    self.init(.float32, shape: shape, bytes: littleEndianBytes(of: scalars.lazy.map(\.bitPattern), scalars.count)[...])
  }

  /// - Precondition: `scalars` has `shape`'s product of elements.
  public init(_ scalars: [Int32], shape: [Int]) {
    self.init(.int32, shape: shape, bytes: littleEndianBytes(of: scalars, scalars.count)[...])
  }

  /// - Precondition: `scalars` has `shape`'s product of elements.
  public init(_ scalars: [Int], shape: [Int]) {
    self.init(.int64, shape: shape, bytes: littleEndianBytes(of: scalars.lazy.map(Int64.init), scalars.count)[...])
  }

  /// - Precondition: `scalars` has `shape`'s product of elements.
  public init(_ scalars: [Double], shape: [Int]) {
    self.init(.float64, shape: shape, bytes: littleEndianBytes(of: scalars.lazy.map(\.bitPattern), scalars.count)[...])
  }

  /// The number of elements.
  public var count: Int { bytes.count / elementType.size }

  /// The bytes that `shape` takes; nil where a dimension is negative or the product overflows, also that of the others
  /// beside a zero: whoever multiplies some of them later must not trap.
  static func byteCount(_ elementType: ElementType, shape: [Int]) -> Int? {
    var total = elementType.size
    for dimension in shape {
      let (product, overflow) = total.multipliedReportingOverflow(by: max(dimension, 1))
      if overflow || dimension < 0 { return nil }
      total = product
    }
    return shape.contains(0) ? 0 : total
  }

  /// Throws at a boolean that is neither 0 nor 1: such a file is damaged, or its elements are something else.
  static func checkBooleans(
    _ type: ElementType, _ bytes: ArraySlice<UInt8>, base: Int = 0, source: String, name: String = "boolean"
  ) throws {
    guard type == .bool, let bad = bytes.firstIndex(where: { $0 > 1 }) else { return }
    throw DataError(source, byte: bad - base, name, expected: "0 or 1", found: "\(bytes[bad])")
  }

  /// Every element as a Float: exact where Float holds it, else rounded to nearest.
  public func floats() -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      convertToFloats(into: buffer.baseAddress)
      initialized = count
    }
  }

  /// Writes every element as a Float, multiplied by `scale`, to `destination`, which has room for `count`.
  func convertToFloats(into destination: UnsafeMutablePointer<Float>?, scale: Float = 1) {
    let count = count
    guard let destination, count > 0 else { return }
    bytes.withUnsafeBytes { source in
      switch elementType {
      case .uint8, .bool:
        let values = source.baseAddress!.assumingMemoryBound(to: UInt8.self)
        for i in 0..<count { destination[i] = Float(values[i]) * scale }
        return
      case .int8: each(source, Int8.self) { destination[$0] = Float($1) }
      case .uint16: each(source, UInt16.self) { destination[$0] = Float($1) }
      case .int16: each(source, Int16.self) { destination[$0] = Float($1) }
      case .uint32: each(source, UInt32.self) { destination[$0] = Float($1) }
      case .int32: each(source, Int32.self) { destination[$0] = Float($1) }
      case .uint64: each(source, UInt64.self) { destination[$0] = Float($1) }
      case .int64: each(source, Int64.self) { destination[$0] = Float($1) }
      case .bfloat16: each(source, UInt16.self) { destination[$0] = Float(bitPattern: UInt32($1) << 16) }
      case .float16: each(source, UInt16.self) { destination[$0] = float(fromHalf: $1) }
      case .float32 where !isBigEndian:
        UnsafeMutableRawPointer(destination).copyMemory(from: source.baseAddress!, byteCount: source.count)
      case .float32: each(source, UInt32.self) { destination[$0] = Float(bitPattern: $1) }
      case .float64: each(source, UInt64.self) { destination[$0] = Float(Double(bitPattern: $1)) }
      }
      if scale != 1 { for i in 0..<count { destination[i] *= scale } }
    }
  }

  /// Every element as an Int32.
  ///
  /// - Parameters:
  ///   - source: how the error names the file.
  ///   - name: how the error names the array.
  /// - Throws: `DataError` at the first element that is not a whole number of 32 bits.
  public func int32s(source: String, name: String = "array") throws -> [Int32] {
    var result = [Int32](repeating: 0, count: count)
    var bad: (index: Int, value: String)?
    func store<T: BinaryInteger>(_ index: Int, _ value: T) {
      if let exact = Int32(exactly: value) { result[index] = exact } else if bad == nil { bad = (index, "\(value)") }
    }
    bytes.withUnsafeBytes { bytes in
      switch elementType {
      case .uint8, .bool: each(bytes, UInt8.self) { result[$0] = Int32($1) }
      case .int8: each(bytes, Int8.self) { result[$0] = Int32($1) }
      case .uint16: each(bytes, UInt16.self) { result[$0] = Int32($1) }
      case .int16: each(bytes, Int16.self) { result[$0] = Int32($1) }
      case .uint32: each(bytes, UInt32.self) { store($0, $1) }
      case .int32: each(bytes, Int32.self) { result[$0] = $1 }
      case .uint64: each(bytes, UInt64.self) { store($0, $1) }
      case .int64: each(bytes, Int64.self) { store($0, $1) }
      case .bfloat16, .float16, .float32, .float64:
        for (index, value) in doubles().enumerated() {
          if let exact = Int32(exactly: value) {
            result[index] = exact
          } else if bad == nil {
            bad = (index, "\(value)")
          }
        }
      }
    }
    if let bad {
      throw DataError(
        source, "\(name), element \(bad.index)", expected: "a whole number of 32 bits", found: bad.value)
    }
    return result
  }

  /// Every element as a Double: exact, but for 64-bit integers beyond 2^53.
  public func doubles() -> [Double] {
    var result = [Double](repeating: 0, count: count)
    bytes.withUnsafeBytes { bytes in
      switch elementType {
      case .float64: each(bytes, UInt64.self) { result[$0] = Double(bitPattern: $1) }
      case .int64: each(bytes, Int64.self) { result[$0] = Double($1) }
      case .uint64: each(bytes, UInt64.self) { result[$0] = Double($1) }
      case .int32: each(bytes, Int32.self) { result[$0] = Double($1) }
      case .uint32: each(bytes, UInt32.self) { result[$0] = Double($1) }
      default: result = floats().map(Double.init)
      }
    }
    return result
  }

  /// The same array with its bytes in little-endian order.
  func littleEndian() -> NumericArray {
    guard isBigEndian, elementType.size > 1 else {
      return NumericArray(elementType, shape: shape, bytes: bytes)
    }
    var swapped = Array(bytes)
    let size = elementType.size
    for start in stride(from: 0, to: swapped.count, by: size) { swapped[start..<start + size].reverse() }
    return NumericArray(elementType, shape: shape, bytes: swapped[...])
  }

  private func each<T: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, _: T.Type, _ body: (Int, T) -> Void) {
    for i in 0..<bytes.count / MemoryLayout<T>.size {
      let value = bytes.loadUnaligned(fromByteOffset: i * MemoryLayout<T>.size, as: T.self)
      body(i, isBigEndian ? T(bigEndian: value) : T(littleEndian: value))
    }
  }
}

/// IEEE 754 binary16, by hand: Float16 is not available on every Mac.
func float(fromHalf bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10 & 0x1f)
  let fraction = UInt32(bits & 0x3ff)
  switch exponent {
  case 0: return Float(bitPattern: sign | (Float(fraction) * 0x1p-24).bitPattern)
  case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}

private func littleEndianBytes<S: Sequence>(of values: S, _ count: Int) -> [UInt8]
where S.Element: FixedWidthInteger {
  let size = MemoryLayout<S.Element>.size
  return [UInt8](unsafeUninitializedCapacity: count * size) { buffer, initialized in
    let raw = UnsafeMutableRawBufferPointer(buffer)
    var offset = 0
    for value in values {
      raw.storeBytes(of: value.littleEndian, toByteOffset: offset, as: S.Element.self)
      offset += size
    }
    initialized = offset
  }
}
