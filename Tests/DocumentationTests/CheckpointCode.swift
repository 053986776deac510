import Foundation
import Myelin
import MyelinModels
import XCTest

/// The code of the article "Checkpoints and weights".
final class CheckpointCode: XCTestCase {
  override func setUp() { RandomGenerator.shared.reset(seed: 1) }

  private let data = TensorDataset(
    inputs: RandomGenerator(seed: 4).normal([96, 8]), labels: Indices((0..<96).map { $0 % 3 }))

  private func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    return folder
  }

  func testWeights() throws {
    let url = try folder().appendingPathComponent("model.safetensors")
    let model = MLP([8, 16, 3])
    try model.safetensors(metadata: ["made by": "a test"]).write(to: url)

    let other = MLP([8, 16, 3])
    try other.load(Safetensors(contentsOf: url))
    XCTAssertEqual(other.stateDictionary.mapValues(\.scalars), model.stateDictionary.mapValues(\.scalars))
  }

  func testWeightsOfPyTorch() throws {
    let model = MLP([8, 16, 3])
    let url = try folder().appendingPathComponent("pytorch.safetensors")
    let theirs =
      ["net.0.weight": [16, 8], "net.0.bias": [16], "net.2.weight": [3, 16], "net.2.bias": [3]] as [String: Shape]
    try Safetensors(theirs.mapValues { Tensor(ones: $0) }, metadata: ["format": "pt"]).write(to: url)
    let names = ["net.0": "layers.0", "net.2": "layers.1"]
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in try Safetensors(contentsOf: url).tensors() {
      let parts = name.components(separatedBy: ".")
      tensors[names[parts.dropLast().joined(separator: ".")]! + "." + parts.last!] = tensor
    }
    try model.load(tensors, layout: .pytorch)
    XCTAssertEqual(model.layers[0].weight.value.scalars, Tensor(ones: [8, 16]).scalars)
  }

  func testAResumedRun() throws {
    let url = try folder().appendingPathComponent("run.safetensors")
    func trainer() -> Trainer<TensorBatch> {
      RandomGenerator.shared.reset(seed: 3)
      let model = MLP([8, 16, 3], dropout: 0.2)
      return Trainer(model, objective: .classification(), optimizer: Adam(model.parameters))
    }
    let whole = trainer()
    try whole.fit(data)

    let first = trainer()
    first.options.epochs = 4
    first.observers = [CheckpointWriter(url)]
    try first.fit(data)

    let second = trainer()
    try second.restore(Checkpoint(contentsOf: url))
    try second.fit(data)
    XCTAssertEqual(second.parameters.map(\.value.scalars), whole.parameters.map(\.value.scalars))
  }
}
