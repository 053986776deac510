import Foundation
import Myelin

/// A trained network of molecules.
package struct MoleculeModel: RunModel {
  package static let kind = "molecules"

  package let moleculeNetwork: MoleculeNetwork
  package let encoding: MoleculeEncoding
  package let options: RunOptions
  /// Fingerprint of the data that it was trained from.
  package let dataHash: String

  init(_ network: MoleculeNetwork, encoding: MoleculeEncoding, options: RunOptions, dataHash: String) {
    moleculeNetwork = network
    self.encoding = encoding
    self.options = options
    self.dataHash = dataHash
  }

  package init(_ file: ModelFile) throws {
    let encoding = try file.decode(MoleculeEncoding.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let configuration = try file.decode(MoleculeNetwork.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.atoms == MoleculeFeatures.atomCount && $0.bonds == MoleculeFeatures.bondCount
        && $0.whole == encoding.means.count && $0.outputs == encoding.target.outputCount
    }
    let network = try file.network(of: configuration.size) { MoleculeNetwork(configuration) }
    self.init(network, encoding: encoding, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { moleculeNetwork }

  package var summary: ModelSummary {
    // Methane.
    let features = MoleculeFeatures(
      Molecule(atoms: [.init(element: 6, charge: 0, isAromatic: false, hydrogens: 4)], bonds: []))
    return moleculeNetwork.summary(
      input: MoleculeInput(
        atoms: GraphInput(nodes: features.atoms, graph: features.graph, edges: features.bonds),
        whole: encoding.whole([features])))
  }

  package var description: ModelDescription {
    ModelDescription(
      task: encoding.target.task.rawValue, target: encoding.target.column, classNames: encoding.target.classNames,
      inputCount: 1, inputColumns: [encoding.smiles])
  }

  package var metadata: [String: String] {
    get throws {
      try ModelFile.metadata(
        network: moleculeNetwork.configuration, preprocessing: encoding, options: options, dataHash: dataHash)
    }
  }

  static func objective(_ task: LearningTask) -> Objective<Tensor, MoleculeBatch> {
    let base: Objective<Tensor, TensorBatch> = task == .classification ? .classification() : .regression()
    return Objective(of: base) { ($0.labels, $0.targets) }
  }

  private func table(_ path: String, _ options: InputOptions, withTarget: Bool) throws -> Table {
    var reading = options.table.applied(to: CSVOptions())
    reading.kinds[encoding.smiles] = .category
    if withTarget {
      reading.kinds[encoding.target.column] = encoding.target.task == .regression ? .number : .category
      reading.missing.subtract(encoding.target.classNames)
    }
    return try Table(csv: DataPath.input(path), options: reading)
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> MoleculeSamples {
    let table = try table(path, options, withTarget: true).droppingMissing(in: encoding.target.column)
    let features = try MoleculeEncoding.molecules(table, encoding.smiles).map(MoleculeFeatures.init)
    let isClassification = encoding.target.task == .classification
    return MoleculeSamples(
      molecules: features, whole: encoding.whole(features),
      labels: isClassification ? try encoding.target.labels(of: table) : [],
      targets: isClassification ? [] : try encoding.target.targets(of: table))
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: MoleculeSamples, hasChanged: Bool) {
    let data = try taskAgain(MoleculeTask.self, near: folder) { $0.moleculeEncoding == encoding }
    return (data.test, data.hash != dataHash)
  }

  package func test(on samples: MoleculeSamples) -> TrainingReport.Test {
    let evaluation = evaluate(
      moleculeNetwork, MoleculeModel.objective(encoding.target.task), on: samples, batchSize: 256)
    let outputs = predict(moleculeNetwork, samples)
    let target = encoding.target
    guard samples.labels.isEmpty else {
      return .init(
        scores: evaluation.scores, kind: .classes(target.classNames, outputs, Indices(samples.labels)))
    }
    let (truth, predicted) = (samples.targets.map(target.number(ofTarget:)), target.values(of: outputs))
    var errors = RegressionErrors()
    errors.add(
      Tensor(predicted.map(Float.init), shape: [truth.count, 1]),
      Tensor(truth.map(Float.init), shape: [truth.count, 1]))
    var scores = evaluation.scores
    scores.metrics = errors.measurements.compactMap { metric, value in value.map { .init(metric, $0) } }
    return .init(
      scores: scores, kind: .regression(truth: truth, predicted: predicted, target: target.column))
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    let path = try onePath(paths, options, expected: "one file of molecules")
    let table = try table(path, options, withTarget: false)
    let features = try MoleculeEncoding.molecules(table, encoding.smiles).map(MoleculeFeatures.init)
    let outputs = predict(
      moleculeNetwork, MoleculeSamples(molecules: features, whole: encoding.whole(features), labels: [], targets: []))
    let target = encoding.target
    return target.task == .regression
      ? Answers(values: target.values(of: outputs), targetName: target.column)
      : Answers(logits: outputs, classNames: target.classNames, targetName: target.column)
  }
}
