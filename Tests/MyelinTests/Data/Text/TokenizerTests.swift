import Foundation
import XCTest

@testable import Myelin

final class TokenizerTests: XCTestCase {
  private static let text = Array(
    """
    It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife.
    However little known the feelings or views of such a man may be on his first entering a neighbourhood, this truth is so
    well fixed in the minds of the surrounding families — that he is considered the rightful property. Déjà vu, 日本.
    """.utf8)

  private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 20) }
  }

  func testAnyBytesComeBack() {
    let pairs = BytePairTokenizer(training: [Self.text], vocabularySize: 320)
    XCTAssertGreaterThan(pairs.merges.count, 40)
    let characters = CharacterTokenizer(training: [Self.text])
    XCTAssertEqual(characters.characters, ["à", "é", "—", "日", "本"])
    let tokenizers: [any Tokenizer] = [ByteTokenizer(), characters, pairs]
    for tokenizer in tokenizers {
      var texts = [
        [], Self.text, Array("é日🙂 x".utf8), Array("  \n\n a".utf8), [0xe9, 0x20, 0xff, 0xc3], [0xe2, 0x80],
      ]
      for seed in 0..<20 { texts.append(bytes(300, seed: UInt64(seed))) }
      for text in texts {
        let tokens = tokenizer.encode(text)
        XCTAssertEqual(tokenizer.decodedBytes(tokens), text)
        XCTAssertTrue(tokens.allSatisfy { $0 >= 0 && $0 < tokenizer.vocabularySize })
        let counts = tokenizer.characterCounts
        let expected = text.count { $0 & 0xc0 != 0x80 }
        XCTAssertEqual(tokens.reduce(0) { $0 + counts[Int($1)] }, expected)
      }
    }
    XCTAssertEqual(characters.encode("é日x"), [257, 259, 120])
    XCTAssertEqual(characters.encode("ö"), [0xc3, 0xb6])
    XCTAssertLessThan(pairs.encode(Self.text).count, Self.text.count * 2 / 3)
  }

  /// Trained as the definition says, each step counting all anew.
  func testMergesAreThoseOfTheDefinition() {
    let text = Array("aaaa aaa abab abab babab cabab. xyxyxyx xy xyx aa, it's it's they'll 日日日 日日".utf8)
    var words: [[Int32]] = []
    text.withUnsafeBufferPointer { buffer in
      TextPieces.forEachByGPT2(buffer) { words.append(buffer[$0].map { Int32($0) }) }
    }
    var merges: [BytePairTokenizer.Merge] = []
    for step in 0..<40 {
      var counts: [BytePairTokenizer.Merge: Int] = [:]
      for word in words { for (a, b) in zip(word, word.dropFirst()) { counts[.init(a, b), default: 0] += 1 } }
      guard
        let best = counts.min(by: { ($1.value, $0.key.left, $0.key.right) < ($0.value, $1.key.left, $1.key.right) }),
        best.value >= 2
      else { break }
      merges.append(best.key)
      words = words.map { word in
        var result: [Int32] = []
        var place = 0
        while place < word.count {
          let isPair = place + 1 < word.count && word[place] == best.key.left && word[place + 1] == best.key.right
          result.append(isPair ? Int32(256 + step) : word[place])
          place += isPair ? 2 : 1
        }
        return result
      }
    }
    XCTAssertGreaterThan(merges.count, 10)
    let trained = BytePairTokenizer(training: [text], vocabularySize: 256 + 40)
    XCTAssertEqual(trained.merges, merges)
    XCTAssertEqual(trained.encode(text), words.flatMap { $0 })
  }

  /// Short pieces are searched, long ones have a queue: the tokens are the same.
  func testLongPieces() {
    var rules = PairMerges()
    var generator = SplitMix64(seed: 3)
    for token in 3..<40 {
      let (left, right) = (Int32(generator.next() % UInt64(token)), Int32(generator.next() % UInt64(token)))
      rules.add(left, right, result: Int32(token))
    }
    for _ in 0..<50 {
      let tokens = (0..<40).map { _ in Int32(generator.next() % 3) }
      // A token without rules stands behind, so that the queue is taken.
      let long = tokens + [Int32](repeating: 1000, count: 20)
      XCTAssertEqual(rules.merged(long), rules.merged(tokens) + [Int32](repeating: 1000, count: 20))
    }
  }

  func testPieces() {
    let text = "it's  two\n\n x 12ab !?'re y  "
    var pieces: [String] = []
    Array(text.utf8).withUnsafeBufferPointer { buffer in
      TextPieces.forEachByGPT2(buffer) { pieces.append(String(decoding: buffer[$0], as: UTF8.self)) }
    }
    XCTAssertEqual(
      pieces, ["it", "'s", " ", " two", "\n\n", " x", " 12", "ab", " !?'", "re", " y", "  "])
  }

  func testStored() throws {
    let pairs = BytePairTokenizer(training: [Self.text], vocabularySize: 300)
    XCTAssertEqual(try JSONCoding.decode(BytePairTokenizer.self, JSONCoding.encode(pairs)), pairs)
    let characters = CharacterTokenizer(training: [Self.text])
    XCTAssertEqual(try JSONCoding.decode(CharacterTokenizer.self, JSONCoding.encode(characters)), characters)
    XCTAssertThrowsError(try JSONCoding.decode(BytePairTokenizer.self, "[97,98,258,99]"), "258 comes later")
  }
}

/// Golden values by `Tests/golden/tokenizers.py`.
final class PretrainedTokenizerTests: XCTestCase {
  private struct Golden {
    let name: String
    let file: [String: Any]
    let cases: [[String: Any]]

    func tokenizer(_ change: (inout [String: Any]) -> Void = { _ in }) throws -> PretrainedTokenizer {
      var file = file
      change(&file)
      return try PretrainedTokenizer(
        JSONField(Array(JSONSerialization.data(withJSONObject: file)), source: "tokenizer.json"))
    }
  }

  private static var golden: [Golden] {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../../golden/tokenizers.json")
    let list = try! JSONSerialization.jsonObject(with: Data(contentsOf: url)) as! [[String: Any]]
    return list.map {
      Golden(
        name: $0["name"] as! String, file: $0["tokenizer"] as! [String: Any], cases: $0["cases"] as! [[String: Any]])
    }
  }

  func testTokensAreThoseOfTheReference() throws {
    XCTAssertEqual(Self.golden.count, 6)
    for golden in Self.golden {
      let tokenizer = try golden.tokenizer()
      for item in golden.cases {
        let text = item["text"] as! String
        let ids = tokenizer.encode(text)
        XCTAssertEqual(ids.map(Int.init), item["ids"] as! [Int], "\(golden.name): \(text)")
        XCTAssertEqual(
          tokenizer.encode(text, addsSpecialTokens: false).map(Int.init), item["plain"] as! [Int],
          "\(golden.name): \(text)")
        XCTAssertEqual(tokenizer.decode(ids), item["decoded"] as! String, "\(golden.name): \(text)")
        XCTAssertTrue(ids.allSatisfy { Int($0) < tokenizer.vocabularySize })
      }
    }
  }

  func testTextComesBack() throws {
    let tokenizer = try XCTUnwrap(Self.golden.first).tokenizer()
    let text = "Déjà vu,\n\n it's 日本語 🙂\u{200b}\r\n  done "
    XCTAssertEqual(tokenizer.decode(tokenizer.encode(text)), text)
    XCTAssertEqual(tokenizer.token("<|endoftext|>"), 0)
    XCTAssertNil(tokenizer.token("no such token"))
  }

  /// One line that names the key.
  func testLies() throws {
    func check(
      _ index: Int, _ words: [String], line: UInt = #line, _ change: (inout [String: Any]) -> Void
    ) {
      XCTAssertThrowsError(try Self.golden[index].tokenizer(change), line: line) { error in
        for word in words + ["tokenizer.json"] {
          XCTAssertTrue("\(error)".contains(word), "\(word) in \(error)", line: line)
        }
        XCTAssertFalse("\(error)".contains("\n"), line: line)
      }
    }
    func model(_ key: String, _ value: Any?) -> (inout [String: Any]) -> Void {
      { file in
        var model = file["model"] as! [String: Any]
        model[key] = value
        file["model"] = model
      }
    }
    check(0, ["\"model\" is missing"]) { $0["model"] = nil }
    check(0, ["\"model.type\"", "WordLevel"], model("type", "WordLevel"))
    check(0, ["\"model.merges[0]\"", "two tokens of the vocabulary"], model("merges", [["q", "zzz"]]))
    check(0, ["\"model.merges[0]\"", "expected two tokens"], model("merges", ["a b c"]))
    check(0, ["\"model.merges\" is missing"], model("merges", nil))
    check(0, ["model.vocab[\"b\"]", "a whole number"], model("vocab", ["a": 0, "b": -1]))
    check(0, ["model.vocab[\"b\"]", "a number of its own"], model("vocab", ["a": 0, "b": 0]))
    check(0, ["model.vocab[\"b\"]", "\"x\""], model("vocab", ["a": 0, "b": "x"]))
    check(0, ["\"model.dropout\""], model("dropout", 0.1))
    check(2, ["\"model.unk_token\""], model("unk_token", "[NO]"))
    check(4, ["\"model.vocab[0]\""], model("vocab", [["a"]]))
    check(4, ["\"model.unk_id\""], model("unk_id", 9999))
    check(2, ["\"normalizer.type\"", "Precompiled"]) { $0["normalizer"] = ["type": "Precompiled"] }
    check(2, ["\"normalizer.lowercase\"", "true or false"]) {
      $0["normalizer"] = ["type": "BertNormalizer", "lowercase": 1]
    }
    check(2, ["\"pre_tokenizer.type\""]) { $0["pre_tokenizer"] = ["type": "Split"] }
    check(2, ["\"decoder.type\""]) { $0["decoder"] = ["type": "CTC"] }
    check(2, ["\"added_tokens[0].id\""]) { $0["added_tokens"] = [["id": 77, "content": "[CLS]", "special": true]] }
    check(2, ["post_processor.single[0].SpecialToken.id"]) { file in
      file["post_processor"] = ["type": "TemplateProcessing", "single": [["SpecialToken": ["id": "[NO]"]]]]
    }
    XCTAssertThrowsError(try JSONField(Array("[1]".utf8), source: "x.json")) {
      XCTAssertEqual("\($0)", "x.json: is no JSON object")
    }
  }
}
