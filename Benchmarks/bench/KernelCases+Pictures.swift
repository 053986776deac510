import CKernels

/// Images of 8 × 16 pixels with 64 channels, as many as fit: what a kernel moves does not depend on their size.
extension KernelCase {
  private static let channels = 64
  private static let pixels = 128

  private static func rows(_ n: Int) -> Int64 { Int64(n / channels) }
  private static func batch(_ n: Int) -> Int64 { Int64(n / channels / pixels) }

  /// Beyond the cache the batch is read twice each way: for its statistics, and to be normalised.
  private static func batchNorm(_ name: String, _ activation: ck_activation, main: Bool) -> [KernelCase] {
    [
      KernelCase("normalization", "batch_norm_\(name)forward", arrays: 2, bytes: 12, main: main) { a, n in
        let statistics = ScratchFloats(4 * channels)
        let epilogue = ck_norm_epilogue(activation: activation, activation_parameter: 0, residual: nil)
        return {
          withUnsafePointer(to: epilogue) {
            ck_batch_norm_forward(
              rows(n), Int64(channels), a[0], nil, nil, 1e-5, $0, 0.1, statistics.start, statistics.start + channels,
              statistics.start + 2 * channels, statistics.start + 3 * channels, a[1])
          }
        }
      },
      KernelCase("normalization", "batch_norm_\(name)backward", arrays: 3, bytes: 20, main: main) { a, n in
        let statistics = ScratchFloats(4 * channels)
        for c in channels..<2 * channels { statistics.start[c] = 1 }
        let epilogue = ck_norm_epilogue(activation: activation, activation_parameter: 0, residual: nil)
        return {
          withUnsafePointer(to: epilogue) {
            ck_batch_norm_backward(
              rows(n), Int64(channels), a[0], nil, nil, $0, statistics.start, statistics.start + channels, true, a[1],
              nil,
              a[2], CK_OVERWRITE, statistics.start + 2 * channels, CK_OVERWRITE, statistics.start + 3 * channels,
              CK_OVERWRITE)
          }
        }
      },
    ]
  }

  static let normalization: [KernelCase] =
    batchNorm("", CK_IDENTITY, main: false) + batchNorm("relu_", CK_RELU, main: true) + [
      KernelCase("normalization", "batch_norm_inference", arrays: 2, bytes: 8) { a, n in
        let statistics = ScratchFloats(2 * channels)
        return {
          ck_batch_norm_inference(
            rows(n), Int64(channels), a[0], nil, nil, 1e-5, nil, statistics.start, statistics.start + channels, a[1])
        }
      },
      KernelCase("normalization", "group_norm_forward", arrays: 2, bytes: 8) { a, n in
        let statistics = ScratchFloats(2 * 8 * Int(batch(n)))
        return {
          ck_group_norm_forward(
            batch(n), Int64(pixels), Int64(channels), 8, a[0], nil, nil, 1e-5, nil, statistics.start,
            statistics.start + 8 * Int(batch(n)), a[1])
        }
      },
      KernelCase("normalization", "group_norm_backward", arrays: 3, bytes: 12) { a, n in
        let statistics = ScratchFloats(2 * 8 * Int(batch(n)))
        let gradients = ScratchFloats(2 * channels)
        return {
          ck_group_norm_backward(
            batch(n), Int64(pixels), Int64(channels), 8, a[0], nil, nil, nil, statistics.start,
            statistics.start + 8 * Int(batch(n)), a[1], nil, a[2], CK_OVERWRITE, gradients.start, CK_OVERWRITE,
            gradients.start + channels, CK_OVERWRITE)
        }
      },
      KernelCase("normalization", "layer_norm_forward", arrays: 2, bytes: 8, main: true) { a, n in
        let statistics = ScratchFloats(2 * n / columns)
        return {
          ck_layer_norm_forward(
            Int64(n / columns), Int64(columns), a[0], nil, nil, 1e-5, statistics.start, statistics.start + n / columns,
            a[1])
        }
      },
      KernelCase("normalization", "layer_norm_backward", arrays: 3, bytes: 12) { a, n in
        let statistics = ScratchFloats(2 * n / columns)
        let gradients = ScratchFloats(2 * columns)
        return {
          ck_layer_norm_backward(
            Int64(n / columns), Int64(columns), a[0], nil, statistics.start, statistics.start + n / columns, a[1], a[2],
            CK_OVERWRITE, gradients.start, CK_OVERWRITE, gradients.start + columns, CK_OVERWRITE)
        }
      },
      KernelCase("normalization", "rms_norm_forward", arrays: 2, bytes: 8) { a, n in
        let statistics = ScratchFloats(n / columns)
        return { ck_rms_norm_forward(Int64(n / columns), Int64(columns), a[0], nil, 1e-5, statistics.start, a[1]) }
      },
      KernelCase("normalization", "rms_norm_backward", arrays: 3, bytes: 12) { a, n in
        let statistics = ScratchFloats(n / columns)
        let gradients = ScratchFloats(columns)
        return {
          ck_rms_norm_backward(
            Int64(n / columns), Int64(columns), a[0], nil, statistics.start, a[1], a[2], CK_OVERWRITE, gradients.start,
            CK_OVERWRITE)
        }
      },
    ]

  /// Windows of 2 × 2: the result has a quarter of the elements.
  private static func poolShape(_ n: Int) -> ck_pool_shape {
    ck_pool_shape(
      batch: batch(n), height: 8, width: 16, channels: Int64(channels), out_height: 4, out_width: 8)
  }
  private static let window = ck_pool_window(
    kernel_height: 2, kernel_width: 2, stride_height: 2, stride_width: 2, padding_height: 0, padding_width: 0)

  private static func indices(_ array: UnsafeMutablePointer<Float>, _ n: Int) -> UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(array + n / 4).assumingMemoryBound(to: Int32.self)
  }

  static let pooling: [KernelCase] = [
    KernelCase("pooling", "max_pool_forward", arrays: 2, bytes: 6, main: true) { a, n in
      { withUnsafePointer(to: poolShape(n)) { ck_max_pool_forward($0, [window], a[0], a[1], indices(a[1], n)) } }
    },
    KernelCase("pooling", "max_pool_backward", arrays: 2, bytes: 6, main: true) { a, n in
      let shape = poolShape(n)
      _ = withUnsafePointer(to: shape) { ck_max_pool_forward($0, [window], a[0], a[1], indices(a[1], n)) }
      return {
        withUnsafePointer(to: shape) {
          ck_max_pool_backward($0, [window], a[1], indices(a[1], n), a[0], CK_OVERWRITE)
        }
      }
    },
    KernelCase("pooling", "average_pool_forward", arrays: 2, bytes: 5) { a, n in
      { withUnsafePointer(to: poolShape(n)) { ck_average_pool_forward($0, [window], true, a[0], a[1]) } }
    },
    KernelCase("pooling", "average_pool_backward", arrays: 2, bytes: 5) { a, n in
      {
        withUnsafePointer(to: poolShape(n)) { ck_average_pool_backward($0, [window], true, a[1], a[0], CK_OVERWRITE) }
      }
    },
  ]

  /// To twice the height and width: the input has a quarter of the elements.
  private static func doubled(_ n: Int) -> ck_picture_shape {
    ck_picture_shape(
      batch: batch(n), height: 4, width: 8, channels: Int64(channels), out_height: 8, out_width: 16)
  }
  private static let nearestRows = (0..<8).map { Int32($0 / 2) }
  private static let nearestColumns = (0..<16).map { Int32($0 / 2) }

  static let resampling: [KernelCase] = [
    KernelCase("resampling", "pick_pixels_forward", arrays: 2, bytes: 5) { a, n in
      {
        withUnsafePointer(to: doubled(n)) { ck_pick_pixels_forward($0, nearestRows, nearestColumns, 0, a[0], a[1]) }
      }
    },
    KernelCase("resampling", "pick_pixels_backward", arrays: 2, bytes: 5) { a, n in
      {
        withUnsafePointer(to: doubled(n)) {
          ck_pick_pixels_backward($0, nearestRows, nearestColumns, a[1], a[0], CK_OVERWRITE)
        }
      }
    },
    KernelCase("resampling", "bilinear_forward", arrays: 2, bytes: 5) { a, n in
      { withUnsafePointer(to: doubled(n)) { ck_bilinear_forward($0, false, a[0], a[1]) } }
    },
    KernelCase("resampling", "bilinear_backward", arrays: 2, bytes: 5) { a, n in
      { withUnsafePointer(to: doubled(n)) { ck_bilinear_backward($0, false, a[1], a[0], CK_OVERWRITE) } }
    },
  ]
}
