import Myelin
import XCTest

final class LossTests: XCTestCase {
  private let predictions = Parameter(Tensor([-3, 0.5, 2, 40, -50, 0], shape: [3, 2]))
  private let targets = Tensor([0, 1, 0.3, 1, 1, 0], shape: [3, 2])
  private let rowWeights = Tensor([1, 2, 0.5])

  // PyTorch 2:
  //   F = torch.nn.functional
  //   z = torch.tensor([[-3.0, 0.5], [2.0, 40.0], [-50.0, 0.0]], requires_grad=True)
  //   t = torch.tensor([[0.0, 1.0], [0.3, 1.0], [1.0, 0.0]])
  //   w = torch.tensor([[1.0, 1.0], [2.0, 2.0], [0.5, 0.5]])
  //   for l in (F.binary_cross_entropy_with_logits(z, t, reduction="none", pos_weight=torch.tensor(3.0)),
  //             F.mse_loss(z, t, reduction="none"), F.l1_loss(z, t, reduction="none"),
  //             F.huber_loss(z, t, reduction="none", delta=2.0)):
  //       z.grad = None; v = (w * l).sum() / w.sum(); v.backward(); print(v, z.grad)
  func testGoldenValuesAndGradients() {
    let cases: [(String, (Tensor, Tensor, Tensor) -> Tensor, Float, [Float])] = [
      (
        "binary cross entropy",
        { binaryCrossEntropyWithLogits($0, $1, positiveWeight: 3, sampleWeights: $2) },
        11.43194, [0.006775125, -0.1618032, 0.1455073, 0, -0.2142857, 0.03571429]
      ),
      (
        "squared", { meanSquaredError($0, $1, sampleWeights: $2) }, 622.5043,
        [-0.8571429, -0.1428571, 0.9714286, 22.28572, -7.285715, 0]
      ),
      (
        "absolute", { meanAbsoluteError($0, $1, sampleWeights: $2) }, 15.77143,
        [-0.1428571, -0.1428571, 0.2857143, 0.2857143, -0.07142857, 0]
      ),
      (
        "huber", { huberLoss($0, $1, delta: 2, sampleWeights: $2) }, 29.85929,
        [-0.2857143, -0.07142857, 0.4857143, 0.5714286, -0.1428571, 0]
      ),
    ]
    let elementWeights = Tensor([1, 1, 2, 2, 0.5, 0.5], shape: [3, 2])
    for (name, loss, value, gradient) in cases {
      for weights in [rowWeights, elementWeights] {
        predictions.gradient = nil
        let result = loss(predictions.value, targets, weights)
        XCTAssertEqual(result.shape, [])
        XCTAssertEqual(result.scalar, value, accuracy: value * 1e-6, name)
        result.backward()
        assertClose(predictions.gradient!.scalars, gradient, tolerance: 1e-6, name)
        XCTAssertEqual(withoutGradient { loss(predictions.value, targets, weights) }.scalar, result.scalar, name)
      }
    }
  }

  func testGradientsAgainstDifferences() {
    let x = Parameter(RandomGenerator(seed: 4).normal([7, 3]))
    let t = RandomGenerator(seed: 5).uniform([7, 3])
    let all: [(String, (Tensor, Tensor) -> Tensor)] = [
      ("binary cross entropy", { binaryCrossEntropyWithLogits($0, $1, positiveWeight: 2) }),
      ("squared", { meanSquaredError($0, $1) }), ("absolute", { meanAbsoluteError($0, $1) }),
      ("huber", { huberLoss($0, $1, delta: 0.5) }),
    ]
    for (name, loss) in all {
      let check = checkGradients(of: [x], step: 3e-3) { loss(x.value, t) }
      XCTAssertTrue(check.isWithin(1e-3), "\(name): \(check.worst)")
      let scaled = checkGradients(of: [x], step: 3e-3) { 3 * loss(x.value, t) }
      XCTAssertTrue(scaled.isWithin(3e-3), "3 \(name): \(scaled.worst)")
    }
  }

  func testLargeLogitsStayFinite() {
    let z = Tensor([1e4, -1e4, 88, -88])
    let t = Tensor([1, 0, 0, 1])
    XCTAssertEqual(binaryCrossEntropyWithLogits(z, t).scalar, 44, accuracy: 1e-4)
  }

  func testWeightsOfZeroGiveNoLoss() {
    let zero = Tensor(zeros: [3])
    predictions.gradient = nil
    let loss = meanSquaredError(predictions.value, targets, sampleWeights: zero)
    XCTAssertEqual(loss.scalar, 0)
    loss.backward()
    XCTAssertEqual(predictions.gradient!.scalars, [Float](repeating: 0, count: 6))
  }
}
