import Myelin

/// Pictures to vectors whose directions say what is alike: a convolution, residual stages that halve the picture, and a
/// dense layer over all that is left of it, so that places count.
///
/// x [N, H, W, C] gives [N, dimension].
public final class Embedder: StoredNetwork {
  /// All that makes it.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = Embedder
    /// How a model's file names it.
    public static let kind = "embedder"

    /// Of the pictures.
    public var picture: PictureSize
    /// Channels of the first convolution and of each stage; all stages halve height and width.
    public var widths: [Int]
    /// Numbers of a vector.
    public var dimension: Int
    /// Probability of dropping what goes into the dense layer.
    public var dropout: Float

    /// Settings; they are checked when the network is made.
    public init(picture: PictureSize, widths: [Int], dimension: Int, dropout: Float = 0) {
      self.picture = picture
      self.widths = widths
      self.dimension = dimension
      self.dropout = dropout
    }

    public var inputCount: Int { picture.count }
    public var outputCount: Int { dimension }

    public var size: NetworkSize {
      var count = NetworkSizeCount(height: picture.height, width: picture.width, channels: picture.channels)
      func unit(_ outputs: Int, _ stride: Int) {
        count.convolution(outputs, ConvolutionGeometry(kernel: 3, stride: stride, padding: 1), bias: false)
        count.batchNorm()
      }
      unit(widths[0], 1)
      for width in widths.dropFirst() {
        count.branch {
          $0.convolution(width, ConvolutionGeometry(kernel: 1, stride: 2), bias: false)
          $0.batchNorm()
        }
        unit(width, 2)
        unit(width, 1)
      }
      count.dense(dimension)
      return count.size("embedder of \(widths) channels for pictures of \(picture)")
    }

    public var isConsistent: Bool {
      picture.isConsistent && (2...8).contains(widths.count) && widths.allSatisfy((1...1 << 12).contains)
        && (1...1 << 14).contains(dimension) && (0..<1).contains(dropout)
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// The first convolution.
  public let stem: ConvolutionUnit
  /// The stages.
  public let stages: [ResidualBlock]
  /// From what is left of the picture to the vector.
  public let output: Dense
  private let dropout: Dropout?

  /// Precondition: a width for the first convolution and at least one stage.
  public init(_ configuration: Configuration) {
    require(
      configuration.isConsistent,
      "Embedder: \(configuration.widths) channels for \(configuration.picture), \(configuration.dimension) numbers")
    self.configuration = configuration
    let (picture, widths) = (configuration.picture, configuration.widths)
    stem = ConvolutionUnit(picture.channels, widths[0], kernel: 3)
    stages = zip(widths, widths.dropFirst()).map {
      ResidualBlock(.init(inputs: $0, width: $1, outputs: $1, stride: 2), .basic)
    }
    let (rows, columns) = stages.reduce((picture.height, picture.width)) { size, _ in
      ((size.0 + 1) / 2, (size.1 + 1) / 2)
    }
    output = Dense(rows * columns * widths[widths.count - 1], configuration.dimension)
    dropout = configuration.dropout == 0 ? nil : Dropout(configuration.dropout)
  }

  /// x [N, H, W, C] to [N, dimension].
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let seen = stages.reduce(stem(x)) { $1($0) }.flattened()
    return output(dropout.map { $0(seen) } ?? seen)
  }
}
