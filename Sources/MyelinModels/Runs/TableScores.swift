import Foundation
import Myelin

/// Scores of outputs for rows of a table, in the data's own units, and what each row adds to them.
struct TableScores {
  let task: LearningTask
  let count: Int
  let measurements: [Scores.Measurement]
  /// What each row costs: −log of its class's probability, or the squared error.
  let losses: [Double]
  /// Whether each row is classified right; empty for numbers.
  private let right: [Bool]
  /// Numbers in the target's unit; empty for classes.
  let truth: [Double]
  let predicted: [Double]

  static let logLoss = Metric("log_loss", title: "log-loss", direction: .lowerIsBetter)

  init(_ outputs: Tensor, _ data: TensorDataset, _ target: TargetEncoder) {
    task = target.task
    count = data.count
    let values = outputs.scalars
    switch target.task {
    case .classification:
      let labels = data.labels!.values
      let classes = target.classNames.count
      var (losses, right): ([Double], [Bool]) = ([], [])
      for (row, label) in labels.enumerated() {
        let logits = values[row * classes..<(row + 1) * classes]
        let top = logits.max() ?? 0
        let sum = logits.reduce(0.0) { $0 + exp(Double($1 - top)) }
        losses.append(log(sum) - Double(logits[logits.startIndex + Int(label)] - top))
        // As accuracy has it: the first of equals.
        right.append(logits.firstIndex(of: top).map { $0 - logits.startIndex } == Int(label))
      }
      var found: [Scores.Measurement] = []
      if count > 0 {
        found.append(.init(.accuracy, Double(right.count { $0 }) / Double(count)))
        found.append(.init(TableScores.logLoss, losses.reduce(0, +) / Double(count)))
      }
      if classes == 2 {
        var binary = BinaryScores()
        binary.add(logits: outputs, Indices(labels))
        found += binary.measurements.compactMap { metric, value in value.map { .init(metric, $0) } }
      }
      (self.losses, self.right, measurements) = (losses, right, found)
      (truth, predicted) = ([], [])
    case .regression:
      let truth = data.targets!.scalars.map(target.number(ofTarget:))
      // One output a row is the number itself, whatever else the target has.
      let predicted = values.count == count ? values.map(target.value(of:)) : target.values(of: outputs)
      var errors = RegressionErrors()
      for (truth, predicted) in zip(truth, predicted) { errors.add(predicted, truth) }
      let wanted: [(Metric, Double?)] = [
        (.rSquared, errors.rSquared), (.rootMeanSquaredError, errors.rootMeanSquaredError),
        (.meanAbsoluteError, errors.meanAbsoluteError),
      ]
      measurements = wanted.compactMap { metric, value in value.map { .init(metric, $0) } }
      losses = zip(truth, predicted).map { ($0 - $1) * ($0 - $1) }
      right = []
      (self.truth, self.predicted) = (truth, predicted)
    }
  }

  var headlineMetric: Metric { task == .classification ? .accuracy : .rSquared }
  var headline: Double? { value(headlineMetric) }

  /// By what columns are ranked: with two classes the area under the ROC curve, which sees every change of the order.
  var rankingMetric: Metric {
    task == .regression ? .rSquared : value(.rocAUC) == nil ? .accuracy : .rocAUC
  }
  var ranking: Double? { value(rankingMetric) }

  private func value(_ metric: Metric) -> Double? { measurements.first { $0.metric == metric }?.value }

  /// Where a share of right answers lies in 95 of 100 cases (E. Wilson, 1927).
  var interval: ClosedRange<Double>? {
    guard task == .classification, count > 0, let share = headline else { return nil }
    let (n, z) = (Double(count), 1.96)
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return max(0, middle - half)...min(1, middle + half)
  }

  enum Gain { case clearlyBetter, unclear, clearlyWorse }

  /// Whether it is better than another model on the same rows, by two standard errors of the difference of what each row
  /// costs.
  func gain(over other: TableScores) -> Gain {
    let differences = zip(other.losses, losses).map { $0 - $1 }
    guard differences.count > 1 else { return .unclear }
    let mean = differences.reduce(0, +) / Double(differences.count)
    let variance =
      differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(differences.count - 1)
    let error = (variance / Double(differences.count)).squareRoot()
    if mean > 2 * error { return .clearlyBetter }
    return mean < -2 * error ? .clearlyWorse : .unclear
  }
}
