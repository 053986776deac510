/// An array of 32-bit integers: labels, tokens, rows of a table, edges. It takes no part in the tape.
public struct Indices: @unchecked Sendable {
  var storage: Storage
  /// Sizes of the axes, outermost first.
  public internal(set) var shape: Shape

  init(uninitialized shape: Shape) {
    storage = Storage(count: shape.elementCount)
    self.shape = shape
  }

  /// Precondition: as many values as the shape has elements.
  public init(_ values: some Collection<Int32>, shape: Shape) {
    require(values.count == shape.elementCount, "\(values.count) values for indices of shape \(shape)")
    self.init(uninitialized: shape)
    _ = UnsafeMutableBufferPointer(start: storage.integers, count: values.count).initialize(from: values)
  }

  /// A vector [count].
  public init(_ values: [Int32]) { self.init(values, shape: Shape(values.count)) }
  /// A vector [count]. Precondition: each value fits 32 bits.
  public init(_ values: [Int]) { self.init(values.map(Int32.init)) }

  /// Fills new indices through a buffer whose content is undefined at first: write every element.
  public init(shape: Shape, initializingWith body: (UnsafeMutableBufferPointer<Int32>) throws -> Void) rethrows {
    self.init(uninitialized: shape)
    try body(UnsafeMutableBufferPointer(start: storage.integers, count: count))
  }

  /// Number of elements.
  public var count: Int { shape.elementCount }
  /// A copy of all elements, row-major.
  public var values: [Int32] { withUnsafeBufferPointer(Array.init) }

  /// Reads the elements in place, row-major. The pointer must not leave `body`.
  public func withUnsafeBufferPointer<Result>(
    _ body: (UnsafeBufferPointer<Int32>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: storage.integers, count: count))
    }
  }

  /// The value at a position in row-major order.
  public subscript(position: Int) -> Int32 {
    require(position >= 0 && position < count, "position \(position) of indices of shape \(shape)")
    return withExtendedLifetime(storage) { storage.integers[position] }
  }

  /// The same elements in another shape, without a copy. Precondition: as many elements.
  public func reshaped(_ shape: Shape) -> Indices {
    require(shape.elementCount == count, "indices of shape \(self.shape) cannot take shape \(shape)")
    var result = self
    result.shape = shape
    return result
  }

  var pointer: UnsafeMutablePointer<Int32> { storage.integers }
}

extension Indices: Equatable {
  public static func == (a: Indices, b: Indices) -> Bool { a.shape == b.shape && a.values == b.values }
}
