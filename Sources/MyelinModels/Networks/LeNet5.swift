import Myelin

/// LeNet-5 (LeCun et al. 1998) in today's form: two convolutions of 5×5 with 6 and 16 channels, each followed by a max
/// pooling, then dense layers of 120, 84 and one unit a class; ReLU throughout. 61,706 parameters at 28×28×1.
///
/// x [N, H, W, C] gives logits [N, classes].
public final class LeNet5: StoredNetwork {
  /// All that makes it.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = LeNet5
    /// How a model's file names it.
    public static let kind = "lenet5"

    /// Of the pictures; at least 12×12.
    public var picture: PictureSize
    /// Logits.
    public var classCount: Int

    /// Settings; they are checked when the network is made.
    public init(picture: PictureSize = PictureSize(28, 28, 1), classCount: Int = 10) {
      self.picture = picture
      self.classCount = classCount
    }

    public var inputCount: Int { picture.count }
    public var outputCount: Int { classCount }

    public var size: NetworkSize {
      var count = NetworkSizeCount(height: picture.height, width: picture.width, channels: picture.channels)
      count.convolution(6, ConvolutionGeometry(kernel: 5, padding: 2), bias: true)
      count.pool(2)
      count.convolution(16, ConvolutionGeometry(kernel: 5), bias: true)
      count.pool(2)
      for units in [120, 84, classCount] { count.dense(units) }
      return count.size("LeNet-5 for pictures of \(picture)")
    }

    public var isConsistent: Bool {
      picture.isConsistent && picture.height >= 12 && picture.width >= 12 && (1...1 << 20).contains(classCount)
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// The convolutions.
  public let convolutions: [Conv2D]
  /// The dense layers.
  public let dense: [Dense]
  private let pool = MaxPool2D(2)

  /// Precondition: pictures of at least 12×12.
  public init(_ configuration: Configuration) {
    require(configuration.isConsistent, "LeNet5: pictures of \(configuration.picture), at least 12×12")
    self.configuration = configuration
    convolutions = [
      Conv2D(configuration.picture.channels, 6, kernel: 5, padding: 2, activation: .relu),
      Conv2D(6, 16, kernel: 5, activation: .relu),
    ]
    let (height, width) = (configuration.picture.height / 2, configuration.picture.width / 2)
    let features = (height - 4) / 2 * ((width - 4) / 2) * 16
    dense = [
      Dense(features, 120, activation: .relu), Dense(120, 84, activation: .relu), Dense(84, configuration.classCount),
    ]
  }

  /// x [N, H, W, C] to logits [N, classes].
  public func callAsFunction(_ x: Tensor) -> Tensor {
    var value = x
    for convolution in convolutions { value = pool(convolution(value)) }
    value = value.flattened()
    for layer in dense { value = layer(value) }
    return value
  }
}
