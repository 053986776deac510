import Myelin

/// Pictures with noise, and what a network is told of them.
public struct DiffusionInput: Sendable {
  /// x_t [N, H, W, C].
  public var noised: Tensor
  /// λ of each [N], the logarithm of the ratio of signal to noise.
  public var logSNR: Tensor
  /// The class of each [N]; the number of classes stands for any.
  public var classes: Indices

  /// Pictures, their noise levels and their classes, as many of each.
  public init(noised: Tensor, logSNR: Tensor, classes: Indices) {
    self.noised = noised
    self.logSNR = logSNR
    self.classes = classes
  }
}

/// A ``UNet`` that tells the velocity of noised pictures of a class: its condition is the noise level as waves through two
/// dense layers, and a learned vector of the class added to it.
public final class DiffusionUNet: Module {
  /// All that makes it.
  public struct Configuration: Codable, Hashable, Sendable {
    /// The network of pictures. Its condition has a size, and it gives as many channels as it takes.
    public var unet: UNet.Configuration
    /// Classes; the network is also asked about pictures of any.
    public var classCount: Int
    /// Waves of the noise level, an even number.
    public var timeFeatures: Int

    /// Settings; they are checked when the network is made.
    public init(unet: UNet.Configuration, classCount: Int, timeFeatures: Int = 32) {
      self.unet = unet
      self.classCount = classCount
      self.timeFeatures = timeFeatures
    }

    /// Whether a network can be built of it; one read from a file may be anything.
    var isConsistent: Bool {
      unet.isConsistent && unet.conditionSize > 0 && unet.outputChannels == unet.picture.channels
        && (1...1 << 20).contains(classCount) && (2...1 << 14).contains(timeFeatures) && timeFeatures % 2 == 0
    }

    /// What it takes in memory; asked before it is built.
    var size: NetworkSize {
      var size = unet.size
      let condition = unet.conditionSize
      let told = (timeFeatures + 1 + condition + 1 + classCount + 1) * condition
      if let sum = size.parameterCount?.addingReportingOverflow(told) {
        size.parameterCount = sum.overflow ? nil : sum.partialValue
      }
      size.activationCount += timeFeatures + 4 * condition
      return size
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// The noise level as waves.
  public let waves: SinusoidalEmbedding
  /// The first layer after them.
  public let level: Dense
  /// The second one.
  public let condition: Dense
  /// A vector a class, the last one for pictures of any.
  public let classes: Embedding
  /// The network of pictures.
  public let unet: UNet

  /// Precondition: the U-net takes a condition, and gives as many channels as it takes.
  public init(_ configuration: Configuration) {
    require(
      configuration.isConsistent,
      "DiffusionUNet: \(configuration.unet.size.description) with a condition of \(configuration.unet.conditionSize) "
        + "numbers, \(configuration.classCount) classes and \(configuration.timeFeatures) waves")
    self.configuration = configuration
    let size = configuration.unet.conditionSize
    // Noise levels from −10 to 10: the longest wave tells the ends apart, the shortest is seven waves long.
    waves = SinusoidalEmbedding(configuration.timeFeatures, frequencies: 0.1...2)
    level = Dense(configuration.timeFeatures, size, activation: .silu)
    condition = Dense(size, size)
    classes = Embedding(configuration.classCount + 1, size)
    unet = UNet(configuration.unet)
  }

  /// The velocity v = α ε − σ x₀ of each picture [N, H, W, C]. Precondition: each class is one, or the number of classes.
  public func callAsFunction(_ input: DiffusionInput) -> Tensor {
    let told = condition(level(waves(input.logSNR))) + classes(input.classes)
    return unet(input.noised, condition: silu(told))
  }
}
