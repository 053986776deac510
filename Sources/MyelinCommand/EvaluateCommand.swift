import ArgumentParser
import Myelin
import MyelinModels

/// `myelin evaluate`
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell how good a trained model is.",
    discussion: """
      Without --input, on the test part of the data that it was trained from, which the training has not seen.

      EXAMPLES:
        myelin evaluate runs/digits-1
        myelin evaluate runs/churn --input march.csv --json
        myelin evaluate runs/pets-1 --input new-pets    a folder of pictures for each class
      """)

  @Argument(help: ArgumentHelp("The folder that `myelin train` wrote.", valueName: "run"), completion: .runs)
  var runPath: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A CSV file with the target's column, or - for standard input; or a folder with a folder of pictures for each class (default: the test part of the run's data).",
      valueName: "file"), completion: .file())
  var input: String?

  @OptionGroup(title: "How a CSV file is read")
  var reading: ReadingArguments
  @Option(name: .long, help: "Pictures that are damaged, empty, too large or in no class: refuse or skip.")
  var badFiles = BadFiles.refuse

  @Flag(
    inversion: .prefixedNo,
    help: "Judge by the mean over a picture and its mirror image (default: as the model was trained).")
  var testFlips: Bool?

  @Flag(name: .long, help: "Print the scores as JSON.")
  var json = false

  func validate() throws {
    if input == nil, let first = reading.given.first {
      throw ValidationError("\(first) belongs to --input; the run's own data is read as it was.")
    }
  }

  private struct Answer: Encodable {
    let run: String
    let data: String
    let dataHasChanged: Bool
    let rows: Int
    let scores: [String: Double?]
    let classes: [String]?
    /// [true][predicted]
    let confusion: [[Int]]?
  }

  func run() throws {
    let folder = try RunFolder.existing(runPath)
    var model = try RunModels.read(folder.model)
    if let testFlips { model = try model.answering(testFlips: testFlips) }
    let evaluation = try model.evaluation(
      of: input, InputOptions(table: reading.options, badFiles: badFiles), near: folder
    ) {
      Console.complain("warning: \($0)")
    }
    if evaluation.hasChanged {
      Console.complain(
        "warning: the data has changed since the model was trained: the rows scored here may be rows that it has seen")
    }
    let test = evaluation.test
    guard json else {
      Console.facts([
        ("model", folder.model.relativePath), ("data", input ?? "the test part of \(model.options.source.name)"),
        ("rows", "\(evaluation.count)"),
      ])
      Console.say()
      Console.test(test)
      return
    }
    var (classes, confusion): ([String]?, [[Int]]?) = (nil, nil)
    if case .classification(let counts, let names) = test.kind { (classes, confusion) = (names, counts) }
    try Console.json(
      Answer(
        run: folder.path, data: input ?? model.options.source.name, dataHasChanged: evaluation.hasChanged,
        rows: evaluation.count, scores: JSONText.scores(test.scores), classes: classes, confusion: confusion))
  }
}
