import Myelin

/// The residual network of fast training (Page 2018), at any width: convolutions of 3×3, each of which is pooled to half
/// its height and width before its normalisation, some with a residual block of two more after it; then the maximum over
/// the pixels and one dense layer, whose logits are scaled down.
///
/// ```swift
/// let model = ResNet9(
///   ResNet9.Configuration(picture: PictureSize(28, 28, 1), widths: [32, 64, 128], residualStages: [1, 2]))
/// ```
/// x [N, H, W, C] gives logits [N, classes]. Pooling comes early, so that most of the work is done on small pictures.
public final class ResNet9: FeatureNetwork {
  /// All that makes it.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = ResNet9
    /// How a model's file names it.
    public static let kind = "resnet9"

    /// Of the pictures.
    public var picture: PictureSize
    /// Channels of each stage; each stage halves height and width.
    public var widths: [Int]
    /// Numbers of the stages, from 0, that end with a residual block.
    public var residualStages: [Int]
    /// What follows each normalisation.
    public var activation: Activation
    /// What the logits are multiplied by.
    public var logitScale: Float
    /// Logits.
    public var classCount: Int

    /// Settings; they are checked when the network is made.
    public init(
      picture: PictureSize, widths: [Int], residualStages: [Int] = [], activation: Activation = .relu,
      logitScale: Float = 0.125, classCount: Int = 10
    ) {
      self.picture = picture
      self.widths = widths
      self.residualStages = residualStages
      self.activation = activation
      self.logitScale = logitScale
      self.classCount = classCount
    }

    public var inputCount: Int { picture.count }
    public var outputCount: Int { classCount }

    public var size: NetworkSize {
      var count = NetworkSizeCount(height: picture.height, width: picture.width, channels: picture.channels)
      func convolution(_ width: Int) {
        count.convolution(width, ConvolutionGeometry(kernel: 3, padding: 1), bias: false)
      }
      for (stage, width) in widths.enumerated() {
        convolution(width)
        count.pool(2)
        count.batchNorm()
        for _ in 0..<(residualStages.contains(stage) ? 2 : 0) {
          convolution(width)
          count.batchNorm()
        }
      }
      count.globalPool()
      count.dense(classCount)
      let text = widths.enumerated().map { "\($1)\(residualStages.contains($0) ? "+" : "")" }
      return count.size("ResNet-9 of \(text.joined(separator: ", ")) channels for pictures of \(picture)")
    }

    public var isConsistent: Bool {
      picture.isConsistent && (1...14).contains(widths.count) && widths.allSatisfy((1...1 << 13).contains)
        && residualStages.count <= widths.count && residualStages.allSatisfy(widths.indices.contains)
        && Set(residualStages).count == residualStages.count && logitScale > 0 && logitScale.isFinite
        && (1...1 << 20).contains(classCount) && min(picture.height, picture.width) >> widths.count >= 1
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// All stages.
  public let stages: [PooledStage]
  /// From the maximum over the pixels to the logits.
  public let output: Dense
  private let maximum: MaxPool2D

  /// Precondition: at least one stage, and pictures that can be halved once for each.
  public init(_ configuration: Configuration) {
    require(
      configuration.isConsistent,
      "ResNet9: \(configuration.widths) channels, residual stages \(configuration.residualStages) for pictures of "
        + "\(configuration.picture)")
    self.configuration = configuration
    var inputs = configuration.picture.channels
    stages = configuration.widths.enumerated().map { stage, width in
      defer { inputs = width }
      return PooledStage(
        inputs, width, configuration.activation, isResidual: configuration.residualStages.contains(stage))
    }
    output = Dense(inputs, configuration.classCount)
    let count = configuration.widths.count
    maximum = MaxPool2D((configuration.picture.height >> count, configuration.picture.width >> count))
  }

  /// x [N, H, W, C] to logits [N, classes].
  public func callAsFunction(_ x: Tensor) -> Tensor { output(features(x)) * configuration.logitScale }

  /// What the last layer is given: x [N, H, W, C] to [N, channels].
  public func features(_ x: Tensor) -> Tensor {
    var value = x
    for stage in stages { value = stage(value) }
    return maximum(value).flattened()
  }
}

/// y = activation(norm(pool(conv(x)))), and, where it is residual, y + f(y) with two more convolutions f.
public final class PooledStage: Module {
  /// 3×3.
  public let convolution: Conv2D
  /// Of the pooled picture, with the activation.
  public let norm: BatchNorm
  /// f; empty where nothing is added.
  public let residual: [ConvolutionUnit]
  private let pool = MaxPool2D(2)

  init(_ inputs: Int, _ outputs: Int, _ activation: Activation, isResidual: Bool) {
    convolution = Conv2D(inputs, outputs, kernel: 3, padding: 1, bias: false, initializer: .heNormal)
    norm = BatchNorm(outputs, activation: activation)
    residual = (0..<(isResidual ? 2 : 0)).map { _ in
      ConvolutionUnit(outputs, outputs, kernel: 3, activation: activation)
    }
  }

  /// x [N, H, W, inputs] to [N, ⌊H / 2⌋, ⌊W / 2⌋, outputs].
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let value = norm(pool(convolution(x)))
    if residual.isEmpty { return value }
    return value + residual.reduce(value) { $1($0) }
  }
}
