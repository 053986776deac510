import Foundation
import XCTest

@testable import Myelin
@testable import MyelinModels

/// Tables from file to report: what is not seen, what is said, what is kept.
final class TableRunTests: XCTestCase {
  private func file(_ lines: [String]) throws -> String {
    let url = try TrainingSupport.temporaryFolder(self).appendingPathComponent("t.csv")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url)
    return url.path
  }

  private func source(_ path: String, _ target: String = "y") -> RunSource {
    RunSource(own: CSVData(), path: DataPath(path), target: target)
  }

  private func newFolder() throws -> RunFolder {
    try .new(TrainingSupport.temporaryFolder(self).appendingPathComponent("run").path, name: "")
  }

  private func quick(_ options: inout RunOptions) {
    options.settings.hiddenSizes = [16]
    options.settings.epochs = 6
    options.settings.ensemble?.members = 4
  }

  /// Two numbers of which one decides, and a category that says nothing.
  private func classes(_ rows: Int, seed: UInt64 = 1) -> [String] {
    let numbers = RandomGenerator(seed: seed).normal([rows, 3]).scalars
    return ["a,b,c,y"]
      + (0..<rows).map { row in
        let (a, b, noise) = (numbers[3 * row], numbers[3 * row + 1], numbers[3 * row + 2])
        return "\(a),\(b),\(["u", "v", "w"][row % 3]),\(a + 0.3 * noise > 0.8 ? "yes" : "no")"
      }
  }

  /// The planted leak: test rows are given other inputs and other answers, as far as the file's columns stay what they are.
  /// Nothing that is fitted (encoders, bins, weights, rules) may notice.
  func testNothingThatIsFittedSeesTestRows() throws {
    let lines = classes(300)
    let options = RunOptions.suited
    let run = try TrainingRun(options(source(file(lines)))) { self.quick(&$0) }
    _ = try run.train(in: newFolder())
    // Test rows by their labels, which the division is stratified by: swapped among themselves it stays the same.
    let table = try Table(csv: URL(fileURLWithPath: file(lines)))
    let target = try TargetEncoder(fitting: table, column: "y")
    let split = Split(labels: try target.labels(of: table), validation: 0, test: 0.2, seed: 0)
    var changed = lines
    for row in split.test {
      let fields = lines[row + 1].split(separator: ",")
      changed[row + 1] = "\(Float(fields[0])! * 1000 + 7),-99,w,\(fields[3])"
    }
    XCTAssertNotEqual(changed, lines)
    let other = try TrainingRun(options(source(file(changed)))) { self.quick(&$0) }
    _ = try other.train(in: newFolder())
    let (one, two) = (try XCTUnwrap(run.model as? SavedModel), try XCTUnwrap(other.model as? SavedModel))
    XCTAssertEqual(one.preprocessing, two.preprocessing)
    XCTAssertEqual(one.rule, two.rule)
    XCTAssertNotEqual(one.dataHash, two.dataHash)
    for (name, tensor) in one.network.stateDictionary {
      XCTAssertEqual(tensor.scalars, two.network.stateDictionary[name]?.scalars, name)
    }
  }

  /// A category of which each level stands in a few rows with answers by chance: known by heart in training, it must not
  /// help where it was held out.
  func testLevelsOfHeldOutRowsTellNothing() throws {
    let draws = RandomGenerator(seed: 9).uniform([480]).scalars
    let lines = ["who,y"] + (0..<480).map { "k\($0 % 160),\(draws[$0] < 0.5 ? "yes" : "no")" }
    var options = try RunOptions.suited(to: source(file(lines)))
    options.source.table = TableOptions()
    options.source.table?.kinds = ["who": .category]
    let run = try TrainingRun(options) {
      $0.settings.epochs = 30
      $0.settings.dropout = 0
      $0.patience = nil
    }
    _ = try run.train(in: newFolder())
    let last = try XCTUnwrap(run.trainer.state.history.last)
    XCTAssertGreaterThan(try XCTUnwrap(last.training[.accuracy]), 0.7)
    // 50% ± 3 deviations of 384 rows, of which three have the same level.
    XCTAssertEqual(try XCTUnwrap(last.validation?[.accuracy]), 0.5, accuracy: 0.1)
  }

  /// Rows of one group are never on both sides of a fold, and there are no more folds than groups.
  func testFoldsKeepGroupsTogether() throws {
    let lines = ["who,a,y"] + (0..<240).map { "p\($0 % 6),\(sin(Double($0))),\($0 % 5 < 2 ? "yes" : "no")" }
    var options = try RunOptions.suited(to: source(file(lines)))
    options.source.table = TableOptions()
    options.source.table?.division = .groups("who")
    let run = try TrainingRun(options) { $0.settings.epochs = 1 }
    let task = try XCTUnwrap(run.task as? EnsembleTask)
    let rows = task.training.rows
    XCTAssertEqual(rows.count, 10, "five groups are left for training, of two strengths")
    let table = try Table(csv: URL(fileURLWithPath: file(lines)))
    let data = try TabularData(table, target: "y", division: .groups("who"), seed: options.seed)
    let groups = try XCTUnwrap(data.trainingGroups)
    for (member, heldOut) in try XCTUnwrap(task.validation).rows.enumerated() {
      let seen = Set(rows[member].map { groups[Int($0)] })
      XCTAssertTrue(seen.isDisjoint(with: heldOut.map { groups[Int($0)] }))
    }
  }

  func testAReportSaysWhetherItCanBeUsed() throws {
    let folder = try newFolder()
    let path = try file(classes(600))
    let run = try TrainingRun(.suited(to: source(path))) {
      self.quick(&$0)
      $0.settings.epochs = 20
      $0.threshold = .f1
    }
    let outcome = try run.train(in: folder)
    let assessment = try XCTUnwrap(outcome.assessment)
    XCTAssertEqual(
      assessment.judged.map(\.name),
      ["this model", "linear model", "always the most frequent", "this model, training rows", "held-out rows"])
    let accuracies = assessment.judged.map { $0.scores.first { $0.metric == .accuracy }?.value ?? 0 }
    XCTAssertGreaterThan(accuracies[0], accuracies[2])
    XCTAssertGreaterThan(accuracies[1], 0.85, "a linear model suffices here")
    XCTAssertEqual(assessment.importance.first?.column, "a")
    XCTAssertLessThan(abs(assessment.importance.first { $0.column == "c" }?.mean ?? 1), 0.05)
    XCTAssertEqual(assessment.dependence.first?.column, "a")
    let curve = try XCTUnwrap(assessment.dependence.first?.curves.first?.answers)
    XCTAssertGreaterThan(curve.last!, curve.first! + 0.5)
    XCTAssertNotNil(assessment.curves?.threshold)
    XCTAssertTrue(assessment.command?.contains("--threshold f1") == true, assessment.command ?? "")
    let html = try String(contentsOf: folder.report, encoding: .utf8)
    for words in [
      "Can it be used?", "linear model", "What it goes by", "ROC", "Calibration", "The worst errors", "<details>",
    ] {
      XCTAssertTrue(html.contains(words), words)
    }
    XCTAssertFalse(html.contains("<script") || html.contains("src=\"http"))
    // What was chosen stands in the file.
    let model = try SavedModel(contentsOf: folder.model)
    XCTAssertEqual(model.rule, (run.model as? SavedModel)?.rule)
    XCTAssertNotNil(model.rule.threshold)
    let test = try model.testSamples(near: nil).samples
    XCTAssertEqual(model.test(on: test).scores, outcome.test.scores)
    XCTAssertEqual(RunResult(contentsOf: folder.result)?.test, outcome.test.scores.all)
  }

  func testIntervalsAndCoverage() throws {
    let numbers = RandomGenerator(seed: 2).normal([900, 2]).scalars
    let lines = ["a,y"] + (0..<900).map { "\(numbers[2 * $0]),\(3 * numbers[2 * $0] + numbers[2 * $0 + 1])" }
    let run = try TrainingRun(.suited(to: source(file(lines)))) {
      self.quick(&$0)
      $0.settings.epochs = 20
    }
    let outcome = try run.train(in: newFolder())
    let coverage = try XCTUnwrap(outcome.assessment?.coverage)
    for line in coverage { XCTAssertEqual(line.share, line.level, accuracy: 0.12) }
    let model = try XCTUnwrap(run.model as? SavedModel)
    let rows = try file(["a", "0", "1"])
    let answers = try model.answers(of: [rows], InputOptions(interval: 0.9)) { _ in }
    XCTAssertEqual(answers.csvHeader, ["predicted_y", "lower_y", "upper_y"])
    for (value, range) in zip(answers.values, answers.intervals) { XCTAssertTrue(range.contains(value)) }
  }

  func testCountsAreSeen() throws {
    let numbers = RandomGenerator(seed: 4)
    let a = numbers.normal([800]).scalars
    let u = numbers.uniform([800]).scalars
    // Poisson by inversion.
    let counts = (0..<800).map { row -> Int in
      let rate = exp(0.5 + 0.8 * Double(a[row]))
      var (count, term) = (0, exp(-rate))
      var sum = term
      while Double(u[row]) > sum, count < 60 {
        count += 1
        term *= rate / Double(count)
        sum += term
      }
      return count
    }
    let path = try file(["a,y"] + (0..<800).map { "\(a[$0]),\(counts[$0])" })
    let run = try TrainingRun(.suited(to: source(path))) {
      self.quick(&$0)
      $0.settings.epochs = 60
    }
    XCTAssertTrue(run.task.facts.contains { $0.term == "task" && $0.text.contains("Poisson") }, "\(run.task.facts)")
    let outcome = try run.train(in: newFolder())
    XCTAssertGreaterThan(try XCTUnwrap(outcome.test.scores[.rSquared]), 0.3)
    let model = try XCTUnwrap(run.model as? SavedModel)
    let answers = try model.answers(of: [file(["a", "-1", "0", "1"])], InputOptions()) { _ in }
    for (value, rate) in zip(answers.values, [-1, 0, 1].map { exp(0.5 + 0.8 * $0) }) {
      XCTAssertEqual(value, rate, accuracy: 0.4 * rate)
    }
    // A number where that is asked for.
    var options = try RunOptions.suited(to: source(path))
    options.source.task = .regression
    options.source.isCount = false
    let plain = try TrainingRun(options) { self.quick(&$0) }
    XCTAssertFalse(plain.task.facts.contains { $0.text.contains("Poisson") })
  }

  func testQuantilesDoNotCross() throws {
    let numbers = RandomGenerator(seed: 6).normal([1200, 2]).scalars
    let lines =
      ["a,y"]
      + (0..<1200).map { "\(numbers[2 * $0]),\(numbers[2 * $0] + (0.5 + abs(numbers[2 * $0])) * numbers[2 * $0 + 1])" }
    var options = try RunOptions.suited(to: source(file(lines)))
    options.source.quantiles = [0.1, 0.5, 0.9]
    let run = try TrainingRun(options) {
      self.quick(&$0)
      $0.settings.epochs = 30
    }
    let folder = try newFolder()
    _ = try run.train(in: folder)
    let model = try SavedModel(contentsOf: folder.model)
    let answers = try model.answers(of: [file(["a", "-2", "0", "2"])], InputOptions()) { _ in }
    XCTAssertEqual(answers.csvHeader, ["predicted_y", "quantile_0.1_y", "quantile_0.5_y", "quantile_0.9_y"])
    for (row, levels) in answers.quantiles.enumerated() {
      XCTAssertEqual(levels, levels.sorted())
      XCTAssertEqual(levels[1], answers.values[row])
    }
    // The noise is five times as large at 2 as at 0.
    let widths = answers.quantiles.map { $0[2] - $0[0] }
    XCTAssertGreaterThan(widths[2], 1.8 * widths[1])
  }

  func testWithoutTestRowsTheScoresAreThoseOfHeldOutOnes() throws {
    var options = try RunOptions.suited(to: source(file(classes(300))))
    options.testShare = 0
    let run = try TrainingRun(options) { self.quick(&$0) }
    let folder = try newFolder()
    let outcome = try run.train(in: folder)
    XCTAssertEqual(outcome.test.name, "held-out")
    guard case .classification(let confusion, _) = outcome.test.kind else { return XCTFail() }
    XCTAssertEqual(confusion.total, 300)
    XCTAssertEqual(
      try XCTUnwrap(outcome.test.scores[.accuracy]), try XCTUnwrap(outcome.heldOut?[.accuracy]), accuracy: 1e-9)
    XCTAssertThrowsError(try SavedModel(contentsOf: folder.model).testSamples(near: nil)) {
      XCTAssertTrue("\($0)".contains("trained on all rows"), "\($0)")
    }
  }

  /// The line in a report trains the same model again.
  func testTheCommandNamesWhatDiffers() throws {
    var options = try RunOptions.suited(to: source("my file.csv"))
    options.preset = .best
    options.seed = 7
    options.settle(trainingRows: 1000)
    XCTAssertEqual(
      options.command(trainingRows: 1000), "myelin train 'my file.csv' --target y --preset best --seed 7")
    options.settings.dropout = 0.25
    options.settings.ensemble?.members = 5
    XCTAssertTrue(
      options.command(trainingRows: 1000).hasSuffix("--dropout 0.25 --folds 5 --seed 7"),
      options.command(trainingRows: 1000))
    options.preset = nil
    options.settings = TrainingSettings()
    options.patience = nil
    XCTAssertEqual(
      options.command(trainingRows: 1000), "myelin train 'my file.csv' --target y --layers 64,32 --seed 7")
  }

  func testASearchGoesOnWhereItWasAndEndsInARun() throws {
    let path = try file(classes(200))
    let parent = try TrainingSupport.temporaryFolder(self)
    var options = try RunOptions.suited(to: source(path))
    options.seed = 3
    let folder = try RunFolder.new(parent.appendingPathComponent("tune").path, name: "")
    var told: [Tuning.Trial] = []
    let tuning = try Tuning(options, in: folder, seconds: 1e6, candidates: 4)
    XCTAssertEqual(try tuning.search { told.append($0) }, .done)
    // Four, then one of them and the usual settings, then these again.
    XCTAssertEqual(told.filter { $0.round == 0 }.map(\.candidate), [0, 1, 2, 3])
    XCTAssertTrue((1...2).contains(told.count { $0.round == 2 }))
    XCTAssertTrue(told.contains { $0.round == 2 && $0.candidate == 0 })
    let best = try XCTUnwrap(tuning.best)
    XCTAssertEqual(best.round, 2)

    // Nothing is left to do, and the same is best.
    let again = try Tuning(resuming: folder, seconds: nil)
    XCTAssertEqual(try again.search { _ in XCTFail("done already") }, .done)
    XCTAssertEqual(again.best?.candidate, best.candidate)
    let run = try again.winner()
    let outcome = try run.train(in: .new(again.bestFolder, name: ""))
    XCTAssertEqual(try SavedModel(contentsOf: outcome.folder.model).options.settings, best.settings)
    let html = try String(contentsOf: tuning.reportFile, encoding: .utf8)
    XCTAssertTrue(html.contains("held-out loss") && html.contains("learning rate"))

    let comparison = try RunComparison([outcome.folder.path, outcome.folder.path])
    XCTAssertEqual(comparison.table.rows.count, 2)
    XCTAssertTrue(comparison.differences.rows.isEmpty && comparison.warnings.isEmpty)
  }

  /// Pictures have no folds: a share of them judges, and the network is given.
  func testASearchOnAFolderOfPictures() throws {
    try XCTSkipUnless(PictureLibraryMissing.hasPNG, "built without libpng")
    let folder = try TrainingSupport.temporaryFolder(self)
    for (name, color) in [("red", [200, 20, 20]), ("blue", [20, 20, 200])] as [(String, [UInt8])] {
      let place = folder.appendingPathComponent("pets/\(name)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for number in 0..<15 {
        let bytes = (0..<64).flatMap { pixel in color.map { $0 &+ UInt8((pixel * 7 + number * 5) % 40) } }
        try Picture(height: 8, width: 8, channels: 3, bytes: bytes).write(
          to: place.appendingPathComponent("\(number).png"))
      }
    }
    let source = RunSource(
      own: PictureFolderData(), path: DataPath(folder.appendingPathComponent("pets").path))
    var options = try RunOptions.suited(to: source)
    options.settings.epochs = 3
    options.settings.batchSize = 8
    let tuning = try Tuning(
      options, in: .new(folder.appendingPathComponent("tune").path, name: ""), seconds: 1e6, candidates: 2)
    XCTAssertEqual(try tuning.search { _ in }, .done)
    XCTAssertEqual(tuning.options.validationShare, 0.2)
    let run = try tuning.winner()
    let outcome = try run.train(in: .new(tuning.bestFolder, name: ""))
    XCTAssertNil(outcome.assessment)
    XCTAssertNotNil(outcome.test.scores[.accuracy])
  }
}
