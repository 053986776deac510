import Myelin
import XCTest

/// Losses of detection and embeddings against PyTorch (Tests/golden/losses.py), and boxes.
final class PictureLossTests: XCTestCase {
  private func check(
    _ name: String, _ parameter: Parameter, _ loss: Float, _ gradient: [Float], line: UInt = #line,
    _ function: () -> Tensor
  ) {
    parameter.gradient = nil
    let found = function()
    assertClose([found.scalar], [loss], tolerance: 2e-6, name, line: line)
    found.backward()
    assertClose(parameter.gradient!.scalars, gradient, tolerance: 2e-6, name, line: line)
  }

  func testFocalLoss() {
    let z = Parameter(Tensor([2, -1, 0.5, -30, 30]))
    let targets = Tensor([1, 0, 0, 1, 1])
    check("focal", z, 1.560101, [-0.000243547, 0.007887169, 0.07892277, -0.05, 0]) { focalLoss(z.value, targets) }
    check("focal without alpha", z, 6.105456, [-0.002361513, 0.0170842, 0.1153182, -0.2, 0]) {
      focalLoss(z.value, targets, gamma: 1.5, alpha: nil)
    }
    XCTAssertEqual(
      focalLoss(z.value, targets, gamma: 0, alpha: nil).scalar, binaryCrossEntropyWithLogits(z.value, targets).scalar,
      accuracy: 1e-5)
  }

  func testSmoothL1Loss() {
    let x = Parameter(Tensor([0.25, -3, 1]))
    check("smooth l1", x, 1.284167, [0.1666667, -0.3333333, 0.1333333]) {
      smoothL1Loss(x.value, Tensor([0, 1, 0.8]), beta: 0.5)
    }
  }

  func testTripletAndInfoNCE() {
    let a = Parameter(Tensor([1, 2, 0.5, -1, 3, 0], shape: [3, 2]))
    let b = Tensor([1.5, 1, 0, -1, -3, 1], shape: [3, 2])
    let c = Tensor([0, 2.5, 4, 4, 3, 0.5], shape: [3, 2])
    check("triplet", a, 2.327588, [-0.4472134, 0.4472134, 0, 0, 0.3287973, 0.2785337]) {
      tripletLoss(a.value, b, c, margin: 0.7)
    }
    check("infoNCE", a, 2.977429, [-0.006323863, 0.003161931, 0.01160146, 0.00580073, 0, 0.1191986]) {
      infoNCELoss(a.value, b, temperature: 0.2)
    }
  }

  func testBoxOverlapLoss() {
    let boxes = Parameter(Tensor([0, 0, 2, 2, 0, 0, 1, 1, 1, 1, 4, 3], shape: [3, 4]))
    let truth = Tensor([1, 1, 3, 3, 2, 0.5, 3, 1.25, 1.5, 0.5, 3.5, 2.5], shape: [3, 4])
    check(
      "generalized overlap", boxes, 1.083598,
      [
        -0.02595112, -0.02595112, -0.07785336, -0.07785336, 0.03703704, -0.03555556, -0.08888889, -0.08888889,
        -0.05563114, 0.1192744, 0.05563114, 0.0523356,
      ]
    ) { boxOverlapLoss(boxes.value, truth) }
    let same = Tensor([0, 0, 2, 2], shape: [1, 4])
    XCTAssertEqual(boxOverlapLoss(same, same, generalized: false).scalar, 0, accuracy: 1e-6)
    let point = Tensor([1, 1, 1, 1], shape: [1, 4])
    XCTAssertTrue(boxOverlapLoss(point, point).scalar.isFinite)
  }

  func testBoxesOverlap() {
    let a = Box(left: 0, top: 0, right: 2, bottom: 2)
    XCTAssertEqual(a.overlap(with: a), 1)
    XCTAssertEqual(a.overlap(with: Box(left: 1, top: 1, right: 3, bottom: 3)), 1 / 7, accuracy: 1e-7)
    XCTAssertEqual(a.overlap(with: Box(left: 2, top: 0, right: 3, bottom: 2)), 0)
    let empty = Box(left: 3, top: 0, right: 1, bottom: 2)
    XCTAssertEqual(empty.area, 0)
    XCTAssertEqual(empty.overlap(with: empty), 0)
  }

  func testNonMaximumSuppression() {
    let boxes = [
      Box(left: 0, top: 0, right: 10, bottom: 10), Box(left: 1, top: 1, right: 10, bottom: 10),
      Box(left: 20, top: 20, right: 30, bottom: 30), Box(left: 0, top: 0, right: 10, bottom: 9),
      Box(left: 0, top: 0, right: 1, bottom: 1),
    ]
    let scores: [Float] = [0.5, 0.9, 0.3, 0.9, .nan]
    XCTAssertEqual(nonMaximumSuppression(boxes, scores: scores), [1, 2])
    XCTAssertEqual(nonMaximumSuppression(boxes, scores: scores, threshold: 1), [1, 3, 0, 2])
    XCTAssertEqual(nonMaximumSuppression(boxes, scores: scores, classes: [0, 1, 0, 0, 0]), [1, 3, 2])
    XCTAssertEqual(nonMaximumSuppression(boxes, scores: scores, limit: 1), [1])
    XCTAssertEqual(nonMaximumSuppression([], scores: []), [])
  }
}
