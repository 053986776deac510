import Myelin

/// A language model of the GPT family: tokens in, at each place the logits of the token that comes next (Radford et al. 2018).
///
/// ```swift
/// let model = GPT(.gpt2(vocabulary: 256, context: 128, width: 128, heads: 4, layers: 4))
/// let loss = model.loss(tokens, next)
/// let decoder = GPTDecoder(model)
/// decoder.generate(prompt, count: 200, sampling: Sampling(temperature: 0.8)) { print($0); return true }
/// ```
/// The output layer shares the weight of the embedding unless told otherwise.
public final class GPT: Module {
  /// Tokens [batch, T].
  public typealias Input = Indices

  /// All that makes it.
  public struct Configuration: Codable, Hashable, Sendable {
    /// Different tokens.
    public var vocabulary: Int
    /// The longest sequence.
    public var context: Int
    /// Of the blocks.
    public var blocks: TransformerOptions
    /// How many blocks.
    public var layers: Int
    /// Whether there is a learned vector for each place; else positions are rotary or none.
    public var hasPositions: Bool
    /// Whether the output layer has the embedding's weight.
    public var isTied: Bool
    /// c of the logits' c tanh(logit / c); nil for none.
    public var softCap: Float?

    /// GPT-2's form: learned positions, layer norm in front, GELU by tanh, normal weights of deviation 0.02 (Radford et al. 2019).
    ///
    /// - Parameters:
    ///   - vocabulary: different tokens.
    ///   - context: the longest sequence.
    ///   - width: features of a step.
    ///   - heads: of each attention.
    ///   - layers: how many blocks.
    ///   - dropout: the share that is dropped in training.
    public static func gpt2(
      vocabulary: Int, context: Int, width: Int, heads: Int, layers: Int, dropout: Float = 0
    ) -> Configuration {
      var blocks = TransformerOptions(width: width, heads: heads)
      blocks.feedForward = .geluTanh
      blocks.weightDeviation = 0.02
      blocks.dropout = dropout
      return Configuration(
        vocabulary: vocabulary, context: context, blocks: blocks, layers: layers, hasPositions: true, isTied: true,
        softCap: nil)
    }

    /// A modern form, which learns faster at the same size: rotary positions, root-mean-square norm without weights, also of
    /// queries and keys, ReLU², no biases, last layers that start at 0, capped logits, an output layer of its own (Jordan et al. 2024).
    ///
    /// - Parameters:
    ///   - vocabulary: different tokens.
    ///   - context: the longest sequence.
    ///   - width: features of a step.
    ///   - heads: of each attention.
    ///   - layers: how many blocks.
    ///   - dropout: the share that is dropped in training.
    public static func modern(
      vocabulary: Int, context: Int, width: Int, heads: Int, layers: Int, dropout: Float = 0
    ) -> Configuration {
      var blocks = TransformerOptions(width: width, heads: heads)
      blocks.feedForward = .reluSquared
      blocks.norm = .rmsNorm
      blocks.epsilon = 1e-6
      blocks.isNormAffine = false
      blocks.hasBias = false
      blocks.hasQKNorm = true
      blocks.rotaryCapacity = context
      blocks.startsAtZero = true
      blocks.dropout = dropout
      return Configuration(
        vocabulary: vocabulary, context: context, blocks: blocks, layers: layers, hasPositions: false, isTied: false,
        softCap: 15)
    }

    /// Whether a model can be built of it; one read from a file may be anything.
    public var isConsistent: Bool {
      (1...1 << 24).contains(vocabulary) && (1...1 << 20).contains(context) && (1...1024).contains(layers)
        && blocks.isConsistent && (softCap ?? 1) > 0 && (blocks.rotaryCapacity ?? context) >= context
    }

    /// What it takes in memory; asked before it is built.
    public var size: NetworkSize {
      let norm = !blocks.isNormAffine ? 0 : blocks.norm == .layerNorm ? 2 * blocks.width : blocks.width
      let tables = (vocabulary * (isTied ? 1 : 2) + (hasPositions ? context : 0)) * blocks.width
      let each = blocks.parameterCount()
      let step = blocks.width * 12 + blocks.hiddenSize * 2
      return NetworkSize(
        parameterCount: tables + layers * each + (blocks.isPreNorm ? norm : 0),
        activationCount: context * (layers * step + vocabulary),
        description: "GPT of \(layers) layers, width \(blocks.width), \(vocabulary) tokens, context \(context)")
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// A vector for each token.
  public let embedding: Embedding
  /// A vector for each place; nil where positions are rotary or none.
  public let positions: Embedding?
  /// The blocks and the last normalisation.
  public let blocks: TransformerEncoder
  /// The output layer [vocabulary, width]; the embedding's where they share it.
  public let output: Parameter
  private let dropout: Dropout

  /// Weights are drawn from `RandomGenerator.shared`. Precondition: the configuration is consistent.
  public init(_ configuration: Configuration) {
    require(configuration.isConsistent, "GPT: \(configuration)")
    self.configuration = configuration
    let (vocabulary, width) = (configuration.vocabulary, configuration.blocks.width)
    let small = Initializer.normal(standardDeviation: configuration.blocks.weightDeviation ?? 1)
    embedding = Embedding(vocabulary, width, initializer: small)
    positions = configuration.hasPositions ? Embedding(configuration.context, width, initializer: small) : nil
    blocks = TransformerEncoder(configuration.blocks, layers: configuration.layers)
    output =
      configuration.isTied
      ? embedding.weight
      : Parameter(RandomGenerator.shared.normal([vocabulary, width], standardDeviation: 0.02))
    dropout = Dropout(configuration.blocks.dropout)
  }

  /// What the output layer is given: tokens [batch, T] to [batch, T, width].
  ///
  /// - Parameters:
  ///   - tokens: [batch, T], each in 0 ..< vocabulary.
  ///   - caches: what came before them, one for each block, to which they are appended; nil where they are all.
  ///
  /// Precondition: no place is beyond the context.
  public func hidden(_ tokens: Indices, caches: [KeyValueCache]? = nil) -> Tensor {
    require(tokens.shape.rank == 2, "GPT: tokens of shape \(tokens.shape), not [batch, steps]")
    let first = caches?.first?.count ?? 0, steps = tokens.shape[1]
    require(first + steps <= configuration.context, "GPT: \(first + steps) steps, context \(configuration.context)")
    var x = embedding(tokens)
    if let positions { x = x + positions(Indices((first..<first + steps).map(Int32.init))) }
    return blocks(dropout(x), mask: .causal, caches: caches)
  }

  /// Tokens [batch, T] to logits [batch, T, vocabulary].
  public func callAsFunction(_ tokens: Indices) -> Tensor { logits(hidden(tokens)) }

  /// Logits [..., vocabulary] of what ``hidden(_:caches:)`` gave, [..., width].
  public func logits(_ hidden: Tensor) -> Tensor {
    let logits = tiedOutput(hidden, output.value)
    return configuration.softCap.map { softCapped(logits, at: $0) } ?? logits
  }

  /// The mean of −log of the next token's probability, a scalar, without all logits in memory.
  ///
  /// - Parameters:
  ///   - tokens: [batch, T].
  ///   - next: the token after each of them, as many; −1 leaves a place out.
  ///   - labelSmoothing: the share of the target that is spread over all tokens.
  public func loss(_ tokens: Indices, _ next: Indices, labelSmoothing: Float = 0) -> Tensor {
    linearCrossEntropy(
      hidden(tokens), output.value, next, softCap: configuration.softCap, labelSmoothing: labelSmoothing)
  }
}

/// A language model at work: it keeps what it has read, so that each token costs one step.
///
/// When the context is full it goes on from the last half of it. Its logits are those of the network for the whole
/// sequence inside `withRowsAlone`, bit for bit.
public final class GPTDecoder {
  /// What is asked.
  public let model: GPT
  /// What has been read, at most the model's context.
  public private(set) var tokens: [Int32] = []
  private let caches: [KeyValueCache]

  /// A decoder that has read nothing.
  public init(_ model: GPT) {
    self.model = model
    caches = model.blocks.makeCaches(capacity: model.configuration.context)
  }

  /// Reads tokens, and gives the logits [vocabulary] of the one after them. Precondition: at least one, each in the vocabulary.
  public func read(_ new: [Int32]) -> Tensor {
    require(!new.isEmpty, "GPTDecoder: no tokens to read")
    return withRowsAlone { withoutGradient { readAlone(new) } }
  }

  private func readAlone(_ new: [Int32]) -> Tensor {
    let context = model.configuration.context
    var part = new
    if tokens.count + new.count > context {
      part = Array((tokens + new).suffix(max(context / 2, 1)))
      tokens = []
      for cache in caches { cache.removeAll() }
    }
    tokens += part
    let hidden = model.hidden(Indices(part, shape: [1, part.count]), caches: caches)
    let last = hidden.sliced(part.count - 1..<part.count, axis: 1)
    return model.logits(last).reshaped([model.configuration.vocabulary])
  }

  /// Continues a text, token by token.
  ///
  /// - Parameters:
  ///   - prompt: what is read first, at least one token.
  ///   - count: how many tokens at most.
  ///   - sampling: how a token is drawn.
  ///   - emit: is given each token as soon as it is drawn; false ends.
  public func generate(_ prompt: [Int32], count: Int, sampling: Sampling, _ emit: (Int32) throws -> Bool) rethrows {
    guard count > 0 else { return }
    var logits = read(prompt)
    for index in 0..<count {
      let token = sampling.draw(logits)
      guard try emit(token), index + 1 < count else { return }
      logits = read([token])
    }
  }
}
