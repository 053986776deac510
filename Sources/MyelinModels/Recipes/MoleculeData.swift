import Foundation
import Myelin

/// A CSV file of one's own with a column of SMILES: `--smiles`.
package struct MoleculeData: OwnData {
  package let name = "smiles"
  package let summary = "a file of molecules"
  package let network: String? = Molecules.networkText
  package let takesDropout = true
  package let settings: TrainingSettings = Molecules.usual
  package let sourceOptions: Set<RunSource.Option> = [.target, .task, .smiles]
  package let askedBy: RunSource.Option? = .smiles
  package let optionsWithoutEffect: Set<String> = ["--balance", "--label-smoothing"]

  package init() {}

  package func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask {
    guard let path = options.source.path?.located(near: folder), let smiles = options.source.smiles,
      let target = options.source.target
    else {
      throw DataError(options.source.name, "no file, no molecules or no column to predict", expected: "all three")
    }
    var reading = CSVOptions()
    reading.kinds[smiles] = .category
    if options.source.task == .regression { reading.kinds[target] = .number }
    return try MoleculeTask(
      Table(csv: DataPath.input(path), options: reading), smiles: smiles, target: target, byScaffold: false, options,
      origin: [("data", path)])
  }
}
