import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// `myelin tune`
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Search for the settings that suit a CSV file, a folder of pictures or a shipped table.",
    discussion: """
      Draws settings at random (layers, activation, rate, decay, dropout, batch size, bins), trains each for a ninth of \
      the epochs, the better third of them for a third, and the better third of these for all. They are judged by the loss \
      on rows that their networks hold out; the test rows judge only the winner, which is trained last. The folder gets \
      tune.json, report.html and best, a run like any other. Ctrl-C stops after the current step, and --resume goes on.

      EXAMPLES:
        myelin tune houses.csv --target price --time 600
        myelin tune pets --image-size 32 --time 1800
        myelin tune --resume runs/houses-tune-1 --time 1200
        myelin predict runs/houses-tune-1/best --input new.csv
      """)

  @Argument(
    help: ArgumentHelp("A CSV file, a folder of pictures of a class each, or a shipped table.", valueName: "data"),
    completion: .data)
  var data: String?

  @OptionGroup
  var sources: SourceArguments

  @Option(name: .long, help: ArgumentHelp("What the search and the winner's training may take.", valueName: "seconds"))
  var time: Double?

  @Option(
    name: .long,
    help: ArgumentHelp("Settings to begin with (default: as many as the time allows).", valueName: "count"))
  var trials: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Share of the rows that is kept for the test, or a CSV file of test rows.", valueName: "share or file"))
  var test: TestRows?

  @Option(name: .long, help: "Decides what is drawn, and how rows are divided (default: 0).")
  var seed: UInt64?

  @Option(name: .long, help: ArgumentHelp("Threads to use.", valueName: "count"))
  var threads: Int?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder (default: runs/NAME-tune-1, -2, …).", valueName: "folder"),
    completion: .directory)
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Go on with a search; --time may be raised.", valueName: "folder"),
    completion: .directory)
  var resume: String?

  func validate() throws {
    if let time, !(time > 0 && time.isFinite) { throw ValidationError("--time must be above 0, not \(time).") }
    if let trials, !(1...10_000).contains(trials) {
      throw ValidationError("--trials must be 1 to 10000, not \(trials).")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be 1 to 1024, not \(threads).")
    }
    if let share = test?.share, !(share > 0 && share < 1) {
      throw ValidationError("--test must be above 0 and below 1, not \(share).")
    }
    if output == "" { throw ValidationError("--output must be the name of a folder.") }
    guard resume != nil else {
      if data == nil {
        throw ValidationError("Say what to search on: a CSV file, a folder of pictures, a shipped table.")
      }
      return
    }
    let given =
      sources.given
      + [
        ("trials", trials != nil), ("test", test != nil), ("seed", seed != nil), ("output", output != nil),
      ].filter(\.1).map { "--\($0.0)" } + (data != nil ? ["a data set"] : [])
    if let first = given.first {
      throw ValidationError("--resume keeps the search's own options: \(first) cannot be given with it.")
    }
  }

  func run() throws {
    Console.outliveOutput()
    if let threads { Runtime.threadCount = threads }
    let tuning = try prepare()
    Console.machineLine()
    Console.say()
    Console.facts(tuning.facts)
    Console.say()
    if !tuning.trials.isEmpty { Console.say("resumed after \(tuning.trials.count) trials") }
    let ending = try tuning.search { trial in
      let rounds = ["1/9 of the epochs", "1/3", "all"]
      let score = trial.score.map { ", \($0.metric.title) \($0.text)" } ?? ""
      Console.say(
        "trial \(trial.candidate), \(rounds[trial.round]): "
          + (trial.loss.map { "held-out loss \(PlotNumber.short($0))\(score)" } ?? "diverged")
          + ", \(PlotNumber.short(trial.seconds, digits: 2)) s")
    }
    if ending == .interrupted { try tellInterruption(tuning) }
    Console.heading("Best settings")
    Console.write(tuning.table(limit: 8).terminal(width: Console.output.width, style: Console.output.style))
    let outcome = try train(tuning)
    Console.say()
    Console.test(outcome.test)
    Console.assessment(outcome.assessment)
    Console.say()
    Console.facts([("report", tuning.reportFile.relativePath), ("best run", outcome.folder.path)])
    if outcome.result.reason == .interrupted { try tellInterruption(tuning) }
  }

  /// The winner, from where its training was stopped.
  private func train(_ tuning: Tuning) throws -> TrainingRun.Outcome {
    let observers: [any TrainingObserver] = [ProgressDisplay(Console.output, heldOutName: "valid")]
    Console.say()
    if let folder = try? RunFolder.existing(tuning.bestFolder) {
      return try TrainingRun(resuming: folder.held()).train(in: folder, observers: observers)
    }
    return try tuning.winner().train(in: .new(tuning.bestFolder, name: ""), observers: observers)
  }

  private func tellInterruption(_ tuning: Tuning) throws {
    Console.say("\ngo on with: myelin tune --resume \(ShellWord.quoted(tuning.folder.path))")
    throw ExitCode(128 + (Interruption.signal ?? SIGINT))
  }

  private func prepare() throws -> Tuning {
    if let resume {
      return try Tuning(resuming: RunFolder(URL(fileURLWithPath: resume)).held(), seconds: time)
    }
    let source = try source()
    var options = try RunOptions.suited(to: source)
    if let seed { options.seed = seed }
    if let share = test?.share { options.testShare = share }
    if test?.file != nil { options.testShare = 0 }
    if let output { try RunFolder.checkFree(output) }
    let folder = try RunFolder.new(output, name: "\(source.name)-tune")
    do {
      return try Tuning(options, in: folder, seconds: time ?? 600, candidates: trials)
    } catch {
      folder.abandon()
      throw error
    }
  }

  private func source() throws -> RunSource {
    let name = data!
    if let recipe = Recipes.named(name) {
      guard recipe is TableRecipe else {
        throw ValidationError("tune searches on tables and folders of pictures, not on \(name).")
      }
      try sources.check(recipe, called: name, testFile: test?.file)
      return RunSource(recipe: name)
    }
    guard let kind = sources.kind(of: name) else {
      throw ValidationError("\(name) is no data that can be trained on.")
    }
    guard kind is CSVData || kind is PictureFolderData else {
      throw ValidationError("tune searches on tables and folders of pictures, not on \(kind.summary).")
    }
    try sources.check(kind, called: kind.summary, testFile: test?.file)
    return try sources.source(kind, path: name, testFile: test?.file)
  }
}
