import MyelinModels
import Synchronization
import XCTest

@testable import Myelin

final class PredictorTests: XCTestCase {
  /// Several threads predict while the model goes on learning; all get the answers of the moment of the copy.
  func testPredictsFromManyThreadsWhileTheModelLearns() async {
    RandomGenerator.shared.reset(seed: 3)
    let model = MLP([4, 64, 3], dropout: 0.5)
    let random = RandomGenerator.shared.state
    let predictor = Predictor(model) { MLP([4, 64, 3], dropout: 0.5) }
    XCTAssertEqual(RandomGenerator.shared.state, random)
    let inputs = RandomGenerator(seed: 9).normal([200, 4])
    let expected = predict(model, inputs).scalars

    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask { (0..<50).count { _ in predictor(inputs).scalars != expected } }
      }
      let optimizer = SGD(model.parameters, learningRate: 0.1)
      for _ in 0..<50 {
        softmaxCrossEntropy(model(inputs), Indices((0..<200).map { $0 % 3 })).backward()
        optimizer.step()
      }
      for await wrong in group { XCTAssertEqual(wrong, 0) }
    }
    XCTAssertNotEqual(predict(model, inputs).scalars, expected)
    XCTAssertEqual(predictor(inputs).scalars, expected)
  }

  func testInitialWeightsFromAGeneratorOfOnesOwn() {
    let shared = RandomGenerator.shared.state
    func weights(_ seed: UInt64) -> [Float] {
      Dense(5, 7, initializer: .heNormal, generator: RandomGenerator(seed: seed)).weight.value.scalars
    }
    XCTAssertEqual(weights(1), weights(1))
    XCTAssertNotEqual(weights(1), weights(2))
    XCTAssertEqual(RandomGenerator.shared.state, shared, "the shared stream must not be touched")
  }
}
