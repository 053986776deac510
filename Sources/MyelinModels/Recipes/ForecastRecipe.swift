import Foundation
import Myelin

/// A shipped series that is forecast: a linear network, dense blocks and an LSTM, of which the best on validation windows or
/// their middle answers. The last tenth is the test.
package struct ForecastRecipe: Recipe {
  package let name: String
  package let summary: String
  private let fileName: String
  private let citation: String
  private let forecast: ForecastOptions
  /// Steps that the networks see; nil for what suits the horizon.
  private let window: Int?
  /// Of the first row, and the seconds of a step, where the file has no times.
  private let clock: (start: Double, step: Double)?
  package let settings: TrainingSettings

  package let network: String? = "linear, dense blocks and LSTM side by side"
  package let usualTestShare = 0.1
  package let usualValidationShare = 0.1
  package let optionsWithoutEffect: Set<String> = ["--balance", "--label-smoothing", "--threshold"]

  static let usual = TrainingSettings {
    $0.learningRate = 3e-3
    $0.weightDecay = 0.01
    $0.schedule = .oneCycle
    $0.epochs = 60
    $0.batchSize = 32
  }

  /// Atmospheric carbon dioxide, a year of weeks ahead.
  package static let co2 = ForecastRecipe(
    name: "forecast-co2", summary: "a year of weekly carbon dioxide over Mauna Loa", fileName: "co2.csv",
    citation: "Keeling & Whorf, 2004", forecast: ForecastOptions(columns: ["co2"], horizon: 52, season: 52),
    window: nil, clock: nil,
    settings: TrainingSettings {
      $0 = usual
      $0.epochs = 20
    })

  /// Turnover of electrical equipment, a year of months ahead.
  package static let equipment = ForecastRecipe(
    name: "forecast-elec-equip", summary: "a year of monthly turnover of electrical equipment in the euro area",
    fileName: "elec_equip.csv", citation: "Eurostat, STS.M.I7.W.TOVT.NS0016.4.000",
    forecast: ForecastOptions(columns: ["turnover_index"], horizon: 12), window: nil, clock: nil,
    settings: TrainingSettings {
      $0 = usual
      $0.epochs = 150
    })

  /// Demand for electricity, six hours of half hours ahead.
  package static let taylor = ForecastRecipe(
    name: "forecast-taylor", summary: "six hours of half-hourly demand for electricity in England and Wales",
    fileName: "taylor.csv.gz", citation: "Taylor, 2003",
    forecast: ForecastOptions(columns: ["demand_mw"], horizon: 12, season: 336), window: 48,
    // Monday 5 June 2000, 00:00.
    clock: (start: 960_163_200, step: 1800),
    settings: TrainingSettings {
      $0 = usual
      $0.epochs = 20
    })

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    var table = try Table(csv: ShippedData.file(fileName))
    if let clock {
      let times = (0..<table.rowCount).map { clock.start + Double($0) * clock.step }
      let columns = table.columns.filter { forecast.columns.contains($0.name) }
      table = Table(
        source: table.source, columns: [Table.Column(name: "time", values: .dates(times))] + columns)
    }
    return try ForecastTask(
      table, forecast, window: window, options, facts: [("data", "\(name): \(summary)"), ("source", citation)])
  }
}
