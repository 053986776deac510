/// What kind a character is, for cutting text into pieces.
enum CharacterKind: UInt8 {
  case letter, number, space, other

  private static let plain: [CharacterKind] = (0..<128).map { kind(ofSlow: UInt32($0)) }

  /// The kind of a character; of a byte that belongs to none, which is nil.
  static func of(_ scalar: UInt32?) -> CharacterKind {
    guard let scalar else { return .other }
    return scalar < 128 ? plain[Int(scalar)] : kind(ofSlow: scalar)
  }

  private static func kind(ofSlow scalar: UInt32) -> CharacterKind {
    guard let character = Unicode.Scalar(scalar) else { return .other }
    if character.properties.isWhitespace { return .space }
    switch character.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return .other
    }
  }
}

/// Text cut into the pieces within which byte-pair encoding merges.
enum TextPieces {
  /// Calls `body` with the place of each piece, by GPT-2's rule (A. Radford and others, 2019):
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
  static func forEachByGPT2(_ text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    var place = 0
    while place < text.count {
      let end = gpt2End(text, place)
      body(place..<end)
      place = end
    }
  }

  private static func gpt2End(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    if text[start] == UInt8(ascii: "'") {
      func follows(_ letters: StaticString) -> Bool {
        let count = letters.utf8CodeUnitCount
        guard start + 1 + count <= text.count else { return false }
        return (0..<count).allSatisfy { text[start + 1 + $0] == letters.utf8Start[$0] }
      }
      for ending in ["s", "t", "re", "ve", "m", "ll", "d"] as [StaticString] where follows(ending) {
        return start + 1 + ending.utf8CodeUnitCount
      }
    }
    let (first, length) = CharacterTokenizer.scalar(text, at: start)
    var kind = CharacterKind.of(first)
    var place = start + length
    if first == 0x20, place < text.count {
      let (second, length) = CharacterTokenizer.scalar(text, at: place)
      let following = CharacterKind.of(second)
      if following != .space {
        kind = following
        place += length
      }
    }
    var last = start
    while place < text.count {
      let (scalar, length) = CharacterTokenizer.scalar(text, at: place)
      guard CharacterKind.of(scalar) == kind else { break }
      last = place
      place += length
    }
    // The last blank of several belongs to the word behind them.
    return kind == .space && place < text.count && last > start ? last : place
  }
}
