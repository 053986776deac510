import XCTest

@testable import Myelin

final class EnsembleLayerTests: XCTestCase {
  func testEachMemberIsADenseLayer() {
    let x = RandomGenerator(seed: 1).normal([3, 5, 4])
    for activation in [Activation.identity, .relu, .silu] {
      let layer = BatchedDense(members: 3, 4, 6, activation: activation, generator: RandomGenerator(seed: 2))
      layer.bias.value = RandomGenerator(seed: 3).normal([3, 6])
      let y = layer(x)
      XCTAssertEqual(y.shape, [3, 5, 6])
      let shared = layer(x.sliced(1..<2))
      for member in 0..<3 {
        func own(_ tensor: Tensor) -> Tensor {
          tensor.detached.sliced(member..<member + 1).squeezed(axis: 0)
        }
        let weight = own(layer.weight.value)
        let bias = own(layer.bias.value)
        XCTAssertEqual(own(y).scalars, dense(own(x), weight, bias, activation).scalars)
        XCTAssertEqual(
          own(shared).scalars, dense(x.sliced(1..<2).squeezed(axis: 0), weight, bias, activation).scalars)
      }
      let input = Parameter(x)
      assertGradients("\(layer)", [input] + layer.parameters) { layer(input.value) }
      assertGradients("\(layer), shared rows", layer.parameters) { layer(x.sliced(0..<1)) }
    }
  }

  /// Two binned columns beside three numbers.
  private func rows(members: Int, _ count: Int) -> (x: Tensor, bins: ThermometerBins) {
    let bins = ThermometerBins(counts: [4, 2], means: [0.9, 0.7, 0.5, 0.1, 0.6, 0.25], scales: [0.75])
    let numbers = RandomGenerator(seed: 4).normal([members * count, 3])
    let generator = RandomGenerator(seed: 5)
    // Positions at both ends and on edges too.
    let first = generator.uniform([members * count, 1], low: -0.5, high: 4.5).clipped(to: 0...4)
    let second = Tensor((0..<members * count).map { Float($0 % 5) / 2 }, shape: [members * count, 1])
    return (Tensor.concatenated([numbers, first, second], axis: 1).reshaped([members, count, 5]), bins)
  }

  func testBinsAreThoseOfTheFormula() {
    let (x, bins) = rows(members: 2, 7)
    for activation in [Activation.identity, .relu, .silu] {
      let layer = PiecewiseLinearDense(
        members: 2, 3, bins: bins, 5, activation: activation, generator: RandomGenerator(seed: 6))
      layer.bias.value = RandomGenerator(seed: 7).normal([2, 5])
      let y = layer(x)
      for member in 0..<2 {
        for row in 0..<7 {
          let values = x.scalars[(member * 7 + row) * 5..<(member * 7 + row + 1) * 5].map(Double.init)
          var inputs = Array(values[..<3])
          var weights = (0..<3).map { input in (0..<5).map { layer.weight.value.scalars[(member * 3 + input) * 5 + $0] }
          }
          var bin = 0
          for (column, count) in bins.counts.enumerated() {
            for i in 0..<count {
              inputs.append(0.75 * (min(max(values[3 + column] - Double(i), 0), 1) - Double(bins.means[bin])))
              weights.append((0..<5).map { layer.binWeight.value.scalars[(member * 6 + bin) * 5 + $0] })
              bin += 1
            }
          }
          for output in 0..<5 {
            let z =
              zip(inputs, weights).reduce(Double(layer.bias.value.scalars[member * 5 + output])) {
                $0 + $1.0 * Double($1.1[output])
              }
            let expected = activation(Tensor(Float(z))).scalar
            XCTAssertEqual(y.scalars[(member * 7 + row) * 5 + output], expected, accuracy: 2e-6)
          }
        }
      }
      assertGradients("\(layer)", layer.parameters) { layer(x) }
      assertGradients("\(layer), shared rows", layer.parameters) { layer(x.sliced(0..<1)) }
    }
  }
}
