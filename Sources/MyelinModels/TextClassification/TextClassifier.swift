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
    let base = Objective<Tensor, TensorBatch>.classification(
      labelSmoothing: options.settings.labelSmoothing, classWeights: classWeights)
    return Objective(of: base) { ($0.labels, nil) }
  }

  /// Logits of all samples.
  func outputs(_ samples: TextSamples) -> Tensor { predict(bag, samples, batchSize: 1024) }

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
    let columns = try file.decode(Columns.self, SavedModel.preprocessingKey) { $0.terms.isConsistent }
    let options = try file.options
    let configuration = try file.decode(TermBag.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.terms == columns.terms.count && $0.classes == columns.classNames.count
    }
    let bag = try file.network(of: configuration.size) { TermBag(configuration) }
    self.init(bag: bag, columns: columns, options: options, dataHash: file.dataHash)
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
      try ModelFile.metadata(
        network: bag.configuration, preprocessing: columns, options: options, dataHash: dataHash)
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
    return .init(
      scores: evaluation.scores, kind: .classes(columns.classNames, outputs, Indices(data.labels)),
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
    let path = try onePath(paths, options)
    let rows = try LabelledTexts(path, text: columns.text, target: nil, options.table)
    return Answers(
      logits: outputs(samples(rows.texts)), classNames: columns.classNames, targetName: columns.target)
  }
}
