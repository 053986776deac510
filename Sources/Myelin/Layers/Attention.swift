/// Which keys a query sees, and how; as it stands, every query sees every key.
///
/// Query i of T stands at place Tₖ − T + i among the Tₖ keys: the last query at the last key.
public struct AttentionMask: Sendable {
  /// Only keys up to the query's own place.
  public var isCausal: Bool
  /// Only keys less than so many places away; nil for any distance.
  public var window: Int?
  /// Keys of each sequence [batch]: what is behind them is padding, which is not read. Nil where all count.
  public var lengths: Indices?
  /// Added to the scores: [queries, keys], [heads or 1, queries, keys] or [batch or 1, heads or 1, queries, keys]; −∞ hides a
  /// key. No gradient goes to it. Nil for nothing.
  public var bias: Tensor?

  /// - Parameters:
  ///   - isCausal: whether a query sees only keys up to its own place.
  ///   - window: only keys less than so many places away, at least 1; nil for any distance.
  ///   - lengths: keys of each sequence [batch], each in 0 … keys; nil where all count.
  ///   - bias: what is added to the scores.
  public init(isCausal: Bool = false, window: Int? = nil, lengths: Indices? = nil, bias: Tensor? = nil) {
    require(window == nil || window! >= 1, "AttentionMask: a window of \(window ?? 0), at least 1 is needed")
    self.isCausal = isCausal
    self.window = window
    self.lengths = lengths
    self.bias = bias?.detached
  }

  /// Every query sees every key.
  public static let none = AttentionMask()
  /// A query sees the keys up to its own place.
  public static let causal = AttentionMask(isCausal: true)

  func check(_ shape: AttentionShape) {
    if let lengths {
      require(
        lengths.count == shape.batch
          && lengths.withUnsafeBufferPointer { all in all.allSatisfy { $0 >= 0 && $0 <= shape.keys } },
        "attention: lengths \(lengths.values) for \(shape.batch) sequences of \(shape.keys) keys")
    }
    if let bias {
      let sizes = Array(bias.shape)
      let outer = sizes.dropLast(2).reversed().enumerated().allSatisfy {
        $1 == 1 || $1 == ($0 == 0 ? shape.heads : shape.batch)
      }
      require(
        (2...4).contains(bias.rank) && sizes.suffix(2) == [shape.queries, shape.keys] && outer,
        "attention: a bias of shape \(bias.shape) for \(shape.batch) sequences, \(shape.heads) heads, \(shape.queries) "
          + "queries and \(shape.keys) keys")
    }
  }
}

/// Scaled dot-product attention (Vaswani et al. 2017): softmax(scale q kᵀ + bias) v over the keys that a query sees, in one
/// fused kernel whose memory grows with the steps, not with their square (Dao et al. 2022).
///
/// A query's result depends on the keys that it sees and their places alone, bit for bit; a query that sees none gives
/// zeros.
///
/// - Parameters:
///   - queries: [batch, T, heads, d].
///   - keys: [batch, Tₖ, key heads, d]; heads is a multiple of key heads, and query head h looks at key head
///     h · key heads / heads.
///   - values: as the keys.
///   - mask: which keys a query sees.
///   - scale: what the products are multiplied by; nil for 1 / √d.
/// - Returns: [batch, T, heads, d].
///
/// Precondition: the shapes fit.
public func attention(
  _ queries: Tensor, _ keys: Tensor, _ values: Tensor, mask: AttentionMask = .none, scale: Float? = nil
) -> Tensor {
  require(
    queries.rank == 4 && keys.rank == 4 && keys.shape == values.shape && queries.shape[0] == keys.shape[0]
      && queries.shape[3] == keys.shape[3] && keys.shape[2] > 0 && queries.shape[2] % keys.shape[2] == 0,
    "attention: queries \(queries.shape), keys \(keys.shape), values \(values.shape)")
  let shape = AttentionShape(
    batch: queries.shape[0], queries: queries.shape[1], keys: keys.shape[1], heads: queries.shape[2],
    keyHeads: keys.shape[2], headSize: queries.shape[3])
  return attention(
    shape, AttentionPart(queries, heads: shape.heads, at: 0), AttentionPart(keys, heads: shape.keyHeads, at: 0),
    AttentionPart(values, heads: shape.keyHeads, at: 0), mask: mask, scale: scale)
}

/// Heads that lie in the rows of a tensor [batch, steps, all heads, d], from head `at` on.
struct AttentionPart {
  let tensor: Tensor
  let heads: Int
  let offset: Int
  /// Steps of each sequence in memory, of which the first are meant: a cache is longer than what it holds.
  var place: AttentionPlace<FloatPointer> {
    let row = tensor.shape[2] * tensor.shape[3]
    return AttentionPlace(start: FloatPointer(tensor.pointer + offset), row: row, batch: tensor.shape[1] * row)
  }

  init(_ tensor: Tensor, heads: Int, at head: Int) {
    self.tensor = tensor
    self.heads = heads
    offset = head * tensor.shape[3]
  }

  var detached: AttentionPart { AttentionPart(tensor.detached, heads: heads, at: offset / max(tensor.shape[3], 1)) }
}

/// As the public one, of parts of tensors: one tensor may hold queries, keys and values, or keys and values. Each tensor is
/// covered by its parts where gradients are recorded.
func attention(
  _ shape: AttentionShape, _ q: AttentionPart, _ k: AttentionPart, _ v: AttentionPart, mask: AttentionMask,
  scale: Float?
) -> Tensor {
  mask.check(shape)
  let scale = scale ?? 1 / Float(max(shape.headSize, 1)).squareRoot()
  var result = Tensor(uninitialized: Shape([shape.batch, shape.queries, shape.heads, shape.headSize]))
  let logSumExp = Tensor(uninitialized: Shape([shape.batch, shape.heads, shape.queries]))
  let row = shape.heads * shape.headSize
  let y = AttentionPlace(start: result.pointer, row: row, batch: shape.queries * row)
  Kernels.attentionForward(shape, q.place, k.place, v.place, scale: scale, mask, y, logSumExp: logSumExp.pointer)
  let (qNode, kNode, vNode) = (q.tensor.source, k.tensor.source, v.tensor.source)
  guard qNode != nil || kNode != nil || vNode != nil else { return result }

  let (q, k, v, value) = (q.detached, k.detached, v.detached, result)
  result.record("attention") { gradient, pass in
    func backward(_ dq: MutableFloatPointer, _ dk: MutableFloatPointer, _ dv: MutableFloatPointer, _ mode: WriteMode) {
      Kernels.attentionBackward(
        shape, q.place, k.place, v.place, scale: scale, mask, y.at(FloatPointer(value.pointer)), dy: gradient.pointer,
        logSumExp: logSumExp.pointer, dq: dq + q.offset, dk: dk + k.offset, dv: dv + v.offset, mode)
    }
    if let qNode, qNode === kNode, kNode === vNode, q.offset != k.offset, k.offset != v.offset {
      return pass.accumulate(into: qNode) { backward($0, $0, $0, $1) }
    }
    // One kernel call writes all three, so gradients that nobody wants and sums need memory of their own.
    let dq = Tensor(uninitialized: q.tensor.shape), dk = Tensor(uninitialized: k.tensor.shape)
    let isPacked = k.tensor.storage === v.tensor.storage && k.offset != v.offset
    let dv = isPacked ? dk : Tensor(uninitialized: v.tensor.shape)
    backward(dq.pointer, dk.pointer, dv.pointer, .overwrite)
    if let qNode { pass.accumulate(into: qNode, dq) }
    if let kNode { pass.accumulate(into: kNode, dk) }
    if let vNode, !isPacked { pass.accumulate(into: vNode, dv) }
  }
  return result
}
