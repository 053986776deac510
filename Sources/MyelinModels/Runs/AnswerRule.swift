import Foundation
import Myelin

/// How a model's outputs become answers: what was chosen on rows that the network, or each member of an ensemble, was not
/// trained on. Stands in the model's file, so that `predict` answers as the report says.
package struct AnswerRule: Codable, Equatable, Sendable {
  /// What logits are divided by before they become probabilities (C. Guo et al., "On calibration of modern neural networks",
  /// 2017); nil where that would not help.
  package var temperature: Float?
  /// From which probability on the second of two classes is told; nil for the more probable one.
  package var threshold: Threshold?
  /// How far truths lie from predicted numbers; nil for classes, and where nothing was held out.
  package var intervals: ResidualIntervals?

  package struct Threshold: Codable, Equatable, Sendable {
    /// Of the second class's probability.
    package var probability: Float
    package var rule: ThresholdRule
    /// What it reached on the held-out rows.
    package var precision: Double
    package var recall: Double
  }

  package init() {}

  /// The rule that suits rows that were held out.
  ///
  /// - Parameters:
  ///   - heldOut: what the network, or its members, made of them.
  ///   - target: what is predicted.
  ///   - rule: how the threshold of two classes is chosen; nil for none.
  init(fitting heldOut: HeldOutOutputs, _ target: TargetEncoder, threshold rule: ThresholdRule?) {
    switch target.task {
    case .regression:
      let scores = TableScores(heldOut.outputs, heldOut.data, target)
      intervals = ResidualIntervals(truth: scores.truth, predicted: scores.predicted)
    case .classification:
      let labels = heldOut.data.labels!.values
      temperature = Temperature.fitted(heldOut.outputs, labels)
      if let rule, target.classNames.count == 2 {
        let shares = softmax(scaled(heldOut.outputs)).scalars
        threshold = rule.threshold(labels.indices.map { (shares[2 * $0 + 1], labels[$0] == 1) })
      }
    }
  }

  /// Whether fitting can have made it; one read from a file may be anything.
  var isConsistent: Bool {
    (temperature ?? 1) > 0 && (temperature ?? 1).isFinite && (threshold.map { $0.probability.isFinite } ?? true)
      && intervals?.isConsistent != false
  }

  var isEmpty: Bool { self == AnswerRule() }

  /// Logits as their probabilities are told.
  func scaled(_ logits: Tensor) -> Tensor { temperature.map { logits * Tensor(1 / $0) } ?? logits }

  /// Logits of two classes, moved so that the larger one is the answer.
  func decided(_ logits: Tensor) -> Tensor {
    guard let threshold, logits.rank == 2, logits.shape[1] == 2 else { return logits }
    // p ≥ t  ⇔  z₁ − z₀ ≥ log(t / (1 − t)); of equals the first class is told, so that the step is the smallest one up.
    let share = min(max(Double(threshold.probability), 1e-30), 1 - 1e-7)
    let step = Float(Foundation.log(share / (1 - share))).nextDown
    return logits + Tensor([step, 0], shape: [1, 2])
  }

  /// For people, a line each.
  func facts(_ target: TargetEncoder) -> [TrainingReport.Fact] {
    var facts: [TrainingReport.Fact] = []
    if let temperature {
      facts.append(
        (
          "probabilities",
          "of logits divided by \(PlotNumber.short(Double(temperature), digits: 3)), by the held-out rows"
        ))
    }
    if let threshold {
      let name = target.classNames[1]
      facts.append(
        (
          "threshold",
          "\(name) from a probability of \(PlotNumber.short(Double(threshold.probability), digits: 3)), by "
            + "\(threshold.rule.text); of the held-out rows \(Metric.accuracy.text(threshold.recall)) of \(name) are found, "
            + "and \(Metric.accuracy.text(threshold.precision)) of what is told to be is"
        ))
    }
    return facts
  }
}

/// The search for a temperature.
enum Temperature {
  /// What makes −log p of the labels smallest; nil where a temperature from one half of the rows does not gain a half per
  /// cent on the other, and where fewer than 30 rows are answered wrong: few mistakes say little about how sure to be, and
  /// one of them in the test costs more than all gain (a development table with three had its log-loss made 2.7 times).
  static func fitted(_ logits: Tensor, _ labels: [Int32]) -> Float? {
    let wrong = zip(logits.argmax(axis: 1).values, labels).count { $0 != $1 }
    guard labels.count >= 100, wrong >= 30 else { return nil }
    let width = logits.shape[1]
    let values = logits.scalars
    let order = shuffledIndices(labels.count, seed: 0)
    let halves = [Array(order[..<(order.count / 2)]), Array(order[(order.count / 2)...])]
    func cost(_ rows: [Int], _ temperature: Double) -> Double {
      var sum = 0.0
      for row in rows {
        var top = -Double.infinity
        for place in row * width..<(row + 1) * width { top = max(top, Double(values[place])) }
        var total = 0.0
        for place in row * width..<(row + 1) * width { total += exp((Double(values[place]) - top) / temperature) }
        sum += log(total) - (Double(values[row * width + Int(labels[row])]) - top) / temperature
      }
      return sum
    }
    func best(_ rows: [Int]) -> Double {
      // Golden section over the logarithm; some thousand rows tell it well enough.
      let rows = rows.count <= 10_000 ? rows : Array(rows.prefix(10_000))
      let ratio = (5.0.squareRoot() - 1) / 2
      var (low, high) = (log(0.25), log(8.0))
      var (a, b) = (high - ratio * (high - low), low + ratio * (high - low))
      var (costA, costB) = (cost(rows, exp(a)), cost(rows, exp(b)))
      for _ in 0..<16 {
        if costA < costB {
          (high, b, costB) = (b, a, costA)
          a = high - ratio * (high - low)
          costA = cost(rows, exp(a))
        } else {
          (low, a, costA) = (a, b, costB)
          b = low + ratio * (high - low)
          costB = cost(rows, exp(b))
        }
      }
      return exp((low + high) / 2)
    }
    let plain = cost(order, 1)
    let crossed = cost(halves[1], best(halves[0])) + cost(halves[0], best(halves[1]))
    guard crossed.isFinite, crossed < 0.995 * plain else { return nil }
    return Float(best(order))
  }
}
