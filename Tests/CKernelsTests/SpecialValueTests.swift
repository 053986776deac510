import CKernels
import XCTest

/// Infinities, NaN, zeros and denormals in the kernels whose formula alone would turn them into NaN or lose them. The
/// values are PyTorch's but where a comment says otherwise.
final class SpecialValueTests: XCTestCase {
  private let infinity = Float.infinity

  /// 0 for two NaN, so that arrays with NaN can be compared.
  private func assertSame(_ actual: [Float], _ expected: [Float], _ message: String, line: UInt = #line) {
    let same = actual.count == expected.count && zip(actual, expected).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
    XCTAssertTrue(same, "\(message): \(actual), expected \(expected)", line: line)
  }

  /// An infinite logit with the matching target costs nothing, whatever the positive weight; NaN stays NaN. (PyTorch
  /// 2.13 gives NaN for the first.)
  func testBinaryCrossEntropyAtInfiniteLogits() {
    let z: [Float] = [infinity, -infinity, infinity, -infinity, infinity, .nan, .nan]
    let t: [Float] = [1, 0, 0, 1, 0.5, 1, 0]
    for positiveWeight: Float in [1, 3, 0] {
      onEveryMachine {
        var losses: [Float] = []
        var gradients: [Float] = []
        for i in z.indices {
          var loss: Float = 7
          var gradient: Float = 7
          XCTAssertEqual(
            ck_binary_cross_entropy_with_logits(1, [z[i]], [t[i]], nil, positiveWeight, 1, &loss, &gradient), CK_OK)
          losses.append(loss)
          gradients.append(gradient)
        }
        return [losses, gradients]
      } check: { outputs, isa in
        let w = positiveWeight
        assertSame(outputs[0], [0, 0, infinity, w == 0 ? 0 : infinity, infinity, .nan, .nan], "\(isa) \(w)")
        assertSame(outputs[1], [0, 0, 1, -w, 0.5, .nan, .nan], "\(isa) \(w) gradient")
      }
    }
  }

  /// An element of weight 0 is left out, also where its loss or its target is not a number.
  func testElementsOfNoWeightAreLeftOut() {
    let p: [Float] = [1, .nan, infinity, 2]
    let t: [Float] = [0, 0, 1, .nan]
    let w: [Float] = [2, 0, 0, 0]
    onEveryMachine {
      var loss = [Float](repeating: 7, count: 4)
      var gradient = [[Float]](repeating: [7, 7, 7, 7], count: 4)
      XCTAssertEqual(ck_mean_squared_error(4, p, t, w, 1, &loss[0], &gradient[0]), CK_OK)
      XCTAssertEqual(ck_mean_absolute_error(4, p, t, w, 1, &loss[1], &gradient[1]), CK_OK)
      XCTAssertEqual(ck_huber_loss(4, p, t, w, 1, 1, &loss[2], &gradient[2]), CK_OK)
      XCTAssertEqual(ck_binary_cross_entropy_with_logits(4, p, t, w, 1, 1, &loss[3], &gradient[3]), CK_OK)
      return [loss] + gradient
    } check: { outputs, isa in
      assertClose(outputs[0], [1, 1, 0.5, 1.313_261_687_518_222_8], within: .loss, isa)
      for gradient in outputs.dropFirst() { XCTAssertEqual(Array(gradient.dropFirst()), [0, 0, 0], isa) }
      assertClose(outputs.dropFirst().map { $0[0] }, [2, 1, 1, 0.731_058_578_630_004_9], within: .loss, isa)
    }
  }

  /// A class that is ruled out by a logit of −∞ takes no part; where it is the label, or smoothing asks for it, the
  /// loss is infinite and the gradient finite.
  func testCrossEntropyWithClassesRuledOut() {
    for classes in [5, 100] {
      var logits = [Float](repeating: -infinity, count: classes)
      (logits[0], logits[2]) = (0, 1)
      for (label, smoothing) in [(0, 0), (1, 0), (0, 0.5), (1, 1)] as [(Int, Float)] {
        onEveryMachine {
          var loss: Float = 7
          var gradient = [Float](repeating: 7, count: classes)
          XCTAssertEqual(
            ck_softmax_cross_entropy(
              1, Int64(classes), logits, [Int32(label)], nil, nil, smoothing, 1, &loss, nil, &gradient), CK_OK)
          return [[loss], gradient]
        } check: { outputs, isa in
          let name = "\(isa): \(classes) classes, label \(label), smoothing \(smoothing)"
          if label == 0 && smoothing == 0 {
            assertClose(outputs[0], [1.313_261_687_518_222_8], within: .loss, name)
          } else {
            XCTAssertEqual(outputs[0], [infinity], name)
          }
          let uniform = Double(smoothing) / Double(classes)
          let expected = (0..<classes).map { i -> Double in
            let probability = i == 0 ? 0.268_941_421_369_995_1 : i == 2 ? 0.731_058_578_630_004_9 : 0
            return probability - uniform - (i == label ? 1 - Double(smoothing) : 0)
          }
          assertClose(outputs[1], expected, within: .crossEntropyGradient, name)
        }
      }
    }
  }

  /// σ′ = y (1 − y) and tanh′ = 1 − y² keep the digits that y has next to ±1.
  func testSlopesFromValuesNextToOne() {
    let y: [Float] = (1...24).flatMap { bits -> [Float] in
      let gap = Float(sign: .plus, exponent: -bits, significand: 1.234_567)
      return [1 - gap, -(1 - gap), gap]
    }
    let one = [Float](repeating: 1, count: y.count)
    onEveryMachine {
      var sigmoid = one
      var tanh = one
      XCTAssertEqual(ck_activation_backward(CK_SIGMOID, 0, Int64(y.count), y, one, &sigmoid, CK_OVERWRITE), CK_OK)
      XCTAssertEqual(ck_activation_backward(CK_TANH, 0, Int64(y.count), y, one, &tanh, CK_OVERWRITE), CK_OK)
      return [sigmoid, tanh]
    } check: { outputs, isa in
      assertClose(outputs[0], y.map { Double($0) * (1 - Double($0)) }, within: .slopeFromTheValue, "\(isa) sigmoid")
      assertClose(outputs[1], y.map { 1 - Double($0) * Double($0) }, within: .slopeFromTheValue, "\(isa) tanh")
    }
  }

  func testGradientsThroughFlatPartsAndNaN() {
    onEveryMachine {
      // An infinite gradient passes no flat part: 0, not 0 · ∞.
      let y: [Float] = [0, 0.5, 1]
      var hard: [Float] = [7, 7, 7]
      let infinite = [Float](repeating: infinity, count: 3)
      XCTAssertEqual(ck_activation_backward(CK_HARD_SIGMOID, 0, 3, y, infinite, &hard, CK_OVERWRITE), CK_OK)
      // NaN reaches the slope of a parametric ReLU.
      var slopes: [Float] = [7, 7]
      XCTAssertEqual(
        ck_prelu_backward(
          2, 2, [.nan, 1, -1, -2], 2, [0.5, 0.5], [1, 1, 1, 1], nil, CK_OVERWRITE, &slopes, CK_OVERWRITE),
        CK_OK)
      return [hard, slopes]
    } check: { outputs, isa in
      assertSame(outputs[0], [0, infinity, 0], isa)
      assertSame(outputs[1], [.nan, -2], isa)
    }
  }

  /// In the order ±0, ±∞, NaN, ± a denormal, ±1.
  func testUnaryFunctions() {
    let tiny = Float(1e-40)
    let x: [Float] = [0, -0.0, infinity, -infinity, .nan, tiny, -tiny, 1, -1]
    let nan = Float.nan
    let expected: [(ck_unary, [Float])] = [
      (CK_SQRT, [0, -0.0, infinity, nan, nan, tiny.squareRoot(), nan, 1, nan]),
      (CK_RSQRT, [infinity, -infinity, 0, nan, nan, 1 / tiny.squareRoot(), nan, 1, nan]),
      (CK_RECIPROCAL, [infinity, -infinity, 0, -0.0, nan, infinity, -infinity, 1, -1]),
      (CK_SQUARE, [0, 0, infinity, infinity, nan, 0, 0, 1, 1]),
      (CK_SIGN, [0, -0.0, 1, -1, nan, 1, -1, 1, -1]),  // PyTorch's sign of NaN is 0
      (CK_ABSOLUTE, [0, 0, infinity, infinity, nan, tiny, tiny, 1, 1]),
    ]
    for (operation, values) in expected {
      onEveryMachine {
        var y = x
        XCTAssertEqual(ck_unary_forward(operation, Int64(x.count), x, &y), CK_OK)
        return [y]
      } check: { outputs, isa in
        assertSame(outputs[0], values, "\(isa) operation \(operation.rawValue)")
        for (a, b) in zip(outputs[0], values) where !b.isNaN { XCTAssertEqual(a.sign, b.sign, isa) }
      }
    }
  }

  func testPointLossesOfInfinitiesAndDenormals() {
    let tiny = Float(1e-40)
    let p: [Float] = [infinity, -infinity, .nan, tiny, 0]
    let expected: [(loss: [Float], gradient: [Float])] = [
      ([infinity, infinity, .nan, 0, 0], [infinity, -infinity, .nan, 2 * tiny, 0]),
      ([infinity, infinity, .nan, tiny, 0], [1, -1, .nan, 1, 0]),  // PyTorch's derivative of |NaN| is 0
      ([infinity, infinity, .nan, 0, 0], [1, -1, .nan, tiny, 0]),
    ]
    for (kind, expected) in expected.enumerated() {
      onEveryMachine {
        var loss = p
        var gradient = p
        for i in p.indices {
          switch kind {
          case 0: _ = ck_mean_squared_error(1, [p[i]], [0], nil, 1, &loss[i], &gradient[i])
          case 1: _ = ck_mean_absolute_error(1, [p[i]], [0], nil, 1, &loss[i], &gradient[i])
          default: _ = ck_huber_loss(1, [p[i]], [0], nil, 1, 1, &loss[i], &gradient[i])
          }
        }
        return [loss, gradient]
      } check: { outputs, isa in
        assertSame(outputs[0], expected.loss, "\(isa) loss \(kind)")
        assertSame(outputs[1], expected.gradient, "\(isa) gradient \(kind)")
      }
    }
  }
}
