import Foundation

/// A cut of a text into pieces that tokens do not reach across.
struct TextSplitter: Sendable {
  /// Whether the piece is the first of a text is what the second argument says.
  private let split: @Sendable (String, Bool) -> [String]

  func pieces(_ texts: [String], isFirst: Bool) -> [String] {
    texts.enumerated().flatMap { split($1, isFirst && $0 == 0) }
  }

  static func read(_ field: JSONField) throws -> [TextSplitter] {
    let type = try field.required("type")
    switch try type.text() {
    case "Sequence": return try field.required("pretokenizers").list().flatMap(read)
    case "BertPreTokenizer": return [TextSplitter { text, _ in words(text, isSign: isBertSign) }]
    case "WhitespaceSplit": return [TextSplitter { text, _ in words(text) { _ in false } }]
    case "Punctuation":
      if let behaviour = field[key: "behavior"], try behaviour.text() != "Isolated" {
        throw behaviour.error(expected: "Isolated")
      }
      return [TextSplitter { text, _ in isolated(text, isBertSign) }]
    case "Digits":
      let individual = try field[key: "individual_digits"]?.flag() ?? false
      return [TextSplitter { text, _ in digits(text, individual) }]
    case "Whitespace": return [TextSplitter { text, _ in wordsAndSigns(text) }]
    case "ByteLevel":
      let prefixes = try field[key: "add_prefix_space"]?.flag() ?? true
      let cuts = try field[key: "use_regex"]?.flag() ?? true
      return [
        TextSplitter { text, _ in
          let text = prefixes && !text.isEmpty && text.utf8.first != 0x20 ? " " + text : text
          let bytes = Array(text.utf8)
          if !cuts { return [ByteCharacters.text(of: bytes)] }
          var pieces: [String] = []
          bytes.withUnsafeBufferPointer { buffer in
            TextPieces.forEachByGPT2(buffer) { pieces.append(ByteCharacters.text(of: buffer[$0])) }
          }
          return pieces
        }
      ]
    case "Metaspace":
      let sign = try field[key: "replacement"]?.text() ?? "▁"
      let scheme = field[key: "prepend_scheme"]
      let name = try scheme?.text() ?? ((try field[key: "add_prefix_space"]?.flag() ?? true) ? "always" : "never")
      guard ["always", "first", "never"].contains(name) else { throw scheme!.error(expected: "always, first or never") }
      let cuts = try field[key: "split"]?.flag() ?? true
      return [
        TextSplitter { text, isFirst in
          var text = TextNormalizer.replaced(text, " ", sign)
          if name == "always" || name == "first" && isFirst, !text.hasPrefix(sign) { text = sign + text }
          return cuts ? beforeEach(sign, text) : [text]
        }
      ]
    default:
      throw type.error(
        expected:
          "BertPreTokenizer, ByteLevel, Metaspace, Whitespace, WhitespaceSplit, Punctuation, Digits or Sequence")
    }
  }

  private static func words(_ text: String, isSign: (Unicode.Scalar) -> Bool) -> [String] {
    var pieces: [String] = []
    var word = String.UnicodeScalarView()
    func end() {
      if !word.isEmpty { pieces.append(String(word)) }
      word = String.UnicodeScalarView()
    }
    for scalar in text.unicodeScalars {
      if scalar.properties.isWhitespace {
        end()
      } else if isSign(scalar) {
        end()
        pieces.append(String(Character(scalar)))
      } else {
        word.append(scalar)
      }
    }
    end()
    return pieces
  }

  private static func isolated(_ text: String, _ isSign: (Unicode.Scalar) -> Bool) -> [String] {
    grouped(text) { isSign($0) ? nil : 0 }
  }

  private static func digits(_ text: String, _ individual: Bool) -> [String] {
    grouped(text) { CharacterKind.of($0.value) == .number ? (individual ? nil : 1) : 0 }
  }

  /// Runs of characters of one kind; each of the kind nil stands alone.
  private static func grouped(_ text: String, _ kind: (Unicode.Scalar) -> Int?) -> [String] {
    var pieces: [(kind: Int?, text: String.UnicodeScalarView)] = []
    for scalar in text.unicodeScalars {
      let kind = kind(scalar)
      if let kind, let last = pieces.last, last.kind == kind {
        pieces[pieces.count - 1].text.append(scalar)
      } else {
        pieces.append((kind, String.UnicodeScalarView([scalar])))
      }
    }
    return pieces.map { String($0.text) }
  }

  /// `\w+|[^\w\s]+`
  private static func wordsAndSigns(_ text: String) -> [String] {
    func kind(_ scalar: Unicode.Scalar) -> Int {
      let properties = scalar.properties
      if properties.isWhitespace { return 0 }
      switch properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .connectorPunctuation: return 1
      default: return properties.isAlphabetic || scalar.value == 0x200c || scalar.value == 0x200d ? 1 : 2
      }
    }
    return grouped(text, kind).filter { kind($0.unicodeScalars.first!) != 0 }
  }

  /// ASCII signs that Unicode counts as symbols are signs too.
  private static func isBertSign(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 33...47, 58...64, 91...96, 123...126: return true
    default: break
    }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  private static func beforeEach(_ sign: String, _ text: String) -> [String] {
    let (bytes, wanted) = (Array(text.utf8), Array(sign.utf8))
    var pieces: [String] = []
    var start = 0
    for place in bytes.indices where place > start && bytes[place...].starts(with: wanted) {
      pieces.append(String(decoding: bytes[start..<place], as: UTF8.self))
      start = place
    }
    if start < bytes.count { pieces.append(String(decoding: bytes[start...], as: UTF8.self)) }
    return pieces
  }
}

/// GPT-2's characters for bytes: those that can be seen stand for themselves, the others from U+0100 on.
enum ByteCharacters {
  private static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 256
    return (0..<256).map { byte in
      let isShown = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
      defer { if !isShown { next += 1 } }
      return Unicode.Scalar(isShown ? UInt32(byte) : next)!
    }
  }()
  private static let bytes = Dictionary(uniqueKeysWithValues: scalars.enumerated().map { ($1, UInt8($0)) })

  static func text(of bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(scalars[Int(byte)]) }
    return String(text)
  }

  /// The byte that a character stands for; nil for another one.
  static func byte(_ scalar: Unicode.Scalar) -> UInt8? { bytes[scalar] }
}
