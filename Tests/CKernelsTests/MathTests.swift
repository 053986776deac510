import CKernels
import ReferenceKernels
import XCTest

/// |actual − exact| in units in the last place of `exact` as a Float; 0 for equal infinities and for two NaN. A result
/// that rounds to infinity may be the largest finite number.
func unitsInTheLastPlace(_ actual: Float, _ exact: Double) -> Double {
  if exact.isNaN { return actual.isNaN ? 0 : .infinity }
  let rounded = Float(exact)
  if actual == rounded { return 0 }
  if rounded.isInfinite || actual.isInfinite { return abs(actual) >= .greatestFiniteMagnitude ? 1 : .infinity }
  return abs(Double(actual) - exact) / Double(rounded.ulp)
}

/// The elementary functions behind exp, log, sin, cos and power, against the C library's in double.
final class MathTests: XCTestCase {
  func testUnaryFunctionsAreWithinTheirBounds() {
    let infinity = Float.infinity
    let edges: [Float] = [0, -0.0, infinity, -infinity, .nan, 1, 88.72, 88.73, -87.4, -103.9, -104.1, 1e30, -1e30]
    let spread = stride(from: UInt32(0), through: UInt32.max, by: 400_009).map(Float.init(bitPattern:))
    let dense = stride(from: Float(-110), through: 110, by: 0.003).map { $0 }
    let x = edges + spread + dense
    // exp 2, the others 4: what the header of math.inc promises.
    let functions: [(ck_unary, Double, @Sendable (Double) -> Double)] = [
      (CK_EXP, 2, { exp($0) }), (CK_LOG, 4, { log($0) }), (CK_SIN, 4, { sin($0) }), (CK_COS, 4, { cos($0) }),
    ]
    for (operation, bound, function) in functions {
      onEveryMachine {
        var y = [Float](repeating: .nan, count: x.count)
        XCTAssertEqual(ck_unary_forward(operation, Int64(x.count), x, &y), CK_OK)
        return [y]
      } check: { outputs, isa in
        for (value, input) in zip(outputs[0], x) {
          let error = unitsInTheLastPlace(value, function(Double(input)))
          if !(error <= bound) {
            return XCTFail("\(isa) operation \(operation.rawValue): f(\(input)) = \(value), \(error) ULP")
          }
        }
      }
    }
  }

  func testPowerIncludingItsSpecialCases() {
    let special: [Float] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 2, -2, 3, -3, 0.5,
      -0.5, 1e30, -1e30, 16_777_215, -16_777_215, 16_777_216, 1.5, -1.5,
    ]
    let bases = special.flatMap { base in special.map { _ in base } } + testValues(20_000, seed: 51, in: 0...20)
    let exponents = special.flatMap { _ in special } + testValues(20_000, seed: 52, in: -30...30)
    let shape = [Int64(bases.count)]
    onEveryMachine {
      var y = [Float](repeating: 0, count: bases.count)
      XCTAssertEqual(ck_binary_forward(CK_POWER, 1, shape, bases, [1], exponents, [1], &y), CK_OK)
      return [y]
    } check: { outputs, isa in
      for (value, (a, b)) in zip(outputs[0], zip(bases, exponents)) {
        let exact = pow(Double(a), Double(b))
        let error = unitsInTheLastPlace(value, exact)
        if !(error <= 4) || (value.sign != Float(exact).sign && !value.isNaN) {
          return XCTFail("\(isa): pow(\(a), \(b)) = \(value), exact \(exact)")
        }
      }
    }
  }
}
