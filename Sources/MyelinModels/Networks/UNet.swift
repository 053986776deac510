import Myelin

/// A U-net (Ronneberger et al. 2015) from picture to picture, of residual blocks with group norm and SiLU as Ho et al. (2020)
/// have them: levels of half the height and width each, down and up again, where each level on the way up also sees what it
/// was on the way down.
///
/// x [N, H, W, C] gives [N, H, W, outputs]. With a condition [N, features] each block is told it: a time, a class.
///
/// ```swift
/// let network = UNet(.init(picture: PictureSize(64, 64, 3), outputChannels: 1, widths: [32, 64, 128], blocks: [1, 1, 2]))
/// ```
public final class UNet: StoredNetwork {
  /// How a level becomes the next smaller one.
  public enum Downsampling: String, Codable, Hashable, Sendable, CaseIterable {
    /// By a 3×3 convolution of stride 2.
    case stride
    /// By the mean of 2×2 pixels, then a 1×1 convolution.
    case pooling
  }

  /// How a block is told a condition.
  public enum Conditioning: String, Codable, Hashable, Sendable, CaseIterable {
    /// Added to its channels.
    case added
    /// As a factor and a summand of its normalised channels (Perez et al. 2018).
    case scaleShift = "scale-shift"
  }

  /// All that makes it.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = UNet
    /// How a model's file names it.
    public static let kind = "unet"

    /// Of the pictures. Precondition: the patch divides its sides.
    public var picture: PictureSize
    /// Channels of the result.
    public var outputChannels: Int
    /// Channels of each level, from the largest pictures to the smallest.
    public var widths: [Int]
    /// Blocks of each level, down and again up; of the last level, where the way turns, once.
    public var blocks: [Int]
    /// Pixels of the picture to a pixel of the first level, each way: with 2 all convolutions but the first see a quarter
    /// of the pixels.
    public var patch: Int
    /// How a level becomes the next smaller one.
    public var downsampling: Downsampling
    /// Numbers of the condition; 0 for a network without one.
    public var conditionSize: Int
    /// How blocks are told the condition.
    public var conditioning: Conditioning
    /// Groups of channels that are normalised together. Precondition: it divides all widths.
    public var groups: Int
    /// Probability of dropping a value before the last convolution of a block.
    public var dropout: Float

    /// Settings; they are checked when the network is made.
    public init(
      picture: PictureSize, outputChannels: Int, widths: [Int], blocks: [Int], patch: Int = 1,
      downsampling: Downsampling = .stride, conditionSize: Int = 0, conditioning: Conditioning = .added,
      groups: Int = 8, dropout: Float = 0
    ) {
      self.picture = picture
      self.outputChannels = outputChannels
      self.widths = widths
      self.blocks = blocks
      self.patch = patch
      self.downsampling = downsampling
      self.conditionSize = conditionSize
      self.conditioning = conditioning
      self.groups = groups
      self.dropout = dropout
    }

    public var inputCount: Int { picture.count }
    public var outputCount: Int { picture.height * picture.width * outputChannels }

    public var isConsistent: Bool {
      picture.isConsistent && (1...1 << 12).contains(outputChannels) && (1...10).contains(widths.count)
        && blocks.count == widths.count && blocks.allSatisfy((1...100).contains)
        && (1...1 << 12).contains(groups) && widths.allSatisfy { (1...1 << 12).contains($0) && $0 % groups == 0 }
        && (1...64).contains(patch) && picture.height % patch == 0 && picture.width % patch == 0
        && (min(picture.height, picture.width) / patch) >> (widths.count - 1) >= 1
        && (0...1 << 14).contains(conditionSize) && (0..<1).contains(dropout)
    }

    public var size: NetworkSize {
      var count = NetworkSizeCount(height: picture.height, width: picture.width, channels: picture.channels)
      func block(_ outputs: Int) {
        let inputs = count.channels
        if inputs != outputs {
          count.branch { $0.convolution(outputs, ConvolutionGeometry(kernel: 1), bias: true) }
        }
        count.groupNorm()
        count.convolution(outputs, three, bias: true)
        if conditionSize > 0 {
          count.vector(conditionSize, conditioning == .added ? outputs : 2 * outputs)
        }
        count.groupNorm()
        count.convolution(outputs, three, bias: true)
      }
      let three = ConvolutionGeometry(kernel: 3, padding: 1)
      count.convolution(
        widths[0], ConvolutionGeometry(kernel: patch + 2, stride: patch, padding: 1), bias: true)
      var skips: [(height: Int, width: Int, channels: Int)] = []
      for (level, width) in widths.enumerated() {
        if level > 0 {
          skips.append((count.height, count.width, count.channels))
          switch downsampling {
          case .stride: count.convolution(width, ConvolutionGeometry(kernel: 3, stride: 2, padding: 1), bias: true)
          case .pooling:
            count.pool(2)
            count.convolution(width, ConvolutionGeometry(kernel: 1), bias: true)
          }
        }
        for _ in 0..<blocks[level] { block(width) }
      }
      for level in widths.indices.dropLast().reversed() {
        let skip = skips[level]
        count.resize(height: skip.height, width: skip.width)
        count.convolution(widths[level], three, bias: true)
        count.append(skip.channels)
        for _ in 0..<blocks[level] { block(widths[level]) }
      }
      count.groupNorm()
      count.convolution(outputChannels * patch * patch, three, bias: true)
      return count.size(
        "U-net of \(widths) channels in \(blocks) blocks for pictures of \(picture)")
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// From the picture to the channels of the first level.
  public let stem: Conv2D
  /// The way down, level by level; the last is where it turns.
  public let encoder: [Level]
  /// The way up, from the smallest pictures to the largest.
  public let decoder: [Level]
  /// Normalises what the last convolution gets.
  public let norm: GroupNorm
  /// To the channels of the result; it starts at 0.
  public let head: Conv2D

  /// The blocks of one level, and the way to it from the level before.
  public final class Level: Module {
    /// From the level before, down or up; nil for the first.
    public let entry: Conv2D?
    /// One after another.
    public let blocks: [Block]
    private let pool: AveragePool2D?

    /// Down from the level before.
    fileprivate init(down inputs: Int?, _ width: Int, blocks: Int, _ configuration: Configuration) {
      switch configuration.downsampling {
      case .stride:
        pool = nil
        entry = inputs.map { Conv2D($0, width, kernel: 3, stride: 2, padding: 1) }
      case .pooling:
        pool = inputs.map { _ in AveragePool2D(2) }
        entry = inputs.map { Conv2D($0, width, kernel: 1) }
      }
      self.blocks = (0..<blocks).map { _ in Block(width, width, configuration) }
    }

    /// Up from the smaller level, with what the same level was on the way down beside it.
    fileprivate init(up inputs: Int, _ width: Int, blocks: Int, _ configuration: Configuration) {
      pool = nil
      entry = Conv2D(inputs, width, kernel: 3, padding: 1)
      self.blocks = (0..<blocks).map { Block($0 == 0 ? 2 * width : width, width, configuration) }
    }

    /// On the way down.
    public func callAsFunction(_ x: Tensor) -> Tensor { self(x, nil) }

    fileprivate func callAsFunction(_ x: Tensor, _ condition: Tensor?) -> Tensor {
      let pooled = pool.map { $0(x) } ?? x
      return through(entry.map { $0(pooled) } ?? pooled, condition)
    }

    fileprivate func callAsFunction(_ x: Tensor, beside skip: Tensor, _ condition: Tensor?) -> Tensor {
      let larger = entry!(x.resized(height: skip.shape[1], width: skip.shape[2]))
      return through(.concatenated([larger, skip], axis: 3), condition)
    }

    private func through(_ x: Tensor, _ condition: Tensor?) -> Tensor {
      blocks.reduce(x) { value, block in block(value, condition) }
    }
  }

  /// x + conv(silu(norm(conv(silu(norm(x)))))), the condition being told between the two convolutions; a 1×1 convolution of
  /// x where the channels change. It starts as x itself.
  public final class Block: Module {
    /// Before the first convolution.
    public let firstNorm: GroupNorm
    /// The first convolution.
    public let first: Conv2D
    /// The condition as channels; nil for a network without one.
    public let condition: Dense?
    /// Before the second convolution.
    public let secondNorm: GroupNorm
    /// The second convolution, which starts at 0.
    public let second: Conv2D
    /// Of x, where the channels change.
    public let shortcut: Conv2D?
    private let conditioning: Conditioning
    private let dropout: Dropout?

    fileprivate init(_ inputs: Int, _ outputs: Int, _ configuration: Configuration) {
      let size = configuration.conditionSize
      conditioning = configuration.conditioning
      let scales = size > 0 && conditioning == .scaleShift
      firstNorm = GroupNorm(groups: configuration.groups, inputs, activation: .silu)
      first = Conv2D(inputs, outputs, kernel: 3, padding: 1, initializer: .heNormal)
      condition = size > 0 ? Dense(size, scales ? 2 * outputs : outputs) : nil
      secondNorm = GroupNorm(groups: configuration.groups, outputs, activation: scales ? .identity : .silu)
      dropout = configuration.dropout > 0 ? Dropout(configuration.dropout) : nil
      second = Conv2D(outputs, outputs, kernel: 3, padding: 1, initializer: .zeros)
      shortcut = inputs == outputs ? nil : Conv2D(inputs, outputs, kernel: 1)
    }

    /// Without a condition.
    public func callAsFunction(_ x: Tensor) -> Tensor { self(x, nil) }

    fileprivate func callAsFunction(_ x: Tensor, _ given: Tensor?) -> Tensor {
      var value = first(firstNorm(x))
      if let condition, let given {
        let told = condition(given).reshaped([x.shape[0], 1, 1, condition.outputs])
        switch conditioning {
        case .added: value = secondNorm(value + told)
        case .scaleShift:
          let width = condition.outputs / 2
          let scale = told.sliced(0..<width, axis: 3) + 1
          value = silu(secondNorm(value) * scale + told.sliced(width..<2 * width, axis: 3))
        }
      } else {
        value = secondNorm(value)
      }
      if let dropout { value = dropout(value) }
      return second(value, adding: shortcut.map { $0(x) } ?? x)
    }
  }

  /// Precondition: as many blocks as levels, widths that the groups divide, and pictures that can be halved so often.
  public init(_ configuration: Configuration) {
    require(
      configuration.isConsistent,
      "UNet: \(configuration.blocks) blocks of \(configuration.widths) channels in \(configuration.groups) groups for "
        + "pictures of \(configuration.picture) in patches of \(configuration.patch)")
    self.configuration = configuration
    let (widths, blocks) = (configuration.widths, configuration.blocks)
    stem = Conv2D(
      configuration.picture.channels, widths[0], kernel: configuration.patch + 2, stride: configuration.patch,
      padding: 1)
    encoder = widths.indices.map {
      Level(down: $0 == 0 ? nil : widths[$0 - 1], widths[$0], blocks: blocks[$0], configuration)
    }
    decoder = widths.indices.dropLast().reversed().map {
      Level(up: widths[$0 + 1], widths[$0], blocks: blocks[$0], configuration)
    }
    norm = GroupNorm(groups: configuration.groups, widths[0], activation: .silu)
    head = Conv2D(
      widths[0], configuration.outputChannels * configuration.patch * configuration.patch, kernel: 3, padding: 1,
      initializer: .zeros)
  }

  /// x [N, H, W, C] to [N, H, W, outputs]. Precondition: the network takes no condition.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, condition: nil) }

  /// x [N, H, W, C] to [N, H, W, outputs], told a condition [N, features].
  ///
  /// Precondition: there is one exactly where the network takes one, of its size.
  public func callAsFunction(_ x: Tensor, condition: Tensor?) -> Tensor {
    let size = configuration.conditionSize
    require(
      condition.map { $0.shape == [x.shape[0], size] } ?? (size == 0),
      "UNet: a condition of shape \(condition?.shape.description ?? "none") for pictures \(x.shape), not of \(size) numbers"
    )
    var value = stem(x)
    var skips: [Tensor] = []
    for (index, level) in encoder.enumerated() {
      value = level(value, condition)
      if index < encoder.count - 1 { skips.append(value) }
    }
    for level in decoder { value = level(value, beside: skips.removeLast(), condition) }
    return head(norm(value)).pixelShuffled(configuration.patch)
  }
}
