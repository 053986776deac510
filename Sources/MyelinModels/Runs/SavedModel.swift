import Foundation
import Myelin

/// A trained network with all that is needed to use it: what `model.safetensors` of a run holds.
///
/// The file has the weights under their names, and in its metadata `myelin.network` (how to build the network),
/// `myelin.preprocessing` (how to encode data) and `myelin.run` (the options it was trained with), as JSON. It depends on
/// the options and the data alone: no times, no threads.
public struct SavedModel {
  /// The network, with its trained weights.
  public let network: MLP
  /// What turns a file into its inputs.
  public let preprocessing: Preprocessing
  package let options: RunOptions
  /// Fingerprint of the data that it was trained from.
  public let dataHash: String

  package init(network: MLP, preprocessing: Preprocessing, options: RunOptions, dataHash: String) {
    self.network = network
    self.preprocessing = preprocessing
    self.options = options
    self.dataHash = dataHash
  }

  static let networkKey = "myelin.network"
  static let preprocessingKey = "myelin.preprocessing"
  static let optionsKey = "myelin.run"
  static let dataKey = "myelin.data"

  package var metadata: [String: String] {
    get throws {
      [
        // Other tools ask for this key to know how tensors are laid out.
        Safetensors.formatKey: Safetensors.format,
        SavedModel.networkKey: try JSONCoding.encode(network.configuration),
        SavedModel.preprocessingKey: try JSONCoding.encode(preprocessing),
        SavedModel.optionsKey: try JSONCoding.encode(options), SavedModel.dataKey: dataHash,
      ]
    }
  }

  package func write(to url: URL) throws {
    let arrays = NamedArrays(network.stateDictionary.mapValues { NumericArray($0) })
    try Safetensors(arrays, metadata: metadata, source: url.relativePath).write(to: url)
  }

  /// Reads a model.
  ///
  /// - Throws: `DataError` for a file that is not there, damaged, or not written by Myelin.
  public init(contentsOf url: URL) throws {
    let file = try Safetensors(contentsOf: url)
    func decode<Value: Decodable>(_ type: Value.Type, _ key: String) throws -> Value {
      guard let json = file.metadata[key] else {
        throw DataError(file.source, "no model of Myelin", expected: "metadata \"\(key)\"")
      }
      do { return try JSONCoding.decode(type, json) } catch {
        throw DataError(file.source, "metadata \"\(key)\" cannot be read; it may be of another version of Myelin")
      }
    }
    let configuration = try decode(MLP.Configuration.self, SavedModel.networkKey)
    preprocessing = try decode(Preprocessing.self, SavedModel.preprocessingKey)
    options = try decode(RunOptions.self, SavedModel.optionsKey)
    for (isConsistent, key) in [
      (preprocessing.isConsistent, SavedModel.preprocessingKey), (options.isConsistent, SavedModel.optionsKey),
    ] where !isConsistent {
      throw DataError(file.source, "metadata \"\(key)\" holds values that no run has; the file is damaged")
    }
    dataHash = file.metadata[SavedModel.dataKey] ?? ""
    let sizes = configuration.sizes
    guard configuration.isConsistent, sizes.first == preprocessing.inputCount, sizes.last == preprocessing.outputCount
    else {
      throw DataError(
        file.source, "the network's sizes \(sizes) do not fit its data",
        expected: "\(preprocessing.inputCount) inputs and \(preprocessing.outputCount) outputs")
    }
    // Before the network is built: its sizes are only text in the file, its tensors are as large as the file.
    let found = file.arrays.reduce(0) { $0 + $1.array.count }
    guard configuration.parameterCount == found else {
      throw DataError(
        file.source, "the tensors do not fit the network's sizes \(sizes)",
        expected: "\(configuration.parameterCount.map(String.init) ?? "too many") numbers", found: "\(found)")
    }
    network = MLP(configuration)
    var tensors: [String: Tensor] = [:]
    for (name, array) in file.arrays {
      let title = "tensor \"\(name)\""
      guard array.elementType.isFloatingPoint else {
        throw DataError(
          file.source, title, expected: "floating-point numbers", found: "\(array.elementType.rawValue)")
      }
      let tensor = try array.tensor(source: file.source, name: title)
      if let bad = tensor.scalars.first(where: { !$0.isFinite }) {
        throw DataError(file.source, title, expected: "finite numbers", found: bad.isNaN ? "nan" : "\(bad)")
      }
      tensors[name] = tensor
    }
    do { try network.load(tensors) } catch let error as ModelStateError {
      throw DataError(file.source, error.description)
    }
  }

  // MARK: Answers

  /// The predictions for inputs, in the data's own terms.
  public func answers(for inputs: Tensor) -> Answers {
    Answers(outputs: predict(network, inputs), preprocessing: preprocessing)
  }

  /// Loss and metrics in the data's own units, and what a report shows of them.
  package func test(on data: TensorDataset) -> TrainingReport.Test {
    switch preprocessing {
    case .table(_, let target) where target.task == .regression:
      let evaluation = evaluate(
        network,
        objective.measuring { outputs, batch in
          [
            TargetErrors(
              truth: batch.targets!.scalars.map(target.value(of:)),
              predicted: outputs.scalars.map(target.value(of:)))
          ]
        }, on: data)
      let errors = evaluation.accumulator(TargetErrors.self) ?? TargetErrors(truth: [], predicted: [])
      var scores = evaluation.scores
      scores.metrics = errors.measurements.compactMap { metric, value in value.map { .init(metric, $0) } }
      return .init(
        scores: scores, kind: .regression(truth: errors.truth, predicted: errors.predicted, target: target.column))
    default:
      let classes = preprocessing.classNames
      let evaluation = evaluate(
        network,
        objective.measuring { outputs, batch in
          var confusion = ConfusionMatrix(classCount: classes.count)
          confusion.add(outputs, batch.labels!)
          return [confusion]
        }, on: data)
      let confusion =
        evaluation.accumulator(ConfusionMatrix.self) ?? ConfusionMatrix(classCount: max(classes.count, 1))
      let counts = classes.indices.map { row in classes.indices.map { confusion[row, $0] } }
      return .init(scores: evaluation.scores, kind: .classification(confusion: counts, classes: classes))
    }
  }

  var objective: Objective<Tensor, TensorBatch> { objective(classWeights: nil) }

  func objective(classWeights: [Float]?) -> Objective<Tensor, TensorBatch> {
    switch (preprocessing.task, options.settings.huberDelta) {
    case (.classification, _):
      .classification(labelSmoothing: options.settings.labelSmoothing, classWeights: classWeights)
    case (.regression, let delta?): .regression(.huber(delta: delta))
    case (.regression, nil): .regression()
    }
  }
}

/// Predictions and targets in the target's units, kept for a picture, with their errors.
private struct TargetErrors: MetricAccumulator {
  var truth: [Double]
  var predicted: [Double]

  mutating func merge(_ other: TargetErrors) {
    truth += other.truth
    predicted += other.predicted
  }

  var measurements: [(metric: Metric, value: Double?)] {
    var errors = RegressionErrors()
    for (truth, predicted) in zip(truth, predicted) { errors.add(predicted, truth) }
    return errors.measurements
  }
}

/// What a model says about rows.
public struct Answers: Sendable {
  /// One text a row: the class, or the number.
  public let predictions: [String]
  /// Numbers of a regression.
  public let values: [Double]
  /// The classes, in the order of the probabilities; empty for a regression.
  public let classNames: [String]
  /// [rows][classes]; empty for a regression.
  public let probabilities: [[Float]]
  /// The column that was learned.
  public let targetName: String

  init(outputs: Tensor, preprocessing: Preprocessing) {
    classNames = preprocessing.classNames
    targetName = preprocessing.targetName
    if case .table(_, let target) = preprocessing, target.task == .regression {
      values = outputs.scalars.map(target.value(of:))
      predictions = values.map { "\($0)" }
      probabilities = []
    } else {
      let shares = withoutGradient { softmax(outputs) }.scalars
      let classes = classNames
      let rows = outputs.shape[0]
      probabilities = (0..<rows).map { Array(shares[$0 * classes.count..<($0 + 1) * classes.count]) }
      predictions = outputs.argmax(axis: -1).values.map { classes[Int($0)] }
      values = []
    }
  }

  /// Rows answered.
  public var count: Int { predictions.count }

  /// The first row, from 0, whose answer is not finite: inputs far from those that were trained on can overflow.
  public var firstRowBeyondNumbers: Int? {
    probabilities.isEmpty
      ? values.firstIndex { !$0.isFinite } : probabilities.firstIndex { !$0.allSatisfy(\.isFinite) }
  }

  /// Columns of a CSV file: the prediction, and the probability of each class.
  package var csvHeader: [String] {
    ["predicted_\(targetName)"] + (probabilities.isEmpty ? [] : classNames.map { "probability_\($0)" })
  }

  package func csvFields(_ row: Int) -> [String] {
    [predictions[row]] + (probabilities.isEmpty ? [] : probabilities[row].map { "\($0)" })
  }
}

extension SavedModel: RunModel {
  /// The test part of the data that the model was trained from, encoded as it was then, and whether the data has changed
  /// since, so that these rows may be others than those that training did not see.
  ///
  /// - Parameter folder: the run's folder, near which data that was moved is looked for.
  /// - Throws: `DataError` when the data is no longer there, or has changed so that it is encoded in another way.
  package func testSamples(near folder: RunFolder? = nil) throws -> (samples: TensorDataset, hasChanged: Bool) {
    let task = try Recipes.of(options.source).task(options, near: folder)
    guard let data = task as? TensorTask, data.preprocessing == preprocessing else {
      throw DataError(
        options.source.name, "the data has changed since the model was trained: its test part is not the same")
    }
    return (data.test, data.hash != dataHash)
  }
}
