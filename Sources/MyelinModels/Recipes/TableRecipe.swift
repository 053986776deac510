import Myelin

// Settings were chosen by the mean score over the splits of seeds 100 and up (8 splits for digits and ames, 5 for churn, 20
// to 50 for the small tables), never those of the seeds 0 to 4 on which results are reported; Fashion-MNIST by the last
// 10000 training images. What each reaches is in RecipeRecord.

/// A shipped table, and how an MLP learns it.
package struct TableRecipe: Recipe {
  package let table: ShippedTable
  package let settings: TrainingSettings
  package let preset: Preset?

  /// - Parameter preset: what the settings follow from where it is not nil.
  init(_ table: ShippedTable, settings: TrainingSettings = TrainingSettings(), preset: Preset? = nil) {
    self.table = table
    self.settings = settings
    self.preset = preset
  }

  package var name: String { table.name }
  package var summary: String { table.summary }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    try TensorTask(
      table.table(), target: table.target, task: table.task, recipe: table.recipe,
      isLogarithmic: table.isTargetLogarithmic, options,
      origin: [("data", "\(name): \(summary)"), ("source", table.citation)])
  }
}

extension ShippedTable {
  /// All shipped tables.
  package static let all = Recipes.all.compactMap { ($0 as? TableRecipe)?.table }

  /// The shipped table of that name, if there is one.
  package static func named(_ name: String) -> ShippedTable? { all.first { $0.name == name } }
}

extension TrainingSettings {
  /// Some hundred rows: a bounded activation and short batches.
  static func small(_ configure: (inout TrainingSettings) -> Void) -> TrainingSettings {
    TrainingSettings {
      $0.hiddenSizes = [64]
      $0.activation = .tanh
      $0.dropout = 0.3
      $0.learningRate = 2e-3
      $0.epochs = 60
      $0.batchSize = 16
      configure(&$0)
    }
  }
}
