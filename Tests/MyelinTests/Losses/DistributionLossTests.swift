import XCTest

@testable import Myelin

final class DistributionLossTests: XCTestCase {
  /// scikit-learn: `mean_poisson_deviance(t, np.exp(z)) / 2`, `mean_pinball_loss`.
  func testPoissonIsHalfTheDeviance() {
    let z = Tensor([-1, 0.5, 2, 0], shape: [4, 1])
    let t = Tensor([0, 3, 5, 1], shape: [4, 1])
    // (e^-1 + (e^0.5 - 1.5 + 3 log 3 - 3) + (e^2 - 10 + 5 log 5 - 5) + 0) / 4
    let terms: [Double] = [
      exp(-1), exp(0.5) - 1.5 + 3 * log(3.0) - 3, exp(2.0) - 10 + 5 * log(5.0) - 5, 0,
    ]
    XCTAssertEqual(Double(poissonLoss(z, t).scalar), terms.reduce(0, +) / 4, accuracy: 1e-5)
    let weights = Tensor([1, 0, 3, 0])
    XCTAssertEqual(
      Double(poissonLoss(z, t, sampleWeights: weights).scalar), (terms[0] + 3 * terms[2]) / 4, accuracy: 1e-5)
    XCTAssertEqual(poissonLoss(z, t, sampleWeights: Tensor([0, 0, 0, 0])).scalar, 0)
    let input = Parameter(z)
    assertGradients("poissonLoss", [input]) { poissonLoss(input.value, t, sampleWeights: Tensor([1, 2, 0.5, 1])) }
  }

  func testQuantileLoss() {
    let z = Tensor([0, 1, 2, 3], shape: [2, 2])
    let t = Tensor([1, 2], shape: [2, 1])
    // q = 0.1: 0.1 * 1, 0 at 2; q = 0.9: 0 at 1, 0.1 * 1
    XCTAssertEqual(quantileLoss(z, t, levels: [0.1, 0.9]).scalar, (0.1 + 0 + 0 + 0.1) / 4, accuracy: 1e-6)
    let input = Parameter(Tensor([0, 1.5, 2.5, 3], shape: [2, 2]))
    assertGradients("quantileLoss", [input]) { quantileLoss(input.value, t, levels: [0.1, 0.9]) }
  }
}
