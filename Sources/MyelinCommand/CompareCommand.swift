import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// `myelin compare`
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Set runs side by side.",
    discussion: """
      Prints the scores of their test rows, what each cost, and in which options they differ; --output writes a page with \
      their curves besides. Runs of different test rows are compared with a warning.

      EXAMPLES:
        myelin compare runs/digits-1 runs/digits-2
        myelin compare runs/flats-* --output flats.html
      """)

  @Argument(help: ArgumentHelp("Folders that `myelin train` wrote.", valueName: "run"), completion: .runs)
  var runPaths: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where a page goes (default: none is written).", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var output: String?

  @Flag(name: .long, help: "Print as JSON.")
  var json = false

  func validate() throws {
    if runPaths.count < 2 { throw ValidationError("compare needs two runs or more.") }
  }

  func run() throws {
    let comparison = try RunComparison(runPaths)
    try DataFile.check(output: output, isNoneOf: runPaths.flatMap { try RunFolder.existing($0).files })
    for warning in comparison.warnings { Console.complain("warning: \(warning)") }
    if json {
      let (table, differences) = (comparison.table, comparison.differences)
      try Console.json(["scores": [table.header] + table.rows, "differences": [differences.header] + differences.rows])
    } else {
      Console.write(comparison.table.terminal(width: Console.output.width, style: Console.output.style))
      if !comparison.differences.rows.isEmpty {
        Console.heading("What differs")
        Console.write(comparison.differences.terminal(width: Console.output.width, style: Console.output.style))
      }
    }
    guard let output else { return }
    try DataFile.write(Array(comparison.html().utf8), to: URL(fileURLWithPath: output))
    if !json { Console.say("\nreport: \(output)") }
  }
}
