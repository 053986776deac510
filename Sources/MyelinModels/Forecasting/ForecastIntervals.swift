import Myelin

/// How far the truth may lie from a forecast, by errors of windows that training did not see (conformal prediction).
///
/// Errors of all steps ahead are pooled in units of their step's mean error. In a backtest, at each origin only those errors
/// count whose truth was known by then, the latest ones; and what share of them is taken follows how often the truth has
/// lain outside lately (adaptive conformal inference, Gibbs & Candès 2021), so that drift widens the intervals.
package struct ForecastIntervals: Codable, Hashable, Sendable {
  package static let levels = [0.8, 0.95]
  /// How many errors count at most, and how fast the share follows.
  private static let most = 2000
  private static let pace = 0.005

  /// Mean absolute error of each step ahead.
  var stepErrors: [Double]
  /// For each level, how many of these the truth is away at most.
  var factors: [Double]

  var isConsistent: Bool {
    factors.count == ForecastIntervals.levels.count && (stepErrors + factors).allSatisfy { $0 >= 0 && $0.isFinite }
  }

  /// Half of the interval for a step ahead; beyond the horizon it grows as the root of the steps, as that of a random walk.
  func radius(_ step: Int, level: Int) -> Double {
    let last = stepErrors.count - 1
    let growth = step > last ? (Double(step + 1) / Double(last + 1)).squareRoot() : 1
    return stepErrors[min(step, last)] * factors[level] * growth
  }

  /// What a backtest came to.
  struct Backtest {
    /// For each window and step ahead, by level.
    var radii: [[[Double]]] = []
    var covered = [0, 0]
    var count = 0
    /// As they are after the last window.
    var last: ForecastIntervals
  }

  /// - Parameters:
  ///   - validation: errors by window and step ahead; nil where the truth is not known.
  ///   - test: the same of windows that follow, in the order of time.
  static func backtest(validation: [[Double?]], test: [[Double?]], horizon: Int) -> Backtest {
    var sums = [Double](repeating: 0, count: horizon), counts = [Double](repeating: 0, count: horizon)
    var pool: [(step: Int, error: Double)] = []
    func add(_ step: Int, _ error: Double) {
      sums[step] += error
      counts[step] += 1
      pool.append((step, error))
      if pool.count > 2 * most { pool.removeFirst(most) }
    }
    for window in validation {
      for (step, error) in window.enumerated() { if let error { add(step, abs(error)) } }
    }
    var misses = levels.map { 1 - $0 }
    func current() -> ForecastIntervals {
      let all = sums.reduce(0, +) / max(counts.reduce(0, +), 1)
      let steps = (0..<horizon).map { counts[$0] > 0 ? max(sums[$0] / counts[$0], 1e-12) : max(all, 1e-12) }
      let errors = pool.suffix(most).map { $0.error / steps[$0.step] }.sorted()
      let factors = levels.indices.map { level -> Double in
        guard let largest = errors.last else { return 0 }
        let share = 1 - misses[level]
        // Beyond the largest error it grows on.
        if share >= 1 { return largest * (1 + (share - 1) * 10) }
        return errors[min(errors.count - 1, max(0, Int((Double(errors.count + 1) * share).rounded(.up)) - 1))]
      }
      return ForecastIntervals(stepErrors: steps, factors: factors)
    }
    var result = Backtest(last: current())
    let every = max(1, test.count / 400)
    for (index, window) in test.enumerated() {
      if index % every == 0 { result.last = current() }
      let intervals = result.last
      result.radii.append((0..<horizon).map { step in levels.indices.map { intervals.radius(step, level: $0) } })
      for (step, error) in window.enumerated() {
        guard let error else { continue }
        result.count += 1
        for level in levels.indices where abs(error) <= result.radii[index][step][level] { result.covered[level] += 1 }
      }
      // What is known when the next window begins: step s of the window that began s windows ago.
      for step in 0...min(index, horizon - 1) {
        guard let error = test[index - step][step] else { continue }
        for level in levels.indices {
          let isMiss = abs(error) > result.radii[index - step][step][level]
          misses[level] += pace * ((1 - levels[level]) - (isMiss ? 1 : 0))
        }
        add(step, abs(error))
      }
    }
    result.last = current()
    return result
  }
}
