import Myelin

/// What one side of pairs is made of.
package enum PairVocabulary: Codable, Hashable, Sendable {
  /// Text, cut into tokens.
  case text(TextTokens)
  /// Symbols with blanks between them, each a token: phonemes, tags.
  case symbols([String])

  /// The symbols that training has.
  static func symbols(training texts: [String]) -> PairVocabulary {
    .symbols(Set(texts.flatMap { $0.split(separator: " ").map(String.init) }).sorted())
  }

  var count: Int {
    switch self {
    case .text(let tokens): tokens.tokenizer.vocabularySize
    case .symbols(let symbols): symbols.count
    }
  }

  var isConsistent: Bool {
    switch self {
    case .text: true
    case .symbols(let symbols): !symbols.isEmpty && Set(symbols).count == symbols.count && !symbols.contains("")
    }
  }

  /// What makes tokens of texts.
  var coder: PairCoder { PairCoder(self) }
}

/// A vocabulary at work.
struct PairCoder: Sendable {
  private let tokenizer: (any Tokenizer)?
  private let symbols: [String]
  private let numbers: [String: Int32]

  init(_ vocabulary: PairVocabulary) {
    switch vocabulary {
    case .text(let tokens): (tokenizer, symbols) = (tokens.tokenizer, [])
    case .symbols(let list): (tokenizer, symbols) = (nil, list)
    }
    numbers = Dictionary(uniqueKeysWithValues: symbols.enumerated().map { ($1, Int32($0)) })
  }

  /// Symbols that are not known are left out.
  func encode(_ text: String) -> [Int32] {
    tokenizer?.encode(text) ?? text.split(separator: " ").compactMap { numbers[String($0)] }
  }

  func decode(_ tokens: [Int32]) -> String {
    tokenizer?.decode(tokens) ?? tokens.map { symbols[Int($0)] }.joined(separator: " ")
  }

  /// A token as people read it.
  func piece(_ token: Int32) -> String { decode([token]) }
}
