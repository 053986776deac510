import Foundation

/// The tokenizer of a pretrained model, as Hugging Face's `tokenizer.json` describes it: BPE (of bytes or of characters),
/// WordPiece or Unigram, with what is done to a text before and to its tokens behind.
///
/// ```swift
/// let tokenizer = try PretrainedTokenizer(contentsOf: folder.appendingPathComponent("tokenizer.json"))
/// let tokens = tokenizer.encode("Hello, world!")         // [101, 7592, 1010, 2088, 999, 102]
/// ```
/// What it does is what the file says; a part of the file that is not known here is an error, not stepped over.
public struct PretrainedTokenizer: Sendable {
  /// Texts that are tokens wherever they stand, as `[SEP]`.
  struct AddedToken: Sendable {
    let id: Int32
    let content: [UInt8]
    let isSpecial: Bool
    let stripsLeft: Bool
    let stripsRight: Bool
    let isWord: Bool
  }

  let normalizers: [TextNormalizer]
  let splitters: [TextSplitter]
  let model: any PieceModel
  let added: [AddedToken]
  /// Tokens before and behind a text.
  let prefix: [Int32]
  let suffix: [Int32]
  let decoders: [PieceDecoder]
  private let addedByID: [Int32: AddedToken]

  /// One more than the largest token.
  public let vocabularySize: Int

  /// Reads `tokenizer.json`.
  ///
  /// - Throws: `DataError` of one line that names the key for a file that is damaged, contradicts itself, or asks for what
  ///   is not known here.
  public init(contentsOf url: URL) throws { try self.init(JSONField(contentsOf: url)) }

  init(_ file: JSONField) throws {
    let model = try PieceModels.read(file.required("model"))
    self.model = model
    normalizers = try file[key: "normalizer"].map(TextNormalizer.read) ?? []
    splitters = try file[key: "pre_tokenizer"].map(TextSplitter.read) ?? []
    added = try (file[key: "added_tokens"]?.list() ?? []).map { try PretrainedTokenizer.addedToken($0, model) }
    decoders = try file[key: "decoder"].map(PieceDecoder.read) ?? []
    let ids = Dictionary(added.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    addedByID = ids
    vocabularySize = max(model.size, Int(ids.keys.max() ?? -1) + 1)
    (prefix, suffix) =
      try file[key: "post_processor"].map { field in
        try PretrainedTokenizer.frame(field) { text in
          ids.values.first { $0.content == Array(text.utf8) }?.id ?? model.id(of: text)
        }
      } ?? ([], [])
  }

  private static func addedToken(_ field: JSONField, _ model: any PieceModel) throws -> AddedToken {
    let content = try field.required("content")
    let (text, id) = (try content.text(), Int32(try field.required("id").integer()))
    if text.isEmpty { throw content.error(expected: "a text that is not empty") }
    if let known = model.id(of: text), known != id {
      throw try field.required("id").error(expected: "\(known), as the model's vocabulary has it")
    }
    func flag(_ key: String) throws -> Bool { try field[key: key]?.flag() ?? false }
    return AddedToken(
      id: id, content: Array(text.utf8), isSpecial: try flag("special"), stripsLeft: try flag("lstrip"),
      stripsRight: try flag("rstrip"), isWord: try flag("single_word"))
  }

  /// What a post-processor puts before and behind a single text.
  private static func frame(_ field: JSONField, _ id: (String) -> Int32?) throws -> ([Int32], [Int32]) {
    let type = try field.required("type")
    switch try type.text() {
    case "ByteLevel": return ([], [])
    case "BertProcessing", "RobertaProcessing":
      func token(_ key: String) throws -> Int32 {
        let pair = try field.required(key)
        let parts = try pair.list()
        guard parts.count == 2 else { throw pair.error(expected: "a token and its number") }
        return Int32(try parts[1].integer())
      }
      return ([try token("cls")], [try token("sep")])
    case "TemplateProcessing":
      var (before, behind): ([Int32], [Int32]) = ([], [])
      var hasText = false
      for item in try field.required("single").list() {
        if item[key: "Sequence"] != nil {
          hasText = true
        } else {
          let name = try item.required("SpecialToken").required("id")
          let text = try name.text()
          let listed = try field[key: "special_tokens"]?[key: text]?[key: "ids"]?.list().map { Int32(try $0.integer()) }
          guard let ids = listed ?? id(text).map({ [$0] }) else { throw name.error(expected: "a token that is there") }
          if hasText { behind += ids } else { before += ids }
        }
      }
      return (before, behind)
    case "Sequence":
      var (before, behind): ([Int32], [Int32]) = ([], [])
      for part in try field.required("processors").list() {
        let (first, last) = try frame(part, id)
        before = first + before
        behind += last
      }
      return (before, behind)
    default:
      throw type.error(expected: "BertProcessing, RobertaProcessing, TemplateProcessing, ByteLevel or Sequence")
    }
  }

  /// The token of a text, if it is one: of the vocabulary or one that was added.
  public func token(_ text: String) -> Int32? {
    let bytes = Array(text.utf8)
    return added.first { $0.content == bytes }?.id ?? model.id(of: text)
  }

  /// The tokens of a text.
  ///
  /// - Parameters:
  ///   - text: any text.
  ///   - addsSpecialTokens: whether those that the model wants before and behind a text are put there.
  public func encode(_ text: String, addsSpecialTokens: Bool = true) -> [Int32] {
    var tokens = addsSpecialTokens ? prefix : []
    var isFirst = true
    for part in parts(Array(text.utf8)) {
      switch part {
      case .token(let id): tokens.append(id)
      case .text(let bytes):
        let plain = normalizers.reduce(String(decoding: bytes, as: UTF8.self)) { $1($0) }
        var pieces = [plain]
        for splitter in splitters { pieces = splitter.pieces(pieces, isFirst: isFirst) }
        for piece in pieces where !piece.isEmpty { tokens += model.encode(piece) }
      }
      isFirst = false
    }
    return addsSpecialTokens ? tokens + suffix : tokens
  }

  private enum Part {
    case text(ArraySlice<UInt8>)
    case token(Int32)
  }

  /// A text between the added tokens in it: of several at one place the longest.
  private func parts(_ text: [UInt8]) -> [Part] {
    if added.isEmpty { return text.isEmpty ? [] : [.text(text[...])] }
    var parts: [Part] = []
    var (start, place) = (0, 0)
    func isWordByte(_ place: Int) -> Bool {
      guard text.indices.contains(place) else { return false }
      let byte = text[place]
      return byte >= 0x80 || CharacterKind.of(UInt32(byte)) == .letter || CharacterKind.of(UInt32(byte)) == .number
        || byte == UInt8(ascii: "_")
    }
    func isBlank(_ place: Int) -> Bool { text[place] < 0x80 && CharacterKind.of(UInt32(text[place])) == .space }
    while place < text.count {
      let found = added.filter { token in
        let end = place + token.content.count
        return text[place...].starts(with: token.content)
          && (!token.isWord || !isWordByte(place - 1) && !isWordByte(end))
      }.max { ($0.content.count, $1.id) < ($1.content.count, $0.id) }
      guard let found else {
        place += 1
        continue
      }
      var (from, to) = (place, place + found.content.count)
      if found.stripsLeft { while from > start, isBlank(from - 1) { from -= 1 } }
      if found.stripsRight { while to < text.count, isBlank(to) { to += 1 } }
      if from > start { parts.append(.text(text[start..<from])) }
      parts.append(.token(found.id))
      (start, place) = (to, to)
    }
    if start < text.count { parts.append(.text(text[start...])) }
    return parts
  }

  /// The bytes that tokens stand for; those of a model of bytes are exactly the text's.
  ///
  /// - Parameters:
  ///   - tokens: what ``encode(_:addsSpecialTokens:)`` gave.
  ///   - skipsSpecialTokens: whether those that are no part of a text are left out.
  public func decodedBytes(_ tokens: some Sequence<Int32>, skipsSpecialTokens: Bool = true) -> [UInt8] {
    let pieces = tokens.compactMap { token -> String? in
      if let added = addedByID[token] {
        return added.isSpecial && skipsSpecialTokens ? nil : String(decoding: added.content, as: UTF8.self)
      }
      return model.piece(token)
    }
    return PieceDecoder.bytes(of: pieces, by: decoders)
  }

  /// The text that tokens stand for.
  ///
  /// - Parameters:
  ///   - tokens: what ``encode(_:addsSpecialTokens:)`` gave.
  ///   - skipsSpecialTokens: whether those that are no part of a text are left out.
  public func decode(_ tokens: some Sequence<Int32>, skipsSpecialTokens: Bool = true) -> String {
    String(decoding: decodedBytes(tokens, skipsSpecialTokens: skipsSpecialTokens), as: UTF8.self)
  }
}
