internal import CKernels

/// Sizes of an attention.
struct AttentionShape {
  var batch: Int
  var queries: Int
  var keys: Int
  var heads: Int
  var keyHeads: Int
  var headSize: Int

  fileprivate var c: ck_attention_shape {
    ck_attention_shape(
      batch: Int64(batch), queries: Int64(queries), keys: Int64(keys), heads: Int64(heads), key_heads: Int64(keyHeads),
      head_size: Int64(headSize))
  }

  /// Products of all queries with the keys that they see, so many of them; scores stay in the cache.
  fileprivate func cost(products: Double, mask: AttentionMask) -> KernelCost {
    let share = mask.isCausal && queries == keys ? 0.5 : 1
    let pairs = Double(batch) * Double(heads) * Double(queries) * Double(keys) * share
    let floats = Double(batch * headSize) * Double(2 * queries * heads + 2 * keys * keyHeads)
    return KernelCost(operations: 2 * products * pairs * Double(headSize), bytes: 4 * floats * products / 2)
  }
}

/// Heads of steps of sequences somewhere in memory: feature i of head h of step t of sequence b at `start` + b `batch` + t `row`
/// + h d + i.
struct AttentionPlace<Pointer> {
  var start: Pointer
  var row: Int
  var batch: Int

  fileprivate var strides: ck_attention_strides { ck_attention_strides(row: Int64(row), batch: Int64(batch)) }

  func at<Other>(_ start: Other) -> AttentionPlace<Other> {
    AttentionPlace<Other>(start: start, row: row, batch: batch)
  }
}

extension AttentionMask {
  fileprivate func with<Result>(
    _ shape: AttentionShape, _ body: (UnsafePointer<ck_attention_mask>) -> Result
  ) -> Result {
    var c = ck_attention_mask()
    c.causal = isCausal
    c.window = Int64(window ?? 0)
    c.lengths = UnsafePointer(lengths?.pointer)
    if let bias {
      c.bias = UnsafePointer(bias.pointer)
      c.bias_query = Int64(shape.keys)
      let matrix = shape.queries * shape.keys
      let heads = bias.rank > 2 ? bias.shape[bias.rank - 3] : 1
      c.bias_head = heads > 1 ? Int64(matrix) : 0
      c.bias_batch = bias.rank > 3 && bias.shape[0] > 1 ? Int64(heads * matrix) : 0
    }
    return withExtendedLifetime((lengths, bias)) { body(&c) }
  }
}

extension Kernels {
  static func attentionForward(
    _ shape: AttentionShape, _ q: AttentionPlace<FloatPointer>, _ k: AttentionPlace<FloatPointer>,
    _ v: AttentionPlace<FloatPointer>, scale: Float, _ mask: AttentionMask, _ y: AttentionPlace<MutableFloatPointer>,
    logSumExp: MutableFloatPointer
  ) {
    var c = shape.c
    let cost = shape.cost(products: 2, mask: mask)
    mask.with(shape) { mask in
      check(
        ck_attention_forward(
          &c, q.start, q.strides, k.start, k.strides, v.start, v.strides, scale, mask, y.start, y.strides, logSumExp),
        cost: cost)
    }
  }

  /// One mode holds for the three gradients, which lie as what they are gradients of.
  static func attentionBackward(
    _ shape: AttentionShape, _ q: AttentionPlace<FloatPointer>, _ k: AttentionPlace<FloatPointer>,
    _ v: AttentionPlace<FloatPointer>, scale: Float, _ mask: AttentionMask, _ y: AttentionPlace<FloatPointer>,
    dy: FloatPointer, logSumExp: FloatPointer, dq: MutableFloatPointer, dk: MutableFloatPointer,
    dv: MutableFloatPointer, _ mode: WriteMode
  ) {
    var c = shape.c
    let cost = shape.cost(products: 5, mask: mask)
    mask.with(shape) { mask in
      check(
        ck_attention_backward(
          &c, q.start, q.strides, k.start, k.strides, v.start, v.strides, scale, mask, y.start, dy, y.strides,
          logSumExp, dq, dk, dv, mode.c), cost: cost)
    }
  }

  /// `epsilon` nil: no normalisation.
  static func rotaryForward(
    batch: Int, steps: Int, heads: Int, rotated: Int, headSize: Int, _ x: FloatPointer, epsilon: Float?,
    cosines: FloatPointer?, sines: FloatPointer?, inverseDeviation: MutableFloatPointer?, _ y: MutableFloatPointer
  ) {
    check(
      ck_rotary_forward(
        Int64(batch), Int64(steps), Int64(heads), Int64(rotated), Int64(headSize), x, epsilon != nil, epsilon ?? 0,
        cosines, sines, inverseDeviation, y), cost: .arrays(2, batch * steps * heads * headSize))
  }

  static func rotaryBackward(
    batch: Int, steps: Int, heads: Int, rotated: Int, headSize: Int, _ x: FloatPointer?, cosines: FloatPointer?,
    sines: FloatPointer?, inverseDeviation: FloatPointer?, _ dy: FloatPointer, _ dx: MutableFloatPointer,
    _ mode: WriteMode
  ) {
    check(
      ck_rotary_backward(
        Int64(batch), Int64(steps), Int64(heads), Int64(rotated), Int64(headSize), x, x != nil, cosines, sines,
        inverseDeviation, dy, dx, mode.c), cost: .arrays(x == nil ? 2 : 3, batch * steps * heads * headSize))
  }
}
