import Foundation

/// What turns pieces into text again.
enum PieceDecoder: Sendable {
  case byteLevel
  case wordPiece(prefix: String, cleansUp: Bool)
  case metaspace(sign: String, dropsFirst: Bool)
  case ending(String)
  case replace(from: String, to: String)
  case byteFallback
  case fuse
  case strip(character: Unicode.Scalar, start: Int, stop: Int)

  static func read(_ field: JSONField) throws -> [PieceDecoder] {
    let type = try field.required("type")
    switch try type.text() {
    case "Sequence": return try field.required("decoders").list().flatMap(read)
    case "ByteLevel": return [.byteLevel]
    case "WordPiece":
      return [
        .wordPiece(
          prefix: try field[key: "prefix"]?.text() ?? "##", cleansUp: try field[key: "cleanup"]?.flag() ?? true)
      ]
    case "Metaspace":
      let scheme = try field[key: "prepend_scheme"]?.text()
      let drops = try scheme.map { $0 != "never" } ?? (field[key: "add_prefix_space"]?.flag() ?? true)
      return [.metaspace(sign: try field[key: "replacement"]?.text() ?? "▁", dropsFirst: drops)]
    case "BPEDecoder": return [.ending(try field[key: "suffix"]?.text() ?? "</w>")]
    case "ByteFallback": return [.byteFallback]
    case "Fuse": return [.fuse]
    case "Replace":
      return [
        .replace(
          from: try field.required("pattern").required("String").text(), to: try field.required("content").text())
      ]
    case "Strip":
      let content = try field.required("content")
      guard let character = try content.text().unicodeScalars.first else {
        throw content.error(expected: "a character")
      }
      return [
        .strip(
          character: character, start: try field.required("start").integer(), stop: try field.required("stop").integer()
        )
      ]
    default:
      throw type.error(
        expected: "ByteLevel, WordPiece, Metaspace, BPEDecoder, ByteFallback, Fuse, Replace, Strip or Sequence")
    }
  }

  /// How a vocabulary names a byte.
  static func byteName(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count == 1 ? "0" : "")\(digits)>"
  }

  /// The pieces put together; without a decoder with blanks between them.
  static func bytes(of pieces: [String], by decoders: [PieceDecoder]) -> [UInt8] {
    if decoders.isEmpty { return Array(pieces.joined(separator: " ").utf8) }
    var parts = pieces.map { Array($0.utf8) }
    for decoder in decoders { parts = decoder.applied(to: parts) }
    return parts.flatMap { $0 }
  }

  private func applied(to parts: [[UInt8]]) -> [[UInt8]] {
    func text(_ part: [UInt8]) -> String { String(decoding: part, as: UTF8.self) }
    switch self {
    case .byteLevel:
      return parts.map { part in
        let scalars = text(part).unicodeScalars
        let bytes = scalars.map(ByteCharacters.byte)
        // An added token is text, not bytes.
        return bytes.contains(nil) ? part : bytes.compactMap { $0 }
      }
    case .wordPiece(let prefix, let cleansUp):
      return parts.enumerated().map { index, part in
        var word = text(part)
        if index > 0 { word = word.hasPrefix(prefix) ? String(word.dropFirst(prefix.count)) : " " + word }
        if cleansUp {
          for (from, to) in [
            (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
            (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
          ] { word = TextNormalizer.replaced(word, from, to) }
        }
        return Array(word.utf8)
      }
    case .metaspace(let sign, let dropsFirst):
      return parts.enumerated().map { index, part in
        var word = text(part)
        if index == 0, dropsFirst, word.hasPrefix(sign) { word = String(word.dropFirst(sign.count)) }
        return Array(TextNormalizer.replaced(word, sign, " ").utf8)
      }
    case .ending(let suffix):
      return parts.enumerated().map { index, part in
        Array(TextNormalizer.replaced(text(part), suffix, index == parts.count - 1 ? "" : " ").utf8)
      }
    case .replace(let from, let to): return parts.map { Array(TextNormalizer.replaced(text($0), from, to).utf8) }
    case .byteFallback:
      return parts.map { part in
        let name = text(part)
        guard name.count == 6, name.hasPrefix("<0x"), name.hasSuffix(">"),
          let byte = UInt8(name.dropFirst(3).dropLast(), radix: 16)
        else { return part }
        return [byte]
      }
    case .fuse: return [parts.flatMap { $0 }]
    case .strip(let character, let start, let stop):
      return parts.map { part in
        var scalars = Substring(text(part)).unicodeScalars
        for _ in 0..<start where scalars.first == character { scalars.removeFirst() }
        for _ in 0..<stop where scalars.last == character { scalars.removeLast() }
        return Array(String(Substring(scalars)).utf8)
      }
    }
  }
}
