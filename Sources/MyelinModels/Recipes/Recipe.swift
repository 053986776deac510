import Myelin

/// Data that `myelin train NAME` knows, with the network and the training that suit it.
///
/// A recipe is one file in this folder and one line in ``Recipes/all``. Most are values of ``TableRecipe``. One of another
/// family (images for a convolutional network, text for a transformer) reads its data into a ``RunTask`` of its own, whose
/// batches, network and metrics may be of any kind.
package protocol Recipe: Sendable {
  /// As on the command line: `breast-cancer`.
  var name: String { get }
  /// One line on what it is.
  var summary: String { get }
  /// The network and the training that suit the data; each can be changed by an option.
  var settings: TrainingSettings { get }
  /// Name of the network where it is always the same one; nil for an MLP of the layers, activation and dropout that the
  /// settings name.
  var network: String? { get }
  /// The preset that the settings come from, where these follow from the number of rows.
  var preset: Preset? { get }
  /// What can be said of where the data is and what of it is learned.
  var sourceOptions: Set<RunSource.Option> { get }
  /// Whether the test samples are given, so that no share of the others is set aside.
  var hasOwnTest: Bool { get }
  /// Whether a network that has a name takes `--dropout`.
  var takesDropout: Bool { get }
  /// Whether a network of pairs of sequences takes them as pieces, so many as `--tokens` says.
  var takesPieces: Bool { get }
  /// Share of the samples that is kept for the test where nothing is said.
  var usualTestShare: Double { get }
  /// Share of the samples that training is watched by where nothing is said.
  var usualValidationShare: Double { get }
  /// Limit of the gradients' norm where nothing is said; nil for none.
  var usualClipping: Float? { get }
  /// Options of training that do nothing here, as on the command line: `--balance`.
  var optionsWithoutEffect: Set<String> { get }

  /// Reads and splits the data.
  ///
  /// - Parameter folder: of the run that the options are from: where data that was moved is looked for.
  /// - Throws: `DataError` for data that is missing, damaged, or too little.
  func task(_ options: RunOptions, near folder: RunFolder?) throws -> any RunTask
}

extension Recipe {
  package var network: String? { nil }
  package var preset: Preset? { nil }
  package var sourceOptions: Set<RunSource.Option> { [] }
  package var hasOwnTest: Bool { false }
  package var takesDropout: Bool { false }
  package var takesPieces: Bool { false }
  package var usualTestShare: Double { 0.2 }
  package var usualValidationShare: Double { 0 }
  package var usualClipping: Float? { nil }
  package var optionsWithoutEffect: Set<String> { [] }
}

/// A kind of data of one's own: a recipe for what a path leads to. `--target` and the like say how to read it.
package protocol OwnData: Recipe {
  /// What `--task` calls this kind, where it can be asked for by name.
  var taskName: String? { get }
  /// The option by which it is asked for; nil where it is known by its path or its task.
  var askedBy: RunSource.Option? { get }
  /// Whether a path is of this kind, by its name or a look at it. The first kind that says yes has it.
  ///
  /// - Parameter target: the column to predict, where one is named.
  func accepts(_ path: String, target: String?) -> Bool
  /// `validation` and `test`, where the data at a path brings samples for these itself, so that no share of the others is
  /// set aside.
  func givenParts(of path: String) throws -> Set<String>
}

extension OwnData {
  package var taskName: String? { nil }
  package var askedBy: RunSource.Option? { nil }
  package func accepts(_ path: String, target: String?) -> Bool { false }
  package func givenParts(of path: String) throws -> Set<String> { [] }
}

/// All recipes, and all kinds of own data.
package enum Recipes {
  package static let all: [any Recipe] = [
    TableRecipe.digits, TableRecipe.iris, TableRecipe.wine, TableRecipe.breastCancer, TableRecipe.penguins,
    TableRecipe.ames, TableRecipe.churn, FashionMNISTRecipe.mlp, FashionMNISTRecipe.cnn, FashionMNISTRecipe.resNet,
    FashionMNISTRecipe.visionTransformer, DigitsCNN(), Waste(), Detect(), DetectScenes(), Similar(), Captions(),
    DiffusionRecipe(), ForecastRecipe.co2, ForecastRecipe.equipment, ForecastRecipe.taylor, SequenceRecipe.vowels,
    SequenceRecipe.names, SpokenWords(), Trading(), TextRecipe.reviews, TextRecipe.intents, LanguageRecipe.gpt,
    PairRecipe.translate, PairRecipe.spell, Karate(), Social(), TableRecipe.intrusion,
    TableRecipe.thyroid, Anomaly(), RecommendRecipe(), Molecules.random, Molecules.scaffolds,
  ]

  /// In the order in which they are asked.
  package static let ownData: [any OwnData] = [
    ForecastData(), SequenceData(), SoundFolderData(), TextData(), PictureFolderData(), TextTableData(), PairData(),
    NodeData(), RatingData(), MoleculeData(), CaptionData(), CSVData(),
  ]

  package static let names = all.map(\.name)

  /// The kind of own data that a path leads to.
  ///
  /// - Parameters:
  ///   - task: what `--task` says, which may name the kind.
  ///   - target: the column to predict; where one is named, it is a kind that has columns.
  ///   - given: the options that were given, of which one may ask for a kind.
  package static func kind(
    of path: String, task: String?, target: String?, given: [RunSource.Option] = []
  ) -> (any OwnData)? {
    if let asked = ownData.first(where: { $0.askedBy.map(given.contains) ?? false }) { return asked }
    if let named = ownData.first(where: { task != nil && $0.taskName == task }) { return named }
    // Another task is one of tables.
    let known = ownData.filter { (task == nil || $0.taskName == nil) }
    return known.first { (target == nil || $0.sourceOptions.contains(.target)) && $0.accepts(path, target: target) }
  }

  /// The recipe of that name, if there is one.
  package static func named(_ name: String) -> (any Recipe)? { all.first { $0.name == name } }

  /// The recipe or the kind of own data that a run was made with.
  ///
  /// - Throws: `DataError` for one that this version does not have.
  package static func of(_ source: RunSource) throws -> any Recipe {
    let known: [any Recipe] = source.isOwnData ? ownData : all
    guard let recipe = known.first(where: { $0.name == source.recipe }) else {
      throw DataError(source.recipe, "no data of this name; \(DataError.suggestion(for: source.recipe, among: names))")
    }
    return recipe
  }
}
