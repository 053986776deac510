import ArgumentParser
import Myelin
import MyelinModels

/// `myelin summary`
struct Summary: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a run is: layers, data, options.",
    discussion: """
      EXAMPLE:
        myelin summary runs/digits-1
      """)

  @Argument(help: ArgumentHelp("The folder that `myelin train` wrote.", valueName: "run"), completion: .runs)
  var runPath: String

  @Flag(name: .long, help: "Print as JSON.")
  var json = false

  private struct Answer: Encodable {
    let run: String
    let task: String
    let target: String
    let classes: [String]?
    let inputs: Int
    let inputColumns: [String]?
    /// How outputs become answers, in words.
    let rules: [String: String]?
    let model: ModelSummary
    let options: RunOptions
  }

  func run() throws {
    let folder = try RunFolder.existing(runPath)
    let model = try RunModels.read(folder.model)
    let description = model.description
    guard json else {
      Console.facts(
        [
          ("run", folder.path), ("data", model.options.source.name),
          ("task", "\(description.task) of \(description.target)"), ("inputs", "\(description.inputCount)"),
        ] + description.rules)
      Console.say()
      Console.summary(model.summary)
      Console.say()
      Console.facts(model.options.facts)
      return
    }
    try Console.json(
      Answer(
        run: folder.path, task: description.task, target: description.target,
        classes: description.classNames.isEmpty ? nil : description.classNames, inputs: description.inputCount,
        inputColumns: description.inputColumns,
        rules: description.rules.isEmpty
          ? nil : Dictionary(uniqueKeysWithValues: description.rules.map { ($0.term, $0.text) }), model: model.summary,
        options: model.options))
  }
}
