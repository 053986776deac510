import Foundation
import MyelinModels
import XCTest

@testable import Myelin

final class WeightAveragingTests: XCTestCase {
  private let training = TrainingSupport.clouds(130)
  private let validation = TrainingSupport.clouds(40, seed: 2)

  /// A network with running statistics and dropout.
  private func trainer(
    epochs: Int = 4, decay: Double? = 0.9, _ configure: (inout TrainerOptions) -> Void = { _ in }
  ) -> (trainer: Trainer<TensorBatch>, model: Sequential<Tensor, Tensor>) {
    RandomGenerator.shared.reset(seed: 5)
    let model = Sequential {
      Dense(2, 16)
      BatchNorm(16, activation: .relu)
      Dropout(0.1)
      Dense(16, 3)
    }
    let options = TrainerOptions {
      $0.epochs = epochs
      $0.batchSize = 16
      $0.stopsOnInterrupt = false
      $0.averaging = decay.map { WeightAveraging(decay: $0) }
      configure(&$0)
    }
    return (
      Trainer(
        model, objective: .classification(), optimizer: Adam(model.parameters, learningRate: 0.01), options: options),
      model
    )
  }

  /// Follows the weights and averages them in `Double`.
  private final class Follower: TrainingObserver {
    var averages: [[Double]] = []
    var last: [[Float]] = []
    private var step = 0

    private func weights(_ trainer: AnyTrainer) -> [[Float]] {
      trainer.parameters.map(\.value.scalars) + trainer.buffers.map(\.value.scalars)
    }

    func trainingWillStart(_ trainer: AnyTrainer, _ progress: TrainingProgress) {
      averages = weights(trainer).map { $0.map(Double.init) }
    }

    func batchDidEnd(_ trainer: AnyTrainer, _ progress: TrainingProgress) {
      let factor = min(0.9, Double(1 + step) / Double(10 + step))
      step += 1
      last = weights(trainer)
      averages = zip(averages, last).map { zip($0, $1).map { factor * $0 + (1 - factor) * Double($1) } }
    }
  }

  func testModelEndsWithTheAverageOfParametersAndBuffers() throws {
    let (trainer, model) = trainer()
    let follower = Follower()
    trainer.observers = [follower]
    try trainer.fit(training)
    let end = model.parameters.map(\.value.scalars) + model.buffers.map(\.value.scalars)
    XCTAssertEqual(model.buffers.count, 2)
    XCTAssertNotEqual(end, follower.last)
    for (values, expected) in zip(end, follower.averages) {
      for (value, expected) in zip(values, expected) {
        XCTAssertEqual(Double(value), expected, accuracy: 1e-5 * max(1, abs(expected)))
      }
    }
  }

  /// What is judged is the average; training goes on with the weights of the step.
  func testAveragingChangesWhatIsJudgedAndNotWhatIsTrained() throws {
    let (plain, _) = trainer(decay: nil)
    let (plainFollower, follower) = (Follower(), Follower())
    plain.observers = [plainFollower]
    let plainHistory = try plain.fit(training, validation: validation).history
    let (averaged, model) = trainer()
    averaged.observers = [follower]
    let history = try averaged.fit(training, validation: validation).history
    XCTAssertEqual(follower.last, plainFollower.last)
    XCTAssertEqual(history.map(\.training), plainHistory.map(\.training))
    XCTAssertNotEqual(history.map(\.validation), plainHistory.map(\.validation))
    XCTAssertEqual(evaluate(model, .classification(), on: validation).scores, history.last?.validation)
    XCTAssertEqual(averaged.evaluate(validation).scores, history.last?.validation)
  }

  func testBestEpochIsTheBestAverage() throws {
    let (trainer, model) = trainer(epochs: 6) { $0.keepsBestWeights = true }
    let result = try trainer.fit(training, validation: validation)
    let best = try XCTUnwrap(result.restoredEpoch)
    XCTAssertEqual(
      evaluate(model, .classification(), on: validation).scores, result.history[best - 1].validation)
  }

  /// 9 batches an epoch: in the middle of one, and after one.
  func testResumingGivesTheSameBytesAndModel() throws {
    let folder = try TrainingSupport.temporaryFolder(self)
    let whole = folder.appendingPathComponent("whole.safetensors")
    let (trainer, model) = trainer()
    trainer.observers = [CheckpointWriter(whole)]
    try trainer.fit(training, validation: validation)
    for stop in [18, 23] {
      let url = folder.appendingPathComponent("stopped-\(stop).safetensors")
      let (first, _) = self.trainer()
      first.observers = [CheckpointWriter(url), StopAfter(stop)]
      XCTAssertEqual(try first.fit(training, validation: validation).reason, .interrupted)
      let (second, resumed) = self.trainer()
      RandomGenerator.shared.reset(seed: 77)
      let checkpoint = try Checkpoint(contentsOf: url)
      XCTAssertEqual(checkpoint.averagedWeights.count, 8)
      try second.restore(checkpoint)
      second.observers = [CheckpointWriter(url)]
      try second.fit(training, validation: validation)
      XCTAssertEqual(try Data(contentsOf: url), try Data(contentsOf: whole), "stopped after \(stop) batches")
      XCTAssertEqual(resumed.stateDictionary.mapValues(\.scalars), model.stateDictionary.mapValues(\.scalars))
    }
  }

  func testAnInterruptedRunLendsItsAverages() throws {
    let (trainer, model) = trainer()
    let follower = Follower()
    trainer.observers = [follower, StopAfter(5)]
    try trainer.fit(training)
    XCTAssertEqual(model.parameters[0].value.scalars, follower.last[0])
    let lent = trainer.withAveragedWeights { model.parameters[0].value.scalars }
    for (value, expected) in zip(lent, follower.averages[0]) { XCTAssertEqual(Double(value), expected, accuracy: 1e-5) }
    XCTAssertEqual(model.parameters[0].value.scalars, follower.last[0])
  }

  func testACheckpointOfAnotherModelIsRefused() throws {
    let (trainer, _) = trainer(epochs: 1)
    try trainer.fit(training)
    var checkpoint = trainer.checkpoint()
    let name = try XCTUnwrap(checkpoint.averagedWeights.keys.sorted().first)
    checkpoint.averagedWeights[name] = Tensor(zeros: [1])
    XCTAssertThrowsError(try trainer.restore(checkpoint)) { XCTAssert("\($0)".contains(name), "\($0)") }
  }
}
