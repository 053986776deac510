import Myelin

/// A language model of characters: an embedding, an LSTM, and the logits of what comes next (Graves 2013).
///
/// Tokens [B, T] give [B, T, characters]; the state goes on from one window of a text to the next.
public final class CharacterLSTM: Module, CustomStringConvertible {
  /// A vector for each character.
  public let embedding: Embedding
  /// What goes from character to character.
  public let lstm: LSTM
  /// Between the LSTM and the logits.
  public let dropout: Dropout
  /// Logits of the next character.
  public let head: Dense

  /// - Parameters:
  ///   - characters: how many there are, at least 1.
  ///   - embedding: numbers of a character's vector.
  ///   - hidden: units of the LSTM.
  ///   - layers: of the LSTM.
  ///   - dropout: between the layers and before the logits, in 0 ..< 1.
  ///   - forgetBias: added to the forget gates' biases at the start.
  ///   - generator: what the initial weights are drawn from.
  public init(
    characters: Int, embedding: Int, hidden: Int, layers: Int = 1, dropout: Float = 0,
    forgetBias: Float = 0, generator: RandomGenerator = .shared
  ) {
    self.embedding = Embedding(characters, embedding, generator: generator)
    lstm = LSTM(
      embedding, hidden, layers: layers, dropout: dropout, forgetBias: forgetBias, generator: generator)
    self.dropout = Dropout(dropout)
    head = Dense(hidden, characters, generator: generator)
  }

  /// Logits of what follows each token, from a state of zeros: [B, T] to [B, T, characters].
  public func callAsFunction(_ tokens: Indices) -> Tensor { callAsFunction(tokens, state: nil).output }

  /// Logits of what follows each token, and the state to go on from.
  ///
  /// - Parameters:
  ///   - tokens: [B, T].
  ///   - state: what the last window left; nil for zeros.
  public func callAsFunction(
    _ tokens: Indices, state: RecurrentState? = nil
  ) -> (output: Tensor, state: RecurrentState) {
    let (output, next) = lstm(embedding(tokens), state: state)
    return (head(dropout(output)), next)
  }

  public var description: String { "CharacterLSTM(\(embedding.count), \(lstm.hidden))" }
}
