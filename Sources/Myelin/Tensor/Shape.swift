/// The sizes of an array's axes, outermost first: `[batch, features]`, at most eight of them.
///
/// Kept inline, so that making a tensor needs no array on the heap.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, RandomAccessCollection, CustomStringConvertible {
  /// The most axes that a shape can have.
  public static let maximumRank = 8

  private var sizes: (Int32, Int32, Int32, Int32, Int32, Int32, Int32, Int32) = (0, 0, 0, 0, 0, 0, 0, 0)
  private var rankByte: UInt8 = 0

  /// Precondition: at most eight sizes, none negative or above 2³¹ − 1.
  public init(_ sizes: some Collection<Int>) {
    require(sizes.count <= Self.maximumRank, "a shape has at most \(Self.maximumRank) axes, not \(sizes.count)")
    for size in sizes { append(size) }
  }

  public init(arrayLiteral sizes: Int...) { self.init(sizes) }

  /// A vector's shape. Precondition: 0 ≤ length < 2³¹.
  public init(_ length: Int) { append(length) }

  /// A matrix's shape. Precondition: both in 0 ..< 2³¹.
  public init(_ rows: Int, _ columns: Int) {
    append(rows)
    append(columns)
  }

  /// Number of axes; 0 for a scalar.
  public var rank: Int { Int(rankByte) }

  /// Number of elements: the product of the sizes, 1 for a scalar.
  public var elementCount: Int {
    withUnsafeBytes(of: sizes) { raw in
      let sizes = raw.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Int32.self)
      var product = 1
      for axis in 0..<Int(rankByte) { product *= Int(sizes[axis]) }
      return product
    }
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { Int(rankByte) }

  public subscript(axis: Int) -> Int {
    get {
      require(axis >= 0 && axis < rank, "axis \(axis) of a shape with \(rank) axes")
      return withUnsafeBytes(of: sizes) { Int($0.load(fromByteOffset: axis &* 4, as: Int32.self)) }
    }
    set {
      require(axis >= 0 && axis < rank, "axis \(axis) of a shape with \(rank) axes")
      require(newValue >= 0 && newValue <= Int32.max, "an axis cannot have size \(newValue)")
      withUnsafeMutableBytes(of: &sizes) { $0.storeBytes(of: Int32(newValue), toByteOffset: axis &* 4, as: Int32.self) }
    }
  }

  /// Adds an innermost axis. Preconditions: fewer than eight axes so far; 0 ≤ size < 2³¹.
  public mutating func append(_ size: Int) {
    require(rank < Self.maximumRank, "a shape has at most \(Self.maximumRank) axes")
    rankByte += 1
    self[rank - 1] = size
  }

  public static func == (a: Shape, b: Shape) -> Bool {
    // Sizes beyond the rank are always zero.
    a.rankByte == b.rankByte && a.sizes.0 == b.sizes.0 && a.sizes.1 == b.sizes.1 && a.sizes.2 == b.sizes.2
      && a.sizes.3 == b.sizes.3 && a.sizes.4 == b.sizes.4 && a.sizes.5 == b.sizes.5 && a.sizes.6 == b.sizes.6
      && a.sizes.7 == b.sizes.7
  }

  public func hash(into hasher: inout Hasher) {
    for size in self { hasher.combine(size) }
  }

  public var description: String { "[" + map(String.init).joined(separator: ", ") + "]" }

  /// Turns −1, −2, … into the last axis, the one before, …
  func normalized(axis: Int) -> Int {
    let positive = axis < 0 ? axis + rank : axis
    require(positive >= 0 && positive < rank, "axis \(axis) of shape \(self)")
    return positive
  }

  /// `axis` with all axes before it as one and all after it as one: the form in which the kernels see an axis.
  func split(at axis: Int) -> (outer: Int, length: Int, inner: Int) {
    var outer = 1
    var inner = 1
    for before in 0..<axis { outer *= self[before] }
    for after in axis + 1..<Swift.max(rank, axis + 1) { inner *= self[after] }
    return (outer, self[axis], inner)
  }

  func replacing(axis: Int, with size: Int) -> Shape {
    var result = self
    result[axis] = size
    return result
  }

  func removing(axis: Int) -> Shape {
    var result = Shape([])
    for (index, size) in enumerated() where index != axis { result.append(size) }
    return result
  }

  func inserting(_ size: Int, at axis: Int) -> Shape {
    var result = Shape([])
    for index in 0...rank {
      if index == axis { result.append(size) }
      if index < rank { result.append(self[index]) }
    }
    return result
  }

  /// NumPy's rule: aligned at the last axis, sizes are equal or one of them is 1. Nil where they do not fit.
  func broadcast(with other: Shape) -> Shape? {
    if self == other { return self }
    let rank = Swift.max(rank, other.rank)
    var result = Shape(repeatElement(0, count: rank))
    for axis in 0..<rank {
      let a = axis - (rank - self.rank)
      let b = axis - (rank - other.rank)
      let first = a < 0 ? 1 : self[a]
      let second = b < 0 ? 1 : other[b]
      guard first == second || first == 1 || second == 1 else { return nil }
      result[axis] = first == 1 ? second : first
    }
    return result
  }
}
