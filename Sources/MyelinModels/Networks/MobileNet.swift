import Myelin

/// A network of inverted residuals (Sandler et al. 2018): each block widens its channels by a 1×1 convolution, convolves
/// each channel on its own by 3×3, and narrows them again; few parameters and little work for what it learns.
///
/// ```swift
/// let model = MobileNet(.small(picture: PictureSize(32, 32, 3), classCount: 10))
/// ```
/// x [N, H, W, C] gives logits [N, classes].
public final class MobileNet: FeatureNetwork {
  /// All that makes it.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = MobileNet
    /// How a model's file names it.
    public static let kind = "mobilenet"

    /// Blocks of one width.
    public struct Stage: Codable, Hashable, Sendable {
      /// Channels between the blocks.
      public var channels: Int
      /// How many.
      public var blocks: Int
      /// Of the first block; the others keep the picture's size.
      public var stride: Int

      /// Blocks of one width.
      public init(channels: Int, blocks: Int, stride: Int) {
        (self.channels, self.blocks, self.stride) = (channels, blocks, stride)
      }
    }

    /// Of the pictures.
    public var picture: PictureSize
    /// Channels of the first convolution.
    public var stemChannels: Int
    /// Stride of the first convolution.
    public var stemStride: Int
    /// One after another.
    public var stages: [Stage]
    /// How much wider a block is inside.
    public var expansion: Int
    /// Channels of the last 1×1 convolution.
    public var headChannels: Int
    /// Logits.
    public var classCount: Int

    /// Settings; they are checked when the network is made.
    public init(
      picture: PictureSize, stemChannels: Int, stemStride: Int, stages: [Stage], expansion: Int = 6,
      headChannels: Int, classCount: Int
    ) {
      self.picture = picture
      self.stemChannels = stemChannels
      self.stemStride = stemStride
      self.stages = stages
      self.expansion = expansion
      self.headChannels = headChannels
      self.classCount = classCount
    }

    /// For pictures of 16 to 64 pixels.
    public static func small(picture: PictureSize, classCount: Int) -> Configuration {
      Configuration(
        picture: picture, stemChannels: 16, stemStride: 1,
        stages: [
          Stage(channels: 16, blocks: 1, stride: 1), Stage(channels: 24, blocks: 2, stride: 2),
          Stage(channels: 40, blocks: 2, stride: 2),
        ], expansion: 4, headChannels: 128, classCount: classCount)
    }

    /// MobileNetV2 for pictures of 224×224: 3.5 million parameters with 1000 classes.
    public static func imageNet(
      picture: PictureSize = PictureSize(224, 224, 3), classCount: Int = 1000
    ) -> Configuration {
      Configuration(
        picture: picture, stemChannels: 32, stemStride: 2,
        stages: [
          Stage(channels: 16, blocks: 1, stride: 1), Stage(channels: 24, blocks: 2, stride: 2),
          Stage(channels: 32, blocks: 3, stride: 2), Stage(channels: 64, blocks: 4, stride: 2),
          Stage(channels: 96, blocks: 3, stride: 1), Stage(channels: 160, blocks: 3, stride: 2),
          Stage(channels: 320, blocks: 1, stride: 1),
        ], headChannels: 1280, classCount: classCount)
    }

    public var inputCount: Int { picture.count }
    public var outputCount: Int { classCount }

    public var size: NetworkSize {
      var count = NetworkSizeCount(height: picture.height, width: picture.width, channels: picture.channels)
      func unit(_ outputs: Int, _ kernel: Int, stride: Int = 1, groups: Int = 1) {
        count.convolution(
          outputs, ConvolutionGeometry(kernel: kernel, stride: stride, padding: .all((kernel - 1) / 2), groups: groups),
          bias: false)
        count.batchNorm()
      }
      unit(stemChannels, 3, stride: stemStride)
      for plan in plans {
        if plan.inner != plan.inputs { unit(plan.inner, 1) }
        unit(plan.inner, 3, stride: plan.stride, groups: plan.inner)
        unit(plan.outputs, 1)
      }
      unit(headChannels, 1)
      count.globalPool()
      count.dense(classCount)
      return count.size("MobileNet of \(stages.map(\.channels)) channels for pictures of \(picture)")
    }

    public var isConsistent: Bool {
      picture.isConsistent && !stages.isEmpty && stages.count <= 16 && (1...2).contains(stemStride)
        && stages.allSatisfy {
          (1...1 << 12).contains($0.channels) && (1...1000).contains($0.blocks) && (1...2).contains($0.stride)
        }
        && ([stemChannels, headChannels]).allSatisfy((1...1 << 13).contains) && (1...16).contains(expansion)
        && (1...1 << 20).contains(classCount)
    }

    /// One block.
    struct Plan {
      let inputs: Int
      let inner: Int
      let outputs: Int
      let stride: Int
      var isResidual: Bool { inputs == outputs && stride == 1 }
    }

    /// The first block is not wider inside, as in the paper.
    var plans: [Plan] {
      var inputs = stemChannels
      var plans: [Plan] = []
      for stage in stages {
        for index in 0..<stage.blocks {
          plans.append(
            Plan(
              inputs: inputs, inner: inputs * (plans.isEmpty ? 1 : expansion), outputs: stage.channels,
              stride: index == 0 ? stage.stride : 1))
          inputs = stage.channels
        }
      }
      return plans
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// The first convolution.
  public let stem: ConvolutionUnit
  /// All blocks, stage after stage.
  public let blocks: [InvertedResidual]
  /// The last convolution, 1×1.
  public let head: ConvolutionUnit
  /// From the mean over the pixels to the logits.
  public let output: Dense
  private let average = GlobalAveragePool2D()

  /// Precondition: a configuration that is consistent.
  public init(_ configuration: Configuration) {
    require(
      configuration.isConsistent,
      "MobileNet: stages of \(configuration.stages.map(\.channels)) channels for \(configuration.picture)")
    self.configuration = configuration
    stem = ConvolutionUnit(
      configuration.picture.channels, configuration.stemChannels, kernel: 3, stride: configuration.stemStride,
      activation: .relu)
    let plans = configuration.plans
    blocks = plans.map { InvertedResidual($0) }
    head = ConvolutionUnit(plans.last!.outputs, configuration.headChannels, kernel: 1, activation: .relu)
    output = Dense(configuration.headChannels, configuration.classCount)
  }

  /// x [N, H, W, C] to logits [N, classes].
  public func callAsFunction(_ x: Tensor) -> Tensor { output(features(x)) }

  /// What the last layer is given: x [N, H, W, C] to [N, head channels].
  public func features(_ x: Tensor) -> Tensor {
    var value = stem(x)
    for block in blocks { value = block(value) }
    return average(head(value))
  }
}

/// y = project(depthwise(expand(x))), + x where the sizes are the same; no activation at the end, which would lose what
/// little the narrow channels can hold.
public final class InvertedResidual: Module {
  /// 1×1 to more channels; nil where these are as many.
  public let expand: ConvolutionUnit?
  /// 3×3, each channel on its own.
  public let depthwise: ConvolutionUnit
  /// 1×1 to the block's channels, without an activation.
  public let project: ConvolutionUnit
  private let isResidual: Bool

  init(_ plan: MobileNet.Configuration.Plan) {
    expand =
      plan.inner == plan.inputs ? nil : ConvolutionUnit(plan.inputs, plan.inner, kernel: 1, activation: .relu)
    depthwise = ConvolutionUnit(
      plan.inner, plan.inner, kernel: 3, stride: plan.stride, groups: plan.inner, activation: .relu)
    project = ConvolutionUnit(plan.inner, plan.outputs, kernel: 1, activation: .identity)
    isResidual = plan.isResidual
  }

  /// x [N, H, W, inputs] to [N, ⌈H / stride⌉, ⌈W / stride⌉, outputs].
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let value = depthwise(expand.map { $0(x) } ?? x)
    return project(value, adding: isResidual ? x : nil)
  }
}
