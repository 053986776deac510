import MyelinModels
import XCTest

@testable import Myelin

final class TrainerTests: XCTestCase {
  func testLearnsAClassification() throws {
    let trainer = TrainingSupport.trainer(epochs: 20) { $0.schedule = nil }
    let (train, test) = (TrainingSupport.clouds(300), TrainingSupport.clouds(150, seed: 2))
    let before = trainer.evaluate(test).scores
    let result = try trainer.fit(train, validation: test)
    let after = trainer.evaluate(test).scores
    XCTAssertEqual(result.reason, .finished)
    XCTAssertEqual(result.history.count, 20)
    XCTAssertEqual(result.samples, 20 * 300)
    XCTAssertEqual(trainer.state.step, 20 * 19)
    XCTAssertLessThan(after.loss, before.loss / 2)
    XCTAssertGreaterThan(after["accuracy"]!, 0.93)
    // The best epoch's weights were put back.
    let best = result.history.map { $0.validation!.loss }.min()!
    XCTAssertEqual(after.loss, best, accuracy: 1e-6)
    XCTAssertEqual(result.history[result.restoredEpoch! - 1].validation!.loss, best)
  }

  func testLearnsARegression() throws {
    RandomGenerator.shared.reset(seed: 1)
    for objective: Objective<Tensor, TensorBatch> in [
      .regression(), .regression(.absolute), .regression(.huber(delta: 0.5)),
    ] {
      let model = Dense(2, 1)
      let trainer = Trainer(
        model, objective: objective, optimizer: Adam(model.parameters, learningRate: 0.05),
        options: .init {
          $0.epochs = 60
          $0.stopsOnInterrupt = false
          $0.schedule = .cosine(length: 60)
        })
      try trainer.fit(TrainingSupport.line(200))
      let scores = trainer.evaluate(TrainingSupport.line(100, seed: 5)).scores
      XCTAssertGreaterThan(scores["r2"]!, 0.999, objective.name)
      XCTAssertEqual(model.weight.value.scalars[1], -3, accuracy: 0.02, objective.name)
    }
  }

  func testBinaryCrossEntropyTakesLabels() throws {
    RandomGenerator.shared.reset(seed: 1)
    let clouds = TrainingSupport.clouds(300)
    let labels = Indices(clouds.labels!.values.map { $0 == 0 ? Int32(1) : 0 })
    let data = TensorDataset(inputs: clouds.inputs, labels: labels)
    let model = MLP([2, 8, 1])
    let trainer = Trainer(
      model, objective: .binaryClassification(), optimizer: Adam(model.parameters, learningRate: 0.02),
      options: .init {
        $0.epochs = 20
        $0.stopsOnInterrupt = false
      })
    let result = try trainer.fit(data)
    let scores = trainer.evaluate(data).scores
    XCTAssertGreaterThan(scores["accuracy"]!, 0.95)
    XCTAssertGreaterThan(scores["roc_auc"]!, 0.97)
    XCTAssertEqual(result.history.last!.training["accuracy"]!, scores["accuracy"]!, accuracy: 0.03)
  }

  /// Adding up four batches of 8 is one batch of 32, also where the last ones are smaller.
  func testAccumulationIsALargerBatch() throws {
    func weights(batchSize: Int, accumulated: Int, classWeights: [Float]?) throws -> [[Float]] {
      RandomGenerator.shared.reset(seed: 9)
      let model = MLP([2, 8, 3])
      let trainer = Trainer(
        model, objective: .classification(classWeights: classWeights),
        optimizer: SGD(model.parameters, learningRate: 0.1),
        options: .init {
          $0.epochs = 2
          $0.batchSize = batchSize
          $0.accumulatedBatches = accumulated
          $0.shuffles = false
          $0.stopsOnInterrupt = false
        })
      let result = try trainer.fit(TrainingSupport.clouds(70))
      XCTAssertEqual(result.history.last!.step, 6)
      return model.parameters.map(\.value.scalars)
    }
    for classWeights in [nil, [1, 5, 0.5]] as [[Float]?] {
      let whole = try weights(batchSize: 32, accumulated: 1, classWeights: classWeights)
      let parts = try weights(batchSize: 8, accumulated: 4, classWeights: classWeights)
      for (a, b) in zip(whole.joined(), parts.joined()) { XCTAssertEqual(a, b, accuracy: 2e-6) }
    }
  }

  func testWeightsChangeWhatIsLearned() throws {
    // Two labels for the same point: the prediction is the share of the weights.
    let inputs = Tensor(ones: [40, 1])
    let labels = Indices((0..<40).map { $0 < 30 ? 0 : 1 })
    func probability(classWeights: [Float]? = nil, sampleWeights: Tensor? = nil) throws -> Float {
      let model = Dense(1, 2, initializer: .zeros)
      let trainer = Trainer(
        model, objective: .classification(classWeights: classWeights),
        optimizer: SGD(model.parameters, learningRate: 0.5),
        options: .init {
          $0.epochs = 400
          $0.batchSize = 40
          $0.stopsOnInterrupt = false
        })
      try trainer.fit(TensorDataset(inputs: inputs, labels: labels, weights: sampleWeights))
      return softmax(predict(model, Tensor(ones: [1, 1]))).scalars[1]
    }
    XCTAssertEqual(try probability(), 0.25, accuracy: 1e-3)
    XCTAssertEqual(try probability(classWeights: [1, 3]), 0.5, accuracy: 1e-3)
    let weights = Tensor((0..<40).map { $0 < 30 ? 0.1 : 0.9 }, shape: [40])
    XCTAssertEqual(try probability(sampleWeights: weights), 0.75, accuracy: 1e-3)
  }

  func testGradientClippingBoundsTheStep() throws {
    func firstStep(_ clipping: GradientClipping?) throws -> [Float] {
      let model = Dense(2, 1, initializer: .constant(100))
      let trainer = Trainer(
        model, objective: .regression(), optimizer: SGD(model.parameters, learningRate: 1),
        options: .init {
          $0.epochs = 1
          $0.batchSize = 100
          $0.gradientClipping = clipping
          $0.stopsOnInterrupt = false
        })
      let before = model.parameters.flatMap(\.value.scalars)
      try trainer.fit(TrainingSupport.line(100))
      return zip(model.parameters.flatMap(\.value.scalars), before).map { $0 - $1 }
    }
    let free = try firstStep(nil)
    let byNorm = try firstStep(.norm(0.5))
    let byValue = try firstStep(.value(0.25))
    func norm(_ values: [Float]) -> Float { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    XCTAssertGreaterThan(norm(free), 10)
    // A weight of 100 is stored in steps of 8e-6.
    XCTAssertEqual(norm(byNorm), 0.5, accuracy: 1e-4)
    for (a, b) in zip(free, byNorm) { XCTAssertEqual(a / norm(free), b / 0.5, accuracy: 1e-4) }
    for (a, b) in zip(free, byValue) { XCTAssertEqual(max(-0.25, min(0.25, a)), b, accuracy: 1e-4) }
  }

  func testScheduleSetsTheRateOfEachStep() throws {
    final class Rates: TrainingObserver {
      var rates: [Float] = []
      func batchDidEnd(_ trainer: AnyTrainer, _ progress: TrainingProgress) {
        rates.append(trainer.optimizer.learningRate)
      }
    }
    let rates = Rates()
    let trainer = TrainingSupport.trainer(epochs: 4) {
      $0.schedule = .cosine(length: 4, warmup: 2)
      $0.batchSize = 50
    }
    trainer.observers = [rates]
    try trainer.fit(TrainingSupport.clouds(100))
    // Middles of eight steps: 1/8, 3/8, … of the warm-up, then (1 + cos(π/8)) / 2, …
    let expected: [Float] = [0.125, 0.375, 0.625, 0.875, 0.9619, 0.6913, 0.3087, 0.0381]
    XCTAssertEqual(rates.rates.count, 8)
    for (a, b) in zip(rates.rates, expected) { XCTAssertEqual(a, b * 0.01, accuracy: 1e-6) }
  }

  func testPlateauListensToTheValidationLoss() throws {
    let trainer = TrainingSupport.trainer(epochs: 6) {
      $0.schedule = .plateau(factor: 0.5, patience: 0, threshold: 0.99)
    }
    let result = try trainer.fit(TrainingSupport.clouds(60), validation: TrainingSupport.clouds(30, seed: 2))
    // No epoch is 99 per cent better than the first, so the rate halves after each of the others.
    XCTAssertEqual(result.history.map(\.learningRate), [0.01, 0.01, 0.005, 0.0025, 0.00125, 0.000625])
  }

  func testEarlyStoppingGivesUpAndRestores() throws {
    let trainer = TrainingSupport.trainer(epochs: 500) {
      $0.schedule = nil
      $0.earlyStopping = EarlyStopping(patience: 4)
    }
    // Labels of the validation data are shifted by one class: learning makes its loss worse.
    let valid = TrainingSupport.clouds(30, seed: 2)
    let shifted = TensorDataset(inputs: valid.inputs, labels: Indices(valid.labels!.values.map { ($0 + 1) % 3 }))
    let result = try trainer.fit(TrainingSupport.clouds(90), validation: shifted)
    XCTAssertEqual(result.reason, .noGain)
    XCTAssertEqual(result.history.count, result.restoredEpoch! + 4)
    XCTAssertEqual(
      trainer.evaluate(shifted).scores.loss, result.history[result.restoredEpoch! - 1].validation!.loss,
      accuracy: 1e-6)
    // And a second fit stays where it is.
    XCTAssertEqual(try trainer.fit(TrainingSupport.clouds(90), validation: shifted).samples, 0)
  }

  func testGainIsMeasuredInTheMeasuresDirection() {
    func record(_ epoch: Int, _ accuracy: Double) -> EpochRecord {
      EpochRecord(
        epoch: epoch, step: epoch, learningRate: 1, training: Scores(loss: 1),
        validation: Scores(loss: accuracy, metrics: [.init(.accuracy, accuracy)]))
    }
    let history = [0.5, 0.7, 0.705, 0.6].enumerated().map { record($0 + 1, $1) }
    XCTAssertEqual(EpochRecord.best(in: history, by: "accuracy")?.epoch, 3)
    XCTAssertEqual(EpochRecord.best(in: history, by: "accuracy", minimumGain: 0.01)?.epoch, 2)
    XCTAssertEqual(EpochRecord.best(in: history, by: "loss")?.epoch, 1)
    XCTAssertTrue(EarlyStopping(patience: 1).shouldStop(after: history, measure: "accuracy"))
    XCTAssertFalse(EarlyStopping(patience: 2).shouldStop(after: history, measure: "accuracy"))
    XCTAssertNil(EpochRecord.best(in: history, by: "r2"))
  }

  /// Two machines with parts of a batch, here one after the other in one process, take the step of the whole batch.
  func testGradientExchangeSumsOverMachines() throws {
    let data = TrainingSupport.line(30)
    func train(_ rows: Range<Int>, _ exchange: GradientExchange?) throws -> [Float] {
      let model = Dense(2, 1, initializer: .constant(0.5))
      let trainer = Trainer(
        model, objective: .regression(), optimizer: SGD(model.parameters, learningRate: 0.1),
        options: .init {
          $0.epochs = 1
          $0.batchSize = 30
          $0.shuffles = false
          $0.stopsOnInterrupt = false
        })
      trainer.gradientExchange = exchange
      try trainer.fit(TensorDataset(inputs: data.inputs.sliced(rows), targets: data.targets!.sliced(rows)))
      return model.parameters.flatMap(\.value.scalars)
    }
    var sent: (gradients: [Float], weight: Double) = ([], 0)
    _ = try train(0..<10) { gradients, weight in sent = (Array(gradients), weight) }
    XCTAssertEqual(sent.weight, 10)
    let exchanged = try train(10..<30) { gradients, weight in
      XCTAssertEqual(gradients.count, sent.gradients.count)
      for index in gradients.indices { gradients[index] += sent.gradients[index] }
      weight += sent.weight
    }
    for (a, b) in zip(exchanged, try train(0..<30, nil)) { XCTAssertEqual(a, b, accuracy: 1e-6) }
  }

  func testSteadyTrainingAllocatesNothing() throws {
    final class Allocations: TrainingObserver {
      var counts: [Int] = []
      func epochDidEnd(_ trainer: AnyTrainer, _ record: EpochRecord, _ progress: TrainingProgress) {
        counts.append(MemoryPool.statistics.systemAllocations)
      }
    }
    let allocations = Allocations()
    let trainer = TrainingSupport.trainer(epochs: 12)
    trainer.observers = [allocations]
    try trainer.fit(TrainingSupport.clouds(100), validation: TrainingSupport.clouds(50, seed: 2))
    // The first epochs fill the pool.
    XCTAssertEqual(allocations.counts[3], allocations.counts.last)
  }

  func testPredictsInBatchesAsAtOnce() {
    let model = MLP([2, 16, 3], dropout: 0.2)
    let data = TrainingSupport.clouds(130)
    let whole = predict(model, data.inputs)
    XCTAssertEqual(predict(model, data.inputs, batchSize: 33).scalars, whole.scalars)
    let scores = evaluate(model, .classification(), on: data, batchSize: 7).scores
    XCTAssertEqual(scores[.accuracy], accuracy(whole, data.labels!))
    XCTAssertEqual(scores.loss, Double(softmaxCrossEntropy(whole, data.labels!).scalar), accuracy: 1e-6)
  }

  func testATimeLimitEndsTrainingWithTheBestWeights() throws {
    let data = TrainingSupport.clouds(96)
    for (limit, epochs) in [(1e-9, 0), (1000, 3)] {
      let trainer = TrainingSupport.trainer(epochs: 3) { $0.timeLimit = limit }
      let result = try trainer.fit(data)
      XCTAssertEqual(result.reason, epochs == 0 ? .timeLimit : .finished)
      XCTAssertEqual(result.history.count, epochs)
      XCTAssertEqual(result.restoredEpoch == nil, epochs == 0)
      // After the first step of six.
      XCTAssertEqual(trainer.state.step, epochs == 0 ? 1 : 18)
    }
  }
}
