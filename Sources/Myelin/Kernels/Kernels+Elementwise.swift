internal import CKernels

enum BinaryOperation {
  case add, subtract, multiply, divide, maximum, minimum, power, less, lessEqual, equal

  @inline(__always)
  var c: ck_binary {
    switch self {
    case .add: CK_ADD
    case .subtract: CK_SUBTRACT
    case .multiply: CK_MULTIPLY
    case .divide: CK_DIVIDE
    case .maximum: CK_MAXIMUM
    case .minimum: CK_MINIMUM
    case .power: CK_POWER
    case .less: CK_LESS
    case .lessEqual: CK_LESS_EQUAL
    case .equal: CK_EQUAL
    }
  }
}

enum UnaryOperation {
  case negate, absolute, sign, exp, log, sqrt, rsqrt, reciprocal, square, sin, cos

  @inline(__always)
  var c: ck_unary {
    switch self {
    case .negate: CK_NEGATE
    case .absolute: CK_ABSOLUTE
    case .sign: CK_SIGN
    case .exp: CK_EXP
    case .log: CK_LOG
    case .sqrt: CK_SQRT
    case .rsqrt: CK_RSQRT
    case .reciprocal: CK_RECIPROCAL
    case .square: CK_SQUARE
    case .sin: CK_SIN
    case .cos: CK_COS
    }
  }
}

extension Shape {
  /// Element steps along each axis of `self`, at which a dense array of shape `source` is read when it is broadcast: 0
  /// along an axis that it lacks or has once.
  fileprivate func broadcastStrides(of source: Shape, _ strides: UnsafeMutablePointer<Int64>) {
    var step: Int64 = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      let sourceAxis = axis - (rank - source.rank)
      let size = sourceAxis < 0 ? 1 : source[sourceAxis]
      strides[axis] = size == 1 ? 0 : step
      step *= Int64(size)
    }
  }
}

extension Kernels {
  static func fill(_ count: Int, _ value: Float, _ y: MutableFloatPointer) {
    check(ck_fill(Int64(count), value, y), cost: .arrays(1, count, operations: 0))
  }

  static func unary(_ operation: UnaryOperation, _ count: Int, _ x: FloatPointer, _ y: MutableFloatPointer) {
    check(ck_unary_forward(operation.c, Int64(count), x, y), cost: .arrays(2, count))
  }

  /// out = a operation b, both broadcast to `shape`.
  static func binary(
    _ operation: BinaryOperation, _ shape: Shape, _ a: FloatPointer, _ aShape: Shape, _ b: FloatPointer,
    _ bShape: Shape, _ out: MutableFloatPointer
  ) {
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: 3 * Shape.maximumRank) { buffer in
      let sizes = buffer.baseAddress.unsafelyUnwrapped
      let aStrides = sizes + Shape.maximumRank
      let bStrides = aStrides + Shape.maximumRank
      for axis in 0..<shape.rank { sizes[axis] = Int64(shape[axis]) }
      shape.broadcastStrides(of: aShape, aStrides)
      shape.broadcastStrides(of: bShape, bStrides)
      check(
        ck_binary_forward(operation.c, Int32(shape.rank), sizes, a, aStrides, b, bStrides, out),
        cost: KernelCost(
          operations: Double(shape.elementCount),
          bytes: 4 * Double(shape.elementCount + aShape.elementCount + bShape.elementCount)), "binary")
    }
  }

  /// y = a x + b y
  static func axpby(_ count: Int, _ a: Float, _ x: FloatPointer, _ b: Float, _ y: MutableFloatPointer) {
    check(ck_axpby(Int64(count), a, x, b, y), cost: .arrays(b == 0 ? 2 : 3, count))
  }

  /// y (=, +=) a x
  static func scale(_ count: Int, _ a: Float, _ x: FloatPointer, _ y: MutableFloatPointer, _ mode: WriteMode) {
    axpby(count, a, x, mode == .overwrite ? 0 : 1, y)
  }

  /// y = a x + b
  static func scaleShift(_ count: Int, _ a: Float, _ x: FloatPointer, _ b: Float, _ y: MutableFloatPointer) {
    check(ck_scale_shift(Int64(count), a, x, b, y), cost: .arrays(2, count))
  }

  /// out (=, +=) a b c
  static func multiplyAdd(
    _ count: Int, _ a: FloatPointer, _ b: FloatPointer, _ c: Float, _ out: MutableFloatPointer, _ mode: WriteMode
  ) {
    check(ck_multiply_add(Int64(count), a, b, c, out, mode.c), cost: .arrays(mode == .overwrite ? 3 : 4, count))
  }

  static func select(
    _ count: Int, _ condition: FloatPointer, _ a: FloatPointer, _ b: FloatPointer, _ out: MutableFloatPointer
  ) {
    check(ck_select(Int64(count), condition, a, b, out), cost: .arrays(4, count))
  }
}
