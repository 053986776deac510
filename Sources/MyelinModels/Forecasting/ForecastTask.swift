import Foundation
import Myelin

/// Series to forecast: windows over their beginnings to learn from, over what follows to choose by, and over their ends for
/// the test, where nothing is known of what comes after a window.
package struct ForecastTask: RunTask {
  let encoded: ForecastEncoding
  package let training: ForecastWindows
  package let validation: ForecastWindows?
  package let test: ForecastWindows
  package let facts: [TrainingReport.Fact]
  package let hash: String

  /// - Parameters:
  ///   - window: steps that the networks see; nil for what suits the horizon.
  /// - Throws: `DataError` for columns that do not fit, and for series that are too short.
  init(
    _ table: Table, _ forecast: ForecastOptions, window: Int? = nil, _ options: RunOptions,
    facts origin: [TrainingReport.Fact]
  ) throws {
    let found = try ForecastTable(table, forecast)
    let horizon = forecast.horizon, season = found.season
    // Beyond 48 steps or the horizon more is rarely told.
    let window = window ?? max(horizon, min(48, 2 * horizon), 8)
    let reach = window + season
    func ends(_ one: ForecastSeries) -> (validation: Int, test: Int) {
      let count = Double(one.values.count)
      let test = options.testShare > 0 ? max(horizon, Int((count * options.testShare).rounded())) : 0
      let validation =
        options.validationShare > 0 ? max(horizon, Int((count * options.validationShare).rounded())) : 0
      return (one.values.count - test - validation, one.values.count - test)
    }
    let usable = found.series.filter { ends($0).validation >= reach + horizon }
    guard !usable.isEmpty else {
      let longest = found.series.map(\.values.count).max() ?? 0
      throw DataError(
        table.source, "steps for a horizon of \(horizon), a season of \(season) and a window of \(window)",
        expected: "at least \(reach + 3 * horizon), more with larger shares for validation and test",
        found: "\(longest)")
    }
    let scales = usable.map { one -> Float in
      let places = season..<ends(one).validation
      let squares = places.reduce(0.0) { sum, place in
        let change = Double(one.values[place] - one.values[place - season])
        return sum + change * change
      }
      let level = places.reduce(0.0) { $0 + abs(Double(one.values[$1])) } / Double(max(places.count, 1))
      return Float(max((squares / Double(max(places.count, 1))).squareRoot(), 1e-6 * level, 1e-20))
    }
    let calendarCount = ForecastGeometry.calendar(usable[0].axis, season: season, at: 0).count
    let geometry = ForecastGeometry(
      window: window, horizon: horizon, season: season, calendarCount: calendarCount, scales: scales)
    let kept = reach + season + horizon
    encoded = ForecastEncoding(
      geometry: geometry,
      ends: usable.map { one in
        let from = max(0, one.values.count - kept)
        return ForecastSeries(
          name: one.name, column: one.column,
          axis: one.axis.step == .row
            ? TimeAxis(step: .row, start: 0) : one.axis.starting(at: one.axis.time(from)),
          values: Array(one.values[from...]), isKnown: Array(one.isKnown[from...]))
      }, timeColumn: found.timeColumn)
    training = .of(usable, geometry) { 0..<ends($0).validation }
    let watched = ForecastWindows.of(usable, geometry) { ends($0).validation..<ends($0).test }
    validation = options.validationShare > 0 ? watched : nil
    test = .of(usable, geometry) { ends($0).test..<$0.values.count }
    guard test.count > 0 else {
      throw DataError(table.source, "a test share of \(options.testShare) leaves nothing to judge forecasts by")
    }
    hash = ContentHash.text(of: [training, validation, test])
    var facts = origin + found.facts
    let names = forecast.columns.joined(separator: ", ")
    facts.append(
      ("task", "forecast of \(names), \(horizon) steps ahead from the \(window) before and the season before these"))
    if usable.count < found.series.count {
      facts.append(("left out", "\(found.series.count - usable.count) series with too few steps"))
    }
    if forecast.series != nil { facts.append(("series", "\(usable.count) of \(names)")) }
    facts.append(
      (
        "windows",
        "\(training.count + watched.count + test.count): "
          + TensorTask.partsText(training.count, validation?.count ?? 0, test.count) + ", in the order of time"
      ))
    let used = Set(forecast.columns + [found.timeColumn, forecast.series].compactMap { $0 })
    let others = table.columnNames.filter { !used.contains($0) }
    if !others.isEmpty { facts.append(("not used", others.joined(separator: ", "))) }
    self.facts = facts
  }

  package var learning: LearningTask { .regression }
  package var encoding: String { get throws { try JSONCoding.encode(encoded) } }

  private var configuration: ForecastNetwork.Configuration {
    ForecastNetwork.Configuration(
      window: encoded.geometry.window, horizon: encoded.geometry.horizon,
      calendarCount: encoded.geometry.calendarCount)
  }

  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> ForecastModel {
    ForecastModel(
      forecaster: ForecastNetwork(configuration), encoding: encoded, options: options, dataHash: hash,
      rule: ForecastRule())
  }

  package func makeTrainer(_ model: ForecastModel, _ options: RunOptions) -> Trainer<ForecastBatch> {
    Trainer(
      model.forecaster, objective: ForecastModel.objective(),
      optimizer: options.settings.makeOptimizer(model.forecaster))
  }

  /// Chooses the network by the validation windows; the intervals that are kept know the test's errors too, as those of
  /// the report do not.
  package func finished(_ model: ForecastModel, _ options: RunOptions) -> ForecastModel {
    var model = model
    if let validation {
      let outputs = model.outputs(validation)
      let candidates: [ForecastRule.Answer] = [.linear, .blocks, .lstm, .median]
      let errors = candidates.map { candidate in
        zip(model.errors(candidate.chosen(outputs), validation), validation.origins).reduce(0.0) { sum, window in
          let scale = Double(encoded.geometry.scales[window.1.series])
          return sum + window.0.reduce(0) { $0 + abs(($1 ?? 0) / scale) }
        }
      }
      model.rule.answer = candidates[errors.indices.min { errors[$0] < errors[$1] }!]
    }
    model.rule.intervals = backtest(of: model).map(\.last)
    return model
  }

  /// Of each series, with the test windows in their order.
  private func backtest(of model: ForecastModel) -> [ForecastIntervals.Backtest] {
    let calibration = validation ?? training
    let known = model.errors(model.changes(calibration), calibration)
    let ahead = model.errors(model.changes(test), test)
    return encoded.ends.indices.map { series in
      func own(_ errors: [[Double?]], _ windows: ForecastWindows) -> [[Double?]] {
        windows.origins.indices.filter { windows.origins[$0].series == series }.map { errors[$0] }
      }
      return ForecastIntervals.backtest(
        validation: own(known, calibration), test: own(ahead, test), horizon: encoded.geometry.horizon)
    }
  }

  package func test(of model: ForecastModel) -> TrainingReport.Test {
    let radii = backtest(of: model).flatMap(\.radii)
    var test = ForecastJudgement(self.test, errors: model.errors(model.changes(self.test), self.test), radii: radii)
      .test
    let outputs = model.outputs(self.test)
    let candidates: [(String, ForecastRule.Answer)] = [
      ("linear", .linear), ("blocks", .blocks), ("LSTM", .lstm), ("middle of the three", .median),
    ]
    let rows = candidates.map { name, answer -> [String] in
      func error(_ changes: [[Float]], _ windows: ForecastWindows) -> String {
        let all = model.errors(changes, windows).flatMap { $0.compactMap { $0 } }
        return all.isEmpty ? "–" : PlotNumber.short(all.reduce(0) { $0 + abs($1) } / Double(all.count), digits: 4)
      }
      let chosen = answer == model.rule.answer ? " (answers)" : ""
      let ofValidation = validation.map { error(answer.chosen(model.outputs($0)), $0) } ?? "–"
      return [name + chosen, ofValidation, error(answer.chosen(outputs), self.test)]
    }
    if case .measured(let headline, let tables) = test.kind {
      test.kind = .measured(
        headline: headline,
        tables: [TrainingReport.Test.ScoreTable(["network", "validation MAE", "test MAE"], rows: rows)] + tables)
    }
    return test
  }
}
