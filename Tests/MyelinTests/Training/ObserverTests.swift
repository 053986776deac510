import Foundation
import MyelinModels
import Synchronization
import XCTest

@testable import Myelin

final class ObserverTests: XCTestCase {
  func testPlainOutputIsLines() throws {
    let written = Mutex("")
    let trainer = TrainingSupport.trainer(epochs: 3)
    trainer.observers = [
      ProgressDisplay(.init(isTerminal: false, style: TerminalStyle()) { piece in written.withLock { $0 += piece } })
    ]
    try trainer.fit(TrainingSupport.clouds(90), validation: TrainingSupport.clouds(30, seed: 2))
    let text = written.withLock { $0 }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    XCTAssertEqual(lines.count, 5)
    XCTAssertTrue(lines[0].contains("valid accuracy"))
    XCTAssertTrue(lines[3].contains("3/3"))
    XCTAssertEqual(Set(lines[0..<4].map(\.count)).count, 1, "columns are aligned:\n\(text)")
    XCTAssertFalse(text.contains("\r") || text.contains("\u{1B}"))
  }

  func testTheEpochTableFitsFrom60ColumnsOn() throws {
    for width in [60, 64, 72, 80, 100, 200] {
      let written = Mutex("")
      let trainer = TrainingSupport.trainer(epochs: 100)
      trainer.observers = [
        ProgressDisplay(
          .init(isTerminal: false, width: width, style: TerminalStyle()) { piece in written.withLock { $0 += piece } },
          heldOutName: "valid")
      ]
      try trainer.fit(TrainingSupport.clouds(30), validation: TrainingSupport.clouds(30, seed: 2))
      let lines = written.withLock { $0 }.split(separator: "\n")
      XCTAssertEqual(lines.count, 101)
      XCTAssertEqual(Set(lines.map(\.count)).count, 1, "columns are aligned")
      XCTAssertLessThanOrEqual(lines[0].count, width)
      XCTAssertTrue(lines[0].contains("valid loss") && lines[0].contains("valid accuracy"), "\(lines[0])")
      XCTAssertEqual(lines[0].contains("samples/s"), width >= 80, "\(lines[0])")
    }
  }

  /// Of more held-out scores than fit, the last ones go.
  func testTheEpochTableFitsWithManyScores() {
    let names = [
      "epoch", "loss", "accuracy", "test loss", "test accuracy", "test roc_auc", "test pr_auc", "rate", "samples/s",
    ]
    for width in [60, 64, 72, 80, 100, 200] {
      let columns = ProgressDisplay.fitted(names.map { ($0, "0.12345", 10) }, width: width)
      XCTAssertLessThanOrEqual(columns.reduce(0) { $0 + $1.width } + 2 * (columns.count - 1), width)
      for name in ["epoch", "loss", "test loss", "test accuracy"] {
        XCTAssertTrue(columns.contains { $0.name == name }, "\(width): \(columns)")
      }
    }
    let all = ProgressDisplay.fitted(names.map { ($0, "0.12345", 10) }, width: 200)
    XCTAssertEqual(all.map(\.name), names)
  }

  func testDurationsAndCounts() {
    XCTAssertEqual(ProgressDisplay.duration(0.2), "0:01")
    XCTAssertEqual(ProgressDisplay.duration(61), "1:01")
    XCTAssertEqual(ProgressDisplay.duration(3723), "1:02:03")
    XCTAssertEqual(ProgressDisplay.duration(.infinity), "?")
    XCTAssertEqual(ProgressDisplay.count(950), "950")
    XCTAssertEqual(ProgressDisplay.count(152_345), "152k")
    XCTAssertEqual(ProgressDisplay.count(1_310_000), "1.31M")
  }

  func testTheBarFitsTheLine() throws {
    for width in [20, 40, 60, 80, 120, 200] {
      var progress = TrainingProgress(epoch: 3, epochs: 20, batch: 4500, batches: 9000)
      progress.batchesDone = 22_500
      progress.samples = 720_000
      progress.totals.add(
        BatchLoss(
          loss: Tensor(0.1234), weight: 1, metrics: [MeanMetric(.accuracy, sum: 0.9876, weight: 1)]),
        samples: 1, measures: true)
      let display = ProgressDisplay(.init(isTerminal: true, width: width, style: TerminalStyle()) { _ in })
      let bar = display.bar(progress, 60)
      XCTAssertLessThan(bar.count, width, bar)
      XCTAssertTrue(bar.hasPrefix("epoch 3/20 "), bar)
      // 375 batches a second; 17.5 epochs of 9000 batches are left: 420 s.
      if width >= 80 { XCTAssertTrue(bar.contains("12k samples/s") && bar.contains("7:00 left"), bar) }
      XCTAssertEqual(bar.contains("accuracy 98.76%"), width >= 120, bar)
      XCTAssertEqual(bar.contains("━"), width >= 80, bar)
    }
  }

  func testTheLogGoesOnAfterResuming() throws {
    let folder = try TrainingSupport.temporaryFolder(self)
    let log = folder.appendingPathComponent("log.csv")
    let checkpoint = folder.appendingPathComponent("c.safetensors")
    let (train, valid) = (TrainingSupport.clouds(90), TrainingSupport.clouds(30, seed: 2))
    let first = TrainingSupport.trainer(epochs: 5)
    first.observers = [TrainingLog(log), CheckpointWriter(checkpoint), StopAfter(13)]
    try first.fit(train, validation: valid)
    // A line that the checkpoint does not know, as after a crash, is written again.
    let handle = try FileHandle(forWritingTo: log)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("3,99,1,1,1,1,1,1,1\n".utf8))
    try handle.close()

    let second = TrainingSupport.trainer(epochs: 5)
    try second.restore(Checkpoint(contentsOf: checkpoint))
    second.observers = [TrainingLog(log)]
    try second.fit(train, validation: valid)
    let table = try Table(csv: log)
    XCTAssertEqual(table.rowCount, 5)
    guard case .numbers(let epochs) = try table.column(named: "epoch").values,
      case .numbers(let steps) = try table.column(named: "step").values,
      case .numbers(let losses) = try table.column(named: "validation_loss").values
    else { return XCTFail("the log has columns of numbers") }
    XCTAssertEqual(epochs, [1, 2, 3, 4, 5])
    XCTAssertEqual(steps, [6, 12, 18, 24, 30])
    XCTAssertEqual(losses, second.state.history.map { $0.validation!.loss })
  }

  func testInterruptStopsAfterTheStep() throws {
    final class Interrupt: TrainingObserver {
      func batchDidEnd(_ trainer: AnyTrainer, _ progress: TrainingProgress) {
        if progress.batchesDone == 8 { kill(getpid(), SIGINT) }
      }
    }
    let trainer = TrainingSupport.trainer(epochs: 50) { $0.stopsOnInterrupt = true }
    trainer.observers = [Interrupt()]
    let result = try trainer.fit(TrainingSupport.clouds(90))
    XCTAssertEqual(result.reason, .interrupted)
    // The signal may reach the process a step later than it was sent.
    XCTAssertLessThanOrEqual(trainer.state.step, 9)
  }
}
