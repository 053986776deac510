import Foundation
import Myelin

/// Texts and their classes, learned by a bag of terms.
package struct TextClassificationTask: RunTask {
  package let training: TextSamples
  package let validation: TextSamples?
  package let test: TextSamples
  let columns: TextClassifier.Columns
  package let facts: [TrainingReport.Fact]
  package let hash: String
  private let drawn: TextSamples

  /// - Parameters:
  ///   - rows: of which those for training are taken, and those for validation and test where no others are given.
  ///   - given: rows for the test.
  ///   - text: the column of the texts.
  ///   - target: the column of the classes.
  ///   - origin: what is told of where they come from.
  /// - Throws: `DataError` where there are too few of them, or not two classes.
  init(
    _ rows: LabelledTexts, given: LabelledTexts? = nil, text: String, target: String, origin: [TrainingReport.Fact],
    _ options: RunOptions
  ) throws {
    let settings = options.settings.texts ?? TextSettings()
    let names = Set(rows.classes).sorted()
    guard names.count > 1, rows.texts.count >= 10 else {
      throw DataError(
        rows.source, "texts", expected: "at least 10 of at least 2 classes",
        found: "\(rows.texts.count) of \(names.count)")
    }
    let labels = try rows.labels(of: names)
    let split = Split(
      labels: labels, validation: options.validationShare, test: given == nil ? options.testShare : 0,
      seed: options.seed)
    guard given != nil || !split.test.isEmpty else {
      throw DataError(
        rows.source, "a test share of \(options.testShare) leaves no test rows of \(rows.texts.count)")
    }
    guard options.validationShare == 0 || !split.validation.isEmpty else {
      throw DataError(rows.source, "a validation share of \(options.validationShare) leaves no validation rows")
    }
    let terms = TextTerms(
      training: split.training.map { rows.texts[$0] }, labels: split.training.map { labels[$0] }, settings.form)
    guard terms.count > 0 else { throw DataError(rows.source, "column \(DataError.quoted(text))", expected: "words") }
    func samples(_ part: [Int], dropped: Float = 0) -> TextSamples {
      TextSamples(part.map { rows.texts[$0] }, labels: part.map { labels[$0] }, terms, dropped: dropped)
    }
    training = samples(split.training)
    drawn = settings.dropped > 0 ? samples(split.training, dropped: settings.dropped) : training
    validation = split.validation.isEmpty ? nil : samples(split.validation)
    test =
      try given.map { TextSamples($0.texts, labels: try $0.labels(of: names), terms) } ?? samples(split.test)
    columns = TextClassifier.Columns(text: text, target: target, classNames: names, terms: terms)
    let shown = names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
    let letters = settings.form.letters
    facts =
      origin + [
        ("texts", TensorTask.partsText(split.training.count, split.validation.count, test.count)),
        (
          "terms",
          "\(terms.count): runs of up to \(settings.form.words) words"
            + (letters.count == 2 ? ", and of \(letters[0]) to \(letters[1]) letters of a word" : "")
        ),
        ("task", "classification of \(target) by \(text) into \(names.count) classes: \(shown)"),
      ]
    hash = ContentHash.text(of: [training, validation, test])
  }

  package var augmented: any Dataset<TextSamples.Batch> { drawn }
  package var learning: LearningTask { .classification }
  package var encoding: String { get throws { try JSONCoding.encode(columns) } }

  private func configuration(_ options: RunOptions) -> TermBag.Configuration {
    TermBag.Configuration(
      terms: columns.terms.count, features: (options.settings.texts ?? TextSettings()).features,
      classes: columns.classNames.count, dropout: options.settings.dropout)
  }

  package func size(_ options: RunOptions) -> NetworkSize { configuration(options).size }

  package func makeModel(_ options: RunOptions) -> TextClassifier {
    TextClassifier(bag: TermBag(configuration(options)), columns: columns, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: TextClassifier, _ options: RunOptions) -> Trainer<TextSamples.Batch> {
    let weights = classWeights(balancing: training.labels, classCount: columns.classNames.count)
    return Trainer(
      model.bag, objective: model.objective(classWeights: options.balancesClasses ? weights : nil),
      optimizer: options.settings.makeOptimizer(model.bag))
  }
}

/// What a text is made of to a classifier.
package struct TextSettings: Codable, Hashable, Sendable {
  package var form = TextTerms.Form()
  /// Numbers of a term's vector.
  package var features = 64
  /// Share of a text's terms that each epoch leaves out.
  package var dropped: Float = 0

  var isConsistent: Bool {
    form.isConsistent && (1...1 << 16).contains(features) && (0..<1).contains(dropped)
  }
}
