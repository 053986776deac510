import Foundation
import Myelin

extension Metric {
  /// The mean absolute error of repeating the season before.
  static let naiveError = Metric("naive_mae", title: "MAE of the seasonal naive forecast", direction: .lowerIsBetter)
  /// How much lower the mean absolute error is than that.
  static let gainOverNaive = Metric(
    "gain_over_naive", title: "lower than the naive one by", format: .percent, direction: .higherIsBetter)
  /// How often the truth lies in an interval of a level.
  static func coverage(_ level: Double) -> Metric {
    let text = PlotNumber.short(100 * level)
    return Metric(
      "coverage_\(text)", title: "truth in the \(text)% interval", format: .percent, direction: .higherIsBetter)
  }
}

/// What forecasts of windows are worth.
struct ForecastJudgement {
  let test: TrainingReport.Test

  /// - Parameters:
  ///   - errors: by window and step, in the series' own unit; nil where the truth is not known.
  ///   - radii: half of each interval, by window, step and level.
  init(_ windows: ForecastWindows, errors: [[Double?]], radii: [[[Double]]]) {
    let horizon = windows.geometry.horizon
    var sums = [Double](repeating: 0, count: horizon), naive = sums, counts = sums
    var covered = ForecastIntervals.levels.map { _ in 0.0 }
    var scaled = 0.0
    for (index, origin) in windows.origins.enumerated() {
      let series = windows.series[origin.series], scale = Double(windows.geometry.scales[origin.series])
      for step in 0..<horizon {
        guard let error = errors[index][step] else { continue }
        let before = series.values[windows.geometry.anchor(origin.place, step)]
        sums[step] += abs(error)
        scaled += abs(error) / scale
        naive[step] += Double(abs(series.values[origin.place + step] - before))
        counts[step] += 1
        for level in covered.indices where abs(error) <= radii[index][step][level] { covered[level] += 1 }
      }
    }
    let count = max(counts.reduce(0, +), 1)
    let (error, ofNaive) = (sums.reduce(0, +) / count, naive.reduce(0, +) / count)
    var scores = Scores(loss: scaled / count)
    scores.metrics = [
      .init(.meanAbsoluteError, error), .init(.naiveError, ofNaive),
      .init(.gainOverNaive, 1 - error / max(ofNaive, 1e-30)),
    ]
    scores.metrics += ForecastIntervals.levels.indices.map {
      .init(.coverage(ForecastIntervals.levels[$0]), covered[$0] / count)
    }
    let shown = Set((0..<min(horizon, 12)).map { $0 * max(horizon - 1, 1) / max(min(horizon, 12) - 1, 1) }).sorted()
    let table = TrainingReport.Test.ScoreTable(
      ["steps ahead", "forecasts", "MAE", "MAE of the naive one"],
      rows: shown.filter { $0 < horizon && counts[$0] > 0 }.map { step in
        [
          "\(step + 1)", "\(Int(counts[step]))", PlotNumber.short(sums[step] / counts[step], digits: 4),
          PlotNumber.short(naive[step] / counts[step], digits: 4),
        ]
      })
    var test = TrainingReport.Test(scores: scores, kind: .measured(headline: .meanAbsoluteError, tables: [table]))
    test.plots = Array(Set(windows.origins.map(\.series)).sorted().prefix(6)).map {
      ForecastJudgement.plot(windows, series: $0, errors: errors, radii: radii)
    }
    self.test = test
  }

  /// The truth, and forecasts from origins a horizon apart with their 95% intervals.
  private static func plot(_ windows: ForecastWindows, series index: Int, errors: [[Double?]], radii: [[[Double]]])
    -> Plot
  {
    let series = windows.series[index], horizon = windows.geometry.horizon
    let own = windows.origins.indices.filter { windows.origins[$0].series == index }
    // At most some hundred steps, the last ones.
    let span = max(4 * horizon, 200)
    let end = own.last.map { windows.origins[$0].place + horizon } ?? 0
    let start = max(own.first.map { windows.origins[$0].place } ?? 0, end - span)
    var forecast: [Plot.Point] = [], lower: [Plot.Point] = [], upper: [Plot.Point] = []
    var next = start
    for window in own where windows.origins[window].place >= next {
      let origin = windows.origins[window].place
      next = origin + horizon
      for step in 0..<horizon {
        let place = origin + step, truth = Double(series.values[place])
        let value = errors[window][step].map { truth - $0 } ?? .nan
        let radius = radii[window][step].last ?? 0
        forecast.append(Plot.Point(Double(place), value))
        lower.append(Plot.Point(Double(place), value - radius))
        upper.append(Plot.Point(Double(place), value + radius))
      }
    }
    let title = series.name.isEmpty ? series.column : "\(series.column) of \(series.name)"
    var plot = Plot(
      "Backtest of \(title)",
      summary:
        "The truth and forecasts from origins \(horizon) steps apart, with 95% intervals, \(series.axis.text(start)) to \(series.axis.text(end - 1))",
      x: Plot.Axis("step; \(start) is \(series.axis.text(start))"), y: Plot.Axis(series.column))
    let truth = (start..<end).map { Plot.Point(Double($0), series.isKnown[$0] ? Double(series.values[$0]) : .nan) }
    plot.add(.line(truth, label: "truth", color: .text))
    plot.add(.line(forecast, label: "forecast", color: .series(0)))
    plot.add(.line(lower, label: "95% interval", color: .series(1), isDashed: true))
    plot.add(.line(upper, color: .series(1), isDashed: true))
    return plot
  }
}
