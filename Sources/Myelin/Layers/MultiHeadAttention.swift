/// Multi-head attention (Vaswani et al. 2017): x W for queries, keys and values of all heads, ``attention(_:_:_:mask:scale:)``, and
/// a dense layer that mixes the heads.
///
/// Of a sequence with itself, x [batch, T, features] gives [batch, T, features]; one product makes queries, keys and values.
/// Made with `crossing`, queries come from x, keys and values from another sequence, the memory [batch, Tₖ, features].
///
/// ```swift
/// let attention = MultiHeadAttention(128, heads: 4)
/// let y = attention(x, mask: .causal)
/// ```
public final class MultiHeadAttention: Module, CustomStringConvertible {
  /// From x to queries, keys and values, [features, (heads + 2 key heads) d]; to queries alone where it crosses.
  public let projection: Dense
  /// From the memory to keys and values, [features, 2 key heads d]; nil where a sequence attends to itself.
  public let memoryProjection: Dense?
  /// From all heads to the result.
  public let output: Dense
  /// Query heads.
  public let heads: Int
  /// Heads of keys and values; fewer than `heads` for grouped (Ainslie et al. 2023), 1 for multi-query attention (Shazeer 2019).
  public let keyHeads: Int
  /// Features of a head, d.
  public let headSize: Int
  /// Turns queries and keys; nil for none.
  public let positions: RotaryPositions?
  /// Whether queries and keys are normalised by their root mean square (Henry et al. 2020).
  public let hasQKNorm: Bool

  /// ε of the normalisation of queries and keys.
  static let normEpsilon: Float = 1e-6

  /// - Parameters:
  ///   - features: size of x's last axis.
  ///   - heads: query heads.
  ///   - keyHeads: heads of keys and values, of which `heads` is a multiple; nil for as many.
  ///   - headSize: features of a head; nil for features / heads.
  ///   - crossing: whether keys and values come from another sequence.
  ///   - bias: whether the dense layers have one.
  ///   - positions: turns queries and keys; nil for none.
  ///   - qkNorm: whether queries and keys are normalised.
  ///   - initializer: how the weights start; nil for the usual start.
  ///   - outputInitializer: how the last layer's weights start; nil for as the others.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ features: Int, heads: Int, keyHeads: Int? = nil, headSize: Int? = nil, crossing: Bool = false, bias: Bool = true,
    positions: RotaryPositions? = nil, qkNorm: Bool = false, initializer: Initializer? = nil,
    outputInitializer: Initializer? = nil, generator: RandomGenerator = .shared
  ) {
    let keyHeads = keyHeads ?? heads
    require(
      features > 0 && heads > 0 && keyHeads > 0 && heads % keyHeads == 0 && (headSize != nil || features % heads == 0),
      "MultiHeadAttention(\(features), heads: \(heads), keyHeads: \(keyHeads)): heads divide features, key heads heads")
    self.heads = heads
    self.keyHeads = keyHeads
    let d = headSize ?? features / heads
    self.headSize = d
    require(
      positions == nil || (positions!.headSize == d && !crossing),
      "MultiHeadAttention: rotary positions of \(positions?.headSize ?? 0) features for heads of \(d), within one sequence"
    )
    self.positions = positions
    hasQKNorm = qkNorm
    projection = Dense(
      features, (heads + (crossing ? 0 : 2 * keyHeads)) * d, bias: bias, initializer: initializer, generator: generator)
    memoryProjection =
      crossing ? Dense(features, 2 * keyHeads * d, bias: bias, initializer: initializer, generator: generator) : nil
    output = Dense(
      heads * d, features, bias: bias, initializer: outputInitializer ?? initializer, generator: generator)
  }

  /// Attention of a sequence with itself in which every step sees every other.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, mask: .none) }

  /// Attention of a sequence with itself.
  ///
  /// - Parameters:
  ///   - x: [batch, T, features].
  ///   - mask: which steps a step sees.
  ///   - cache: what came before x, to which x is appended; nil where x is all. Only inside ``withoutGradient(_:)``.
  /// - Returns: [batch, T, features].
  ///
  /// Precondition: the layer does not cross.
  public func callAsFunction(_ x: Tensor, mask: AttentionMask, cache: KeyValueCache? = nil) -> Tensor {
    Observation.layer(self) {
      require(memoryProjection == nil, "MultiHeadAttention: a layer that crosses needs a memory")
      let all = heads + 2 * keyHeads
      let (batch, steps) = sizes(x)
      var packed = projection(x).reshaped([batch, steps, all, headSize])
      let place = cache?.count ?? 0
      if positions != nil || hasQKNorm {
        packed = rotary(
          packed, positions, from: place, rotated: heads + keyHeads, epsilon: hasQKNorm ? Self.normEpsilon : nil)
      }
      var shape = AttentionShape(
        batch: batch, queries: steps, keys: steps, heads: heads, keyHeads: keyHeads, headSize: headSize)
      let queries = AttentionPart(packed, heads: heads, at: 0)
      var keys = AttentionPart(packed, heads: keyHeads, at: heads)
      var values = AttentionPart(packed, heads: keyHeads, at: heads + keyHeads)
      if let cache {
        require(packed.source == nil, "MultiHeadAttention: a cache is for inference, inside withoutGradient")
        cache.append(packed, keyHeads: keyHeads, keysAt: heads, valuesAt: heads + keyHeads)
        (keys, values) = cache.parts
        shape.keys = cache.count
      }
      return mixed(attention(shape, queries, keys, values, mask: mask, scale: nil))
    }
  }

  /// Attention of a sequence with another one.
  ///
  /// - Parameters:
  ///   - x: [batch, T, features].
  ///   - memory: [batch, Tₖ, features], or what ``remember(_:)`` made of it.
  ///   - mask: which steps of the memory a step sees.
  /// - Returns: [batch, T, features].
  ///
  /// Precondition: the layer crosses.
  public func callAsFunction(_ x: Tensor, memory: Tensor, mask: AttentionMask = .none) -> Tensor {
    self(x, remembered: remember(memory), mask: mask)
  }

  /// Keys and values of a memory [batch, Tₖ, features], for many calls with the same one: [batch, Tₖ, 2 key heads, d].
  public func remember(_ memory: Tensor) -> Tensor {
    guard let memoryProjection else { misuse("MultiHeadAttention: a layer that does not cross takes no memory") }
    let (batch, steps) = sizes(memory)
    let packed = memoryProjection(memory).reshaped([batch, steps, 2 * keyHeads, headSize])
    return hasQKNorm ? rotary(packed, nil, rotated: keyHeads, epsilon: Self.normEpsilon) : packed
  }

  /// As with a memory, with its keys and values from ``remember(_:)``.
  public func callAsFunction(_ x: Tensor, remembered: Tensor, mask: AttentionMask = .none) -> Tensor {
    Observation.layer(self) {
      let (batch, steps) = sizes(x)
      require(
        remembered.rank == 4 && Array(remembered.shape) == [batch, remembered.shape[1], 2 * keyHeads, headSize],
        "MultiHeadAttention: keys and values \(remembered.shape) for input \(x.shape)")
      var queries = projection(x).reshaped([batch, steps, heads, headSize])
      if hasQKNorm { queries = rotary(queries, nil, epsilon: Self.normEpsilon) }
      let shape = AttentionShape(
        batch: batch, queries: steps, keys: remembered.shape[1], heads: heads, keyHeads: keyHeads, headSize: headSize)
      return mixed(
        attention(
          shape, AttentionPart(queries, heads: heads, at: 0), AttentionPart(remembered, heads: keyHeads, at: 0),
          AttentionPart(remembered, heads: keyHeads, at: keyHeads), mask: mask, scale: nil))
    }
  }

  /// How much each query looks at each key, for drawing: [batch, heads, T, Tₖ], each row with the sum 1. No gradient. It holds
  /// all of them, unlike the layer itself.
  ///
  /// - Parameters:
  ///   - x: [batch, T, features].
  ///   - memory: [batch, Tₖ, features] where the layer crosses; nil for x itself.
  ///   - mask: which keys a query sees.
  public func weights(_ x: Tensor, memory: Tensor? = nil, mask: AttentionMask = .none) -> Tensor {
    withoutGradient {
      let (batch, steps) = sizes(x)
      let epsilon = hasQKNorm ? Self.normEpsilon : nil
      let all = memory == nil ? heads + 2 * keyHeads : heads
      var packed = projection(x).reshaped([batch, steps, all, headSize])
      packed = rotary(packed, positions, rotated: memory == nil ? heads + keyHeads : heads, epsilon: epsilon)
      let source = memory.map(remember) ?? packed
      let keys = source.shape[1]
      // Values that say which key they are of, d keys at a time, are looked at instead of the layer's own.
      var parts: [Tensor] = []
      let shape = AttentionShape(
        batch: batch, queries: steps, keys: keys, heads: heads, keyHeads: keyHeads, headSize: headSize)
      for first in stride(from: 0, to: keys, by: headSize) {
        let count = min(headSize, keys - first)
        let names = Tensor(shape: Shape([batch, keys, keyHeads, headSize])) { scalars in
          scalars.update(repeating: 0)
          for b in 0..<batch {
            for j in 0..<count {
              for h in 0..<keyHeads { scalars[((b * keys + first + j) * keyHeads + h) * headSize + j] = 1 }
            }
          }
        }
        let seen = attention(
          shape, AttentionPart(packed, heads: heads, at: 0),
          AttentionPart(source, heads: keyHeads, at: memory == nil ? heads : 0),
          AttentionPart(names, heads: keyHeads, at: 0), mask: mask, scale: nil)
        parts.append(seen.sliced(0..<count, axis: 3))
      }
      return Tensor.concatenated(parts, axis: 3).permuted([0, 2, 1, 3])
    }
  }

  private func mixed(_ y: Tensor) -> Tensor { output(y.reshaped([y.shape[0], y.shape[1], heads * headSize])) }

  private func sizes(_ x: Tensor) -> (batch: Int, steps: Int) {
    require(
      x.rank == 3 && x.shape[2] == projection.inputs,
      "MultiHeadAttention: input \(x.shape), not [batch, steps, \(projection.inputs)]")
    return (x.shape[0], x.shape[1])
  }

  public var description: String {
    "MultiHeadAttention(\(projection.inputs), heads: \(heads)\(keyHeads == heads ? "" : ", keyHeads: \(keyHeads)"))"
  }
}
