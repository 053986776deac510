import Foundation
import Myelin

/// Samples that are tensors, learned by a network of tensors: tables and images.
package struct TensorTask: RunTask, Sendable {
  package let preprocessing: Preprocessing
  package let training: TensorSamples
  package let validation: TensorSamples?
  package let test: TensorSamples
  /// Whether no rows were kept for the test: those of the training stand in its place, to be judged by what held them out.
  let isUntested: Bool
  /// Fingerprint of the samples, their labels, their order and their parts.
  package let hash: String
  /// What they are, for people.
  package let facts: [TrainingReport.Fact]
  /// What is done to pictures in each epoch; nil for nothing.
  private let augmentation: ImageAugmentation?
  package let columns: [ColumnSummary]
  /// The group of each training row, where rows are divided by groups.
  let groups: [Int32]?
  /// Test rows of a table as they stand in the file.
  private let shown: ShownRows?
  /// The network that learns them.
  private let configure: @Sendable (RunOptions) -> any NetworkConfiguration

  /// A table, of which the column `target` is learned.
  ///
  /// - Parameters:
  ///   - own: what was said of a table of one's own; nil for a shipped one, whose columns are known.
  ///   - origin: what is told of where it comes from.
  /// - Throws: `DataError` for a target that is not there or has nothing to learn, and for too few rows.
  init(
    _ table: Table, target name: String, task: LearningTask?, recipe: FeatureRecipe, isLogarithmic: Bool,
    _ options: RunOptions, own: TableOptions? = nil, folder: RunFolder? = nil, origin: [TrainingReport.Fact]
  ) throws {
    _ = try table.column(named: name)
    guard table.rowCount >= 10 else {
      throw DataError(
        table.source, "rows with a value in \"\(name)\"", expected: "at least 10", found: "\(table.rowCount)")
    }
    let encoded = try TabularData(
      table, target: name, task: task, recipe: recipe, isTargetLogarithmic: isLogarithmic,
      isCount: options.source.isCount, quantiles: options.source.quantiles, division: own?.division ?? .random,
      validation: options.validationShare,
      test: own?.testFile == nil ? options.testShare : 0, seed: options.seed)
    guard encoded.validation != nil || options.validationShare == 0 else {
      throw DataError(
        table.source, "a validation share of \(options.validationShare) leaves no validation rows of \(table.rowCount)")
    }
    let preprocessing = Preprocessing.table(features: encoded.features, target: encoded.target)
    let given = try own?.testFile.map { try preprocessing.rows(of: $0.located(near: folder), reading: own!.reading) }
    let isUntested = own?.testFile == nil && options.testShare == 0
    let test = given?.samples ?? (isUntested ? encoded.training : encoded.test)
    guard let test else {
      throw DataError(table.source, "a test share of \(options.testShare) leaves no test rows of \(table.rowCount)")
    }
    var facts = origin
    let parts = TensorTask.partsText(
      encoded.split.training.count, encoded.split.validation.count, test.count)
    let ways =
      own?.testFile.map { ", which are those of \($0.given)" }
      ?? own.map {
        switch $0.division {
        case .random: ""
        case .time(let column): ", the last by \(column)"
        case .groups(let column): ", no \(column) in two parts"
        }
      } ?? ""
    facts.append(
      (
        "rows",
        isUntested
          ? "\(table.rowCount), all for training; scores are of what each network held out, by which its best epoch is chosen"
          : "\(table.rowCount): \(parts)\(ways)"
      ))
    let columns = encoded.features.columnNames.count
    facts.append(("features", "\(encoded.features.featureCount) from \(columns) columns"))
    facts += encoded.features.remarks.map { ("columns", $0) }
    if own != nil {
      var warnings = try ColumnWarnings.of(
        table, target: encoded.target, features: encoded.features, rows: encoded.split.training)
      let known = isUntested ? 0 : TensorTask.rowsInBoth(encoded.training, test)
      if known > 0 { warnings.append("\(known) of \(test.count) test rows have the inputs of a training row") }
      facts += warnings.map { ("warning", $0) }
    }
    let target = encoded.target
    let column = try table.column(named: name)
    var reason = ""
    if task == nil {
      reason = ", because \(TargetEncoder.choice(of: column).reason)"
      if column.kind == .number {
        reason += target.task == .regression ? " (--task classification: classes)" : " (--task regression: a number)"
      }
    }
    switch target.task {
    case .classification:
      let names = target.classNames.prefix(10).joined(separator: ", ")
      let more = target.classNames.count > 10 ? ", …" : ""
      facts.append(
        ("task", "classification of \(target.column) into \(target.classNames.count) classes: \(names)\(more)\(reason)")
      )
    case .regression:
      if target.isCount {
        facts.append(
          (
            "task",
            "regression of \(target.column), counts by the Poisson loss\(reason); scores by epoch are of its shares of the mean"
          ))
        break
      }
      let form = target.unit == nil ? "logarithm, standardised" : "standardised values"
      let learned = target.quantiles.map { levels in
        "the quantiles \(levels.map { PlotNumber.short($0) }.joined(separator: ", ")) of \(target.column)"
      }
      facts.append(
        ("task", "regression of \(learned ?? target.column)\(reason); scores by epoch are of its \(form)"))
    }
    self.init(
      preprocessing: preprocessing, training: TensorSamples(encoded.training),
      validation: encoded.validation.map { TensorSamples($0) }, test: TensorSamples(test), facts: facts,
      shown: given.map { ShownRows($0.table, Array(0..<$0.table.rowCount)) }
        ?? ShownRows(table, isUntested ? encoded.split.training : encoded.split.test), isUntested: isUntested,
      groups: encoded.trainingGroups,
      columns: own == nil ? [] : encoded.features.summaries(of: table, target: name, ignored: recipe.ignored))
  }

  /// - Parameters:
  ///   - isUntested: whether `test` are the training samples again, because none were kept for it.
  ///   - groups: of each training row, where rows are divided by groups.
  ///   - shown: test rows of a table as they stand in the file.
  ///   - augmentation: what is done to pictures in each epoch.
  ///   - configure: the network that the options ask for; an MLP of their layers where none is given.
  init(
    preprocessing: Preprocessing, training: TensorSamples, validation: TensorSamples?, test: TensorSamples,
    facts: [TrainingReport.Fact], shown: ShownRows? = nil, isUntested: Bool = false,
    groups: [Int32]? = nil,
    columns: [ColumnSummary] = [], augmentation: ImageAugmentation? = nil,
    configure: (@Sendable (RunOptions) -> any NetworkConfiguration)? = nil
  ) {
    self.preprocessing = preprocessing
    self.training = training
    self.validation = validation
    self.test = test
    self.facts = facts + (augmentation?.text.map { [("changed in each epoch", $0)] } ?? [])
    self.augmentation = augmentation?.text == nil ? nil : augmentation
    self.shown = shown
    self.isUntested = isUntested
    self.groups = groups
    self.columns = columns
    self.configure =
      configure
      ?? { $0.settings.configuration(inputs: preprocessing.inputCount, outputs: preprocessing.outputCount) }
    hash = ContentHash.text(of: [training, validation, test])
  }

  static func partsText(_ training: Int, _ validation: Int, _ test: Int) -> String {
    "\(training) for training, " + (validation > 0 ? "\(validation) for validation, " : "") + "\(test) for testing"
  }

  /// Test rows whose inputs a training row has too.
  private static func rowsInBoth(_ training: TensorDataset, _ test: TensorDataset) -> Int {
    let width = training.inputs.shape[1]
    guard width > 0 else { return 0 }
    func rows(_ tensor: Tensor) -> [Int] {
      tensor.withUnsafeBufferPointer { values in
        (0..<tensor.shape[0]).map { row in
          var hasher = Hasher()
          hasher.combine(
            bytes: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: values[row * width..<(row + 1) * width])))
          return hasher.finalize()
        }
      }
    }
    let known = Set(rows(training.inputs))
    return rows(test.inputs).count(where: known.contains)
  }

  // MARK: RunTask

  package var augmented: any Dataset<TensorBatch> {
    augmentation.map { AugmentedImages(training, $0) } ?? training
  }

  package var learning: LearningTask { preprocessing.task }

  package var encoding: String { get throws { try JSONCoding.encode(preprocessing) } }

  package var samplePictures: PictureGroup? {
    guard case .images(let encoding) = preprocessing else { return nil }
    return encoding.samples(of: training)
  }

  package func insight(into network: any Module) -> PictureGroup? {
    guard case .images(let encoding) = preprocessing else { return nil }
    if let network = network as? VisionTransformer { return .attention(of: network, encoding, test) }
    return .firstFilters(of: network)
  }

  package func learned(_ options: RunOptions) throws -> any RunTask {
    if let ensemble = options.settings.ensemble { return try EnsembleTask(self, ensemble, options) }
    guard !isUntested else {
      throw DataError(options.source.name, "too few rows for networks that hold some out", expected: "rows for a test")
    }
    return self
  }

  package func size(_ options: RunOptions) -> NetworkSize { configure(options).size }

  package func makeModel(_ options: RunOptions) -> SavedModel {
    SavedModel(
      network: configure(options).makeNetwork(), preprocessing: preprocessing, options: options, dataHash: hash)
  }

  package func finished(_ model: SavedModel, _ options: RunOptions) throws -> SavedModel {
    finished(model, heldOut(model), options)
  }

  package func assessment(of model: SavedModel) -> TableAssessment? { assessment(of: model, heldOut(model)) }

  /// What the network makes of the validation rows.
  private func heldOut(_ model: SavedModel) -> HeldOutOutputs? {
    validation.map { samples in
      let data = TensorTask.tensors(samples)
      return HeldOutOutputs(outputs: predict(model.tensorNetwork, data.inputs), data: data)
    }
  }

  /// The model with the rule that suits rows which training did not see.
  func finished(_ model: SavedModel, _ heldOut: HeldOutOutputs?, _ options: RunOptions) -> SavedModel {
    guard case .table(_, let target) = preprocessing, let heldOut else { return model }
    var model = model
    model.rule = AnswerRule(fitting: heldOut, target, threshold: options.threshold)
    return model
  }

  /// - Parameter heldOut: what the model, or its members, make of rows that training did not see.
  func assessment(of model: SavedModel, _ heldOut: HeldOutOutputs?) -> TableAssessment? {
    guard case .table(let features, let target) = preprocessing, let shown else { return nil }
    return TableAssessor(
      model: model, features: features, target: target, training: TensorTask.tensors(training),
      test: TensorTask.tensors(test), isUntested: isUntested, shown: shown, heldOut: heldOut,
      warnings: facts.filter { $0.term == "warning" }.map(\.text)
    ).assessment()
  }

  private static func tensors(_ samples: TensorSamples) -> TensorDataset {
    let rows = samples.batch(0..<samples.count)
    return TensorDataset(inputs: rows.inputs, labels: rows.labels, targets: rows.targets, weights: rows.weights)
  }

  package func makeTrainer(_ model: SavedModel, _ options: RunOptions) -> Trainer<TensorBatch> {
    makeTrainer(
      model.tensorNetwork, model.objective(classWeights: options.balancesClasses ? balancedWeights : nil), options)
  }

  private func makeTrainer(
    _ network: some Module<Tensor, Tensor>, _ objective: Objective<Tensor, TensorBatch>, _ options: RunOptions
  ) -> Trainer<TensorBatch> {
    let flips = options.settings.testFlips == true
    return Trainer(network, optimizer: options.settings.makeOptimizer(network)) { network, batch in
      objective(flips ? MirroredMean(network)(batch.inputs) : network(batch.inputs), batch)
    }
  }

  /// By the training rows.
  var balancedWeights: [Float]? {
    training.labels.map { classWeights(balancing: $0, classCount: preprocessing.outputCount) }
  }
}
