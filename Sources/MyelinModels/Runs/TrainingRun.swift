import Foundation
import Myelin

/// A run from data to report: what `myelin train` does, without its words.
///
/// ```swift
/// let run = try TrainingRun(RunOptions(source: .shipped(name: "iris")))
/// let outcome = try run.train(in: .new(nil, name: "iris"), observers: [ProgressDisplay()])
/// print(outcome.test.scores["accuracy"]!)
/// ```
package final class TrainingRun {
  package let options: RunOptions
  package let data: RunData
  package let model: SavedModel
  package let trainer: Trainer<TensorBatch>
  /// Whether it goes on from a checkpoint.
  package let isResumed: Bool

  /// Loads the data and builds the network. Sets the seed of `RandomGenerator.shared`.
  package convenience init(_ options: RunOptions) throws {
    try self.init(options, data: RunData(options), checkpoint: nil)
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
    guard options.recipe.epochs >= done else {
      throw DataError(
        folder.path, "the run has begun \(done) epochs already", expected: "--epochs of at least that many",
        found: "\(options.recipe.epochs)")
    }
    let data = try RunData(options, near: folder)
    guard checkpoint.metadata[SavedModel.preprocessingKey] == (try JSONCoding.encode(data.preprocessing)) else {
      throw DataError(source, "the data has changed since this run began: it cannot go on")
    }
    guard acceptsChangedData || checkpoint.metadata[SavedModel.dataKey] == data.hash else {
      throw DataError(
        source, "the data has changed since this run began: it goes on only with --accept-changed-data")
    }
    try self.init(options, data: data, checkpoint: checkpoint, source: source)
  }

  /// - Parameter source: how errors name the checkpoint.
  private init(_ options: RunOptions, data: RunData, checkpoint: Checkpoint?, source: String? = nil) throws {
    self.options = options
    self.data = data
    isResumed = checkpoint != nil
    RandomGenerator.shared.reset(seed: options.seed)
    let preprocessing = data.preprocessing
    let recipe = options.recipe
    let configuration = recipe.configuration(
      inputs: preprocessing.inputCount, outputs: preprocessing.outputCount)
    // Weight, gradient, the optimizer's states; and those that early stopping puts back.
    let copies = 2 + recipe.optimizer.stateCount + (data.validation == nil ? 0 : 1)
    // Of each layer its output, its gradient and a mask.
    let rows = min(recipe.batchSize, data.training.count)
    try MemoryNeed(
      parameterCount: configuration.parameterCount, copies: copies,
      activations: 3 * rows * configuration.sizes.reduce(0, +)
    ).check("layers \(recipe.hiddenSizes.map(String.init).joined(separator: ",")): training")
    if let checkpoint, checkpoint.weights.values.reduce(0, { $0 + $1.count }) != configuration.parameterCount {
      throw DataError(source ?? "checkpoint", "the weights do not fit the network's sizes \(configuration.sizes)")
    }
    let network = MLP(configuration)
    model = SavedModel(network: network, preprocessing: preprocessing, options: options, dataHash: data.hash)
    let objective = model.objective(
      classWeights: options.balancesClasses ? TrainingRun.balancedWeights(data) : nil)
    trainer = Trainer(network, objective: objective, optimizer: recipe.makeOptimizer(network))
    trainer.options = TrainerOptions {
      $0.epochs = recipe.epochs
      $0.batchSize = recipe.batchSize
      $0.seed = options.seed
      $0.schedule = recipe.makeSchedule()
      $0.gradientClipping = options.clipping.map(GradientClipping.norm)
      $0.keepsBestWeights = data.validation != nil
      if data.validation != nil, let patience = options.patience {
        $0.earlyStopping = EarlyStopping(patience: patience)
      }
    }
    if let checkpoint { try trainer.restore(checkpoint) }
  }

  /// Rows / (classes · rows of the class), so that every class has the same say.
  private static func balancedWeights(_ data: RunData) -> [Float]? {
    guard let labels = data.training.labels?.values else { return nil }
    let classes = data.preprocessing.outputCount
    var counts = [Int](repeating: 0, count: classes)
    for label in labels { counts[Int(label)] += 1 }
    return counts.map { $0 == 0 ? 0 : Float(labels.count) / Float(classes * $0) }
  }

  package struct Outcome: Sendable {
    package let result: TrainingResult
    package let test: TrainingReport.Test
    package let folder: RunFolder
  }

  /// Trains and leaves model, checkpoint, log and report in `folder`.
  ///
  /// The epochs are watched on the validation rows; where there are none, on the test rows, by which nothing is chosen.
  package func train(in folder: RunFolder, observers: [any TrainingObserver] = []) throws -> Outcome {
    let folder = try folder.held()
    let writer = CheckpointWriter(folder.checkpoint, minimumSeconds: 1, metadata: try model.metadata)
    trainer.observers = observers + [TrainingLog(folder.log), writer]
    do {
      let result = try trainer.fit(data.training, validation: data.validation ?? data.test)
      try model.write(to: folder.model)
      let test = model.test(on: data.test)
      let outcome = Outcome(result: result, test: test, folder: folder)
      try DataFile.write(Array(report(outcome).html().utf8), to: folder.report)
      return outcome
    } catch {
      // A run that failed before its first epoch leaves nothing behind.
      folder.abandon()
      throw error
    }
  }

  package func report(_ outcome: Outcome) -> TrainingReport {
    let scores = outcome.test.scores
    let main =
      scores[measurement: Metric.accuracy.name].map { "**\($0.text)** of the test rows are classified right" }
      ?? scores[.rSquared].map { "**R² \(PlotNumber.short($0))** on the test rows" } ?? "loss \(scores.loss)"
    let epochs = trainer.state.history.count
    let time = PlotNumber.short(outcome.result.seconds, digits: 3)
    let unfinished = outcome.result.reason == .interrupted ? " Training was stopped before its end." : ""
    return TrainingReport(
      title: "Training on \(options.source.name)",
      result: "\(main), after \(epochs) epochs\(isResumed ? "" : " in \(time) s").\(unfinished)", data: data.facts,
      model: summary, options: options.facts, history: trainer.state.history,
      keptEpoch: outcome.result.restoredEpoch, heldOutName: heldOutName, test: outcome.test)
  }

  /// `validation`, or `test` where no rows were set aside for validation.
  package var heldOutName: String { data.validation == nil ? "test" : "validation" }

  package var summary: ModelSummary { model.summary }
}

extension SavedModel {
  /// The network's layers, with the shapes that one row gives.
  package var summary: ModelSummary { network.summary(inputShape: Shape(1, preprocessing.inputCount)) }
}
