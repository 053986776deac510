import Foundation
import Myelin
import XCTest

final class SampledLossTests: XCTestCase {
  private let queries: [[Double]] = [[0.5, -1], [1, 0.25], [-0.75, 0.5]]
  private let things: [[Double]] = [[1, 0], [0.5, -0.5], [-1, 2], [0, 1], [0.25, 0.75]]
  private let bias: [Double] = [0.1, -0.2, 0, 0.3, 0.5]
  private let labels: [Int32] = [1, 0, 3]
  private let weights: [Float] = [4, 1, 2, 1, 8]

  private func tensor(_ rows: [[Double]]) -> Tensor {
    Tensor(rows.joined().map { Float($0) }, shape: Shape(rows.count, rows[0].count))
  }

  private func score(_ row: Int, _ thing: Int) -> Double {
    zip(queries[row], things[thing]).reduce(bias[thing]) { $0 + $1.0 * $1.1 }
  }

  func testDrawsByProbabilityAndSeed() {
    let sampler = NegativeSampler(weights: [4, 0, 1, 0], power: 0.5)
    let drawn = sampler.draw(30_000, RandomGenerator(seed: 1)).values
    XCTAssertEqual(Set(drawn), [0, 2])
    XCTAssertEqual(Double(drawn.count { $0 == 0 }) / 30_000, 2.0 / 3, accuracy: 0.01)
    XCTAssertEqual(drawn, sampler.draw(30_000, RandomGenerator(seed: 1)).values)
    XCTAssertNotEqual(drawn, sampler.draw(30_000, RandomGenerator(seed: 2)).values)
    let uniform = NegativeSampler(count: 3).draw(30_000, RandomGenerator(seed: 3)).values
    for thing in 0..<3 { XCTAssertEqual(Double(uniform.count { $0 == thing }) / 30_000, 1.0 / 3, accuracy: 0.01) }
  }

  /// The formula in Double over what the same seed draws, the row's own label left out.
  func testSampledSoftmaxByItsFormula() {
    let sampler = NegativeSampler(weights: weights)
    let raised = weights.map { pow(Double($0), 0.75) }
    let q = raised.map { $0 / raised.reduce(0, +) }
    let drawn = sampler.draw(6, RandomGenerator(seed: 9)).values
    XCTAssertTrue(drawn.contains { labels.contains($0) }, "the case has a label among those that are drawn")
    var expected = 0.0
    for (row, label) in labels.enumerated() {
      let own = score(row, Int(label))
      let others = drawn.filter { $0 != label }.reduce(0.0) { $0 + exp(score(row, Int($1))) / (6 * q[Int($1)]) }
      expected += log(exp(own) + others) - own
    }
    let loss = sampledSoftmaxLoss(
      tensor(queries), tensor(things), Indices(labels), bias: Tensor(bias.map { Float($0) }), sampler: sampler,
      negatives: 6, generator: RandomGenerator(seed: 9))
    XCTAssertEqual(Double(loss.scalars[0]), expected / 3, accuracy: 1e-5)
  }

  /// With many draws it comes near the loss over all things.
  func testSampledSoftmaxComesNearTheWholeOne() {
    let random = RandomGenerator(seed: 4)
    let (queries, things) = (random.normal([16, 8]), random.normal([400, 8], standardDeviation: 0.3))
    let labels = Indices((0..<16).map { Int32(25 * $0) })
    let whole = softmaxCrossEntropy(matmul(queries, things.transposed()), labels).scalars[0]
    let sampled = sampledSoftmaxLoss(
      queries, things, labels, sampler: NegativeSampler(count: 400), negatives: 40_000, generator: random)
    XCTAssertEqual(sampled.scalars[0], whole, accuracy: 0.02)
  }

  func testNegativeSamplingByItsFormula() {
    let sampler = NegativeSampler(weights: weights)
    let drawn = sampler.draw(12, RandomGenerator(seed: 5)).values
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    var expected = 0.0
    for (row, label) in labels.enumerated() {
      expected -= log(sigmoid(score(row, Int(label))))
      for other in drawn[4 * row..<4 * row + 4] where other != label {
        expected -= log(sigmoid(-score(row, Int(other))))
      }
    }
    let loss = negativeSamplingLoss(
      tensor(queries), tensor(things), Indices(labels), bias: Tensor(bias.map { Float($0) }), sampler: sampler,
      negatives: 4, generator: RandomGenerator(seed: 5))
    XCTAssertEqual(Double(loss.scalars[0]), expected / 3, accuracy: 1e-5)
  }

  /// Both give gradients to the rows that were looked at, as numerical ones, and to no other.
  func testGradients() {
    let sampler = NegativeSampler(weights: [1, 1, 1, 0, 1], power: 1)
    let picked = Indices([1, 0, 2])
    let losses: [(Tensor, Tensor) -> Tensor] = [
      {
        sampledSoftmaxLoss($0, $1, picked, sampler: sampler, negatives: 3, generator: RandomGenerator(seed: 7))
      },
      {
        negativeSamplingLoss($0, $1, picked, sampler: sampler, negatives: 2, generator: RandomGenerator(seed: 7))
      },
    ]
    for loss in losses {
      let (a, b) = (Parameter(tensor(queries)), Parameter(tensor(things)))
      loss(a.value, b.value).backward()
      for (parameter, isFirst) in [(a, true), (b, false)] {
        let gradient = parameter.gradient!.scalars
        let values = parameter.value.scalars
        for index in values.indices {
          let h: Float = 1e-2
          let ends = [h, -h].map { shift -> Float in
            var moved = values
            moved[index] += shift
            let changed = Tensor(moved, shape: parameter.shape)
            return withoutGradient {
              isFirst ? loss(changed, b.value.detached) : loss(a.value.detached, changed)
            }.scalars[0]
          }
          XCTAssertEqual(gradient[index], (ends[0] - ends[1]) / (2 * h), accuracy: 2e-3)
        }
      }
      XCTAssertEqual(Array(b.gradient!.scalars[6..<8]), [0, 0], "the third is never drawn")
    }
  }
}
