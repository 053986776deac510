import Foundation
import Myelin

/// What a run trains: data that was read and split, the network that suits it, and how both are judged.
///
/// Its batches and its network may be of any kind; a run knows them only through this.
package protocol RunTask {
  associatedtype Samples: Dataset
  associatedtype Model: RunModel where Model.Samples == Samples
  /// The form in which they are learned.
  associatedtype TrainingSamples: Dataset = Samples where TrainingSamples.Batch == Samples.Batch

  var training: TrainingSamples { get }
  /// The training samples as training sees them: changed at random in each epoch, where that helps.
  var augmented: any Dataset<Samples.Batch> { get }
  /// Watched while training; nil where none were set aside.
  var validation: TrainingSamples? { get }
  var test: Samples { get }
  /// What they are, for people.
  var facts: [TrainingReport.Fact] { get }
  /// The columns of a table, and what became of them; empty for other data.
  var columns: [ColumnSummary] { get }
  var learning: LearningTask { get }
  /// How data is encoded, as text: with another one a run cannot go on.
  var encoding: String { get throws }
  /// ``ContentHash`` of all samples, their labels, their order and their parts.
  var hash: String { get }
  /// Samples that are judged at a time; nil for what suits small ones.
  var evaluationBatchSize: Int? { get }
  /// Some of the training samples to look at, where they are pictures.
  var samplePictures: PictureGroup? { get }
  /// What a trained network of pictures looks for or at; nil for other data, and where there is nothing to show.
  func insight(into network: any Module) -> PictureGroup?

  /// The same data in the form in which `options` have it learned.
  ///
  /// - Throws: `DataError` where the data is too little for that.
  func learned(_ options: RunOptions) throws -> any RunTask
  /// How large the network of `options` is; asked before it is built.
  func size(_ options: RunOptions) -> NetworkSize
  /// The network, its weights drawn from `RandomGenerator.shared`.
  func makeModel(_ options: RunOptions) -> Model
  /// The trained model with all that its answers need beside the weights.
  ///
  /// - Throws: `DataError` where the data does not allow what `options` ask for.
  func finished(_ model: Model, _ options: RunOptions) throws -> Model
  /// Scores of the finished model on the rows that its members held out; nil where those of the trained one are meant.
  func heldOutScores(of model: Model) -> Scores?
  /// The scores of the finished model that are reported.
  func test(of model: Model) -> TrainingReport.Test
  /// What tells whether a trained model can be used, beside the scores of the test: of a table; nil for other data.
  func assessment(of model: Model) -> TableAssessment?
  /// A trainer for the model, with its objective and optimizer; the run sets the trainer's options.
  func makeTrainer(_ model: Model, _ options: RunOptions) -> Trainer<Samples.Batch>
}

extension RunTask {
  package var augmented: any Dataset<Samples.Batch> { training }
  package var columns: [ColumnSummary] { [] }
  package var evaluationBatchSize: Int? { nil }
  package func learned(_ options: RunOptions) throws -> any RunTask { self }
  package func heldOutScores(of model: Model) -> Scores? { nil }
  package func finished(_ model: Model, _ options: RunOptions) throws -> Model { model }
  package func test(of model: Model) -> TrainingReport.Test { model.test(on: test) }
  package func assessment(of model: Model) -> TableAssessment? { nil }
}

/// A network with all that using it needs: what `model.safetensors` of a run holds.
///
/// One of a new kind of batch (tokens, graphs) is a type of its own and a line in ``RunModels/kinds``; a new network of
/// tensors is a ``NetworkConfiguration`` and a line in ``Networks/kinds``.
package protocol RunModel<Samples> {
  associatedtype Samples: Dataset

  /// How a file's metadata names models of this type: `tensor`.
  static var kind: String { get }
  /// The model that a file holds.
  ///
  /// - Throws: `DataError` for a file whose parts do not fit each other.
  init(_ file: ModelFile) throws

  var options: RunOptions { get }
  var network: any Module { get }
  var summary: ModelSummary { get }
  /// What it takes and gives.
  var description: ModelDescription { get }
  /// Text for the model's file and the checkpoints, by which they are read again.
  var metadata: [String: String] { get throws }

  /// The samples of a file with what is to be predicted.
  ///
  /// - Parameter warn: is told, a line each, of what was left out.
  func samples(of path: String, _ options: InputOptions, warn: (String) -> Void) throws -> Samples
  /// The test part of the data that the model was trained from, encoded as it was then, and whether the data has changed
  /// since, so that these may be other samples than those that training did not see.
  ///
  /// - Parameter folder: the run's folder, near which data that was moved is looked for.
  /// - Throws: `DataError` when the data is no longer there, or has changed so that it is encoded in another way.
  func testSamples(near folder: RunFolder?) throws -> (samples: Samples, hasChanged: Bool)
  /// The same model, its answers for pictures the mean over each and its mirror image, or not.
  ///
  /// - Throws: `DataError` where it takes no pictures.
  func answering(testFlips: Bool) throws -> Self
  /// Loss and metrics in the data's own units, and what a report shows of them.
  func test(on samples: Samples) -> TrainingReport.Test
  /// The answers for files without what is to be predicted: one, or several where they are pictures.
  ///
  /// - Parameter warn: is told, a line each, of values that training did not see, and of what was left out.
  func answers(of paths: [String], _ options: InputOptions, warn: (String) -> Void) throws -> Answers
}

/// How files beside a run's own data are read.
package struct InputOptions: Sendable {
  /// Of a table.
  package var table: TableOptions.Reading
  /// What is done about pictures that cannot be used.
  package var badFiles: BadFiles
  /// The chance with which the truth is to lie in an interval around a number; nil for none.
  package var interval: Double?
  /// The file of the edges between nodes; nil for the run's own.
  package var edges: String?
  /// Steps ahead, of series; nil for as many as the model has learned.
  package var horizon: Int?

  package init(
    table: TableOptions.Reading = .init(), badFiles: BadFiles = .refuse, interval: Double? = nil, edges: String? = nil,
    horizon: Int? = nil
  ) {
    self.horizon = horizon
    self.table = table
    self.badFiles = badFiles
    self.interval = interval
    self.edges = edges
  }
}

/// What a model takes and gives, for people and programs.
package struct ModelDescription: Sendable {
  /// `classification`, `detection` and the like.
  package var task: String
  /// What is predicted.
  package var target: String
  /// Empty for a regression.
  package var classNames: [String]
  /// Numbers that the network takes for a sample.
  package var inputCount: Int
  /// The columns that they are made of, where the data is a table.
  package var inputColumns: [String]?
  /// How its outputs become answers, where that was chosen on held-out rows.
  package var rules: [TrainingReport.Fact] = []
}

extension RunTask {
  package var samplePictures: PictureGroup? { nil }
  package func insight(into network: any Module) -> PictureGroup? {
    samplePictures == nil ? nil : .firstFilters(of: network)
  }
}

extension RunModel {
  /// The data that the model was trained from, read again.
  ///
  /// - Parameter isSame: whether it is encoded as it was then.
  /// - Throws: `DataError` when it is no longer there or is encoded in another way.
  func taskAgain<Task: RunTask>(_ type: Task.Type, near folder: RunFolder?, isSame: (Task) -> Bool) throws -> Task {
    guard let task = try Recipes.of(options.source).task(options, near: folder) as? Task, isSame(task) else {
      throw DataError(
        options.source.name, "the data has changed since the model was trained: its test part is not the same")
    }
    return task
  }

  /// The path of the one file that is to be answered for.
  ///
  /// - Parameters:
  ///   - paths: what was given; one at least.
  ///   - expected: what it is to be, for errors.
  /// - Throws: `DataError` for several, and for an interval, which tables' models of a number alone have.
  func onePath(_ paths: [String], _ options: InputOptions, expected: String = "one file") throws -> String {
    guard paths.count == 1 else { throw DataError(paths[1], "a second input", expected: expected) }
    try refuseInterval(options, paths[0])
    return paths[0]
  }

  /// - Throws: `DataError` where an interval was asked for, which only a model of a number in a table has.
  func refuseInterval(_ options: InputOptions, _ path: String) throws {
    guard options.interval == nil else {
      throw DataError(path, "an interval", expected: "a model of a number in a table")
    }
  }

  package func answering(testFlips: Bool) throws -> Self {
    throw DataError("--test-flips", "does nothing with a model that takes no pictures")
  }

  package func write(to url: URL) throws {
    let arrays = NamedArrays(network.stateDictionary.mapValues { NumericArray($0) })
    var metadata = try metadata
    // Other tools ask for this key to know how tensors are laid out.
    metadata[Safetensors.formatKey] = Safetensors.format
    metadata[ModelFile.kindKey] = Self.kind
    try Safetensors(arrays, metadata: metadata, source: url.relativePath).write(to: url)
  }

  /// Scores of a file, or of the test part of the model's own data where none is named.
  package func evaluation(
    of path: String?, _ options: InputOptions = InputOptions(), near folder: RunFolder?,
    warn: (String) -> Void = { _ in }
  ) throws -> ModelEvaluation {
    let (samples, hasChanged) =
      try path.map { (try self.samples(of: $0, options, warn: warn), false) } ?? testSamples(near: folder)
    return ModelEvaluation(test: test(on: samples), count: samples.count, hasChanged: hasChanged)
  }
}

/// How good a model is on some samples.
package struct ModelEvaluation {
  package let test: TrainingReport.Test
  package let count: Int
  /// Whether the data has changed since the model was trained, so that it may have seen these samples.
  package let hasChanged: Bool
}

/// The models that a file can hold.
package enum RunModels {
  /// A new kind is one line here.
  static var kinds: [any RunModel.Type] {
    [
      SavedModel.self, TargetsModel.self, DetectionModel.self, SimilarityModel.self, DiffusionModel.self,
      LanguageModel.self, TextClassifier.self, NodeModel.self, PairModel.self, ForecastModel.self, SequenceModel.self,
      SoundModel.self, VolatilityModel.self, CaptionModel.self, RatingModel.self, MoleculeModel.self, AnomalyModel.self,
    ]
  }

  /// - Throws: `DataError` for a file that is not there, damaged, or not written by Myelin.
  package static func read(_ url: URL) throws -> any RunModel {
    let file = try ModelFile(contentsOf: url)
    guard let kind = kinds.first(where: { $0.kind == file.kind }) else {
      throw DataError(
        file.source, "a model of the kind \(DataError.quoted(file.kind))",
        expected: kinds.map { DataError.quoted($0.kind) }.joined(separator: " or "))
    }
    return try kind.init(file)
  }
}
