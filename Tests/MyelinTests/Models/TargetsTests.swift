import Foundation
import XCTest

@testable import Myelin
@testable import MyelinModels

/// Several columns of a table learned together.
final class TargetsTests: XCTestCase {
  /// Two numbers, of which a label, a class and a number follow.
  private func table(_ rows: Int) throws -> String {
    let numbers = RandomGenerator(seed: 3).uniform([rows, 2]).scalars
    let lines = (0..<rows).map { row in
      let (a, b) = (numbers[2 * row], numbers[2 * row + 1])
      return
        "\(a),\(b),\(a > 0.5 ? "yes" : "no"),\(["low", "mid", "high"][min(Int(3 * b), 2)]),\(100 + 10 * a - 20 * b)"
    }
    let url = try TrainingSupport.temporaryFolder(self).appendingPathComponent("t.csv")
    try Data((["a,b,label,class,number"] + lines).joined(separator: "\n").utf8).write(to: url)
    return url.path
  }

  private func run(_ path: String, _ targets: String, epochs: Int = 30) throws -> TrainingRun {
    let source = RunSource(own: CSVData(), path: DataPath(path), target: targets)
    return try TrainingRun(.suited(to: source)) {
      $0.settings.hiddenSizes = [32]
      $0.settings.epochs = epochs
      $0.settings.ensemble?.members = 4
    }
  }

  private func newFolder() throws -> RunFolder {
    try .new(TrainingSupport.temporaryFolder(self).appendingPathComponent("run").path, name: "")
  }

  func testEachTargetIsLearnedAndAnswered() throws {
    let path = try table(400)
    let run = try run(path, "label, class,number")
    let outcome = try run.train(in: newFolder())
    let scores = outcome.test.scores
    XCTAssertGreaterThan(try XCTUnwrap(scores[measurement: "mean_score"]).value, 0.9)
    let model = try XCTUnwrap(run.model as? TargetsModel)
    XCTAssertEqual(model.use.targets.names, ["label", "class", "number"])
    XCTAssertEqual(model.use.targets.outputs, [0..<2, 2..<5, 5..<6])
    // Read again it answers in the same way, in the units of each column.
    let read = try XCTUnwrap(try RunModels.read(outcome.folder.model) as? TargetsModel)
    let answers = try read.answers(of: [path], InputOptions()) { XCTFail($0) }
    let own = try model.answers(of: [path], InputOptions()) { XCTFail($0) }
    XCTAssertEqual(answers.csvHeader, own.csvHeader)
    XCTAssertEqual(
      answers.csvHeader,
      [
        "predicted_label", "probability_label_no", "probability_label_yes", "predicted_class", "probability_class_high",
        "probability_class_low", "probability_class_mid", "predicted_number",
      ])
    XCTAssertEqual(answers.count, 400)
    for row in [0, 1, 399] { XCTAssertEqual(answers.csvFields(row), own.csvFields(row)) }
    let file = try Table(csv: URL(fileURLWithPath: path))
    let truth = try TargetEncoder(fitting: file, column: "number").values(of: file)
    let errors = zip(answers.targets[2].values, truth).map { abs($0 - $1) }
    XCTAssertLessThan(errors.reduce(0, +) / Double(errors.count), 2)
    // What is evaluated again is the test part as it was.
    let (samples, hasChanged) = try read.testSamples(near: nil)
    XCTAssertFalse(hasChanged)
    XCTAssertEqual(read.test(on: samples).scores.metrics.map(\.value), scores.metrics.map(\.value))
  }

  /// Rows in which all labels are right are counted, and the objective is the mean of those of the targets alone.
  func testScoresAndLossOfLabels() throws {
    let file = try Table(csv: URL(fileURLWithPath: table(60)))
    let columns = try TargetColumns(
      fitting: file, columns: ["label", "class", "number"], task: nil, rows: Array(0..<30))
    XCTAssertEqual(columns.encoders.map(\.task), [.classification, .classification, .regression])
    let outputs = RandomGenerator(seed: 5).normal([3, 6])
    let targets = Tensor([1, 2, 0.5, 0, 0, -1, 1, 1, 2], shape: [3, 3])
    let weights = Tensor([1, 0, 3])
    let batch = TensorBatch(inputs: Tensor(zeros: [3, 0]), targets: targets, weights: weights)
    let loss = columns.objective(outputs, batch)
    XCTAssertEqual(loss.weight, 4)
    func crossEntropy(_ logits: [Float], _ label: Int) -> Double {
      log(logits.reduce(0) { $0 + exp(Double($1)) }) - Double(logits[label])
    }
    let o = outputs.scalars
    let rows = [(0, 1, 2, 0.5, 1.0), (2, 1, 1, 2.0, 3.0)]
    var expected = 0.0
    for (row, label, kind, number, weight) in rows {
      let own = Array(o[row * 6..<(row + 1) * 6])
      let square = (Double(own[5]) - number) * (Double(own[5]) - number)
      let sum = crossEntropy(Array(own[0..<2]), label) + crossEntropy(Array(own[2..<5]), kind) + square
      expected += weight * sum / 3 / 4
    }
    XCTAssertEqual(Double(loss.loss.scalar), expected, accuracy: 1e-5)
    let labels = try TargetColumns(fitting: file, columns: ["label", "class"], task: nil, rows: Array(0..<60))
    let said = Tensor([0, 1, 0, 0, 9, 3, 1, 5, 0, 0, 0, 4, 5, 0, 0], shape: [3, 5])
    let truth = Tensor([1, 2, 1, 0, 1, 0], shape: [3, 2])
    let scores = labels.test(said, truth, loss: Scores(loss: 0)).scores
    XCTAssertEqual(try XCTUnwrap(scores[measurement: "mean_score"]).value, (2.0 / 3 + 1) / 2, accuracy: 1e-12)
    XCTAssertEqual(try XCTUnwrap(scores[measurement: "exact_match"]).value, 2.0 / 3, accuracy: 1e-12)
  }

  func testTheSameBitsWithAnyNumberOfThreadsAndAfterResuming() throws {
    defer { Runtime.threadCount = 0 }
    let path = try table(200)
    func bits(_ model: any RunModel) -> [[UInt32]] {
      model.network.stateDictionary.sorted { $0.key < $1.key }.map { $0.value.scalars.map(\.bitPattern) }
    }
    let whole = try run(path, "label,number", epochs: 6)
    _ = try whole.train(in: newFolder())
    Runtime.threadCount = 3
    let again = try run(path, "label,number", epochs: 6)
    _ = try again.train(in: newFolder())
    XCTAssertTrue(bits(whole.model) == bits(again.model))
    let half = try run(path, "label,number", epochs: 6)
    let folder = try newFolder()
    let stopped = try half.train(in: folder, observers: [StopAtEpoch(epochs: 3)])
    XCTAssertEqual(stopped.result.reason, .interrupted)
    let resumed = try TrainingRun(resuming: folder)
    _ = try resumed.train(in: folder)
    XCTAssertTrue(bits(resumed.model) == bits(whole.model))
  }

  func testWhatIsForOneTargetIsRefused() throws {
    let path = try table(100)
    func error(_ targets: String, _ change: (inout RunOptions) -> Void = { _ in }) -> String {
      var options = try! RunOptions.suited(
        to: RunSource(own: CSVData(), path: DataPath(path), target: targets))
      change(&options)
      do {
        _ = try TrainingRun(options)
        return "none"
      } catch { return "\(error)" }
    }
    XCTAssertTrue(error("label,nothing").contains("no column \"nothing\""))
    XCTAssertTrue(error("label,label").contains("twice"))
    XCTAssertTrue(error("label,class") { $0.threshold = .f1 }.contains("--threshold"))
    XCTAssertTrue(error("label,number") { $0.source.quantiles = [0.5] }.contains("--quantiles"))
    XCTAssertTrue(error("label,number") { $0.testShare = 0 }.contains("--test 0"))
    XCTAssertTrue(error("label,number") { $0.source.task = .regression }.contains("label"))
  }
}

/// Stops training at the end of an epoch.
private final class StopAtEpoch: TrainingObserver {
  private let epochs: Int
  init(epochs: Int) { self.epochs = epochs }
  func epochDidEnd(_ trainer: AnyTrainer, _ record: EpochRecord, _ progress: TrainingProgress) {
    if progress.epoch >= epochs { trainer.stop() }
  }
}
