import Foundation
import Myelin

/// Forecasts of changes and of their size beside what is known without a network: that tomorrow's rate is today's, GARCH(1,1),
/// and a variance that never changes.
struct VolatilityJudgement {
  let test: TrainingReport.Test

  init(_ samples: VolatilitySamples, forecasts: [(mean: Double, variance: Double)], baselines: [GARCH], loss: Double) {
    let returns = samples.returns
    let currencies = returns.currencies.count, days = samples.days
    // Of each currency: what each forecast loses in the mean.
    var rows: [[String]] = []
    // Of each day, over all currencies: what is gained in the size of the change, and in the change.
    var gains = [[Double]](repeating: [], count: 2)
    var sums = [Double](repeating: 0, count: 3)
    var (squares, squaresOfMean, right, moved) = (0.0, 0.0, 0, 0)
    var known: [[Double]] = []
    for currency in 0..<currencies {
      let garch = baselines[currency].variances(of: returns.series(currency))
      var own = [Double](repeating: 0, count: 3)
      var differences = [[Double]](repeating: [], count: 2)
      for day in days {
        let change = returns.value(day, currency), square = change * change
        let (mean, variance) = forecasts[(day - days.lowerBound) * currencies + currency]
        let losses = [variance, garch[day], baselines[currency].variance].map { log($0) + square / $0 }
        for index in own.indices { own[index] += losses[index] / Double(days.count) }
        differences[0].append(losses[1] - losses[0])
        differences[1].append((square - (change - mean) * (change - mean)) / baselines[currency].variance)
        squares += square
        squaresOfMean += (change - mean) * (change - mean)
        if change != 0 {
          moved += 1
          if (change > 0) == (mean > 0) { right += 1 }
        }
      }
      rows.append([returns.currencies[currency]] + own.map { PlotNumber.fixed($0, decimals: 4) })
      for index in sums.indices { sums[index] += own[index] / Double(currencies) }
      for index in gains.indices {
        gains[index] =
          gains[index].isEmpty ? differences[index] : zip(gains[index], differences[index]).map { $0 + $1 }
      }
      known.append(garch)
    }
    rows.append(["all"] + sums.map { PlotNumber.fixed($0, decimals: 4) })
    let (volatility, change) = (VolatilityJudgement.strength(gains[0]), VolatilityJudgement.strength(gains[1]))
    let share = moved == 0 ? 0.5 : Double(right) / Double(moved)
    let count = Double(max(days.count * currencies, 1))
    func verdict(_ t: Double, _ gained: String, _ other: String) -> String {
      let text = PlotNumber.fixed(t, decimals: 1)
      return t > 2
        ? "\(gained) (\(text) standard errors)"
        : t < -2 ? "worse than \(other) (\(text) standard errors)" : "nothing is gained (\(text) standard errors)"
    }
    typealias ScoreTable = TrainingReport.Test.ScoreTable
    let verdicts = ScoreTable(
      ["what is forecast", "beside", "verdict"],
      rows: [
        ["size of the change", "GARCH(1,1)", verdict(volatility, "better than GARCH(1,1)", "GARCH(1,1)")],
        ["the change itself", "no change (random walk)", verdict(change, "better than no change", "no change")],
      ])
    let ofChanges = ScoreTable(
      ["tomorrow's change", "RMSE", "direction right"],
      rows: [
        ["no change (random walk)", PlotNumber.fixed((squares / count).squareRoot(), decimals: 4) + "%", "–"],
        [
          "network", PlotNumber.fixed((squaresOfMean / count).squareRoot(), decimals: 4) + "%",
          Metric.accuracy.text(share),
        ],
      ])
    var test = TrainingReport.Test(
      scores: Scores(
        loss: loss,
        metrics: [
          .init(.qlike, sums[0]), .init(VolatilityJudgement.ofGARCH, sums[1]),
          .init(VolatilityJudgement.direction, share),
        ]),
      kind: .measured(
        headline: .qlike,
        tables: [verdicts, ScoreTable(["QLIKE", "network", "GARCH(1,1)", "constant variance"], rows: rows), ofChanges]))
    test.plots = (0..<min(currencies, 3)).map {
      VolatilityJudgement.plot(samples, currency: $0, forecasts: forecasts, garch: known[$0])
    }
    self.test = test
  }

  private static let ofGARCH = Metric("garch_qlike", title: "QLIKE of GARCH(1,1)", direction: .lowerIsBetter)
  private static let direction = Metric(
    "direction", title: "direction right", format: .percent, direction: .higherIsBetter)

  /// How many standard errors a mean is above 0 (F. Diebold, R. Mariano, 1995; the errors of W. Newey and K. West, 1987,
  /// over five days).
  static func strength(_ differences: [Double]) -> Double {
    let count = Double(differences.count)
    guard count > 10 else { return 0 }
    let mean = differences.reduce(0, +) / count
    let centered = differences.map { $0 - mean }
    var variance = centered.reduce(0) { $0 + $1 * $1 } / count
    for lag in 1...5 {
      let covariance = (lag..<centered.count).reduce(0.0) { $0 + centered[$1] * centered[$1 - lag] } / count
      variance += 2 * (1 - Double(lag) / 6) * covariance
    }
    return variance > 0 ? mean / (variance / count).squareRoot() : 0
  }

  /// The size of changes and what was told of it, over the last year.
  private static func plot(
    _ samples: VolatilitySamples, currency: Int, forecasts: [(mean: Double, variance: Double)], garch: [Double]
  ) -> Plot {
    let returns = samples.returns, name = returns.currencies[currency]
    let shown = max(samples.days.lowerBound, samples.days.upperBound - 250)..<samples.days.upperBound
    var plot = Plot(
      "\(name) for one euro: sizes of changes",
      summary: "Changes of the last \(shown.count) days of the test, and the deviations that were told the day before",
      x: Plot.Axis("day"), y: Plot.Axis("per cent"))
    func points(_ value: (Int) -> Double) -> [Plot.Point] {
      shown.map { Plot.Point(Double($0 - samples.days.lowerBound), value($0)) }
    }
    plot.add(.scatter(points { abs(returns.value($0, currency)) }, label: "|change|", color: .text))
    plot.add(
      .line(
        points {
          forecasts[($0 - samples.days.lowerBound) * returns.currencies.count + currency].variance.squareRoot()
        }, label: "network", color: .series(0)))
    plot.add(.line(points { garch[$0].squareRoot() }, label: "GARCH(1,1)", color: .series(1), isDashed: true))
    return plot
  }
}
