import Myelin

/// Daily euro exchange rates: what tomorrow's change may be. How large it gets can be told better than by GARCH(1,1); which
/// way it goes cannot.
package struct Trading: Recipe {
  package let name = "trading"
  package let summary = "tomorrow's change of sixteen euro exchange rates, and how large it gets"
  package let settings = TrainingSettings {
    $0.hiddenSizes = [32, 32]
    $0.activation = .silu
    $0.dropout = 0
    $0.learningRate = 2e-3
    $0.weightDecay = 0.1
    $0.epochs = 15
    $0.batchSize = 512
  }
  /// One change of 15% weighs as much as a year of others.
  package let usualClipping: Float? = 1
  package let optionsWithoutEffect: Set<String> = ["--balance", "--label-smoothing", "--threshold"]

  package init() {}

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let file = "ecb-fx.csv.gz"
    let table = try Table(csv: ShippedData.file(file))
    // The Danish krone is tied to the euro: on many days it does not change.
    let currencies = table.columnNames.filter { $0 != "date" && $0 != "DKK" }
    return try VolatilityTask(
      RateReturns(table, currencies: currencies), options, source: file,
      origin: [("data", "\(name): \(summary)"), ("source", "ECB statistics, euro foreign exchange reference rates")])
  }
}
