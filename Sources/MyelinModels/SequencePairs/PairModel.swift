import Foundation
import Myelin

/// A network that turns one sequence into another, with what its sequences are made of.
package struct PairModel {
  /// What a table's columns are to it.
  struct Columns: Codable, Equatable {
    let source: String
    let target: String
    let sourceVocabulary: PairVocabulary
    let targetVocabulary: PairVocabulary
    /// Whether answers are judged as translations, by BLEU and chrF, or by their symbols.
    let isTranslation: Bool

    var isConsistent: Bool { sourceVocabulary.isConsistent && targetVocabulary.isConsistent }
  }

  let pairs: EncoderDecoder
  let columns: Columns
  package let options: RunOptions
  let dataHash: String
  let sourceCoder: PairCoder
  let targetCoder: PairCoder

  init(_ network: EncoderDecoder, _ columns: Columns, options: RunOptions, dataHash: String) {
    (pairs, self.columns, self.options, self.dataHash) = (network, columns, options, dataHash)
    sourceCoder = columns.sourceVocabulary.coder
    targetCoder = columns.targetVocabulary.coder
  }

  var end: Int32 { Int32(columns.targetVocabulary.count) }
  var search: BeamSearch { options.settings.pairs?.search ?? BeamSearch() }

  static func batchLoss(_ network: EncoderDecoder, _ batch: PairBatch, smoothing: Float) -> BatchLoss {
    let count = Double(batch.count)
    let loss = network.loss(
      source: batch.source, lengths: batch.lengths, target: batch.target, next: batch.next,
      labelSmoothing: isRecordingGradients ? smoothing : 0)
    return BatchLoss(
      loss: loss, weight: count,
      metrics: [TokenScores(nats: Double(loss.scalar) * count, tokens: count, characters: 0)])
  }

  /// What the network makes of sources, so many of about the same length at a time.
  func answers(to sources: [[Int32]]) -> [[Int32]] {
    let context = pairs.configuration.context
    let cut = sources.map { $0.isEmpty ? [0] : Array($0.prefix(context)) }
    let order = cut.indices.sorted { (cut[$0].count, $0) < (cut[$1].count, $1) }
    var answers = [[Int32]](repeating: [], count: sources.count)
    let size = 32
    for start in stride(from: 0, to: order.count, by: size) {
      let part = Array(order[start..<min(start + size, order.count)])
      let batch = part.map { cut[$0] }
      let limits = batch.map { min(context - 1, 2 * $0.count + 20) }
      let decoder = PairDecoder(
        pairs, PairSamples.padded(batch, with: 0), lengths: Indices(batch.map { Int32($0.count) }),
        capacity: (limits.max() ?? 0) + 1)
      for (row, answer) in zip(part, search.sequences(decoder, end: end, limits: limits)) { answers[row] = answer }
    }
    return answers
  }

  func translate(_ texts: [String]) -> [String] {
    answers(to: texts.map(sourceCoder.encode)).map(targetCoder.decode)
  }
}

/// The network as a search asks it: the memory of each source, and what each row has written so far.
private final class PairDecoder: SequenceDecoder {
  private let network: EncoderDecoder
  private let caches: [KeyValueCache]
  private var remembered: [Tensor]
  private var lengths: Indices

  init(_ network: EncoderDecoder, _ source: Indices, lengths: Indices, capacity: Int) {
    self.network = network
    self.lengths = lengths
    caches = network.decoder.makeCaches(capacity: capacity)
    remembered = withoutGradient { network.decoder.remember(network.encode(source, lengths: lengths)) }
  }

  func next(_ tokens: [Int32], from rows: [Int]) -> Tensor {
    withoutGradient {
      if rows != Array(0..<lengths.count) {
        let chosen = Indices(rows)
        remembered = remembered.map { $0.gathered(chosen) }
        let old = lengths.values
        lengths = Indices(rows.map { old[$0] })
        for cache in caches { cache.select(rows) }
      }
      let hidden = network.decode(
        Indices(tokens, shape: Shape(tokens.count, 1)), remembered: remembered, lengths: lengths, caches: caches)
      let logits = network.logits(hidden)
      return logits.reshaped([tokens.count, logits.shape[logits.rank - 1]])
    }
  }
}

extension PairModel: RunModel {
  package static let kind = "sequence-pairs"

  package init(_ file: ModelFile) throws {
    let columns = try file.decode(Columns.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let configuration = try file.decode(EncoderDecoder.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.sourceVocabulary >= columns.sourceVocabulary.count
        && $0.targetVocabulary == columns.targetVocabulary.count + 1
    }
    let pairs = try file.network(of: configuration.size) { EncoderDecoder(configuration) }
    self.init(pairs, columns, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { pairs }

  package var summary: ModelSummary {
    pairs.summary(input: .init(source: Indices([0, 0], shape: [1, 2]), target: Indices([0, 0], shape: [1, 2])))
  }

  package var description: ModelDescription {
    ModelDescription(
      task: "translation", target: columns.target, classNames: [], inputCount: pairs.configuration.context,
      inputColumns: [columns.source])
  }

  package var metadata: [String: String] {
    get throws {
      try ModelFile.metadata(
        network: pairs.configuration, preprocessing: columns, options: options, dataHash: dataHash)
    }
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> PairSamples {
    let rows = try LabelledTexts(path, text: columns.source, target: columns.target, options.table)
    return PairTask.samples(Array(zip(rows.texts, rows.classes)), columns, pairs.configuration.context)
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: PairSamples, hasChanged: Bool) {
    let data = try taskAgain(PairTask.self, near: folder) { $0.columns == columns }
    return (data.test, data.hash != dataHash)
  }

  package func test(on data: PairSamples) -> TrainingReport.Test {
    let answers = answers(to: data.sources)
    var (bleu, chrF, errors) = (BLEU(), ChrF(), EditErrors())
    var rows: [(distance: Double, texts: [String])] = []
    for (index, answer) in answers.enumerated() {
      let (told, reference) = (targetCoder.decode(answer), targetCoder.decode(data.targets[index]))
      bleu.add(told, reference: reference)
      chrF.add(told, reference: reference)
      errors.add(answer, reference: data.targets[index])
      let distance = EditErrors.distance(answer, data.targets[index])
      rows.append(
        (
          Double(distance) / Double(max(data.targets[index].count, 1)),
          [sourceCoder.decode(data.sources[index]), told, reference]
        ))
    }
    var loss = (sum: 0.0, weight: 0.0)
    withoutGradient {
      for start in stride(from: 0, to: data.count, by: PairTask.evaluationBatchSize) {
        let batch = data.batch(start..<min(start + PairTask.evaluationBatchSize, data.count))
        let part = PairModel.batchLoss(pairs, batch, smoothing: 0)
        loss = (loss.sum + Double(part.loss.scalar) * part.weight!, loss.weight + part.weight!)
      }
    }
    let measured =
      columns.isTranslation ? bleu.measurements + chrF.measurements : errors.measurements
    let header = [columns.source, "told", "right"]
    let worst = rows.enumerated().sorted { ($1.element.distance, $0.offset) < ($0.element.distance, $1.offset) }
    return .init(
      scores: Scores(
        loss: loss.sum / max(loss.weight, 1),
        metrics: measured.compactMap { metric, value in value.map { .init(metric, $0) } }),
      kind: .measured(
        headline: columns.isTranslation ? .bleu : .symbolErrorRate,
        tables: [.init(header, rows: rows.prefix(12).map(\.texts))]),
      pictures: attentionPictures(data, answers),
      tables: [.init(["worst: " + columns.source, "told", "right"], rows: worst.prefix(20).map(\.element.texts))])
  }

  /// Where some answers look: a row for each token that was written, a column for each of the source.
  private func attentionPictures(_ data: PairSamples, _ answers: [[Int32]]) -> [PictureGroup] {
    let shown = answers.indices.filter { (3...20).contains(answers[$0].count) && data.sources[$0].count <= 20 }.prefix(
      8)
    let items = shown.map { index -> PictureGroup.Item in
      let (source, target) = (data.sources[index], [end] + answers[index])
      let weights = pairs.attentionToSource(
        .init(
          source: Indices(source, shape: Shape(1, source.count)), target: Indices(target, shape: Shape(1, target.count))
        ))
      let size = 8
      let bytes = weights.withUnsafeBufferPointer { weights in
        (0..<target.count * size * source.count * size).map { pixel -> UInt8 in
          let (row, column) = (pixel / (source.count * size) / size, pixel % (source.count * size) / size)
          return UInt8(255 * (1 - min(max(weights[row * source.count + column], 0), 1)))
        }
      }
      return .init(
        Picture(height: target.count * size, width: source.count * size, channels: 1, bytes: bytes),
        label: source.map(sourceCoder.piece).joined(separator: "·"),
        note: (answers[index].map(targetCoder.piece) + ["end"]).joined(separator: "·"))
    }
    return items.isEmpty
      ? []
      : [
        PictureGroup(
          "Where it looks",
          caption:
            "A row for each token that is written, from above, a column for each of the source: the darker, the more of "
            + "the last block's attention.", items: Array(items), tileWidth: 14)
      ]
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    let path = try onePath(paths, options)
    let rows = try LabelledTexts(path, text: columns.source, target: nil, options.table)
    return Answers(texts: translate(rows.texts), targetName: columns.target)
  }
}
