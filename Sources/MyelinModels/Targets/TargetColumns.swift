import Foundation
import Myelin

/// Several columns of a table that are predicted together: how each becomes a number to learn, and its outputs an answer.
///
/// A row's targets are [T] numbers, the place of its class or the standardised number of each. A network gives the logits or
/// the number of each, one after another.
package struct TargetColumns: Codable, Equatable, Sendable {
  /// In the order in which they were named.
  package var encoders: [TargetEncoder]
  /// Lowest and highest standardised number of the training rows; nil for classes.
  var ranges: [[Float]?]

  /// - Parameters:
  ///   - task: what is learned of all of them; nil to infer it of each.
  ///   - rows: the training rows, on which scales are fitted.
  /// - Throws: `DataError` for a column with missing values or nothing to learn.
  init(fitting table: Table, columns: [String], task: LearningTask?, rows: [Int]) throws {
    encoders = try columns.map {
      let found = try TargetEncoder(fitting: table, column: $0, task: task, isCount: false)
      // A scale is that of the training rows only.
      return found.task == .classification
        ? found : try TargetEncoder(fitting: table, column: $0, task: .regression, rows: rows, isCount: false)
    }
    ranges = try encoders.map { encoder in
      guard encoder.task == .regression else { return nil }
      let numbers = try encoder.targets(of: table)
      let known = rows.map { numbers[$0] }
      return [known.min() ?? 0, known.max() ?? 0]
    }
  }

  package var names: [String] { encoders.map(\.column) }

  /// The columns of the outputs that are each target's.
  package var outputs: [Range<Int>] {
    var start = 0
    return encoders.map { encoder in
      defer { start += encoder.outputCount }
      return start..<start + encoder.outputCount
    }
  }

  package var outputCount: Int { encoders.reduce(0) { $0 + $1.outputCount } }

  /// Whether fitting can have made it; one read from a file may be anything.
  var isConsistent: Bool {
    encoders.count >= 2 && Set(names).count == encoders.count && ranges.count == encoders.count
      && zip(encoders, ranges).allSatisfy { encoder, range in
        encoder.isConsistent && encoder.quantiles == nil && !encoder.isCount
          && (encoder.task == .classification) == (range == nil)
          && (range.map { $0.count == 2 && $0[0] <= $0[1] } ?? true)
      }
  }

  /// The rows with what is to be predicted: inputs [N, features], targets [N, T].
  ///
  /// - Throws: `DataError` with the line of a value that is missing, or that training did not have.
  func dataset(_ table: Table, _ features: FeatureEncoder) throws -> TensorDataset {
    let columns = try encoders.map { encoder in
      encoder.task == .classification ? try encoder.labels(of: table).map(Float.init) : try encoder.targets(of: table)
    }
    let targets = Tensor(shape: Shape(table.rowCount, columns.count)) { result in
      for (target, values) in columns.enumerated() {
        for (row, value) in values.enumerated() { result[row * columns.count + target] = value }
      }
    }
    return TensorDataset(inputs: try features.inputs(table), targets: targets)
  }

  // MARK: Learning

  /// The mean over the targets of the cross-entropy of each that has classes and the squared error of each number.
  var objective: Objective<Tensor, TensorBatch> {
    let (encoders, places) = (encoders, outputs)
    return Objective("mean loss of the targets") { outputs, batch in
      guard let targets = batch.targets else { misuse("several targets: data without targets") }
      let weights = batch.weights
      var losses: [Tensor] = []
      for (index, encoder) in encoders.enumerated() {
        let own = outputs.sliced(places[index], axis: 1)
        let truth = targets.sliced(index..<index + 1, axis: 1)
        losses.append(
          encoder.task == .classification
            ? softmaxCrossEntropy(own, Indices(truth.scalars.map { Int32($0) }), sampleWeights: weights)
            : meanSquaredError(own, truth, sampleWeights: weights))
      }
      let sum = losses.dropFirst().reduce(losses[0], +)
      return BatchLoss(
        loss: sum / Float(losses.count), weight: weights.map { $0.scalars.reduce(0) { $0 + Double($1) } })
    }
  }

  /// What members of an ensemble say together: of outputs [members, N, outputs] the mean of each class's probability, as its
  /// logarithm, and of each number, within the range of the training rows: [N, outputs].
  func average(_ members: Tensor) -> Tensor {
    Tensor.concatenated(
      zip(outputs, ranges).map { place, range in
        let own = members.sliced(place, axis: 2)
        guard let range else {
          // No probability is 0: its logarithm would be infinite, and the loss of the row with it.
          return log(maximum(softmax(own).mean(axis: 0), Tensor(1e-37)))
        }
        return own.mean(axis: 0).clipped(to: range[0]...range[1])
      }, axis: 1)
  }

  // MARK: Scores

  /// What a target is judged by: its accuracy, or its R².
  private func headline(_ encoder: TargetEncoder) -> Metric { encoder.task == .classification ? .accuracy : .rSquared }

  /// The mean of what the targets are judged by.
  package var meanScore: Metric {
    let tasks = Set(encoders.map(\.task))
    let what = tasks.count > 1 ? "accuracy and R²" : tasks == [.classification] ? "accuracy" : "R²"
    return Metric("mean_score", title: "mean \(what) of \(encoders.count) targets", direction: .higherIsBetter)
  }

  /// Of classes: rows of which every target is told right.
  static let exactMatch = Metric("exact_match", title: "rows with all targets right", direction: .higherIsBetter)

  /// Scores of outputs [N, outputs] for rows with the truth [N, T].
  func test(_ outputs: Tensor, _ targets: Tensor, loss: Scores) -> TrainingReport.Test {
    let truth = targets.scalars
    var rows: [[String]] = []
    var headlines: [Double] = []
    var allRight = [Bool](repeating: true, count: targets.shape[0])
    for (index, (encoder, place)) in zip(encoders, self.outputs).enumerated() {
      let own = outputs.sliced(place, axis: 1)
      let values = stride(from: index, to: truth.count, by: encoders.count).map { truth[$0] }
      let data =
        encoder.task == .classification
        ? TensorDataset(inputs: own, labels: Indices(values.map { Int32($0) }))
        : TensorDataset(inputs: own, targets: Tensor(values, shape: Shape(values.count, 1)))
      let scores = TableScores(own, data, encoder)
      if let value = scores.headline { headlines.append(value) }
      if encoder.task == .classification {
        for (row, label) in own.argmax(axis: -1).values.enumerated() where Float(label) != values[row] {
          allRight[row] = false
        }
      }
      let others = scores.measurements.filter { $0.metric != headline(encoder) }
      rows.append([
        encoder.column,
        encoder.task == .classification ? "\(encoder.classNames.count) classes" : "a number",
        scores.headline.map { "\(headline(encoder).title) \(headline(encoder).text($0))" } ?? "–",
        others.map { "\($0.metric.title) \($0.text)" }.joined(separator: ", "),
      ])
    }
    var scores = loss
    scores.metrics =
      headlines.isEmpty ? [] : [.init(meanScore, headlines.reduce(0, +) / Double(headlines.count))]
    if encoders.allSatisfy({ $0.task == .classification }), !allRight.isEmpty {
      scores.metrics.append(.init(TargetColumns.exactMatch, Double(allRight.count { $0 }) / Double(allRight.count)))
    }
    return .init(
      scores: scores,
      kind: .measured(
        headline: meanScore, tables: [.init(["target", "learned as", "score", "other scores"], rows: rows)]))
  }
}
