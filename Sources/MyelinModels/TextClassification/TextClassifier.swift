import Foundation
import Myelin

/// A trained classifier of texts.
package struct TextClassifier {
  /// What a table's columns are to it.
  struct Columns: Codable, Equatable {
    let text: String
    let target: String
    let classNames: [String]
    let terms: TextTerms
  }

  let bag: TermBag
  let columns: Columns
  package let options: RunOptions
  let dataHash: String

  func objective(classWeights: [Float]? = nil) -> Objective<Tensor, TextSamples.Batch> {
    let weights = classWeights.map { Tensor($0) }
    let smoothing = options.settings.labelSmoothing
    return Objective("cross-entropy") { logits, batch in
      let factors = isRecordingGradients ? weights : nil
      let loss = softmaxCrossEntropy(logits, batch.labels, classWeights: factors, labelSmoothing: smoothing)
      var accuracy = Accuracy()
      accuracy.add(logits.detached, batch.labels, weights: nil)
      let shares = factors?.scalars
      return BatchLoss(
        loss: loss,
        weight: shares.map { shares in batch.labels.values.reduce(0) { $0 + Double(shares[Int($1)]) } },
        metrics: [accuracy])
    }
  }

  /// Logits of all samples.
  func outputs(_ samples: TextSamples) -> Tensor {
    withoutGradient {
      .concatenated(
        stride(from: 0, to: samples.count, by: 1024).map {
          bag(samples.batch($0..<min($0 + 1024, samples.count)).inputs)
        })
    }
  }

  func samples(_ texts: [String], labels: [Int32]? = nil) -> TextSamples {
    TextSamples(texts, labels: labels ?? [Int32](repeating: -1, count: texts.count), columns.terms)
  }

  /// Each class's terms by how much more they speak for it than for the others: w · (oₖ − mean o), of those whose vector w
  /// the texts for training have.
  func tellingTerms(_ count: Int) -> [[String]] {
    let (names, weights) = (columns.terms.terms, columns.terms.weights)
    let scores = withoutGradient { () -> [Float] in
      let output = bag.output.weight.value
      let byClass =
        output.shape == [columns.classNames.count, bag.configuration.features] ? output.transposed() : output
      return matmul(bag.embedding.weight.value, byClass).scalars
    }
    let classes = columns.classNames.count
    return (0..<classes).map { label in
      // Of terms that are part of one another the first says it all; runs of letters say nothing to people.
      let ranked = names.indices.lazy.filter { !names[$0].hasPrefix("#") }.map { term -> (Float, Int) in
        let row = scores[term * classes..<(term + 1) * classes]
        return (weights[term] * (row[row.startIndex + label] - row.reduce(0, +) / Float(classes)), term)
      }.sorted { ($0.0, $1.1) > ($1.0, $0.1) }
      return ranked.prefix(count).map { names[$0.1] }
    }
  }
}

extension TextClassifier: RunModel {
  package static let kind = "text-classifier"

  package init(_ file: ModelFile) throws {
    columns = try file.decode(Columns.self, SavedModel.preprocessingKey)
    options = try file.decode(RunOptions.self, SavedModel.optionsKey)
    let configuration = try file.decode(TermBag.Configuration.self, SavedModel.networkKey)
    if !columns.terms.isConsistent { throw file.damaged(SavedModel.preprocessingKey) }
    if !options.isConsistent { throw file.damaged(SavedModel.optionsKey) }
    guard configuration.isConsistent, configuration.terms == columns.terms.count,
      configuration.classes == columns.classNames.count
    else { throw file.damaged(SavedModel.networkKey) }
    try file.check(configuration.size)
    bag = TermBag(configuration)
    try file.load(into: bag)
    dataHash = file.text(SavedModel.dataKey) ?? ""
  }

  package var network: any Module { bag }
  package var summary: ModelSummary { bag.summary(input: samples([""]).batch(0..<1).inputs) }

  package var description: ModelDescription {
    ModelDescription(
      task: "classification", target: columns.target, classNames: columns.classNames, inputCount: columns.terms.count,
      inputColumns: [columns.text])
  }

  package var metadata: [String: String] {
    get throws {
      [
        SavedModel.networkKey: try JSONCoding.encode(bag.configuration),
        SavedModel.preprocessingKey: try JSONCoding.encode(columns),
        SavedModel.optionsKey: try JSONCoding.encode(options), SavedModel.dataKey: dataHash,
      ]
    }
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> TextSamples {
    let rows = try LabelledTexts(path, text: columns.text, target: columns.target, options.table)
    return samples(rows.texts, labels: try rows.labels(of: columns.classNames))
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: TextSamples, hasChanged: Bool) {
    let data = try taskAgain(TextClassificationTask.self, near: folder) { $0.columns == columns }
    return (data.test, data.hash != dataHash)
  }

  package func test(on data: TextSamples) -> TrainingReport.Test {
    let evaluation = evaluate(bag, objective(), on: data)
    let outputs = outputs(data)
    var confusion = ConfusionMatrix(classCount: columns.classNames.count)
    confusion.add(outputs, Indices(data.labels))
    return .init(
      scores: evaluation.scores, kind: .classification(confusion: confusion, classes: columns.classNames),
      tables: [worstMistakes(data, outputs), tellingTable].compactMap { $0 })
  }

  private var tellingTable: TrainingReport.Test.ScoreTable {
    let few = columns.classNames.count > 20 ? 5 : 12
    return .init(
      ["class", "terms that speak for it most"],
      rows: zip(columns.classNames, tellingTerms(few)).map { [$0, $1.joined(separator: ", ")] })
  }

  /// The texts whose class was found least likely; nil where all are right.
  private func worstMistakes(_ data: TextSamples, _ outputs: Tensor) -> TrainingReport.Test.ScoreTable? {
    let classes = columns.classNames
    let shares = withoutGradient { softmax(outputs) }.scalars
    let told = outputs.argmax(axis: 1).values
    let wrong = data.labels.indices.filter { data.labels[$0] >= 0 && told[$0] != data.labels[$0] }
      .map { (share: shares[$0 * classes.count + Int(data.labels[$0])], row: $0) }
      .sorted { ($0.share, $0.row) < ($1.share, $1.row) }
    if wrong.isEmpty { return nil }
    return .init(
      ["worst mistakes", "is", "was told", "with"],
      rows: wrong.prefix(20).map { mistake in
        let answer = Int(told[mistake.row])
        let share = Double(shares[mistake.row * classes.count + answer])
        return [
          data.texts[mistake.row], classes[Int(data.labels[mistake.row])], classes[answer],
          Metric.accuracy.text(share),
        ]
      })
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    guard paths.count == 1 else { throw DataError(paths[1], "a second input", expected: "one file") }
    guard options.interval == nil else { throw DataError(paths[0], "an interval", expected: "a model of a number") }
    let rows = try LabelledTexts(paths[0], text: columns.text, target: nil, options.table)
    return Answers(
      logits: outputs(samples(rows.texts)), classNames: columns.classNames, targetName: columns.target)
  }
}
