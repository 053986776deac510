import Myelin

/// Shipped pairs of sequences.
package struct PairRecipe: Recipe {
  package let name: String
  package let summary: String
  package let network: String?
  package let takesDropout = true
  package let settings: TrainingSettings
  package let sourceOptions: Set<RunSource.Option> = [.language]
  package var takesPieces: Bool { !isSpelling }
  package let usualTestShare: Double
  package let optionsWithoutEffect: Set<String> = ["--balance", "--threshold"]
  private let fileName: String
  private let columns: (source: String, target: String)
  private let citation: String
  /// Whether words become phonemes, judged one by one, and not sentences.
  private let isSpelling: Bool

  /// English sentences in Swedish. A tenth of the different English sentences is the test, drawn by the seed.
  package static let translate = PairRecipe(
    name: "translate", summary: "English sentences in Swedish",
    network: "a transformer's encoder and decoder",
    settings: TrainingSettings {
      $0.pairs = PairSettings()
      $0.learningRate = 1e-3
      $0.weightDecay = 0.01
      $0.dropout = 0.2
      $0.labelSmoothing = 0.1
      $0.warmupEpochs = 1
      $0.epochs = 20
      $0.batchSize = 64
    }, usualTestShare: 0.1, fileName: "eng-swe.csv.gz", columns: ("english", "swedish"),
    citation: "Tatoeba by manythings.org, 2023", isSpelling: false)

  /// Words as they are spoken. A twentieth of the words is the test, drawn by the seed.
  package static let spell = PairRecipe(
    name: "spell", summary: "English words as they are spoken",
    network: "a transformer's encoder and decoder",
    settings: TrainingSettings {
      var pairs = PairSettings()
      (pairs.width, pairs.context, pairs.search) = (128, 24, BeamSearch(width: 5, lengthPenalty: 0))
      $0.pairs = pairs
      $0.learningRate = 1e-3
      $0.weightDecay = 0.01
      $0.dropout = 0.1
      $0.labelSmoothing = 0.1
      $0.warmupEpochs = 0.5
      $0.epochs = 8
      $0.batchSize = 128
    }, usualTestShare: 0.05, fileName: "cmudict-g2p.csv.gz", columns: ("word", "phonemes"),
    citation: "CMU Pronouncing Dictionary, Carnegie Mellon University", isSpelling: true)

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let rows = try LabelledTexts(
      ShippedData.file(fileName).path, text: columns.source, target: columns.target, TableOptions.Reading())
    let pieces = options.settings.pairs?.pieces ?? PairSettings().pieces
    return try PairTask(
      Array(zip(rows.texts, rows.classes)), names: columns, named: name,
      origin: [("data", "\(name): \(summary)"), ("source", citation)], isTranslation: !isSpelling, options
    ) { pairs in
      if isSpelling { return (.text(.bytes), .symbols(training: pairs.map(\.target))) }
      return PairTask.sharedPieces(pairs, count: pieces)
    }
  }
}

extension PairTask {
  /// Pieces that both sides share.
  static func sharedPieces(
    _ pairs: [(source: String, target: String)], count: Int
  ) -> (PairVocabulary, PairVocabulary) {
    let texts = pairs.flatMap { [Array($0.source.utf8), Array($0.target.utf8)] }
    let tokens = PairVocabulary.text(.bytePairs(BytePairTokenizer(training: texts, vocabularySize: count)))
    return (tokens, tokens)
  }
}

/// A CSV file of one's own with two columns, of which a network writes the second by the first.
package struct PairData: OwnData {
  package let name = "pairs"
  package let summary = "a CSV file of pairs of texts"
  package let taskName: String? = "translate"
  package let network: String? = PairRecipe.translate.network
  package let takesDropout = true
  package let settings = PairRecipe.translate.settings
  package let usualTestShare = 0.1
  package let takesPieces = true
  package let sourceOptions: Set<RunSource.Option> = [.target, .table, .language]
  package let optionsWithoutEffect = PairRecipe.translate.optionsWithoutEffect

  package init() {}

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let path = options.source.path?.located(near: folder), let target = options.source.target,
      let own = options.source.table, let source = own.kinds.first(where: { $0.value == .text })?.key
    else {
      throw DataError(options.source.name, "two columns", expected: "--text COLUMN and --target COLUMN")
    }
    guard own.kinds.count == 1, own.columns.count == 1, own.testFile == nil, source != target else {
      throw DataError(path, "columns", expected: "only --text COLUMN and --target COLUMN with --task translate")
    }
    let rows = try LabelledTexts(path, text: source, target: target, own.reading)
    return try PairTask(
      Array(zip(rows.texts, rows.classes)), names: (source, target), named: path, origin: [("data", path)],
      isTranslation: true, options
    ) { PairTask.sharedPieces($0, count: options.settings.pairs?.pieces ?? PairSettings().pieces) }
  }
}
