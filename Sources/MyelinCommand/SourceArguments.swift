import ArgumentParser
import Myelin
import MyelinModels

/// What `train` and `tune` learn of data of one's own, and how it is read.
struct SourceArguments: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp("The column of the CSV file to predict; several with commas.", valueName: "column"))
  var target: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "In the place of a data set: a CSV file with a row for each node of a graph, in which --target is learned; what is missing there is left open.",
      valueName: "file"), completion: .file(extensions: ["csv", "tsv", "gz"]))
  var nodes: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --nodes: a CSV file with a row for each edge, both ways: source, target and, if you like, weight, as the nodes' column id (or node, or name) has them, else by the number of the row from 0.",
      valueName: "file"), completion: .file(extensions: ["csv", "tsv", "gz"]))
  var edges: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The column of the CSV file that holds molecules as SMILES, of which --target is learned.", valueName: "column"))
  var smiles: String?

  @Option(name: .long, help: "What to learn from a CSV file; inferred from the target if not given.")
  var task: TaskName?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Learn quantiles of the number in its place: 0.05,0.5,0.95; the middle one is the prediction.",
      valueName: "levels"))
  var quantiles: QuantileLevels?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What pictures of a folder are resized and cropped to: 64 for a square, 24x32 for 24 rows of 32 pixels (default: the size that all have, if at most 64x64, else 64).",
      valueName: "pixels"))
  var imageSize: ImageSize?

  @Option(
    name: .long,
    help: "Pictures of a folder that are damaged, empty, too large or in no class: refuse or skip (default: refuse).")
  var badFiles: BadFiles?

  @OptionGroup(title: "Series")
  var series: SeriesArguments

  @OptionGroup(title: "How a CSV file is read")
  var reading: ReadingArguments

  @OptionGroup(title: "The columns of a CSV file")
  var columns: ColumnArguments

  var given: [String] {
    options.filter(\.isGiven).map { "--\($0.option.rawValue)" } + (namedKind == nil ? [] : ["--task"]) + ofTables
  }

  /// The kind of own data that `--task` names, where it names one.
  private var namedKind: TaskName? { task.flatMap { $0.learning == nil ? $0 : nil } }

  /// The kind of own data that a path leads to.
  func kind(of path: String) -> (any OwnData)? {
    Recipes.kind(
      of: path, task: task?.rawValue, target: target, given: options.filter(\.isGiven).map(\.option))
  }

  private var options: [(option: RunSource.Option, isGiven: Bool)] {
    [
      (.target, target != nil), (.task, task?.learning != nil), (.imageSize, imageSize != nil),
      (.badFiles, badFiles != nil),
      (.nodes, nodes != nil), (.edges, edges != nil), (.smiles, smiles != nil), (.forecast, series.columns != nil),
    ]
  }

  /// Those that every table takes.
  private var ofTables: [String] { (quantiles != nil ? ["--quantiles"] : []) + reading.given + columns.given }

  /// - Parameters:
  ///   - title: how errors name what the recipe knows.
  ///   - testFile: the file of test rows, where one was given.
  /// - Throws: `ValidationError` for an option that the recipe does not know.
  func check(_ recipe: any Recipe, called title: String, testFile: String?) throws {
    for (option, isGiven) in options where isGiven && !recipe.sourceOptions.contains(option) {
      throw ValidationError("--\(option.rawValue) does nothing with \(title).")
    }
    if let namedKind, (recipe as? any OwnData)?.taskName != namedKind.rawValue {
      throw ValidationError("--task \(namedKind.rawValue) does nothing with \(title).")
    }
    let ofTables = ofTables + (testFile == nil ? [] : ["--test FILE"])
    if let first = ofTables.first, !recipe.sourceOptions.contains(.table) {
      throw ValidationError("\(first) does nothing with \(title).")
    }
  }

  /// - Throws: `ValidationError` for options that are missing or do not go together.
  func source(_ kind: any OwnData, path: String, testFile: String?) throws -> RunSource {
    if kind.sourceOptions.contains(.target), target == nil {
      throw ValidationError("\(path): say with --target which column to predict.")
    }
    if quantiles != nil, let task, task != .regression {
      throw ValidationError("--quantiles are of a regression, not with --task \(task.rawValue).")
    }
    var source = RunSource(own: kind, path: DataPath(path), target: target, task: task?.learning)
    if let task, task.learning != nil { source.isCount = task == .count }
    source.quantiles = quantiles?.levels
    if kind.sourceOptions.contains(.table) { source.table = columns.options(reading, testFile: testFile) }
    source.imageSize = imageSize
    source.badFiles = badFiles
    source.edges = edges.map { DataPath($0) }
    source.forecast = try series.options()
    source.smiles = smiles
    return source
  }
}
