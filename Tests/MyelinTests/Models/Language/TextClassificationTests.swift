import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class TextClassificationTests: XCTestCase {
  func testTermsOfAText() {
    var form = TextTerms.Form()
    XCTAssertEqual(TextTerms.words(of: "Don't  PANIC: 42 naïve!"), ["don", "'", "t", "panic", ":", "42", "naïve", "!"])
    XCTAssertEqual(TextTerms.terms(of: "a b a", form), ["a", "b", "a b", "b a"])
    form.letters = [3, 4]
    form.words = 1
    XCTAssertEqual(TextTerms.terms(of: "cat", form), ["cat", "#<ca", "#cat", "#at>", "#<cat", "#cat>"])
    form.letters = []
    form.minimumCount = 2
    let terms = TextTerms(training: ["a b", "a c", "b a d"], labels: [0, 1, 0], form)
    XCTAssertEqual(terms.terms, ["a", "b"])
    XCTAssertEqual(terms.weights[0], Float(log(4.0 / 4) + 1))
    XCTAssertEqual(terms.weights[1], Float(log(4.0 / 3) + 1))
    XCTAssertTrue(terms.isConsistent)

    // Weights of a text have norm 1; what is not known counts nothing.
    let samples = TextSamples(["a b x", "", "b"], labels: [0, 1, 0], terms)
    let batch = samples.batch([0, 1, 2])
    XCTAssertEqual(batch.inputs.terms.values, [0, 1, 1])
    XCTAssertEqual(batch.inputs.rows.values, [0, 0, 2])
    let weights = batch.inputs.weights.scalars
    XCTAssertEqual(weights[0] * weights[0] + weights[1] * weights[1], 1, accuracy: 1e-6)
    XCTAssertEqual(weights[2], 1, accuracy: 1e-6)
    XCTAssertEqual(batch.labels.values, [0, 1, 0])
    form.weighting = .ratio
    form.minimumCount = 1
    let ratios = TextTerms(training: ["a b", "a c"], labels: [0, 1], form)
    XCTAssertEqual(ratios.terms, ["a", "b", "c"])
    // a is in each class as often; b has 2 of 5 in the first, 1 of 5 in the other.
    for (weight, expected) in zip(ratios.weights, [1e-3, log(2.0), log(2.0)]) {
      XCTAssertEqual(Double(weight), expected, accuracy: 1e-6)
    }
    let drawn = TextSamples(["a b", "b a", "a", "b", "a b"], labels: [0, 0, 0, 0, 0], terms, dropped: 0.5)
    func count(_ epoch: Int) -> Int {
      drawn.batch(0..<5, at: BatchPlace(seed: 1, epoch: epoch, batch: 0)).inputs.terms.count
    }
    XCTAssertEqual(count(0), count(0))
    XCTAssertGreaterThan(Set((0..<10).map(count)).count, 1)
  }

  private func folder() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("texts-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: url) }
    return url
  }

  /// Texts whose class one word tells.
  private func csv(_ count: Int) -> String {
    "text,label\n"
      + (0..<count).map { index in
        let isGood = index % 3 != 0
        return "\"item \(index) was \(isGood ? "splendid" : "dreadful"), they said\",\(isGood ? "good" : "bad")\n"
      }.joined()
  }

  func testOwnTableIsLearned() throws {
    let folder = try folder()
    let path = folder.appendingPathComponent("reviews.csv").path
    try Data(csv(200).utf8).write(to: URL(fileURLWithPath: path))
    let kind = try XCTUnwrap(Recipes.kind(of: path, task: nil, target: "label"))
    XCTAssertEqual(kind.name, "texts", "two columns, one of texts")
    XCTAssertEqual(Recipes.kind(of: path, task: "classification", target: "label")?.name, "csv")
    XCTAssertEqual(Recipes.kind(of: path, task: "classify-text", target: nil)?.name, "texts")

    var source = RunSource(own: kind, path: DataPath(path), target: "label")
    source.table = TableOptions()
    var options = try RunOptions.suited(to: source)
    options.settings.epochs = 20
    options.settings.batchSize = 16
    let run = try TrainingRun(options)
    let place = try RunFolder.new(folder.appendingPathComponent("run").path, name: "")
    let outcome = try run.train(in: place)
    XCTAssertEqual(outcome.test.scores[.accuracy], 1)
    let model = try XCTUnwrap(RunModels.read(place.model) as? TextClassifier)
    XCTAssertEqual(model.tellingTerms(1).map { $0[0].split(separator: " ").contains("dreadful") }, [true, false])
    let evaluation = try model.evaluation(of: nil, near: place)
    XCTAssertEqual(evaluation.test.scores, outcome.test.scores)
    XCTAssertFalse(evaluation.hasChanged)
    try Data("n,text\n1,a splendid thing\n2,dreadful\n3,\n".utf8).write(to: folder.appendingPathComponent("new.csv"))
    let answers = try model.answers(of: [folder.appendingPathComponent("new.csv").path], InputOptions()) { _ in }
    XCTAssertEqual(Array(answers.predictions.prefix(2)), ["good", "bad"])
    XCTAssertEqual(answers.count, 3)
    XCTAssertEqual(answers.csvHeader, ["predicted_label", "probability_bad", "probability_good"])
    XCTAssertTrue(String(decoding: try Data(contentsOf: place.report), as: UTF8.self).contains("terms that speak"))

    try Data("text,label\nx,worse\n".utf8).write(to: folder.appendingPathComponent("other.csv"))
    XCTAssertThrowsError(
      try model.evaluation(of: folder.appendingPathComponent("other.csv").path, near: place)
    ) { XCTAssertTrue("\($0)".contains("line 2") && "\($0)".contains("worse"), "\($0)") }
  }

  func testShippedTexts() throws {
    for (recipe, classes, count, test) in [
      (TextRecipe.reviews, 2, 9596, 1066), (TextRecipe.intents, 77, 10003, 3080),
    ] {
      var options = try RunOptions.suited(to: RunSource(recipe: recipe.name))
      options.settings.texts?.form = TextTerms.Form(words: 1, limit: 100)
      let task = try XCTUnwrap(recipe.task(options, near: nil) as? TextClassificationTask)
      XCTAssertEqual(task.columns.classNames.count, classes)
      XCTAssertEqual(task.training.count, count)
      XCTAssertEqual(task.test.count, test)
      XCTAssertFalse(task.training.texts.contains(""))
    }
  }
}
