import MyelinModels
import XCTest

@testable import Myelin

final class ObjectiveTests: XCTestCase {
  /// Sequences of different length, padded: a batch that is no ``TensorBatch``.
  private struct Sequences: Dataset {
    struct Batch: Sendable {
      /// [N, longest], −1 behind the end.
      let tokens: Indices
      /// The token after each, −1 where there is none.
      let next: Indices
    }
    let sequences: [[Int32]]
    var count: Int { sequences.count }

    func batch(_ rows: UnsafeBufferPointer<Int32>) -> Batch {
      let chosen = rows.map { sequences[Int($0)] }
      let longest = (chosen.map(\.count).max() ?? 1) - 1
      func padded(_ values: (([Int32]) -> ArraySlice<Int32>)) -> Indices {
        Indices(
          chosen.flatMap { values($0) + [Int32](repeating: -1, count: longest + 1 - $0.count) },
          shape: [chosen.count, longest])
      }
      return Batch(tokens: padded { $0.dropLast() }, next: padded { $0.dropFirst() })
    }
  }

  /// The next token by the last one alone.
  private struct Bigram: Module {
    let logits = Parameter(Tensor(zeros: [5, 5]))
    func callAsFunction(_ tokens: Indices) -> Tensor { logits.value.gathered(tokens) }
  }

  private let sequences: [[Int32]] = (0..<40).map { row in (0..<(3 + row % 5)).map { Int32(($0 + row) % 5) } }

  private static func loss(_ model: Bigram, _ batch: Sequences.Batch) -> BatchLoss {
    // Padding reads row 0 and counts nothing.
    let tokens = Indices(batch.tokens.values.map { max($0, 0) })
    let logits = model(tokens)
    let next = batch.next.reshaped([batch.next.count])
    let count = next.values.count { $0 >= 0 }
    let loss = softmaxCrossEntropy(logits, next)
    return BatchLoss(
      loss: loss, weight: Double(count),
      metrics: [MeanMetric(.bits, sum: Double(loss.scalar) * Double(count), weight: Double(count))])
  }

  func testTrainsOnBatchesOfAnyKind() throws {
    let model = Bigram()
    let data = Sequences(sequences: sequences)
    let trainer = Trainer(
      model, optimizer: Adam(model.parameters, learningRate: 0.2),
      options: .init {
        $0.epochs = 15
        $0.batchSize = 7
        $0.stopsOnInterrupt = false
        $0.measure = "bits"
        $0.keepsBestWeights = true
        $0.schedule = .plateau(factor: 0.5, patience: 3)
      }, objective: Self.loss)
    let result = try trainer.fit(data, validation: data)
    // Each token is followed by the next one.
    XCTAssertLessThan(trainer.evaluate(data).scores.loss, 0.05)
    XCTAssertEqual(result.history.last?.validation?.metrics.map(\.metric.name), ["bits"])
    XCTAssertEqual(result.history.last!.training["bits"]!, result.history.last!.training.loss, accuracy: 1e-9)
  }

  /// Batches that weigh differently: two accumulated ones are one batch of both.
  func testAccumulationCountsWeights() throws {
    func logits(batchSize: Int, accumulated: Int) throws -> [Float] {
      let model = Bigram()
      let trainer = Trainer(
        model, optimizer: SGD(model.parameters, learningRate: 1),
        options: .init {
          $0.epochs = 1
          $0.batchSize = batchSize
          $0.accumulatedBatches = accumulated
          $0.shuffles = false
          $0.stopsOnInterrupt = false
        }, objective: Self.loss)
      try trainer.fit(Sequences(sequences: sequences))
      return model.logits.value.scalars
    }
    let (whole, parts) = (try logits(batchSize: 40, accumulated: 1), try logits(batchSize: 9, accumulated: 5))
    for (a, b) in zip(whole, parts) { XCTAssertEqual(a, b, accuracy: 1e-6) }
  }

  func testAMeasureThatNothingMeasuresIsAnError() {
    let trainer = TrainingSupport.trainer(epochs: 3) {
      $0.measure = "f1"
      $0.earlyStopping = EarlyStopping(patience: 2)
    }
    XCTAssertThrowsError(try trainer.fit(TrainingSupport.clouds(30))) { error in
      XCTAssertEqual(
        "\(error)", "nothing measures \"f1\", which this training is to watch; there are loss, accuracy")
    }
  }

  /// Early stopping on accuracy and a plateau schedule read it the same way: the rate falls when it does not rise.
  func testAPlateauAndEarlyStoppingAgree() throws {
    let trainer = TrainingSupport.trainer(epochs: 30) {
      $0.measure = "accuracy"
      $0.earlyStopping = EarlyStopping(patience: 29)
      $0.schedule = .plateau(factor: 0.1, patience: 25)
    }
    let result = try trainer.fit(TrainingSupport.clouds(300), validation: TrainingSupport.clouds(150, seed: 2))
    XCTAssertGreaterThan(result.history.last!.validation![.accuracy]!, 0.9)
    // The accuracy rises in the first epochs, which is no reason to lower the rate.
    XCTAssertEqual(result.history[10].learningRate, 0.01)
    let best = result.history.map { $0.validation![.accuracy]! }.max()
    XCTAssertEqual(result.history[result.restoredEpoch! - 1].validation![.accuracy], best)
  }

  func testBestWeightsWithoutEarlyStopping() throws {
    let trainer = TrainingSupport.trainer(epochs: 8) { $0.keepsBestWeights = true }
    XCTAssertNil(trainer.options.earlyStopping)
    let valid = TrainingSupport.clouds(60, seed: 2)
    let result = try trainer.fit(TrainingSupport.clouds(90), validation: valid)
    let best = result.history.map { $0.validation!.loss }.min()!
    XCTAssertEqual(result.history[result.restoredEpoch! - 1].validation!.loss, best)
    XCTAssertEqual(trainer.evaluate(valid).scores.loss, best, accuracy: 1e-6)

    let last = TrainingSupport.trainer(epochs: 2) { $0.keepsBestWeights = false }
    XCTAssertNil(try last.fit(TrainingSupport.clouds(90), validation: valid).restoredEpoch)
  }

  /// Two rows count nothing: scores are those of the others.
  func testEvaluationCountsSamplesWeights() {
    let outputs = Tensor([2, 1, 0, 3, 5, 1, 0, 1], shape: [4, 2])
    struct Fixed: Module {
      let outputs: Tensor
      func callAsFunction(_ x: Tensor) -> Tensor { outputs }
    }
    let labels = Indices([0, 1, 1, 0])
    let data = TensorDataset(inputs: Tensor(zeros: [4, 1]), labels: labels, weights: Tensor([1, 1, 0, 0]))
    let scores = evaluate(Fixed(outputs: outputs), .classification(), on: data).scores
    XCTAssertEqual(scores[.accuracy], 1)
    XCTAssertEqual(scores[.rocAUC], 1)
    XCTAssertEqual(
      evaluate(
        Fixed(outputs: outputs), .classification(), on: TensorDataset(inputs: Tensor(zeros: [4, 1]), labels: labels)
      )
      .scores[.accuracy], 0.5)
    let targets = TensorDataset(
      inputs: Tensor(zeros: [2, 1]), targets: Tensor([1, 5], shape: [2, 1]), weights: Tensor([3, 1]))
    let errors = evaluate(Fixed(outputs: Tensor([2, 1], shape: [2, 1])), .regression(), on: targets).scores
    XCTAssertEqual(errors[.meanAbsoluteError], 1.75)
    // Weighted mean of the targets: 2.
    XCTAssertEqual(errors[.rSquared]!, 1 - 19.0 / 12, accuracy: 1e-12)
  }

  func testMetricsOfOnesOwnBesideAReadyObjective() {
    let model = MLP([2, 3])
    let objective = Objective.classification().measuring { scores, batch in
      var matrix = ConfusionMatrix(classCount: 3)
      matrix.add(scores, batch.labels!)
      return [matrix]
    }
    let evaluation = evaluate(model, objective, on: TrainingSupport.clouds(50), batchSize: 8)
    XCTAssertEqual(evaluation.accumulator(ConfusionMatrix.self)?.total, 50)
    XCTAssertEqual(evaluation.accumulator(ConfusionMatrix.self)?.accuracy, evaluation.scores[.accuracy])
    XCTAssertNotNil(evaluation.scores[.macroF1])
    XCTAssertNil(evaluation.accumulator(RegressionErrors.self))
  }

  /// What is drawn for a batch follows from seed, epoch and number alone, and evaluation sees the data as it is.
  func testAugmentationIsTheSameHoweverItIsMade() {
    let data = TrainingSupport.clouds(50).augmented { batch, random in
      TensorBatch(inputs: batch.inputs + random.normal(batch.inputs.shape), labels: batch.labels)
    }
    func epochs(_ prefetched: Int, startingAt start: Int = 0) -> [[Float]] {
      let loader = DataLoader(data, batchSize: 8, seed: 5, prefetchedBatches: prefetched)
      return (0..<2).flatMap { loader.batches(epoch: $0, startingAt: start).map(\.inputs.scalars) }
    }
    let plain = epochs(0)
    XCTAssertEqual(plain, epochs(2))
    XCTAssertEqual(Set(plain.map { $0[0] }).count, plain.count)
    XCTAssertEqual(Array(plain[3..<7]), Array(epochs(0, startingAt: 3)[0..<4]))
    XCTAssertEqual(data.batch(0..<50).inputs.scalars, TrainingSupport.clouds(50).inputs.scalars)
  }
}

extension Metric {
  fileprivate static let bits = Metric("bits", direction: .lowerIsBetter)
}
