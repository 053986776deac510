import Myelin

/// The next token by an LSTM over all tokens before it (Graves 2013): tokens [N, T] to logits [N, T, V].
package final class RecurrentLanguage: LanguageNetwork {
  package struct Configuration: LanguageNetworkConfiguration {
    package typealias Network = RecurrentLanguage
    package static let kind = "lstm"
    package let vocabularySize: Int
    /// Numbers of a token's vector.
    let features: Int
    /// Units of a layer.
    let hidden: Int
    let layers: Int
    let dropout: Float
    /// Tokens of a window.
    let window: Int

    package init(vocabularySize: Int, _ settings: LanguageSettings, dropout: Float) {
      self.vocabularySize = vocabularySize
      features = min(settings.width, 128)
      hidden = settings.width
      layers = settings.depth
      window = settings.context
      self.dropout = dropout
    }

    package var size: NetworkSize {
      let recurrent = (0..<layers).reduce(0) { $0 + 4 * hidden * (($1 == 0 ? features : hidden) + hidden + 2) }
      return NetworkSize(
        parameterCount: vocabularySize * features + recurrent + (hidden + 1) * vocabularySize,
        activationCount: window * (features + layers * 10 * hidden + hidden + vocabularySize),
        description: "LSTM of \(layers) layers of \(hidden)")
    }

    package var isConsistent: Bool {
      (1...1 << 24).contains(vocabularySize) && (1...1 << 16).contains(features) && (1...1 << 16).contains(hidden)
        && (1...1024).contains(layers) && (0..<1).contains(dropout) && (1...1 << 20).contains(window)
    }
  }

  package let configuration: Configuration
  let network: CharacterLSTM

  package init(_ configuration: Configuration) {
    self.configuration = configuration
    network = CharacterLSTM(
      characters: configuration.vocabularySize, embedding: configuration.features, hidden: configuration.hidden,
      layers: configuration.layers, dropout: configuration.dropout, forgetBias: 1)
  }

  package func callAsFunction(_ tokens: Indices) -> Tensor { network(tokens) }

  package func makeStream() -> any LanguageStream { Stream(self) }

  private final class Stream: LanguageStream {
    private let language: RecurrentLanguage
    private var state: RecurrentState?

    init(_ language: RecurrentLanguage) { self.language = language }

    func append(_ tokens: [Int32]) -> Tensor {
      withoutGradient {
        let (logits, next) = language.network(Indices(tokens, shape: Shape(1, tokens.count)), state: state)
        state = next
        return logits.sliced(tokens.count - 1..<tokens.count, axis: 1)
          .reshaped([language.configuration.vocabularySize])
      }
    }
  }
}
