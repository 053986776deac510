import XCTest

@testable import Myelin

/// Layers over images against PyTorch (Tests/golden/picture_layers.py), and their gradients against differences.
final class PictureLayerTests: XCTestCase {
  /// Output and gradients of Σ output · w against the golden values of `name`, and against differences.
  private func check(
    _ name: String, _ parameters: [(String, Parameter)], tolerance: Float = 1e-5, differences: Bool = true,
    _ function: () -> Tensor, line: UInt = #line
  ) {
    for (_, parameter) in parameters { parameter.gradient = nil }
    let output = function()
    expect("\(name) y", output, tolerance, line)
    (output * golden(output.shape, 5)).sum().backward()
    for (key, parameter) in parameters { expect("\(name) d\(key)", parameter.gradient!, tolerance, line) }
    for (_, parameter) in parameters { parameter.gradient = nil }
    if differences { assertGradients(name, parameters.map(\.1), tolerance: 5e-3, function, line: line) }
  }

  private func expect(_ name: String, _ found: Tensor, _ tolerance: Float, _ line: UInt) {
    guard let expected = pictureGolden[name] else { return XCTFail("no golden values of \(name)", line: line) }
    assertClose(found.scalars, expected, tolerance: tolerance, name, line: line)
  }

  private func setUp(_ layer: (weight: Parameter?, bias: Parameter?), _ channels: Int) {
    layer.weight?.value = golden(Shape(channels), 2) + 1.5
    layer.bias?.value = golden(Shape(channels), 3)
  }

  // MARK: Normalisation

  func testBatchNorm() {
    let x = Parameter(golden([2, 2, 3, 3], 1))
    let norm = BatchNorm(3, momentum: 0.2)
    setUp((norm.weight, norm.bias), 3)
    norm.runningMean.value = golden([3], 6)
    norm.runningVariance.value = golden([3], 7) + 2
    let named = [("x", x), ("weight", norm.weight!), ("bias", norm.bias!)]
    let before = (norm.runningMean.value, norm.runningVariance.value)
    _ = checkGradients(of: norm) { norm(x.value).sum() }
    XCTAssertEqual(norm.runningMean.value.scalars, before.0.scalars, "a check of gradients puts statistics back")
    check("batch norm", named, differences: false) { norm(x.value) }
    expect("batch norm running mean", norm.runningMean.value, 1e-6, #line)
    expect("batch norm running variance", norm.runningVariance.value, 1e-6, #line)
    let after = (norm.runningMean.value.scalars, norm.runningVariance.value.scalars)
    assertGradients("batch norm", named.map(\.1), tolerance: 5e-3) { norm(x.value) }

    norm.runningMean.value = Tensor(after.0)
    norm.runningVariance.value = Tensor(after.1)
    expect("batch norm inference y", withoutGradient { norm(x.value) }, 1e-5, #line)
    norm.usesRunningStatistics = true
    check("batch norm inference", named) { norm(x.value) }
    XCTAssertEqual(norm.runningMean.value.scalars, after.0, "neither inference nor frozen statistics move them")
    XCTAssertEqual(norm.runningVariance.value.scalars, after.1)
  }

  func testBatchNormWithActivationAndResidual() {
    for activation in [Activation.relu, .silu] {
      let x = Parameter(golden([2, 2, 3, 3], 1))
      let residual = Parameter(golden([2, 2, 3, 3], 4))
      let norm = BatchNorm(3, activation: activation)
      setUp((norm.weight, norm.bias), 3)
      check(
        "batch norm \(activation) residual",
        [("x", x), ("weight", norm.weight!), ("bias", norm.bias!), ("residual", residual)],
        differences: activation == .silu
      ) { norm(x.value, adding: residual.value) }
      // The same tensor twice, and a result that something else needs too.
      assertGradients("itself added", [x], tolerance: 5e-3) {
        let y = norm(x.value, adding: x.value)
        return y * y
      }
    }
  }

  /// A fused activation gives what the operations give one by one, whatever its slope is computed from.
  func testEachActivationIsFused() {
    let x = Parameter(golden([3, 4, 5, 6], 1))
    let residual = Parameter(golden([3, 4, 5, 6], 4))
    for activation in Activation.names.compactMap({ Activation($0) }) where activation != .step {
      for groups in [0, 2] {
        func run(_ fused: Bool) -> ([Float], [[Float]]) {
          x.gradient = nil
          residual.gradient = nil
          let y: Tensor
          if groups == 0 {
            let norm = BatchNorm(6, activation: fused ? activation : .identity)
            y = fused ? norm(x.value, adding: residual.value) : activation(norm(x.value) + residual.value)
          } else {
            let norm = GroupNorm(groups: groups, 6, activation: fused ? activation : .identity)
            y = fused ? norm(x.value, adding: residual.value) : activation(norm(x.value) + residual.value)
          }
          (y * golden(y.shape, 5)).sum().backward()
          return (y.scalars, [x.gradient!.scalars, residual.gradient!.scalars])
        }
        let (fused, separate) = (run(true), run(false))
        assertClose(fused.0, separate.0, tolerance: 1e-6, "\(activation)")
        assertClose(fused.1[0], separate.1[0], tolerance: 5e-6, "\(activation) dx")
        assertClose(fused.1[1], separate.1[1], tolerance: 5e-6, "\(activation) dresidual")
      }
    }
  }

  func testBatchNormOfOneValueKeepsItsStatistics() {
    let norm = BatchNorm(2)
    norm.bias!.value = Tensor([3, 4])
    let y = norm(Tensor([7, -5], shape: [1, 2]))
    XCTAssertEqual(y.scalars, [3, 4])
    XCTAssertEqual(norm.runningMean.value.scalars, [0, 0])
    XCTAssertEqual(norm.runningVariance.value.scalars, [1, 1])
    XCTAssertEqual(norm(Tensor(zeros: [0, 2])).shape, [0, 2])
    XCTAssertEqual(BatchNorm(2, affine: false).parameters.count, 0)
    XCTAssertEqual(norm.parameters.map(\.name), ["weight", "bias"])
    XCTAssertEqual(norm.buffers.map(\.name), ["runningMean", "runningVariance"])
  }

  func testGroupAndInstanceNorm() {
    let x = Parameter(golden([2, 2, 2, 4], 1))
    for (name, activation) in [("group norm", Activation.identity), ("group norm silu", .silu)] {
      let norm = GroupNorm(groups: 2, 4, activation: activation)
      setUp((norm.weight, norm.bias), 4)
      check(name, [("x", x), ("weight", norm.weight!), ("bias", norm.bias!)]) { norm(x.value) }
    }
    let instance = InstanceNorm(4)
    XCTAssertTrue(instance.parameters.isEmpty)
    // A pixel changed by 0.01 among four moves a deviation that may be small: differences are rough.
    check("instance norm", [("x", x)], tolerance: 3e-5, differences: false) { instance(x.value) }
  }

  func testLayerAndRMSNorm() {
    let x = Parameter(golden([3, 4], 1))
    let layer = LayerNorm(4)
    setUp((layer.weight, layer.bias), 4)
    check("layer norm", [("x", x), ("weight", layer.weight!), ("bias", layer.bias!)]) { layer(x.value) }
    let rms = RMSNorm(4)
    setUp((rms.weight, nil), 4)
    check("rms norm", [("x", x), ("weight", rms.weight!)]) { rms(x.value) }
    XCTAssertNil(LayerNorm(3, bias: false).bias)
    XCTAssertEqual(LayerNorm(3, affine: false)(golden([2, 3], 1)).scalars, LayerNorm(3)(golden([2, 3], 1)).scalars)
  }

  // MARK: Pooling

  func testMaxPool() {
    let x = Parameter(golden([1, 5, 4, 2], 1))
    check("max pool", [("x", x)]) { MaxPool2D(2)(x.value) }
    check("max pool 3", [("x", x)]) { MaxPool2D((3, 2), stride: (2, 1), padding: (1, 0))(x.value) }
    check("max pool ceiling", [("x", x)]) { MaxPool2D(2, stride: 2, padding: 1, ceiling: true)(x.value) }
    let ties = Parameter(Tensor(golden([1, 5, 4, 2], 1).scalars.map { ($0 * 2).rounded() }, shape: [1, 5, 4, 2]))
    check("max pool ties", [("x", ties)], differences: false) { MaxPool2D(3, stride: 1, padding: 1)(ties.value) }
    XCTAssertEqual(MaxPool2D((3, 2), stride: (2, 1)).description, "MaxPool2D((3, 2), stride: (2, 1))")
    XCTAssertEqual(MaxPool2D(2).description, "MaxPool2D(2)")
  }

  func testAveragePool() {
    let x = Parameter(golden([1, 5, 4, 2], 1))
    check("average pool", [("x", x)]) { AveragePool2D(3, stride: 2, padding: 1)(x.value) }
    check("average pool without padding", [("x", x)]) {
      AveragePool2D(3, stride: 2, padding: 1, countsPadding: false)(x.value)
    }
    check("average pool ceiling", [("x", x)]) { AveragePool2D(2, stride: 2, padding: 1, ceiling: true)(x.value) }
    check("adaptive average", [("x", x)]) { AdaptiveAveragePool2D(2, 3)(x.value) }
    check("adaptive max", [("x", x)]) { AdaptiveMaxPool2D(2, 3)(x.value) }
    check("global average", [("x", x)]) { GlobalAveragePool2D()(x.value) }
    XCTAssertEqual(AveragePool2D(2)(Tensor(zeros: [0, 4, 4, 3])).shape, [0, 2, 2, 3])
  }

  // MARK: Resampling

  func testResampling() {
    let x = Parameter(golden([1, 3, 2, 4], 1))
    check("nearest", [("x", x)]) { Upsample(2)(x.value) }
    check("bilinear", [("x", x)]) { x.value.resized(height: 5, width: 4, .bilinear()) }
    check("bilinear corners", [("x", x)]) { x.value.resized(height: 5, width: 4, .bilinear(alignsCorners: true)) }
    check("pixel shuffle", [("x", x)]) { PixelShuffle(2)(x.value) }
    check("pad zeros", [("x", x)]) { Pad2D(bottom: 1, left: 1, right: 2)(x.value) }
    check("pad reflect", [("x", x)]) { x.value.padded(top: 2, bottom: 1, left: 1, right: 1, .reflect) }
    check("pad replicate", [("x", x)]) { x.value.padded(top: 3, left: 1, right: 2, .replicate) }
    XCTAssertEqual(Upsample(3, .bilinear())(x.value).shape, [1, 9, 6, 4])
    XCTAssertEqual(Pad2D(1).description, "Pad2D(1, constant(0.0))")
  }

  func testFlipsAndCrops() {
    let x = Parameter(Tensor([1, 2, 3, 4, 5, 6], shape: [1, 2, 3, 1]))
    XCTAssertEqual(x.value.flipped().scalars, [3, 2, 1, 6, 5, 4])
    XCTAssertEqual(x.value.flipped(horizontally: false, vertically: true).scalars, [4, 5, 6, 1, 2, 3])
    XCTAssertEqual(x.value.cropped(rows: 1..<2, columns: 1..<3).scalars, [5, 6])
    XCTAssertEqual(x.value.padded(top: -1, left: -1).scalars, [5, 6])
    XCTAssertEqual(x.value.padded(top: 1, .constant(7)).scalars, [7, 7, 7, 1, 2, 3, 4, 5, 6])
    XCTAssertEqual(x.value.cropped(rows: 0..<0, columns: 0..<3).shape, [1, 0, 3, 1])
    assertGradients("flip", [x]) { x.value.flipped(vertically: true) }
    assertGradients("crop", [x]) { x.value.cropped(rows: 0..<2, columns: 1..<2) }
  }

  // MARK: Blocks

  func testResidualAddsWhatItsBodyGives() {
    let x = Parameter(golden([3, 4], 1))
    let block = Residual(activation: .silu) {
      Dense(4, 5, activation: .tanh)
      Dense(5, 4)
    }
    XCTAssertEqual(
      block(x.value).scalars, silu(block.body(x.value) + x.value).scalars)
    XCTAssertEqual(block.parameters.map(\.name).first, "body.layers.0.weight")
    assertGradients("residual", [x] + block.parameters, tolerance: 5e-3) { block(x.value) }
    let wider = Residual(Dense(4, 6), shortcut: Dense(4, 6, bias: false))
    XCTAssertEqual(wider.parameters.map(\.name), ["body.weight", "body.bias", "shortcut.weight"])
    XCTAssertEqual(wider(x.value).shape, [3, 6])
  }

  func testSqueezeExcitationScalesChannels() {
    let x = Parameter(golden([2, 2, 3, 4], 1))
    let layer = SqueezeExcitation(4, reduction: 2)
    layer.excitation.weight.value = Tensor(zeros: [2, 4])
    XCTAssertEqual(layer(x.value).scalars, x.value.scalars.map { $0 * 0.5 }, "σ(0) of each channel")
    layer.excitation.weight.value = golden([2, 4], 3)
    layer.squeeze.bias!.value = Tensor([0.5, 0.4])
    assertGradients("squeeze and excitation", [x] + layer.parameters, tolerance: 5e-3) { layer(x.value) }
    XCTAssertEqual(
      layer.parameters.map(\.name), ["squeeze.weight", "squeeze.bias", "excitation.weight", "excitation.bias"])
  }

  // MARK: In training

  private struct Classifier: Module {
    let norm = BatchNorm(3, activation: .relu)
    let pool = MaxPool2D(2)
    let mean = GlobalAveragePool2D()
    let output = Dense(3, 2)
    func callAsFunction(_ x: Tensor) -> Tensor { output(mean(pool(norm(x)))) }
  }

  /// Layers tell of themselves, so that a summary, a profile and the search for a NaN know them.
  func testASummaryKnowsThemAndLeavesTheirBuffers() throws {
    let model = Classifier()
    let summary = model.summary(input: golden([2, 4, 4, 3], 1))
    XCTAssertEqual(summary.rows.map(\.outputShape), [[2, 4, 4, 3], [2, 2, 2, 3], [2, 3], [2, 2]])
    XCTAssertEqual(summary.bufferCount, 6)
    XCTAssertEqual(model.norm.runningMean.value.scalars, [0, 0, 0])
    let copy = Classifier()
    _ = model(golden([2, 4, 4, 3], 1))
    try copy.load(model.stateDictionary)
    XCTAssertEqual(copy.norm.runningVariance.value.scalars, model.norm.runningVariance.value.scalars)
  }

  func testRunningStatisticsOfPyTorchAreTakenOver() throws {
    let model = Classifier()
    var tensors = model.stateDictionary
    tensors["norm.runningMean"] = nil
    tensors["norm.runningVariance"] = nil
    tensors["norm.running_mean"] = Tensor([1, 2, 3])
    tensors["norm.running_var"] = Tensor([4, 5, 6])
    tensors["norm.num_batches_tracked"] = Tensor(7)
    tensors["output.weight"] = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
    try model.load(tensors, layout: .pytorch)
    XCTAssertEqual(model.norm.runningMean.value.scalars, [1, 2, 3])
    XCTAssertEqual(model.norm.runningVariance.value.scalars, [4, 5, 6])
    XCTAssertThrowsError(try model.load(tensors, layout: .myelin))
  }

  func testTheSameBitsAtAnyThreadCount() {
    defer { Runtime.threadCount = 0 }
    var first: [[Float]]?
    for threads in 1...4 {
      Runtime.threadCount = threads
      RandomGenerator.shared.reset(seed: 3)
      let model = Classifier()
      let optimizer = SGD(model.parameters, learningRate: 0.1)
      let x = RandomGenerator(seed: 5).uniform([16, 32, 32, 3], low: -1, high: 2)
      for _ in 0..<3 {
        softmaxCrossEntropy(model(x), Indices((0..<16).map { $0 % 2 })).backward()
        optimizer.step()
      }
      let state = model.stateDictionary.sorted { $0.key < $1.key }.map(\.value.scalars)
      if first == nil { first = state }
      XCTAssertEqual(state, first, "\(threads) threads")
    }
  }
}
