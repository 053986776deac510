import Myelin

/// Scenes that are composed by chance from pictures of Fashion-MNIST: garments of several sizes and shades, which may cover
/// each other in part, on an uneven ground with strokes, scraps of garments and noise. No photographs.
public struct FashionScenes: Sendable {
  /// Rows and columns of a scene.
  public static let side = 64
  /// Garments of a scene.
  static let garmentCounts = 1...4
  /// Pixels of the square that a garment's 28×28 become.
  static let sides = 20...34
  /// What two boxes may share, of the smaller one.
  static let mostCovered: Float = 0.25

  /// The pictures that are pasted: 28×28, grey.
  private let garments: [Picture]
  private let labels: [Int]

  /// - Parameter garments: pictures [N, H, W, 1] of 0…1 with labels, as ``FashionMNIST`` has them.
  public init(_ garments: TensorDataset) {
    let (height, width) = (garments.inputs.shape[1], garments.inputs.shape[2])
    let size = height * width
    self.garments = garments.inputs.withUnsafeBufferPointer { values in
      (0..<garments.count).map { row in
        Picture(
          height: height, width: width, channels: 1,
          bytes: values[row * size..<(row + 1) * size].map { UInt8(($0 * 255).rounded()) })
      }
    }
    labels = garments.labels?.values.map(Int.init) ?? []
    require(labels.count == self.garments.count, "FashionScenes: \(labels.count) labels of \(garments.count) garments")
  }

  /// So many scenes; what is in them follows from the generator's state alone.
  package func scenes(_ count: Int, _ random: RandomGenerator) -> [Scene] {
    (0..<count).map { _ in
      var canvas = Canvas(Draws(random.uniform([320]).scalars))
      canvas.drawGround(scraps: garments)
      var boxes: [LabeledBox] = []
      for _ in 0..<canvas.draws.number(in: FashionScenes.garmentCounts) {
        let index = canvas.draws.number(in: 0...garments.count - 1)
        if let box = canvas.paste(garments[index], beside: boxes.map(\.box)) {
          boxes.append(LabeledBox(box, label: labels[index]))
        }
      }
      canvas.addNoise(random)
      return Scene(picture: canvas.picture, boxes: boxes)
    }
  }
}

/// Uniform numbers, one after another.
private struct Draws {
  private let values: [Float]
  private var next = 0

  init(_ values: [Float]) { self.values = values }

  /// 0 ..< 1. After the last comes the first again.
  mutating func share() -> Float {
    defer { next = (next + 1) % values.count }
    return values[next]
  }

  mutating func number(in range: ClosedRange<Int>) -> Int {
    min(range.lowerBound + Int(share() * Float(range.count)), range.upperBound)
  }
}

private struct Canvas {
  private static let side = FashionScenes.side
  var draws: Draws
  /// 0 … 255.
  private var values = [Float](repeating: 0, count: side * side)

  init(_ draws: Draws) { self.draws = draws }

  var picture: Picture {
    Picture(
      height: Canvas.side, width: Canvas.side, channels: 1,
      bytes: values.map { UInt8(max(0, min(255, $0.rounded()))) })
  }

  /// A slope of grey, strokes, and scraps of garments.
  mutating func drawGround(scraps: [Picture]) {
    let side = Canvas.side
    let (level, right, down) = (60 * draws.share(), 60 * draws.share() - 30, 60 * draws.share() - 30)
    let places = Tensor((0..<side).map { Float($0) / Float(side) })
    values = (places.reshaped([side, 1]) * down + places.reshaped([1, side]) * right + level).scalars
    for _ in 0..<draws.number(in: 2...5) {
      let (long, thin) = (draws.number(in: 6...30), draws.number(in: 1...3))
      let (height, width) = draws.share() < 0.5 ? (long, thin) : (thin, long)
      let (top, left) = (draws.number(in: 0...side - height), draws.number(in: 0...side - width))
      let shade = 255 * draws.share()
      for y in top..<top + height {
        for x in left..<left + width { values[y * side + x] = shade }
      }
    }
    for _ in 0..<draws.number(in: 1...3) {
      let picture = scraps[draws.number(in: 0...scraps.count - 1)]
      let size = draws.number(in: 4...8)
      let scrap = picture.cropped(
        y: draws.number(in: 4...picture.height - size - 4), x: draws.number(in: 4...picture.width - size - 4),
        height: size, width: size)
      draw(scrap, top: draws.number(in: 0...side - size), left: draws.number(in: 0...side - size), shade: 1)
    }
  }

  /// A garment in a size, shade and place of chance, mirrored or not; nil where there is no room.
  mutating func paste(_ garment: Picture, beside boxes: [Box]) -> Box? {
    let size = draws.number(in: FashionScenes.sides)
    var picture = garment.resized(height: size, width: size)
    if draws.share() < 0.5 { picture = picture.mirrored }
    let shade = 0.6 + 0.4 * draws.share()
    guard let inside = picture.inkBox else { return nil }
    for _ in 0..<10 {
      let (top, left) = (draws.number(in: 0...Canvas.side - size), draws.number(in: 0...Canvas.side - size))
      let box = Box(
        left: inside.left + Float(left), top: inside.top + Float(top), right: inside.right + Float(left),
        bottom: inside.bottom + Float(top))
      let isFree = boxes.allSatisfy { other in
        let common = Box(
          left: max(box.left, other.left), top: max(box.top, other.top), right: min(box.right, other.right),
          bottom: min(box.bottom, other.bottom)
        ).area
        return common <= FashionScenes.mostCovered * min(box.area, other.area)
      }
      guard isFree else { continue }
      draw(picture, top: top, left: left, shade: shade)
      return box
    }
    return nil
  }

  /// What is dark in the picture lets the ground through.
  private mutating func draw(_ picture: Picture, top: Int, left: Int, shade: Float) {
    picture.bytes.withUnsafeBufferPointer { bytes in
      values.withUnsafeMutableBufferPointer { values in
        for y in 0..<picture.height {
          for x in 0..<picture.width {
            let value = Float(bytes[y * picture.width + x])
            let cover = min(1, value / 40)
            let place = (top + y) * Canvas.side + left + x
            values[place] = values[place] * (1 - cover) + value * shade * cover
          }
        }
      }
    }
  }

  mutating func addNoise(_ random: RandomGenerator) {
    values = (Tensor(values) + random.normal([values.count]) * (12 * draws.share())).scalars
  }
}

extension Picture {
  /// Left and right exchanged, of a grey picture.
  fileprivate var mirrored: Picture {
    let rows = stride(from: 0, to: bytes.count, by: width).flatMap { bytes[$0..<$0 + width].reversed() }
    return Picture(height: height, width: width, channels: 1, bytes: rows)
  }

  /// The least box around what covers at least half of the ground; nil where that is less than four pixels either way.
  fileprivate var inkBox: Box? {
    let rows = (0..<height).filter { y in bytes[y * width..<(y + 1) * width].contains { $0 >= 20 } }
    let columns = (0..<width).filter { x in (0..<height).contains { bytes[$0 * width + x] >= 20 } }
    guard let top = rows.first, let bottom = rows.last, let left = columns.first, let right = columns.last,
      bottom - top >= 3, right - left >= 3
    else { return nil }
    return Box(left: Float(left), top: Float(top), right: Float(right + 1), bottom: Float(bottom + 1))
  }
}
