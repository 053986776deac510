import ArgumentParser
import Myelin
import MyelinModels

/// `myelin info`
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what the kernels run on, which data sets there are, and how one of them is trained.",
    discussion: """
      CK_ISA=avx2 (or portable) in the environment forces a lower instruction set, MYELIN_THREADS=1 the number of threads.

      EXAMPLES:
        myelin info --json
        myelin info digits
      """)

  @Argument(
    help: ArgumentHelp("A data set, to see its network and training options.", valueName: "data"),
    completion: .list(Recipes.names))
  var data: String?

  @Flag(name: .long, help: "Print as JSON.")
  var json = false

  private struct Answer: Encodable {
    let version = myelinVersion
    let kernels = Runtime.kernelVersion
    let processor = Runtime.processorName
    let instructionSet = Runtime.instructionSet
    let vectorLanes = Runtime.vectorLanes
    let threads = Runtime.threadCount
    let openMP = Runtime.openMP
    let cacheBytes = (1...3).map(Runtime.cacheSize(level:))
    let dataSets = Recipes.names
  }

  func run() throws {
    if let data {
      guard Recipes.names.contains(data) else {
        throw ValidationError(
          "There is no data set \"\(data)\"; \(DataError.suggestion(for: data, among: Recipes.names))")
      }
      let options = try RunOptions.suited(to: RunSource(recipe: data))
      return json ? try Console.json(options) : Console.facts([("data", data)] + options.facts)
    }
    if json { return try Console.json(Answer()) }
    Console.facts(TrainingReport.machineFacts + [("data sets", Recipes.names.joined(separator: ", "))])
    if let hint = Console.openMPHint { Console.say(hint) }
  }
}
