import Myelin
import XCTest

final class LayerTests: XCTestCase {
  func testEachActivationLayerIsItsFunction() {
    let x = RandomGenerator(seed: 1).normal([3, 7], standardDeviation: 3)
    let pairs: [(any Module<Tensor, Tensor>, (Tensor) -> Tensor)] = [
      (ReLU(), relu), (LeakyReLU(slope: 0.2), { leakyReLU($0, slope: 0.2) }), (Sigmoid(), sigmoid), (Tanh(), tanh),
      (GELU(), gelu), (GELU(approximate: true), geluTanh), (SiLU(), silu), (ELU(alpha: 0.5), { elu($0, alpha: 0.5) }),
      (Softplus(), softplus), (HardSigmoid(), hardSigmoid), (Step(), step), (Softmax(), softmax),
      (LogSoftmax(), logSoftmax), (Flatten(), { $0 }),
    ]
    for (layer, function) in pairs {
      XCTAssertEqual(layer(x).scalars, function(x).scalars, "\(layer)")
      XCTAssertTrue(layer.parameters.isEmpty)
    }
    XCTAssertEqual(Flatten()(Tensor(zeros: [2, 3, 4])).shape, [2, 12])
  }

  func testActivationsHaveNamesThatReadBack() throws {
    for name in Activation.names {
      let activation = try XCTUnwrap(Activation(name), name)
      XCTAssertEqual(Activation(activation.description), activation)
    }
    XCTAssertEqual(Activation("Leaky_ReLU(0.3)"), .leakyReLU(slope: 0.3))
    XCTAssertEqual(Activation("hard-sigmoid"), .hardSigmoid)
    for wrong in ["", "rel", "relu(1)", "elu(", "elu(x)", "elu()"] { XCTAssertNil(Activation(wrong), wrong) }
    let coded = try JSONEncoder().encode([Activation.elu(alpha: 0.25), .gelu])
    XCTAssertEqual(String(decoding: coded, as: UTF8.self), #"["elu(0.25)","gelu"]"#)
    XCTAssertEqual(try JSONDecoder().decode([Activation].self, from: coded), [.elu(alpha: 0.25), .gelu])
    XCTAssertThrowsError(try JSONDecoder().decode([Activation].self, from: Data(#"["relux"]"#.utf8)))
  }

  func testPReLUHasOneSlopeOrOneAChannel() {
    let x = Tensor([-1, 2, -3, 4, -5, -6], shape: [2, 3])
    XCTAssertEqual(PReLU()(x).scalars, [-0.25, 2, -0.75, 4, -1.25, -1.5])
    let layer = PReLU(channels: 3)
    layer.slope.value = Tensor([0.5, 1, 2])
    XCTAssertEqual(layer(x).scalars, [-0.5, 2, -6, 4, -5, -12])
    let input = Parameter(x)
    for layer in [layer, PReLU(initial: 0.1)] {
      assertGradients("prelu", [input] + layer.parameters) { layer(input.value) }
      assertGradients("prelu, slope only", layer.parameters) { layer(x) }
      layer.freeze("slope")
      assertGradients("prelu, input only", [input]) { layer(input.value) }
    }
  }

  func testRReLUDrawsSlopesWhileRecordingAndTakesTheirMeanOtherwise() {
    let layer = RReLU(lower: 0.1, upper: 0.5)
    let x = Parameter(Tensor(repeating: -1, shape: [10_000]))
    XCTAssertEqual(withoutGradient { layer(x.value) }.scalars.first!, -0.3, accuracy: 1e-7)
    let y = layer(x.value)
    y.sum().backward()
    let slopes = y.scalars.map { -$0 }
    XCTAssertEqual(slopes, x.gradient!.scalars, "the way back draws the same slopes")
    XCTAssertTrue(slopes.allSatisfy { $0 >= 0.1 && $0 < 0.5 })
    // Mean 0.3 and deviation 0.4 / √12 / √10000 = 0.0012: five of those.
    XCTAssertEqual(slopes.reduce(0, +) / 10_000, 0.3, accuracy: 0.006)
    let positive = Tensor([0.5, 1, 2])
    XCTAssertEqual(layer(positive).scalars, positive.scalars)
  }

  func testDropoutDropsWhileRecordingAndKeepsTheMean() {
    let layer = Dropout(0.3)
    let x = Parameter(Tensor(ones: [40_000]))
    XCTAssertEqual(withoutGradient { layer(x.value) }.scalars, x.value.scalars)
    let y = layer(x.value)
    y.sum().backward()
    XCTAssertEqual(y.scalars, x.gradient!.scalars, "the way back draws the same mask")
    let kept = y.scalars.filter { $0 != 0 }
    XCTAssertTrue(kept.allSatisfy { abs($0 - 1 / 0.7) < 1e-6 })
    // Binomial deviation √(0.21 / 40000) = 0.0023: five of those.
    XCTAssertEqual(Double(kept.count) / 40_000, 0.7, accuracy: 0.0115)
    XCTAssertNotEqual(layer(x.value).scalars, y.scalars, "each call draws anew")
    XCTAssertEqual(Dropout(0)(x.value).scalars, x.value.scalars)
    let monteCarlo = Dropout(0.5, alwaysActive: true)
    XCTAssertTrue(withoutGradient { monteCarlo(x.value) }.scalars.contains(0))
  }

  func testTheSameSeedDropsTheSame() {
    let layer = Dropout(0.5)
    let x = Tensor(ones: [257])
    func run(seed: UInt64) -> [Float] {
      RandomGenerator.shared.reset(seed: seed)
      return layer(x).scalars
    }
    XCTAssertEqual(run(seed: 5), run(seed: 5))
    XCTAssertNotEqual(run(seed: 5), run(seed: 6))
  }

  func testDropoutAppliesToInputsThatNeedNoGradient() {
    XCTAssertTrue(Dropout(0.5)(Tensor(ones: [200])).scalars.contains(0))
  }
}
