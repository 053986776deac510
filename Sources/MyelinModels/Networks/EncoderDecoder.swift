import Foundation
import Myelin

/// From one sequence of tokens to another: an encoder reads the source, a decoder writes the target and looks at what the encoder
/// made of the source (Vaswani et al. 2017).
///
/// ```swift
/// let model = EncoderDecoder(.init(source: 4000, target: 4000, context: 64, width: 256, heads: 4, layers: 3))
/// let loss = model.loss(source: source, lengths: lengths, target: target, next: next)
/// ```
/// Positions are learned. The output layer shares the target's embedding.
public final class EncoderDecoder: Module {
  /// Source tokens, their lengths, target tokens.
  public struct Input {
    /// [batch, S].
    public var source: Indices
    /// Of each source, [batch]; nil where all are S long.
    public var lengths: Indices?
    /// [batch, T].
    public var target: Indices

    /// - Parameters:
    ///   - source: [batch, S].
    ///   - lengths: of each source, [batch]; nil where all are S long.
    ///   - target: [batch, T].
    public init(source: Indices, lengths: Indices? = nil, target: Indices) {
      self.source = source
      self.lengths = lengths
      self.target = target
    }
  }

  /// All that makes it.
  public struct Configuration: Codable, Hashable, Sendable {
    /// Different source tokens.
    public var sourceVocabulary: Int
    /// Different target tokens.
    public var targetVocabulary: Int
    /// The longest sequence on either side.
    public var context: Int
    /// Of the blocks on both sides.
    public var blocks: TransformerOptions
    /// Blocks of the encoder.
    public var encoderLayers: Int
    /// Blocks of the decoder.
    public var decoderLayers: Int
    /// Whether source and target tokens are the same, with one vector each.
    public var sharesEmbedding: Bool

    /// - Parameters:
    ///   - source: different source tokens.
    ///   - target: different target tokens.
    ///   - context: the longest sequence on either side.
    ///   - width: features of a step.
    ///   - heads: of each attention.
    ///   - layers: blocks on each side.
    ///   - dropout: the share that is dropped in training.
    ///   - sharesEmbedding: whether source and target tokens are the same.
    public init(
      source: Int, target: Int, context: Int, width: Int, heads: Int, layers: Int, dropout: Float = 0.1,
      sharesEmbedding: Bool = false
    ) {
      (sourceVocabulary, targetVocabulary, self.context) = (source, target, context)
      blocks = TransformerOptions(width: width, heads: heads)
      blocks.feedForward = .relu
      blocks.dropout = dropout
      (encoderLayers, decoderLayers) = (layers, layers)
      self.sharesEmbedding = sharesEmbedding
    }

    /// Whether a model can be built of it; one read from a file may be anything.
    public var isConsistent: Bool {
      (1...1 << 24).contains(sourceVocabulary) && (1...1 << 24).contains(targetVocabulary)
        && (1...1 << 20).contains(context) && (1...1024).contains(encoderLayers) && (1...1024).contains(decoderLayers)
        && blocks.isConsistent && (!sharesEmbedding || sourceVocabulary == targetVocabulary)
    }

    /// What it takes in memory; asked before it is built.
    public var size: NetworkSize {
      let norm =
        !blocks.isNormAffine || !blocks.isPreNorm ? 0 : blocks.norm == .layerNorm ? 2 * blocks.width : blocks.width
      let tables = (sharesEmbedding ? 0 : sourceVocabulary) + targetVocabulary + 2 * context
      let encoder = encoderLayers * blocks.parameterCount() + norm
      let decoder = decoderLayers * blocks.parameterCount(crossing: true) + norm
      let step = blocks.width * 14 + blocks.hiddenSize * 2
      return NetworkSize(
        parameterCount: tables * blocks.width + encoder + decoder,
        activationCount: context * ((encoderLayers + 2 * decoderLayers) * step + targetVocabulary),
        description: "encoder and decoder of \(encoderLayers) and \(decoderLayers) layers, width \(blocks.width)")
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// A vector for each source token.
  public let sourceEmbedding: Embedding
  /// A vector for each target token, also the output layer's weight.
  public let targetEmbedding: Embedding
  /// A vector for each place of the source.
  public let sourcePositions: Embedding
  /// A vector for each place of the target.
  public let targetPositions: Embedding
  /// Reads the source.
  public let encoder: TransformerEncoder
  /// Writes the target.
  public let decoder: TransformerEncoder
  private let dropout: Dropout

  /// Weights are drawn from `RandomGenerator.shared`. Precondition: the configuration is consistent.
  public init(_ configuration: Configuration) {
    require(configuration.isConsistent, "EncoderDecoder: \(configuration)")
    self.configuration = configuration
    let width = configuration.blocks.width
    // Vectors of length near 1 after they are multiplied by √width, logits of deviation near 1.
    let small = Initializer.normal(standardDeviation: 1 / Float(width).squareRoot())
    targetEmbedding = Embedding(configuration.targetVocabulary, width, initializer: small)
    sourceEmbedding =
      configuration.sharesEmbedding
      ? targetEmbedding : Embedding(configuration.sourceVocabulary, width, initializer: small)
    sourcePositions = Embedding(configuration.context, width, initializer: .normal(standardDeviation: 0.02))
    targetPositions = Embedding(configuration.context, width, initializer: .normal(standardDeviation: 0.02))
    encoder = TransformerEncoder(configuration.blocks, layers: configuration.encoderLayers)
    decoder = TransformerEncoder(configuration.blocks, layers: configuration.decoderLayers, crossing: true)
    dropout = Dropout(configuration.blocks.dropout)
  }

  private func embed(_ tokens: Indices, _ table: Embedding, _ places: Embedding, from first: Int = 0) -> Tensor {
    require(
      tokens.shape.rank == 2 && first + tokens.shape[1] <= configuration.context,
      "EncoderDecoder: tokens \(tokens.shape) from place \(first), context \(configuration.context)")
    let scale = Float(configuration.blocks.width).squareRoot()
    let indices = Indices((first..<first + tokens.shape[1]).map(Int32.init))
    return dropout(table(tokens) * scale + places(indices))
  }

  /// What the encoder makes of sources [batch, S]: the memory [batch, S, width]. `lengths` [batch]: what lies behind is padding.
  public func encode(_ source: Indices, lengths: Indices? = nil) -> Tensor {
    encoder(embed(source, sourceEmbedding, sourcePositions), mask: AttentionMask(lengths: lengths))
  }

  /// What the output layer is given, [batch, T, width].
  ///
  /// - Parameters:
  ///   - target: [batch, T].
  ///   - remembered: what `decoder.remember` made of the memory.
  ///   - lengths: of the sources; nil where all are whole.
  ///   - caches: what came before the target, by `decoder.makeCaches`; nil where it is all.
  public func decode(
    _ target: Indices, remembered: [Tensor], lengths: Indices? = nil, caches: [KeyValueCache]? = nil
  ) -> Tensor {
    decoder(
      embed(target, targetEmbedding, targetPositions, from: caches?.first?.count ?? 0), mask: .causal, caches: caches,
      remembered: remembered, memoryMask: AttentionMask(lengths: lengths))
  }

  /// Logits [..., target vocabulary] of what ``decode(_:remembered:lengths:caches:)`` gave.
  public func logits(_ hidden: Tensor) -> Tensor { tiedOutput(hidden, targetEmbedding.weight.value) }

  /// Logits [batch, T, target vocabulary] of the token after each target token.
  public func callAsFunction(_ input: Input) -> Tensor {
    logits(hidden(input.source, input.lengths, input.target))
  }

  private func hidden(_ source: Indices, _ lengths: Indices?, _ target: Indices) -> Tensor {
    let memory = encode(source, lengths: lengths)
    return decode(target, remembered: decoder.remember(memory), lengths: lengths)
  }

  /// The mean of −log of the next token's probability, a scalar.
  ///
  /// - Parameters:
  ///   - source: [batch, S].
  ///   - lengths: of each source, [batch]; nil where all are whole.
  ///   - target: [batch, T], beginning with what stands for the beginning.
  ///   - next: the token after each of them; −1 leaves a place out.
  ///   - labelSmoothing: the share of the target that is spread over all tokens.
  public func loss(
    source: Indices, lengths: Indices? = nil, target: Indices, next: Indices, labelSmoothing: Float = 0
  ) -> Tensor {
    linearCrossEntropy(
      hidden(source, lengths, target), targetEmbedding.weight.value, next, labelSmoothing: labelSmoothing)
  }
}

extension EncoderDecoder {
  /// Where each written token looks: the last block's attention to the memory, the mean over its heads, [batch, T, S].
  ///
  /// - Parameter input: sources of one length, and what was written.
  public func attentionToSource(_ input: Input) -> Tensor {
    withoutGradient {
      let memory = encode(input.source, lengths: input.lengths)
      let mask = AttentionMask(lengths: input.lengths)
      var x = embed(input.target, targetEmbedding, targetPositions)
      for (block, remembered) in zip(decoder.blocks.dropLast(), decoder.remember(memory)) {
        x = block(x, mask: .causal, remembered: remembered, memoryMask: mask)
      }
      guard let last = decoder.blocks.last, let norm = last.crossNorm, let crossing = last.crossAttention else {
        misuse("EncoderDecoder: its decoder takes no memory")
      }
      let isPreNorm = configuration.blocks.isPreNorm
      let y = x + last.attention(isPreNorm ? last.attentionNorm(x) : x, mask: .causal)
      return crossing.weights(isPreNorm ? norm(y) : last.attentionNorm(y), memory: memory, mask: mask).mean(axis: 1)
    }
  }
}
