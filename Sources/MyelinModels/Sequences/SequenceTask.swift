import Foundation
import Myelin

/// Sequences of different lengths and their classes.
package struct SequenceTask: RunTask {
  package let training: SequenceSamples
  package let validation: SequenceSamples?
  package let test: SequenceSamples
  let encoded: SequenceEncoding
  package let facts: [TrainingReport.Fact]
  package let hash: String
  private let drawn: SequenceSamples

  /// - Parameters:
  ///   - letters: of texts, which of them there are; nil for frames.
  /// - Throws: `DataError` for too few sequences, or fewer than two classes.
  init(
    _ file: SequenceFile, field: String, target: String, letters: String?, _ options: RunOptions,
    origin: [TrainingReport.Fact]
  ) throws {
    let names = Set(file.classes.compactMap { $0 }).sorted()
    guard names.count > 1, file.classes.count >= 10 else {
      throw DataError(
        file.source, "sequences", expected: "at least 10 of at least 2 classes",
        found: "\(file.classes.count) of \(names.count)")
    }
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($0.element, Int32($0.offset)) })
    let labels = file.classes.map { places[$0!]! }
    // A file may say which sequences are for the test.
    let given = file.parts.indices.filter { file.parts[$0] == "test" }
    let rest = file.parts.indices.filter { file.parts[$0] != "test" }
    var split = Split(
      labels: rest.map { labels[$0] }, validation: options.validationShare, test: given.isEmpty ? options.testShare : 0,
      seed: options.seed)
    split.training = split.training.map { rest[$0] }
    split.validation = split.validation.map { rest[$0] }
    split.test = given.isEmpty ? split.test.map { rest[$0] } : given
    guard !split.test.isEmpty else {
      throw DataError(file.source, "a test share of \(options.testShare) leaves no test sequences")
    }
    guard options.validationShare == 0 || !split.validation.isEmpty else {
      throw DataError(file.source, "a validation share of \(options.validationShare) leaves no validation sequences")
    }
    let steps: SequenceEncoding.Steps =
      letters.map { .letters($0) } ?? SequenceTask.standardised(split.training.map { file.frames[$0] }, file.features)
    let encoding = SequenceEncoding(steps: steps, classNames: names, target: target, field: field)
    func samples(_ rows: [Int], noise: Float = 0) -> SequenceSamples {
      let sequences = rows.map { letters == nil ? encoding.encode(file.frames[$0]) : encoding.encode(file.texts[$0]) }
      return SequenceSamples(
        features: encoding.features, sequences: sequences, labels: rows.map { labels[$0] }, noise: noise)
    }
    training = samples(split.training)
    drawn = letters == nil ? samples(split.training, noise: SequenceTask.noise) : training
    validation = split.validation.isEmpty ? nil : samples(split.validation)
    test = samples(split.test)
    encoded = encoding
    let lengths = (training.sequences + test.sequences).map { $0.count / encoding.features }
    let what = letters == nil ? "frames of \(encoding.features) numbers" : "letters"
    facts =
      origin + [
        (
          "sequences",
          "\(file.classes.count): "
            + TensorTask.partsText(split.training.count, split.validation.count, split.test.count)
        ),
        ("lengths", "\(lengths.min() ?? 0) to \(lengths.max() ?? 0) \(what)"),
        (
          "task", "classification of \(target) into \(names.count) classes: \(names.prefix(10).joined(separator: ", "))"
        ),
      ]
    hash = ContentHash.text(of: [training, validation, test])
  }

  /// Deviation of what is added to standardised numbers in training.
  private static let noise: Float = 0.2

  private static func standardised(_ frames: [[Float]], _ features: Int) -> SequenceEncoding.Steps {
    var sums = [Double](repeating: 0, count: features), squares = sums
    var count = 0.0
    for sequence in frames {
      for (index, value) in sequence.enumerated() { sums[index % features] += Double(value) }
      count += Double(sequence.count / features)
    }
    let means = sums.map { $0 / max(count, 1) }
    for sequence in frames {
      for (index, value) in sequence.enumerated() {
        let distance = Double(value) - means[index % features]
        squares[index % features] += distance * distance
      }
    }
    return .frames(
      mean: means.map { Float($0) }, deviation: squares.map { Float(max(($0 / max(count, 1)).squareRoot(), 1e-6)) })
  }

  package var augmented: any Dataset<SequenceBatch> { drawn }
  package var learning: LearningTask { .classification }
  package var encoding: String { get throws { try JSONCoding.encode(encoded) } }

  private func configuration(_ options: RunOptions) -> SequenceNetwork.Configuration {
    let sizes = options.settings.hiddenSizes
    return SequenceNetwork.Configuration(
      features: encoded.features, classes: encoded.classNames.count, hidden: sizes.first ?? 64,
      layers: max(sizes.count, 1), dropout: options.settings.dropout)
  }

  package func size(_ options: RunOptions) -> NetworkSize { configuration(options).size }

  package func makeModel(_ options: RunOptions) -> SequenceModel {
    SequenceModel(
      classifier: SequenceNetwork(configuration(options)), encoding: encoded, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: SequenceModel, _ options: RunOptions) -> Trainer<SequenceBatch> {
    let weights = classWeights(balancing: training.labels, classCount: encoded.classNames.count)
    return Trainer(
      model.classifier, objective: model.objective(classWeights: options.balancesClasses ? weights : nil),
      optimizer: options.settings.makeOptimizer(model.classifier))
  }
}
