import Myelin

/// Windows of a text, with what makes their fingerprint.
package struct LanguageSamples: Dataset, HashedContent {
  let windows: TokenWindows

  init(_ windows: TokenWindows) { self.windows = windows }

  package var count: Int { windows.count }
  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> TokenBatch { windows.batch(rows) }
  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> TokenBatch {
    windows.batch(rows, at: place)
  }
  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> TokenBatch { windows.batch(rows, at: place) }
  func addContent(to hash: inout ContentHash) { hash.add(windows.tokens) }
}

/// A text, of which a network learns what comes next.
package struct LanguageTask: RunTask {
  package let training: LanguageSamples
  package let validation: LanguageSamples?
  package let test: LanguageSamples
  let tokens: TextTokens
  let hasSeparator: Bool
  package let facts: [TrainingReport.Fact]
  package let hash: String
  private let makeConfiguration: @Sendable (RunOptions) -> any LanguageNetworkConfiguration

  /// Windows that are judged at a time.
  static let evaluationBatchSize = 16

  /// Documents in their order: the last of their tokens are the test, those before them the validation.
  ///
  /// - Parameters:
  ///   - documents: at least one.
  ///   - name: how errors name them.
  ///   - origin: what is told of where they come from.
  /// - Throws: `DataError` where the text is too short.
  init(
    _ documents: [TextDocument], named name: String, origin: [TrainingReport.Fact], _ options: RunOptions
  ) throws {
    guard let settings = options.settings.language else { throw DataError(name, "no settings of a language") }
    // Shares of the bytes; what the tokens are is learned from those of the training alone.
    let total = documents.reduce(0) { $0 + $1.bytes.count }
    let testCount = Int((options.testShare * Double(total)).rounded())
    let validationCount = Int((options.validationShare * Double(total)).rounded())
    let ends = [total - testCount - validationCount, total - testCount, total]
    let parts = LanguageTask.parts(documents, ends: ends)
    let choice = settings.tokens.tokenizer(training: parts[0].map(\.bytes))
    let tokenizer = choice.tokenizer
    tokens = choice
    hasSeparator = documents.count > 1
    let separator = hasSeparator ? Int32(tokenizer.vocabularySize) : nil
    let texts = parts.map { LanguageTask.tokens($0, tokenizer, separator) }
    for (title, text) in zip(["training", "validation", "test"], texts)
    where text.count < 2 && (title != "validation" || options.validationShare > 0) {
      throw DataError(
        name, "tokens for \(title)", expected: "at least 2", found: "\(text.count) of \(total) bytes of text")
    }
    training = LanguageSamples(TokenWindows(texts[0], length: settings.context, isDrawn: true))
    validation = options.validationShare > 0 ? LanguageSamples(LanguageTask.windows(texts[1], settings)) : nil
    test = LanguageSamples(LanguageTask.windows(texts[2], settings))
    let vocabularySize = tokenizer.vocabularySize + (hasSeparator ? 1 : 0)
    let kind = LanguageNetworks.kind(settings.network)
    guard let kind else {
      throw DataError(
        name, "no network \(DataError.quoted(settings.network))",
        expected: LanguageNetworks.names.joined(separator: " or "))
    }
    makeConfiguration = { options in
      kind.init(
        vocabularySize: vocabularySize, options.settings.language ?? settings, dropout: options.settings.dropout)
    }
    guard makeConfiguration(options).isConsistent else {
      throw DataError(
        name, "a network of width \(settings.width), depth \(settings.depth) and \(settings.heads) heads",
        expected: "heads that divide the width into even parts")
    }
    let counts = texts.map(\.count)
    let title: (TokenChoice) -> String = {
      switch $0 {
      case .characters: "characters"
      case .bytes: "bytes"
      case .bytePairs: "pieces by byte-pair encoding"
      }
    }
    let held = options.validationShare > 0 ? ", \(counts[1]) before the test's for validation" : ""
    facts =
      origin + [
        (
          "tokens",
          "\(counts.reduce(0, +)) \(title(settings.tokens)), a vocabulary of \(vocabularySize): \(counts[0]) for training\(held), the last \(counts[2]) for testing"
        ),
        ("task", "the next token of windows of \(settings.context)"),
      ]
    hash = ContentHash.text(of: [training, validation, test])
  }

  /// Documents cut where the bytes of all end at these places.
  private static func parts(_ documents: [TextDocument], ends: [Int]) -> [[TextDocument]] {
    var start = 0
    return ends.map { end in
      defer { start = end }
      var offset = 0
      return documents.compactMap { document in
        defer { offset += document.bytes.count }
        let (from, to) = (max(start - offset, 0), min(end - offset, document.bytes.count))
        guard from < to else { return nil }
        // Not within a character.
        func whole(_ place: Int) -> Int {
          var place = place
          while place < document.bytes.count, document.bytes[place] & 0xc0 == 0x80 { place += 1 }
          return place
        }
        return TextDocument(
          name: document.name, bytes: Array(document.bytes[whole(from)..<whole(to)]), encoding: document.encoding)
      }
    }
  }

  static func tokens(_ documents: [TextDocument], _ tokenizer: any Tokenizer, _ separator: Int32?) -> Indices {
    var tokens: [Int32] = []
    for document in documents {
      if let separator { tokens.append(separator) }
      tokens += tokenizer.encode(document.bytes)
    }
    return Indices(tokens)
  }

  /// Windows for judging: half of each is there to be seen.
  static func windows(_ tokens: Indices, _ settings: LanguageSettings) -> TokenWindows {
    TokenWindows(tokens, length: settings.context, context: settings.context / 2)
  }

  package var learning: LearningTask { .classification }
  package var encoding: String { get throws { try JSONCoding.encode(tokens) } }
  package var evaluationBatchSize: Int? { LanguageTask.evaluationBatchSize }

  package func size(_ options: RunOptions) -> NetworkSize { makeConfiguration(options).size }

  package func makeModel(_ options: RunOptions) -> LanguageModel {
    LanguageModel(
      makeConfiguration(options).makeNetwork(), tokens: tokens, hasSeparator: hasSeparator, options: options,
      dataHash: hash)
  }

  package func makeTrainer(_ model: LanguageModel, _ options: RunOptions) -> Trainer<TokenBatch> {
    let counts = CharacterCounts(model.tokenizer)
    func trainer(_ network: some LanguageNetwork) -> Trainer<TokenBatch> {
      Trainer(network, optimizer: options.settings.makeOptimizer(network)) { network, batch in
        counts.batchLoss(network.loss(batch.tokens, next: batch.next), batch)
      }
    }
    return trainer(model.languageNetwork)
  }
}
