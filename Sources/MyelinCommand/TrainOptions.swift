import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// What `myelin train` can be told. An option that is not given keeps what suits the data set.
struct TrainOptions: ParsableArguments {
  /// What `--help` names as defaults.
  private static let usual = TrainingSettings()
  private static let usualLayers = usual.hiddenSizes.map(String.init).joined(separator: ",")

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What training on a table may cost: fast (2 networks), balanced (8 on 8 folds, 4 from 30,000 rows on; seconds for some thousand rows, about a CPU-minute for 50,000) or best (twice as many). Layers, epochs and the like then follow from the number of rows (default for a CSV file: balanced; with --layers or --validation one network).",
      valueName: "preset"))
  var preset: Preset?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Networks of a table, each without a fold of the training rows, by which its best epoch is chosen (default: what the preset has).",
      valueName: "count"))
  var folds: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Bins of a column of numbers at most, which those networks see beside it (default: by the rows).",
      valueName: "count"
    ))
  var bins: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("How much the bins weigh beside the number (default: by the rows).", valueName: "factor"))
  var binStrength: Float?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Stop training after so long and keep the best so far (default: no limit).", valueName: "seconds"))
  var time: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Units of the hidden layers, or 0 for a linear model (default: \(usualLayers)).", valueName: "sizes, as 128,64"))
  var layers: LayerSizes?

  @Option(
    name: .long,
    help: "Activation of the hidden layers: \(Activation.names.joined(separator: ", ")) (default: \(usual.activation))."
  )
  var activation: Activation?

  @Option(name: .long, help: "How often all training rows are seen (default: \(usual.epochs)).")
  var epochs: Int?

  @Option(name: .long, help: "Rows in each step (default: \(usual.batchSize)).")
  var batchSize: Int?

  @Option(name: .long, help: "How the weights are changed (default: \(usual.optimizer.rawValue)).")
  var optimizer: OptimizerKind?

  @Option(name: .long, help: "Step size at the start, or at the peak of the schedule (default: \(usual.learningRate)).")
  var learningRate: Float?

  @Option(name: .long, help: "How the learning rate goes over the run (default: \(usual.schedule.rawValue)).")
  var schedule: ScheduleKind?

  @Option(name: .long, help: "Epochs over which a cosine's rate rises (default: 0).")
  var warmup: Double?

  @Option(name: .long, help: "Share of hidden units that are dropped in training (default: \(usual.dropout)).")
  var dropout: Float?

  @Option(name: .long, help: "Share of inputs that are dropped in training (default: 0).")
  var inputDropout: Float?

  @Option(name: .long, help: "Pull of the weights towards 0 (default: \(usual.weightDecay)).")
  var weightDecay: Float?

  @Option(name: .long, help: "Share of the label that is spread over all classes (default: 0).")
  var labelSmoothing: Float?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Keep a moving average of the weights over the steps, which becomes the model: 0.99 averages about 100 steps (default: none).",
      valueName: "decay"))
  var average: Double?

  @Option(
    name: .long,
    help: "What products are computed with in training; bfloat16 is faster on some processors (default: float32).")
  var precision: Precision?

  @Option(name: .long, help: "Limit of the gradients' norm (default: none).")
  var clip: Float?

  @Flag(name: .long, help: "Let rare classes count as much as frequent ones (default: as their rows).")
  var balance = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "When the second of two classes is told, chosen on rows that the networks held out: f1; cost:FP,FN, what it costs to tell it wrongly and to miss it; recall@P, most that are found while the share P of what is told is right (default: when it is the more probable one).",
      valueName: "rule"))
  var threshold: ThresholdRule?

  @Option(
    name: .long, help: "Share of the rows to watch training by; the best epoch's weights are then kept (default: 0).")
  var validation: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Share of the rows that is kept for the test, or a CSV file of test rows; 0 trains on all rows of a table, and the scores are those of the rows that each network held out (default: 0.2).",
      valueName: "share or file"))
  var test: TestRows?

  @Option(name: .long, help: "Stop after so many epochs without a gain on the validation rows (default: all epochs).")
  var patience: Int?

  @Option(name: .long, help: "The same seed gives the same model, bit for bit (default: 0).")
  var seed: UInt64?

  func validate() throws {
    func check<Value: Comparable>(_ name: String, _ value: Value?, _ isValid: (Value) -> Bool, _ expected: String)
      throws
    {
      if let value, !isValid(value) { throw ValidationError("--\(name) must be \(expected), not \(value).") }
    }
    try check("epochs", epochs, { $0 >= 1 && $0 <= 1_000_000 }, "1 to 1000000")
    try check("batch-size", batchSize, { $0 >= 1 && $0 <= 1 << 24 }, "1 to \(1 << 24)")
    try check("learning-rate", learningRate, { $0 > 0 && $0.isFinite }, "above 0")
    try check("warmup", warmup, { $0 >= 0 && $0 <= 1_000_000 }, "0 to 1000000")
    try check("dropout", dropout, { $0 >= 0 && $0 < 1 }, "at least 0 and below 1")
    try check("input-dropout", inputDropout, { $0 >= 0 && $0 < 1 }, "at least 0 and below 1")
    try check("weight-decay", weightDecay, { $0 >= 0 && $0.isFinite }, "at least 0")
    try check("label-smoothing", labelSmoothing, { $0 >= 0 && $0 < 1 }, "at least 0 and below 1")
    try check("average", average, { $0 >= 0 && $0 < 1 }, "at least 0 and below 1")
    try check("clip", clip, { $0 > 0 && $0.isFinite }, "above 0")
    try check("validation", validation, { $0 >= 0 && $0 < 1 }, "at least 0 and below 1")
    try check("test", test?.share, { $0 >= 0 && $0 < 1 }, "at least 0 and below 1")
    try check("folds", folds, { (2...1024).contains($0) }, "2 to 1024")
    try check("bins", bins, { (2...4096).contains($0) }, "2 to 4096")
    try check("bin-strength", binStrength, { $0 >= 0 && $0.isFinite }, "at least 0")
    try check("patience", patience, { $0 >= 1 }, "at least 1")
    try check("time", time, { $0 > 0 && $0.isFinite }, "above 0")
  }

  /// Puts what was given in the place of what suits the data set, and again of what a preset has chosen by its rows.
  func apply(to options: inout RunOptions) throws {
    if let preset {
      options.preset = preset
      if let name = [("validation", validation != nil), ("input-dropout", inputDropout != nil)].first(where: \.1)?.0 {
        throw ValidationError("--\(name) does nothing with --preset, whose networks hold out folds of their own.")
      }
      if Recipes.named(options.source.recipe).map({ !($0 is TableRecipe) }) ?? false {
        throw ValidationError("--preset is for tables, not for \(options.source.recipe).")
      }
    } else if layers != nil || validation != nil || inputDropout != nil {
      // Who says what the network is has asked for one.
      options.preset = nil
    }
    let ofNetworks = [("folds", folds != nil), ("bins", bins != nil), ("bin-strength", binStrength != nil)]
    if let (name, _) = ofNetworks.first(where: \.1), options.preset == nil {
      throw ValidationError(
        "--\(name) does nothing with one network: leave --layers and --validation, or give --preset balanced.")
    }
    if test?.share == 0, options.preset == nil {
      throw ValidationError(
        "--test 0 leaves nothing to judge one network by: leave --layers and --validation, or give --preset balanced.")
    }
    if let folds { options.settings.ensemble?.members = folds }
    if let bins { options.settings.ensemble?.binCount = bins }
    if let binStrength {
      options.settings.ensemble?.binStrength = binStrength
      options.settings.ensemble?.softens = false
    }
    if let time { options.seconds = time }
    if let layers { options.settings.hiddenSizes = layers.sizes }
    if let activation { options.settings.activation = activation }
    if let epochs { options.settings.epochs = epochs }
    if let batchSize { options.settings.batchSize = batchSize }
    if let optimizer { options.settings.optimizer = optimizer }
    if let learningRate { options.settings.learningRate = learningRate }
    if let schedule { options.settings.schedule = schedule }
    if let warmup { options.settings.warmupEpochs = warmup }
    if let dropout { options.settings.dropout = dropout }
    if let inputDropout { options.settings.inputDropout = inputDropout }
    if let weightDecay { options.settings.weightDecay = weightDecay }
    if let labelSmoothing { options.settings.labelSmoothing = labelSmoothing }
    if let average { options.settings.averaging = average == 0 ? nil : average }
    if let precision { options.settings.precision = precision == .float32 ? nil : precision }
    if let clip { options.clipping = clip }
    if balance { options.balancesClasses = true }
    if let threshold { options.threshold = threshold }
    if let validation { options.validationShare = validation }
    if let share = test?.share { options.testShare = share }
    if test?.file != nil { options.testShare = 0 }
    if let patience { options.patience = patience }
    if let seed { options.seed = seed }
    if options.validationShare + options.testShare >= 1 {
      throw ValidationError(
        "--validation \(options.validationShare) and --test \(options.testShare) leave no rows for training.")
    }
    if patience != nil, options.validationShare == 0, options.preset == nil {
      throw ValidationError("--patience needs rows to watch: give --validation 0.1 with it.")
    }
    if threshold != nil {
      if Recipes.named(options.source.recipe).map({ !($0 is TableRecipe) })
        ?? (Recipes.ownData.first { $0.name == options.source.recipe }?.sourceOptions.contains(.table) == false)
      {
        throw ValidationError("--threshold is for tables, not for \(options.source.recipe).")
      }
      if options.validationShare == 0, options.preset == nil {
        throw ValidationError(
          "--threshold needs rows to choose it on: give --validation 0.1 or --preset balanced with it.")
      }
    }
    let settings = options.settings
    if warmup ?? 0 > 0, settings.schedule != .cosine {
      throw ValidationError("--warmup does nothing with --schedule \(settings.schedule.rawValue), only with cosine.")
    }
    if settings.hiddenSizes.isEmpty {
      if dropout ?? 0 > 0 { throw ValidationError("--dropout does nothing without hidden layers (--layers 0).") }
      if activation != nil { throw ValidationError("--activation does nothing without hidden layers (--layers 0).") }
    }
    if let recipe = try? Recipes.of(options.source), let network = recipe.network {
      let given = [
        ("layers", layers != nil), ("activation", activation != nil),
        ("dropout", dropout != nil && !recipe.takesDropout),
        ("input-dropout", inputDropout != nil),
      ]
      if let (name, _) = given.first(where: \.1) {
        throw ValidationError("--\(name) does nothing with \(options.source.name), whose network is \(network).")
      }
    }
    if let recipe = try? Recipes.of(options.source),
      let option = fixedByRun.first(where: recipe.optionsWithoutEffect.contains)
    {
      throw ValidationError("\(option) does nothing with \(options.source.name).")
    }
    if test != nil, Recipes.named(options.source.recipe)?.hasOwnTest == true {
      throw ValidationError("--test does nothing with \(options.source.recipe), whose test samples are given.")
    }
  }

  /// - Throws: `ValidationError` for an option that does nothing in what the data asks for, which is known once it has
  ///   been read.
  func check(_ task: LearningTask, classCount: Int) throws {
    if threshold != nil, classCount != 2 {
      throw ValidationError(
        "--threshold does nothing with \(task == .regression ? "a number to predict" : "\(classCount) classes"), only with two."
      )
    }
    guard task == .regression else { return }
    if balance { throw ValidationError("--balance does nothing in a regression, which has no classes.") }
    if labelSmoothing ?? 0 > 0 {
      throw ValidationError("--label-smoothing does nothing in a regression, which has no labels.")
    }
  }

  /// Options that a resumed run cannot change, where they are given.
  var fixedByRun: [String] {
    let given: [(String, Bool)] = [
      ("preset", preset != nil), ("folds", folds != nil), ("bins", bins != nil), ("bin-strength", binStrength != nil),
      ("layers", layers != nil), ("activation", activation != nil),
      ("batch-size", batchSize != nil),
      ("optimizer", optimizer != nil), ("learning-rate", learningRate != nil), ("schedule", schedule != nil),
      ("warmup", warmup != nil), ("dropout", dropout != nil), ("input-dropout", inputDropout != nil),
      ("weight-decay", weightDecay != nil), ("label-smoothing", labelSmoothing != nil),
      ("average", average != nil), ("precision", precision != nil), ("clip", clip != nil),
      ("balance", balance), ("threshold", threshold != nil), ("validation", validation != nil), ("test", test != nil),
      ("patience", patience != nil),
      ("seed", seed != nil),
    ]
    return given.filter(\.1).map { "--\($0.0)" }
  }
}

/// `128,64`, or `0` for none.
struct LayerSizes: ExpressibleByArgument {
  let sizes: [Int]

  init?(argument: String) {
    if argument == "0" || argument == "none" {
      sizes = []
      return
    }
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.allSatisfy({ $0 != nil && $0! >= 1 && $0! <= 1 << 20 }) else { return nil }
    sizes = parts.map { $0! }
  }
}

extension Activation: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
/// A name as users spell it: `AdamW`, `RMSProp`, `one_cycle` and `OneCycle` are `adamw`, `rmsprop` and `one-cycle`.
private func named<Value: CaseIterable & RawRepresentable<String>>(_ argument: String) -> Value? {
  func plain(_ name: String) -> String { name.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " } }
  return Value.allCases.first { plain($0.rawValue) == plain(argument) }
}

extension OptimizerKind: ExpressibleByArgument {
  public init?(argument: String) {
    guard let value: Self = named(argument) else { return nil }
    self = value
  }
}

extension ScheduleKind: ExpressibleByArgument {
  public init?(argument: String) {
    guard let value: Self = named(argument) else { return nil }
    self = value
  }
}

extension Precision: ExpressibleByArgument {}

extension BadFiles: ExpressibleByArgument {}

extension ImageSize: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension Preset: ExpressibleByArgument {
  public init?(argument: String) {
    guard let value: Self = named(argument) else { return nil }
    self = value
  }
}

extension ThresholdRule: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// What is learned of a table's target, as users name it.
enum TaskName: String, CaseIterable, ExpressibleByArgument {
  case classification, regression, count, language, recommend, captions
  case classifyText = "classify-text"
  case translate

  init?(argument: String) {
    guard let value: Self = named(argument) else { return nil }
    self = value
  }

  /// What is learned of a table's target; nil where the task is a kind of data of its own.
  var learning: LearningTask? {
    switch self {
    case .classification: .classification
    case .regression, .count: .regression
    case .language, .classifyText, .translate, .recommend, .captions: nil
    }
  }
}

/// `0.05,0.5,0.95`
struct QuantileLevels: ExpressibleByArgument {
  let levels: [Double]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    let levels = parts.compactMap { $0 }.sorted()
    guard levels.count == parts.count, levels.count <= 99, TargetEncoder.areLevels(levels) else { return nil }
    self.levels = levels
  }
}
