/// An array of 32-bit floats: dense, row-major, with value semantics.
///
/// ```swift
/// let a = Tensor([1, 2, 3, 4], shape: [2, 2])
/// let b = matmul(a, a.transposed()) + 1
/// b[0, 1]      // 12
/// ```
/// An operation computes at once. Where an input is a ``Parameter``'s value, or came from one, it is also noted on the
/// tape, so that ``backward()`` can find the gradients.
public struct Tensor: @unchecked Sendable {
  var storage: Storage
  /// Sizes of the axes, outermost first; empty for a scalar.
  public internal(set) var shape: Shape
  /// Where this value came from, when a gradient can flow there.
  var node: GradientNode?

  init(storage: Storage, shape: Shape, node: GradientNode? = nil) {
    self.storage = storage
    self.shape = shape
    self.node = node
  }

  /// A tensor to be written before it is read.
  init(uninitialized shape: Shape) {
    self.init(storage: Storage(count: shape.elementCount), shape: shape)
  }

  /// Precondition: as many scalars as the shape has elements.
  public init(_ scalars: some Collection<Float>, shape: Shape) {
    require(
      scalars.count == shape.elementCount, "\(scalars.count) scalars for a tensor of shape \(shape)")
    self.init(uninitialized: shape)
    _ = UnsafeMutableBufferPointer(start: storage.floats, count: scalars.count).initialize(from: scalars)
  }

  /// A vector.
  public init(_ scalars: [Float]) { self.init(scalars, shape: Shape(scalars.count)) }

  /// A scalar: rank 0.
  public init(_ scalar: Float) {
    self.init(uninitialized: Shape([]))
    storage.floats[0] = scalar
  }

  /// `value` everywhere.
  public init(repeating value: Float, shape: Shape) {
    self.init(uninitialized: shape)
    Kernels.fill(count, value, pointer)
  }

  /// 0 everywhere.
  public init(zeros shape: Shape) { self.init(repeating: 0, shape: shape) }
  /// 1 everywhere.
  public init(ones shape: Shape) { self.init(repeating: 1, shape: shape) }

  /// Fills a new tensor through a buffer whose content is undefined at first: write every element.
  public init(shape: Shape, initializingWith body: (UnsafeMutableBufferPointer<Float>) throws -> Void) rethrows {
    self.init(uninitialized: shape)
    try body(UnsafeMutableBufferPointer(start: storage.floats, count: count))
  }

  /// Number of elements.
  public var count: Int { shape.elementCount }
  /// Number of axes; 0 for a scalar.
  public var rank: Int { shape.rank }

  /// All elements, row-major.
  public var scalars: [Float] { withUnsafeBufferPointer(Array.init) }

  /// Reads the elements in place, row-major. The pointer must not leave `body`.
  public func withUnsafeBufferPointer<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: storage.floats, count: count))
    }
  }

  /// Changes elements in place; copies first where the memory is shared. The result is cut off from the tape.
  public mutating func withUnsafeMutableBufferPointer<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    makeUnique()
    node = nil
    return try body(UnsafeMutableBufferPointer(start: storage.floats, count: count))
  }

  /// The only element. Precondition: there is exactly one.
  public var scalar: Float {
    require(count == 1, "a tensor of shape \(shape) has no single scalar")
    return withExtendedLifetime(storage) { storage.floats[0] }
  }

  /// One element. Precondition: one index an axis, each inside it.
  public subscript(indices: Int...) -> Float {
    get { withExtendedLifetime(storage) { storage.floats[offset(of: indices)] } }
    set {
      makeUnique()
      node = nil
      storage.floats[offset(of: indices)] = newValue
    }
  }

  /// The same values with no way back: a constant for the tape.
  public var detached: Tensor { node == nil ? self : Tensor(storage: storage, shape: shape) }

  /// Whether a gradient can flow back from here.
  public var requiresGradient: Bool { node != nil }

  var pointer: UnsafeMutablePointer<Float> { storage.floats }

  mutating func makeUnique() {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = Storage(count: count)
      copy.floats.update(from: storage.floats, count: count)
      storage = copy
    }
  }

  private func offset(of indices: [Int]) -> Int {
    require(indices.count == rank, "\(indices.count) indices for a tensor of shape \(shape)")
    var offset = 0
    for (axis, index) in indices.enumerated() {
      require(index >= 0 && index < shape[axis], "index \(index) at axis \(axis) of a tensor of shape \(shape)")
      offset = offset * shape[axis] + index
    }
    return offset
  }
}

extension Tensor: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Float) { self.init(value) }
  public init(integerLiteral value: Int) { self.init(Float(value)) }
}

extension Tensor: CustomStringConvertible {
  /// The shape and, row by row, at most eight elements an axis.
  public var description: String {
    func block(_ axis: Int, _ offset: Int) -> String {
      guard axis < rank else { return "\(storage.floats[offset])" }
      let stride = shape.dropFirst(axis + 1).reduce(1, *)
      let shown = (0..<Swift.min(shape[axis], 8)).map { block(axis + 1, offset + $0 * stride) }
      return "[" + (shown + (shape[axis] > 8 ? ["…"] : [])).joined(separator: ", ") + "]"
    }
    return rank == 0 ? block(0, 0) : "Tensor\(shape) \(block(0, 0))"
  }
}
