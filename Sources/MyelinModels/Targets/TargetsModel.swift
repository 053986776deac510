import Foundation
import Myelin

/// How a model of several targets is used, beside its weights.
package struct TargetsUse: Codable, Equatable, Sendable {
  /// What turns a row into inputs.
  package var features: FeatureEncoder
  /// What is predicted.
  package var targets: TargetColumns

  var isConsistent: Bool { features.isConsistent && targets.isConsistent }

  /// As a whole: classes where all targets have some.
  var learning: LearningTask {
    targets.encoders.allSatisfy { $0.task == .classification } ? .classification : .regression
  }

  /// The samples of a CSV file with all targets.
  ///
  /// - Throws: `DataError` for a column or a value that is missing, or a class that training did not have.
  func samples(of path: String, reading: TableOptions.Reading) throws -> TensorDataset {
    var options = reading.applied(to: features.csvOptions())
    for target in targets.encoders {
      options.columns?.insert(target.column)
      options.kinds[target.column] = target.task == .regression ? .number : .category
      options.missing.subtract(target.classNames)
    }
    return try targets.dataset(Table(csv: DataPath.input(path), options: options), features)
  }
}

/// A trained model of several columns of a table.
package struct TargetsModel: RunModel {
  package static let kind = "targets"

  package let ensemble: TabularEnsemble
  package let use: TargetsUse
  package let options: RunOptions
  /// Fingerprint of the data that it was trained from.
  package let dataHash: String

  init(_ ensemble: TabularEnsemble, use: TargetsUse, options: RunOptions, dataHash: String) {
    self.ensemble = ensemble
    self.use = use
    self.options = options
    self.dataHash = dataHash
  }

  package init(_ file: ModelFile) throws {
    let use = try file.decode(TargetsUse.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let configuration = try file.decode(TabularEnsemble.Configuration.self, SavedModel.networkKey) {
      $0.isConsistent && $0.features == use.features.featureCount && $0.outputs == use.targets.outputCount
    }
    let ensemble = try file.network(of: configuration.size) { configuration.makeNetwork() }
    self.init(ensemble, use: use, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { ensemble }
  package var summary: ModelSummary { ensemble.summary(inputShape: Shape(1, use.features.featureCount)) }

  package var description: ModelDescription {
    ModelDescription(
      task: "several targets", target: use.targets.names.joined(separator: ", "), classNames: [],
      inputCount: use.features.featureCount, inputColumns: use.features.columnNames)
  }

  package var metadata: [String: String] {
    get throws {
      try ModelFile.metadata(
        network: ensemble.configuration, preprocessing: use, options: options, dataHash: dataHash)
    }
  }

  /// The answers to features [N, features]: [N, outputs], logarithms of probabilities and standardised numbers.
  func outputs(for features: Tensor) -> Tensor { predict(Averaging(self), features) }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> TensorSamples {
    TensorSamples(try use.samples(of: path, reading: options.table))
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: TensorSamples, hasChanged: Bool) {
    let data = try taskAgain(TargetsTask.self, near: folder) { $0.use == use }
    return (data.test, data.hash != dataHash)
  }

  package func test(on samples: TensorSamples) -> TrainingReport.Test {
    let network = Averaging(self)
    let scores = evaluate(network, use.targets.objective, on: samples).scores
    let rows = samples.batch(0..<samples.count)
    return use.targets.test(predict(network, rows.inputs), rows.targets!, loss: scores)
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    guard paths.count == 1 else { throw DataError(paths[1], "a second input", expected: "one file") }
    if options.interval != nil { throw DataError("--interval", "is for a model of one target") }
    let outputs = outputs(
      for: try use.features.inputs(of: paths[0], reading: options.table, warn: warn))
    return Answers(
      several: zip(use.targets.encoders, use.targets.outputs).map { target, place in
        Answers(
          outputs: withoutGradient { outputs.sliced(place, axis: 1) },
          preprocessing: .table(features: use.features, target: target))
      })
  }
}

/// The members of an ensemble as the one network that they are together.
private final class Averaging: Module {
  private let model: TargetsModel

  init(_ model: TargetsModel) { self.model = model }

  func callAsFunction(_ features: Tensor) -> Tensor {
    model.use.targets.average(
      model.ensemble.outputs(model.ensemble.configuration.prepared(features).expanded(at: 0)))
  }
}
