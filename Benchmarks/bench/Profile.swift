import ArgumentParser
import Foundation
import Myelin

struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Says where the time of a training step goes, by layer and operation.",
    discussion: """
      Times, calls and bytes are those of one step. The share of the limit is that of the binding one of arithmetic and \
      memory, measured in the same run; above 100% the data was in the caches. `threads` is the share of the threads' time \
      in which they worked. What is left between operations is the tape, memory and the loop itself. Models are those of \
      `bench train`.

      EXAMPLES
        bench profile mlp_mnist
        bench profile mlp_small --threads 1 --trace trace.json      (open it at ui.perfetto.dev)
      """)

  @Argument(help: ArgumentHelp("A model of `bench train`.", valueName: "name"))
  var name: String

  @Option(name: .long, help: ArgumentHelp("Steps that are measured.", valueName: "count"))
  var steps = 50

  @Option(name: .long, help: ArgumentHelp("Write a trace in Chrome's format.", valueName: "file"))
  var trace: String?

  @OptionGroup var options: MeasureOptions

  func validate() throws {
    guard TrainingModel.named(name) != nil else {
      throw ValidationError(
        "no model is called '\(name)'; there are \(TrainingModel.all.map(\.name).joined(separator: ", "))")
    }
    guard (1...10_000).contains(steps) else { throw ValidationError("--steps must be 1 to 10000, not \(steps)") }
  }

  func run() throws {
    let report = options.begin()
    let model = TrainingModel.named(name)!
    let work = TrainingWork(model)
    let limits = ProcessorLimits.measure()
    let profile = Profiler.measure(work.network, steps: steps, limits: limits, work.step)
    report.text("\(model.name): \(model.description), \(Machine.threads) threads\n\(profile)")
    if report.json {
      for row in profile.rows { report.row([], json: fields(of: row, profile, model)) }
    }
    if let trace { try profile.writeTrace(to: URL(fileURLWithPath: trace)) }
  }

  private func fields(
    of row: Profile.Row, _ profile: Profile, _ model: TrainingModel
  ) -> KeyValuePairs<String, JSONValue> {
    let share: JSONValue = .number(row.seconds / profile.seconds, decimals: 5)
    let limit: JSONValue = .number(row.share(of: profile.limits), decimals: 5)
    let use: JSONValue = .number(row.threadSeconds / (row.seconds * Double(profile.threads)), decimals: 5)
    let gflops: JSONValue = .number(row.operationsPerSecond / 1e9, decimals: 3)
    let gbps: JSONValue = .number(row.bytesPerSecond / 1e9, decimals: 3)
    return [
      "bench": "profile", "model": .text(model.name), "threads": .integer(profile.threads),
      "isa": .text(Machine.isa), "layer": .text(row.layer), "operation": .text(row.operation),
      "phase": .text(row.phase.rawValue), "calls": .number(row.calls, decimals: 3),
      "us": .number(row.seconds * 1e6, decimals: 4), "share": share, "gflops": gflops, "gbps": gbps,
      "bytes": .number(row.bytes, decimals: 0), "share_of_limit": limit, "thread_use": use,
    ]
  }
}
