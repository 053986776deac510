import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class SequenceTests: XCTestCase {
  private func file(_ text: String) throws -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("sequences-\(UUID().uuidString).jsonl")
    try text.write(to: url, atomically: true, encoding: .utf8)
    return url
  }

  private func read(_ text: String) throws -> SequenceFile {
    let url = try file(text)
    defer { try? FileManager.default.removeItem(at: url) }
    return try SequenceFile(url, source: "a.jsonl", field: "x", target: "y", isText: false, needsClasses: true)
  }

  func testJSONLines() throws {
    let found = try read(
      """
      {"x": [[1, 2], [3, 4]], "y": "a", "split": "train"}

      {"x": [[5, 6]], "y": 2, "split": "test"}
      """)
    XCTAssertEqual(found.frames, [[1, 2, 3, 4], [5, 6]])
    XCTAssertEqual(found.classes, ["a", "2"])
    XCTAssertEqual(found.parts, ["train", "test"])
    XCTAssertEqual(found.lines, [1, 3])
  }

  func testBadLines() {
    for (text, message) in [
      ("{\"x\": [[1, 2], [3]], \"y\": 1}", "line 1"), ("{\"x\": [[1]], \"y\": 1}\nnothing", "line 2"),
      ("{\"x\": 3, \"y\": 1}", "no list under \"x\""), ("{\"x\": [[1]]}", "nothing under \"y\""),
    ] {
      XCTAssertThrowsError(try read(text), text) { XCTAssert("\($0)".contains(message), "\($0)") }
    }
  }

  func testLetters() {
    let encoding = SequenceEncoding(steps: .letters("abc"), classNames: ["x", "y"], target: "t", field: "f")
    XCTAssertEqual(encoding.encode("Cé!a"), [0, 0, 1, 1, 0, 0])
    XCTAssertTrue(encoding.isConsistent)
  }

  /// The answer for a sequence does not depend on what stands beside it in a batch.
  func testBatchesArePadded() {
    let samples = SequenceSamples(
      features: 2, sequences: [[1, 2], [3, 4, 5, 6, 7, 8], []], labels: [0, 1, 0], noise: 0)
    let batch = samples.batch([0, 1, 2])
    XCTAssertEqual(batch.inputs.values.shape, [3, 3, 2])
    XCTAssertEqual(batch.inputs.lengths.values, [1, 3, 0])
    RandomGenerator.shared.reset(seed: 1)
    let network = SequenceNetwork(.init(features: 2, classes: 3, hidden: 4, layers: 2, dropout: 0.5))
    withoutGradient {
      let together = network(batch.inputs).scalars
      for row in 0..<2 {
        let alone = network(samples.batch([row]).inputs).scalars
        for (a, b) in zip(alone, together[3 * row..<3 * row + 3]) { XCTAssertEqual(a, b, accuracy: 1e-6) }
      }
      XCTAssertTrue(together.allSatisfy(\.isFinite))
    }
  }
}
