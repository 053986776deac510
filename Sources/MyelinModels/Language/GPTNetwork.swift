import Myelin

extension GPT: LanguageNetwork {
  package func loss(_ tokens: Indices, next: Indices) -> Tensor { loss(tokens, next) }
  package func makeStream() -> any LanguageStream { GPTDecoder(self) }
}

extension GPTDecoder: LanguageStream {
  package func append(_ tokens: [Int32]) -> Tensor { read(tokens) }
}

extension GPT.Configuration: LanguageNetworkConfiguration {
  package typealias Network = GPT
  package static let kind = "gpt"
  package static let hasHeads = true

  package init(vocabularySize: Int, _ settings: LanguageSettings, dropout: Float) {
    self = .modern(
      vocabulary: vocabularySize, context: settings.context, width: settings.width, heads: settings.heads,
      layers: settings.depth, dropout: dropout)
  }

  package var vocabularySize: Int { vocabulary }
}
