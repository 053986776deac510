import Myelin

/// A residual network (He et al. 2015): stages of blocks, each of which adds what it computes to what it was given; then
/// the mean over the pixels and one dense layer.
///
/// ```swift
/// let model = ResNet(.cifar(depth: 20, picture: PictureSize(32, 32, 3), classCount: 10))
/// let large = ResNet(.imageNet(blocks: [2, 2, 2, 2], classCount: 1000))      // ResNet-18
/// ```
/// x [N, H, W, C] gives logits [N, classes].
public final class ResNet: FeatureNetwork {
  /// All that makes it.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = ResNet
    /// How a model's file names it.
    public static let kind = "resnet"

    /// What a block computes.
    public enum Block: String, Codable, Sendable {
      /// Two 3×3 convolutions.
      case basic
      /// 1×1, 3×3, 1×1; the last one has four times as many channels.
      case bottleneck
    }

    /// Of the pictures.
    public var picture: PictureSize
    /// Blocks of each stage; all stages but the first halve height and width.
    public var blocks: [Int]
    /// Channels of each stage.
    public var widths: [Int]
    /// What the blocks are.
    public var block: Block
    /// Whether the first convolution is 7×7 with stride 2 and a pooling after it, for large pictures; else 3×3.
    public var hasLargeStem: Bool
    /// Logits.
    public var classCount: Int

    /// Settings; they are checked when the network is made.
    public init(
      picture: PictureSize, blocks: [Int], widths: [Int], block: Block = .basic, hasLargeStem: Bool = false,
      classCount: Int
    ) {
      self.picture = picture
      self.blocks = blocks
      self.widths = widths
      self.block = block
      self.hasLargeStem = hasLargeStem
      self.classCount = classCount
    }

    /// The form for small pictures: three stages of (depth − 2) / 6 basic blocks, of 16, 32 and 64 channels.
    public static func cifar(
      depth: Int = 20, picture: PictureSize = PictureSize(32, 32, 3), classCount: Int = 10
    ) -> Configuration {
      Configuration(
        picture: picture, blocks: Array(repeating: (depth - 2) / 6, count: 3), widths: [16, 32, 64],
        classCount: classCount)
    }

    /// The form for large pictures: four stages of 64, 128, 256 and 512 channels; `[2, 2, 2, 2]` is ResNet-18,
    /// `[3, 4, 6, 3]` ResNet-34, and of bottlenecks ResNet-50.
    public static func imageNet(
      blocks: [Int] = [2, 2, 2, 2], block: Block = .basic, picture: PictureSize = PictureSize(224, 224, 3),
      classCount: Int = 1000
    ) -> Configuration {
      Configuration(
        picture: picture, blocks: blocks, widths: [64, 128, 256, 512], block: block, hasLargeStem: true,
        classCount: classCount)
    }

    public var inputCount: Int { picture.count }
    public var outputCount: Int { classCount }

    public var size: NetworkSize {
      var count = NetworkSizeCount(height: picture.height, width: picture.width, channels: picture.channels)
      func unit(_ outputs: Int, _ kernel: Int, _ stride: Int) {
        count.convolution(
          outputs, ConvolutionGeometry(kernel: kernel, stride: stride, padding: .all((kernel - 1) / 2)), bias: false)
        count.batchNorm()
      }
      unit(widths[0], hasLargeStem ? 7 : 3, hasLargeStem ? 2 : 1)
      if hasLargeStem { count.pool(2) }
      for plan in plans {
        if plan.hasProjection {
          count.branch { side in
            side.convolution(plan.outputs, ConvolutionGeometry(kernel: 1, stride: plan.stride), bias: false)
            side.batchNorm()
          }
        }
        if block == .bottleneck { unit(plan.width, 1, 1) }
        unit(plan.width, 3, plan.stride)
        unit(plan.outputs, block == .bottleneck ? 1 : 3, 1)
      }
      count.globalPool()
      count.dense(classCount)
      return count.size("ResNet of \(blocks) blocks of \(widths) channels for pictures of \(picture)")
    }

    public var isConsistent: Bool {
      picture.isConsistent && !blocks.isEmpty && blocks.count == widths.count && blocks.count <= 8
        && blocks.allSatisfy((1...1000).contains) && widths.allSatisfy((1...1 << 13).contains)
        && (1...1 << 20).contains(classCount)
    }

    /// One block.
    struct Plan {
      let inputs: Int
      let width: Int
      let outputs: Int
      let stride: Int
      var hasProjection: Bool { inputs != outputs || stride != 1 }
    }

    var plans: [Plan] {
      var inputs = widths.first ?? 0
      var plans: [Plan] = []
      for (stage, (count, width)) in zip(blocks, widths).enumerated() {
        let outputs = width * (block == .bottleneck ? 4 : 1)
        for index in 0..<count {
          plans.append(Plan(inputs: inputs, width: width, outputs: outputs, stride: stage > 0 && index == 0 ? 2 : 1))
          inputs = outputs
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
  public let blocks: [ResidualBlock]
  /// From the mean over the pixels to the logits.
  public let output: Dense
  private let stemPool: MaxPool2D?
  private let average = GlobalAveragePool2D()

  /// Precondition: as many widths as stages, each with a block.
  public init(_ configuration: Configuration) {
    require(
      configuration.isConsistent,
      "ResNet: \(configuration.blocks) blocks of \(configuration.widths) channels for \(configuration.picture)")
    self.configuration = configuration
    let isLarge = configuration.hasLargeStem
    stem = ConvolutionUnit(
      configuration.picture.channels, configuration.widths[0], kernel: isLarge ? 7 : 3, stride: isLarge ? 2 : 1)
    stemPool = isLarge ? MaxPool2D(3, stride: 2, padding: 1) : nil
    let plans = configuration.plans
    blocks = plans.map { ResidualBlock($0, configuration.block) }
    output = Dense(plans.last!.outputs, configuration.classCount)
  }

  /// x [N, H, W, C] to logits [N, classes].
  public func callAsFunction(_ x: Tensor) -> Tensor { output(features(x)) }

  /// What the last layer is given: x [N, H, W, C] to [N, channels].
  public func features(_ x: Tensor) -> Tensor {
    var value = stem(x)
    if let stemPool { value = stemPool(value) }
    for block in blocks { value = block(value) }
    return average(value)
  }
}

/// y = relu(f(x) + shortcut(x)): f is two or three convolutions, the shortcut x itself, or a 1×1 convolution of it where
/// sizes change.
public final class ResidualBlock: Module {
  /// All of f, each with its normalisation; the last has the sum's activation.
  public let units: [ConvolutionUnit]
  /// The 1×1 convolution; nil where x itself is added.
  public let projection: ConvolutionUnit?

  init(_ plan: ResNet.Configuration.Plan, _ block: ResNet.Configuration.Block) {
    switch block {
    case .basic:
      units = [
        ConvolutionUnit(plan.inputs, plan.width, kernel: 3, stride: plan.stride),
        ConvolutionUnit(plan.width, plan.outputs, kernel: 3),
      ]
    case .bottleneck:
      units = [
        ConvolutionUnit(plan.inputs, plan.width, kernel: 1),
        ConvolutionUnit(plan.width, plan.width, kernel: 3, stride: plan.stride),
        ConvolutionUnit(plan.width, plan.outputs, kernel: 1),
      ]
    }
    projection =
      plan.hasProjection
      ? ConvolutionUnit(plan.inputs, plan.outputs, kernel: 1, stride: plan.stride, activation: .identity) : nil
  }

  /// relu(f(x) + shortcut(x)).
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let shortcut = projection.map { $0(x) } ?? x
    var value = x
    for unit in units.dropLast() { value = unit(value) }
    return units[units.count - 1](value, adding: shortcut)
  }
}
