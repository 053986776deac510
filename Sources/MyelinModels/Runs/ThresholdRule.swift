import Foundation
import Myelin

/// How the probability is chosen from which the second of two classes is told.
package enum ThresholdRule: Codable, Equatable, Sendable {
  /// Where 2 precision recall / (precision + recall) is largest.
  case f1
  /// Where mistakes cost least: that of telling the class where it is not, and of not telling it.
  case cost(falsePositive: Double, falseNegative: Double)
  /// Where most of the class is found, with at least this share right of what is told.
  case recall(precision: Double)

  /// `f1`, `cost:1,10` or `recall@0.9`; nil for anything else.
  package init?(_ text: String) {
    let text = text.lowercased()
    if text == "f1" {
      self = .f1
    } else if text.hasPrefix("cost:") {
      let costs = text.dropFirst(5).split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
      guard costs.count == 2, let first = costs[0], let second = costs[1], first >= 0, second >= 0, first + second > 0,
        first.isFinite, second.isFinite
      else { return nil }
      self = .cost(falsePositive: first, falseNegative: second)
    } else if text.hasPrefix("recall@"), let precision = Double(text.dropFirst(7)), precision > 0, precision <= 1 {
      self = .recall(precision: precision)
    } else {
      return nil
    }
  }

  /// As the command line takes it.
  package var text: String {
    switch self {
    case .f1: "f1"
    case .cost(let positive, let negative): "cost:\(PlotNumber.short(positive)),\(PlotNumber.short(negative))"
    case .recall(let precision): "recall@\(PlotNumber.short(precision))"
    }
  }

  /// The threshold for rows with a probability and whether they are of the class; nil where none is.
  func threshold(_ rows: [(probability: Float, isPositive: Bool)]) -> AnswerRule.Threshold? {
    let positives = rows.count(where: \.isPositive)
    guard positives > 0 else { return nil }
    let sorted = rows.sorted { $0.probability > $1.probability }
    var (right, told) = (0, 0)
    /// Larger is better; of equals the higher threshold. Telling nothing is the first choice, where costs are.
    var best: (value: Double, place: Int, right: Int)?
    if case .cost(_, let negative) = self { best = (-negative * Double(positives), 0, 0) }
    for (place, row) in sorted.enumerated() {
      told += 1
      if row.isPositive { right += 1 }
      if place + 1 < sorted.count, sorted[place + 1].probability == row.probability { continue }
      let precision = Double(right) / Double(told)
      let value: Double
      switch self {
      case .f1: value = 2 * Double(right) / Double(told + positives)
      case .cost(let positive, let negative):
        value = -(positive * Double(told - right) + negative * Double(positives - right))
      case .recall(let wanted):
        // Where no threshold is as precise as that, the most precise one.
        value = precision >= wanted ? 1 + Double(right) / Double(positives) : precision
      }
      if best == nil || value > best!.value { best = (value, told, right) }
    }
    guard let best else { return nil }
    // In the middle between the last row that is told and the next one.
    let above = best.place == 0 ? 1 : sorted[best.place - 1].probability
    let below = best.place == sorted.count ? 0 : sorted[best.place].probability
    return AnswerRule.Threshold(
      probability: (above + below) / 2, rule: self,
      precision: best.place == 0 ? 1 : Double(best.right) / Double(best.place),
      recall: Double(best.right) / Double(positives))
  }
}
