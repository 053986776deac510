import Foundation
import Myelin

/// A network of a language with its tokens: what a run on a text leaves.
package struct LanguageModel {
  let languageNetwork: any LanguageNetwork
  let tokens: TextTokens
  /// Whether the last token of the vocabulary stands between documents.
  let hasSeparator: Bool
  package let options: RunOptions
  let dataHash: String

  private static let separatorKey = "myelin.separator"

  let tokenizer: any Tokenizer

  init(
    _ network: any LanguageNetwork, tokens: TextTokens, hasSeparator: Bool, options: RunOptions, dataHash: String
  ) {
    languageNetwork = network
    self.tokens = tokens
    tokenizer = tokens.tokenizer
    self.hasSeparator = hasSeparator
    self.options = options
    self.dataHash = dataHash
  }

  var settings: LanguageSettings { options.settings.language ?? LanguageSettings() }
  var separator: Int32? { hasSeparator ? Int32(tokenizer.vocabularySize) : nil }

  /// −log p of the next token, by logits [N, T, V].
  func objective() -> Objective<Tensor, TokenBatch> {
    let counts = CharacterCounts(tokenizer)
    return Objective("cross-entropy") { logits, batch in
      let classes = logits.shape[logits.rank - 1]
      let next = batch.next.reshaped(Shape(batch.next.count))
      let loss = softmaxCrossEntropy(logits.reshaped([batch.next.count, classes]), next)
      return counts.batchLoss(loss, batch)
    }
  }
}

/// How many characters each token begins; none for a separator.
struct CharacterCounts: Sendable {
  private let counts: [Int]

  init(_ tokenizer: any Tokenizer) { counts = tokenizer.characterCounts }

  func characters(_ tokens: Indices) -> Int {
    tokens.withUnsafeBufferPointer { tokens in
      counts.withUnsafeBufferPointer { counts in
        tokens.reduce(0) { $0 + ($1 >= 0 && Int($1) < counts.count ? counts[Int($1)] : 0) }
      }
    }
  }

  /// - Parameter loss: the mean over the batch's tokens.
  func batchLoss(_ loss: Tensor, _ batch: TokenBatch) -> BatchLoss {
    let count = Double(batch.count)
    return BatchLoss(
      loss: loss, weight: count,
      metrics: [
        TokenScores(
          nats: Double(loss.scalar) * count, tokens: count, characters: Double(characters(batch.next)))
      ])
  }
}

extension LanguageModel: GeneratingModel {
  package static let generationOptions: Set<GenerationOptions.Name> = [.prompt, .length, .temperature, .topK, .topP]

  package func generate(_ options: GenerationOptions) throws -> Generation {
    .text(
      text(
        after: options.prompt ?? "", length: options.length ?? 500,
        sampling: Sampling(
          temperature: options.temperature ?? 0.8, topK: options.topK, topP: options.topP, seed: options.seed)))
  }

  /// - Parameter length: tokens of it.
  func text(after prompt: String, length: Int, sampling: Sampling) -> TextGeneration {
    // A text begins behind a separator, or else at the start of a line.
    let start = separator.map { [$0] } ?? (prompt.isEmpty ? tokenizer.encode("\n") : [])
    return TextGeneration(
      prompt: prompt, start: start + tokenizer.encode(prompt), stream: languageNetwork.makeStream(),
      tokenizer: tokenizer, separator: separator, sampling: sampling, length: length)
  }
}

extension LanguageModel: RunModel {
  package static let kind = "language"

  package init(_ file: ModelFile) throws {
    tokens = try file.decode(TextTokens.self, SavedModel.preprocessingKey)
    tokenizer = tokens.tokenizer
    hasSeparator = try file.decode(Bool.self, LanguageModel.separatorKey)
    options = try file.options
    let name = file.text(SavedModel.networkKindKey) ?? ""
    guard let kind = LanguageNetworks.kind(name) else {
      throw DataError(file.source, "a network of the kind \(DataError.quoted(name)), which this version does not have")
    }
    languageNetwork = try LanguageModel.network(
      kind, file, vocabularySize: tokenizer.vocabularySize + (hasSeparator ? 1 : 0))
    dataHash = file.dataHash
  }

  private static func network<Configuration: LanguageNetworkConfiguration>(
    _ kind: Configuration.Type, _ file: ModelFile, vocabularySize: Int
  ) throws -> any LanguageNetwork {
    let configuration = try file.decode(kind, SavedModel.networkKey) {
      $0.isConsistent && $0.vocabularySize == vocabularySize
    }
    let network = try file.network(of: configuration.size) { configuration.makeNetwork() }
    return network
  }

  package var network: any Module { languageNetwork }

  package var summary: ModelSummary {
    let length = min(settings.context, 8)
    return languageNetwork.summary(input: Indices([Int32](repeating: 0, count: length), shape: Shape(1, length)))
  }

  package var description: ModelDescription {
    ModelDescription(task: "language", target: "the next token", classNames: [], inputCount: settings.context)
  }

  package var metadata: [String: String] {
    get throws {
      func common(_ network: some LanguageNetwork) throws -> [String: String] {
        var metadata = try ModelFile.metadata(
          network: network.configuration, preprocessing: tokens, options: options, dataHash: dataHash)
        metadata[SavedModel.networkKindKey] = type(of: network.configuration).kind
        return metadata
      }
      var metadata = try common(languageNetwork)
      metadata[LanguageModel.separatorKey] = try JSONCoding.encode(hasSeparator)
      return metadata
    }
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> LanguageSamples {
    let documents = try TextFiles.read(path, encoding: options.table.encoding)
    let tokens = LanguageTask.tokens(documents, tokenizer, separator)
    guard tokens.count >= 2 else { throw DataError(path, "a text", expected: "at least two tokens") }
    return LanguageSamples(LanguageTask.windows(tokens, settings))
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: LanguageSamples, hasChanged: Bool) {
    let data = try taskAgain(LanguageTask.self, near: folder) {
      $0.tokens == tokens && $0.hasSeparator == hasSeparator
    }
    return (data.test, data.hash != dataHash)
  }

  package func test(on data: LanguageSamples) -> TrainingReport.Test {
    func evaluation(_ network: some LanguageNetwork) -> Evaluation {
      evaluate(network, objective(), on: data.windows, batchSize: LanguageTask.evaluationBatchSize)
    }
    let prompt = tokenizer.decode(data.windows.tokens.values.prefix(100))
    let made = text(after: prompt, length: 400, sampling: Sampling(temperature: 0.8)).joined()
    return .init(
      scores: evaluation(languageNetwork).scores,
      kind: .measured(
        headline: .natsPerCharacter,
        tables: [
          .init(
            ["text", ""], rows: [["the test begins with", prompt], ["the network goes on, temperature 0.8", made]])
        ]))
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    throw DataError(
      self.options.source.name, "the model makes text and answers nothing", expected: "myelin generate")
  }
}
