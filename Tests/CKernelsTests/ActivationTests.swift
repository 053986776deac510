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

  /// Each magnitude from denormals to infinity, both signs, and a dense stretch where the functions bend.
  static let everyMagnitude: [Float] =
    [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
    + stride(from: UInt32(0), through: UInt32.max, by: 400_009).map(Float.init(bitPattern:))
    + stride(from: Float(-20), through: 20, by: 0.000_7).map { $0 }
    // Where the error of softplus and the slopes of both forms of GELU was largest, 4.4 to 4.6 ULP.
    + [-0.433_940_321, -3.615_409_14, -4.363_148_69]

  func testForwardIsWithinFourULPOverAllMagnitudes() {
    let x = Self.everyMagnitude
    for kind in Reference.Activation.allCases {
      onEveryMachine {
        [forward(kind, x)]
      } check: { outputs, isa in
        for (value, input) in zip(outputs[0], x) {
          let exact = Reference.activation(kind, Double(Self.slope), Double(input))
          let error = unitsInTheLastPlace(value, exact)
          if !(error <= 4) {
            return XCTFail("\(isa) \(kind): f(\(input)) = \(value), exact \(exact), \(error) ULP")
          }
        }
      }
    }
  }

  /// 4.1 for the tanh form of GELU on the portable kernels: activation.h has the measured figures.
  func testDerivativesFromTheInputAreWithinFourULPAwayFromTheirZero() {
    let x = Self.everyMagnitude
    let one = [Float](repeating: 1, count: x.count)
    for kind in Reference.Activation.allCases where kind.backwardNeedsInput {
      onEveryMachine {
        var dx = [Float](repeating: .nan, count: x.count)
        let function = ck_activation(rawValue: UInt32(kind.rawValue))
        XCTAssertEqual(ck_activation_backward(function, 0, Int64(x.count), x, one, &dx, CK_OVERWRITE), CK_OK)
        return [dx]
      } check: { outputs, isa in
        for (value, input) in zip(outputs[0], x) {
          let exact = Reference.activationDerivative(kind, 0, Double(input))
          if (-3 ... -0.3).contains(input), abs(Double(value) - exact) <= 1e-7 { continue }
          let error = unitsInTheLastPlace(value, exact)
          if !(error <= 4.1) {
            return XCTFail("\(isa) \(kind): f'(\(input)) = \(value), exact \(exact), \(error) ULP")
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

  /// Tall, wide, tiny, odd: each way in which the sum is split.
  static let shapes = [
    (0, 5), (1, 1), (4, 8), (5, 17), (7, 3), (3000, 10), (130, 300), (37, 1030), (9, 5000), (40_000, 1),
  ]

  func testBiasBackwardWritesTheGradientAndSumsItsColumns() {
    for (rows, columns) in Self.shapes {
      let x = testValues(rows * columns, seed: 6, in: -3...3)
      let dy = testValues(rows * columns, seed: 7)
      for kind in [Reference.Activation.identity, .relu, .tanh, .gelu, .elu] {
        let function = ck_activation(rawValue: UInt32(kind.rawValue))
        let (r, c) = (Int64(rows), Int64(columns))
        onEveryMachine {
          let saved = kind.backwardNeedsInput ? x : forward(kind, x)
          var dz = dy  // in place
          var dbias = [Float](repeating: .nan, count: columns)
          XCTAssertEqual(
            ck_bias_activation_backward(function, Self.slope, r, c, saved, dz, &dz, &dbias, CK_OVERWRITE), CK_OK)
          var more = [Float](repeating: 5, count: columns)
          var again = dy
          XCTAssertEqual(
            ck_bias_activation_backward(function, Self.slope, r, c, saved, dy, &again, &more, CK_ACCUMULATE), CK_OK)
          XCTAssertEqual(again, dz)
          var alone = dy
          XCTAssertEqual(
            ck_bias_activation_backward(function, Self.slope, r, c, saved, dy, &alone, nil, CK_OVERWRITE), CK_OK)
          XCTAssertEqual(alone, dz)
          return [dz, dbias, more]
        } check: { outputs, isa in
          let dz = zip(x, dy).map {
            Double($1) * Reference.activationDerivative(kind, Double(Self.slope), Double($0))
          }
          let name = "\(isa) \(kind) \(rows)×\(columns)"
          assertClose(outputs[0], dz, relative: 2e-6, absolute: 3e-7, name)
          var sums = [Double](repeating: 0, count: columns)
          for (i, value) in dz.enumerated() { sums[i % columns] += value }
          let tolerance = 1e-6 * Double(rows).squareRoot()
          assertClose(outputs[1], sums, relative: 1e-5, absolute: tolerance, "dbias \(name)")
          assertClose(outputs[2], sums.map { $0 + 5 }, relative: 1e-5, absolute: tolerance + 1e-6, "dbias += \(name)")
        }
      }
    }
  }

  func testIdentityBiasBackwardNeedsNeitherInputNorOutput() {
    let dy = testValues(50 * 20, seed: 8)
    onEveryMachine {
      var dbias = [Float](repeating: .nan, count: 20)
      XCTAssertEqual(ck_bias_activation_backward(CK_IDENTITY, 0, 50, 20, nil, dy, nil, &dbias, CK_OVERWRITE), CK_OK)
      return [dbias]
    } check: { outputs, isa in
      let sums = (0..<20).map { c in (0..<50).reduce(0.0) { $0 + Double(dy[$1 * 20 + c]) } }
      assertClose(outputs[0], sums, relative: 1e-5, absolute: 1e-5, isa)
    }
  }

  func testParametricReLU() {
    for (rows, columns) in Self.shapes {
      let x = testValues(rows * columns, seed: 9, in: -3...3)
      let dy = testValues(rows * columns, seed: 10)
      let (r, c) = (Int64(rows), Int64(columns))
      for slopes in Set([1, columns]) {
        let slope = testValues(slopes, seed: 11, in: -0.5...0.5)
        onEveryMachine {
          var y = x
          XCTAssertEqual(ck_prelu_forward(r, c, y, Int64(slopes), slope, &y), CK_OK)
          var dx = [Float](repeating: 1, count: x.count)
          var dslope = [Float](repeating: .nan, count: slopes)
          XCTAssertEqual(
            ck_prelu_backward(r, c, x, Int64(slopes), slope, dy, &dx, CK_ACCUMULATE, &dslope, CK_OVERWRITE), CK_OK)
          var more = [Float](repeating: 5, count: slopes)
          XCTAssertEqual(
            ck_prelu_backward(r, c, x, Int64(slopes), slope, dy, nil, CK_OVERWRITE, &more, CK_ACCUMULATE), CK_OK)
          return [y, dx, dslope, more]
        } check: { outputs, isa in
          let name = "\(isa) \(rows)×\(columns), \(slopes) slopes"
          var sums = [Double](repeating: 0, count: slopes)
          var y: [Double] = []
          var dx: [Double] = []
          for (i, (x, dy)) in zip(x, dy).enumerated() {
            let s = Double(slope[i % slopes])
            y.append(x > 0 ? Double(x) : s * Double(x))
            dx.append(1 + Double(dy) * (x > 0 ? 1 : s))
            if x <= 0 { sums[i % slopes] += Double(dy) * Double(x) }
          }
          assertClose(outputs[0], y, relative: 1e-6, name)
          assertClose(outputs[1], dx, relative: 1e-6, absolute: 1e-6, name)
          let tolerance = 3e-6 * Double(x.count / slopes).squareRoot()
          assertClose(outputs[2], sums, relative: 1e-5, absolute: tolerance, "dslope \(name)")
          assertClose(outputs[3], sums.map { $0 + 5 }, relative: 1e-5, absolute: tolerance + 1e-6, "dslope += \(name)")
        }
      }
    }
  }

  func testRandomisedReLUDrawsTheSameSlopesBothWays() {
    let count = 100_003
    let x = testValues(count, seed: 13, in: -3...3)
    let dy = testValues(count, seed: 14)
    onEveryMachine {
      var y = x
      XCTAssertEqual(ck_rrelu_forward(Int64(count), 0.125, 0.375, 77, 5, y, &y), CK_OK)
      var dx = [Float](repeating: 0, count: count)
      XCTAssertEqual(ck_rrelu_backward(Int64(count), 0.125, 0.375, 77, 5, x, dy, &dx, CK_ACCUMULATE), CK_OK)
      return [y, dx]
    } check: { outputs, isa in
      var sum = 0.0
      var negatives = 0.0
      for i in 0..<count {
        let slope = 0.125 + 0.25 * Reference.randomUnit(key: 77, element: UInt64(i) + 5)
        XCTAssertEqual(Double(outputs[0][i]), x[i] > 0 ? Double(x[i]) : slope * Double(x[i]), accuracy: 1e-6, isa)
        XCTAssertEqual(Double(outputs[1][i]), Double(dy[i]) * (x[i] > 0 ? 1 : slope), accuracy: 1e-6, isa)
        if x[i] < 0 {
          sum += Double(outputs[0][i]) / Double(x[i])
          negatives += 1
        }
      }
      XCTAssertEqual(sum / negatives, 0.25, accuracy: 5 * 0.0722 / negatives.squareRoot(), "\(isa): mean slope")
    }
  }

  func testBadArgumentsAreRefused() {
    var values: [Float] = [1]
    let unknown = ck_activation(rawValue: CK_ACTIVATION_COUNT.rawValue)
    XCTAssertEqual(ck_activation_forward(unknown, 0, 1, values, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_activation_forward(CK_RELU, 0, -1, values, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_activation_forward(CK_RELU, 0, 1, nil, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_activation_forward(CK_RELU, 0, 0, nil, nil), CK_OK)
    XCTAssertEqual(
      ck_bias_activation_backward(CK_RELU, 0, 1, 1, nil, values, &values, nil, CK_OVERWRITE), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_prelu_forward(1, 1, values, 2, values, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_rrelu_forward(1, 0.5, 0.2, 0, 0, values, &values), CK_INVALID_ARGUMENT)
    for kind in [CK_LEAKY_RELU, CK_ELU] {
      let status = ck_activation_backward(kind, -0.5, 1, values, values, &values, CK_OVERWRITE)
      XCTAssertEqual(status, CK_INVALID_ARGUMENT)
    }
  }
}
