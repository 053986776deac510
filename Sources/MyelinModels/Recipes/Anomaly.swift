import Foundation
import Myelin

/// Attacks among network connections, by an autoencoder that is never told which they are.
package struct Anomaly: Recipe {
  package let name = "anomaly"
  package let summary = "attacks among network connections that nobody has marked, by an autoencoder"
  package let settings = TrainingSettings {
    $0.hiddenSizes = [128, 128]
    $0.activation = .gelu
    $0.dropout = 0
    $0.learningRate = 2e-3
    $0.weightDecay = 0
    $0.schedule = .cosine
    $0.epochs = 10
    $0.batchSize = 256
  }
  package let optionsWithoutEffect: Set<String> = ["--balance", "--label-smoothing"]

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    var recipe = FeatureRecipe()
    // Bytes and counts of events have long tails.
    recipe.logarithmAboveSkewness = 2
    recipe.ranksLevels = false
    recipe.clipsDeviationsAt = 5
    return try AnomalyTask(
      ShippedTable.connections.table(), .init(column: "attack", usual: "no"), recipe: recipe, options,
      origin: [("data", "\(name): \(summary)"), ("source", ShippedTable.connections.citation)])
  }
}

extension ShippedTable {
  /// Connections, with the kind of attack.
  static let connections = ShippedTable(
    name: "intrusion", summary: "attacks among network connections", fileName: "kdd99.csv.gz", target: "attack",
    citation: "KDD Cup 1999, DARPA; UCI Machine Learning Repository", size: (19852, 42),
    csvOptions: {
      var options = CSVOptions()
      options.kinds = ["attack": .category]
      return options
    }(), asked: .anythingBut("normal")
  ) {
    $0.logarithmAboveSkewness = 2
    $0.clipsDeviationsAt = 5
  }
}
