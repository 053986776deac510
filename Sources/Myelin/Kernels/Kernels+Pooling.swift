internal import CKernels

/// The windows of a pooling: sizes with the steps between them, or as many as the result has pixels.
enum PoolWindow {
  case sliding(kernel: (height: Int, width: Int), stride: (height: Int, width: Int), padding: (height: Int, width: Int))
  case adaptive

  fileprivate func with<Result>(_ body: (UnsafePointer<ck_pool_window>?) -> Result) -> Result {
    guard case .sliding(let kernel, let stride, let padding) = self else { return body(nil) }
    var c = ck_pool_window(
      kernel_height: Int64(kernel.height), kernel_width: Int64(kernel.width), stride_height: Int64(stride.height),
      stride_width: Int64(stride.width), padding_height: Int64(padding.height), padding_width: Int64(padding.width))
    return body(&c)
  }
}

extension Kernels {
  /// Shapes of rank 4: images before and after.
  private static func with<Result>(
    _ x: Shape, _ y: Shape, _ window: PoolWindow,
    _ body: (UnsafePointer<ck_pool_shape>, UnsafePointer<ck_pool_window>?) -> Result
  ) -> Result {
    var shape = ck_pool_shape(
      batch: Int64(x[0]), height: Int64(x[1]), width: Int64(x[2]), channels: Int64(x[3]), out_height: Int64(y[1]),
      out_width: Int64(y[2]))
    return window.with { body(&shape, $0) }
  }

  private static func cost(_ x: Shape, _ y: Shape, indices: Bool) -> KernelCost {
    let (x, y) = (Double(x.elementCount), Double(y.elementCount))
    return KernelCost(operations: x, bytes: 4 * (x + y * (indices ? 2 : 1)))
  }

  static func maxPoolForward(
    _ xShape: Shape, _ yShape: Shape, _ window: PoolWindow, _ x: FloatPointer, _ y: MutableFloatPointer,
    index: UnsafeMutablePointer<Int32>?
  ) {
    with(xShape, yShape, window) { shape, window in
      check(ck_max_pool_forward(shape, window, x, y, index), cost: cost(xShape, yShape, indices: index != nil))
    }
  }

  static func maxPoolBackward(
    _ xShape: Shape, _ yShape: Shape, _ window: PoolWindow, _ dy: FloatPointer, index: UnsafePointer<Int32>,
    _ dx: MutableFloatPointer, _ mode: WriteMode
  ) {
    with(xShape, yShape, window) { shape, window in
      check(ck_max_pool_backward(shape, window, dy, index, dx, mode.c), cost: cost(xShape, yShape, indices: true))
    }
  }

  static func averagePoolForward(
    _ xShape: Shape, _ yShape: Shape, _ window: PoolWindow, countsPadding: Bool, _ x: FloatPointer,
    _ y: MutableFloatPointer
  ) {
    with(xShape, yShape, window) { shape, window in
      check(
        ck_average_pool_forward(shape, window, countsPadding, x, y), cost: cost(xShape, yShape, indices: false))
    }
  }

  static func averagePoolBackward(
    _ xShape: Shape, _ yShape: Shape, _ window: PoolWindow, countsPadding: Bool, _ dy: FloatPointer,
    _ dx: MutableFloatPointer, _ mode: WriteMode
  ) {
    with(xShape, yShape, window) { shape, window in
      check(
        ck_average_pool_backward(shape, window, countsPadding, dy, dx, mode.c),
        cost: cost(xShape, yShape, indices: false))
    }
  }
}
