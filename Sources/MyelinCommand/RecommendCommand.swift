import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// `myelin recommend`
struct Recommend: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List what somebody will like and has not had.",
    discussion: """
      The run must be one of `myelin train recommend` or `myelin train FILE --task recommend`. To a user that the run's data \
      does not have it lists what most had lately, and says so.

      EXAMPLES:
        myelin recommend runs/recommend-1 --user 17
        myelin recommend runs/ratings-1 --user anna --count 3 --json
      """)

  @Argument(help: ArgumentHelp("The folder that `myelin train` wrote.", valueName: "run"), completion: .runs)
  var runPath: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The user, as the data names them.", valueName: "name"))
  var user: String

  @Option(name: .shortAndLong, help: "How many are listed.")
  var count = 10

  @Flag(name: .long, help: "Print as JSON.")
  var json = false

  func validate() throws {
    guard (1...1_000_000).contains(count) else {
      throw ValidationError("--count must be 1 to 1000000, not \(count).")
    }
  }

  func run() throws {
    guard let model = try RunModels.read(RunFolder.existing(runPath).model) as? RatingModel else {
      throw DataError(
        runPath, "its model recommends nothing",
        expected: "a run of `myelin train recommend` or of `myelin train FILE --task recommend`")
    }
    let found = model.recommendations(to: user, count: count)
    if !found.isKnown {
      Console.complain(
        "warning: the run's data has no user \(DataError.quoted(user)): these are what most had lately")
    }
    if json { return try Console.json(found.items) }
    let hasRatings = found.items.contains { $0.rating != nil }
    let table = TextTable(
      ["", "item"] + (hasRatings ? ["rating"] : []),
      rows: found.items.enumerated().map { place, item in
        ["\(place + 1)", terminalText(item.title.map { "\(item.item)  \($0)" } ?? item.item)]
          + (hasRatings ? [item.rating.map { PlotNumber.fixed(Double($0), decimals: 1) } ?? ""] : [])
      })
    Console.say(table.terminal(width: Console.output.width, style: Console.output.style))
  }
}
