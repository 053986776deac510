import Foundation
import MyelinCalculus
import XCTest

final class CriticalPointTests: XCTestCase {
  private typealias Kind = CriticalPoint.Kind

  private func assert(
    _ points: [CriticalPoint], _ expected: [(position: Vector, kind: CriticalPoint.Kind)], _ name: String,
    accuracy: Double = 1e-7, line: UInt = #line
  ) {
    XCTAssertEqual(points.map(\.kind), expected.map(\.kind), "\(name): \(points.map(\.position))", line: line)
    for (point, want) in zip(points, expected) {
      XCTAssertLessThanOrEqual(
        (point.position - want.position).magnitude, accuracy, "\(name) at \(point.position)", line: line)
    }
  }

  func testOneVariable() {
    assert(criticalPoints(in: -3...3) { $0 * $0 }, [([0], .minimum)], "x²")
    assert(criticalPoints(in: -3...2.5) { 5 - $0 * $0 }, [([0], .maximum)], "5 − x²")
    assert(
      criticalPoints(in: -3...3.3) { pow($0, 3) - 3 * $0 }, [([-1], .maximum), ([1], .minimum)], "x³ − 3x",
      accuracy: 1e-14)
    assert(criticalPoints(in: -3...3) { pow($0, 3) }, [([0], .undecided)], "x³")
    assert(criticalPoints(in: -3...3.1) { pow($0, 3) }, [([0], .undecided)], "x³ off the grid", accuracy: 1e-6)
    assert(criticalPoints(in: -3...3.1) { pow($0, 4) }, [([0], .undecided)], "x⁴ off the grid", accuracy: 1e-4)
    assert(criticalPoints(in: -3...3) { -pow($0, 4) }, [([0], .undecided)], "−x⁴")
    assert(criticalPoints(in: 0...10) { 3 * $0 + 1 }, [], "a line")
    assert(criticalPoints(in: -3...3) { exp($0) }, [], "eˣ")
    assert(criticalPoints(in: -1...1.5) { 1 / $0 }, [], "1/x has a pole")
    assert(criticalPoints(in: -2...1) { log($0) - $0 }, [([1], .maximum)], "log x − x where it exists")
    assert(
      criticalPoints(in: 0...20) { sin($0) },
      (0..<6).map { ([.pi / 2 + .pi * Double($0)], $0.isMultiple(of: 2) ? .maximum : .minimum) }, "sin", accuracy: 1e-14
    )
    assert(criticalPoints(in: 0...1) { _ in 7 }, [], "a constant has no isolated one")
  }

  func testScaleElsewhereDoesNotMatter() {
    assert(criticalPoints(in: -30...30) { exp($0) - $0 }, [([0], .minimum)], "eˣ − x", accuracy: 1e-14)
    assert(criticalPoints(in: -25...25) { cosh($0) }, [([0], .minimum)], "cosh", accuracy: 1e-14)
    assert(
      criticalPoints(in: -24...25.5) { -cosh($0 - 1.3) }, [([1.3], .maximum)], "−cosh off the grid", accuracy: 1e-14)
    assert(criticalPoints(in: -1...1.3) { 1e-12 * $0 * $0 + pow($0, 4) }, [([0], .minimum)], "10⁻¹² x² + x⁴")
    assert(criticalPoints(in: -1e6...1e6) { 1e12 * $0 * $0 }, [([0], .minimum)], "10¹² x²")
    // f′ = eˣ + 1.2 − cos x comes near zero without reaching it, far below the slopes at the end.
    assert(criticalPoints(in: -30...30) { exp($0) + 1.2 * $0 - sin($0) }, [], "dips of f′ that are no zeros")
    assert(
      criticalPoints(in: -1...1.7) { 1 / ($0 * $0) + exp(20 * $0) }, [([0.159875], .minimum)], "a minimum and a pole",
      accuracy: 1e-6)
  }

  func testDegeneratePointsStayUndecidedWhereverTheyLie() {
    // Written out, so that rounding blurs the place of the zero.
    func power<S: CalculusScalar>(_ x: S, _ a: Double, _ n: Int) -> S {
      var (sum, binomial) = (S(0), 1.0)
      for k in 0...n {
        sum = sum + S(binomial * Foundation.pow(-a, Double(k))) * pow(x, n - k)
        binomial *= Double(n - k) / Double(k + 1)
      }
      return sum
    }
    for a in [0.3, -1.1, 0.7071] {
      for n in 3...5 {
        let name = "(x − \(a))^\(n)"
        assert(criticalPoints(in: -3...3.1) { pow($0 - a, n) }, [([a], .undecided)], name, accuracy: 1e-3)
        assert(
          criticalPoints(in: -3...3.1) { power($0, a, n) }, [([a], .undecided)], name + " written out", accuracy: 1e-2)
      }
      assert(criticalPoints(in: -3...3.1) { power($0, a, 2) }, [([a], .minimum)], "a square", accuracy: 1e-14)
      assert(
        criticalPoints(from: [[0.9, 0.8]]) { pow($0[0] - a, 3) - 3 * ($0[0] - a) * ($0[1] - 0.2) * ($0[1] - 0.2) },
        [([a, 0.2], .undecided)], "monkey saddle at \(a)", accuracy: 1e-3)
      assert(
        criticalPoints(from: [[0.9, 0.8]]) { power($0[0], a, 4) + ($0[1] - $0[0]) * ($0[1] - $0[0]) },
        [([a, a], .undecided)], "x⁴ with a shear at \(a)", accuracy: 1e-2)
      assert(
        criticalPoints(from: [[0.9, 0.8]]) { power($0[0] + $0[1], a, 4) - pow($0[0] - $0[1], 2) },
        [([a / 2, a / 2], .undecided)], "one negative, one flat, at \(a)", accuracy: 1e-2)
    }
    assert(
      criticalPoints(in: -1...1.3) { cos($0) + $0 * $0 / 2 }, [([0], .undecided)], "x⁴/24 by cancellation",
      accuracy: 1e-3)
  }

  func testBealesFunction() {
    func beale(_ v: [HyperDual]) -> HyperDual {
      let (x, y) = (v[0], v[1])
      return pow(1.5 - x + x * y, 2) + pow(2.25 - x + x * y * y, 2) + pow(2.625 - x + x * pow(y, 3), 2)
    }
    for start in [[1, 1], [2.5, 0.2], [4, 0.6], [30, 0.9], [3.5, 3]] as [Vector] {
      for point in criticalPoints(from: [start], of: beale) {
        let isMinimum = (point.position - [3, 0.5]).magnitude < 1e-9
        let isSaddle = (point.position - [0, 1]).magnitude < 1e-9
        XCTAssertTrue(isMinimum || isSaddle, "\(start): \(point.position)")
        XCTAssertEqual(point.kind, isMinimum ? .minimum : .saddle, "\(start): \(point.position)")
      }
    }
    assert(criticalPoints(from: [[2.5, 0.2]], of: beale), [([3, 0.5], .minimum)], "Beale", accuracy: 1e-12)
    assert(criticalPoints(from: [[1, 1]], of: beale), [([0, 1], .saddle)], "Beale's saddle", accuracy: 1e-12)
  }

  func testClassifyByEigenvalues() {
    XCTAssertEqual(CriticalPoint.classify(hessian: [[1, 0], [0, 1e-9]]), .minimum)
    XCTAssertEqual(CriticalPoint.classify(hessian: [[1, 0], [0, 1e-9]], error: 1e-8), .undecided)
    XCTAssertEqual(CriticalPoint.classify(hessian: [[1, 1], [1, 1]]), .undecided, "an eigenvalue of 0")
    XCTAssertEqual(CriticalPoint.classify(hessian: [[1, 2], [2, 1]], error: 0.1), .saddle)
    XCTAssertEqual(CriticalPoint.classify(hessian: [[-1e-30]]), .maximum)
    XCTAssertEqual(CriticalPoint.classify(hessian: [[.nan]]), .undecided)
    XCTAssertEqual(CriticalPoint.classify(hessian: []), .undecided)
  }

  func testTwoVariablesByTheDiscriminant() {
    let start: [Vector] = [[0.7, -0.4]]
    assert(criticalPoints(from: start) { $0[0] * $0[0] + 3 * $0[1] * $0[1] }, [([0, 0], .minimum)], "bowl")
    assert(criticalPoints(from: start) { -$0[0] * $0[0] - $0[1] * $0[1] }, [([0, 0], .maximum)], "dome")
    assert(criticalPoints(from: start) { $0[0] * $0[0] - $0[1] * $0[1] }, [([0, 0], .saddle)], "saddle")
    assert(criticalPoints(from: start) { $0[0] * $0[1] }, [([0, 0], .saddle)], "xy")
    assert(
      criticalPoints(from: start) { pow($0[0], 4) + pow($0[1], 4) }, [([0, 0], .undecided)], "x⁴ + y⁴", accuracy: 1e-5)
    assert(
      criticalPoints(from: start) { pow($0[0], 3) - 3 * $0[0] * $0[1] * $0[1] }, [([0, 0], .undecided)],
      "monkey saddle", accuracy: 1e-5)
    assert(criticalPoints(from: start) { exp($0[0]) + $0[1] * $0[1] }, [], "nowhere flat")
    let grid = [-2.0, -0.5, 0.5, 2].flatMap { x in [-2.0, -0.5, 0.5, 2].map { Vector([x, $0]) } }
    let found = criticalPoints(from: grid) { v in pow(v[0], 3) - 3 * v[0] + pow(v[1], 3) - 3 * v[1] }
    XCTAssertEqual(found.count, 4)
    for point in found {
      let (x, y) = (point.position[0].rounded(), point.position[1].rounded())
      XCTAssertEqual(point.kind, x * y < 0 ? .saddle : x > 0 ? .minimum : .maximum)
      XCTAssertEqual(point.discriminant ?? 0, 36 * x * y, accuracy: 1e-9)
    }
    let valley = criticalPoints(from: [[-1.2, 1]]) { v in
      let (u, w) = (1 - v[0], v[1] - v[0] * v[0])
      return u * u + 100 * w * w
    }
    assert(valley, [([1, 1], .minimum)], "Rosenbrock", accuracy: 1e-12)
    XCTAssertEqual(valley.first?.discriminant ?? 0, 400, accuracy: 1e-9)
  }

  func testMoreVariablesByEigenvalues() {
    let start: [Vector] = [[0.3, -0.2, 0.5]]
    func form(_ signs: [Double]) -> ([HyperDual]) -> HyperDual {
      { v in zip(v, signs).map { $0 * $0 * $1 }.reduce(0, +) + 0.1 * v[0] * v[1] }
    }
    assert(criticalPoints(from: start, of: form([1, 2, 3])), [([0, 0, 0], .minimum)], "all positive")
    assert(criticalPoints(from: start, of: form([-1, -2, -3])), [([0, 0, 0], .maximum)], "all negative")
    assert(criticalPoints(from: start, of: form([1, 2, -3])), [([0, 0, 0], .saddle)], "both signs")
    assert(
      criticalPoints(from: start) { $0[0] * $0[0] + $0[1] * $0[1] + pow($0[2], 4) }, [([0, 0, 0], .undecided)],
      "one flat direction", accuracy: 1e-4)
    assert(
      criticalPoints(from: [[0, 0, 0]]) { $0[0] * $0[0] - $0[1] * $0[1] + pow($0[2], 4) }, [([0, 0, 0], .saddle)],
      "both signs and a flat direction")
  }

  func testEigenvaluesOfKnownMatrices() {
    let two = SymmetricEigenvalues([[2, 1], [1, 2]])
    XCTAssertEqual(two.values[0], 1, accuracy: 1e-15)
    XCTAssertEqual(two.values[1], 3, accuracy: 1e-15)
    // The second difference matrix: 2 − 2 cos(k π / (n + 1)).
    let n = 12
    let matrix = (0..<n).map { i in (0..<n).map { j in i == j ? 2.0 : abs(i - j) == 1 ? -1 : 0 } }
    let eigen = SymmetricEigenvalues(matrix)
    for k in 1...n {
      XCTAssertEqual(eigen.values[k - 1], 2 - 2 * Foundation.cos(Double(k) * .pi / Double(n + 1)), accuracy: 1e-13)
      let v = eigen.vectors[k - 1]
      let image = Vector(matrix.map { Vector($0).dot(v) })
      XCTAssertLessThan((image - eigen.values[k - 1] * v).magnitude, 1e-13)
      XCTAssertEqual(v.magnitude, 1, accuracy: 1e-14)
    }
    XCTAssertEqual(SymmetricEigenvalues([]).values, [])
    XCTAssertEqual(SymmetricEigenvalues([[7]]).values, [7])
  }
}
