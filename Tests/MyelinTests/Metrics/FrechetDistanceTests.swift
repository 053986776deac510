import Foundation

@testable import Myelin
import XCTest

final class FrechetDistanceTests: XCTestCase {
  /// The formula of Tests/golden/frechet.py.
  private func values(_ rows: Int, _ columns: Int, _ step: Int) -> [Double] {
    (0..<rows * columns).map { index -> Double in
      let residue = (index * step * 7919 + 104729) % 10007
      return Double(residue) / 5003.5 - 1
    }
  }

  private func tensor(_ values: [Double], _ columns: Int) -> Tensor {
    Tensor(values.map(Float.init), shape: [values.count / columns, columns])
  }

  func testAgainstSciPy() {
    let first = values(40, 6, 1)
    let (squares, others) = (values(25, 6, 3), values(25, 6, 2))
    let second = squares.indices.map { squares[$0] * squares[$0] + 0.5 * others[$0 / 6 * 6 + 5 - $0 % 6] }
    let (a, b) = (FeatureMoments(tensor(first, 6)), FeatureMoments(tensor(second, 6)))
    XCTAssertEqual(a.frechetDistance(to: b), 1.5769866521597575, accuracy: 1e-6)
    XCTAssertEqual(b.frechetDistance(to: a), 1.5769866521597575, accuracy: 1e-6)
    let eigenvalues = SymmetricEigenvalues(a.covariance, order: 6).values.sorted()
    let expected: [Double] = [
      0, 0.022763921542793792, 0.16254731401632566, 0.29211268742708796, 0.6559593828550881, 0.8527108376332482,
    ]
    for (found, expected) in zip(eigenvalues, expected) { XCTAssertEqual(found, expected, accuracy: 1e-7) }
  }

  /// Of independent features: Σ (μ₁ − μ₂)² + (σ₁ − σ₂)².
  func testClosedForms() {
    // Columns of ±1 that are orthogonal: covariances are diagonal.
    func features(_ means: [Double], _ deviations: [Double]) -> FeatureMoments {
      var values: [Double] = []
      for row in 0..<8 {
        for column in 0..<3 {
          let sign: Double = row & (1 << column) == 0 ? 1 : -1
          values.append(means[column] + deviations[column] * sign)
        }
      }
      return FeatureMoments(tensor(values, 3))
    }
    let a = features([0, 1, -2], [1, 2, 0.5])
    let b = features([1, 1, -4], [3, 2, 0])
    XCTAssertEqual(a.mean, [0, 1, -2])
    XCTAssertEqual(a.covariance[4], 32.0 / 7, accuracy: 1e-12)
    XCTAssertEqual(a.frechetDistance(to: b), 5 + 34.0 / 7, accuracy: 1e-9)
    XCTAssertEqual(a.frechetDistance(to: a), 0, accuracy: 1e-9)
    let moved = FeatureMoments(tensor(values(30, 5, 4).map { $0 + 0.5 }, 5))
    XCTAssertEqual(FeatureMoments(tensor(values(30, 5, 4), 5)).frechetDistance(to: moved), 5 * 0.25, accuracy: 1e-5)
    // Fewer vectors than features: the covariance has no inverse.
    let few = FeatureMoments(tensor(values(3, 20, 1), 20))
    XCTAssertEqual(few.frechetDistance(to: few), 0, accuracy: 1e-6)
  }

  /// A v = λ v by way of A = Σ λ v vᵀ, and the square root's square.
  func testEigenvaluesPutTheMatrixTogetherAgain() {
    for order in [1, 2, 3, 5, 17, 64] {
      let entries = values(order, order, 3)
      var matrix = [Double](repeating: 0, count: order * order)
      for i in 0..<order {
        for j in 0..<order {
          for k in 0..<order { matrix[i * order + j] += entries[i * order + k] * entries[j * order + k] }
        }
      }
      let found = SymmetricEigenvalues(matrix, order: order, wantsVectors: true)
      let trace = (0..<order).reduce(0) { $0 + matrix[$1 * (order + 1)] }
      XCTAssertEqual(found.values.reduce(0, +), trace, accuracy: 1e-12 * Double(order) * trace)
      XCTAssertEqual(found.values.sorted(), SymmetricEigenvalues(matrix, order: order).values.sorted())
      let root = found.squareRoot
      for i in 0..<order {
        for j in 0..<order {
          var sum = 0.0
          for k in 0..<order { sum += root[i * order + k] * root[k * order + j] }
          XCTAssertEqual(sum, matrix[i * order + j], accuracy: 1e-11 * trace, "order \(order)")
          XCTAssertEqual(root[i * order + j], root[j * order + i], accuracy: 1e-12 * trace)
        }
      }
    }
  }

  func testEigenvaluesOfSpecialMatrices() {
    XCTAssertEqual(SymmetricEigenvalues([0, 0, 0, 0], order: 2).values, [0, 0])
    XCTAssertEqual(SymmetricEigenvalues([3, 0, 0, 0, -1, 0, 0, 0, 3], order: 3).values.sorted(), [-1, 3, 3])
    let ones = SymmetricEigenvalues([Double](repeating: 1, count: 25), order: 5).values.sorted()
    for (found, expected) in zip(ones, [0, 0, 0, 0, 5] as [Double]) { XCTAssertEqual(found, expected, accuracy: 1e-12) }
    // Eigenvalues 2 − 2 cos(k π / 7).
    var chain = [Double](repeating: 0, count: 36)
    for i in 0..<6 {
      chain[i * 7] = 2
      if i > 0 { (chain[i * 6 + i - 1], chain[(i - 1) * 6 + i]) = (-1, -1) }
    }
    for (index, found) in SymmetricEigenvalues(chain, order: 6).values.sorted().enumerated() {
      XCTAssertEqual(found, 2 - 2 * Foundation.cos(Double(index + 1) * Double.pi / 7), accuracy: 1e-13)
    }
  }
}
