import Myelin
import XCTest

final class GradientTests: XCTestCase {
  private func parameter(_ shape: Shape, seed: UInt64, low: Float = -1, high: Float = 1) -> Parameter {
    Parameter(RandomGenerator(seed: seed).uniform(shape, low: low, high: high))
  }

  func testBroadcastArithmetic() {
    for (a, b) in [([3, 4], [3, 4]), ([3, 4], [4]), ([2, 1, 3], [4, 1]), ([], [2, 2]), ([2, 3], [1, 1])]
      as [(Shape, Shape)]
    {
      let x = parameter(a, seed: 1, low: 0.5, high: 2)
      let y = parameter(b, seed: 2, low: 0.5, high: 2)
      assertGradients("+", [x, y]) { x.value + y.value }
      assertGradients("-", [x, y]) { x.value - y.value }
      assertGradients("*", [x, y]) { x.value * y.value }
      assertGradients("/", [x, y]) { x.value / y.value }
      assertGradients("pow", [x, y]) { pow(x.value, y.value) }
      assertGradients("maximum", [x, y]) { maximum(x.value, y.value) }
      assertGradients("minimum", [x, y]) { minimum(x.value, y.value) }
    }
  }

  func testFunctions() {
    let x = parameter([3, 5], seed: 3, low: 0.3, high: 2)
    assertGradients("exp", [x]) { exp(x.value) }
    assertGradients("log", [x]) { log(x.value) }
    assertGradients("sqrt", [x]) { sqrt(x.value) }
    assertGradients("sin", [x]) { sin(x.value) }
    assertGradients("cos", [x]) { cos(x.value) }
    assertGradients("squared", [x]) { x.value.squared() }
    assertGradients("reciprocal", [x]) { x.value.reciprocal() }
    assertGradients("reciprocalSquareRoot", [x]) { x.value.reciprocalSquareRoot() }
    assertGradients("absolute", [x]) { (-x.value).absolute() }
    assertGradients("softmax", [x]) { softmax(x.value) }
    assertGradients("logSoftmax", [x]) { logSoftmax(x.value) }
    assertGradients("scalars", [x]) { 3 - (2 * x.value + 1) / 4 }
  }

  func testActivations() {
    // Away from the kinks at 0 and ±3, where the two sides differ.
    let x = Parameter(Tensor([-2.5, -1.3, -0.4, 0.3, 0.9, 2.2]))
    let all: [Activation] = [
      .identity, .relu, .leakyReLU(slope: 0.1), .sigmoid, .tanh, .gelu, .geluTanh, .silu, .elu(alpha: 0.7), .softplus,
      .hardSigmoid,
    ]
    for activation in all { assertGradients("\(activation)", [x]) { activation(x.value) } }
  }

  func testReductionsAndMovement() {
    let x = parameter([2, 3, 4], seed: 5)
    for axis in 0..<3 {
      assertGradients("sum", [x]) { x.value.sum(axis: axis) }
      assertGradients("mean", [x]) { x.value.mean(axis: axis, keepingAxis: true) }
      assertGradients("max", [x]) { x.value.max(axis: axis) }
      assertGradients("min", [x]) { x.value.min(axis: axis) }
      assertGradients("variance", [x]) { x.value.variance(axis: axis, correction: 1) }
      assertGradients("sliced", [x]) { x.value.sliced(1..<2, axis: axis) }
      assertGradients("concatenated", [x]) { Tensor.concatenated([x.value, x.value * 2], axis: axis) }
    }
    assertGradients("transposed", [x]) { x.value.transposed() }
    assertGradients("permuted", [x]) { x.value.permuted([2, 0, 1]) }
    assertGradients("reshaped", [x]) { x.value.reshaped([4, 6]) }
    assertGradients("gathered", [x]) { x.value.gathered(Indices([1, 1, 0])) }
    assertGradients("scatteredSum", [x]) { x.value.scatteredSum(Indices([3, 3]), rows: 5) }
    assertGradients("select", [x]) { select(x.value.detached .> 0, x.value * 2, x.value * 3) }
  }

  func testProducts() {
    let a = parameter([3, 4], seed: 6)
    let b = parameter([4, 5], seed: 7)
    assertGradients("matmul", [a, b]) { matmul(a.value, b.value) }
    let c = parameter([2, 3, 4], seed: 8)
    let d = parameter([2, 4, 2], seed: 9)
    assertGradients("batched", [c, d]) { matmul(c.value, d.value) }
    assertGradients("shared", [c, b]) { matmul(c.value, b.value) }
    assertGradients("dot", [a]) { dot(a.value, a.value) }
  }

  func testDenseWithEachActivation() {
    let x = parameter([5, 3], seed: 10)
    for activation: Activation in [.identity, .sigmoid, .tanh, .gelu, .silu, .softplus] {
      let layer = Dense(3, 4, activation: activation)
      assertGradients("dense \(activation)", [x] + layer.parameters) { layer(x.value) }
      let bare = Dense(3, 4, activation: activation, bias: false)
      assertGradients("dense without bias \(activation)", [x] + bare.parameters) { bare(x.value) }
    }
  }

  func testCrossEntropy() {
    let logits = parameter([4, 3], seed: 11)
    let labels = Indices([0, 2, 1, -1])
    assertGradients("cross entropy", [logits]) { softmaxCrossEntropy(logits.value, labels, labelSmoothing: 0.1) }
    assertGradients("weighted", [logits]) {
      2
        * softmaxCrossEntropy(
          logits.value, labels, classWeights: Tensor([1, 2, 3]), sampleWeights: Tensor([1, 0.5, 2, 1]))
    }
  }

  func testAValueUsedTwiceGetsBothGradients() {
    let x = Parameter(Tensor([3]))
    let y = x.value * x.value
    (y + y * x.value).sum().backward()
    XCTAssertEqual(x.gradient!.scalars, [2 * 3 + 3 * 9])
  }

  func testGradientsAddUpUntilCleared() {
    let x = Parameter(Tensor([2]))
    for _ in 0..<3 { (x.value * 5).sum().backward() }
    XCTAssertEqual(x.gradient!.scalars, [15])
    x.gradient = nil
    (x.value * 5).sum().backward()
    XCTAssertEqual(x.gradient!.scalars, [5])
  }

  func testNothingIsNotedInsideWithoutGradientOrForFrozenParameters() {
    let x = Parameter(Tensor([2]))
    XCTAssertFalse(withoutGradient { (x.value * 5).sum() }.requiresGradient)
    x.isTrainable = false
    XCTAssertFalse((x.value * 5).requiresGradient)
  }

  func testALongChainUsesNoStack() {
    let x = Parameter(Tensor([0]))
    var value = x.value
    for _ in 0..<50_000 { value = value + 1 }
    value.sum().backward()
    XCTAssertEqual(x.gradient!.scalars, [1])
  }

  func testTensorsHeldElsewhereDoNotChangeWithAStep() {
    let x = Parameter(Tensor([1, 2]))
    let optimizer = SGD([x], learningRate: 1)
    let held = x.value
    x.value.sum().backward()
    optimizer.step()
    XCTAssertEqual(held.scalars, [1, 2])
    XCTAssertEqual(x.value.scalars, [0, 1])
  }
}
