/// What attention has seen so far: keys and values of each step, so that the next step costs one row instead of all.
///
/// One for each attention layer; it is filled inside ``withoutGradient(_:)``, and a layer that is given it answers for new
/// steps alone. Sequences of a batch are as long as each other.
///
/// ```swift
/// let cache = KeyValueCache(capacity: 256)
/// withoutGradient { for token in tokens { y = attention(embed(token), mask: .causal, cache: cache) } }
/// ```
public final class KeyValueCache {
  /// Steps that fit.
  public let capacity: Int
  /// Steps that are held.
  public private(set) var count = 0
  private var keys: Tensor?
  private var values: Tensor?

  /// An empty cache. Precondition: room for at least one step.
  public init(capacity: Int) {
    require(capacity >= 1, "KeyValueCache(capacity: \(capacity)): there is room for at least one step")
    self.capacity = capacity
  }

  /// Forgets all steps.
  public func removeAll() { count = 0 }

  /// Appends steps: key heads [from: `heads`] and value heads of a product [batch, T, all heads, d]. Precondition: they fit.
  func append(_ packed: Tensor, keyHeads: Int, keysAt keyHead: Int, valuesAt valueHead: Int) {
    let (batch, steps, all, d) = (packed.shape[0], packed.shape[1], packed.shape[2], packed.shape[3])
    require(count + steps <= capacity, "KeyValueCache: \(count) + \(steps) steps, room for \(capacity)")
    let shape = Shape([batch, capacity, keyHeads, d])
    if count == 0 && keys?.shape != shape {
      keys = Tensor(uninitialized: shape)
      values = Tensor(uninitialized: shape)
    }
    guard let keys, let values, keys.shape == shape else {
      misuse("KeyValueCache: steps of shape \(packed.shape) after \(self.keys?.shape.description ?? "none")")
    }
    let row = keyHeads * d
    for (target, head) in [(keys, keyHead), (values, valueHead)] {
      for b in 0..<batch {
        Kernels.copyBlock(
          rows: steps, columns: row, packed.pointer + b * steps * all * d + head * d, ldx: all * d,
          target.pointer + (b * capacity + count) * row, ldy: row)
      }
    }
    count += steps
  }

  /// All steps as parts of an attention.
  var parts: (keys: AttentionPart, values: AttentionPart) {
    guard let keys, let values else { misuse("KeyValueCache: nothing is held") }
    return (
      AttentionPart(keys, heads: keys.shape[2], at: 0), AttentionPart(values, heads: values.shape[2], at: 0)
    )
  }

  /// Keeps these sequences of the batch, in this order; one may stand several times. For beam search. Precondition: each is in
  /// the batch.
  public func select(_ sequences: [Int]) {
    guard let keys, let values, count > 0 else { return }
    func picked(_ tensor: Tensor) -> Tensor {
      let (capacity, row) = (tensor.shape[1], tensor.shape[2] * tensor.shape[3])
      let result = Tensor(uninitialized: tensor.shape.replacing(axis: 0, with: sequences.count))
      for (at, sequence) in sequences.enumerated() {
        require(
          sequence >= 0 && sequence < tensor.shape[0], "KeyValueCache: sequence \(sequence) of \(tensor.shape[0])")
        (result.pointer + at * capacity * row).update(
          from: tensor.pointer + sequence * capacity * row, count: count * row)
      }
      return result
    }
    self.keys = picked(keys)
    self.values = picked(values)
  }
}
