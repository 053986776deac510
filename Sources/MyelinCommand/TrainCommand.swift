import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// `myelin train`
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network on a shipped data set, a CSV file or a folder of pictures.",
    discussion: """
      A fifth of the rows is held out, stratified by class, and used for nothing but the test at the end (and to draw its \
      curve). Numbers are standardised and categories one-hot encoded by what the training rows show; missing values are \
      allowed. A CSV file is learned by eight networks on eight folds of the other rows, of a size that suits them; each \
      keeps its best epoch, and their mean answers (--preset; --layers asks for one network). The run's folder gets \
      model.safetensors, checkpoint.safetensors, log.csv, result.json and report.html. Of a table the report says whether the \
      model can be used: its scores beside those of a linear model and of no model, what it goes by, where it errs.

      Ctrl-C ends the current batch, saves and stops; --resume goes on as if it had not stopped, bit for bit.

      EXAMPLES:
        myelin train
        myelin train ames --epochs 60 --layers 256,128 --dropout 0.2
        myelin train fashion-mnist --layers 512,256 --epochs 15
        myelin train customers.csv --target churned --threshold cost:1,5 --output runs/churn
        myelin train pets --image-size 32               pets/cat/1.jpg, pets/dog/1.png, …
        myelin train houses.csv --target price --preset best --time 600
        myelin train visits.csv --target visits --task count
        myelin train flats.csv --target rent --quantiles 0.05,0.5,0.95
        myelin train novel.txt --tokens bpe:2000        or a folder of texts; then: myelin generate runs/novel-1
        myelin train drugs.csv --smiles molecule --target solubility
        myelin train ratings.csv --task recommend       then: myelin recommend runs/ratings-1 --user anna
        myelin train --nodes people.csv --edges friends.csv --target club
        myelin train --resume runs/digits-1 --epochs 60
      """)

  @Argument(
    help: ArgumentHelp(
      "\(Recipes.names.joined(separator: ", ")), a CSV file (- for standard input), a text file or a folder of such, or a folder with a folder of PNG and JPEG pictures for each class, or with train, val and test of such (default: digits).",
      valueName: "data"), completion: .data)
  var data: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Folder of the full Fashion-MNIST (or MNIST): four IDX files, plain or gzipped (default: what is installed, else the shipped slice).",
      valueName: "folder"), completion: .directory)
  var images: String?

  @OptionGroup
  var sources: SourceArguments

  @OptionGroup(title: "How pictures are changed and judged (default: what suits the data)")
  var pictures: PictureArguments

  @OptionGroup(title: "How a text is learned (default: what suits the data)")
  var language: LanguageArguments

  @OptionGroup(title: "Training options (a shipped data set has other defaults: myelin info NAME)")
  var options: TrainOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Threads to use; the result is the same with any number (default: all processors).", valueName: "count"))
  var threads: Int?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The run's folder (default: runs/NAME-1, -2, …).", valueName: "folder"),
    completion: .directory)
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Go on with a run; --epochs may be raised.", valueName: "run"),
    completion: .runs)
  var resume: String?

  @Flag(name: .long, help: "With --resume: go on although the data has changed since the run began.")
  var acceptChangedData = false

  @Option(
    name: .long, defaultAsFlag: "",
    help: ArgumentHelp(
      "Say where the time of a step went, by layer and operation (default: no). With a file, write a trace of 50 steps for ui.perfetto.dev.",
      valueName: "trace.json"), completion: .file(extensions: ["json"]))
  var profile: String?

  @Flag(name: .long, help: "Print only the result, as JSON.")
  var json = false

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be 1 to 1024, not \(threads).")
    }
    // An empty path means the current folder, which a run would fill.
    if output == "" { throw ValidationError("--output must be the name of a folder.") }
    if acceptChangedData, resume == nil {
      throw ValidationError("--accept-changed-data belongs to --resume.")
    }
    if resume != nil {
      let given =
        options.fixedByRun + sources.given + pictures.given + language.given + (images != nil ? ["--images"] : [])
        + (output != nil ? ["--output"] : []) + (data != nil ? ["a data set"] : [])
      if let first = given.first {
        throw ValidationError("--resume keeps the run's own options: \(first) cannot be given with it.")
      }
      return
    }
    // A name that is no data set may be the value of a mistyped option: that is told first, and this by `run`.
    var all = try RunOptions.suited(to: isNameUnknown ? RunSource(recipe: "digits") : source())
    try options.apply(to: &all)
  }

  func run() throws {
    Console.outliveOutput()
    if let threads { Runtime.threadCount = threads }
    let (run, folder) = try prepare()
    do {
      try DataFile.check(
        output: profile, isNoneOf: folder.files + run.options.source.files(near: folder))
    } catch {
      folder.abandon()
      throw error
    }
    let profiler = profile.map { _ in TrainingProfiler(run.model.network) }
    let observers: [any TrainingObserver] = profiler.map { [$0] } ?? []
    if json {
      let outcome = try run.train(in: folder, observers: observers)
      try Console.json(TrainAnswer(run, outcome))
      try conclude(profiler)
      try tellInterruption(outcome)
      return
    }
    introduce(run)
    let outcome = try run.train(
      in: folder,
      observers: observers
        + [ProgressDisplay(Console.output, heldOutName: !run.task.isWatched ? "test" : "valid")])
    conclude(run, outcome)
    try conclude(profiler)
    try tellInterruption(outcome)
  }

  /// A run that was stopped has not done what it was asked for: code 130 after Ctrl-C, 143 after SIGTERM, as of a process
  /// that the signal has ended.
  private func tellInterruption(_ outcome: TrainingRun.Outcome) throws {
    guard outcome.result.reason == .interrupted else { return }
    let advice = "go on with: myelin train --resume \(ShellWord.quoted(outcome.folder.path))"
    if json { Console.complain("interrupted and saved; " + advice) } else { Console.say("\n" + advice) }
    throw ExitCode(128 + (Interruption.signal ?? SIGINT))
  }

  /// Whether what was given is neither a recipe nor looks like a path.
  private var isNameUnknown: Bool {
    guard let data else { return false }
    let isPath = data == "-" || data.contains(".") || data.contains("/") || FileManager.default.fileExists(atPath: data)
    return Recipes.named(data) == nil && !isPath && sources.target == nil && images == nil
  }

  private func source() throws -> RunSource {
    let name = sources.nodes ?? data ?? "digits"
    /// An option that the recipe does not know.
    func refuse(_ recipe: any Recipe, called title: String) throws {
      try sources.check(recipe, called: title, testFile: options.test?.file)
      if images != nil, !recipe.sourceOptions.contains(.images) {
        throw ValidationError("--images does nothing with \(title).")
      }
      if let first = pictures.given.first, !recipe.sourceOptions.contains(.pictures) {
        throw ValidationError("\(first) does nothing with \(title).")
      }
      try language.check(recipe, called: title)
    }
    if sources.nodes != nil {
      if let data { throw ValidationError("--nodes stands in the place of a data set: not with \(data).") }
      guard sources.edges != nil else { throw ValidationError("--nodes needs --edges.") }
    } else if let recipe = Recipes.named(name) {
      try refuse(recipe, called: name)
      return RunSource(recipe: name, path: images.map { DataPath($0) })
    }
    if isNameUnknown {
      throw ValidationError(
        "There is no data set \"\(name)\", and a file needs --target; "
          + DataError.suggestion(for: name, among: Recipes.names))
    }
    guard let kind = sources.kind(of: name) else {
      throw ValidationError("\(name) is no data that can be trained on.")
    }
    try refuse(kind, called: kind.summary)
    for part in try kind.givenParts(of: name).sorted()
    where part == "test" ? options.test != nil : options.validation != nil {
      throw ValidationError("--\(part) does nothing with \(name), which has a folder of \(part) pictures.")
    }
    return try sources.source(kind, path: name, testFile: options.test?.file)
  }

  private func prepare() throws -> (TrainingRun, RunFolder) {
    if let resume {
      let folder = try RunFolder.existing(resume).held()
      return (
        try TrainingRun(resuming: folder, acceptsChangedData: acceptChangedData) {
          if let epochs = options.epochs { $0.settings.epochs = epochs }
          $0.seconds = options.time
        }, folder
      )
    }
    var all = try RunOptions.suited(to: source())
    try options.apply(to: &all)
    pictures.apply(to: &all.settings)
    language.apply(to: &all.settings)
    // A folder that cannot be taken is told before the work, and taken after the data has been read.
    if let output { try RunFolder.checkFree(output) }
    let run = try TrainingRun(all) { try options.apply(to: &$0) }
    try options.check(run.task.learning, classCount: run.model.description.classNames.count)
    return (run, try RunFolder.new(output, name: all.source.name))
  }

  private func introduce(_ run: TrainingRun) {
    Console.machineLine()
    Console.say()
    Console.facts(run.task.facts)
    Console.say()
    if !run.task.columns.isEmpty {
      let shown = 25
      let table = ColumnSummary.table(run.task.columns, limit: shown)
      Console.say(table.terminal(width: Console.output.width, style: Console.output.style))
      if run.task.columns.count > shown { Console.say("and \(run.task.columns.count - shown) more, in the report") }
      Console.say()
    }
    Console.summary(run.summary)
    Console.say()
    let options = run.options.settings
    let steps = (run.task.trainingCount + options.batchSize - 1) / options.batchSize
    Console.say(
      "\(options.optimizer.rawValue), learning rate \(options.learningRate) (\(options.schedule.rawValue)), "
        + "\(options.epochs) epochs of \(steps) batches of \(options.batchSize), seed \(run.options.seed)"
        + (options.precision == .bfloat16 ? ", products in bfloat16" : ""))
    if run.isResumed {
      let state = run.trainer.state
      Console.say("resumed after epoch \(state.epoch)" + (state.batch > 0 ? " and \(state.batch) batches" : ""))
    }
    Console.say()
  }

  private func conclude(_ run: TrainingRun, _ outcome: TrainingRun.Outcome) {
    let result = outcome.result
    if let epoch = result.restoredEpoch { Console.say("the weights of epoch \(epoch) are kept") }
    if let epochs = result.memberEpochs, let first = epochs.min(), let last = epochs.max() {
      Console.say(
        "each network keeps the weights of its best epoch: \(first == last ? "\(first)" : "\(first) to \(last)")")
    }
    if let text = outcome.heldOutText { Console.say("on the rows that each network held out: \(text)") }
    Console.say()
    Console.test(outcome.test)
    Console.assessment(outcome.assessment)
    Console.say()
    Console.say("trained in \(PlotNumber.short(result.seconds, digits: 3)) s; saved:")
    let folder = outcome.folder
    Console.facts([
      ("model", folder.model.relativePath), ("log", folder.log.relativePath), ("report", folder.report.relativePath),
      ("checkpoint", folder.checkpoint.relativePath),
    ])
  }
}

extension Train {
  /// The profile's table, and its trace where a file was named.
  private func conclude(_ profiler: TrainingProfiler?) throws {
    guard let profiler else { return }
    guard let profile = profiler.profile else {
      Console.complain("--profile: too few steps, it wants more than 10 batches")
      return
    }
    if !json {
      Console.heading("Where the time went")
      Console.say(profile.text(width: Console.output.width, style: Console.output.style))
    }
    if let file = self.profile, !file.isEmpty {
      try profile.writeTrace(to: URL(fileURLWithPath: file))
      if !json { Console.say("trace: \(file) (open it at ui.perfetto.dev)") }
    }
  }
}

/// The result of a training for programs.
private struct TrainAnswer: Encodable {
  let data: String
  let run: String
  let model: String
  let log: String
  let report: String
  let checkpoint: String
  let epochs: Int
  let steps: Int
  let keptEpoch: Int?
  let stopped: String
  let seconds: Double
  let samplesPerSecond: Double
  let parameters: Int
  let instructionSet: String
  let threads: Int
  let seed: UInt64
  /// Of an ensemble's members on the rows that each held out.
  let heldOut: [String: Double?]?
  let test: [String: Double?]
  let testRows: Int
  /// Of simpler models of the same table, and of this one on other rows.
  let beside: [String: [String: Double]]?
  /// What the answers lose without a column.
  let importance: [String: Double]?
  /// The line that trains the same model again.
  let command: String?

  init(_ run: TrainingRun, _ outcome: TrainingRun.Outcome) {
    data = run.options.source.name
    self.run = outcome.folder.path
    model = outcome.folder.model.relativePath
    log = outcome.folder.log.relativePath
    report = outcome.folder.report.relativePath
    checkpoint = outcome.folder.checkpoint.relativePath
    epochs = run.trainer.state.epoch
    steps = run.trainer.state.step
    keptEpoch = outcome.result.restoredEpoch
    stopped = outcome.result.reason.rawValue
    seconds = outcome.result.seconds
    samplesPerSecond = seconds > 0 ? Double(outcome.result.samples) / seconds : 0
    parameters = run.summary.parameterCount
    instructionSet = Runtime.instructionSet
    threads = Runtime.threadCount
    seed = run.options.seed
    heldOut = outcome.heldOut.map(JSONText.scores)
    test = JSONText.scores(outcome.test.scores)
    testRows = run.task.testCount
    beside = outcome.assessment.map { assessment in
      Dictionary(
        uniqueKeysWithValues: assessment.judged.dropFirst().map { line in
          (
            line.name,
            Dictionary(
              uniqueKeysWithValues: line.scores.filter { $0.value.isFinite }.map { ($0.metric.name, $0.value) })
          )
        })
    }
    importance = outcome.assessment.map { assessment in
      Dictionary(uniqueKeysWithValues: assessment.importance.filter { $0.mean.isFinite }.map { ($0.column, $0.mean) })
    }
    command = outcome.assessment?.command
  }
}
