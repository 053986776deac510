internal import CKernels

enum Reduction {
  case sum, mean, max, min, sumOfSquares

  @inline(__always)
  var c: ck_reduction {
    switch self {
    case .sum: CK_SUM
    case .mean: CK_MEAN
    case .max: CK_MAX
    case .min: CK_MIN
    case .sumOfSquares: CK_SUM_OF_SQUARES
    }
  }
}

extension Kernels {
  /// y [outer, inner] (=, +=) reduction of x [outer, length, inner].
  static func reduce(
    _ operation: Reduction, outer: Int, length: Int, inner: Int, _ x: FloatPointer, _ y: MutableFloatPointer,
    _ mode: WriteMode = .overwrite
  ) {
    check(
      ck_reduce(operation.c, Int64(outer), Int64(length), Int64(inner), x, y, mode.c),
      cost: .arrays(1, outer * length * inner))
  }

  static func argmax(outer: Int, length: Int, inner: Int, _ x: FloatPointer, _ y: UnsafeMutablePointer<Int32>) {
    check(ck_argmax(Int64(outer), Int64(length), Int64(inner), x, y), cost: .arrays(1, outer * length * inner))
  }

  static func variance(
    outer: Int, length: Int, inner: Int, correction: Int, _ x: FloatPointer, mean: MutableFloatPointer?,
    _ variance: MutableFloatPointer?
  ) {
    check(
      ck_variance(Int64(outer), Int64(length), Int64(inner), Int64(correction), x, mean, variance),
      cost: .arrays(2, outer * length * inner, operations: 2))
  }

  static func dot(_ count: Int, _ a: FloatPointer, _ b: FloatPointer) -> Float {
    var result: Float = 0
    check(ck_dot(Int64(count), a, b, &result), cost: .arrays(2, count, operations: 2))
    return result
  }

  /// √Σx², with the squares in Double: one pass, and right at every magnitude.
  static func norm(_ count: Int, _ x: FloatPointer) -> Float {
    var norm: Float = 0
    var parameter = ck_parameter()
    (parameter.gradient, parameter.count) = (UnsafePointer(x), Int64(count))
    check(ck_gradient_norm(1, &parameter, &norm), cost: .arrays(1, count, operations: 2))
    return norm
  }
}
