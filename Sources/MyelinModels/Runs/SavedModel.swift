import Foundation
import Myelin

/// A trained network of tensors with all that is needed to use it: what `model.safetensors` of a run holds.
///
/// The file has the weights under their names, and in its metadata `myelin.network` (how to build the network, whose kind
/// `myelin.network.kind` names), `myelin.preprocessing` (how to encode data) and `myelin.run` (the options it was trained
/// with), as JSON. It depends on the options and the data alone: no times, no threads.
public struct SavedModel {
  /// The network, with its trained weights.
  public let tensorNetwork: any Module<Tensor, Tensor>
  /// What the network was made of.
  package let configuration: any NetworkConfiguration
  /// What turns a file into its inputs.
  public let preprocessing: Preprocessing
  package private(set) var options: RunOptions
  /// Fingerprint of the data that it was trained from.
  public let dataHash: String
  /// How outputs become answers.
  package var rule: AnswerRule

  package init(
    network: some StoredNetwork, preprocessing: Preprocessing, options: RunOptions, dataHash: String,
    rule: AnswerRule = AnswerRule()
  ) {
    tensorNetwork = network
    configuration = network.configuration
    self.preprocessing = preprocessing
    self.options = options
    self.dataHash = dataHash
    self.rule = rule
  }

  static let networkKey = "myelin.network"
  static let networkKindKey = "myelin.network.kind"
  static let preprocessingKey = "myelin.preprocessing"
  static let optionsKey = "myelin.run"
  static let dataKey = "myelin.data"
  static let ruleKey = "myelin.answers"

  /// Reads a model.
  ///
  /// - Throws: `DataError` for a file that is not there, damaged, or not written by Myelin.
  public init(contentsOf url: URL) throws { try self.init(ModelFile(contentsOf: url)) }

  // MARK: Answers

  /// What the network gives for inputs: logits by which probabilities are told, or standardised numbers, [N, outputs].
  func outputs(for inputs: Tensor) -> Tensor { withoutGradient { rule.scaled(predict(judged, inputs)) } }

  /// The predictions for inputs, in the data's own terms.
  public func answers(for inputs: Tensor) -> Answers {
    let network: any Module<Tensor, Tensor>
    switch preprocessing {
    // Nothing in it could be folded, and a copy would take longer than a row.
    case .table: network = tensorNetwork
    case .images: network = answering
    }
    let outputs = withoutGradient { rule.scaled(predict(network, inputs)) }
    return Answers(outputs: outputs, preprocessing: preprocessing, rule: rule)
  }

  /// The network as it is asked: of pictures, by its mean over mirror images where the options say so.
  private var judged: any Module<Tensor, Tensor> {
    options.settings.testFlips == true ? MirroredMean(tensorNetwork) : tensorNetwork
  }

  /// A copy of it that only answers, its normalisation part of the convolutions.
  private var answering: any Module<Tensor, Tensor> {
    func copy(_ configuration: some NetworkConfiguration) -> any Module<Tensor, Tensor> {
      Answering(predictor: Predictor(tensorNetwork) { configuration.makeNetwork() })
    }
    let network = copy(configuration)
    return options.settings.testFlips == true ? MirroredMean(network) : network
  }

  /// Loss and metrics in the data's own units, and what a report shows of them.
  package func test(on data: TensorSamples) -> TrainingReport.Test { test(judged, on: data) }

  /// The same of outputs for rows that training did not see.
  func test(on heldOut: HeldOutOutputs) -> TrainingReport.Test {
    var test = test(
      GivenOutputs(),
      on: TensorDataset(inputs: heldOut.outputs, labels: heldOut.data.labels, targets: heldOut.data.targets))
    test.name = "held-out"
    return test
  }

  private func test(
    _ network: any Module<Tensor, Tensor>, on data: any Dataset<TensorBatch>
  ) -> TrainingReport.Test {
    switch preprocessing {
    case .table(_, let target) where target.task == .regression:
      let evaluation = evaluate(
        network,
        objective.measuring { outputs, batch in
          [
            TargetErrors(
              truth: batch.targets!.scalars.map(target.number(ofTarget:)), predicted: target.values(of: outputs))
          ]
        }, on: data)
      let errors = evaluation.accumulator(TargetErrors.self) ?? TargetErrors(truth: [], predicted: [])
      var scores = evaluation.scores
      scores.metrics = errors.measurements.compactMap { metric, value in value.map { .init(metric, $0) } }
      return .init(
        scores: scores, kind: .regression(truth: errors.truth, predicted: errors.predicted, target: target.column))
    default:
      let classes = preprocessing.classNames
      var encoding: ImageEncoding?
      if case .images(let images) = preprocessing { encoding = images }
      let evaluation = evaluate(
        network,
        scaledObjective.measuring { [encoding, rule] outputs, batch in
          var confusion = ConfusionMatrix(classCount: classes.count)
          confusion.add(rule.decided(rule.scaled(outputs)), batch.labels!)
          return [confusion] + (encoding.map { [WorstMistakes($0, outputs, batch)] } ?? [])
        }, on: data)
      let confusion =
        evaluation.accumulator(ConfusionMatrix.self) ?? ConfusionMatrix(classCount: max(classes.count, 1))
      var scores = evaluation.scores
      if rule.threshold != nil, let place = scores.metrics.firstIndex(where: { $0.metric == .accuracy }) {
        let right = classes.indices.reduce(0) { $0 + confusion[$1, $1] }
        scores.metrics[place].value = Double(right) / Double(max(confusion.total, 1))
      }
      return .init(
        scores: scores, kind: .classification(confusion: confusion, classes: classes),
        pictures: [evaluation.accumulator(WorstMistakes.self)?.group(classes)].compactMap { $0 })
    }
  }

  var objective: Objective<Tensor, TensorBatch> { objective(classWeights: nil) }

  /// The loss of the probabilities as they are told.
  private var scaledObjective: Objective<Tensor, TensorBatch> {
    let (objective, rule) = (objective, rule)
    return Objective(objective.name) { objective(rule.scaled($0), $1) }
  }

  func objective(classWeights: [Float]?) -> Objective<Tensor, TensorBatch> {
    if case .table(_, let target) = preprocessing {
      if target.isCount { return .poisson() }
      if let levels = target.quantiles { return .quantiles(levels) }
    }
    return switch (preprocessing.task, options.settings.huberDelta) {
    case (.classification, _):
      .classification(labelSmoothing: options.settings.labelSmoothing, classWeights: classWeights)
    case (.regression, let delta?): .regression(.huber(delta: delta))
    case (.regression, nil): .regression()
    }
  }
}

/// A predictor where a module is asked for.
private struct Answering: Module {
  let predictor: Predictor<Tensor, Tensor>
  func callAsFunction(_ x: Tensor) -> Tensor { predictor(x) }
}

/// In the place of a network whose outputs are there already.
private final class GivenOutputs: Module {
  func callAsFunction(_ outputs: Tensor) -> Tensor { outputs }
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
  /// The file that each answer is about, where each is about a file of its own; else empty.
  public let paths: [String]
  /// Of a model of quantiles, which ones they are.
  public private(set) var quantileLevels: [Double] = []
  /// [rows][levels], rising; empty for other models.
  public private(set) var quantiles: [[Double]] = []
  /// Where each number lies with the chance that was asked for; empty where none was.
  public private(set) var intervals: [ClosedRange<Double>] = []
  /// Where each answer is in its picture, for a model that finds things, with its score; else empty.
  public let detections: [Detection]
  /// Whether the answers are things that were found: none, where nothing was.
  public let isDetection: Bool
  /// Of a model of several columns, what it says of each; empty for other models.
  public private(set) var targets: [Answers] = []

  /// Of several columns of the same rows.
  init(several targets: [Answers]) {
    self.targets = targets
    predictions = targets[0].predictions.indices.map { row in
      targets.map { $0.predictions[row] }.joined(separator: ", ")
    }
    targetName = targets.map(\.targetName).joined(separator: ", ")
    (values, classNames, probabilities, paths, detections, isDetection) = ([], [], [], [], [], false)
  }

  /// Further columns beside the predictions.
  struct Columns: Sendable {
    var header: [String]
    var rows: [[String]]
  }
  /// Before and behind the predictions, of forecasts: times and intervals.
  private var leading: Columns?
  private var trailing: Columns?

  /// Numbers between further columns.
  init(values: [Double], targetName: String, leading: Columns, trailing: Columns) {
    (self.leading, self.trailing) = (leading, trailing)
    self.values = values
    self.targetName = targetName
    predictions = values.map { "\(Float($0))" }
    (paths, detections, isDetection, classNames, probabilities) = ([], [], false, [], [])
  }

  /// Things that were found, each with the path of its picture.
  init(detections: [Detection], paths: [String], classNames: [String]) {
    self.paths = paths
    self.detections = detections
    isDetection = true
    self.classNames = classNames
    predictions = detections.map { classNames[$0.label] }
    (values, probabilities, targetName) = ([], [], "label")
  }

  /// Classes by logits [rows, classes].
  init(logits: Tensor, classNames: [String], targetName: String, paths: [String] = []) {
    let shares = withoutGradient { softmax(logits) }.scalars
    let count = classNames.count
    self.classNames = classNames
    self.targetName = targetName
    probabilities = (0..<logits.shape[0]).map { Array(shares[$0 * count..<($0 + 1) * count]) }
    predictions = logits.argmax(axis: -1).values.map { classNames[Int($0)] }
    self.paths = paths
    (values, detections, isDetection) = ([], [], false)
  }

  /// Numbers of one thing.
  init(values: [Double], targetName: String) {
    self.values = values
    self.targetName = targetName
    predictions = values.map { "\($0)" }
    (classNames, probabilities, paths, detections, isDetection) = ([], [], [], [], false)
  }

  /// Texts that a network has written.
  init(texts: [String], targetName: String) {
    predictions = texts
    self.targetName = targetName
    (classNames, probabilities, values, paths, detections, isDetection) = ([], [], [], [], [], false)
  }

  init(outputs: Tensor, preprocessing: Preprocessing, rule: AnswerRule = AnswerRule(), paths: [String] = []) {
    self.paths = paths
    detections = []
    isDetection = false
    classNames = preprocessing.classNames
    targetName = preprocessing.targetName
    if case .table(_, let target) = preprocessing, target.task == .regression {
      values = target.values(of: outputs)
      if let levels = target.quantiles {
        quantileLevels = levels
        quantiles = target.quantileValues(of: outputs)
      }
      predictions = values.map { "\($0)" }
      probabilities = []
    } else {
      let shares = withoutGradient { softmax(outputs) }.scalars
      let classes = classNames
      let rows = outputs.shape[0]
      probabilities = (0..<rows).map { Array(shares[$0 * classes.count..<($0 + 1) * classes.count]) }
      predictions = withoutGradient { rule.decided(outputs) }.argmax(axis: -1).values.map { classes[Int($0)] }
      values = []
    }
  }

  /// Rows answered.
  public var count: Int { predictions.count }

  /// Adds an interval to each number.
  mutating func addIntervals(_ residuals: ResidualIntervals, level: Double) {
    intervals = values.map { $0.isFinite ? residuals.interval(around: $0, level: level) : $0...$0 }
  }

  /// The first row, from 0, whose answer is not finite: inputs far from those that were trained on can overflow.
  public var firstRowBeyondNumbers: Int? {
    if isDetection { return detections.firstIndex { !$0.score.isFinite } }
    if !targets.isEmpty { return targets.compactMap(\.firstRowBeyondNumbers).min() }
    return probabilities.isEmpty
      ? values.firstIndex { !$0.isFinite } : probabilities.firstIndex { !$0.allSatisfy(\.isFinite) }
  }

  /// Columns of a CSV file: the prediction, and the probability of each class.
  package var csvHeader: [String] {
    targets.isEmpty ? header(classPrefix: "") : targets.flatMap { $0.header(classPrefix: "\($0.targetName)_") }
  }

  /// - Parameter classPrefix: before the name of a class, of which several columns may have the same.
  private func header(classPrefix: String) -> [String] {
    let before = leading?.header ?? [], after = trailing?.header ?? []
    let own =
      (paths.isEmpty ? [] : ["path"]) + ["predicted_\(targetName)"]
      + (isDetection ? ["score", "left", "top", "right", "bottom"] : [])
      + (probabilities.isEmpty ? [] : classNames.map { "probability_\(classPrefix)\($0)" })
      + quantileLevels.map { "quantile_\(PlotNumber.short($0))_\(targetName)" }
      + (intervals.isEmpty ? [] : ["lower_\(targetName)", "upper_\(targetName)"])
    return before + own + after
  }

  /// Further columns of a row by their names; nil where there are none.
  package func namedFields(_ row: Int) -> [String: String]? {
    guard let leading, let trailing else { return nil }
    let pairs = zip(leading.header + trailing.header, leading.rows[row] + trailing.rows[row])
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  package func csvFields(_ row: Int) -> [String] {
    if !targets.isEmpty { return targets.flatMap { $0.csvFields(row) } }
    let before = leading?.rows[row] ?? [], after = trailing?.rows[row] ?? []
    let own =
      (paths.isEmpty ? [] : [paths[row]]) + [predictions[row]] + (isDetection ? placeFields(detections[row]) : [])
      + (probabilities.isEmpty ? [] : probabilities[row].map { "\($0)" })
      + (quantiles.isEmpty ? [] : quantiles[row].map { "\($0)" })
      + (intervals.isEmpty ? [] : ["\(intervals[row].lowerBound)", "\(intervals[row].upperBound)"])
    return before + own + after
  }

  private func placeFields(_ found: Detection) -> [String] {
    ["\(found.score)"] + [found.box.left, found.box.top, found.box.right, found.box.bottom].map { "\($0)" }
  }
}

extension SavedModel: RunModel {
  package static let kind = "tensor"

  package func answering(testFlips: Bool) throws -> SavedModel {
    guard case .images = preprocessing else {
      throw DataError("--test-flips", "does nothing with a model that takes no pictures")
    }
    var model = self
    model.options.settings.testFlips = testFlips
    return model
  }

  package init(_ file: ModelFile) throws {
    let preprocessing = try file.decode(Preprocessing.self, SavedModel.preprocessingKey) { $0.isConsistent }
    let options = try file.options
    let name = file.text(SavedModel.networkKindKey) ?? MLP.Configuration.kind
    guard let kind = Networks.kind(name) else {
      throw DataError(file.source, "a network of the kind \(DataError.quoted(name)), which this version does not have")
    }
    self = try SavedModel.read(kind, file, preprocessing, options)
    if file.text(SavedModel.ruleKey) != nil {
      rule = try file.decode(AnswerRule.self, SavedModel.ruleKey) { $0.isConsistent }
    }
  }

  private static func read<Configuration: NetworkConfiguration>(
    _ kind: Configuration.Type, _ file: ModelFile, _ preprocessing: Preprocessing, _ options: RunOptions
  ) throws -> SavedModel {
    let configuration = try file.decode(kind, networkKey) { $0.isConsistent }
    guard configuration.inputCount == preprocessing.inputCount,
      configuration.outputCount == preprocessing.outputCount
    else {
      throw DataError(
        file.source, "the network (\(configuration.size.description)) does not fit its data",
        expected: "\(preprocessing.inputCount) inputs and \(preprocessing.outputCount) outputs",
        found: "\(configuration.inputCount) and \(configuration.outputCount)")
    }
    let network = try file.network(of: configuration.size) { configuration.makeNetwork() }
    return SavedModel(
      network: network, preprocessing: preprocessing, options: options, dataHash: file.dataHash)
  }

  package var network: any Module { tensorNetwork }

  /// The network's layers, with the shapes that one sample gives.
  package var summary: ModelSummary { summary(of: tensorNetwork) }

  private func summary(of network: some Module<Tensor, Tensor>) -> ModelSummary {
    network.summary(inputShape: Shape([1] + preprocessing.inputShape))
  }

  package var description: ModelDescription {
    ModelDescription(
      task: preprocessing.task.rawValue, target: preprocessing.targetName, classNames: preprocessing.classNames,
      inputCount: preprocessing.inputCount, inputColumns: preprocessing.columnNames, rules: rules)
  }

  private var rules: [TrainingReport.Fact] {
    guard case .table(_, let target) = preprocessing else { return [] }
    return rule.facts(target)
  }

  package var metadata: [String: String] {
    get throws {
      var metadata = try ModelFile.metadata(
        network: configuration, preprocessing: preprocessing, options: options, dataHash: dataHash)
      metadata[SavedModel.networkKindKey] = type(of: configuration).kind
      if !rule.isEmpty { metadata[SavedModel.ruleKey] = try JSONCoding.encode(rule) }
      return metadata
    }
  }

  package func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> TensorSamples {
    switch preprocessing {
    case .table: TensorSamples(try preprocessing.samples(of: path, reading: options.table))
    case .images(let images): TensorSamples(try images.samples(of: path, badFiles: options.badFiles, warn: warn))
    }
  }

  package func testSamples(near folder: RunFolder?) throws -> (samples: TensorSamples, hasChanged: Bool) {
    let data = try taskAgain(TensorTask.self, near: folder) { $0.isUntested || $0.preprocessing == preprocessing }
    if data.isUntested {
      throw DataError(
        options.source.name, "the model was trained on all rows", expected: "--input with rows of its own")
    }
    return (data.test, data.hash != dataHash)
  }

  package func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers {
    if case .images(let images) = preprocessing,
      let pictures = try images.pictures(of: paths, badFiles: options.badFiles, warn: warn)
    {
      return Answers(
        outputs: predict(answering, pictures.samples), preprocessing: preprocessing, paths: pictures.paths)
    }
    guard paths.count == 1 else {
      throw DataError(paths[1], "a second input", expected: "one file, or pictures and folders of pictures")
    }
    if options.interval != nil, rule.intervals == nil {
      throw DataError(
        paths[0], "an interval", expected: "a model of a number that was trained with rows held out by its networks")
    }
    var answers = answers(for: try preprocessing.inputs(of: paths[0], reading: options.table, warn: warn))
    if let level = options.interval, let residuals = rule.intervals { answers.addIntervals(residuals, level: level) }
    return answers
  }
}
