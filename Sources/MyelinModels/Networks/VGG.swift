import Myelin

/// Stages of 3×3 convolutions with a max pooling after each, then dense layers: the form of VGG (Simonyan & Zisserman
/// 2014), at any size.
///
/// x [N, H, W, C] gives logits [N, classes].
public final class VGG: FeatureNetwork {
  /// All that makes it.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = VGG
    /// How a model's file names it.
    public static let kind = "vgg"

    /// Of the pictures.
    public var picture: PictureSize
    /// Channels of each convolution, stage by stage; each stage halves height and width.
    public var stages: [[Int]]
    /// Units of the dense layers before the logits.
    public var hidden: [Int]
    /// Logits.
    public var classCount: Int
    /// Whether each convolution is normalised by batch (Ioffe & Szegedy 2015), and then has no bias.
    public var normalizes: Bool
    /// Whether the mean over all pixels goes into the dense layers, instead of the pixels themselves.
    public var averagesPixels: Bool
    /// Probability of dropping what goes into a dense layer.
    public var dropout: Float

    /// Settings; they are checked when the network is made.
    public init(
      picture: PictureSize, stages: [[Int]], hidden: [Int] = [], classCount: Int = 10, normalizes: Bool = false,
      averagesPixels: Bool = false, dropout: Float = 0
    ) {
      self.picture = picture
      self.stages = stages
      self.hidden = hidden
      self.classCount = classCount
      self.normalizes = normalizes
      self.averagesPixels = averagesPixels
      self.dropout = dropout
    }

    public var inputCount: Int { picture.count }
    public var outputCount: Int { classCount }

    public var size: NetworkSize {
      var count = NetworkSizeCount(height: picture.height, width: picture.width, channels: picture.channels)
      for stage in stages {
        for channels in stage {
          count.convolution(channels, ConvolutionGeometry(kernel: 3, padding: 1), bias: !normalizes)
          if normalizes { count.batchNorm() }
        }
        count.pool(2)
      }
      if averagesPixels { count.globalPool() }
      for units in hidden + [classCount] { count.dense(units) }
      let text = stages.map { $0.map(String.init).joined(separator: "-") }.joined(separator: ", ")
      return count.size("VGG of \(text) channels for pictures of \(picture)")
    }

    public var isConsistent: Bool {
      let channels = stages.flatMap { $0 }
      return picture.isConsistent && (1...14).contains(stages.count) && channels.count <= 1000
        && stages.allSatisfy { !$0.isEmpty } && (channels + hidden).allSatisfy((1...1 << 14).contains)
        && (1...1 << 20).contains(classCount) && hidden.count <= 100 && (0..<1).contains(dropout)
        && min(picture.height, picture.width) >> stages.count >= 1
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// The convolutions, stage by stage.
  public let stages: [[ConvolutionUnit]]
  /// The dense layers.
  public let dense: [Dense]
  private let pool = MaxPool2D(2)
  private let average: GlobalAveragePool2D?
  private let dropout: Dropout?

  /// Precondition: at least one stage, and pictures that can be halved once for each.
  public init(_ configuration: Configuration) {
    require(
      configuration.isConsistent, "VGG: stages \(configuration.stages) for pictures of \(configuration.picture)")
    self.configuration = configuration
    var channels = configuration.picture.channels
    stages = configuration.stages.map { stage in
      stage.map { outputs in
        defer { channels = outputs }
        return ConvolutionUnit(channels, outputs, kernel: 3, normalizes: configuration.normalizes)
      }
    }
    average = configuration.averagesPixels ? GlobalAveragePool2D() : nil
    dropout = configuration.dropout == 0 ? nil : Dropout(configuration.dropout)
    let count = configuration.stages.count
    let pixels =
      configuration.averagesPixels
      ? 1 : (configuration.picture.height >> count) * (configuration.picture.width >> count)
    let sizes = [channels * pixels] + configuration.hidden + [configuration.classCount]
    dense = zip(sizes, sizes.dropFirst()).enumerated().map { index, size in
      Dense(size.0, size.1, activation: index == sizes.count - 2 ? .identity : .relu)
    }
  }

  /// x [N, H, W, C] to logits [N, classes].
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let features = features(x)
    return dense[dense.count - 1](dropout.map { $0(features) } ?? features)
  }

  /// What the last layer is given: x [N, H, W, C] to [N, units].
  public func features(_ x: Tensor) -> Tensor {
    var value = x
    for stage in stages {
      for unit in stage { value = unit(value) }
      value = pool(value)
    }
    value = average.map { $0(value) } ?? value.flattened()
    for layer in dense.dropLast() { value = layer(dropout.map { $0(value) } ?? value) }
    return value
  }
}

/// A convolution that keeps the picture's size divided by its stride, with ReLU: with a bias, or normalised by batch.
public final class ConvolutionUnit: Module, NormalizationFolding {
  /// The convolution.
  public let convolution: Conv2D
  /// Normalisation and activation; nil where the convolution has its own bias and activation.
  public let norm: BatchNorm?

  init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1, normalizes: Bool = true,
    activation: Activation = .relu
  ) {
    convolution = Conv2D(
      inputs, outputs, kernel: kernel, stride: stride, padding: .all((kernel - 1) / 2), groups: groups,
      activation: normalizes ? .identity : activation, bias: !normalizes, initializer: .heNormal)
    norm = normalizes ? BatchNorm(outputs, activation: activation) : nil
  }

  package var foldings: [(convolution: Conv2D, norm: BatchNorm)] { norm.map { [(convolution, $0)] } ?? [] }

  /// x [N, H, W, inputs] to [N, ⌈H / stride⌉, ⌈W / stride⌉, outputs].
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, adding: nil) }

  /// The residual is added before the activation.
  public func callAsFunction(_ x: Tensor, adding residual: Tensor?) -> Tensor {
    guard let norm, !norm.isFoldedAway else { return convolution(x, adding: residual) }
    return norm(convolution(x), adding: residual)
  }
}
