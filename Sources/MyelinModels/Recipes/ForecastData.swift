import Foundation
import Myelin

/// A CSV file of one's own whose columns are forecast: `myelin train FILE --forecast COLUMN --horizon N`.
package struct ForecastData: OwnData {
  package let name = "series"
  package let summary = "a CSV file of series"
  package let network: String? = "linear, dense blocks and LSTM side by side"
  package let settings = ForecastRecipe.usual
  package let sourceOptions: Set<RunSource.Option> = [.forecast]
  package let askedBy: RunSource.Option? = .forecast
  package let usualTestShare = 0.1
  package let usualValidationShare = 0.1
  package let optionsWithoutEffect: Set<String> = ["--balance", "--label-smoothing", "--threshold"]

  package init() {}

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let dataPath = options.source.path, let forecast = options.source.forecast else {
      throw DataError(options.source.name, "no file or no column to forecast", expected: "both")
    }
    let path = dataPath.located(near: folder)
    let table = try Table(csv: DataPath.input(path), options: CSVOptions())
    return try ForecastTask(table, forecast, options, facts: [("data", path)])
  }
}
