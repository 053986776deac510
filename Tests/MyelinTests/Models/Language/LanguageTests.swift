import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class LanguageTests: XCTestCase {
  private static let text = String(repeating: "the cat sat on the mat. a dog ran to the cat.\n", count: 60)

  private func options(_ change: (inout RunOptions) -> Void = { _ in }) -> RunOptions {
    var options = RunOptions(source: RunSource(own: TextData(), path: DataPath("x.txt")), settings: .language)
    options.testShare = 0.1
    options.settings.language = LanguageSettings {
      $0.network = "context"
      $0.context = 16
      $0.width = 24
    }
    options.settings.epochs = 3
    options.settings.batchSize = 8
    options.settings.learningRate = 0.01
    change(&options)
    return options
  }

  private func task(_ texts: [String], _ options: RunOptions) throws -> LanguageTask {
    try LanguageTask(
      texts.enumerated().map { TextDocument(name: "\($0).txt", bytes: Array($1.utf8)) }, named: "x.txt", origin: [],
      options)
  }

  private func folder() -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("language-\(UUID().uuidString)")
    addTeardownBlock { try? FileManager.default.removeItem(at: url) }
    return url
  }

  func testLearnsASmallLanguage() throws {
    let options = options()
    let task = try task([Self.text], options)
    let run = try TrainingRun(options, task: task)
    let folder = try RunFolder.new(folder().path, name: "language")
    let outcome = try run.train(in: folder)
    let nats = try XCTUnwrap(outcome.test.scores[.natsPerCharacter])
    XCTAssertLessThan(nats, 0.3)
    XCTAssertEqual(outcome.test.scores[.perplexity]!, exp(nats), accuracy: 1e-3, "a token is a character")

    // The file gives the same model, which makes the same text.
    let model = try XCTUnwrap(RunModels.read(folder.model) as? LanguageModel)
    func text(_ seed: UInt64, _ temperature: Float = 1) throws -> String {
      var options = GenerationOptions()
      (options.prompt, options.length, options.seed, options.temperature) = ("a dog", 120, seed, temperature)
      guard case .text(let text) = try model.generate(options) else { return "" }
      return text.joined()
    }
    XCTAssertEqual(try text(1, 5), try text(1, 5))
    XCTAssertNotEqual(try text(1, 5), try text(2, 5))
    let greedy = try text(0, 0)
    XCTAssertTrue(greedy.hasPrefix(" ran to the cat."), greedy)
    XCTAssertEqual(try text(0, 0).count, 120)
    XCTAssertEqual(model.test(on: task.test).scores, outcome.test.scores)
  }

  /// What is read piece by piece is what the whole window gives.
  func testStreamIsTheNetwork() {
    RandomGenerator.shared.reset(seed: 1)
    let settings = LanguageSettings { $0.width = 8 }
    for kind in LanguageNetworks.kinds {
      func check<Configuration: LanguageNetworkConfiguration>(_ kind: Configuration.Type) {
        let network = kind.init(vocabularySize: 11, settings, dropout: 0.1).makeNetwork()
        XCTAssertTrue(network.configuration.isConsistent)
        XCTAssertEqual(network.parameterCount, network.configuration.size.parameterCount)
        let tokens: [Int32] = [3, 0, 10, 5, 5, 2, 7, 1]
        let whole = withoutGradient { network(Indices(tokens, shape: [1, 8])) }
        XCTAssertEqual(whole.shape, [1, 8, 11])
        let stream = network.makeStream()
        for place in 2..<8 {
          let logits = stream.append(place == 2 ? [3, 0, 10] : [tokens[place]])
          for (a, b) in zip(logits.scalars, whole.sliced(place..<place + 1, axis: 1).scalars) {
            XCTAssertEqual(a, b, accuracy: 1e-5, "\(kind.kind)")
          }
        }
      }
      check(kind)
    }
  }

  func testPartsFollowEachOther() throws {
    let options = options {
      $0.validationShare = 0.1
      $0.testShare = 0.2
    }
    let text = String(repeating: "é", count: 10) + String(repeating: "abcdefghij", count: 18)
    let task = try task([text], options)
    XCTAssertEqual(task.training.windows.tokens.count, 10 + 120)
    XCTAssertEqual(try XCTUnwrap(task.validation).windows.tokens.count, 20)
    XCTAssertEqual(task.test.windows.tokens.count, 40)
    XCTAssertEqual(task.tokens, .characters(CharacterTokenizer(["é"])))

    // Several documents have a token of their own before each.
    let several = try self.task([text, text], options)
    XCTAssertTrue(several.hasSeparator)
    XCTAssertEqual(several.training.windows.tokens.values.filter { $0 == 257 }.count, 2)
    XCTAssertThrowsError(try self.task(["ab"], options)) { XCTAssertTrue("\($0)".contains("tokens for"), "\($0)") }
  }

  func testTokenChoices() {
    XCTAssertEqual(TokenChoice("bpe:500"), .bytePairs(500))
    XCTAssertEqual(TokenChoice("Characters"), .characters)
    for bad in ["bpe", "bpe:10", "bpe:x", "words", "bytes:3"] { XCTAssertNil(TokenChoice(bad), bad) }
    XCTAssertEqual(TextGeneration.completeCount([0x61, 0xc3]), 1)
    XCTAssertEqual(TextGeneration.completeCount([0xf0, 0x9f, 0x99, 0x82]), 4)
    XCTAssertEqual(TextGeneration.completeCount([0x80, 0x80, 0x80]), 0)
    XCTAssertEqual(TextGeneration.completeCount([0x80, 0x80, 0x80, 0x80]), 4)
  }

  /// The last tenth is the test, and what is watched stands before it.
  func testShippedNovel() throws {
    var options = try RunOptions.suited(to: RunSource(recipe: "gpt"))
    options.validationShare = 0.1
    let task = try XCTUnwrap(LanguageRecipe.gpt.task(options, near: nil) as? LanguageTask)
    let parts = [task.training, try XCTUnwrap(task.validation), task.test].map(\.windows.tokens.count)
    XCTAssertEqual(parts.reduce(0, +), 684_768)
    XCTAssertEqual(Array(parts.dropFirst()), [68477, 68477])
    XCTAssertEqual(task.tokens, .characters(CharacterTokenizer([])))
    XCTAssertFalse(task.hasSeparator)
    var bad = options
    bad.settings.language?.heads = 5
    XCTAssertThrowsError(try LanguageRecipe.gpt.task(bad, near: nil)) { XCTAssertTrue("\($0)".contains("5 heads")) }
  }
}
