import Foundation
import Myelin

/// A network that gives rows back of which a part was lost (Vincent and others 2008), and what it was made of: rows unlike
/// those that it was trained on come back wrong, and how wrong is their score.
package struct AnomalyModel: RunModel {
  package static let kind = "anomalies"

  package let autoencoder: MLP
  package let features: FeatureEncoder
  /// The column that says which rows are odd, and what stands there in a usual one: read for the test alone.
  package let label: Label
  package let options: RunOptions
  /// Fingerprint of the data that it was trained from.
  package let dataHash: String

  /// How a table tells which rows are odd.
  package struct Label: Codable, Equatable, Sendable {
    package var column: String
    package var usual: String
  }

  init(_ autoencoder: MLP, features: FeatureEncoder, label: Label, options: RunOptions, dataHash: String) {
    self.autoencoder = autoencoder
    self.features = features
    self.label = label
    self.options = options
    self.dataHash = dataHash
  }

  private static let labelKey = "myelin.label"

  package init(_ file: ModelFile) throws {
    let features = try file.decode(FeatureEncoder.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let label = try file.decode(Label.self, AnomalyModel.labelKey)
    let configuration = try file.decode(MLP.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.inputCount == features.featureCount && $0.outputCount == features.featureCount
    }
    let network = try file.network(of: configuration.size) { configuration.makeNetwork() }
    self.init(network, features: features, label: label, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { autoencoder }
  package var summary: ModelSummary { autoencoder.summary(inputShape: [1, features.featureCount]) }

  package var description: ModelDescription {
    ModelDescription(
      task: "anomaly detection", target: "score", classNames: [], inputCount: features.featureCount,
      inputColumns: features.columnNames)
  }

  package var metadata: [String: String] {
    get throws {
      var metadata = try ModelFile.metadata(
        network: autoencoder.configuration, preprocessing: features, options: options, dataHash: dataHash)
      metadata[AnomalyModel.labelKey] = try JSONCoding.encode(label)
      return metadata
    }
  }

  /// Share of a batch's rows that come back worst, from which nothing is learned: the odd ones are among them.
  static let leftOut = 0.05

  /// The squared error of what comes back, of all but the worst rows while training; outside training, how well it tells the
  /// odd rows from the others.
  static let objective = Objective<Tensor, TensorBatch>("squared error") { outputs, batch in
    let truth = batch.targets ?? batch.inputs
    let errors = (outputs - truth).squared().mean(axis: 1)
    if isRecordingGradients {
      let values = errors.scalars
      let count = max(1, Int((Double(values.count) * (1 - leftOut)).rounded(.up)))
      let kept = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }.prefix(count).sorted()
      return BatchLoss(loss: errors.gathered(Indices(kept)).mean())
    }
    guard let labels = batch.labels else { return BatchLoss(loss: errors.mean()) }
    var scores = BinaryScores()
    scores.add(oddness(outputs.detached, truth), labels)
    return BatchLoss(loss: errors.mean(), metrics: [scores])
  }

  /// The mean of the roots of what is wrong: many numbers that are a little off say more than one that is far off.
  private static func oddness(_ outputs: Tensor, _ truth: Tensor) -> Tensor {
    sqrt((outputs - truth).absolute()).mean(axis: 1)
  }

  /// Of each row.
  func scores(_ inputs: Tensor) -> [Float] {
    withoutGradient { AnomalyModel.oddness(predict(autoencoder, inputs), inputs) }.scalars
  }

  /// A file's rows with 1 for the odd ones.
  static func samples(_ table: Table, _ features: FeatureEncoder, _ label: Label) throws -> TensorDataset {
    guard case .categories(let levels, let codes) = try table.column(named: label.column).values else {
      throw DataError(table.source, "column \(DataError.quoted(label.column))", expected: "texts")
    }
    if let row = codes.firstIndex(of: -1) {
      throw DataError(
        table.source, line: table.lines[row], "column \(DataError.quoted(label.column))", expected: "a text",
        found: "nothing")
    }
    return TensorDataset(
      inputs: try features.inputs(table), labels: Indices(codes.map { levels[Int($0)] == label.usual ? 0 : 1 as Int32 })
    )
  }

  private func table(_ path: String, _ options: InputOptions, withLabel: Bool) throws -> Table {
    var reading = options.table.applied(to: features.csvOptions())
    if withLabel {
      reading.columns?.insert(label.column)
      reading.kinds[label.column] = .category
    }
    return try Table(csv: DataPath.input(path), options: reading)
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> TensorSamples {
    TensorSamples(try AnomalyModel.samples(table(path, options, withLabel: true), features, label))
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: TensorSamples, hasChanged: Bool) {
    let data = try taskAgain(AnomalyTask.self, near: folder) { $0.features == features }
    return (data.test, data.hash != dataHash)
  }

  package func test(on samples: TensorSamples) -> TrainingReport.Test {
    let evaluation = evaluate(autoencoder, AnomalyModel.objective, on: samples)
    let batch = samples.batch(0..<samples.count)
    let (found, truth) = (scores(batch.inputs), batch.labels?.values ?? [])
    let order = found.indices.sorted { (found[$1], $0) < (found[$0], $1) }
    let odd = truth.count { $0 == 1 }
    // What somebody who looks at the oddest rows finds, and what it costs to leave the others.
    let rows = [0.005, 0.01, 0.02, 0.05, 0.1].map { share -> [String] in
      let count = max(1, Int((share * Double(order.count)).rounded()))
      let hits = order.prefix(count).count { truth[$0] == 1 }
      return [
        "\(PlotNumber.short(100 * share))% (\(count))", PlotNumber.short(Double(found[order[count - 1]]), digits: 3),
        Metric.accuracy.text(Double(hits) / Double(count)), Metric.accuracy.text(Double(hits) / Double(max(odd, 1))),
      ]
    }
    // A missed one costs as much as looking at so many usual ones.
    let costs = [1, 10, 100].map { cost -> [String] in
      var (hits, best, bestCount) = (0, Double(odd * cost), 0)
      for (place, row) in order.enumerated() {
        hits += truth[row] == 1 ? 1 : 0
        let now = Double((odd - hits) * cost + place + 1 - hits)
        if now < best { (best, bestCount) = (now, place + 1) }
      }
      return [
        "\(cost)", bestCount == 0 ? "none" : PlotNumber.short(Double(found[order[bestCount - 1]]), digits: 3),
        "\(bestCount)", PlotNumber.short(best),
      ]
    }
    return .init(
      scores: evaluation.scores,
      kind: .measured(
        headline: .averagePrecision,
        tables: [
          .init(["the oddest rows", "from the score", "of them odd", "of the odd found"], rows: rows),
          .init(["a missed one costs", "best from the score", "rows looked at", "cost"], rows: costs),
        ]))
  }

  /// The score of each row.
  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    let path = try onePath(paths, options)
    let found = scores(try features.inputs(table(path, options, withLabel: false)))
    return Answers(values: found.map(Double.init), targetName: "anomaly")
  }
}
