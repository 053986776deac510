import CKernels

/// Networks of 64 hidden units over 32 sequences, as many steps as fit. Their time is that of the products and gates, and
/// of one step after the other: the bytes are what a step leaves behind.
extension KernelCase {
  private static let hidden = 64
  private static let sequences = 32

  private static func shape(_ cell: ck_cell, _ gates: Int, _ n: Int) -> ck_recurrent_shape {
    ck_recurrent_shape(
      cell: cell, batch: Int64(sequences), steps: Int64(n / (sequences * gates * hidden)), hidden: Int64(hidden),
      lengths: nil, reverse: false)
  }

  private static func cases(_ name: String, _ cell: ck_cell, gates: Int) -> [KernelCase] {
    let width = gates * hidden
    return [
      KernelCase("recurrent", "\(name)_forward", arrays: 4, bytes: 12) { a, n in
        let weight = ScratchFloats(hidden * width)
        return {
          var shape = shape(cell, gates, n)
          return ck_recurrent_forward(&shape, a[0], weight.start, nil, nil, nil, a[1], a[2], a[3], nil, nil)
        }
      },
      KernelCase("recurrent", "\(name)_backward", arrays: 5, bytes: 12) { a, n in
        let (weight, gradient) = (ScratchFloats(hidden * width), ScratchFloats((hidden + 1) * width))
        return {
          var shape = shape(cell, gates, n)
          return ck_recurrent_backward(
            &shape, weight.start, nil, nil, a[0], a[1], a[2], a[3], nil, nil, a[4], nil, CK_OVERWRITE, nil,
            CK_OVERWRITE, gradient.start, CK_OVERWRITE, gradient.start + hidden * width, CK_OVERWRITE)
        }
      },
    ]
  }

  static let recurrent = cases("lstm", CK_LSTM, gates: 4) + cases("gru", CK_GRU, gates: 3)
}
