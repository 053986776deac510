import Foundation
import Myelin

/// Tests of the same kind: an example of each of some classes, and as many items, each of which is one of these classes.
package struct EpisodeBatch: ModelBatch {
  /// [episodes · 2 · ways, H, W, C]: of each episode first the examples, then the items.
  package var inputs: Tensor
  /// [episodes · ways]: which example of its episode shows what the item does.
  package var answers: Indices
  package var ways: Int
}

/// Episodes: drawn by chance from classes while training, or given.
package struct EpisodeSamples: Dataset, HashedContent {
  /// An episode by the rows of its drawings.
  package struct Episode: Sendable {
    package var examples: [Int]
    package var items: [Int]
    package var answers: [Int32]
  }

  package let drawings: PictureDataset
  /// Those that are judged.
  package let episodes: [Episode]
  /// What training draws from; nil takes the episodes that are there.
  package var drawing: EpisodeDrawing?

  package var count: Int { episodes.count }
  package var ways: Int { episodes[0].items.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> EpisodeBatch {
    let chosen = rows.map { episodes[Int($0)] }
    let inputs = drawings.batch(chosen.flatMap { $0.examples + $0.items }).inputs
    return EpisodeBatch(inputs: inputs, answers: Indices(chosen.flatMap(\.answers)), ways: ways)
  }

  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> EpisodeBatch {
    drawing.map { $0.batch(rows.count, ways: ways, from: drawings, place.random) } ?? batch(rows)
  }

  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> EpisodeBatch {
    rows.map(Int32.init).withUnsafeBufferPointer { batch($0, at: place) }
  }

  func addContent(to hash: inout ContentHash) {
    hash.add(drawings.bytes)
    for episode in episodes {
      hash.add(Indices(episode.examples + episode.items))
      hash.add(Indices(episode.answers))
    }
  }
}

/// Draws episodes as a one-shot test has them: characters of one alphabet, each by the same two people. Turned and
/// mirrored alphabets are further alphabets; each drawing is bent a little.
package struct EpisodeDrawing: Sendable {
  /// Rows of drawings: [alphabet][character][drawer].
  package let alphabets: [[[Int]]]
  /// What becomes of a byte.
  package let values: [Float]
  package var distortion: Distortion

  /// - Parameter ways: characters of an episode; an alphabet with fewer is filled up with characters of others.
  func batch(
    _ count: Int, ways: Int, from drawings: PictureDataset, _ random: RandomGenerator
  ) -> EpisodeBatch {
    let (height, width) = (drawings.height, drawings.width)
    let size = height * width
    var views: [(row: Int, map: Distortion.Map)] = []
    // Alphabets in eight positions; none twice in a batch, whose other characters are all counted as others.
    for position in random.permutation(8 * alphabets.count).prefix(count) {
      let alphabet = alphabets[Int(position) / 8]
      let (turns, isMirrored) = (Int(position) % 4, Int(position) % 8 >= 4)
      var characters = random.permutation(alphabet.count).prefix(ways).map { alphabet[Int($0)] }
      let draws = random.uniform([ways, 2]).scalars
      for place in 0..<ways - characters.count {
        let other = alphabets[Int(draws[2 * place] * Float(alphabets.count))]
        characters.append(other[Int(draws[2 * place + 1] * Float(other.count))])
      }
      for drawer in random.permutation(characters[0].count).prefix(2) {
        for character in characters {
          let map = distortion.map(height, width, turns: turns, isMirrored: isMirrored, random)
          views.append((character[Int(drawer)], map))
        }
      }
    }
    let inputs = Tensor(shape: [views.count, height, width, 1]) { target in
      drawings.bytes.withUnsafeBufferPointer { bytes in
        for (place, (row, map)) in views.enumerated() {
          map.apply(
            UnsafeBufferPointer(rebasing: bytes[row * size..<(row + 1) * size]), values, height, width,
            UnsafeMutableBufferPointer(rebasing: target[place * size..<(place + 1) * size]))
        }
      }
    }
    let answers = (0..<count).flatMap { _ in (0..<Int32(ways)) }
    return EpisodeBatch(inputs: inputs, answers: Indices(answers), ways: ways)
  }
}

/// Small changes of a drawing's form by chance: turned, stretched, slanted, moved, and bent.
package struct Distortion: Sendable {
  /// Degrees.
  package var turn: Float = 8
  /// Each way, by factors up to this.
  package var stretch: Float = 1.2
  /// Of one axis along the other, at most.
  package var slant: Float = 0.2
  /// Pixels.
  package var move: Float = 2.5
  /// Pixels by which points of a coarse grid go astray, in the mean.
  package var bend: Float = 0.7

  package init() {}

  static let nodes = 5

  /// Where each pixel comes from.
  struct Map {
    /// x = a₀ + a₁ x′ + a₂ y′, y likewise.
    var x: (Float, Float, Float)
    var y: (Float, Float, Float)
    /// [nodes, nodes, 2]: further pixels to go.
    var bends: [Float]
  }

  func map(_ height: Int, _ width: Int, turns: Int, isMirrored: Bool, _ random: RandomGenerator) -> Map {
    let draws = random.uniform([6], low: -1).scalars
    let angle = turn * .pi / 180 * draws[0] + Float(turns) * .pi / 2
    let (across, along) = (pow(stretch, draws[1]), pow(stretch, draws[2]))
    let slanted = slant * draws[3]
    let mirror: Float = isMirrored ? -1 : 1
    // Slanted, stretched, mirrored, turned, about the middle.
    let (c, s) = (cos(angle), sin(angle))
    let a = [c * across * mirror, (c * slanted - s) * along, s * across * mirror, (s * slanted + c) * along]
    let (mx, my) = (Float(width - 1) / 2, Float(height - 1) / 2)
    return Map(
      x: (mx + move * draws[4] - a[0] * mx - a[1] * my, a[0], a[1]),
      y: (my + move * draws[5] - a[2] * mx - a[3] * my, a[2], a[3]),
      bends: bend == 0 ? [] : random.normal([Distortion.nodes, Distortion.nodes, 2], standardDeviation: bend).scalars)
  }
}

extension Distortion.Map {
  /// Bilinear; beyond the edge is paper.
  func apply(
    _ source: UnsafeBufferPointer<UInt8>, _ values: [Float], _ height: Int, _ width: Int,
    _ target: UnsafeMutableBufferPointer<Float>
  ) {
    let paper = values[0]
    let last = Distortion.nodes - 1
    values.withUnsafeBufferPointer { values in
      bends.withUnsafeBufferPointer { bends in
        func value(_ row: Int, _ column: Int) -> Float {
          guard row >= 0, row < height, column >= 0, column < width else { return paper }
          return values[Int(source[row * width + column])]
        }
        for row in 0..<height {
          let v = Float(row) * Float(last) / Float(height - 1)
          let i = min(Int(v), last - 1)
          let fv = v - Float(i)
          for column in 0..<width {
            var (px, py) = (
              x.0 + x.1 * Float(column) + x.2 * Float(row), y.0 + y.1 * Float(column) + y.2 * Float(row)
            )
            if !bends.isEmpty {
              let u = Float(column) * Float(last) / Float(width - 1)
              let j = min(Int(u), last - 1)
              let fu = u - Float(j)
              let at = (i * Distortion.nodes + j) * 2
              let below = at + Distortion.nodes * 2
              px +=
                (bends[at] * (1 - fu) + bends[at + 2] * fu) * (1 - fv)
                + (bends[below] * (1 - fu) + bends[below + 2] * fu) * fv
              py +=
                (bends[at + 1] * (1 - fu) + bends[at + 3] * fu) * (1 - fv)
                + (bends[below + 1] * (1 - fu) + bends[below + 3] * fu) * fv
            }
            let (fx, fy) = (px.rounded(.down), py.rounded(.down))
            let (left, top) = (Int(fx), Int(fy))
            let (right, down) = (px - fx, py - fy)
            target[row * width + column] =
              (value(top, left) * (1 - right) + value(top, left + 1) * right) * (1 - down)
              + (value(top + 1, left) * (1 - right) + value(top + 1, left + 1) * right) * down
          }
        }
      }
    }
  }
}
