import Foundation

/// What turns a piece of text into tokens.
protocol PieceModel: Sendable {
  /// One more than the largest token.
  var size: Int { get }
  func id(of piece: String) -> Int32?
  func piece(_ id: Int32) -> String?
  func encode(_ piece: String) -> [Int32]
}

/// The models of `tokenizer.json`.
enum PieceModels {
  static func read(_ field: JSONField) throws -> any PieceModel {
    // Old files do not name it: a BPE has merges, a Unigram a list in the place of a dictionary.
    let type = field[key: "type"]
    let name = try type?.text() ?? (field[key: "merges"] != nil ? "BPE" : "WordPiece")
    switch name {
    case "BPE": return try PairModel(field)
    case "WordPiece": return try WordPieceModel(field)
    case "Unigram": return try UnigramModel(field)
    default: throw type?.error(expected: "BPE, WordPiece or Unigram") ?? field.error(expected: "a model")
    }
  }
}

/// Pieces and their numbers, each once. Found by their bytes: to a String, e and an accent are the same as é.
struct PieceVocabulary: Sendable {
  private let ids: [[UInt8]: Int32]
  private let pieces: [Int32: String]
  let size: Int

  /// - Throws: `DataError` that names the key for numbers that are none or stand twice.
  init(_ field: JSONField) throws {
    var ids: [[UInt8]: Int32] = [:]
    var pieces: [Int32: String] = [:]
    for (name, number) in try field.members() {
      let id = Int32(try number.integer())
      if let other = pieces.updateValue(name, forKey: id) {
        throw number.error(expected: "a number of its own, which \(DataError.quoted(other)) has too")
      }
      ids[Array(name.utf8)] = id
    }
    guard let last = pieces.keys.max() else { throw field.error(expected: "at least one token") }
    (self.ids, self.pieces, size) = (ids, pieces, Int(last) + 1)
  }

  init(pieces list: [String]) {
    ids = Dictionary(list.enumerated().map { (Array($1.utf8), Int32($0)) }, uniquingKeysWith: { first, _ in first })
    pieces = Dictionary(uniqueKeysWithValues: list.enumerated().map { (Int32($0), $1) })
    size = list.count
  }

  func id(of piece: String) -> Int32? { ids[Array(piece.utf8)] }
  func piece(_ id: Int32) -> String? { pieces[id] }
}

/// Byte-pair encoding of characters, which may stand for bytes.
struct PairModel: PieceModel {
  let vocabulary: PieceVocabulary
  private var merges = PairMerges()
  private let unknown: Int32?
  private let fusesUnknown: Bool
  private let fallsBackToBytes: Bool
  private let ignoresMerges: Bool
  private let continuing: String
  private let ending: String

  init(_ field: JSONField) throws {
    vocabulary = try PieceVocabulary(field.required("vocab"))
    if let dropout = field[key: "dropout"], try dropout.number() != 0 { throw dropout.error(expected: "null or 0") }
    continuing = try field[key: "continuing_subword_prefix"]?.text() ?? ""
    ending = try field[key: "end_of_word_suffix"]?.text() ?? ""
    fusesUnknown = try field[key: "fuse_unk"]?.flag() ?? false
    fallsBackToBytes = try field[key: "byte_fallback"]?.flag() ?? false
    ignoresMerges = try field[key: "ignore_merges"]?.flag() ?? false
    if let name = field[key: "unk_token"] {
      guard let id = vocabulary.id(of: try name.text()) else { throw name.error(expected: "a token of the vocabulary") }
      unknown = id
    } else {
      unknown = nil
    }
    for merge in try field.required("merges").list() {
      let parts: [String]
      if let text = try? merge.text() {
        parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      } else {
        parts = try merge.list().map { try $0.text() }
      }
      guard parts.count == 2 else { throw merge.error(expected: "two tokens") }
      guard let left = vocabulary.id(of: parts[0]), let right = vocabulary.id(of: parts[1]) else {
        throw merge.error(expected: "two tokens of the vocabulary")
      }
      let whole = parts[0] + (continuing.isEmpty ? parts[1] : String(parts[1].dropFirst(continuing.count)))
      guard let result = vocabulary.id(of: whole) else {
        throw merge.error(expected: "a vocabulary with \(DataError.quoted(whole))")
      }
      merges.add(left, right, result: result)
    }
  }

  var size: Int { vocabulary.size }
  func id(of piece: String) -> Int32? { vocabulary.id(of: piece) }
  func piece(_ id: Int32) -> String? { vocabulary.piece(id) }

  func encode(_ piece: String) -> [Int32] {
    if ignoresMerges, let whole = vocabulary.id(of: piece) { return [whole] }
    var tokens: [Int32] = []
    let scalars = Array(piece.unicodeScalars)
    var wasUnknown = false
    for (place, scalar) in scalars.enumerated() {
      let text =
        (place > 0 ? continuing : "") + String(Character(scalar)) + (place == scalars.count - 1 ? ending : "")
      if let id = vocabulary.id(of: text) {
        tokens.append(id)
        wasUnknown = false
        continue
      }
      if fallsBackToBytes {
        let bytes = text.utf8.map { vocabulary.id(of: PieceDecoder.byteName($0)) }
        if !bytes.contains(nil) {
          tokens += bytes.compactMap { $0 }
          wasUnknown = false
          continue
        }
      }
      if let unknown {
        if !(fusesUnknown && wasUnknown) { tokens.append(unknown) }
        wasUnknown = true
      }
    }
    return merges.merged(tokens)
  }
}

/// The longest pieces from the left (M. Schuster and K. Nakajima, 2012; J. Devlin and others, 2018).
struct WordPieceModel: PieceModel {
  let vocabulary: PieceVocabulary
  private let unknown: Int32
  private let continuing: String
  private let longestWord: Int

  init(_ field: JSONField) throws {
    vocabulary = try PieceVocabulary(field.required("vocab"))
    let name = try field.required("unk_token")
    guard let id = vocabulary.id(of: try name.text()) else { throw name.error(expected: "a token of the vocabulary") }
    unknown = id
    continuing = try field[key: "continuing_subword_prefix"]?.text() ?? "##"
    longestWord = try field[key: "max_input_chars_per_word"]?.integer() ?? 100
  }

  var size: Int { vocabulary.size }
  func id(of piece: String) -> Int32? { vocabulary.id(of: piece) }
  func piece(_ id: Int32) -> String? { vocabulary.piece(id) }

  func encode(_ piece: String) -> [Int32] {
    let scalars = Array(piece.unicodeScalars)
    guard scalars.count <= longestWord else { return [unknown] }
    var tokens: [Int32] = []
    var start = 0
    while start < scalars.count {
      var end = scalars.count
      var found: Int32?
      while start < end {
        var text = String.UnicodeScalarView()
        if start > 0 { text.append(contentsOf: continuing.unicodeScalars) }
        text.append(contentsOf: scalars[start..<end])
        found = vocabulary.id(of: String(text))
        if found != nil { break }
        end -= 1
      }
      guard let found else { return [unknown] }
      tokens.append(found)
      start = end
    }
    return tokens
  }
}

/// The most probable pieces (T. Kudo, "Subword regularization", 2018).
struct UnigramModel: PieceModel {
  let vocabulary: PieceVocabulary
  private let scores: [Double]
  private let unknown: Int32?
  private let unknownScore: Double
  private let fallsBackToBytes: Bool
  private let longest: Int
  private let places: [[UInt8]: Int32]

  init(_ field: JSONField) throws {
    let list = try field.required("vocab").list()
    var (pieces, scores): ([String], [Double]) = ([], [])
    for item in list {
      let pair = try item.list()
      guard pair.count == 2 else { throw item.error(expected: "a piece and its score") }
      pieces.append(try pair[0].text())
      scores.append(try pair[1].number())
    }
    guard !pieces.isEmpty else { throw try field.required("vocab").error(expected: "at least one piece") }
    vocabulary = PieceVocabulary(pieces: pieces)
    self.scores = scores
    unknown = try field[key: "unk_id"].map { Int32(try $0.integer(in: 0...pieces.count - 1)) }
    unknownScore = (scores.min() ?? 0) - 10
    fallsBackToBytes = try field[key: "byte_fallback"]?.flag() ?? false
    let bytes = pieces.map { Array($0.utf8) }
    longest = bytes.map(\.count).max() ?? 1
    places = Dictionary(bytes.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
  }

  var size: Int { vocabulary.size }
  func id(of piece: String) -> Int32? { vocabulary.id(of: piece) }
  func piece(_ id: Int32) -> String? { vocabulary.piece(id) }

  /// The best way to each place by the best ways to those before it (A. Viterbi).
  func encode(_ piece: String) -> [Int32] {
    let bytes = Array(piece.utf8)
    var best = [Double](repeating: -.infinity, count: bytes.count + 1)
    var came: [(from: Int, id: Int32?)] = Array(repeating: (0, nil), count: bytes.count + 1)
    best[0] = 0
    var start = 0
    while start < bytes.count {
      let length = bytes.withUnsafeBufferPointer { CharacterTokenizer.scalar($0, at: start).length }
      var hasSingle = false
      for end in start + 1...min(bytes.count, start + longest) {
        guard end == bytes.count || bytes[end] & 0xc0 != 0x80, let id = places[Array(bytes[start..<end])] else {
          continue
        }
        if end == start + length { hasSingle = true }
        let score = best[start] + scores[Int(id)]
        if score > best[end] { (best[end], came[end]) = (score, (start, id)) }
      }
      if !hasSingle, best[start] + unknownScore > best[start + length] {
        (best[start + length], came[start + length]) = (best[start] + unknownScore, (start, nil))
      }
      start += length
    }
    var ways: [(range: Range<Int>, id: Int32?)] = []
    var end = bytes.count
    while end > 0 {
      let (from, id) = came[end]
      // Unknown characters in a row are one piece.
      if id == nil, let last = ways.last, last.id == nil {
        ways[ways.count - 1].range = from..<last.range.upperBound
      } else {
        ways.append((from..<end, id))
      }
      end = from
    }
    return ways.reversed().flatMap { range, id -> [Int32] in
      if let id { return [id] }
      if fallsBackToBytes {
        let ids = bytes[range].map { vocabulary.id(of: PieceDecoder.byteName($0)) }
        if !ids.contains(nil) { return ids.compactMap { $0 } }
      }
      return unknown.map { [$0] } ?? []
    }
  }
}
