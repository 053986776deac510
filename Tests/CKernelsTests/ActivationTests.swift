import CKernels
import ReferenceKernels
import XCTest

final class ActivationTests: XCTestCase {
  static let slope: Float = 0.3

  private func forward(_ kind: Reference.Activation, _ x: [Float], parameter: Float = slope) -> [Float] {
    var y = [Float](repeating: .nan, count: x.count)
    let function = ck_activation(rawValue: UInt32(kind.rawValue))
    XCTAssertEqual(ck_activation_forward(function, parameter, Int64(x.count), x, &y), CK_OK)
    return y
  }

  /// Bounds of the header, in units in the last place of the exact result.
  private func bound(_ kind: Reference.Activation, _ x: Float) -> Double {
    kind == .geluTanh && x < -1 ? 200 : kind == .gelu ? 6 : 4
  }

  func testForwardIsWithinItsBoundOverAllMagnitudes() {
    // Each magnitude from denormals to infinity, both signs, and a dense stretch where the functions bend.
    let spread = stride(from: UInt32(0), through: UInt32.max, by: 400_009).map(Float.init(bitPattern:))
    let dense = stride(from: Float(-20), through: 20, by: 0.000_7).map { $0 }
    let edges: [Float] = [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
    let x = edges + spread + dense
    for kind in Reference.Activation.allCases {
      onEveryMachine {
        [forward(kind, x)]
      } check: { outputs, isa in
        for (value, input) in zip(outputs[0], x) {
          let exact = Reference.activation(kind, Double(Self.slope), Double(input))
          let error = unitsInTheLastPlace(value, exact)
          // Where a factor of the result is denormal it has lost digits.
          if abs(Double(value) - exact) <= 1e-43 { continue }
          let allowed = bound(kind, input)
          if !(error <= allowed) {
            return XCTFail("\(isa) \(kind): f(\(input)) = \(value), exact \(exact), \(error) ULP")
          }
        }
      }
    }
  }

  func testBackwardIsTheDerivativeOfTheFormula() {
    // Away from the kinks, on which the next test looks.
    let x = testValues(4099, seed: 3, in: -12...12) + [0.01, -0.01, 2.99, -2.99, 3.01, -3.01, 30, -30, 200, -200]
    let dy = testValues(x.count, seed: 4)
    for kind in Reference.Activation.allCases {
      let function = ck_activation(rawValue: UInt32(kind.rawValue))
      XCTAssertEqual(ck_activation_backward_needs_input(function), kind.backwardNeedsInput)
      onEveryMachine {
        let saved = kind.backwardNeedsInput ? x : forward(kind, x)
        var dx = [Float](repeating: .nan, count: x.count)
        var sum = [Float](repeating: 2, count: x.count)
        let count = Int64(x.count)
        XCTAssertEqual(ck_activation_backward(function, Self.slope, count, saved, dy, &dx, CK_OVERWRITE), CK_OK)
        XCTAssertEqual(ck_activation_backward(function, Self.slope, count, saved, dy, &sum, CK_ACCUMULATE), CK_OK)
        return [dx, sum]
      } check: { outputs, isa in
        let exact = zip(x, dy).map {
          Double($1) * Reference.activationDerivative(kind, Double(Self.slope), Double($0))
        }
        // Read from y, the derivative of sigmoid and tanh has the absolute error of 1 - y.
        assertClose(outputs[0], exact, relative: 2e-6, absolute: 3e-7, "\(isa) \(kind)")
        assertClose(outputs[1], exact.map { $0 + 2 }, relative: 1e-6, "\(isa) \(kind) accumulated")
      }
    }
  }

  func testKinksNaNAndInfiniteGradients() {
    onEveryMachine {
      let relu = forward(.relu, [-1, -0.0, 0, 1, .nan])
      var dx = [Float](repeating: 0, count: 4)
      let infinite = [Float](repeating: .infinity, count: 4)
      XCTAssertEqual(ck_activation_backward(CK_RELU, 0, 4, relu, infinite, &dx, CK_OVERWRITE), CK_OK)
      return [relu, dx, forward(.step, [-1, -0.0, 0, 1, .nan]), forward(.leakyReLU, [0, -2, .nan])]
    } check: { outputs, isa in
      XCTAssertEqual(Array(outputs[0].prefix(4)), [0, 0, 0, 1], isa)
      XCTAssertTrue(outputs[0][4].isNaN, "\(isa): ReLU of NaN")
      XCTAssertEqual(outputs[1], [0, 0, 0, .infinity], isa)
      XCTAssertEqual(outputs[2], [0, 1, 1, 1, 0], isa)
      XCTAssertEqual(Array(outputs[3].prefix(2)), [0, -2 * Self.slope], isa)
      XCTAssertTrue(outputs[3][2].isNaN, isa)
    }
  }

  func testEachCountTouchesItsElementsOnly() {
    for count in [0, 1, 3, 4, 7, 8, 15, 16, 17, 33, 100_003] {
      let x = testValues(count + 1, seed: 5, in: -3...3)
      onEveryMachine {
        var y = x
        XCTAssertEqual(ck_activation_forward(CK_TANH, 0, Int64(count), y, &y), CK_OK)
        return [y]
      } check: { outputs, isa in
        assertClose(Array(outputs[0].prefix(count)), x.prefix(count).map { tanh(Double($0)) }, relative: 4e-7, isa)
        XCTAssertEqual(outputs[0][count], x[count], "\(isa): wrote past the end")
      }
    }
  }

  func testBadArgumentsAreRefused() {
    var values: [Float] = [1]
    let unknown = ck_activation(rawValue: CK_ACTIVATION_COUNT.rawValue)
    XCTAssertEqual(ck_activation_forward(unknown, 0, 1, values, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_activation_forward(CK_RELU, 0, -1, values, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_activation_forward(CK_RELU, 0, 1, nil, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_activation_forward(CK_RELU, 0, 0, nil, nil), CK_OK)
    for kind in [CK_LEAKY_RELU, CK_ELU] {
      let status = ck_activation_backward(kind, -0.5, 1, values, values, &values, CK_OVERWRITE)
      XCTAssertEqual(status, CK_INVALID_ARGUMENT)
    }
  }
}
