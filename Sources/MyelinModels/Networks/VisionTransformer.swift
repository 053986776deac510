import Myelin

/// A picture as a sequence of patches, read by a transformer (Dosovitskiy et al. 2021): each patch becomes a vector by one dense
/// layer, a learned vector is added for its place, and the classes come from the mean of all patches after the last block.
///
/// ```swift
/// let model = VisionTransformer(.init(picture: PictureSize(28, 28, 1), patch: 4, width: 64, heads: 4, layers: 4))
/// ```
/// x [N, H, W, C] gives logits [N, classes].
public final class VisionTransformer: FeatureNetwork {
  /// All that makes it.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = VisionTransformer
    /// How a model's file names it.
    public static let kind = "vision-transformer"

    /// Of the pictures.
    public var picture: PictureSize
    /// Rows and columns of a patch, which divide those of a picture.
    public var patch: Int
    /// Of the blocks.
    public var blocks: TransformerOptions
    /// How many blocks.
    public var layers: Int
    /// Logits.
    public var classCount: Int

    /// Settings; they are checked when the network is made.
    ///
    /// - Parameters:
    ///   - picture: of the pictures.
    ///   - patch: rows and columns of a patch.
    ///   - width: features of a patch.
    ///   - heads: of each attention.
    ///   - layers: how many blocks.
    ///   - dropout: the share that is dropped in training.
    ///   - classCount: logits.
    public init(
      picture: PictureSize, patch: Int, width: Int, heads: Int, layers: Int, dropout: Float = 0, classCount: Int = 10
    ) {
      (self.picture, self.patch, self.layers, self.classCount) = (picture, patch, layers, classCount)
      blocks = TransformerOptions(width: width, heads: heads)
      blocks.dropout = dropout
    }

    public var inputCount: Int { picture.count }
    public var outputCount: Int { classCount }
    var rows: Int { picture.height / max(patch, 1) }
    var columns: Int { picture.width / max(patch, 1) }

    public var size: NetworkSize {
      let width = blocks.width, places = rows * columns
      let norm = blocks.isNormAffine && blocks.isPreNorm ? (blocks.norm == .layerNorm ? 2 * width : width) : 0
      let ends = (patch * patch * picture.channels + 1) * width + places * width + norm + (width + 1) * classCount
      return NetworkSize(
        parameterCount: ends + layers * blocks.parameterCount(),
        activationCount: places * (layers * (12 * width + 2 * blocks.hiddenSize) + 3 * width) + classCount,
        description: "vision transformer of \(layers) layers, width \(width), for pictures of \(picture)")
    }

    public var isConsistent: Bool {
      picture.isConsistent && (1...1 << 14).contains(patch) && picture.height % patch == 0
        && picture.width % patch == 0 && (1...1024).contains(layers) && blocks.isConsistent
        && (1...1 << 20).contains(classCount)
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// From the numbers of a patch to its vector.
  public let embedding: Dense
  /// A vector for each place [places, width].
  public let positions: Parameter
  /// The blocks and the last normalisation.
  public let blocks: TransformerEncoder
  /// From the mean of the patches to the logits.
  public let output: Dense
  private let dropout: Dropout

  /// Weights are drawn from `RandomGenerator.shared`. Precondition: patches divide the pictures.
  public init(_ configuration: Configuration) {
    require(
      configuration.isConsistent,
      "VisionTransformer: patches of \(configuration.patch) for pictures of \(configuration.picture)")
    self.configuration = configuration
    let width = configuration.blocks.width
    embedding = Dense(configuration.patch * configuration.patch * configuration.picture.channels, width)
    positions = Parameter(
      RandomGenerator.shared.normal([configuration.rows * configuration.columns, width], standardDeviation: 0.02))
    blocks = TransformerEncoder(configuration.blocks, layers: configuration.layers)
    output = Dense(width, configuration.classCount)
    dropout = Dropout(configuration.blocks.dropout)
  }

  /// x [N, H, W, C] to logits [N, classes].
  public func callAsFunction(_ x: Tensor) -> Tensor { output(features(x)) }

  /// What the last layer is given: x [N, H, W, C] to [N, width].
  public func features(_ x: Tensor) -> Tensor { blocks(patches(x)).mean(axis: 1) }

  /// The vectors of the patches [N, places, width], as the first block is given them.
  func patches(_ x: Tensor) -> Tensor {
    let (picture, patch) = (configuration.picture, configuration.patch)
    let (rows, columns, channels) = (configuration.rows, configuration.columns, picture.channels)
    require(
      x.count == x.shape[0] * picture.count, "VisionTransformer: input \(x.shape) for pictures of \(picture)")
    let cut = x.reshaped([x.shape[0], rows, patch, columns, patch * channels]).permuted([0, 1, 3, 2, 4])
    let numbers = cut.reshaped([x.shape[0], rows * columns, patch * patch * channels])
    return dropout(embedding(numbers) + positions.value)
  }

  /// How much the patches look at each patch in the last block, mean over heads and looking patches: [N, rows, columns], each
  /// picture's with the sum 1. No gradient.
  public func attentionMap(_ x: Tensor) -> Tensor {
    withoutGradient {
      var y = patches(x)
      for block in blocks.blocks.dropLast() { y = block(y) }
      guard let last = blocks.blocks.last else { misuse("VisionTransformer: no blocks") }
      let input = configuration.blocks.isPreNorm ? last.attentionNorm(y) : y
      let weights = last.attention.weights(input).mean(axis: 1).mean(axis: 1)
      return weights.reshaped([x.shape[0], configuration.rows, configuration.columns])
    }
  }
}
