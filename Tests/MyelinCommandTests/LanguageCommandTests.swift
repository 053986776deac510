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

    let gpt = try shell.start([
      "train", "story.txt", "--context", "4", "--width", "8", "--depth", "1", "--heads", "2", "--epochs", "1",
      "--output",
      "gpt",
    ]).finish()
    XCTAssertEqual(gpt.status, 0, gpt.complaints)
    let long = try shell.run("generate", "gpt", "--prompt", "the cat sat", "--length", "30", "--temperature", "0")
    XCTAssertEqual(long.status, 0, long.complaints)
    XCTAssertTrue(long.output.hasPrefix("the cat sat"), "beyond its context")

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

  /// A CSV file of two columns is read as texts by itself; answers go to another CSV file.
  func testClassifyTexts() throws {
    let shell = try Shell(self)
    let rows = (0..<120).map { index in
      "\"item \(index) was \(index % 3 != 0 ? "splendid" : "dreadful"), they said\",\(index % 3 != 0 ? "good" : "bad")\n"
    }
    try shell.write("reviews.csv", Data(("text,label\n" + rows.joined()).utf8))
    let trained = try shell.start(["train", "reviews.csv", "--target", "label", "--epochs", "20", "--output", "run"])
      .finish()
    XCTAssertEqual(trained.status, 0, trained.complaints)
    XCTAssertTrue(trained.output.contains("classification of label by text"), trained.output)
    XCTAssertTrue(trained.output.contains("test accuracy 100.00%"), trained.output)
    try shell.write("new.csv", Data("text\nit was dreadful\nsplendid\n".utf8))
    let answers = try shell.run("predict", "run", "--input", "new.csv", "--keep-input")
    XCTAssertEqual(answers.status, 0, answers.complaints)
    let lines = answers.output.split(separator: "\n")
    XCTAssertEqual(lines.first, "text,predicted_label,probability_bad,probability_good")
    XCTAssertTrue(lines.count == 3 && lines[1].hasPrefix("it was dreadful,bad,"), answers.output)
    let evaluated = try shell.run("evaluate", "run", "--input", "reviews.csv", "--json")
    XCTAssertTrue(evaluated.output.contains("\"accuracy\" : 1"), evaluated.output + evaluated.complaints)
    let named = try shell.start([
      "train", "reviews.csv", "--task", "classify-text", "--text", "text", "--target", "label", "--epochs", "1",
      "--output", "named",
    ]).finish()
    XCTAssertEqual(named.status, 0, named.complaints)
    let wrong = try shell.start([
      "train", "reviews.csv", "--task", "classify-text", "--text", "nothing", "--target", "label",
    ]).finish()
    XCTAssertEqual(wrong.status, 1)
    XCTAssertTrue(wrong.complaints.contains("nothing"), wrong.complaints)
  }

  func testEmbed() throws {
    let shell = try Shell(self)
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../golden/sentence-encoder"
    ).standardizedFileURL.path
    let made = try shell.run("embed", "--model", folder, "It is a truth", "a wife")
    XCTAssertEqual(made.status, 0, made.complaints)
    XCTAssertEqual(made.output.split(separator: "\n").map { $0.split(separator: ",").count }, [16, 16])
    let written = try shell.run("embed", "--model", folder, "It is a truth", "--output", "v.npy")
    XCTAssertEqual(written.status, 0, written.complaints)
    XCTAssertEqual(Array(try shell.bytes("v.npy").prefix(6)), [0x93] + Array("NUMPY".utf8))
    let wrong = try shell.run("embed", "--model", "nothing", "text")
    XCTAssertEqual(wrong.status, 1)
    XCTAssertTrue(wrong.complaints.contains("config.json"), wrong.complaints)
  }
}
