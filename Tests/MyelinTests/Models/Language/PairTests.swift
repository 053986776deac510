import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class PairTests: XCTestCase {
  /// Each pair once in an epoch, of about the same length in a batch, whatever rows are asked for.
  func testBatchesByLength() {
    let targets = (0..<203).map { [Int32](repeating: 1, count: ($0 * 37) % 50) }
    let sources = (0..<203).map { [Int32($0)] }
    let samples = PairSamples(sources, targets, end: 2, batchSize: 10)
    func epoch(_ epoch: Int) -> [[Int32]] {
      (0..<21).map { batch in
        let rows = min(10, 203 - 10 * batch)
        let result = samples.batch(0..<rows, at: BatchPlace(seed: 4, epoch: epoch, batch: batch))
        XCTAssertEqual(result.source.values, result.numbers)
        return result.numbers
      }
    }
    let first = epoch(0)
    XCTAssertEqual(first.flatMap { $0 }.sorted(), (0..<203).map { Int32($0) })
    XCTAssertEqual(first, epoch(0))
    XCTAssertNotEqual(first, epoch(1))
    for batch in first.dropLast() {
      let lengths = batch.map { targets[Int($0)].count }
      XCTAssertLessThanOrEqual(lengths.max()! - lengths.min()!, 5)
    }
  }

  func testPadding() {
    let samples = PairSamples([[5, 6], [7], []], [[1], [2, 3], []], end: 9)
    let batch = samples.batch([0, 1, 2])
    XCTAssertEqual(batch.source.values, [5, 6, 7, 0, 0, 0])
    XCTAssertEqual(batch.lengths.values, [2, 1, 1])
    XCTAssertEqual(batch.target.values, [9, 1, 0, 9, 2, 3, 9, 0, 0])
    XCTAssertEqual(batch.next.values, [1, 9, -1, 2, 3, 9, 9, -1, -1])
    XCTAssertEqual(batch.count, 6)
  }

  /// Probabilities of the next token by the last one alone; the end is token 0.
  private final class Chain: SequenceDecoder {
    let table: [[Float]]
    var rows = 0
    init(_ table: [[Float]]) { self.table = table }
    func next(_ tokens: [Int32], from rows: [Int]) -> Tensor {
      XCTAssertTrue(rows.allSatisfy { $0 >= 0 })
      return Tensor(tokens.flatMap { table[Int($0)].map { log($0) } }, shape: Shape(tokens.count, table.count))
    }
  }

  /// The greedy way is not the best one: a beam finds it, as going through all does.
  func testBeamFindsTheBest() {
    let table: [[Float]] = [
      // From the beginning, from 1, from 2, from 3.
      [0.01, 0.5, 0.39, 0.1], [0.3, 0.3, 0.2, 0.2], [0.9, 0.04, 0.03, 0.03], [0.4, 0.2, 0.2, 0.2],
    ]
    func log2(_ tokens: [Int32]) -> Double {
      zip([0] + tokens, tokens + [0]).reduce(0) { $0 + Foundation.log(Double(table[Int($1.0)][Int($1.1)])) }
    }
    let greedy = BeamSearch(width: 1, lengthPenalty: 0).sequences(Chain(table), end: 0, limits: [4, 4])
    XCTAssertEqual(greedy.map { $0.first }, [1, 1])
    for penalty in [0, 1.0] {
      let search = BeamSearch(width: 8, lengthPenalty: penalty)
      let found = search.sequences(Chain(table), end: 0, limits: [4, 2])
      var all: [[Int32]] = [[]]
      var level: [[Int32]] = [[]]
      for _ in 0..<4 {
        level = level.flatMap { start in [1, 2, 3].map { start + [$0] } }
        all += level
      }
      func value(_ tokens: [Int32]) -> Double { log2(tokens) / pow((6 + Double(tokens.count)) / 6, penalty) }
      for (answer, limit) in zip(found, [4, 2]) {
        let best = all.filter { $0.count <= limit }.map(value).max()!
        XCTAssertEqual(value(answer), best, accuracy: 1e-5, "\(answer)")
      }
    }
  }

  func testSearchEndsAtItsLimit() {
    // Nothing ends by itself.
    let endless: [[Float]] = [[1e-9, 0.6, 0.4], [1e-9, 0.5, 0.5], [1e-9, 0.5, 0.5]]
    let found = BeamSearch(width: 2).sequences(Chain(endless), end: 0, limits: [3, 0])
    XCTAssertEqual(found.map(\.count), [3, 0])
  }

  /// Words turned round: learned in seconds, read back, and told the same.
  func testLearnsPairs() throws {
    var rows: [(source: String, target: String)] = []
    for a in "abcdef" { for b in "abcdef" { for c in "abcdef" { rows.append(("\(a)\(b)\(c)", "\(c) \(b) \(a)")) } } }
    var options = try RunOptions.suited(to: RunSource(recipe: "spell"))
    var settings = PairSettings()
    (settings.width, settings.depth, settings.heads, settings.context) = (32, 1, 2, 8)
    settings.search = BeamSearch(width: 3, lengthPenalty: 0)
    options.settings.pairs = settings
    options.settings.dropout = 0
    options.settings.epochs = 40
    options.settings.batchSize = 16
    options.settings.learningRate = 5e-3
    options.testShare = 0.1
    let task = try PairTask(
      rows, names: ("word", "letters"), named: "x", origin: [], isTranslation: false, options
    ) { pairs in (.text(.bytes), .symbols(training: pairs.map(\.target))) }
    XCTAssertEqual(task.columns.targetVocabulary, .symbols(["a", "b", "c", "d", "e", "f"]))
    XCTAssertEqual(task.test.count, 22)
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("pairs-\(UUID().uuidString)")
    addTeardownBlock { try? FileManager.default.removeItem(at: url) }
    let folder = try RunFolder.new(url.path, name: "")
    let outcome = try TrainingRun(options, task: task).train(in: folder)
    let errors = try XCTUnwrap(outcome.test.scores[.symbolErrorRate])
    XCTAssertLessThan(errors, 0.1)
    let model = try XCTUnwrap(RunModels.read(folder.model) as? PairModel)
    XCTAssertEqual(model.test(on: task.test).scores, outcome.test.scores)
    // Alone or among others of other lengths the answer is the same.
    let alone = model.translate(["abc"])
    XCTAssertEqual(model.translate(["fed", "abc", "a"])[1], alone[0])
    try Data("word\nabc\nfed\n".utf8).write(to: url.appendingPathComponent("new.csv"))
    let answers = try model.answers(of: [url.appendingPathComponent("new.csv").path], InputOptions()) { _ in }
    XCTAssertEqual(answers.predictions[0], alone[0])
    XCTAssertEqual(answers.csvHeader, ["predicted_letters"])
  }

  func testShippedPairs() throws {
    var options = try RunOptions.suited(to: RunSource(recipe: "translate"))
    options.settings.pairs?.pieces = 300
    let task = try XCTUnwrap(PairRecipe.translate.task(options, near: nil) as? PairTask)
    // No English sentence is in two parts.
    let known = Set(task.training.sources)
    XCTAssertEqual(task.test.count, 2082)
    XCTAssertFalse(task.test.sources.contains(where: known.contains))
    XCTAssertEqual(task.columns.sourceVocabulary, task.columns.targetVocabulary)
    let words = try LabelledTexts(
      ShippedData.file("cmudict-g2p.csv.gz").path, text: "word", target: "phonemes", TableOptions.Reading())
    XCTAssertEqual(words.texts.count, 109_627)
    XCTAssertFalse(words.texts.contains(""), "nan and null are words")
  }
}
