import Foundation
import Myelin

/// Where a run's samples come from.
package enum RunSource: Codable, Equatable, Sendable {
  /// A table that Myelin ships, by its name.
  case shipped(name: String)
  /// Fashion-MNIST: of a folder, or what is installed or shipped.
  case fashionMNIST(folder: DataPath?)
  /// A CSV file with the column to predict; the task is inferred where it is nil.
  case file(path: DataPath, target: String, task: LearningTask?)

  /// Short, and fit for a folder's name.
  package var name: String {
    switch self {
    case .shipped(let name): name
    case .fashionMNIST: "fashion-mnist"
    case .file(let path, _, _): path.stem
    }
  }
}

/// All that decides what a run comes to. Written into the model's file, so that a run can be repeated and resumed; the
/// number of threads is not among it because it changes nothing.
package struct RunOptions: Codable, Equatable, Sendable {
  package var source: RunSource
  /// The network and how it is trained.
  package var recipe: TrainingRecipe
  /// Limit of the gradients' norm; nil for none.
  package var clipping: Float?
  /// Whether rare classes count more in the loss.
  package var balancesClasses = false
  package var seed: UInt64 = 0
  /// Shares of all rows that are set aside.
  package var validationShare = 0.0
  package var testShare = 0.2
  /// Epochs without a gain in validation loss after which training stops; nil trains all epochs. Needs validation rows.
  package var patience: Int?

  package init(source: RunSource, recipe: TrainingRecipe = TrainingRecipe()) {
    self.source = source
    self.recipe = recipe
  }

  /// The options that suit a data set.
  package static func suited(to source: RunSource) -> RunOptions {
    switch source {
    case .shipped, .fashionMNIST:
      RunOptions(source: source, recipe: TrainingRecipe.named(source.name) ?? TrainingRecipe())
    // Its name may be that of a shipped table, its content is not.
    case .file: RunOptions(source: source)
    }
  }

  /// Whether training can be done with them; options read from a file may be anything.
  var isConsistent: Bool {
    validationShare >= 0 && testShare > 0 && validationShare + testShare < 1 && (patience ?? 1) >= 1
      && (clipping ?? 1) > 0 && recipe.isConsistent
  }

  /// For people, in the words of the command line.
  package var facts: [TrainingReport.Fact] {
    let layers = recipe.hiddenSizes.map(String.init).joined(separator: ", ")
    var facts: [TrainingReport.Fact] = [
      ("layers", layers.isEmpty ? "none (a linear model)" : layers), ("activation", "\(recipe.activation)"),
      ("epochs", "\(recipe.epochs)"), ("batch size", "\(recipe.batchSize)"),
      ("optimizer", recipe.optimizer.rawValue), ("learning rate", "\(recipe.learningRate)"),
      ("schedule", recipe.schedule.rawValue), ("weight decay", "\(recipe.weightDecay)"),
      ("dropout", "\(recipe.dropout)"),
    ]
    if recipe.inputDropout > 0 { facts.append(("input dropout", "\(recipe.inputDropout)")) }
    if recipe.warmupEpochs > 0 { facts.append(("warm-up", "\(recipe.warmupEpochs) epochs")) }
    if recipe.labelSmoothing > 0 { facts.append(("label smoothing", "\(recipe.labelSmoothing)")) }
    if let delta = recipe.huberDelta { facts.append(("Huber loss beyond", "\(delta) standard deviations")) }
    if let clipping { facts.append(("gradient norm at most", "\(clipping)")) }
    if balancesClasses { facts.append(("class weights", "balanced")) }
    if let patience { facts.append(("patience", "\(patience) epochs")) }
    facts.append(("validation share", "\(validationShare)"))
    facts.append(("test share", "\(testShare)"))
    facts.append(("seed", "\(seed)"))
    return facts
  }
}
