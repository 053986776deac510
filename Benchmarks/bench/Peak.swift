import ArgumentParser
import CKernels

struct PeakCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peak",
    abstract: "Measures the limits of this machine: multiply-adds in registers and bandwidth of memory.",
    discussion: """
      One row for one thread and one for all (with --threads for that number only). The bandwidth of DRAM is the best \
      of reading, triad (x + 3 y) and triad with stores past the caches.

      EXAMPLES
        bench peak
        CK_ISA=avx2 bench peak --json
      """)

  @OptionGroup var options: MeasureOptions

  func run() throws {
    let report = options.begin()
    let all = Machine.threads
    try Self.measure(
      threads: options.threads == nil && all > 1 ? [1, all] : [all], sampler: options.sampler(samples: 5, seconds: 0.5),
      report)
  }

  static func measure(threads: [Int], sampler: Sampler, _ report: Report) throws {
    report.table(
      "Limits of the machine",
      columns: [
        ("threads", 8), ("multiply-adds GFLOP/s", 10), ("bfloat16 GFLOP/s", 10), ("L2 GB/s", 10), ("L3 GB/s", 10),
        ("DRAM GB/s", 10),
      ])
    let before = ck_thread_count()
    defer { _ = ck_set_thread_count(before) }
    for count in threads {
      _ = ck_set_thread_count(Int32(count))
      let limits = Limits()
      let start = ContinuousClock.now
      var rounds = 0
      while rounds < sampler.samples || (ContinuousClock.now - start) / .seconds(1) < sampler.seconds {
        limits.probeBFloat16()
        for level in MemoryLevel.allCases { try limits.probeStream(level) }
        rounds += 1
      }
      report.row(
        [String(count), compact(limits.fmaGflops), limits.bfloat16Gflops.map { compact($0) } ?? "-"]
          + MemoryLevel.allCases.map { compact(limits.streamGbps($0)) },
        json: [
          "bench": "peak", "threads": .integer(count), "isa": .text(Machine.isa),
          "fma_gflops": .number(limits.fmaGflops, decimals: 2),
          "bfloat16_gflops": limits.bfloat16Gflops.map { .number($0, decimals: 2) } ?? .null,
          "stream_gbps": .number(limits.streamGbps(.dram), decimals: 2),
        ])
    }
  }
}
