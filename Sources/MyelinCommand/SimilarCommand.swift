import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// `myelin similar`
struct Similar: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the pictures that are most like one.",
    discussion: """
      The run must be one of `myelin train similar`. The distance is 1 − cosine of what the network makes of two pictures: \
      0 for the same, about 1 for what has nothing in common.

      EXAMPLES:
        myelin similar runs/similar-1 --query letter.png
        myelin similar runs/similar-1 --query letter.png --among drawings more/*.png --count 3 --json
      """)

  @Argument(help: ArgumentHelp("The folder that `myelin train` wrote.", valueName: "run"), completion: .runs)
  var runPath: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("A PNG or JPEG file.", valueName: "picture"), completion: .file())
  var query: String

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp(
      "Pictures and folders of pictures to look among (default: those that the run was trained on).",
      valueName: "folder"), completion: .file())
  var among: [String] = []

  @Option(name: .shortAndLong, help: "How many are listed.")
  var count = 5

  @Option(name: .long, help: "Pictures to look among that are damaged, empty or too large: refuse or skip.")
  var badFiles = BadFiles.refuse

  @Flag(name: .long, help: "Print as JSON.")
  var json = false

  func validate() throws {
    guard (1...1_000_000).contains(count) else {
      throw ValidationError("--count must be 1 to 1000000, not \(count).")
    }
  }

  func run() throws {
    let folder = try RunFolder.existing(runPath)
    guard let model = try RunModels.read(folder.model) as? SimilarityModel else {
      throw DataError(
        runPath, "its model does not say what is alike", expected: "a run of `myelin train similar`")
    }
    let found = try model.neighbors(
      of: query, among: among.isEmpty ? nil : among, count: count, badFiles: badFiles, near: folder
    ) {
      Console.complain("warning: \($0)")
    }
    if json { return try Console.json(found) }
    let table = TextTable(
      ["", "distance", "picture"],
      rows: found.enumerated().map {
        ["\($0 + 1)", PlotNumber.fixed(Double($1.distance), decimals: 4), terminalText($1.name)]
      })
    Console.say(table.terminal(width: Console.output.width, style: Console.output.style))
  }
}
