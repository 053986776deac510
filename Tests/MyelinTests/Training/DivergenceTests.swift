import MyelinModels
import XCTest

@testable import Myelin

final class DivergenceTests: XCTestCase {
  /// Layers in an order that is not that of the properties, with operations between them.
  private struct Network: Module {
    let last = Dense(4, 3)
    let first = Dense(2, 4, activation: .tanh)
    let factor: Float

    func callAsFunction(_ x: Tensor) -> Tensor { last(exp(first(x) * factor)) }
  }

  private func error(
    _ model: any Module<Tensor, Tensor>, _ data: TensorDataset = TrainingSupport.clouds(64), learningRate: Float = 0.1,
    _ configure: (inout TrainerOptions) -> Void = { _ in }
  ) throws -> DivergenceError {
    var options = TrainerOptions()
    options.stopsOnInterrupt = false
    options.epochs = 50
    configure(&options)
    let trainer = Trainer(
      model, objective: .classification(), optimizer: SGD(model.parameters, learningRate: learningRate),
      options: options)
    do {
      try trainer.fit(data)
    } catch let error as DivergenceError { return error }
    throw DataError("test", "training did not diverge")
  }

  func testNamesTheOperationAndTheLayerBeforeIt() throws {
    RandomGenerator.shared.reset(seed: 1)
    let found = try error(Network(factor: 1e4))
    XCTAssertEqual(found.step, 1)
    XCTAssertEqual(found.epoch, 1)
    XCTAssertEqual(found.layer, "first")
    XCTAssertTrue(found.place.contains("exp"), found.place)
  }

  func testNamesTheLayerWhoseOutputIsNotFinite() throws {
    RandomGenerator.shared.reset(seed: 1)
    let network = Network(factor: 1)
    network.last.weight.value = Tensor(repeating: 3e38, shape: [4, 3])
    let found = try error(network)
    XCTAssertEqual(found.layer, "last")
    XCTAssertTrue(found.description.contains("step 1 (epoch 1)"), found.description)
    XCTAssertTrue(found.description.contains("learning rate of 0.01 instead of 0.1"), found.description)
    XCTAssertTrue(found.description.contains("clipping"), found.description)
    XCTAssertFalse(found.description.contains("\n"))
  }

  func testTooLargeALearningRate() throws {
    RandomGenerator.shared.reset(seed: 1)
    let found = try error(MLP([2, 16, 16, 3]), learningRate: 1e30)
    XCTAssertGreaterThan(found.step, 1)
    XCTAssertTrue(found.layer!.hasPrefix("layers."), found.layer!)
    XCTAssertTrue(found.suggestions[0].contains("learning rate"))
  }

  func testNamesInputsThatAreNotFinite() throws {
    var inputs = TrainingSupport.clouds(64).inputs
    inputs[5, 1] = .nan
    let data = TensorDataset(inputs: inputs, labels: TrainingSupport.clouds(64).labels!)
    let found = try error(MLP([2, 4, 3]), data) {
      $0.batchSize = 64
      $0.shuffles = false
    }
    XCTAssertTrue(found.place.contains("input 1 of row 5"), found.place)
    XCTAssertNil(found.layer)
  }

  func testSuggestsStandardisingLargeInputs() throws {
    let data = TensorDataset(
      inputs: TrainingSupport.clouds(64).inputs * 1e30, labels: TrainingSupport.clouds(64).labels!)
    let found = try error(MLP([2, 4, 3]), data, learningRate: 1e3)
    XCTAssertTrue(found.suggestions[0].contains("standardising the inputs"), found.description)
  }

  /// RMSProp's step is bounded by its rate, so that all numbers stay finite while the loss grows without end.
  func testNoticesALossThatOnlyGrows() throws {
    RandomGenerator.shared.reset(seed: 1)
    let model = MLP([2, 16, 3])
    let trainer = Trainer(
      model, objective: .classification(), optimizer: RMSProp(model.parameters, learningRate: 1e10),
      options: .init { $0.stopsOnInterrupt = false })
    XCTAssertThrowsError(try trainer.fit(TrainingSupport.clouds(64))) { error in
      XCTAssertTrue("\(error)".contains("the loss grew from "), "\(error)")
      XCTAssertTrue("\(error)".contains("a learning rate of 1e+09 instead of 1e+10"), "\(error)")
    }
  }

  func testNoticesTheNormOfTheGradients() throws {
    // The loss is 1; each element of the gradient is 3 · 10³⁸, and four of them have a norm beyond Float.
    let model = Dense(4, 1, initializer: .zeros)
    let trainer = Trainer(
      model, objective: .regression(.absolute), optimizer: SGD(model.parameters, learningRate: 0.1),
      options: .init {
        $0.gradientClipping = .norm(1)
        $0.stopsOnInterrupt = false
      })
    let inputs = Tensor(repeating: 3e38, shape: [8, 4])
    XCTAssertThrowsError(try trainer.fit(TensorDataset(inputs: inputs, targets: Tensor(ones: [8, 1])))) { error in
      XCTAssertTrue("\(error)".contains("the norm of the gradients is inf"), "\(error)")
      XCTAssertTrue("\(error)".contains("still finite"), "\(error)")
    }
  }
}
