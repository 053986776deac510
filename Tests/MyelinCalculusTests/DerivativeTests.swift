import Foundation
import MyelinCalculus
import XCTest

/// SplitMix64: the same points in every run.
struct PointGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next(in range: ClosedRange<Double>) -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return range.lowerBound + Double(z >> 11) * 0x1p-53 * (range.upperBound - range.lowerBound)
  }
}

/// Written once, for every kind of number.
private func product<S: CalculusScalar>(_ x: S) -> S { (pow(x, 4) + 2) * cos(x) }

final class DerivativeTests: XCTestCase {
  /// A function with its derivatives in closed form, and where to try them.
  private struct Case: Sendable {
    var name: String
    var range: ClosedRange<Double>
    var function: @Sendable (HyperDual) -> HyperDual
    var dual: @Sendable (Dual) -> Dual
    var first: @Sendable (Double) -> Double
    var second: @Sendable (Double) -> Double
  }

  private static let cases: [Case] = [
    Case(
      name: "x⁵", range: -3...3, function: { pow($0, 5) }, dual: { pow($0, 5) }, first: { 5 * $0 * $0 * $0 * $0 },
      second: { 20 * $0 * $0 * $0 }),
    Case(
      name: "(x⁴ + 2) cos x", range: -3...3, function: { product($0) }, dual: { product($0) },
      first: { 4 * $0 * $0 * $0 * Foundation.cos($0) - ($0 * $0 * $0 * $0 + 2) * Foundation.sin($0) },
      second: {
        12 * $0 * $0 * Foundation.cos($0) - 8 * $0 * $0 * $0 * Foundation.sin($0)
          - ($0 * $0 * $0 * $0 + 2) * Foundation.cos($0)
      }),
    Case(
      name: "1/x", range: 0.1...4, function: { 1 / $0 }, dual: { 1 / $0 }, first: { -1 / ($0 * $0) },
      second: { 2 / ($0 * $0 * $0) }),
    Case(
      name: "log x", range: 0.1...9, function: { log($0) }, dual: { log($0) }, first: { 1 / $0 },
      second: { -1 / ($0 * $0) }),
    Case(
      name: "√x", range: 0.1...9, function: { sqrt($0) }, dual: { sqrt($0) }, first: { 0.5 / $0.squareRoot() },
      second: { -0.25 / ($0 * $0.squareRoot()) }),
    Case(
      name: "exp(−x²)", range: -2...2, function: { exp(-$0 * $0) }, dual: { exp(-$0 * $0) },
      first: { -2 * $0 * Foundation.exp(-$0 * $0) }, second: { (4 * $0 * $0 - 2) * Foundation.exp(-$0 * $0) }),
    Case(
      name: "σ", range: -8...8, function: { sigmoid($0) }, dual: { sigmoid($0) },
      first: { 1 / (2 + Foundation.exp($0) + Foundation.exp(-$0)) },
      second: {
        (Foundation.exp(-$0) - Foundation.exp($0)) / Foundation.pow(2 + Foundation.exp($0) + Foundation.exp(-$0), 2)
      }),
    Case(
      name: "tanh", range: -4...4, function: { tanh($0) }, dual: { tanh($0) },
      first: { 1 / Foundation.pow(Foundation.cosh($0), 2) },
      second: { -2 * Foundation.tanh($0) / Foundation.pow(Foundation.cosh($0), 2) }),
    Case(
      name: "tan", range: -1.2...1.2, function: { sin($0) / cos($0) }, dual: { tan($0) },
      first: { 1 / Foundation.pow(Foundation.cos($0), 2) },
      second: { 2 * Foundation.tan($0) / Foundation.pow(Foundation.cos($0), 2) }),
    Case(
      name: "x^2.5", range: 0.1...5, function: { pow($0, 2.5) }, dual: { pow($0, 2.5) },
      first: { 2.5 * Foundation.pow($0, 1.5) }, second: { 3.75 * Foundation.pow($0, 0.5) }),
    Case(
      name: "x^x", range: 0.2...3, function: { pow($0, $0) }, dual: { pow($0, $0) },
      first: { Foundation.pow($0, $0) * (Foundation.log($0) + 1) },
      second: { Foundation.pow($0, $0) * (Foundation.pow(Foundation.log($0) + 1, 2) + 1 / $0) }),
    Case(
      name: "atan, sinh and cosh", range: -3...3, function: { atan($0) + sinh($0) * cosh($0) },
      dual: { atan($0) + sinh($0) * cosh($0) }, first: { 1 / (1 + $0 * $0) + Foundation.cosh(2 * $0) },
      second: { -2 * $0 / Foundation.pow(1 + $0 * $0, 2) + 2 * Foundation.sinh(2 * $0) }),
  ]

  func testAgainstClosedFormsAtTenThousandPoints() {
    var generator = PointGenerator(seed: 1)
    for entry in Self.cases {
      for _ in 0..<10_000 {
        let x = generator.next(in: entry.range)
        let (first, second) = (entry.first(x), entry.second(x))
        let both = entry.function(HyperDual(x, first: 1, second: 1))
        // A few rounding errors, relative to the parts of a sum that may cancel.
        XCTAssertEqual(both.first, first, accuracy: 2e-13 * max(1, abs(first)), "\(entry.name)′ at \(x)")
        XCTAssertEqual(both.first, both.second)
        XCTAssertEqual(both.mixed, second, accuracy: 2e-12 * max(1, abs(second)), "\(entry.name)″ at \(x)")
        XCTAssertEqual(
          derivative(at: x, of: entry.dual), first, accuracy: 2e-13 * max(1, abs(first)), "\(entry.name)′ at \(x)")
      }
    }
  }

  func testOneFunctionForEveryNumber() {
    let x = 1.25
    let value: Double = product(x)
    XCTAssertEqual(product(Dual(x)).value, value)
    XCTAssertEqual(product(HyperDual(x)).value, value)
    XCTAssertEqual(derivative(at: x, of: product), Self.cases[1].first(x), accuracy: 1e-14)
    XCTAssertEqual(secondDerivative(at: x, of: product), Self.cases[1].second(x), accuracy: 1e-13)
    let scale = 3.0
    XCTAssertEqual(derivative(at: 2) { x in scale * x * x + 1 / x - scale }, 11.75)
  }

  func testValuesAtTheEdgeOfADomain() {
    XCTAssertEqual(derivative(at: 0) { pow($0, 2) }, 0)
    XCTAssertEqual(secondDerivative(at: 0) { pow($0, 2) }, 2)
    XCTAssertEqual(derivative(at: 0) { pow($0, 1) }, 1)
    XCTAssertEqual(secondDerivative(at: 0) { pow($0, 0) + pow($0, 1) }, 0)
    XCTAssertEqual(secondDerivative(at: 0) { pow($0, 3) }, 0)
    XCTAssertEqual(derivative(at: 0) { sqrt($0) }, .infinity)
    XCTAssertTrue(derivative(at: -1) { sqrt($0) }.isNaN)
    XCTAssertTrue(derivative(at: -1) { log($0) + 0 * $0 } == -1, "the derivative of the logarithm's other branch")
    XCTAssertTrue(log(Dual(-1)).value.isNaN)
    XCTAssertEqual(derivative(at: 800) { sigmoid($0) }, 0)
    XCTAssertEqual(derivative(at: -800) { sigmoid($0) }, 0)
    XCTAssertEqual(derivative(at: 400) { tanh($0) }, 0)
    XCTAssertEqual(derivative(at: 0) { relu($0) }, 0)
    XCTAssertEqual(derivative(at: 0) { abs($0) }, 0)
    XCTAssertEqual(derivative(at: -2) { abs($0) }, -1)
  }

  func testGradientsOfTheNotes() {
    var generator = PointGenerator(seed: 2)
    for _ in 0..<10_000 {
      let (x, y) = (generator.next(in: -3...3), generator.next(in: -3...3))
      let quartic = gradient(at: [x, y]) { pow($0[0], 4) * $0[1] }
      XCTAssertEqual(quartic[0], 4 * x * x * x * y, accuracy: 1e-12)
      XCTAssertEqual(quartic[1], x * x * x * x, accuracy: 1e-12)
      let plane = gradient(at: [x, y]) { 2 * $0[0] * $0[0] + 4 * $0[1] }
      XCTAssertEqual(plane[0], 4 * x, accuracy: 1e-14)
      XCTAssertEqual(plane[1], 4)
    }
    XCTAssertEqual(gradient(at: [3, 1]) { 2 * $0[0] * $0[0] + 4 * $0[1] }, [12, 4])
  }

  func testJacobianAndHessian() {
    // Polar coordinates: the determinant of their Jacobian is r.
    let (r, t) = (2.0, 0.7)
    let polar = jacobian(at: [r, t]) { [$0[0] * cos($0[1]), $0[0] * sin($0[1])] }
    XCTAssertEqual(polar[0][0] * polar[1][1] - polar[0][1] * polar[1][0], r, accuracy: 1e-15)
    XCTAssertEqual(polar[0][1], -r * Foundation.sin(t), accuracy: 1e-15)
    XCTAssertEqual(jacobian(at: [1, 2, 3]) { [$0[0] + $0[2]] }, [[1, 0, 1]])
    // Rosenbrock.
    let (a, b) = (0.5, -1.5)
    let curvature = hessian(at: [a, b]) { v in
      let (u, w) = (1 - v[0], v[1] - v[0] * v[0])
      return u * u + 100 * w * w
    }
    XCTAssertEqual(curvature[0][0], 2 - 400 * b + 1200 * a * a, accuracy: 1e-11)
    XCTAssertEqual(curvature[0][1], -400 * a, accuracy: 1e-12)
    XCTAssertEqual(curvature[1][0], curvature[0][1])
    XCTAssertEqual(curvature[1][1], 200, accuracy: 1e-12)
  }

  func testDifferenceQuotientConvergesAndThenBreaksDown() throws {
    let table = DifferenceQuotients(at: 1) { pow($0, 5) }
    XCTAssertEqual(table.exact, 5)
    // (1.1⁵ − 1) / 0.1
    XCTAssertEqual(table.rows[0].quotient, 6.1051, accuracy: 1e-12)
    // First the error is h f″/2 = 10 h …
    for row in table.rows.prefix(5) { XCTAssertEqual(row.error, 10 * row.step, accuracy: 110 * row.step * row.step) }
    // … and in the end rounding has eaten it all.
    let best = try XCTUnwrap(table.best)
    XCTAssertTrue((1e-9...1e-6).contains(best.step), "\(best)")
    let last = try XCTUnwrap(table.rows.last)
    XCTAssertGreaterThan(last.error, 1000 * best.error)
  }
}

final class VectorTests: XCTestCase {
  func testFromTwoPoints() throws {
    let ab = Vector(from: [1, 1], to: [3, 2])
    XCTAssertEqual(ab, [2, 1])
    XCTAssertEqual(ab.magnitude, 5.0.squareRoot())
    XCTAssertEqual(try XCTUnwrap(ab.heading), atan2(1.0, 2.0))
    XCTAssertEqual(Vector(from: [4, 7], to: [6, 8]), ab, "equal wherever they start")
    XCTAssertNotEqual(ab, [1, 2])
    XCTAssertEqual(2 * ab, [4, 2])
    XCTAssertEqual(-ab, Vector(from: [3, 2], to: [1, 1]))
    XCTAssertEqual(ab.description, "(2, 1)")
  }

  func testMagnitudeDirectionAndAngle() throws {
    XCTAssertEqual(Vector([3, 4]).magnitude, 5)
    XCTAssertEqual(Vector([3e200, 4e200]).magnitude, 5e200, accuracy: 1e186)
    XCTAssertEqual(Vector([3e-200, 4e-200]).magnitude, 5e-200, accuracy: 1e-214)
    XCTAssertEqual(Vector([]).magnitude, 0)
    XCTAssertNil(Vector([0, 0]).direction)
    XCTAssertNil(Vector([0, 0]).angle(to: [1, 0]))
    XCTAssertEqual(Vector([0, -2]).direction, [0, -1])
    XCTAssertEqual(Vector([1, 2, 3]).dot([4, -5, 6]), 12)
    XCTAssertEqual(try XCTUnwrap(Vector([2, 0]).angle(to: [0, 3])), .pi / 2, accuracy: 1e-15)
    XCTAssertEqual(try XCTUnwrap(Vector([1, 1]).angle(to: [-2, -2])), .pi, accuracy: 1e-15)
    // The arc cosine would give 0 here.
    XCTAssertEqual(try XCTUnwrap(Vector([1, 0]).angle(to: [1, 1e-9])), 1e-9, accuracy: 1e-22)
  }
}
