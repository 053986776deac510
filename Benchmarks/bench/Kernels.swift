import ArgumentParser
import CKernels

struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Measures every kernel family with data in L2, in L3 and in DRAM.",
    discussion: """
      GB/s count each array that a kernel reads or writes once; the per cent are of the bandwidth that the same threads \
      reach in that level of memory (the best of reading and triad), measured beside it. Arithmetic, not bandwidth, \
      limits exp, tanh, GELU and random numbers in the caches: there G/s, elements a nanosecond, tells more.
      NAME is a family (\(KernelCase.families.joined(separator: ", "))), a kernel or the beginning of kernels' names; or \
      conv for convolutions over the shapes of networks, by their arithmetic.

      EXAMPLES
        bench kernels
        bench kernels softmax
        bench kernels conv
        bench kernels gelu --threads 1 --json
      """)

  @Argument(help: "A family or a kernel; all when left out.")
  var name: String?

  @OptionGroup var options: MeasureOptions

  private static let convolutions = "conv"

  func validate() throws {
    if let name, name != Self.convolutions, KernelCase.named(name) == nil {
      throw ValidationError(
        "no kernel is called '\(name)'; the families are "
          + (KernelCase.families + [Self.convolutions]).joined(separator: ", "))
    }
  }

  func run() throws {
    let report = options.begin()
    if name == Self.convolutions {
      try ConvolutionTable.measure(
        ConvolutionShape.table, sampler: options.sampler(samples: 9, seconds: 0.1), report)
      return
    }
    let cases = name.flatMap(KernelCase.named) ?? KernelCase.all
    try Self.measure(
      cases, levels: MemoryLevel.allCases, sampler: options.sampler(samples: 9, seconds: 0.06), report)
  }

  static func measure(_ cases: [KernelCase], levels: [MemoryLevel], sampler: Sampler, _ report: Report) throws {
    let limits = Limits()
    report.table(
      "Kernels, f32, \(Machine.threads) threads",
      columns: [("kernel", 26)]
        + levels.flatMap { [("\($0.rawValue) GB/s", 9), ("G/s", 7), ("of stream", 9)] })
    let largest = levels.map(\.workingSet).max() ?? 0
    let memory = try Workspace(bytes: largest + largest / 8)
    for level in levels { try limits.probeStream(level) }
    for kernel in cases {
      var cells = [kernel.name]
      for level in levels {
        memory.fill(bytes: level.workingSet + level.workingSet / 8)
        // Whole rows, and eight equal parameters.
        let count = level.workingSet / 4 / kernel.arrays / (8 * KernelCase.columns) * (8 * KernelCase.columns)
        let run = kernel.make(memory.split(kernel.arrays, count: count), count)
        guard run() == CK_OK else { throw BenchError("kernel \(kernel.name) failed on \(count) elements") }
        let timing = try sampler.time(besides: { try limits.probeStream(level) }) { _ = run() }
        let gbps = Double(count * kernel.bytesPerElement) / timing.median / 1e9
        let elements = Double(count) / timing.median / 1e9
        let limit = limits.streamGbps(level)
        cells += [compact(gbps), compact(elements), percentText(gbps, of: limit)]
        if report.json {
          report.row(
            [],
            json: [
              "bench": "kernels", "family": .text(kernel.family), "name": .text(kernel.name), "type": "f32",
              "level": .text(level.rawValue), "elements": .integer(count), "threads": .integer(Machine.threads),
              "isa": .text(Machine.isa), "median_us": .number(timing.median * 1e6, decimals: 3),
              "spread_percent": .number(timing.spread * 100, decimals: 2),
              "gbps": .number(gbps, decimals: 2), "gelements_per_s": .number(elements, decimals: 3),
              "percent_of_stream": percent(gbps, of: limit),
            ])
        }
      }
      if !report.json { report.row(cells, json: [:]) }
    }
  }
}
