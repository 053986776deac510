import Myelin
import MyelinModels
import XCTest

final class MLPTests: XCTestCase {
  func testShapesNamesAndConfiguration() throws {
    let model = MLP([6, 5, 4, 3], activation: .tanh, dropout: 0.5, inputDropout: 0.25)
    XCTAssertEqual(
      model.namedParameters.map(\.name), (0..<3).flatMap { ["layers.\($0).weight", "layers.\($0).bias"] })
    XCTAssertEqual(model.parameterCount, 6 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3)
    XCTAssertEqual(model(Tensor(zeros: [7, 2, 3])).shape, [7, 3])
    let coded = try JSONEncoder().encode(model.configuration)
    let copy = MLP(try JSONDecoder().decode(MLP.Configuration.self, from: coded))
    try copy.load(model.stateDictionary)
    let x = RandomGenerator(seed: 1).normal([4, 6])
    XCTAssertEqual(withoutGradient { copy(x) }.scalars, withoutGradient { model(x) }.scalars)
    XCTAssertNotEqual(model(x).scalars, model(x).scalars, "dropout while gradients are recorded")
  }

  /// XOR cannot be learned without a hidden layer that works forwards and backwards.
  func testLearnsXOR() {
    RandomGenerator.shared.reset(seed: 1)
    let model = MLP([2, 8, 2], activation: .tanh)
    let optimizer = Adam(model.parameters, learningRate: 0.05)
    let x = Tensor([0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2])
    let labels = Indices([0, 1, 1, 0])
    for _ in 0..<200 {
      softmaxCrossEntropy(model(x), labels).backward()
      optimizer.step()
    }
    XCTAssertEqual(accuracy(model(x), labels), 1)
    XCTAssertLessThan(softmaxCrossEntropy(model(x), labels).scalar, 0.05)
  }
}
