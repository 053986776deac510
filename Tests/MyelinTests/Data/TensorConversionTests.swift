import Myelin
import XCTest

final class TensorConversionTests: XCTestCase {
  func testTensorsThroughSafetensors() throws {
    let url = try temporaryFolder(self).appendingPathComponent("a.safetensors")
    let weight = Tensor([1, -2.5, .infinity, 0, 0x1p-140, 3], shape: [2, 3])
    try Safetensors(["weight": weight, "step": Tensor(7)], metadata: ["epoch": "3"]).write(to: url)
    let file = try Safetensors(contentsOf: url)
    XCTAssertEqual(file.metadata, ["epoch": "3"])
    XCTAssertEqual(try file.tensor(named: "weight").shape, [2, 3])
    XCTAssertEqual(try file.tensor(named: "weight").scalars, weight.scalars)
    XCTAssertEqual(try file.tensors()["step"]?.scalar, 7)
    XCTAssertEqual(
      errorLine { try file.tensor(named: "wieght") }, "\(url.path): no tensor \"wieght\"; did you mean \"weight\"?")
  }

  func testShapesThatATensorCannotHave() throws {
    let deep = NumericArray([1] as [Float], shape: [1, 1, 1, 1, 1, 1, 1, 1, 1])
    XCTAssertEqual(
      errorLine { try deep.tensor(source: "a.npy") },
      "a.npy: array of shape [1, 1, 1, 1, 1, 1, 1, 1, 1]: expected at most 8 axes, each below 2^31")
    let long = NumericArray([] as [Float], shape: [1 << 40, 0])
    XCTAssertThrowsError(try long.tensor(source: "a.npy"))
    XCTAssertThrowsError(try long.indices(source: "a.npy"))
  }

  func testScaling() throws {
    let bytes = NumericArray(.uint8, shape: [3], bytes: [0, 51, 255])
    XCTAssertEqual(try bytes.tensor(source: "a", scale: 1 / 255).scalars, [0, 51 * (1 / 255), 1])
    XCTAssertEqual(
      try NumericArray([3, -1] as [Int32], shape: [2]).tensor(source: "a", scale: 0.5).scalars, [1.5, -0.5])
  }

  func testIndices() throws {
    let indices = Indices([3, -1, 2, 7], shape: [2, 2])
    XCTAssertEqual(try NumericArray(indices).indices(source: "a"), indices)
    XCTAssertEqual(try NumericArray(Tensor([1, 2])).indices(source: "a").values, [1, 2])
  }

  func testTabularData() throws {
    let text = "x,k,y\n" + (0..<100).map { "\($0),\($0 % 4),\($0 < 30 ? "a" : "b")\n" }.joined()
    let table = try Table(csv: Array(text.utf8), source: "a.csv")
    let data = try TabularData(table, target: "y", validation: 0.1, test: 0.2, seed: 1)
    XCTAssertEqual(data.training.count, 70)
    XCTAssertEqual(data.validation?.count, 10)
    XCTAssertEqual(data.test?.count, 20)
    XCTAssertEqual(data.test?.labels?.values.count { $0 == 0 }, 6)
    XCTAssertEqual(data.features.featureNames, ["x", "k"])
    // Standardised on the training part: its mean is 0 there.
    XCTAssertEqual(
      data.training.inputs.scalars.enumerated().filter { $0.offset % 2 == 0 }.map(\.element).reduce(0, +), 0,
      accuracy: 1e-4)
    let again = try TabularData(table, target: "y", validation: 0.1, test: 0.2, seed: 1)
    XCTAssertEqual(again.split, data.split)
    XCTAssertEqual(again.training.inputs.scalars, data.training.inputs.scalars)

    let regression = try TabularData(table, target: "x", test: 0)
    XCTAssertNil(regression.test)
    XCTAssertEqual(regression.training.targets?.shape, [100, 1])
    XCTAssertEqual(regression.target.task, .regression)
  }
}
