import Foundation
import Myelin

/// How much of a drug goes from the blood to the brain, by its molecule.
package struct Molecules: Recipe {
  package let name: String
  package let summary: String
  package let network: String? = Molecules.networkText
  package let takesDropout = true
  package let settings: TrainingSettings = Molecules.usual
  package let optionsWithoutEffect: Set<String> = ["--balance", "--label-smoothing"]
  private let byScaffold: Bool

  static let networkText = "three layers of message passing of 64, and what is counted of the whole molecule"
  static let usual = TrainingSettings {
    $0.hiddenSizes = [64, 64, 64]
    $0.learningRate = 2e-3
    $0.weightDecay = 0.05
    $0.dropout = 0.1
    $0.schedule = .oneCycle
    $0.epochs = 100
    $0.batchSize = 64
  }

  package static let random = Molecules(
    "molecules", "how much of a drug goes from the blood to the brain, by its molecule", byScaffold: false)
  package static let scaffolds = Molecules(
    "molecules-scaffold", "the same, tested on molecules whose rings are not among those of the training",
    byScaffold: true)

  private init(_ name: String, _ summary: String, byScaffold: Bool) {
    (self.name, self.summary, self.byScaffold) = (name, summary, byScaffold)
  }

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    var reading = CSVOptions()
    reading.kinds = ["smiles": .category, "logBB": .number]
    return try MoleculeTask(
      Table(csv: ShippedData.file("b3db-logbb.csv"), options: reading), smiles: "smiles", target: "logBB",
      byScaffold: byScaffold, options,
      origin: [
        ("data", "\(name): \(summary)"), ("source", "B3DB; F. Meng, Y. Xi, J. Huang, P. Ayers, 2021"),
      ])
  }
}
