import Myelin
import XCTest

final class InitializerTests: XCTestCase {
  private func moments(_ values: [Float]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    return (mean, values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count))
  }

  func testVariancesFollowTheirPapers() {
    RandomGenerator.shared.reset(seed: 3)
    let (fanIn, fanOut) = (200, 300)
    let expected: [(Initializer, Double, bound: Double?)] = [
      (.glorotUniform, 2.0 / 500, (6.0 / 500).squareRoot()), (.glorotNormal, 2.0 / 500, nil),
      (.heUniform, 2.0 / 200, (6.0 / 200).squareRoot()), (.heNormal, 2.0 / 200, nil),
      (.lecunUniform, 1.0 / 200, (3.0 / 200).squareRoot()), (.lecunNormal, 1.0 / 200, nil),
      // A normal cut at ±2 keeps 0.7737 of its variance: 1 − 4 φ(2) / (2 Φ(2) − 1).
      (.truncatedNormal(standardDeviation: 0.5), 0.25 * 0.77374, 1),
    ]
    for (index, (initializer, variance, bound)) in expected.enumerated() {
      let values = initializer.make([fanIn, fanOut], fanIn, fanOut, .shared).scalars
      let found = moments(values)
      // 60000 values: the variance's own deviation is below 0.6%, the mean's 0.41% of a deviation.
      XCTAssertEqual(found.variance / variance, 1, accuracy: 0.03, "\(index)")
      XCTAssertEqual(found.mean / variance.squareRoot(), 0, accuracy: 0.021, "\(index)")
      if let bound { XCTAssertTrue(values.allSatisfy { abs(Double($0)) <= bound * 1.000_001 }, "\(index)") }
    }
    XCTAssertEqual(Initializer.constant(3).make([2], 1, 1, .shared).scalars, [3, 3])
    XCTAssertEqual(Initializer.zeros.make([2], 1, 1, .shared).scalars, [0, 0])
  }

  func testOrthogonalHasOrthogonalColumnsOrRows() {
    for shape in [[5, 5], [40, 17], [17, 40], [3, 3, 4, 8], [1, 6], [6, 1]] as [Shape] {
      let weight = Initializer.orthogonal(gain: 2).make(shape, 1, 1, .shared)
      let columns = shape[shape.rank - 1]
      let matrix = weight.reshaped([-1, columns])
      let rows = matrix.shape[0]
      // The smaller of WᵀW and WWᵀ is gain² times the identity.
      let product = rows >= columns ? matmul(matrix.transposed(), matrix) : matmul(matrix, matrix.transposed())
      let size = min(rows, columns)
      let identity = (0..<size * size).map { Float($0 % (size + 1) == 0 ? 4 : 0) }
      assertClose(product.scalars, identity, tolerance: 2e-6, "\(shape)")
    }
  }

  func testDenseStartsFromItsInitializer() {
    let layer = Dense(6, 4, initializer: .orthogonal())
    assertClose(
      matmul(layer.weight.value.transposed(), layer.weight.value).scalars,
      (0..<16).map { $0 % 5 == 0 ? 1 : 0 }, tolerance: 1e-6)
    XCTAssertEqual(layer.bias!.value.scalars, [0, 0, 0, 0])
  }
}
