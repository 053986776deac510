import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// What is forecast of the series in a CSV file.
struct SeriesArguments: ParsableArguments {
  @Option(
    name: .customLong("forecast"),
    help: ArgumentHelp("Forecast columns of the CSV file from their past.", valueName: "column,…"))
  var columns: String?

  @Option(name: .long, help: ArgumentHelp("With --forecast: steps ahead.", valueName: "steps"))
  var horizon: Int?

  @Option(
    name: .customLong("time-column"),
    help: ArgumentHelp(
      "With --forecast: the column of the times (default: the first column of dates; else rows count in their order).",
      valueName: "column"))
  var timeColumn: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --forecast: steps of a season, 1 for none (default: by the time step: a day of hours, a week of days, a year of weeks or months).",
      valueName: "steps"))
  var season: Int?

  @Option(
    name: .customLong("series"),
    help: ArgumentHelp("With --forecast: the column that says which series a row is of.", valueName: "column"))
  var seriesColumn: String?

  func validate() throws {
    if let horizon, !(1...100_000).contains(horizon) {
      throw ValidationError("--horizon must be 1 to 100000, not \(horizon).")
    }
    if let season, !(1...1_000_000).contains(season) {
      throw ValidationError("--season must be 1 to 1000000, not \(season).")
    }
    if columns == nil {
      let others = [
        ("horizon", horizon != nil), ("time-column", timeColumn != nil), ("season", season != nil),
        ("series", seriesColumn != nil),
      ]
      if let (name, _) = others.first(where: \.1) { throw ValidationError("--\(name) belongs to --forecast.") }
    } else if horizon == nil {
      throw ValidationError("--forecast needs --horizon: how many steps ahead?")
    }
  }

  /// What was given; nil where nothing is to be forecast.
  func options() throws -> ForecastOptions? {
    guard let columns, let horizon else { return nil }
    let names = columns.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    guard !names.isEmpty, names.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("--forecast must name columns, not \"\(columns)\".")
    }
    return ForecastOptions(
      columns: names, horizon: horizon, time: timeColumn, season: season, series: seriesColumn)
  }
}
