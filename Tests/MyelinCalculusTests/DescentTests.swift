import Foundation
import MyelinCalculus
import XCTest

final class DescentTests: XCTestCase {
  private func bowl(_ v: [Dual]) -> Dual { v[0] * v[0] + 10 * v[1] * v[1] }

  func testPlainStepsAreThoseOfTheFormula() {
    // On x², each step multiplies x by 1 − 2η.
    let path = gradientDescent(from: [1], learningRate: 0.1, steps: 5) { $0[0] * $0[0] }
    XCTAssertEqual(path.steps, 5)
    XCTAssertEqual(path.outcome, .stepLimit)
    for (index, point) in path.points.enumerated() {
      XCTAssertEqual(point[0], pow(0.8, index), accuracy: 1e-15)
      XCTAssertEqual(path.values[index], point[0] * point[0])
    }
  }

  func testLearningRateDecidesWhatBecomesOfIt() {
    // The steepest curvature is 20: beyond η = 2/20 the steps grow.
    XCTAssertEqual(gradientDescent(from: [3, 1], learningRate: 0.05, steps: 400, of: bowl).outcome, .converged)
    XCTAssertEqual(gradientDescent(from: [3, 1], learningRate: 0.001, steps: 400, of: bowl).outcome, .stepLimit)
    XCTAssertEqual(gradientDescent(from: [3, 1], learningRate: 0.11, steps: 4000, of: bowl).outcome, .diverged)
    XCTAssertEqual(gradientDescent(from: [0, 0], learningRate: 0.1, steps: 5, of: bowl).steps, 0)
    XCTAssertEqual(gradientDescent(from: [-1], learningRate: 0.1) { log($0[0]) }.outcome, .diverged)
    XCTAssertEqual(gradientDescent(from: [.nan], learningRate: 0.1) { $0[0] * $0[0] }.outcome, .diverged)
  }

  func testMomentumAndAdamByHand() {
    let momentum = gradientDescent(from: [1], learningRate: 0.1, rule: .momentum(0.5), steps: 2) { $0[0] * $0[0] }
    // v = 2, x = 0.8; v = 0.5·2 + 1.6 = 2.6, x = 0.54
    XCTAssertEqual(momentum.points[2][0], 0.54, accuracy: 1e-15)
    // The first step of Adam is η whatever the gradient's size.
    let adam = gradientDescent(from: [100], learningRate: 0.1, rule: .adam(), steps: 1) { $0[0] * $0[0] }
    XCTAssertEqual(adam.points[1][0], 99.9, accuracy: 1e-9)
    for rule in [DescentRule.momentum(), .adam()] {
      let path = gradientDescent(from: [3, 1], learningRate: 0.02, rule: rule, steps: 3000, tolerance: 1e-6, of: bowl)
      XCTAssertEqual(path.outcome, .converged, "\(rule)")
      XCTAssertLessThan(path.points.last?.magnitude ?? 1, 1e-6)
    }
  }

  func testChainIsTheNotesExample() {
    let chain = ScalarChain(weights: [0.8, -1.4], input: 1.5, target: 1)
    func σ(_ x: Double) -> Double { 1 / (1 + Foundation.exp(-x)) }
    let (z1, z2) = (1.2, -1.4 * σ(1.2))
    let forward = chain.forward()
    XCTAssertEqual(forward.sums[0], z1, accuracy: 1e-15)
    XCTAssertEqual(forward.outputs[2], σ(z2), accuracy: 1e-15)
    XCTAssertEqual(forward.error, (1 - σ(z2)) * (1 - σ(z2)), accuracy: 1e-15)
    let second = chain.factors(ofWeight: 2)
    XCTAssertEqual(second.map(\.name), ["∂E/∂a₂", "∂a₂/∂z₂", "∂z₂/∂w₂"])
    XCTAssertEqual(second.map(\.formula), ["−2(y − a₂)", "σ′(z₂)", "a₁"])
    let first = chain.factors(ofWeight: 1)
    XCTAssertEqual(first.map(\.name), ["∂E/∂a₂", "∂a₂/∂z₂", "∂z₂/∂a₁", "∂a₁/∂z₁", "∂z₁/∂w₁"])
    let byHand = -2 * (1 - σ(z2)) * σ(z2) * (1 - σ(z2)) * -1.4 * σ(z1) * (1 - σ(z1)) * 1.5
    XCTAssertEqual(first.map(\.value).reduce(1, *), byHand, accuracy: 1e-16)
  }

  func testChainGradientIsTheProductOfFactorsAndTheDualDerivative() {
    var generator = PointGenerator(seed: 3)
    for activation in [ScalarActivation.sigmoid, .tanh, .leakyReLU(slope: 0.1), .identity] {
      for depth in 1...6 {
        let chain = ScalarChain(
          weights: (0..<depth).map { _ in generator.next(in: -2...2) },
          biases: (0..<depth).map { _ in generator.next(in: -1...1) }, activation: activation,
          input: generator.next(in: -2...2), target: generator.next(in: 0...1))
        let gradient = chain.gradient()
        for layer in 1...depth {
          let product = chain.factors(ofWeight: layer).map(\.value).reduce(1, *)
          XCTAssertEqual(gradient.weights[layer - 1], product, accuracy: 1e-12 * max(1, abs(product)))
        }
        let dual = MyelinCalculus.gradient(at: Vector(chain.weights + chain.biases)) { v in
          var a = Dual(chain.input)
          for l in 0..<depth { a = activation(v[l] * a + v[depth + l]) }
          return (Dual(chain.target) - a) * (Dual(chain.target) - a)
        }
        for (mine, exact) in zip(gradient.weights + gradient.biases, dual.components) {
          XCTAssertEqual(mine, exact, accuracy: 1e-12 * max(1, abs(exact)))
        }
      }
    }
  }

  func testUpdatesLowerTheError() {
    var chain = ScalarChain(weights: [0.8, -1.4], input: 1.5, target: 1)
    var last = chain.forward().error
    for _ in 0..<100 {
      chain = chain.updated(learningRate: 0.5)
      XCTAssertLessThan(chain.forward().error, last)
      last = chain.forward().error
    }
    XCTAssertEqual(chain.biases, [0, 0])
  }
}

final class ScalarActivationTests: XCTestCase {
  func testValuesAndDerivatives() {
    XCTAssertEqual(ScalarActivation.step(0.0), 1)
    XCTAssertEqual(ScalarActivation.step(-0.1), 0)
    XCTAssertEqual(ScalarActivation.sigmoid(0.0), 0.5)
    XCTAssertEqual(ScalarActivation.sigmoid.derivative(at: 0), 0.25)
    XCTAssertEqual(ScalarActivation.tanh.derivative(at: 0), 1)
    XCTAssertEqual(ScalarActivation.relu(-3.0), 0)
    XCTAssertEqual(ScalarActivation.leakyReLU()(-3.0), -0.03)
    XCTAssertEqual(ScalarActivation.parametricReLU(slope: 0.25)(-4.0), -1)
    XCTAssertEqual(ScalarActivation.randomizedReLU()(-48.0), -11)
    XCTAssertEqual(Set(ScalarActivation.all.map(\.name)).count, 7)
  }

  func testSaturation() throws {
    // σ′ = 0.0025 where σ(1 − σ) = 0.0025.
    let sigmoid = ScalarActivation.sigmoid.saturation()
    let s = (1 - (1 - 4 * 0.0025).squareRoot()) / 2
    XCTAssertEqual(try XCTUnwrap(sigmoid.below), Foundation.log(s / (1 - s)), accuracy: 1e-9)
    XCTAssertEqual(try XCTUnwrap(sigmoid.above), -Foundation.log(s / (1 - s)), accuracy: 1e-9)
    XCTAssertEqual(try XCTUnwrap(ScalarActivation.relu.saturation().below), 0, accuracy: 1e-9)
    XCTAssertNil(ScalarActivation.relu.saturation().above)
    XCTAssertNil(ScalarActivation.leakyReLU().saturation().below)
    XCTAssertEqual(ScalarActivation.step.saturation().below, 0)
  }

  func testSoftmax() {
    var generator = PointGenerator(seed: 4)
    for _ in 0..<1000 {
      let x = (0..<5).map { _ in generator.next(in: -700...700) }
      let p = softmax(x)
      XCTAssertEqual(p.reduce(0, +), 1, accuracy: 1e-14)
      let (a, b) = (generator.next(in: -9...9), generator.next(in: -9...9))
      XCTAssertEqual(softmax([a, b])[0], sigmoid(a - b), accuracy: 1e-15)
    }
    XCTAssertEqual(softmax([Double]()), [])
    // ∂pᵢ/∂xⱼ = pᵢ (δᵢⱼ − pⱼ)
    let x: Vector = [0.2, -1, 1.5]
    let p = softmax(x.components)
    let j = jacobian(at: x) { softmax($0) }
    for i in 0..<3 {
      for k in 0..<3 { XCTAssertEqual(j[i][k], p[i] * ((i == k ? 1 : 0) - p[k]), accuracy: 1e-15) }
    }
  }
}
