#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Metric {
  /// −log of the probability of a text, over its characters: the loss of a token for those that tokens make comparable.
  public static let natsPerCharacter = Metric(
    "nats_per_character", title: "nats a character", direction: .lowerIsBetter)
  /// e to the loss of a token: of how many equally likely ones it would be as hard to tell.
  public static let perplexity = Metric("perplexity", direction: .lowerIsBetter)
}

/// Nats a character, and the perplexity of a token.
public struct TokenScores: MetricAccumulator, Hashable {
  /// Σ −log p over the tokens.
  public private(set) var nats: Double
  /// How many tokens.
  public private(set) var tokens: Double
  /// How many characters they are.
  public private(set) var characters: Double

  /// - Parameters:
  ///   - nats: Σ −log p over the tokens.
  ///   - tokens: how many.
  ///   - characters: how many characters they are.
  public init(nats: Double, tokens: Double, characters: Double) {
    (self.nats, self.tokens, self.characters) = (nats, tokens, characters)
  }

  public var measurements: [(metric: Metric, value: Double?)] {
    [
      (.natsPerCharacter, characters > 0 ? nats / characters : nil),
      (.perplexity, tokens > 0 ? exp(nats / tokens) : nil),
    ]
  }

  public mutating func merge(_ other: TokenScores) {
    nats += other.nats
    tokens += other.tokens
    characters += other.characters
  }
}
