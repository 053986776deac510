import Foundation
import Myelin

/// Pictures with the boxes that are in each.
package struct DetectionBatch: ModelBatch {
  /// [N, H, W, C]
  package var inputs: Tensor
  /// In pixels of the picture.
  package var boxes: [[LabeledBox]]
}

/// A picture with the boxes that are in it.
package struct Scene: Sendable {
  package var picture: Picture
  package var boxes: [LabeledBox]
}

/// Pictures with boxes: the same ones in each epoch, or composed anew.
package struct DetectionSamples: Dataset, HashedContent {
  package let encoding: ImageEncoding
  package let scenes: [Scene]
  /// Makes the scenes of a batch while training, so many; nil takes those that are there.
  package var compose: (@Sendable (Int, RandomGenerator) -> [Scene])?
  /// Scenes of an epoch where they are composed.
  package var composedCount = 0
  /// What is done to the scenes while training.
  package var augmentation: SceneAugmentation?

  package var count: Int { compose == nil ? scenes.count : composedCount }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> DetectionBatch {
    encoded(rows.map { scenes[Int($0) % scenes.count] })
  }

  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> DetectionBatch {
    let random = place.random
    let chosen = compose.map { $0(rows.count, random) } ?? rows.map { scenes[Int($0)] }
    return encoded(augmentation.map { $0.apply(chosen, encoding, random) } ?? chosen)
  }

  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> DetectionBatch {
    rows.map(Int32.init).withUnsafeBufferPointer { batch($0, at: place) }
  }

  private func encoded(_ scenes: [Scene]) -> DetectionBatch {
    let size = encoding.shape.reduce(1, *)
    require(
      scenes.allSatisfy { $0.picture.bytes.count == size },
      "DetectionSamples: a picture that is not \(encoding.shape)")
    let pictures = PictureDataset(
      height: encoding.height, width: encoding.width, channels: encoding.channels,
      bytes: Array(scenes.map(\.picture.bytes).joined()), labels: [Int32](repeating: 0, count: scenes.count),
      mean: encoding.mean, deviation: encoding.deviation)
    return DetectionBatch(inputs: pictures.batch(0..<scenes.count).inputs, boxes: scenes.map(\.boxes))
  }

  func addContent(to hash: inout ContentHash) {
    for scene in scenes {
      hash.add(scene.picture.bytes)
      hash.add(Indices(scene.boxes.map { Int32($0.label) }))
      hash.add(Tensor(scene.boxes.flatMap { [$0.box.left, $0.box.top, $0.box.right, $0.box.bottom] }))
    }
  }

  /// Mean and deviation of each channel.
  static func encoding(of scenes: [Scene], classNames: [String]) -> ImageEncoding {
    let first = scenes[0].picture
    let all = PictureDataset(
      height: first.height, width: first.width, channels: first.channels, bytes: scenes.flatMap(\.picture.bytes),
      labels: [Int32](repeating: 0, count: scenes.count), mean: Array(repeating: 0, count: first.channels),
      deviation: Array(repeating: 1, count: first.channels))
    let statistics = all.statistics
    return ImageEncoding(
      height: first.height, width: first.width, channels: first.channels, mean: statistics.mean,
      deviation: statistics.deviation, classNames: classNames)
  }
}

extension ImageEncoding {
  /// What becomes of each byte of each channel, [256, C].
  var values: [Float] {
    let factors = deviation.map { 1 / $0 }
    return (0..<256).flatMap { byte -> [Float] in
      let share = Float(byte) * (1 / 255)
      return (0..<channels).map { (share - mean[$0]) * factors[$0] }
    }
  }
}

/// Changes of scenes that leave what is in them as it is; the boxes move with the pixels.
package struct SceneAugmentation: Sendable {
  /// Whether left and right are exchanged in half of them.
  package var flipsHorizontally = false
  /// Whether top and bottom are exchanged in half of them.
  package var flipsVertically = false
  /// They grow or shrink by factors up to this, each as likely by its logarithm.
  package var scale: Float = 1
  /// They move by at most this share of their height and width.
  package var shift: Float = 0
  /// Factor of all pixels, and of each channel on its own: 1 ± this.
  package var brightness: Float = 0
  package var tint: Float = 0
  /// A box of which less than this share of its area is left in the picture goes.
  package var leastShare: Float = 0.3

  package init(_ configure: (inout SceneAugmentation) -> Void) { configure(&self) }

  /// Where a place of the new picture comes from: x = a + b x′ for each axis.
  private struct Axis {
    var start: Float
    var step: Float

    func source(_ place: Float) -> Float { start + step * place }
    func target(_ place: Float) -> Float { (place - start) / step }
  }

  package func apply(_ scenes: [Scene], _ encoding: ImageEncoding, _ random: RandomGenerator) -> [Scene] {
    let draws = random.uniform([max(scenes.count, 1), 10]).scalars
    return scenes.enumerated().map { index, scene in
      let draw = Array(draws[10 * index..<10 * index + 10])
      let zoom = pow(scale, 2 * draw[0] - 1)
      func axis(_ size: Int, _ move: Float, _ flips: Bool) -> Axis {
        // About the middle.
        let middle = Float(size) / 2
        let step = (flips ? -1 : 1) / zoom
        return Axis(start: middle + (2 * move - 1) * shift * Float(size) - step * middle, step: step)
      }
      let horizontal = axis(scene.picture.width, draw[1], flipsHorizontally && draw[2] < 0.5)
      let vertical = axis(scene.picture.height, draw[3], flipsVertically && draw[4] < 0.5)
      let factors = (0..<3).map { (1 + brightness * (2 * draw[5] - 1)) * (1 + tint * (2 * draw[6 + $0] - 1)) }
      let picture = resampled(scene.picture, horizontal, vertical, factors, encoding)
      return Scene(
        picture: picture,
        boxes: scene.boxes.compactMap { moved($0, horizontal, vertical, picture.height, picture.width) })
    }
  }

  private func moved(_ old: LabeledBox, _ x: Axis, _ y: Axis, _ height: Int, _ width: Int) -> LabeledBox? {
    let sides = [x.target(old.box.left), x.target(old.box.right)]
    let ends = [y.target(old.box.top), y.target(old.box.bottom)]
    let whole = Box(left: sides.min()!, top: ends.min()!, right: sides.max()!, bottom: ends.max()!)
    let seen = Box(
      left: max(whole.left, 0), top: max(whole.top, 0), right: min(whole.right, Float(width)),
      bottom: min(whole.bottom, Float(height)))
    guard whole.area > 0, seen.area >= leastShare * whole.area else { return nil }
    return LabeledBox(seen, label: old.label)
  }

  /// Bilinear; beyond the edge is the mean colour, as in padded convolutions.
  private func resampled(
    _ picture: Picture, _ x: Axis, _ y: Axis, _ factors: [Float], _ encoding: ImageEncoding
  ) -> Picture {
    let (height, width, channels) = (picture.height, picture.width, picture.channels)
    let mean = encoding.mean.map { $0 * 255 }
    func taps(_ axis: Axis, _ size: Int) -> [(first: Int, share: Float)] {
      (0..<size).map { place in
        let source = axis.source(Float(place) + 0.5) - 0.5
        let first = source.rounded(.down)
        return (Int(first), source - first)
      }
    }
    let (columns, rows) = (taps(x, width), taps(y, height))
    let bytes = [UInt8](unsafeUninitializedCapacity: height * width * channels) { target, initialized in
      picture.bytes.withUnsafeBufferPointer { source in
        var place = 0
        for (top, down) in rows {
          for (left, right) in columns {
            let weights = ((1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right)
            let isInside = top >= 0 && left >= 0 && top + 1 < height && left + 1 < width
            let first = (top * width + left) * channels
            for channel in 0..<channels {
              // Of the four pixels around it.
              func value(_ row: Int, _ column: Int) -> Float {
                let isSeen = isInside || (row >= 0 && row < height && column >= 0 && column < width)
                return isSeen
                  ? Float(source[first + ((row - top) * width + column - left) * channels + channel]) : mean[channel]
              }
              let above = value(top, left) * weights.0 + value(top, left + 1) * weights.1
              let below = value(top + 1, left) * weights.2 + value(top + 1, left + 1) * weights.3
              target[place] = UInt8(max(0, min(255, ((above + below) * factors[channel]).rounded())))
              place += 1
            }
          }
        }
      }
      initialized = height * width * channels
    }
    return Picture(height: height, width: width, channels: channels, bytes: bytes)
  }
}
