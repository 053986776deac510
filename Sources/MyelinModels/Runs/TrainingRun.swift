import Foundation
import Myelin

/// A run from data to report: what `myelin train` does, without its words. What is trained may be of any kind.
///
/// ```swift
/// let run = try TrainingRun(.suited(to: RunSource(recipe: "iris")))
/// let outcome = try run.train(in: .new(nil, name: "iris"), observers: [ProgressDisplay()])
/// print(outcome.test.scores[.accuracy]!)
/// ```
package final class TrainingRun {
  package let options: RunOptions
  package let task: any RunTask
  /// With all that its answers need once it is trained.
  package private(set) var model: any RunModel
  package let trainer: AnyTrainer
  /// Whether it goes on from a checkpoint.
  package let isResumed: Bool
  private let fit: () throws -> TrainingResult
  private let heldOut: () -> Scores
  private let finish: () throws -> Finished
  /// Rows or other samples that were not held out for validation or test.
  private let trainingCount: Int

  /// Loads the data and builds the network. Sets the seed of `RandomGenerator.shared`.
  ///
  /// - Parameter change: alters what the preset has chosen by the number of training rows.
  package convenience init(_ options: RunOptions, _ change: (inout RunOptions) throws -> Void = { _ in }) throws {
    let task = try Recipes.of(options.source).task(options, near: nil)
    var options = options
    if options.preset != nil {
      options.settle(trainingRows: task.trainingCount)
      try change(&options)
    }
    try self.init(options, task: task.learned(options), count: task.trainingCount, checkpoint: nil)
  }

  /// A run on data that has been read, with the settings as they stand.
  ///
  /// - Parameter task: what `Recipe.task` gave for the same source, seed and shares.
  convenience init(_ options: RunOptions, task: any RunTask) throws {
    try self.init(options, task: task.learned(options), count: task.trainingCount, checkpoint: nil)
  }

  /// Trains without leaving anything behind, and gives the scores of the best epoch on the samples that training did not
  /// see; nil where it was interrupted.
  func judge() throws -> Scores? {
    let result = try fit()
    return result.reason == .interrupted ? nil : heldOut()
  }

  /// Goes on with the run in `folder`, with its own options; `change` may alter those that leave the network and the
  /// data alone, like the number of epochs.
  ///
  /// - Parameter acceptsChangedData: whether it goes on with other samples than it began with, where these are encoded in
  ///   the same way.
  /// - Throws: `DataError` when the checkpoint is missing or damaged, or the data is no longer there or has changed.
  package convenience init(
    resuming folder: RunFolder, acceptsChangedData: Bool = false, _ change: (inout RunOptions) -> Void = { _ in }
  ) throws {
    let checkpoint = try Checkpoint(contentsOf: folder.checkpoint)
    let source = folder.checkpoint.relativePath
    guard let json = checkpoint.metadata[SavedModel.optionsKey],
      var options = try? JSONCoding.decode(RunOptions.self, json), options.isConsistent
    else {
      throw DataError(source, "no checkpoint of `myelin train`", expected: "metadata \"\(SavedModel.optionsKey)\"")
    }
    change(&options)
    let done = checkpoint.state.epoch + (checkpoint.state.batch > 0 ? 1 : 0)
    guard options.settings.epochs >= done else {
      throw DataError(
        folder.path, "the run has begun \(done) epochs already", expected: "--epochs of at least that many",
        found: "\(options.settings.epochs)")
    }
    let task = try Recipes.of(options.source).task(options, near: folder)
    guard checkpoint.metadata[SavedModel.preprocessingKey] == (try task.encoding) else {
      throw DataError(source, "the data has changed since this run began: it cannot go on")
    }
    guard acceptsChangedData || checkpoint.metadata[SavedModel.dataKey] == task.hash else {
      throw DataError(
        source, "the data has changed since this run began: it goes on only with --accept-changed-data")
    }
    try self.init(
      options, task: task.learned(options), count: task.trainingCount, checkpoint: checkpoint, source: source)
  }

  /// - Parameters:
  ///   - count: samples that training has, of which members of an ensemble hold out some.
  ///   - source: how errors name the checkpoint.
  private init(
    _ options: RunOptions, task: any RunTask, count: Int, checkpoint: Checkpoint?, source: String = "checkpoint"
  ) throws {
    self.options = options
    trainingCount = count
    self.task = task
    isResumed = checkpoint != nil
    RandomGenerator.shared.reset(seed: options.seed)
    // Before the network is built: its sizes come from outside.
    let size = task.size(options)
    // Weight, gradient, the optimizer's states; those that are kept as the best; the averages, and the weights while these
    // are judged.
    let copies =
      2 + options.settings.optimizer.stateCount + (task.isWatched ? 1 : 0) + (options.settings.averaging != nil ? 2 : 0)
    // Of each layer its output, its gradient and a mask.
    let rows = min(options.settings.batchSize, task.trainingCount)
    try MemoryNeed(
      parameterCount: size.parameterCount, copies: copies, activations: 3 * rows * size.activationCount
    ).check("\(size.description): training")
    if let checkpoint, checkpoint.weights.values.reduce(0, { $0 + $1.count }) != size.stateCount {
      throw DataError(source, "the weights do not fit the network, \(size.description)")
    }
    (model, trainer, fit, heldOut, finish) = TrainingRun.assembled(task, options)
    let settings = options.settings
    let isWatched = task.isWatched
    trainer.options = TrainerOptions {
      $0.epochs = settings.epochs
      $0.batchSize = settings.batchSize
      $0.seed = options.seed
      $0.schedule = settings.makeSchedule()
      $0.gradientClipping = options.clipping.map(GradientClipping.norm)
      $0.keepsBestWeights = isWatched
      $0.timeLimit = options.seconds
      if let size = task.evaluationBatchSize { $0.evaluationBatchSize = size }
      $0.precision = settings.precision
      $0.averaging = settings.averaging.map { WeightAveraging(decay: $0) }
      if isWatched, let patience = options.patience { $0.earlyStopping = EarlyStopping(patience: patience) }
    }
    if let checkpoint { try trainer.restore(checkpoint) }
  }

  /// The epochs are watched on the validation samples; where there are none, on the test samples, by which nothing is
  /// chosen.
  private static func assembled<Task: RunTask>(_ task: Task, _ options: RunOptions) -> (
    any RunModel, AnyTrainer, () throws -> TrainingResult, () -> Scores, () throws -> Finished
  ) {
    let model = task.makeModel(options)
    let trainer = task.makeTrainer(model, options)
    let watched: any Dataset<Task.Samples.Batch> = task.validation.map { $0 } ?? task.test
    func heldOut(_ finished: Task.Model?) -> Scores {
      finished.flatMap { task.heldOutScores(of: $0) } ?? trainer.evaluate(watched).scores
    }
    return (
      model, trainer, { try trainer.fit(task.augmented, validation: watched) },
      { heldOut(try? task.finished(model, options)) },
      {
        let finished = try task.finished(model, options)
        return Finished(
          model: finished, test: task.test(of: finished), heldOut: { heldOut(finished) },
          assess: { task.assessment(of: finished) })
      }
    )
  }

  /// A model whose training is over.
  private struct Finished {
    let model: any RunModel
    let test: TrainingReport.Test
    let heldOut: () -> Scores
    let assess: () -> TableAssessment?
  }

  package struct Outcome: Sendable {
    package let result: TrainingResult
    /// Scores of an ensemble's members on the rows that each held out; nil for one network.
    package let heldOut: Scores?
    package let test: TrainingReport.Test
    /// Of a table's model that was trained to its end.
    package let assessment: TableAssessment?
    package let folder: RunFolder

    /// Accuracy or R² of an ensemble's members on their held-out rows.
    package var heldOutText: String? {
      guard let heldOut else { return nil }
      let score = heldOut[measurement: Metric.accuracy.name] ?? heldOut[measurement: Metric.rSquared.name]
      return score.map { "\($0.metric.title) \($0.text)" }
    }
  }

  /// Trains and leaves model, checkpoint, log and report in `folder`.
  package func train(in folder: RunFolder, observers: [any TrainingObserver] = []) throws -> Outcome {
    let folder = try folder.held()
    let writer = CheckpointWriter(folder.checkpoint, minimumSeconds: 1, metadata: try model.metadata)
    trainer.observers = observers + [TrainingLog(folder.log), writer]
    do {
      let result = try fit()
      // A run that was interrupted has the weights of the last step in its model still.
      return try trainer.withAveragedWeights {
        let finished = try finish()
        model = finished.model
        try model.write(to: folder.model)
        var assessment = result.reason == .interrupted ? nil : finished.assess()
        assessment?.command = options.command(trainingRows: trainingCount)
        let outcome = Outcome(
          result: result, heldOut: result.memberEpochs.map { _ in finished.heldOut() }, test: finished.test,
          assessment: assessment, folder: folder)
        try DataFile.write(Array(report(outcome).html().utf8), to: folder.report)
        try RunResult(outcome, self).write(to: folder.result)
        return outcome
      }
    } catch {
      // A run that failed before its first epoch leaves nothing behind.
      folder.abandon()
      throw error
    }
  }

  package func report(_ outcome: Outcome) -> TrainingReport {
    let scores = outcome.test.scores
    var main =
      scores[measurement: Metric.accuracy.name].map {
        "**\($0.text)** of the \(outcome.test.name) rows are classified right"
      }
      ?? scores[.rSquared].map { "**R² \(PlotNumber.short($0))** on the \(outcome.test.name) rows" }
      ?? "loss \(scores.loss)"
    if case .measured(let headline, _) = outcome.test.kind, let score = scores[measurement: headline.name] {
      main = "**\(headline.title) \(score.text)** on the test part"
    }
    let epochs = trainer.state.history.count
    let time = PlotNumber.short(outcome.result.seconds, digits: 3)
    let unfinished =
      switch outcome.result.reason {
      case .interrupted: " Training was stopped before its end."
      case .timeLimit: " The time was up before all \(options.settings.epochs) epochs were done."
      case .finished, .noGain: ""
      }
    let heldOut = outcome.heldOutText.map {
      " On the rows that each network held out, by which its best epoch was chosen: \($0)."
    }
    var report = TrainingReport(
      title: "Training on \(options.source.name)",
      result: "\(main), after \(epochs) epochs\(isResumed ? "" : " in \(time) s").\(unfinished)\(heldOut ?? "")",
      data: task.facts,
      model: summary, options: options.facts, history: trainer.state.history,
      keptEpoch: outcome.result.restoredEpoch, heldOutName: heldOutName, test: outcome.test,
      samples: task.samplePictures)
    report.columns = task.columns
    report.filters = task.insight(into: model.network)
    report.assessment = outcome.assessment
    if let assessment = outcome.assessment {
      let importance = Dictionary(uniqueKeysWithValues: assessment.importance.map { ($0.column, $0.mean) })
      for index in report.columns.indices { report.columns[index].importance = importance[report.columns[index].name] }
    }
    return report
  }

  /// `validation`, or `test` where no rows were set aside for validation.
  package var heldOutName: String { !task.isWatched ? "test" : "validation" }

  package var summary: ModelSummary { model.summary }
}

extension RunTask {
  /// Whether samples were set aside to watch training by.
  package var isWatched: Bool { validation != nil }
  package var trainingCount: Int { training.count }
  package var testCount: Int { test.count }
}
