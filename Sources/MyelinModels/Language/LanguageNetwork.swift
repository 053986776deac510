import Myelin

/// A network that tells the next token of a text: tokens [N, T] to logits [N, T, V], of the token behind each by those up to
/// it.
///
/// A new one is a type, an extension to this, and a line in ``LanguageNetworks/kinds``.
package protocol LanguageNetwork: Module where Input == Indices, Output == Tensor {
  associatedtype Configuration: LanguageNetworkConfiguration where Configuration.Network == Self

  /// Builds it, its weights drawn from `RandomGenerator.shared`.
  init(_ configuration: Configuration)
  var configuration: Configuration { get }

  /// The mean of −log p of `next` [N, T], where it is not −1, by `tokens` [N, T].
  func loss(_ tokens: Indices, next: Indices) -> Tensor
  /// A text to which tokens are added, empty at first.
  func makeStream() -> any LanguageStream
}

extension LanguageNetwork {
  package func loss(_ tokens: Indices, next: Indices) -> Tensor {
    let logits = self(tokens)
    return softmaxCrossEntropy(
      logits.reshaped([tokens.count, configuration.vocabularySize]), next.reshaped(Shape(next.count)))
  }
}

/// A text that grows, with what a network keeps of it so that it need not be read again.
package protocol LanguageStream: AnyObject {
  /// Adds tokens, at least one, and gives the logits [V] of the token behind them. Outside of recording gradients.
  func append(_ tokens: [Int32]) -> Tensor
}

/// All that makes a network of a language, but for the weights.
package protocol LanguageNetworkConfiguration: Codable, Hashable, Sendable {
  associatedtype Network: LanguageNetwork where Network.Configuration == Self

  /// As `--network` names it.
  static var kind: String { get }
  /// Whether it divides its width into heads.
  static var hasHeads: Bool { get }
  /// The network that the settings ask for.
  init(vocabularySize: Int, _ settings: LanguageSettings, dropout: Float)

  var vocabularySize: Int { get }
  /// What it takes in memory for a window; asked before it is built.
  var size: NetworkSize { get }
  /// Whether a network can be built of it; one read from a file may be anything.
  var isConsistent: Bool { get }
}

extension LanguageNetworkConfiguration {
  package static var hasHeads: Bool { false }

  /// A new network, its weights drawn from `RandomGenerator.shared`.
  package func makeNetwork() -> Network { Network(self) }
}

/// The networks that learn languages.
package enum LanguageNetworks {
  /// A new network is one line here.
  package static let kinds: [any LanguageNetworkConfiguration.Type] = [
    GPT.Configuration.self, RecurrentLanguage.Configuration.self, ContextNetwork.Configuration.self,
  ]

  package static var names: [String] { kinds.map { $0.kind } }

  /// Whether the network of that name divides its width into heads.
  package static func hasHeads(_ name: String) -> Bool { kind(name)?.hasHeads ?? false }

  static func kind(_ name: String) -> (any LanguageNetworkConfiguration.Type)? { kinds.first { $0.kind == name } }
}

/// What a language is learned by.
package struct LanguageSettings: Codable, Hashable, Sendable {
  /// One of ``LanguageNetworks/names``.
  package var network = "gpt"
  package var tokens = TokenChoice.characters
  /// Tokens of a window.
  package var context = 128
  /// Numbers of a token on its way through the network.
  package var width = 128
  /// Layers or blocks.
  package var depth = 4
  /// Of attention, where the network has it.
  package var heads = 4

  package init(_ configure: (inout LanguageSettings) -> Void = { _ in }) { configure(&self) }

  var isConsistent: Bool {
    LanguageNetworks.kind(network) != nil && tokens.isConsistent && (1...1 << 20).contains(context)
      && (1...1 << 16).contains(width) && (1...1024).contains(depth) && (1...1024).contains(heads)
  }

  /// For people.
  var facts: [TrainingReport.Fact] {
    [
      ("network", "\(network), \(depth) layers of width \(width)"), ("tokens", tokens.text),
      ("window", "\(context) tokens"),
    ]
  }
}

/// What the tokens of a text are.
package enum TokenChoice: Codable, Hashable, Sendable {
  case characters, bytes
  /// Byte-pair encoding with at most so many tokens.
  case bytePairs(Int)

  /// `characters`, `bytes`, or `bpe:2000`.
  package init?(_ text: String) {
    let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
    switch (parts[0], parts.count) {
    case ("characters", 1): self = .characters
    case ("bytes", 1): self = .bytes
    case ("bpe", 2):
      guard let count = Int(parts[1]), TokenChoice.sizes.contains(count) else { return nil }
      self = .bytePairs(count)
    default: return nil
    }
  }

  private static let sizes = 257...1 << 20

  var isConsistent: Bool { if case .bytePairs(let count) = self { TokenChoice.sizes.contains(count) } else { true } }

  /// As the command line takes it.
  package var text: String {
    switch self {
    case .characters: "characters"
    case .bytes: "bytes"
    case .bytePairs(let count): "bpe:\(count)"
    }
  }

  func tokenizer(training texts: [[UInt8]]) -> TextTokens {
    switch self {
    case .characters: .characters(CharacterTokenizer(training: texts))
    case .bytes: .bytes
    case .bytePairs(let count): .bytePairs(BytePairTokenizer(training: texts, vocabularySize: count))
    }
  }
}

/// A tokenizer as it stands in a model's file.
package enum TextTokens: Codable, Hashable, Sendable {
  case bytes
  case characters(CharacterTokenizer)
  case bytePairs(BytePairTokenizer)

  package var tokenizer: any Tokenizer {
    switch self {
    case .bytes: ByteTokenizer()
    case .characters(let tokenizer): tokenizer
    case .bytePairs(let tokenizer): tokenizer
    }
  }
}
