/// All that makes a transformer's blocks, but for how many there are.
public struct TransformerOptions: Codable, Hashable, Sendable {
  /// Which normalisation.
  public enum Norm: String, Codable, Hashable, Sendable, CaseIterable {
    /// ``LayerNorm``
    case layerNorm
    /// ``RMSNorm``
    case rmsNorm
  }

  /// Features of a step.
  public var width: Int
  /// Query heads of each attention.
  public var heads: Int
  /// Heads of keys and values; nil for as many.
  public var keyHeads: Int?
  /// Features between the two layers of ``FeedForward``; nil for four times the width.
  public var hidden: Int?
  /// The bend of ``FeedForward``.
  public var feedForward = FeedForward.Form.gelu
  /// Which normalisation.
  public var norm = Norm.layerNorm
  /// ε of the normalisation.
  public var epsilon: Float = 1e-5
  /// Whether the normalisation stands before attention and feed-forward (Xiong et al. 2020), else after the sum.
  public var isPreNorm = true
  /// Whether the normalisation has weights.
  public var isNormAffine = true
  /// Whether dense layers have a bias.
  public var hasBias = true
  /// Places of rotary positions; nil for none.
  public var rotaryCapacity: Int?
  /// Whether queries and keys are normalised.
  public var hasQKNorm = false
  /// Only steps less than so far away are seen; nil for any distance.
  public var window: Int?
  /// The share of each branch's result that is dropped in training.
  public var dropout: Float = 0
  /// Whether the last layer of each branch starts at 0, so that each block begins as the identity.
  public var startsAtZero = false
  /// Standard deviation of the weights at first, those of each branch's last layer divided by √(2 layers) (Radford et al. 2019); nil for
  /// the usual start.
  public var weightDeviation: Float?

  /// Blocks as in "Attention is all you need", but with the normalisation before each branch and GELU; change what differs.
  ///
  /// - Parameters:
  ///   - width: features of a step.
  ///   - heads: query heads, which divide the width.
  public init(width: Int, heads: Int) {
    self.width = width
    self.heads = heads
  }

  /// Whether blocks can be built of it; options read from a file may be anything.
  public var isConsistent: Bool {
    let keys = keyHeads ?? heads
    return (1...1 << 16).contains(width) && (1...width).contains(heads) && width % heads == 0
      && (1...heads).contains(keys) && heads % keys == 0 && (1...1 << 18).contains(hiddenSize) && epsilon >= 0
      && (rotaryCapacity == nil || ((1...1 << 24).contains(rotaryCapacity!) && width / heads % 2 == 0))
      && (window ?? 1) >= 1 && dropout >= 0 && dropout < 1 && (weightDeviation ?? 0) >= 0
  }

  /// Features between the two layers of ``FeedForward``.
  public var hiddenSize: Int { hidden ?? 4 * min(width, 1 << 16) }

  /// Scalars of one block; `crossing` counts attention to a memory.
  public func parameterCount(crossing: Bool = false) -> Int {
    let d = width / heads, keys = keyHeads ?? heads, bias = hasBias ? 1 : 0
    func dense(_ inputs: Int, _ outputs: Int) -> Int { (inputs + bias) * outputs }
    let attention = dense(width, (heads + 2 * keys) * d) + dense(width, width)
    let products = feedForward == .swiGLU ? 2 : 1
    let norms = isNormAffine ? (norm == .layerNorm ? 2 * width : width) : 0
    return attention * (crossing ? 2 : 1) + products * dense(width, hiddenSize) + dense(hiddenSize, width)
      + norms * (crossing ? 3 : 2)
  }

  func makeNorm() -> any Module<Tensor, Tensor> {
    switch norm {
    case .layerNorm: LayerNorm(width, epsilon: epsilon, affine: isNormAffine)
    case .rmsNorm: RMSNorm(width, epsilon: epsilon, affine: isNormAffine)
    }
  }
}

/// A block of a transformer: attention and feed-forward, each added to what it was given (Vaswani et al. 2017).
///
/// x [batch, T, width] gives the same shape. With the normalisation in front: x + attention(norm(x)), then
/// x + feedForward(norm(x)); else norm(x + attention(x)), then norm(x + feedForward(x)). Made with `crossing`, attention to a
/// memory stands between the two.
public final class TransformerBlock: Module {
  /// Of the first branch.
  public let attentionNorm: any Module<Tensor, Tensor>
  /// Of the sequence with itself.
  public let attention: MultiHeadAttention
  /// Of the branch to the memory; nil without one.
  public let crossNorm: (any Module<Tensor, Tensor>)?
  /// To the memory; nil without one.
  public let crossAttention: MultiHeadAttention?
  /// Of the last branch.
  public let feedForwardNorm: any Module<Tensor, Tensor>
  /// The last branch.
  public let feedForward: FeedForward
  private let dropout: Dropout
  private let isPreNorm: Bool
  private let window: Int?

  /// - Parameters:
  ///   - options: all that makes it.
  ///   - layers: how many blocks there are, for the initial weights.
  ///   - crossing: whether there is attention to a memory.
  ///   - positions: rotary positions that all blocks share; nil for none.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ options: TransformerOptions, layers: Int = 1, crossing: Bool = false, positions: RotaryPositions? = nil,
    generator: RandomGenerator = .shared
  ) {
    require(options.isConsistent, "TransformerBlock: width \(options.width), \(options.heads) heads: \(options)")
    let initializer = options.weightDeviation.map { Initializer.normal(standardDeviation: $0) }
    let output =
      options.startsAtZero
      ? .zeros
      : options.weightDeviation.map {
        Initializer.normal(standardDeviation: $0 / Float(2 * max(layers, 1)).squareRoot())
      }
    func attention(crossing: Bool) -> MultiHeadAttention {
      MultiHeadAttention(
        options.width, heads: options.heads, keyHeads: options.keyHeads, crossing: crossing, bias: options.hasBias,
        positions: crossing ? nil : positions, qkNorm: options.hasQKNorm, initializer: initializer,
        outputInitializer: output, generator: generator)
    }
    attentionNorm = options.makeNorm()
    self.attention = attention(crossing: false)
    crossNorm = crossing ? options.makeNorm() : nil
    crossAttention = crossing ? attention(crossing: true) : nil
    feedForwardNorm = options.makeNorm()
    feedForward = FeedForward(
      options.width, hidden: options.hiddenSize, form: options.feedForward, bias: options.hasBias,
      initializer: initializer, outputInitializer: output, generator: generator)
    dropout = Dropout(options.dropout)
    isPreNorm = options.isPreNorm
    window = options.window
  }

  /// Every step sees every other.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, mask: .none) }

  /// - Parameters:
  ///   - x: [batch, T, width].
  ///   - mask: which steps a step sees.
  ///   - cache: what came before x; nil where x is all.
  ///   - remembered: keys and values of the memory, by `crossAttention.remember`; where there is one.
  ///   - memoryMask: which steps of the memory a step sees.
  /// - Returns: [batch, T, width].
  public func callAsFunction(
    _ x: Tensor, mask: AttentionMask, cache: KeyValueCache? = nil, remembered: Tensor? = nil,
    memoryMask: AttentionMask = .none
  ) -> Tensor {
    var mask = mask
    if mask.window == nil { mask.window = window }
    var y = branch(x, attentionNorm) { attention($0, mask: mask, cache: cache) }
    if let crossAttention, let crossNorm {
      guard let remembered else { misuse("TransformerBlock: a block that crosses needs a memory") }
      y = branch(y, crossNorm) { crossAttention($0, remembered: remembered, mask: memoryMask) }
    }
    return branch(y, feedForwardNorm) { feedForward($0) }
  }

  private func branch(_ x: Tensor, _ norm: any Module<Tensor, Tensor>, _ body: (Tensor) -> Tensor) -> Tensor {
    isPreNorm ? x + dropout(body(norm(x))) : norm(x + dropout(body(x)))
  }
}

/// Blocks one after another: an encoder, or with a causal mask a decoder (Vaswani et al. 2017).
///
/// ```swift
/// let encoder = TransformerEncoder(TransformerOptions(width: 128, heads: 4), layers: 4)
/// let y = encoder(x, mask: AttentionMask(lengths: lengths))
/// ```
/// x [batch, T, width] gives the same shape.
public final class TransformerEncoder: Module {
  /// The blocks.
  public let blocks: [TransformerBlock]
  /// After the last block, where the normalisation stands in front; else nil.
  public let norm: (any Module<Tensor, Tensor>)?
  /// Rotary positions of all blocks; nil for none.
  public let positions: RotaryPositions?

  /// - Parameters:
  ///   - options: all that makes a block.
  ///   - layers: how many blocks, at least one.
  ///   - crossing: whether each block has attention to a memory.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ options: TransformerOptions, layers: Int, crossing: Bool = false, generator: RandomGenerator = .shared
  ) {
    require(layers >= 1 && options.isConsistent, "TransformerEncoder: \(layers) layers of \(options)")
    let positions = options.rotaryCapacity.map {
      RotaryPositions(headSize: options.width / options.heads, capacity: $0)
    }
    self.positions = positions
    blocks = (0..<layers).map { _ in
      TransformerBlock(options, layers: layers, crossing: crossing, positions: positions, generator: generator)
    }
    norm = options.isPreNorm ? options.makeNorm() : nil
  }

  /// Every step sees every other.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, mask: .none) }

  /// - Parameters:
  ///   - x: [batch, T, width].
  ///   - mask: which steps a step sees.
  ///   - caches: what came before x, one for each block; nil where x is all.
  ///   - remembered: keys and values of the memory, by ``remember(_:)``; where the blocks cross.
  ///   - memoryMask: which steps of the memory a step sees.
  /// - Returns: [batch, T, width].
  public func callAsFunction(
    _ x: Tensor, mask: AttentionMask, caches: [KeyValueCache]? = nil, remembered: [Tensor]? = nil,
    memoryMask: AttentionMask = .none
  ) -> Tensor {
    require(
      (caches ?? []).count == (caches == nil ? 0 : blocks.count)
        && (remembered ?? []).count == (remembered == nil ? 0 : blocks.count),
      "TransformerEncoder: \(blocks.count) blocks, \(caches?.count ?? 0) caches, \(remembered?.count ?? 0) memories")
    var y = x
    for (index, block) in blocks.enumerated() {
      y = block(y, mask: mask, cache: caches?[index], remembered: remembered?[index], memoryMask: memoryMask)
    }
    return norm.map { $0(y) } ?? y
  }

  /// Keys and values of a memory [batch, Tₖ, width] for each block. Precondition: the blocks cross.
  public func remember(_ memory: Tensor) -> [Tensor] {
    blocks.map { block in
      guard let attention = block.crossAttention else { misuse("TransformerEncoder: its blocks take no memory") }
      return attention.remember(memory)
    }
  }

  /// Empty caches, one for each block, each for `capacity` steps.
  public func makeCaches(capacity: Int) -> [KeyValueCache] { blocks.map { _ in KeyValueCache(capacity: capacity) } }
}
