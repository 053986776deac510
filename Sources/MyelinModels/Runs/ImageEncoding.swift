import Foundation
import Myelin

/// How pictures become a network's inputs: one size, values of 0…1, channels last, standardised by channel.
public struct ImageEncoding: Codable, Equatable, Sendable {
  /// Pixels from top to bottom.
  public var height: Int
  /// Pixels from left to right.
  public var width: Int
  /// 1 for grey, 3 for colour.
  public var channels: Int
  /// Of each channel over the training pictures, taken off; of values 0…1.
  public var mean: [Float]
  /// Of each channel, divided by.
  public var deviation: [Float]
  /// What the labels 0, 1, … stand for.
  public var classNames: [String]

  /// An encoding. Without mean and deviation, values stay in 0…1.
  public init(
    height: Int, width: Int, channels: Int, mean: [Float]? = nil, deviation: [Float]? = nil, classNames: [String]
  ) {
    self.height = height
    self.width = width
    self.channels = channels
    self.mean = mean ?? Array(repeating: 0, count: channels)
    self.deviation = deviation ?? Array(repeating: 1, count: channels)
    self.classNames = classNames
  }

  /// Shape of one picture: [height, width, channels].
  public var shape: [Int] { [height, width, channels] }

  /// Whether it can have been fitted on pictures; one read from a file may be anything.
  var isConsistent: Bool {
    (1...1 << 16).contains(height) && (1...1 << 16).contains(width) && (1...4).contains(channels)
      && mean.count == channels && deviation.count == channels && mean.allSatisfy(\.isFinite)
      && deviation.allSatisfy { $0 > 0 && $0.isFinite } && Set(classNames).count == classNames.count
  }

  /// Pixels [N, H, W, C] of 0…1, standardised.
  public func encode(_ pixels: Tensor) -> Tensor {
    if mean.allSatisfy({ $0 == 0 }), deviation.allSatisfy({ $0 == 1 }) { return pixels }
    return (pixels - Tensor(mean)) * Tensor(deviation.map { 1 / $0 })
  }

  /// The byte of a channel that a standardised value comes from.
  func byte(_ value: Float, channel: Int) -> UInt8 {
    UInt8(clamping: Int(((value * deviation[channel] + mean[channel]) * 255).rounded().clamped(to: 0...255)))
  }

  /// A picture of standardised values [H, W, C]. Other numbers of channels than 1 and 3 are shown by their first one.
  func picture(_ values: some Collection<Float>) -> Picture {
    let all = values.enumerated().map { byte($1, channel: $0 % channels) }
    let shown = channels == 1 || channels == 3 ? channels : 1
    return Picture(
      height: height, width: width, channels: shown,
      bytes: shown == channels ? all : stride(from: 0, to: all.count, by: channels).map { all[$0] })
  }

  /// The pictures of an IDX, NPY or NPZ file: [N, H, W], or [N, H, W, C]. Bytes are 0…255, floating-point numbers 0…1.
  func inputs(array path: String) throws -> Tensor {
    let images = try PictureArray(contentsOf: path)
    let sizes = images.array.shape
    guard Array(sizes.dropFirst()) + (sizes.count == 3 ? [1] : []) == shape else {
      throw DataError(
        path, "images",
        expected: "an array of shape [N, \(height), \(width)\(channels == 1 ? "" : ", \(channels)")]",
        found: "shape \(sizes)")
    }
    return encode(try images.tensor().reshaped([sizes[0]] + shape))
  }
}

extension Float {
  fileprivate func clamped(to range: ClosedRange<Float>) -> Float { max(range.lowerBound, min(range.upperBound, self)) }
}
