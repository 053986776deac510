import Foundation
import Myelin

/// A one-stage detector: residual stages that halve the picture, a way back up that adds what is fine to what is seen from
/// afar (Lin et al. 2017), and for each cell of a grid the logit of each class and the distances to the sides of a box
/// around its centre (Tian et al. 2019).
///
/// x [N, H, W, C] gives [N, rows, columns, classes + 4]; the last four are logarithms of distances to the left, top, right
/// and bottom side, in strides of the grid.
public final class Detector: StoredNetwork {
  /// All that makes it.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = Detector
    /// How a model's file names it.
    public static let kind = "detector"

    /// Of the pictures.
    public var picture: PictureSize
    /// Channels of each stage, each of which halves height and width.
    public var widths: [Int]
    /// Residual blocks of each stage after the first.
    public var blocks: Int
    /// The stage whose cells the answers are for, from 0: cells of 2^(level + 1) pixels.
    public var level: Int
    /// Classes.
    public var classCount: Int

    /// Settings; they are checked when the network is made.
    public init(picture: PictureSize, widths: [Int], blocks: Int = 1, level: Int, classCount: Int) {
      self.picture = picture
      self.widths = widths
      self.blocks = blocks
      self.level = level
      self.classCount = classCount
    }

    /// Rows and columns of a stage.
    func grid(ofStage stage: Int) -> (rows: Int, columns: Int) {
      (0...stage).reduce((picture.height, picture.width)) { size, _ in ((size.0 + 1) / 2, (size.1 + 1) / 2) }
    }

    /// Pixels from a cell's centre to the next.
    var stride: Int { 1 << (level + 1) }
    /// Rows and columns of cells.
    var grid: (rows: Int, columns: Int) { grid(ofStage: level) }

    public var inputCount: Int { picture.count }
    public var outputCount: Int { grid.rows * grid.columns * (classCount + 4) }

    public var size: NetworkSize {
      var count = NetworkSizeCount(height: picture.height, width: picture.width, channels: picture.channels)
      func unit(_ outputs: Int, _ kernel: Int, _ stride: Int) {
        count.convolution(
          outputs, ConvolutionGeometry(kernel: kernel, stride: stride, padding: .all((kernel - 1) / 2)), bias: false)
        count.batchNorm()
      }
      unit(widths[0], 3, 2)
      func head(_ count: inout NetworkSizeCount) {
        count.convolution(widths[level], ConvolutionGeometry(kernel: 3, padding: 1), bias: false)
        count.batchNorm()
        count.branch { $0.convolution(classCount, ConvolutionGeometry(kernel: 1), bias: true) }
        count.convolution(4, ConvolutionGeometry(kernel: 1), bias: true)
      }
      if level == 0 { count.branch(head) }
      for (stage, width) in widths.enumerated().dropFirst() {
        for block in 0..<blocks {
          if block == 0 {
            count.branch {
              $0.convolution(width, ConvolutionGeometry(kernel: 1, stride: 2), bias: false)
              $0.batchNorm()
            }
          }
          unit(width, 3, block == 0 ? 2 : 1)
          unit(width, 3, 1)
        }
        if stage > level {
          count.branch {
            $0.convolution(widths[stage - 1], ConvolutionGeometry(kernel: 1), bias: false)
            $0.batchNorm()
          }
        }
        if stage == level { count.branch(head) }
      }
      return count.size("detector of \(widths) channels for pictures of \(picture)")
    }

    public var isConsistent: Bool {
      picture.isConsistent && (1...8).contains(widths.count) && widths.allSatisfy((1...1 << 12).contains)
        && (1...100).contains(blocks) && widths.indices.contains(level) && (1...1 << 16).contains(classCount)
    }
  }

  /// What it was made of.
  public let configuration: Configuration
  /// The first convolution.
  public let stem: ConvolutionUnit
  /// The blocks of each stage after the first.
  public let stages: [[ResidualBlock]]
  /// From each stage above the answers' own to the channels of the one below, where it is added.
  public let ways: [ConvolutionUnit]
  /// What both answers are made of.
  public let head: ConvolutionUnit
  /// Logits of the classes.
  public let classes: Conv2D
  /// Logarithms of the distances.
  public let distances: Conv2D

  /// Precondition: a width for each stage, and a level among them.
  public init(_ configuration: Configuration) {
    require(
      configuration.isConsistent,
      "Detector: level \(configuration.level) of \(configuration.widths) channels for \(configuration.picture)")
    self.configuration = configuration
    let widths = configuration.widths
    stem = ConvolutionUnit(configuration.picture.channels, widths[0], kernel: 3, stride: 2)
    stages = zip(widths, widths.dropFirst()).map { inputs, width in
      (0..<configuration.blocks).map { block in
        ResidualBlock(
          .init(inputs: block == 0 ? inputs : width, width: width, outputs: width, stride: block == 0 ? 2 : 1), .basic)
      }
    }
    ways = (configuration.level..<widths.count - 1).map {
      ConvolutionUnit(widths[$0 + 1], widths[$0], kernel: 1, activation: .identity)
    }
    let width = widths[configuration.level]
    head = ConvolutionUnit(width, width, kernel: 3)
    classes = Conv2D(width, configuration.classCount, kernel: 1, initializer: .truncatedNormal(standardDeviation: 0.01))
    distances = Conv2D(width, 4, kernel: 1, initializer: .truncatedNormal(standardDeviation: 0.01))
    // Each class is first found with a probability of 0.01: else the many empty cells outweigh all else (Lin et al. 2017).
    classes.bias?.value = Tensor(repeating: Float(-log(99.0)), shape: [configuration.classCount])
  }

  /// x [N, H, W, C] to [N, rows, columns, classes + 4].
  public func callAsFunction(_ x: Tensor) -> Tensor {
    var values = [stem(x)]
    for stage in stages { values.append(stage.reduce(values[values.count - 1]) { $1($0) }) }
    var top = values[values.count - 1]
    for (way, fine) in zip(ways, values[configuration.level..<values.count - 1]).reversed() {
      top = fine + way(top).resized(height: fine.shape[1], width: fine.shape[2])
    }
    let seen = head(top)
    return .concatenated([classes(seen), distances(seen)], axis: 3)
  }
}
