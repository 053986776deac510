import Foundation
import Myelin

/// Which side each member of a karate club took, from the two whose side is known and who met whom.
///
/// Settings chosen on seeds 100 to 109: with the edges' weights at most one of the 32 others is wrong with each of them.
package struct Karate: Recipe {
  package let name = "karate"
  package let summary = "the two sides of a karate club, from two members whose side is known"
  package let network: String? = "two graph convolutions, 16 features between them"
  package let settings = TrainingSettings {
    $0.learningRate = 0.01
    $0.weightDecay = 0
    $0.dropout = 0
    $0.schedule = .constant
    $0.epochs = 100
    $0.batchSize = 1 << 20
  }
  package let hasOwnTest = true
  package let optionsWithoutEffect: Set<String> = ["--balance", "--batch-size", "--validation", "--patience"]

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    let nodes = try Table(csv: ShippedData.file("karate-labels.csv"))
    let table = try NodeTable(nodes: nodes, edges: ShippedData.file("karate.csv"), target: "club")
    var form = NodeTask.Form(kind: .convolution, hidden: 16, layers: 2, activation: .tanh, usesLabels: false)
    // The instructor and the president.
    form.division = ([0, 33], Array(1..<33))
    return try NodeTask(
      table, target: "club", form, options,
      origin: [("data", "\(name): \(summary)"), ("source", "W. W. Zachary, 1977; networkx")])
  }
}
