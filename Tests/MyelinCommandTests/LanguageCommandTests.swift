import Foundation
import XCTest

/// A text learned and gone on with, as a user does it.
final class LanguageCommandTests: XCTestCase {
  func testTrainAndGenerate() throws {
    let shell = try Shell(self)
    let text = String(repeating: "the cat sat on the mat. a dog ran to the cat.\n", count: 60)
    try shell.write("story.txt", Data(text.utf8))
    let small =
      ["--network", "context", "--context", "16", "--width", "16", "--epochs", "2", "--batch-size", "4"]
      + ["--learning-rate", "0.01"]
    let trained = try shell.start(["train", "story.txt", "--output", "run"] + small).finish()
    XCTAssertEqual(trained.status, 0, trained.complaints)
    XCTAssertTrue(trained.output.contains("nats a character"), trained.output)

    let made = try shell.run(
      "generate", "run", "--prompt", "the", "--length", "40", "--temperature", "0.5", "--seed", "3")
    XCTAssertEqual(made.status, 0, made.complaints)
    XCTAssertTrue(made.output.hasPrefix("the"), made.output)
    XCTAssertEqual(made.output.count, 3 + 40 + 1)
    let same = try shell.run(
      "generate", "run", "--prompt", "the", "--length", "40", "--temperature", "0.5", "--seed", "3", "--threads", "1")
    XCTAssertEqual(same.output, made.output)
    let written = try shell.run("generate", "run", "--length", "20", "--temperature", "0", "--output", "made.txt")
    XCTAssertEqual(written.status, 0, written.complaints)
    XCTAssertEqual(try shell.bytes("made.txt").count, 20)
    let evaluated = try shell.run("evaluate", "run")
    XCTAssertTrue(evaluated.output.contains("perplexity"), evaluated.output + evaluated.complaints)

    for (arguments, words) in [
      (["generate", "run", "--class", "x"], "--class does nothing"),
      (["generate", "run", "--top-p", "1.5"], "--top-p must be"),
      (["train", "story.txt", "--tokens", "words"], "words"),
      (["train", "story.txt", "--network", "nothing"], "There is no network"),
      (["train", "iris", "--tokens", "bytes"], "--tokens does nothing"),
      (["train", "story.txt", "--layers", "8"], "--layers does nothing"),
      (["train", "story.txt", "--output", "run"], "run"),
    ] {
      let result = try shell.start(arguments).finish()
      XCTAssertNotEqual(result.status, 0, "\(arguments)")
      XCTAssertTrue(result.complaints.contains(words), result.complaints)
    }
  }
}
