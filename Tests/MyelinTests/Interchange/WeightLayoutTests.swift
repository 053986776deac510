import Myelin
import XCTest

final class WeightLayoutTests: XCTestCase {
  private struct Network: Module {
    let hidden = Dense(2, 2, activation: .tanh)
    let output = Dense(2, 3)
    func callAsFunction(_ x: Tensor) -> Tensor { output(hidden(x)) }
  }

  /// A square weight has the same shape both ways.
  func testPyTorchWeightsAreTurned() throws {
    let tensors: [String: Tensor] = [
      "hidden.weight": Tensor([1, 2, 3, 4], shape: [2, 2]), "hidden.bias": Tensor([5, 6]),
      "output.weight": Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2]), "output.bias": Tensor([7, 8, 9]),
    ]
    let network = Network()
    let file = Safetensors(tensors, metadata: ["format": "pt"])
    try network.load(file, layout: .pytorch)
    XCTAssertEqual(network.hidden.weight.value.scalars, [1, 3, 2, 4])
    XCTAssertEqual(network.hidden.bias?.value.scalars, [5, 6])
    XCTAssertEqual(network.output.weight.value.scalars, [1, 3, 5, 2, 4, 6])
    let before = network.stateDictionary
    let line = errorLine { try network.load(file, layout: .myelin) }
    XCTAssertTrue(line.contains("output.weight has shape [3, 2], expected [2, 3]"), line)
    XCTAssertEqual(network.hidden.weight.value.scalars, before["hidden.weight"]?.scalars)
  }

  func testForeignFilesNeedALayout() throws {
    let network = Dense(2, 2)
    let weights = ["weight": Tensor([1, 2, 3, 4], shape: [2, 2]), "bias": Tensor([0, 0])]
    XCTAssertEqual(
      errorLine { try network.load(Safetensors(weights, metadata: ["format": "pt"])) },
      "safetensors: metadata \"format\" does not say that Myelin wrote it, and a square weight fits in both "
        + "directions: give `layout`: expected \"myelin\", found \"pt\"")
    XCTAssertTrue(errorLine { try network.load(Safetensors(weights)) }.hasSuffix("found none"))
    XCTAssertEqual(network.bias?.value.scalars, [0, 0])
    try network.load(Safetensors(weights), layout: .pytorch)
    XCTAssertEqual(network.weight.value.scalars, [1, 3, 2, 4])
    try network.load(Safetensors(weights), layout: .myelin)
    XCTAssertEqual(network.weight.value.scalars, [1, 2, 3, 4])
  }

  func testOurFilesSaySoThemselves() throws {
    let (written, read) = (Network(), Network())
    let url = try temporaryFolder(self).appendingPathComponent("a.safetensors")
    try written.safetensors(metadata: ["epoch": "3"]).write(to: url)
    let file = try Safetensors(contentsOf: url)
    XCTAssertEqual(file.metadata, ["epoch": "3", "format": "myelin"])
    try read.load(file)
    XCTAssertEqual(read.stateDictionary.mapValues(\.scalars), written.stateDictionary.mapValues(\.scalars))
  }
}
