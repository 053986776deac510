import CKernels

// Sequences of 64 steps, as many as fill the arrays.
extension KernelCase {
  private static let (heads, headSize) = (4, 64)

  /// Queries, keys or values of `n` floats.
  private static func with(
    _ n: Int,
    _ body: (UnsafePointer<ck_attention_shape>, ck_attention_strides, UnsafePointer<ck_attention_mask>) -> ck_status
  ) -> ck_status {
    let row = Int64(heads * headSize), steps: Int64 = 64
    var shape = ck_attention_shape(
      batch: Int64(n) / (row * steps), queries: steps, keys: steps, heads: Int64(heads), key_heads: Int64(heads),
      head_size: Int64(headSize))
    var mask = ck_attention_mask()
    mask.causal = true
    return body(&shape, ck_attention_strides(row: row, batch: row * steps), &mask)
  }

  static let attention: [KernelCase] = [
    KernelCase("attention", "attention_forward", arrays: 4, bytes: 16, main: true) { a, n in
      let sums = ScratchFloats(max(n / headSize, 1))
      return {
        with(n) { ck_attention_forward($0, a[0], $1, a[1], $1, a[2], $1, 0.125, $2, a[3], $1, sums.start) }
      }
    },
    KernelCase("attention", "attention_backward", arrays: 8, bytes: 32, main: true) { a, n in
      let sums = ScratchFloats(max(n / headSize, 1))
      _ = with(n) { ck_attention_forward($0, a[0], $1, a[1], $1, a[2], $1, 0.125, $2, a[3], $1, sums.start) }
      return {
        with(n) {
          ck_attention_backward(
            $0, a[0], $1, a[1], $1, a[2], $1, 0.125, $2, a[3], a[4], $1, sums.start, a[5], a[6], a[7], CK_OVERWRITE)
        }
      }
    },
    KernelCase("attention", "rotary_forward", arrays: 2, bytes: 8) { a, n in
      let (angles, rows) = (ScratchFloats(64 * headSize / 2), Int64(n / (64 * heads * headSize)))
      let deviations = ScratchFloats(max(n / headSize, 1))
      return {
        ck_rotary_forward(
          rows, 64, Int64(heads), Int64(heads), Int64(headSize), a[0], true, 1e-6, angles.start, angles.start,
          deviations.start, a[1])
      }
    },
    KernelCase("attention", "rotary_backward", arrays: 3, bytes: 12) { a, n in
      let (angles, rows) = (ScratchFloats(64 * headSize / 2), Int64(n / (64 * heads * headSize)))
      let deviations = ScratchFloats(max(n / headSize, 1))
      return {
        ck_rotary_backward(
          rows, 64, Int64(heads), Int64(heads), Int64(headSize), a[0], true, angles.start, angles.start,
          deviations.start, a[1], a[2], CK_OVERWRITE)
      }
    },
  ]
}
