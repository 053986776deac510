import Foundation
import Myelin
import MyelinCalculus
import XCTest

/// Two ways to differentiate that share no code: dual numbers forward in 64 bits, the tape backward in 32.
final class TapeAgreementTests: XCTestCase {
  private func assertAgree(
    _ name: String, _ range: ClosedRange<Double>, tape: (Tensor) -> Tensor, dual: (Dual) -> Dual, line: UInt = #line
  ) {
    var generator = PointGenerator(seed: 7)
    let points = (0..<10_000).map { _ in Float(generator.next(in: range)) }
    let x = Parameter(Tensor(points))
    tape(x.value).sum().backward()
    guard let gradient = x.gradient?.scalars else {
      XCTFail("no gradient of \(name)", line: line)
      return
    }
    for (point, slope) in zip(points, gradient) {
      let exact = derivative(at: Double(point), of: dual)
      XCTAssertEqual(Double(slope), exact, accuracy: 4e-6 * max(1, abs(exact)), "\(name)′ at \(point)", line: line)
    }
  }

  func testDerivativesAtTenThousandPoints() {
    assertAgree("(x⁴ + 2) cos x", -2...2) { x in
      (x.squared().squared() + 2) * cos(x)
    } dual: { x in
      (pow(x, 4) + 2) * cos(x)
    }
    assertAgree("σ", -9...9, tape: { sigmoid($0) }, dual: { sigmoid($0) })
    assertAgree("tanh", -6...6, tape: { tanh($0) }, dual: { tanh($0) })
    assertAgree("exp", -3...2, tape: { exp($0) }, dual: { exp($0) })
    assertAgree("log", 0.5...9, tape: { log($0) }, dual: { log($0) })
    assertAgree("√", 0.5...9, tape: { sqrt($0) }, dual: { sqrt($0) })
    assertAgree("ReLU", -3...3, tape: { relu($0) }, dual: { relu($0) })
    assertAgree("leaky ReLU", -3...3, tape: { leakyReLU($0, slope: 0.25) }, dual: { leakyReLU($0, slope: 0.25) })
    assertAgree("σ(x) tanh(x) / (1 + x²)", -3...3) { x in
      sigmoid(x) * tanh(x) / (1 + x.squared())
    } dual: { x in
      sigmoid(x) * tanh(x) / (1 + x * x)
    }
  }

  func testChainTableEqualsTheTapeAndTheDifference() throws {
    var generator = PointGenerator(seed: 8)
    for depth in 1...5 {
      for _ in 0..<20 {
        let chain = ScalarChain(
          weights: (0..<depth).map { _ in generator.next(in: -2...2) }, input: generator.next(in: -2...2),
          target: generator.next(in: 0...1))
        let weights = chain.weights.map { Parameter(Tensor(Float($0))) }
        var a = Tensor(Float(chain.input))
        for weight in weights { a = sigmoid(weight.value * a) }
        (Tensor(Float(chain.target)) - a).squared().backward()
        for layer in 1...depth {
          let product = chain.factors(ofWeight: layer).map(\.value).reduce(1, *)
          let tape = try XCTUnwrap(weights[layer - 1].gradient).scalar
          XCTAssertEqual(Double(tape), product, accuracy: 2e-6)
          var (above, below) = (chain, chain)
          above.weights[layer - 1] += 1e-5
          below.weights[layer - 1] -= 1e-5
          XCTAssertEqual((above.forward().error - below.forward().error) / 2e-5, product, accuracy: 1e-9)
        }
      }
    }
  }
}
