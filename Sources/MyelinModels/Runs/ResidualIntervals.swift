import Foundation
import Myelin

/// Intervals around predicted numbers, from how far the truths of held-out rows lie from theirs: conformal prediction
/// (V. Vovk et al., "Algorithmic learning in a random world", 2005; for folds R. Barber et al., "Predictive inference with
/// the jackknife+", 2021).
///
/// Rows are taken together by the size of the prediction, in up to ten groups of at least 200 rows, so that where errors
/// grow with the prediction, so do intervals. The members of an ensemble err more than their mean: its intervals hold the
/// truth rather too often than too rarely.
package struct ResidualIntervals: Codable, Equatable, Sendable {
  /// Predictions at which the second group begins, the third, ….
  private let edges: [Double]
  /// truth − prediction of each group at the ranks k/200, k = 0…200: below the middle rounded to the next smaller one, above
  /// to the next larger.
  private let residuals: [[Double]]

  private static let steps = 200
  private static let groupSize = 200
  private static let mostGroups = 10

  /// nil for fewer than 20 rows.
  init?(truth: [Double], predicted: [Double]) {
    let rows = truth.indices.filter { truth[$0].isFinite && predicted[$0].isFinite }
      .sorted { (predicted[$0], $0) < (predicted[$1], $1) }
    guard rows.count >= 20 else { return nil }
    let groups = max(1, min(ResidualIntervals.mostGroups, rows.count / ResidualIntervals.groupSize))
    var (edges, residuals): ([Double], [[Double]]) = ([], [])
    for group in 0..<groups {
      let part = rows[group * rows.count / groups..<(group + 1) * rows.count / groups]
      if group > 0 { edges.append(predicted[part[part.startIndex]]) }
      let sorted = part.map { truth[$0] - predicted[$0] }.sorted()
      // With n + 1 in the place of n the next truth is counted too.
      residuals.append(
        (0...ResidualIntervals.steps).map { step in
          let rank = Double(sorted.count + 1) * Double(step) / Double(ResidualIntervals.steps)
          let place = step * 2 <= ResidualIntervals.steps ? Int(rank.rounded(.down)) : Int(rank.rounded(.up))
          return sorted[min(max(place - 1, 0), sorted.count - 1)]
        })
    }
    (self.edges, self.residuals) = (edges, residuals)
  }

  /// Whether fitting can have made it; one read from a file may be anything.
  var isConsistent: Bool {
    residuals.count == edges.count + 1 && residuals.count <= ResidualIntervals.mostGroups
      && residuals.allSatisfy { $0.count == ResidualIntervals.steps + 1 && $0.allSatisfy(\.isFinite) }
      && zip(edges, edges.dropFirst()).allSatisfy { $0 <= $1 }
  }

  /// Where the truth lies in a share `level` of cases, half of the others on each side.
  package func interval(around prediction: Double, level: Double) -> ClosedRange<Double> {
    let group = edges.count { $0 <= prediction }
    let tail = (1 - level) / 2 * Double(ResidualIntervals.steps)
    let low = min(ResidualIntervals.steps / 2, max(0, Int((tail + 1e-9).rounded(.down))))
    let (a, b) = (residuals[group][low], residuals[group][ResidualIntervals.steps - low])
    return prediction + min(a, b)...prediction + max(a, b)
  }
}
