import Foundation
import Myelin
import MyelinModels
import XCTest

/// Golden values by `Tests/golden/sentence_encoder.py`.
final class SentenceEncoderTests: XCTestCase {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
    "../../../golden/sentence-encoder")

  func testVectorsAreThoseOfTheReference() throws {
    let encoder = try SentenceEncoder(contentsOf: Self.folder)
    XCTAssertEqual(encoder.configuration.longest, 32)
    XCTAssertTrue(encoder.configuration.normalizes)
    let data = try Data(contentsOf: Self.folder.appendingPathComponent("expected.json"))
    let expected = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    let texts = expected.map { $0["text"] as! String }
    // All at once, padded beside each other, and one by one.
    let together = encoder.embed(texts, batchSize: 8).scalars
    for (index, item) in expected.enumerated() {
      let vector = item["vector"] as! [Double]
      let alone = encoder.embed([texts[index]]).scalars
      for (place, value) in vector.enumerated() {
        XCTAssertEqual(Double(together[16 * index + place]), value, accuracy: 1e-5, texts[index])
        XCTAssertEqual(Double(alone[place]), value, accuracy: 1e-5, texts[index])
      }
    }
  }

  /// Gradients reach every weight: it can be trained further.
  func testTakesPartInTraining() throws {
    let encoder = try SentenceEncoder(contentsOf: Self.folder)
    let input = SentenceEncoder.Input(
      tokens: Indices([2, 30, 40, 3, 2, 50, 3, 0], shape: [2, 4]), lengths: Indices([4, 3]))
    let weights = Tensor((0..<32).map { Float($0 % 5) }, shape: [2, 16])
    (encoder(input) * weights).sum().backward()
    for (name, parameter) in encoder.namedParameters {
      XCTAssertTrue(parameter.gradient?.scalars.contains { $0 != 0 } == true, name)
    }
  }

  func testLies() throws {
    func check(_ words: [String], line: UInt = #line, _ change: (URL) throws -> Void) throws {
      let copy = FileManager.default.temporaryDirectory.appendingPathComponent("encoder-\(UUID().uuidString)")
      try FileManager.default.copyItem(at: Self.folder, to: copy)
      defer { try? FileManager.default.removeItem(at: copy) }
      try change(copy)
      XCTAssertThrowsError(try SentenceEncoder(contentsOf: copy), line: line) { error in
        for word in words { XCTAssertTrue("\(error)".contains(word), "\(word) in \(error)", line: line) }
        XCTAssertFalse("\(error)".contains("\n"), line: line)
      }
    }
    func config(_ key: String, _ value: Any?) -> (URL) throws -> Void {
      { folder in
        let url = folder.appendingPathComponent("config.json")
        var object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as! [String: Any]
        object[key] = value
        try JSONSerialization.data(withJSONObject: object).write(to: url)
      }
    }
    try check(["config.json", "\"hidden_size\" is missing"], config("hidden_size", nil))
    try check(["config.json", "\"hidden_size\"", "whole number"], config("hidden_size", -3))
    try check(["\"model_type\"", "bert", "\"roberta\""], config("model_type", "roberta"))
    try check(["\"num_attention_heads\"", "divisor"], config("num_attention_heads", 3))
    try check(["\"hidden_act\"", "swish"], config("hidden_act", "swish"))
    try check(["\"vocab_size\"", "tokenizer.json"], config("vocab_size", 100))
    try check(["model.safetensors", "embeddings.position_embeddings.weight"], config("max_position_embeddings", 41))
    try check(["model.safetensors", "encoder.layer.2.attention.self.query.weight"], config("num_hidden_layers", 3))
    try check(["tokenizer.json"]) {
      try FileManager.default.removeItem(at: $0.appendingPathComponent("tokenizer.json"))
    }
    try check(["model.safetensors"]) {
      try Data([1, 2, 3]).write(to: $0.appendingPathComponent("model.safetensors"))
    }
  }
}
