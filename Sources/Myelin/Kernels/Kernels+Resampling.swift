internal import CKernels

extension Kernels {
  /// Shapes of rank 4: images before and after.
  private static func with<Result>(_ x: Shape, _ y: Shape, _ body: (UnsafePointer<ck_picture_shape>) -> Result)
    -> Result
  {
    var shape = ck_picture_shape(
      batch: Int64(x[0]), height: Int64(x[1]), width: Int64(x[2]), channels: Int64(x[3]), out_height: Int64(y[1]),
      out_width: Int64(y[2]))
    return body(&shape)
  }

  private static func cost(_ x: Shape, _ y: Shape, operations: Int) -> KernelCost {
    let (x, y) = (Double(x.elementCount), Double(y.elementCount))
    return KernelCost(operations: Double(operations) * y, bytes: 4 * (x + y))
  }

  static func pickPixelsForward(
    _ xShape: Shape, _ yShape: Shape, rows: [Int32], columns: [Int32], value: Float, _ x: FloatPointer,
    _ y: MutableFloatPointer
  ) {
    with(xShape, yShape) {
      check(ck_pick_pixels_forward($0, rows, columns, value, x, y), cost: cost(xShape, yShape, operations: 0))
    }
  }

  static func pickPixelsBackward(
    _ xShape: Shape, _ yShape: Shape, rows: [Int32], columns: [Int32], _ dy: FloatPointer, _ dx: MutableFloatPointer,
    _ mode: WriteMode
  ) {
    with(xShape, yShape) {
      check(ck_pick_pixels_backward($0, rows, columns, dy, dx, mode.c), cost: cost(xShape, yShape, operations: 1))
    }
  }

  static func bilinearForward(
    _ xShape: Shape, _ yShape: Shape, alignsCorners: Bool, _ x: FloatPointer, _ y: MutableFloatPointer
  ) {
    with(xShape, yShape) {
      check(ck_bilinear_forward($0, alignsCorners, x, y), cost: cost(xShape, yShape, operations: 6))
    }
  }

  static func bilinearBackward(
    _ xShape: Shape, _ yShape: Shape, alignsCorners: Bool, _ dy: FloatPointer, _ dx: MutableFloatPointer,
    _ mode: WriteMode
  ) {
    with(xShape, yShape) {
      check(ck_bilinear_backward($0, alignsCorners, dy, dx, mode.c), cost: cost(xShape, yShape, operations: 8))
    }
  }
}
