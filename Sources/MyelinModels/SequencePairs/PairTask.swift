import Myelin

/// Pairs of sequences, of which a network learns to write the second by the first.
package struct PairTask: RunTask {
  package let training: PairSamples
  package let validation: PairSamples?
  package let test: PairSamples
  let columns: PairModel.Columns
  package let facts: [TrainingReport.Fact]
  package let hash: String
  private let drawn: PairSamples
  private let configuration: EncoderDecoder.Configuration

  static let evaluationBatchSize = 64

  /// - Parameters:
  ///   - rows: sources and targets; all targets of one source are in the same part.
  ///   - names: of their columns.
  ///   - name: how errors name them.
  ///   - origin: what is told of where they come from.
  ///   - makeVocabularies: of source and target, by the pairs for training.
  ///   - isTranslation: whether answers are judged by BLEU and chrF, or by their symbols.
  /// - Throws: `DataError` where there are too few pairs.
  init(
    _ rows: [(source: String, target: String)], names: (source: String, target: String), named name: String,
    origin: [TrainingReport.Fact], isTranslation: Bool, _ options: RunOptions,
    _ makeVocabularies: ([(source: String, target: String)]) -> (PairVocabulary, PairVocabulary)
  ) throws {
    let settings = options.settings.pairs ?? PairSettings()
    var first: [String: Int] = [:]
    var groups: [[Int]] = []
    for (row, pair) in rows.enumerated() {
      if let group = first[pair.source] {
        groups[group].append(row)
      } else {
        first[pair.source] = groups.count
        groups.append([row])
      }
    }
    let split = Split(
      count: groups.count, validation: options.validationShare, test: options.testShare, seed: options.seed)
    func part(_ numbers: [Int]) -> [(source: String, target: String)] {
      numbers.flatMap { groups[$0].map { rows[$0] } }
    }
    let parts = [split.training, split.validation, split.test].map(part)
    guard parts[0].count >= 2, !parts[2].isEmpty, options.validationShare == 0 || !parts[1].isEmpty else {
      throw DataError(name, "pairs for training and testing", expected: "at least 10", found: "\(rows.count)")
    }
    let (sourceVocabulary, targetVocabulary) = makeVocabularies(parts[0])
    columns = PairModel.Columns(
      source: names.source, target: names.target, sourceVocabulary: sourceVocabulary,
      targetVocabulary: targetVocabulary, isTranslation: isTranslation)
    var configuration = EncoderDecoder.Configuration(
      source: sourceVocabulary.count, target: targetVocabulary.count + 1, context: settings.context,
      width: settings.width, heads: settings.heads, layers: settings.depth, dropout: options.settings.dropout)
    if sourceVocabulary == targetVocabulary {
      // One vector for what both sides have; the end is the target's alone.
      configuration.sourceVocabulary = configuration.targetVocabulary
      configuration.sharesEmbedding = true
    }
    guard configuration.isConsistent else {
      throw DataError(
        name, "a network of width \(settings.width) and \(settings.heads) heads",
        expected: "heads that divide the width")
    }
    self.configuration = configuration
    let (columns, context) = (columns, settings.context)
    // Pairs that are too long teach their beginnings.
    training = PairTask.samples(parts[0], columns, context)
    drawn = PairSamples(training.sources, training.targets, end: training.end, batchSize: options.settings.batchSize)
    validation = options.validationShare > 0 ? PairTask.samples(parts[1], columns, context) : nil
    test = PairTask.samples(
      parts[2].enumerated().filter { index, pair in
        // Of several targets the first counts.
        index == 0 || parts[2][index - 1].source != pair.source
      }.map(\.element), columns, context)
    func title(_ vocabulary: PairVocabulary) -> String {
      switch vocabulary {
      case .text(.bytes): "bytes"
      case .text(.characters): "characters"
      case .text(.bytePairs): "\(vocabulary.count) pieces by byte-pair encoding"
      case .symbols: "\(vocabulary.count) symbols"
      }
    }
    facts =
      origin + [
        (
          "pairs",
          TensorTask.partsText(training.count, validation?.count ?? 0, test.count) + ", of different \(names.source)"
        ),
        ("tokens", "\(names.source): \(title(sourceVocabulary)); \(names.target): \(title(targetVocabulary))"),
        ("task", "\(names.target) by \(names.source)"),
      ]
    hash = ContentHash.text(of: [training, validation, test])
  }

  static func samples(
    _ pairs: [(source: String, target: String)], _ columns: PairModel.Columns, _ context: Int
  ) -> PairSamples {
    let (source, target) = (columns.sourceVocabulary.coder, columns.targetVocabulary.coder)
    return PairSamples(
      pairs.map { Array(source.encode($0.source).prefix(context)) },
      pairs.map { Array(target.encode($0.target).prefix(context - 1)) }, end: Int32(columns.targetVocabulary.count))
  }

  package var augmented: any Dataset<PairBatch> { drawn }
  package var learning: LearningTask { .classification }
  package var encoding: String { get throws { try JSONCoding.encode(columns) } }
  package var evaluationBatchSize: Int? { PairTask.evaluationBatchSize }

  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> PairModel {
    PairModel(EncoderDecoder(configuration), columns, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: PairModel, _ options: RunOptions) -> Trainer<PairBatch> {
    let smoothing = options.settings.labelSmoothing
    return Trainer(model.pairs, optimizer: options.settings.makeOptimizer(model.pairs)) { network, batch in
      PairModel.batchLoss(network, batch, smoothing: smoothing)
    }
  }
}

/// The network of pairs of sequences, and how it is asked.
package struct PairSettings: Codable, Hashable, Sendable {
  package var width = 256
  /// Blocks on each side.
  package var depth = 3
  package var heads = 4
  /// Tokens of a sequence at most.
  package var context = 64
  /// Pieces of byte-pair encoding, which both sides share.
  package var pieces = 4000
  package var search = BeamSearch()

  /// For people.
  var facts: [TrainingReport.Fact] {
    [
      ("network", "a transformer's encoder and decoder of \(depth) blocks each, width \(width), \(heads) heads"),
      ("search", "a beam of \(search.width), length penalty \(PlotNumber.short(search.lengthPenalty))"),
    ]
  }

  var isConsistent: Bool {
    (1...1 << 16).contains(width) && (1...1024).contains(depth) && (1...1024).contains(heads)
      && (2...1 << 20).contains(context) && (256...1 << 20).contains(pieces) && search.isConsistent
  }
}
