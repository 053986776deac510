import ArgumentParser
import Myelin
import MyelinModels

/// `myelin models`
struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List what can be trained: data, size, time and result of each recipe.",
    discussion: """
      A result is the mean over runs with the seeds that --json names, measured on answers that training never saw; - where \
      none was measured. --json says, too, on what settings were chosen, where it is known. Times are of one thread. `myelin \
      info NAME` says how one is trained, `myelin learn families` which network is for which data.

      EXAMPLES:
        myelin models
        myelin models --json
      """)

  @Flag(name: .long, help: "Print as JSON, with the settings' origin and the command of each.")
  var json = false

  private struct Row: Encodable {
    let name: String
    let summary: String
    let network: String?
    let record: RecipeRecord
    let command: String
  }

  func run() throws {
    let rows = Recipes.all.compactMap { recipe in
      recipe.record.map { record in
        Row(
          name: recipe.name, summary: recipe.summary, network: recipe.network, record: record,
          command: (["myelin", "train", recipe.name] + record.options).joined(separator: " "))
      }
    }
    if json { return try Console.json(rows) }
    let table = TextTable(
      ["recipe", "data", "parameters", "result", "time"],
      rows: rows.map { row in
        let record = row.record
        return [
          row.name, record.data, "\(record.parameters)",
          record.result.map { "\($0.title) \($0.text)" } ?? "-", Models.time(record.seconds),
        ]
      })
    Console.say(table.terminal(width: Console.output.width, style: Console.output.style))
    Console.say("myelin train NAME; of your own data: myelin train --help")
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 90 ? "\(PlotNumber.short(seconds, digits: 2)) s" : "\(Int((seconds / 60).rounded())) min"
  }
}
