import ArgumentParser
import Foundation
import Myelin

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Measures training steps: forward, backward and update on one batch.",
    discussion: """
      The loss is the mean softmax cross-entropy; the loop is the hand-written one of the README. Models:

      \(TrainingModel.all.map { "  \($0.name): \($0.description)" }.joined(separator: "\n"))

      EXAMPLES
        bench train
        bench train mlp_mnist --threads 1
        bench train xor_mlp mlp_small --json
      """)

  @Argument(help: ArgumentHelp("Models to train; all when left out.", valueName: "name"))
  var names: [String] = []

  @OptionGroup var options: MeasureOptions

  func validate() throws {
    for name in names where TrainingModel.named(name) == nil {
      throw ValidationError(
        "no model is called '\(name)'; there are \(TrainingModel.all.map(\.name).joined(separator: ", "))"
      )
    }
  }

  func run() throws {
    let report = options.begin()
    let models = names.isEmpty ? TrainingModel.all : names.compactMap(TrainingModel.named)
    try Self.measure(models, sampler: options.sampler(samples: 15, seconds: 1.5), report)
  }

  static func measure(_ models: [TrainingModel], sampler: Sampler, _ report: Report) throws {
    report.table(
      "Training steps, \(Machine.threads) threads",
      columns: [
        ("model", 13), ("median ms", 10), ("best ms", 9), ("samples/s", 10), ("peak memory", 11),
        ("allocations", 11),
      ])
    for model in models {
      MemoryPool.trim()
      MemoryPool.resetPeak()
      let work = TrainingWork(model)
      let calls = sampler.callsPerSample(work.step)
      for _ in 0..<3 { work.step() }
      let before = MemoryPool.statistics.systemAllocations
      var timing = Timing()
      sampler.extend(&timing, calls: calls, work.step)
      let memory = MemoryPool.statistics
      guard work.lastLoss.isFinite else {
        throw BenchError("\(model.name): the loss became \(work.lastLoss)")
      }
      let median = timing.median
      report.row(
        [
          model.name, compact(median * 1e3), compact(timing.best * 1e3),
          compact(Double(model.batch) / median),
          byteText(Double(memory.peakBytesInUse)), String(memory.systemAllocations - before),
        ],
        json: [
          "bench": "train", "model": .text(model.name),
          "precision": .text(model.precision == .bfloat16 ? "bf16" : "f32"),
          "threads": .integer(Machine.threads),
          "isa": .text(Machine.isa), "median_ms": .number(median * 1e3, decimals: 5),
          "spread_percent": .number(timing.spread * 100, decimals: 2),
          "samples_per_s": .number(Double(model.batch) / median, decimals: 1),
          "peak_bytes": .integer(memory.peakBytesInUse),
          "steady_system_allocations": .integer(memory.systemAllocations - before),
        ])
    }
    report.text(
      "allocations: how often the timed steps asked the system for tensor memory, all together")
  }
}
