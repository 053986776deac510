import Foundation
import Myelin

/// Where a run's samples come from, and what of them is learned.
package struct RunSource: Codable, Equatable, Sendable {
  /// What can be said of it beside the recipe.
  package enum Option: String, Sendable {
    case target, task, images, table, language, nodes, edges, smiles, forecast
    case pictures
    case imageSize = "image-size"
    case badFiles = "bad-files"
  }

  /// Name of the recipe, or of the kind of own data.
  package var recipe: String
  /// Whether the data is somebody's own and not a recipe's.
  package var isOwnData: Bool
  /// Of own data, or of a folder that a recipe reads instead of what is shipped.
  package var path: DataPath?
  /// The column to predict.
  package var target: String?
  /// Inferred from the target where it is nil.
  package var task: LearningTask?
  /// Whether numbers are counts; nil where that follows from them.
  package var isCount: Bool?
  /// Levels of the quantiles of a number that are learned in its place; nil for none.
  package var quantiles: [Double]?
  /// Of a table of one's own.
  package var table: TableOptions?
  /// What pictures are brought to; nil for what suits them.
  package var imageSize: ImageSize?
  /// What is done about pictures that cannot be read; nil refuses them.
  package var badFiles: BadFiles?
  /// The edges between the rows of a table of nodes.
  package var edges: DataPath?
  /// What is forecast of series of one's own.
  package var forecast: ForecastOptions?
  /// The column of a table that holds molecules.
  package var smiles: String?

  /// Where the data is.
  package func files(near folder: RunFolder?) -> [String] {
    [path, table?.testFile, edges].compactMap { $0?.located(near: folder) }
  }

  /// The data of a recipe.
  package init(recipe: String, path: DataPath? = nil) {
    self.recipe = recipe
    isOwnData = false
    self.path = path
  }

  /// Data of one's own.
  package init(own kind: any OwnData, path: DataPath, target: String? = nil, task: LearningTask? = nil) {
    recipe = kind.name
    isOwnData = true
    self.path = path
    self.target = target
    self.task = task
  }

  /// Short, and fit for a folder's name.
  package var name: String { isOwnData ? path?.stem ?? recipe : recipe }
}

/// All that decides what a run comes to. Written into the model's file, so that a run can be repeated and resumed; the
/// number of threads is not among it because it changes nothing.
package struct RunOptions: Codable, Equatable, Sendable {
  package var source: RunSource
  /// The network and how it is trained.
  package var settings: TrainingSettings
  /// Limit of the gradients' norm; nil for none.
  package var clipping: Float?
  /// Whether rare classes count more in the loss.
  package var balancesClasses = false
  /// How the probability is chosen from which the second of two classes is told; nil for the more probable class.
  package var threshold: ThresholdRule?
  package var seed: UInt64 = 0
  /// Shares of all rows that are set aside.
  package var validationShare = 0.0
  package var testShare = 0.2
  /// Epochs without a gain in validation loss after which training stops; nil trains all epochs. Needs validation rows.
  package var patience: Int?

  /// How much training may cost, where the settings are to follow from the number of rows; nil where they are as they
  /// stand.
  package var preset: Preset?

  /// Seconds that training may take; nil for as many as it needs.
  package var seconds: Double?

  package init(source: RunSource, settings: TrainingSettings = TrainingSettings()) {
    self.source = source
    self.settings = settings
  }

  /// The options that suit the data.
  ///
  /// - Throws: `DataError` for a recipe that does not exist.
  package static func suited(to source: RunSource) throws -> RunOptions {
    let recipe = try Recipes.of(source)
    var options = RunOptions(source: source, settings: recipe.settings)
    options.preset = recipe.preset
    options.testShare = recipe.usualTestShare
    options.validationShare = recipe.usualValidationShare
    options.clipping = recipe.usualClipping
    return options
  }

  /// Puts what the preset has for so many training rows in the place of the settings.
  mutating func settle(trainingRows: Int) {
    guard let preset else { return }
    settings = preset.settings(rows: trainingRows)
    patience = Preset.patience
  }

  /// Whether training can be done with them; options read from a file may be anything.
  var isConsistent: Bool {
    validationShare >= 0 && testShare >= 0 && source.forecast?.isConsistent != false
      && source.quantiles.map(TargetEncoder.areLevels) ?? true
      && (testShare > 0 || source.table?.testFile != nil || settings.ensemble != nil || preset != nil)
      && validationShare + testShare < 1 && (patience ?? 1) >= 1
      && (clipping ?? 1) > 0 && (seconds ?? 1) > 0 && settings.isConsistent
  }

  /// For people, in the words of the command line.
  package var facts: [TrainingReport.Fact] {
    var facts: [TrainingReport.Fact] = []
    if let network = (try? Recipes.of(source))?.network {
      facts += settings.language?.facts ?? settings.pairs?.facts ?? [("network", network)]
      if settings.dropout > 0, (try? Recipes.of(source))?.takesDropout == true {
        facts.append(("dropout", "\(settings.dropout)"))
      }
    } else {
      let layers = settings.hiddenSizes.map(String.init).joined(separator: ", ")
      facts += [
        ("layers", layers.isEmpty ? "none (a linear model)" : layers), ("activation", "\(settings.activation)"),
        ("dropout", "\(settings.dropout)"),
      ]
    }
    if let ensemble = settings.ensemble {
      facts += [
        (
          "networks", "\(ensemble.members), each without a fold of the training rows, by which its best epoch is chosen"
        ),
        ("bins", "at most \(ensemble.binCount) for a column of numbers, of strength \(ensemble.binStrength)"),
      ]
    }
    if let preset { facts.append(("preset", preset.rawValue)) }
    facts += [
      ("epochs", "\(settings.epochs)"), ("batch size", "\(settings.batchSize)"),
      ("optimizer", settings.optimizer.rawValue), ("learning rate", "\(settings.learningRate)"),
      ("schedule", settings.schedule.rawValue), ("weight decay", "\(settings.weightDecay)"),
    ]
    if settings.inputDropout > 0 { facts.append(("input dropout", "\(settings.inputDropout)")) }
    if settings.warmupEpochs > 0 { facts.append(("warm-up", "\(settings.warmupEpochs) epochs")) }
    if settings.labelSmoothing > 0 { facts.append(("label smoothing", "\(settings.labelSmoothing)")) }
    if let decay = settings.averaging { facts.append(("averaged weights", "decay \(decay)")) }
    if settings.testFlips == true { facts.append(("test-time flips", "yes")) }
    if let precision = settings.precision { facts.append(("precision of training", precision.rawValue)) }
    if let delta = settings.huberDelta { facts.append(("Huber loss beyond", "\(delta) standard deviations")) }
    if let clipping { facts.append(("gradient norm at most", "\(clipping)")) }
    if balancesClasses { facts.append(("class weights", "balanced")) }
    if let threshold { facts.append(("threshold", threshold.text)) }
    if let patience { facts.append(("patience", "\(patience) epochs")) }
    if let seconds { facts.append(("time", "\(seconds) s")) }
    facts.append(("validation share", "\(validationShare)"))
    if let file = source.table?.testFile {
      facts.append(("test rows", file.given))
    } else {
      facts.append(("test share", "\(testShare)"))
    }
    facts.append(("seed", "\(seed)"))
    return facts
  }
}
