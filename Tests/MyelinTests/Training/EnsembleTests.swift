import Foundation
import XCTest

@testable import Myelin

final class EnsembleTests: XCTestCase {
  /// Two layers of three members on three folds of the clouds.
  private final class Network: Module {
    let hidden = BatchedDense(members: 3, 2, 8, activation: .relu)
    let dropout = Dropout(0.2)
    let output = BatchedDense(members: 3, 8, 3)
    func callAsFunction(_ x: Tensor) -> Tensor { output(dropout(hidden(x))) }
  }

  private func folds(_ count: Int) -> (training: EnsembleDataset, heldOut: EnsembleDataset) {
    let data = TrainingSupport.clouds(count, spread: 0.9)
    let folds = Folds(3, labels: data.labels!.values, seed: 1)
    return (
      EnsembleDataset(data, rows: (0..<3).map(folds.training), fill: .repeated),
      EnsembleDataset(data, rows: (0..<3).map(folds.heldOut), fill: .empty)
    )
  }

  private func trainer(
    epochs: Int, learningRate: Float = 0.02, _ configure: (inout TrainerOptions) -> Void = { _ in }
  ) -> (Network, Trainer<TensorBatch>) {
    RandomGenerator.shared.reset(seed: 3)
    let model = Network()
    let options = TrainerOptions {
      $0.epochs = epochs
      $0.batchSize = 16
      $0.stopsOnInterrupt = false
      $0.keepsBestWeights = true
      configure(&$0)
    }
    return (
      model,
      Trainer(
        model, objective: .classification().memberwise(),
        optimizer: AdamW(model.parameters, learningRate: learningRate), options: options)
    )
  }

  func testMissingRowsAreRepeatedOrLeftOut() {
    let data = TrainingSupport.clouds(7)
    let rows = [[0, 1, 2], [3, 4], [6]]
    let repeated = EnsembleDataset(data, rows: rows, fill: .repeated)
    XCTAssertEqual(repeated.count, 3)
    XCTAssertEqual(repeated.batch(1..<3).labels, Indices([1, 2, 1, 0, 0, 0] as [Int32], shape: [3, 2]))
    XCTAssertEqual(repeated.batch(1..<3).inputs.shape, [3, 2, 2])
    XCTAssertEqual(
      repeated.batch(2..<3).inputs.scalars, [2, 3, 6].flatMap { Array(data.inputs.scalars[2 * $0..<2 * $0 + 2]) })
    let empty = EnsembleDataset(data, rows: rows, fill: .empty)
    XCTAssertEqual(empty.batch(1..<3).labels?.values, [1, 2, 1, -1, -1, -1])
    let line = EnsembleDataset(TrainingSupport.line(7), rows: rows, fill: .empty)
    XCTAssertEqual(line.batch(1..<3).weights?.scalars, [1, 1, 1, 0, 0, 0])
    XCTAssertEqual(line.batch(1..<3).targets?.shape, [3, 2, 1])
  }

  func testLossesOfMembersAreThoseOfTheirRows() throws {
    let (_, heldOut) = folds(50)
    let (model, trainer) = trainer(epochs: 1)
    let scores = trainer.evaluate(heldOut).scores
    let losses = try XCTUnwrap(scores.memberLosses)
    var mean = 0.0
    for member in 0..<3 {
      let rows = heldOut.base.subset(heldOut.rows[member].map(Int.init))
      let outputs = withoutGradient { model(rows.inputs.expanded(at: 0).concatenatedThrice) }
      let own = outputs.sliced(member..<member + 1).squeezed(axis: 0)
      let loss = Double(softmaxCrossEntropy(own, rows.labels!).scalar)
      XCTAssertEqual(losses[member], loss, accuracy: 1e-5)
      mean += loss * Double(rows.count) / 50
    }
    XCTAssertEqual(scores.loss, mean, accuracy: 1e-5)
  }

  func testEachMemberKeepsItsOwnBestEpoch() throws {
    let (training, heldOut) = folds(60)
    // So high a rate that each member has its best epoch at another time.
    let (model, trainer) = trainer(epochs: 12, learningRate: 0.2)
    let result = try trainer.fit(training, validation: heldOut)
    let best = try XCTUnwrap(EpochRecord.bestEpochs(ofMembersIn: result.history))
    XCTAssertGreaterThan(Set(best).count, 1, "\(best)")
    let losses = try XCTUnwrap(trainer.evaluate(heldOut).scores.memberLosses)
    for member in 0..<3 {
      let history = result.history.map { $0.validation!.memberLosses![member] }
      XCTAssertEqual(losses[member], history.min()!, "member \(member)")
      XCTAssertEqual(history[best[member] - 1], history.min()!)
    }
    XCTAssertEqual(model.parameters.count, 4)
  }

  func testTrainingGoesOnWhileAMemberGains() {
    func record(_ epoch: Int, _ losses: [Double]) -> EpochRecord {
      EpochRecord(
        epoch: epoch, step: epoch, learningRate: 1, training: Scores(loss: 1),
        validation: Scores(loss: 1, memberLosses: losses))
    }
    let stopping = EarlyStopping(patience: 2)
    var history = [record(1, [1, 1]), record(2, [2, 0.9]), record(3, [2, 0.8])]
    XCTAssertFalse(stopping.shouldStop(after: history, measure: "loss"))
    history.append(record(4, [2, .nan]))
    XCTAssertFalse(stopping.shouldStop(after: history, measure: "loss"))
    history.append(record(5, [2, 0.8]))
    XCTAssertTrue(stopping.shouldStop(after: history, measure: "loss"))
    XCTAssertEqual(EpochRecord.bestEpochs(ofMembersIn: history), [1, 3])
  }

  func testAResumedEnsembleHasTheSameBits() throws {
    let (training, heldOut) = folds(60)
    let (whole, uninterrupted) = trainer(epochs: 8, learningRate: 0.1)
    try uninterrupted.fit(training, validation: heldOut)
    let file = try TrainingSupport.temporaryFolder(self).appendingPathComponent("checkpoint.safetensors")
    for batches in [7, 11] {
      let (_, first) = trainer(epochs: 8, learningRate: 0.1)
      first.observers = [StopAfter(batches), CheckpointWriter(file)]
      try first.fit(training, validation: heldOut)
      let (resumed, second) = trainer(epochs: 8, learningRate: 0.1)
      try second.restore(Checkpoint(contentsOf: file))
      try second.fit(training, validation: heldOut)
      XCTAssertEqual(second.state.history, uninterrupted.state.history)
      for (a, b) in zip(resumed.parameters, whole.parameters) { XCTAssertEqual(a.value.scalars, b.value.scalars) }
    }
  }

  func testTheSameBitsWithAnyNumberOfThreads() throws {
    let before = Runtime.threadCount
    defer { Runtime.threadCount = before }
    let (training, heldOut) = folds(60)
    var results: [[Float]] = []
    for threads in [1, 2, 3] {
      Runtime.threadCount = threads
      let (model, trainer) = trainer(epochs: 3)
      try trainer.fit(training, validation: heldOut)
      results.append(model.parameters.flatMap(\.value.scalars))
    }
    XCTAssertEqual(results[0], results[1])
    XCTAssertEqual(results[0], results[2])
  }
}

extension Tensor {
  /// [1, …] three times: [3, …].
  fileprivate var concatenatedThrice: Tensor { .concatenated([self, self, self]) }
}
