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
    let encoding = try file.decode(MoleculeEncoding.self, SavedModel.preprocessingKey)
    let options = try file.decode(RunOptions.self, SavedModel.optionsKey)
    let configuration = try file.decode(MoleculeNetwork.Configuration.self, SavedModel.networkKey)
    if !encoding.isConsistent { throw file.damaged(SavedModel.preprocessingKey) }
    if !options.isConsistent { throw file.damaged(SavedModel.optionsKey) }
    guard configuration.isConsistent, configuration.atoms == MoleculeFeatures.atomCount,
      configuration.bonds == MoleculeFeatures.bondCount, configuration.whole == encoding.means.count,
      configuration.outputs == encoding.target.outputCount
    else { throw file.damaged(SavedModel.networkKey) }
    try file.check(configuration.size)
    let network = MoleculeNetwork(configuration)
    try file.load(into: network)
    self.init(network, encoding: encoding, options: options, dataHash: file.text(SavedModel.dataKey) ?? "")
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
      [
        SavedModel.networkKey: try JSONCoding.encode(moleculeNetwork.configuration),
        SavedModel.preprocessingKey: try JSONCoding.encode(encoding),
        SavedModel.optionsKey: try JSONCoding.encode(options), SavedModel.dataKey: dataHash,
      ]
    }
  }

  static func objective(_ task: LearningTask) -> Objective<Tensor, MoleculeBatch> {
    let base: Objective<Tensor, TensorBatch> = task == .classification ? .classification() : .regression()
    return Objective(base.name) { outputs, batch in
      base(
        outputs,
        TensorBatch(inputs: Tensor(zeros: [outputs.shape[0], 0]), labels: batch.labels, targets: batch.targets))
    }
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

  private func outputs(_ samples: MoleculeSamples) -> Tensor {
    withoutGradient {
      .concatenated(
        stride(from: 0, to: samples.count, by: 256).map {
          moleculeNetwork(samples.batch($0..<min($0 + 256, samples.count)).inputs)
        })
    }
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
    let outputs = outputs(samples)
    let target = encoding.target
    guard samples.labels.isEmpty else {
      var matrix = ConfusionMatrix(classCount: target.classNames.count)
      matrix.add(outputs, Indices(samples.labels))
      return .init(
        scores: evaluation.scores, kind: .classification(confusion: matrix, classes: target.classNames))
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
    guard paths.count == 1 else { throw DataError(paths[1], "a second input", expected: "one file of molecules") }
    let table = try table(paths[0], options, withTarget: false)
    let features = try MoleculeEncoding.molecules(table, encoding.smiles).map(MoleculeFeatures.init)
    let outputs = outputs(
      MoleculeSamples(molecules: features, whole: encoding.whole(features), labels: [], targets: []))
    let target = encoding.target
    return target.task == .regression
      ? Answers(values: target.values(of: outputs), targetName: target.column)
      : Answers(logits: outputs, classNames: target.classNames, targetName: target.column)
  }
}
