import Foundation
import Myelin

/// Rows of a table, of which several columns are learned together by the members of a ``TabularEnsemble``.
package struct TargetsTask: RunTask, Sendable {
  package let training: EnsembleDataset
  package let validation: EnsembleDataset?
  package let test: TensorSamples
  package let use: TargetsUse
  package let facts: [TrainingReport.Fact]
  package let columns: [ColumnSummary]
  package let hash: String
  private let configuration: TabularEnsemble.Configuration

  private let rows: TargetRows

  /// - Throws: `DataError` for fewer rows than the networks of the options need.
  init(_ rows: TargetRows, _ options: RunOptions) throws {
    let settings = options.settings
    // Without held-out folds one network learns all rows, without bins.
    var ensemble = settings.ensemble ?? EnsembleSettings(members: 1, binStrength: 0.1, binCount: 0)
    // In what shares two strengths suit one target says nothing of another.
    ensemble.softens = false
    if let groups = rows.groups { ensemble.members = min(ensemble.members, Set(groups).count) }
    guard rows.training.count >= 2 * ensemble.members else {
      throw DataError(
        options.source.name, "training rows for \(ensemble.members) networks",
        expected: "at least \(2 * ensemble.members)", found: "\(rows.training.count)")
    }
    let configuration = TabularEnsemble.Configuration(
      fitting: TensorDataset(inputs: rows.training.inputs), rows.use.features.groups,
      outputs: rows.use.targets.outputCount,
      ensemble, settings, isCount: false)
    func prepared(_ data: TensorDataset) -> TensorDataset {
      TensorDataset(inputs: configuration.prepared(data.inputs), targets: data.targets)
    }
    let learned = prepared(rows.training)
    if ensemble.members > 1 {
      let members = ensemble.members
      let first = learned.targets!.sliced(0..<1, axis: 1).scalars
      let folds =
        rows.groups.map { Folds(members, groups: $0, seed: options.seed) }
        ?? (rows.use.targets.encoders[0].task == .classification
          ? Folds(members, labels: first.map { Int32($0) }, seed: options.seed)
          : Folds(members, targets: first, seed: options.seed))
      (training, validation) = folds.datasets(learned, configuration)
    } else {
      training = EnsembleDataset(learned, rows: [Array(0..<learned.count)], fill: .repeated)
      validation = rows.validation.map {
        EnsembleDataset(prepared($0), rows: [Array(0..<$0.count)], fill: .empty)
      }
    }
    self.configuration = configuration
    self.rows = rows
    (test, use, facts, columns, hash) = (TensorSamples(rows.test), rows.use, rows.facts, rows.columns, rows.hash)
  }

  /// How many networks learn them may follow from their number.
  package func learned(_ options: RunOptions) throws -> any RunTask { try TargetsTask(rows, options) }

  package var learning: LearningTask { use.learning }
  package var encoding: String { get throws { try JSONCoding.encode(use) } }
  package func size(_ options: RunOptions) -> NetworkSize { configuration.size }

  package func makeModel(_ options: RunOptions) -> TargetsModel {
    TargetsModel(TabularEnsemble(configuration), use: use, options: options, dataHash: hash)
  }

  package func makeTrainer(_ model: TargetsModel, _ options: RunOptions) -> Trainer<TensorBatch> {
    let optimizer = options.settings.makeOptimizer(model.ensemble)
    // Of all members at once a bias is a matrix.
    optimizer.configure(where: { $0.name.hasSuffix("bias") }, weightDecay: 0)
    let objective = use.targets.objective.memberwise()
    return Trainer(model.ensemble, optimizer: optimizer) { network, batch in
      objective(network.outputs(batch.inputs), batch)
    }
  }
}

/// Rows of a table with several targets, read, divided and encoded.
struct TargetRows: Sendable {
  let training: TensorDataset
  let validation: TensorDataset?
  let test: TensorDataset
  let use: TargetsUse
  let facts: [TrainingReport.Fact]
  let columns: [ColumnSummary]
  let hash: String
  /// The group of each training row, where rows are divided by groups.
  let groups: [Int32]?

  /// - Parameters:
  ///   - names: the columns to predict, two at least.
  ///   - origin: what is told of where the table comes from.
  /// - Throws: `DataError` for a column that is not there or has nothing to learn, for too few rows, and for options of one
  ///   target.
  init(
    _ table: Table, targets names: [String], _ options: RunOptions, own: TableOptions, folder: RunFolder?,
    origin: [TrainingReport.Fact]
  ) throws {
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw DataError(options.source.name, "--target names \(DataError.quoted(twice)) twice")
    }
    for (isGiven, option) in [
      (options.source.quantiles != nil, "--quantiles"), (options.threshold != nil, "--threshold"),
      (options.balancesClasses, "--balance"), (options.source.isCount == true, "--task count"),
      (options.settings.huberDelta != nil, "--huber"),
    ] where isGiven {
      throw DataError(option, "is for one target", expected: "one column after --target", found: "\(names.count)")
    }
    guard own.testFile != nil || options.testShare > 0 else {
      throw DataError("--test 0", "is for one target", expected: "rows for a test")
    }
    guard table.rowCount >= 10 else {
      throw DataError(table.source, "rows with all targets", expected: "at least 10", found: "\(table.rowCount)")
    }
    var recipe = own.recipe
    recipe.ignored.formUnion(names.dropFirst())
    let encoded = try TabularData(
      table, target: names[0], task: options.source.task, recipe: recipe, isCount: false, division: own.division,
      validation: options.validationShare, test: own.testFile == nil ? options.testShare : 0, seed: options.seed)
    let targets = try TargetColumns(
      fitting: table, columns: names, task: options.source.task, rows: encoded.split.training)
    let use = TargetsUse(features: encoded.features, targets: targets)
    let all = try targets.dataset(table, encoded.features)
    training = all.subset(encoded.split.training)
    validation = encoded.split.validation.isEmpty ? nil : all.subset(encoded.split.validation)
    guard
      let test = try own.testFile.map({ try use.samples(of: $0.located(near: folder), reading: own.reading) })
        ?? (encoded.split.test.isEmpty ? nil : all.subset(encoded.split.test))
    else {
      throw DataError(table.source, "a test share of \(options.testShare) leaves no test rows of \(table.rowCount)")
    }
    (self.test, self.use, groups) = (test, use, encoded.trainingGroups)
    let what = targets.encoders.map {
      "\($0.column) (\($0.task == .classification ? "\($0.classNames.count) classes" : "a number"))"
    }
    facts =
      origin + [
        ("rows", "\(table.rowCount): \(TensorTask.partsText(training.count, validation?.count ?? 0, test.count))"),
        ("features", "\(encoded.features.featureCount) from \(encoded.features.columnNames.count) columns"),
      ] + encoded.features.remarks.map { ("columns", $0) } + [
        ("task", "\(names.count) targets at once: \(what.joined(separator: ", "))")
      ]
    columns = encoded.features.summaries(of: table, target: names[0], ignored: own.recipe.ignored).map {
      var column = $0
      if names.contains(column.name) { column.treatment = "predicted" }
      return column
    }
    hash = ContentHash.text(
      of: [TensorSamples(training), validation.map { TensorSamples($0) }, TensorSamples(test)])
  }
}
