import Foundation
import Myelin

/// Networks that forecast series, with what is needed to go on from where the series end.
package struct ForecastModel {
  let forecaster: ForecastNetwork
  let encoding: ForecastEncoding
  package let options: RunOptions
  let dataHash: String
  /// Which network answers, and how far the truth may be away.
  var rule: ForecastRule

  private static let ruleKey = "myelin.forecast"

  static func objective() -> Objective<Tensor, ForecastBatch> {
    Objective("absolute error of the three networks") { outputs, batch in
      let known = Double(batch.known.scalars.reduce(0, +))
      let errors = (outputs - batch.targets).absolute() * batch.known
      return BatchLoss(loss: errors.sum() / Float(3 * max(known, 1)), weight: max(known, 1e-9))
    }
  }

  /// What is added to the season before, by window and step, in units of the series' scale.
  func changes(_ windows: ForecastWindows) -> [[Float]] { rule.answer.chosen(outputs(windows)) }

  /// The same of each network: [3][window][step].
  func outputs(_ windows: ForecastWindows) -> [[[Float]]] {
    let horizon = encoding.geometry.horizon
    var result = [[[Float]]](repeating: [], count: 3)
    withoutGradient {
      for start in stride(from: 0, to: windows.count, by: 512) {
        let output = forecaster(windows.batch(start..<min(start + 512, windows.count)).inputs)
        let scalars = output.scalars, rows = output.shape[1]
        for part in 0..<3 {
          for row in 0..<rows {
            let at = (part * rows + row) * horizon
            result[part].append(Array(scalars[at..<at + horizon]))
          }
        }
      }
    }
    return result
  }

  /// Signed errors by window and step, in the series' own unit; nil where the truth is not known.
  func errors(_ changes: [[Float]], _ windows: ForecastWindows) -> [[Double?]] {
    zip(changes, windows.origins).map { changes, origin in
      let series = windows.series[origin.series], scale = windows.geometry.scales[origin.series]
      return changes.indices.map { step in
        let place = origin.place + step
        guard series.isKnown[place] else { return nil }
        let before = series.values[windows.geometry.anchor(origin.place, step)]
        return Double(series.values[place] - (before + scale * changes[step]))
      }
    }
  }

  /// The steps after the end of a series.
  func forecast(_ series: ForecastSeries, scale: Float, steps: Int) -> [Float] {
    let geometry = encoding.geometry
    var values = series.values
    while values.count < series.values.count + steps {
      let origin = values.count
      let one = ForecastSeries(
        name: series.name, column: series.column, axis: series.axis,
        values: values + [Float](repeating: 0, count: geometry.horizon),
        isKnown: [Bool](repeating: false, count: origin + geometry.horizon))
      var own = geometry
      own.scales = [scale]
      let windows = ForecastWindows(series: [one], geometry: own, origins: [(0, origin)])
      let changes = changes(windows)[0]
      for step in 0..<geometry.horizon {
        let anchor = geometry.anchor(origin, step)
        values.append(values[anchor] + scale * changes[step])
      }
    }
    return Array(values[series.values.count..<series.values.count + steps])
  }
}

/// How a model's series are understood.
package struct ForecastEncoding: Codable, Hashable, Sendable {
  var geometry: ForecastGeometry
  /// The end of each series, from which forecasts go on.
  var ends: [ForecastSeries]
  var timeColumn: String?

  var isConsistent: Bool {
    geometry.isConsistent && geometry.scales.count == ends.count
      && ends.allSatisfy {
        $0.axis.isConsistent && $0.values.count >= geometry.reach && $0.values.count == $0.isKnown.count
          && $0.values.allSatisfy(\.isFinite)
      }
  }
}

/// How a model's networks become answers.
package struct ForecastRule: Codable, Hashable, Sendable {
  package enum Answer: String, Codable, Sendable {
    case linear, blocks, lstm, median

    /// [3][window][step] to [window][step].
    func chosen(_ outputs: [[[Float]]]) -> [[Float]] {
      switch self {
      case .linear: return outputs[0]
      case .blocks: return outputs[1]
      case .lstm: return outputs[2]
      case .median:
        return outputs[0].indices.map { window in
          outputs[0][window].indices.map { step in
            let (a, b, c) = (outputs[0][window][step], outputs[1][window][step], outputs[2][window][step])
            return max(min(a, b), min(max(a, b), c))
          }
        }
      }
    }

    var text: String {
      switch self {
      case .linear: "the linear one"
      case .blocks: "the blocks"
      case .lstm: "the LSTM"
      case .median: "the middle of the three"
      }
    }
  }

  var answer = Answer.median
  /// Of each series, after the last errors that are known.
  var intervals: [ForecastIntervals] = []
}

extension ForecastModel: RunModel {
  package static let kind = "forecast"

  package init(_ file: ModelFile) throws {
    let encoding = try file.decode(ForecastEncoding.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let geometry = encoding.geometry
    let configuration = try file.decode(ForecastNetwork.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.window == geometry.window && $0.horizon == geometry.horizon
        && $0.calendarCount == geometry.calendarCount
    }
    let rule = try file.decode(ForecastRule.self, ForecastModel.ruleKey) {
      $0.intervals.allSatisfy { $0.isConsistent && $0.stepErrors.count == geometry.horizon }
        && $0.intervals.count == encoding.ends.count
    }
    let forecaster = try file.network(of: configuration.size) { ForecastNetwork(configuration) }
    self.init(
      forecaster: forecaster, encoding: encoding, options: options, dataHash: file.dataHash, rule: rule)
  }

  package var network: any Module { forecaster }

  package var summary: ModelSummary {
    let configuration = forecaster.configuration
    return forecaster.summary(
      input: ForecastInput(
        recent: Tensor(zeros: [1, configuration.window, 2]),
        calendar: Tensor(zeros: [1, configuration.calendarCount])))
  }

  private var columns: [String] {
    encoding.ends.reduce(into: []) { if !$0.contains($1.column) { $0.append($1.column) } }
  }

  package var description: ModelDescription {
    ModelDescription(
      task: "forecast", target: columns.joined(separator: ", "), classNames: [], inputCount: encoding.geometry.window)
  }

  package var metadata: [String: String] {
    get throws {
      var metadata = try ModelFile.metadata(
        network: forecaster.configuration, preprocessing: encoding, options: options, dataHash: dataHash)
      metadata[ForecastModel.ruleKey] = try JSONCoding.encode(rule)
      return metadata
    }
  }

  /// The series of a file, in the model's order, with the scales that training found.
  private func series(of path: String, _ options: InputOptions) throws -> ([ForecastSeries], [Float]) {
    guard var forecast = self.options.source.forecast else {
      throw DataError(path, "a model of shipped series goes on from their ends", expected: "no --input")
    }
    forecast.season = encoding.geometry.season
    let table = try Table(csv: DataPath.input(path), options: options.table.applied(to: CSVOptions()))
    let found = try ForecastTable(table, forecast).series
    let chosen = found.compactMap { one -> (ForecastSeries, Float)? in
      encoding.ends.firstIndex { $0.name == one.name && $0.column == one.column }.map {
        (one, encoding.geometry.scales[$0])
      }
    }
    guard !chosen.isEmpty else {
      let names = encoding.ends.prefix(5).map { $0.name.isEmpty ? $0.column : $0.name }.joined(separator: ", ")
      throw DataError(path, "none of the series that the model knows", expected: names)
    }
    for (one, _) in chosen where one.values.count < encoding.geometry.reach {
      throw DataError(
        path, "steps of \(one.name.isEmpty ? one.column : one.name)", expected: "at least \(encoding.geometry.reach)",
        found: "\(one.values.count)")
    }
    return (chosen.map(\.0), chosen.map(\.1))
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> ForecastWindows {
    let (series, scales) = try series(of: path, options)
    var geometry = encoding.geometry
    geometry.scales = scales
    let windows = ForecastWindows.of(series, geometry) { 0..<$0.values.count }
    guard windows.count > 0 else {
      throw DataError(path, "steps", expected: "at least \(geometry.reach + geometry.horizon)", found: "fewer")
    }
    return windows
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: ForecastWindows, hasChanged: Bool) {
    let task = try taskAgain(ForecastTask.self, near: folder) { $0.encoded.geometry == encoding.geometry }
    return (task.test, task.hash != dataHash)
  }

  package func test(on windows: ForecastWindows) -> TrainingReport.Test {
    let errors = errors(changes(windows), windows)
    let radii = windows.origins.map { origin in
      (0..<encoding.geometry.horizon).map { step in
        ForecastIntervals.levels.indices.map {
          rule.intervals[min(origin.series, rule.intervals.count - 1)].radius(step, level: $0)
        }
      }
    }
    return ForecastJudgement(windows, errors: errors, radii: radii).test
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    guard paths.count <= 1 else {
      throw DataError(paths[1], "is a second file", expected: "one file of series, or none")
    }
    try refuseInterval(options, paths.first ?? self.options.source.name)
    let steps = options.horizon ?? encoding.geometry.horizon
    let (series, scales) =
      try paths.first.map { try self.series(of: $0, options) } ?? (encoding.ends, encoding.geometry.scales)
    if steps > encoding.geometry.horizon {
      warn(
        "the model learned \(encoding.geometry.horizon) steps ahead: further ones go on from its own forecasts, and their intervals are a guess"
      )
    }
    let hasNames = series.contains { !$0.name.isEmpty }, hasColumns = columns.count > 1
    var header = ["time"]
    if hasColumns { header.insert("column", at: 0) }
    if hasNames { header.insert(self.options.source.forecast?.series ?? "series", at: 0) }
    var leading: [[String]] = [], values: [Double] = [], trailing: [[String]] = []
    for (one, scale) in zip(series, scales) {
      let place = encoding.ends.firstIndex { $0.name == one.name && $0.column == one.column } ?? 0
      let intervals = rule.intervals[place]
      for (step, value) in forecast(one, scale: scale, steps: steps).enumerated() {
        var row = [one.axis.text(one.values.count + step)]
        if hasColumns { row.insert(one.column, at: 0) }
        if hasNames { row.insert(one.name, at: 0) }
        leading.append(row)
        values.append(Double(value))
        trailing.append(
          ForecastIntervals.levels.indices.flatMap { level -> [String] in
            let radius = intervals.radius(step, level: level)
            return ["\(Float(Double(value) - radius))", "\(Float(Double(value) + radius))"]
          })
      }
    }
    let target = hasColumns ? "value" : columns[0]
    let bounds = ForecastIntervals.levels.flatMap { level -> [String] in
      let text = PlotNumber.short(100 * level)
      return ["lower_\(text)", "upper_\(text)"]
    }
    return Answers(
      values: values, targetName: target, leading: Answers.Columns(header: header, rows: leading),
      trailing: Answers.Columns(header: bounds, rows: trailing))
  }
}
