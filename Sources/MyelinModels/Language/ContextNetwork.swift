import Myelin

/// The next token by the vectors of the last few (Y. Bengio, R. Ducharme, P. Vincent and C. Jauvin, "A neural probabilistic
/// language model", 2003): tokens [N, T] to logits [N, T, V].
package final class ContextNetwork: LanguageNetwork {
  package struct Configuration: LanguageNetworkConfiguration {
    package typealias Network = ContextNetwork
    package static let kind = "context"
    package let vocabularySize: Int
    /// Tokens that it sees.
    let reach: Int
    /// Numbers of a token's vector.
    let features: Int
    let hidden: Int
    let dropout: Float
    /// Tokens of a window.
    let window: Int

    package init(vocabularySize: Int, _ settings: LanguageSettings, dropout: Float) {
      self.vocabularySize = vocabularySize
      reach = min(settings.context, 12)
      features = min(settings.width, 32)
      hidden = settings.width * settings.depth
      window = settings.context
      self.dropout = dropout
    }

    package var size: NetworkSize {
      let parameters = (vocabularySize + 1) * features + (reach * features + 1) * hidden + (hidden + 1) * vocabularySize
      return NetworkSize(
        parameterCount: parameters,
        activationCount: window * (reach * features + 2 * hidden + vocabularySize),
        description: "\(reach) tokens of \(features) numbers, \(hidden) hidden units")
    }

    package var isConsistent: Bool {
      (1...1 << 24).contains(vocabularySize) && (1...12).contains(reach) && (1...32).contains(features)
        && (1...1 << 26).contains(hidden) && (0..<1).contains(dropout) && (1...1 << 20).contains(window)
    }
  }

  package let configuration: Configuration
  let embedding: Embedding
  let hidden: Dense
  let dropout: Dropout
  let output: Dense

  package init(_ configuration: Configuration) {
    self.configuration = configuration
    // The last vector is that of the places before a text.
    embedding = Embedding(configuration.vocabularySize + 1, configuration.features)
    hidden = Dense(configuration.reach * configuration.features, configuration.hidden, activation: .relu)
    dropout = Dropout(configuration.dropout)
    output = Dense(configuration.hidden, configuration.vocabularySize)
  }

  package func callAsFunction(_ tokens: Indices) -> Tensor {
    let (rows, length, reach) = (tokens.shape[0], tokens.shape[1], configuration.reach)
    let seen = Indices(shape: Shape(rows * length * reach)) { seen in
      tokens.withUnsafeBufferPointer { tokens in
        var place = 0
        for row in 0..<rows {
          for end in 0..<length {
            for start in end - reach + 1...end {
              seen[place] = start < 0 ? Int32(configuration.vocabularySize) : tokens[row * length + start]
              place += 1
            }
          }
        }
      }
    }
    let vectors = embedding(seen).reshaped([rows * length, reach * configuration.features])
    return output(dropout(hidden(vectors))).reshaped([rows, length, configuration.vocabularySize])
  }

  package func makeStream() -> any LanguageStream { Stream(self) }

  private final class Stream: LanguageStream {
    private let network: ContextNetwork
    private var last: [Int32] = []

    init(_ network: ContextNetwork) { self.network = network }

    func append(_ tokens: [Int32]) -> Tensor {
      last = Array((last + tokens).suffix(network.configuration.reach))
      return withoutGradient {
        let logits = network(Indices(last, shape: Shape(1, last.count)))
        return logits.sliced(last.count - 1..<last.count, axis: 1).reshaped([network.configuration.vocabularySize])
      }
    }
  }
}
