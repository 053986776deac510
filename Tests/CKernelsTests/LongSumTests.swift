import CKernels
import ReferenceKernels
import XCTest

/// Sums of many like numbers: one chain of additions in Float would round each time to the same side.
final class LongSumTests: XCTestCase {
  /// Data at 3·10⁵ to 10⁶ and more standard deviations from zero, in each form of a reduction; the mean is a Float and
  /// its rounding must not show.
  func testVarianceFarFromZero() {
    let forms = [(1, 100_000, 1), (3, 4000, 1), (4, 33, 1), (1, 5000, 10), (2, 3000, 100), (1, 2, 300), (20, 7, 1)]
    for (outer, length, inner) in forms {
      for (mean, spread) in [(1e6, 1), (-3e5, 3), (1e6, 0.1), (1e4, 1), (40, 1)] as [(Float, Float)] {
        let x = testValues(outer * length * inner, seed: 41).map { mean + spread * $0 }
        let columns = Reference.columns(outer: outer, length: length, inner: inner, x.map(Double.init))
        let (o, l, i) = (Int64(outer), Int64(length), Int64(inner))
        onEveryMachine {
          var means = [Float](repeating: .nan, count: outer * inner)
          var variances = means
          var alone = means
          XCTAssertEqual(ck_variance(o, l, i, 1, x, &means, &variances), CK_OK)
          XCTAssertEqual(ck_variance(o, l, i, 1, x, nil, &alone), CK_OK)
          return [means, variances, alone]
        } check: { outputs, isa in
          let name = "\(isa): [\(outer), \(length), \(inner)] about \(mean) ± \(spread)"
          assertClose(outputs[0], columns.map { Reference.reduce(1, $0) }, within: .longSum, name)
          assertClose(
            outputs[1], columns.map { Reference.variance($0, correction: 1) }, within: .varianceFarFromZero, name)
          XCTAssertEqual(outputs[1], outputs[2], name)
        }
      }
    }
  }

  /// Of numbers that differ in their last place only, or not at all.
  func testVarianceOfNeighbours() {
    let length = 100_001
    for inner in [1, 3] {
      let x = (0..<length * inner).map { $0 / inner % 2 == 0 ? Float(1e7) : Float(1e7).nextUp }
      let expected = Reference.columns(outer: 1, length: length, inner: inner, x.map(Double.init)).map {
        Reference.variance($0, correction: 0)
      }
      onEveryMachine {
        var variance = [Float](repeating: .nan, count: inner)
        XCTAssertEqual(ck_variance(1, Int64(length), Int64(inner), 0, x, nil, &variance), CK_OK)
        var none = [Float](repeating: .nan, count: inner)
        let equal = [Float](repeating: 0.1, count: length * inner)
        XCTAssertEqual(ck_variance(1, Int64(length), Int64(inner), 0, equal, nil, &none), CK_OK)
        return [variance, none]
      } check: { outputs, isa in
        assertClose(outputs[0], expected, within: .varianceFarFromZero, isa)
        assertClose(outputs[1], [Double](repeating: 0, count: inner), within: .varianceOfEqualNumbers, isa)
      }
    }
  }

  /// A column far from zero beside one with an infinity: the infinity stays in the mean.
  func testVarianceBesideAnInfinity() {
    onEveryMachine {
      var mean: [Float] = [0, 0]
      var variance: [Float] = [0, 0]
      XCTAssertEqual(ck_variance(1, 2, 2, 0, [1e6, .infinity, 1e6 + 2, 0], &mean, &variance), CK_OK)
      return [mean, variance]
    } check: { outputs, isa in
      XCTAssertEqual(outputs[0], [1e6 + 1, .infinity], isa)
      XCTAssertEqual(outputs[1][0], 1, isa)
      XCTAssertTrue(outputs[1][1].isNaN, isa)
    }
  }

  func testColumnSumsOfEqualNumbers() {
    for columns in [1, 3, 16, 100, 1030] {
      let rows = 3_000_000 / columns
      let dy = [Float](repeating: 0.1, count: rows * columns)
      let (r, c) = (Int64(rows), Int64(columns))
      let x = [Float](repeating: -1, count: columns == 3 ? rows * columns : 0)
      onEveryMachine {
        var bias = [Float](repeating: .nan, count: columns)
        XCTAssertEqual(ck_bias_activation_backward(CK_IDENTITY, 0, r, c, nil, dy, nil, &bias, CK_OVERWRITE), CK_OK)
        guard columns == 3 else { return [bias] }
        var slope = [Float](repeating: .nan, count: columns)
        XCTAssertEqual(
          ck_prelu_backward(r, c, x, c, [0.5, 0.5, 0.5], dy, nil, CK_OVERWRITE, &slope, CK_OVERWRITE), CK_OK)
        return [bias, slope.map(-)]
      } check: { outputs, isa in
        for sums in outputs {
          let expected = [Double](repeating: Double(Float(0.1)) * Double(rows), count: columns)
          assertClose(sums, expected, within: .sumOfEqualNumbers, "\(isa): \(columns) columns")
        }
      }
    }
  }

  func testSoftmaxOfALongRow() {
    let count = 1 << 20
    // exp(x − largest) is 0.3 but for one: sums of a number that is not exact.
    let x = (0..<count).map { $0 == 7 ? Float(0) : Float(-1.203_972_8) }
    let term = exp(Double(Float(-1.203_972_8)))
    let logarithm = log(1 + Double(count - 1) * term)
    let small = (0..<count).map { Float($0 % 7) * 1e-4 }
    let squares = small.reduce(0.0) { $0 + Double($1) * Double($1) }
    onEveryMachine {
      var y = [Float](repeating: .nan, count: count)
      XCTAssertEqual(ck_log_softmax_forward(1, Int64(count), x, &y), CK_OK)
      var loss = Float.nan
      XCTAssertEqual(
        ck_softmax_cross_entropy(1, Int64(count), x, [7], nil, nil, 0.1, 1, &loss, nil, nil), CK_OK)
      var dx = [Float](repeating: .nan, count: 8)
      var all = [Float](repeating: .nan, count: count)
      XCTAssertEqual(ck_softmax_backward(1, Int64(count), small, small, &all, CK_OVERWRITE), CK_OK)
      for i in 0..<8 { dx[i] = all[i] }
      return [[y[7]], [loss], dx]
    } check: { outputs, isa in
      assertClose(outputs[0], [-logarithm], within: .longSum, isa)
      // 0.9 of the label's logit and 0.1 of the mean are taken off.
      let mean = -Double(Float(1.203_972_8)) * Double(count - 1) / Double(count)
      assertClose(outputs[1], [logarithm - 0.1 * mean], within: .loss, isa)
      assertClose(
        outputs[2], small.prefix(8).map { Double($0) * (Double($0) - squares) }, within: .softmaxBackwardOfALongRow, isa
      )
    }
  }

  /// The sum of these is beyond Float, their mean is not.
  func testMeanOfHugeNumbers() {
    onEveryMachine {
      var mean = Float.nan
      let x = [Float](repeating: 1e34, count: 100_000)
      XCTAssertEqual(ck_reduce(CK_MEAN, 1, 100_000, 1, x, &mean, CK_OVERWRITE), CK_OK)
      return [[mean]]
    } check: { outputs, isa in
      assertClose(outputs[0], [1e34], within: .sumOfEqualNumbers, isa)
    }
  }

  func testGradientNormOfHugeAndTinyNumbers() {
    for value: Float in [1e38, 1e-38, .leastNonzeroMagnitude] {
      var gradient = [Float](repeating: value, count: 1000)
      let expected = Double(value) * 1000.0.squareRoot()
      onEveryMachine {
        var norm = Float.nan
        gradient.withUnsafeMutableBufferPointer { pointer in
          var parameter = ck_parameter()
          parameter.gradient = UnsafePointer(pointer.baseAddress)
          parameter.count = 1000
          XCTAssertEqual(ck_gradient_norm(1, &parameter, &norm), CK_OK)
        }
        return [[norm]]
      } check: { outputs, isa in
        if expected > Double(Float.greatestFiniteMagnitude) {
          XCTAssertEqual(outputs[0], [.infinity], isa)
        } else {
          assertClose(outputs[0], [expected], within: .gradientNorm, isa)
        }
      }
    }
  }
}
