import Foundation
import XCTest

@testable import Myelin

/// Subtracts a running mean, which training moves.
private final class Centering: Module {
  let mean: Buffer
  let scale: Parameter
  init(_ features: Int) {
    mean = Buffer(Tensor(zeros: Shape(features)))
    scale = Parameter(Tensor(ones: Shape(features)))
  }
  func callAsFunction(_ x: Tensor) -> Tensor {
    if isRecordingGradients { mean.value = mean.value * 0.5 + x.detached.mean(axis: 0) * 0.5 }
    return (x - mean.value) * scale.value
  }
}

private struct Network: Module {
  let centering = Centering(2)
  let output = Dense(2, 3)
  func callAsFunction(_ x: Tensor) -> Tensor { output(centering(x)) }
}

final class BufferTests: XCTestCase {
  func testBuffersHaveNamesAndAreNotTrained() {
    let network = Network()
    XCTAssertEqual(network.namedBuffers.map(\.name), ["centering.mean"])
    XCTAssertEqual(network.buffers.map(\.name), ["centering.mean"])
    XCTAssertEqual(network.parameters.map(\.name), ["centering.scale", "output.weight", "output.bias"])
    XCTAssertEqual(
      Set(network.stateDictionary.keys), ["centering.mean", "centering.scale", "output.weight", "output.bias"])
    XCTAssertEqual(network.summary().bufferCount, 2)
    XCTAssertTrue(network.summary().description.hasSuffix("11 parameters, 52 bytes, 2 in buffers"))
    XCTAssertFalse(network.centering.mean.value.requiresGradient)
  }

  func testLoadingTakesBuffersAndRefusesWithoutThem() throws {
    let (a, b) = (Network(), Network())
    a.centering.mean.value = Tensor([3, 4])
    try b.load(a.stateDictionary)
    XCTAssertEqual(b.centering.mean.value.scalars, [3, 4])
    var state = a.stateDictionary
    state["centering.mean"] = nil
    XCTAssertThrowsError(try b.load(state)) { XCTAssertEqual(($0 as! ModelStateError).missing, ["centering.mean"]) }
    // The dictionary is a copy: what training does to the model does not reach it.
    let kept = a.stateDictionary["centering.mean"]!
    _ = a(Tensor(ones: [4, 2]))
    XCTAssertNotEqual(a.centering.mean.value.scalars, kept.scalars)
    XCTAssertEqual(kept.scalars, [3, 4])
  }

  func testWhatRunsTheModelAgainPutsThemBack() {
    let network = Network()
    network.centering.mean.value = Tensor([0.25, -0.5])
    let random = RandomGenerator.shared.state
    let (x, y) = (Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2]), Indices([0, 1, 2]))
    let check = checkGradients(of: network) { softmaxCrossEntropy(network(dropout(x, probability: 0.5)), y) }
    XCTAssertTrue(check.isWithin(2e-2), "\(check.worst)")
    XCTAssertEqual(network.centering.mean.value.scalars, [0.25, -0.5])
    XCTAssertEqual(RandomGenerator.shared.state, random)

    let summary = network.summary(input: x)
    XCTAssertEqual(summary.rows.map(\.outputShape), [[3, 2], [3, 3]])
    XCTAssertEqual(network.centering.mean.value.scalars, [0.25, -0.5])
  }

  func testCheckpointsAndBestWeightsHaveThem() throws {
    let url = try TrainingSupport.temporaryFolder(self).appendingPathComponent("c.safetensors")
    func trainer(_ network: Network) -> Trainer<TensorBatch> {
      Trainer(
        network, objective: .classification(), optimizer: SGD(network.parameters, learningRate: 0.1),
        options: .init {
          $0.epochs = 3
          $0.keepsBestWeights = true
          $0.stopsOnInterrupt = false
        })
    }
    RandomGenerator.shared.reset(seed: 4)
    let network = Network()
    let first = trainer(network)
    let data = TrainingSupport.clouds(96)
    try first.fit(data, validation: TrainingSupport.clouds(30, seed: 2))
    XCTAssertNotEqual(network.centering.mean.value.scalars, [0, 0])
    try first.checkpoint().write(to: url)
    let read = try Checkpoint(contentsOf: url)
    XCTAssertEqual(read.weights["centering.mean"]!.scalars, network.centering.mean.value.scalars)
    XCTAssertNotNil(read.bestWeights["centering.mean"])
    let other = Network()
    try trainer(other).restore(read)
    XCTAssertEqual(other.centering.mean.value.scalars, network.centering.mean.value.scalars)
  }
}
