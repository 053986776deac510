import Foundation
import Myelin

/// Crowd workers who were banned or not, by their own record and by who did the same tasks.
///
/// Settings chosen on seeds 100 to 102 with half of the workers for training: ROC AUC 0.790 with the mean of neighbours alone,
/// 0.800 with ranks of the numbers beside them, 0.814 with the normalised sum of neighbours too.
package struct Social: Recipe {
  package let name = "social"
  package let summary = "which crowd workers were banned, by their record and who did the same tasks"
  package let network: String? = "two residual GraphSAGE layers of 64"
  package let takesDropout = true
  package let settings = Social.usual
  package let optionsWithoutEffect: Set<String> = ["--balance", "--batch-size"]

  static let usual = TrainingSettings {
    $0.learningRate = 3e-3
    $0.weightDecay = 0.01
    $0.dropout = 0.3
    $0.schedule = .oneCycle
    $0.epochs = 120
    $0.batchSize = 1 << 20
  }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    var reading = CSVOptions()
    reading.kinds = ["banned": .category, "education": .category]
    // "none" is a schooling.
    reading.missing = []
    let nodes = try Table(csv: ShippedData.file("tolokers-nodes.csv.gz"), options: reading)
    let table = try NodeTable(nodes: nodes, edges: ShippedData.file("tolokers-edges.csv.gz"), target: "banned")
    return try NodeTask(
      table, target: "banned", .init(), options,
      origin: [("data", "\(name): \(summary)"), ("source", "Toloka, 2023; O. Platonov and others, 2023")])
  }
}
