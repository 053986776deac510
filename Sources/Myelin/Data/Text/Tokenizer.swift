/// Text as numbers and back: each token stands for some bytes.
///
/// The bytes of the tokens of a text, one after another, are the text again, whatever its bytes are.
/// ```swift
/// let tokenizer = BytePairTokenizer(training: [text], vocabularySize: 1000)
/// let tokens = tokenizer.encode("It is a truth universally acknowledged")
/// let again = tokenizer.decode(tokens)
/// ```
public protocol Tokenizer: Sendable {
  /// How many tokens there are: they are 0 ..< vocabularySize.
  var vocabularySize: Int { get }
  /// The tokens of a text.
  func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32]
  /// What a token stands for. Precondition: it is one of the vocabulary.
  func bytes(of token: Int32) -> [UInt8]
}

extension Tokenizer {
  /// The tokens of a text's bytes.
  public func encode(_ bytes: [UInt8]) -> [Int32] { bytes.withUnsafeBufferPointer(encode) }

  /// The tokens of a text.
  public func encode(_ text: String) -> [Int32] { encode(Array(text.utf8)) }

  /// The bytes that tokens stand for. Precondition: each is one of the vocabulary.
  public func decodedBytes(_ tokens: some Sequence<Int32>) -> [UInt8] { tokens.flatMap(bytes) }

  /// The text that tokens stand for; what is no UTF-8 becomes U+FFFD.
  public func decode(_ tokens: some Sequence<Int32>) -> String { String(decoding: decodedBytes(tokens), as: UTF8.self) }

  /// How many characters (Unicode scalars) each token begins: bytes that go on with a character count nothing.
  public var characterCounts: [Int] {
    (0..<vocabularySize).map { token in bytes(of: Int32(token)).count { $0 & 0xc0 != 0x80 } }
  }
}

/// Each byte is a token, its value.
public struct ByteTokenizer: Tokenizer, Codable, Hashable {
  /// There is one.
  public init() {}

  public var vocabularySize: Int { 256 }
  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] { text.map { Int32($0) } }

  public func bytes(of token: Int32) -> [UInt8] {
    require(token >= 0 && token < 256, "ByteTokenizer: token \(token) of 256")
    return [UInt8(token)]
  }
}

/// Each character is a token: those of plain ASCII, and those of more bytes that a text for training has. Any other
/// character is the tokens of its bytes.
///
/// Tokens 0 ..< 256 are the bytes; 256 + i is `characters[i]`.
public struct CharacterTokenizer: Tokenizer, Hashable {
  /// Those of more than one byte, in the order of their numbers.
  public let characters: [Unicode.Scalar]
  private let tokens: [UInt32: Int32]

  /// - Parameter characters: those of more than one byte that are tokens; plain ones among them are left out.
  public init(_ characters: some Sequence<Unicode.Scalar>) {
    self.characters = Set(characters.lazy.filter { $0.value >= 0x80 }).sorted()
    tokens = Dictionary(
      uniqueKeysWithValues: self.characters.enumerated().map { ($1.value, Int32(256 + $0)) })
  }

  /// The characters that texts have.
  ///
  /// - Parameters:
  ///   - texts: their bytes.
  ///   - minimumCount: how often a character must stand there.
  public init(training texts: [[UInt8]], minimumCount: Int = 1) {
    var counts: [UInt32: Int] = [:]
    for text in texts {
      text.withUnsafeBufferPointer { bytes in
        CharacterTokenizer.forEachCharacter(bytes) { scalar, _ in
          if let scalar, scalar >= 0x80 { counts[scalar, default: 0] += 1 }
        }
      }
    }
    self.init(counts.lazy.filter { $0.value >= minimumCount }.compactMap { Unicode.Scalar($0.key) })
  }

  public var vocabularySize: Int { 256 + characters.count }

  public func encode(_ text: UnsafeBufferPointer<UInt8>) -> [Int32] {
    var result: [Int32] = []
    result.reserveCapacity(text.count)
    CharacterTokenizer.forEachCharacter(text) { scalar, range in
      if let scalar, scalar >= 0x80, let token = tokens[scalar] {
        result.append(token)
      } else {
        for place in range { result.append(Int32(text[place])) }
      }
    }
    return result
  }

  public func bytes(of token: Int32) -> [UInt8] {
    require(token >= 0 && token < vocabularySize, "CharacterTokenizer: token \(token) of \(vocabularySize)")
    return token < 256 ? [UInt8(token)] : Array(String(characters[Int(token) - 256]).utf8)
  }

  /// Each character with the place of its bytes; nil for a byte that belongs to none.
  static func forEachCharacter(_ text: UnsafeBufferPointer<UInt8>, _ body: (UInt32?, Range<Int>) -> Void) {
    var place = 0
    while place < text.count {
      let (scalar, length) = scalar(text, at: place)
      body(scalar, place..<place + length)
      place += length
    }
  }

  /// The character at a place and how many bytes it has; nil and 1 for a byte that begins none.
  static func scalar(_ text: UnsafeBufferPointer<UInt8>, at place: Int) -> (scalar: UInt32?, length: Int) {
    let first = text[place]
    if first < 0x80 { return (UInt32(first), 1) }
    let length = UTF8Census.length(text.baseAddress! + place, available: text.count - place)
    guard length > 0 else { return (nil, 1) }
    var scalar = UInt32(first) & (length == 2 ? 0x1f : length == 3 ? 0x0f : 0x07)
    for offset in 1..<length { scalar = scalar << 6 | UInt32(text[place + offset] & 0x3f) }
    return (scalar, length)
  }
}

extension CharacterTokenizer: Codable {
  /// From a text of the characters of more than one byte.
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self).unicodeScalars)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    var text = String.UnicodeScalarView()
    text.append(contentsOf: characters)
    try container.encode(String(text))
  }
}
