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
        myelin evaluate runs/diffusion-1 --judge runs/fashion-resnet-1
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

  @Option(
    name: .long,
    help: ArgumentHelp(
      "For a model that makes pictures: a classifier of the same classes, which says whether they are what was asked for, and how like real ones they are.",
      valueName: "run"), completion: .runs)
  var judge: String?

  @Option(name: .long, help: "With --judge: how far pictures are led to their class (default: as generate).")
  var guidance: Float?

  @Option(name: .long, help: "With --judge: how often the network is asked (default: as generate).")
  var steps: Int?

  @Option(name: .long, help: "With --judge: what the pictures are drawn from (default: 0).")
  var seed: UInt64?

  @Flag(name: .long, help: "Print the scores as JSON.")
  var json = false

  func validate() throws {
    if input == nil, let first = reading.given.first {
      throw ValidationError("\(first) belongs to --input; the run's own data is read as it was.")
    }
    let ofJudge = [("guidance", guidance != nil), ("steps", steps != nil), ("seed", seed != nil)]
    if judge == nil, let (name, _) = ofJudge.first(where: \.1) {
      throw ValidationError("--\(name) belongs to --judge.")
    }
    if judge != nil, input != nil { throw ValidationError("--input does nothing with --judge.") }
    try Generate.check(guidance: guidance, steps: steps)
  }

  private struct Answer: Encodable {
    let run: String
    let data: String
    let dataHasChanged: Bool
    let rows: Int
    let scores: [String: Double?]
    let classes: [String]?
    /// [true][predicted]; nil for more than 1,000 classes, as it would be millions of zeros.
    let confusion: [[Int]]?
  }

  func run() throws {
    let folder = try RunFolder.existing(runPath)
    var model = try RunModels.read(folder.model)
    if let testFlips { model = try model.answering(testFlips: testFlips) }
    if let judge { return try tell(model, judgedBy: judge, folder) }
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
      Console.facts(
        [
          ("model", folder.model.relativePath), ("data", input ?? "the test part of \(model.options.source.name)"),
          ("rows", "\(evaluation.count)"),
        ] + model.description.rules)
      Console.say()
      Console.test(test)
      return
    }
    var (classes, confusion): ([String]?, [[Int]]?) = (nil, nil)
    if case .classification(let matrix, let names) = test.kind {
      (classes, confusion) = (names, names.count <= 1000 ? matrix.counts : nil)
    }
    try Console.json(
      Answer(
        run: folder.path, data: input ?? model.options.source.name, dataHasChanged: evaluation.hasChanged,
        rows: evaluation.count, scores: JSONText.scores(test.scores), classes: classes, confusion: confusion))
  }

  private struct Judged: Encodable {
    let run: String
    let judge: String
    let samples: Int
    let accuracy: Double
    let realAccuracy: Double
    let frechetDistance: Double
    let realFrechetDistance: Double
    let untrainedFrechetDistance: Double
    let classes: [String]
    /// [asked][found]
    let confusion: [[Int]]
  }

  private func tell(_ model: any RunModel, judgedBy judge: String, _ folder: RunFolder) throws {
    guard let model = model as? DiffusionModel else {
      throw DataError(
        folder.path, "the model makes no pictures to be judged", expected: "a run of: myelin train diffusion")
    }
    var told = GenerationOptions()
    told.guidance = guidance
    told.steps = steps
    told.seed = seed ?? 0
    let judgement = try model.judged(
      by: RunModels.read(RunFolder.existing(judge).model), named: judge, told, near: folder)
    guard !json else {
      return try Console.json(
        Judged(
          run: folder.path, judge: judge, samples: judgement.count, accuracy: judgement.accuracy,
          realAccuracy: judgement.realAccuracy, frechetDistance: judgement.distance,
          realFrechetDistance: judgement.realDistance, untrainedFrechetDistance: judgement.untrainedDistance,
          classes: judgement.classNames, confusion: judgement.confusion.counts))
    }
    Console.facts([("model", folder.model.relativePath), ("judge", judge)] + judgement.facts)
    Console.heading("Asked for (rows) and found (columns)")
    Console.say(
      ConfusionText(judgement.confusion, classes: judgement.classNames).text(
        width: Console.output.width, style: Console.output.style))
  }
}
