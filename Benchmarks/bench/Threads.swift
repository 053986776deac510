import ArgumentParser
import CKernels
import Foundation

struct ThreadsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "threads",
    abstract: "Measures what threads bring: kernels, matrix products and small training steps, with one and with all.",
    discussion: """
      One thread and all of them in turn, several times, so that what a noisy machine does to one it does to the other. \
      More threads are a cliff where they take more than 1.1 times as long: a size at which a call should have stayed on \
      one thread. What looks like one is measured three times more at the end, seconds to minutes apart, and the median of \
      those ratios counts: one in a hundred rows is off by a tenth through noise alone, for as long as a second. Expect \
      none on an idle machine; beside other programs the figures mean little.
      NAME is a family or the beginning of a kernel's name, gemm or step.

      EXAMPLES
        bench threads
        bench threads step gemm
        bench threads softmax --json
      """)

  @Argument(help: ArgumentHelp("What to measure; all when left out.", valueName: "name"))
  var names: [String] = []

  @OptionGroup var options: MeasureOptions

  func validate() throws {
    for name in names where ThreadsCase.named(name).isEmpty {
      throw ValidationError(
        "nothing is called '\(name)'; there are step, gemm, \(KernelCase.families.joined(separator: ", ")) and kernels' names"
      )
    }
  }

  func run() throws {
    let report = options.begin()
    guard Machine.threads > 1 else { throw BenchError("there is one thread only: nothing to compare") }
    let cases = names.isEmpty ? ThreadsCase.all : names.flatMap(ThreadsCase.named)
    try Self.measure(cases, sampler: options.sampler(samples: 12, seconds: 0.06), report)
  }

  /// More threads that take this much longer than one are a cliff.
  static let cliff = 1.1

  static func measure(_ cases: [ThreadsCase], sampler: Sampler, _ report: Report) throws {
    let threads = Machine.threads
    defer { _ = ck_set_thread_count(Int32(threads)) }
    table("Threads, f32", report)
    var doubtful = [(work: ThreadsCase, size: Int)]()
    for work in cases {
      for size in work.sizes {
        let timing = timeInTurn(try work.make(size), threads: threads, sampler: sampler)
        let isDoubtful = timing.ratio > cliff
        if isDoubtful { doubtful.append((work, size)) }
        row(work, size, timing, isDoubtful ? "again" : "", report)
      }
    }
    var cliffs = 0
    if !doubtful.isEmpty {
      table("What looked like a cliff, measured again: the middle of three", report)
      // In turns, so that the three of one size are minutes or seconds apart, and each in memory of its own.
      var again = doubtful.map { _ in [TimingInTurn]() }
      for _ in 0..<3 {
        for (index, (work, size)) in doubtful.enumerated() {
          again[index].append(timeInTurn(try work.make(size), threads: threads, sampler: sampler))
        }
      }
      for (index, (work, size)) in doubtful.enumerated() {
        let timing = again[index].sorted { $0.ratio < $1.ratio }[1]
        let isCliff = timing.ratio > cliff
        cliffs += isCliff ? 1 : 0
        row(work, size, timing, isCliff ? "cliff" : "", report)
      }
    }
    report.text(
      cliffs == 0
        ? "no cliff: nowhere do \(threads) threads take more than \(cliff) times as long as one"
        : "\(cliffs) cliffs: \(threads) threads take more than \(cliff) times as long as one")
  }

  private static func table(_ title: String, _ report: Report) {
    report.table(
      title,
      columns: [
        ("what", 24), ("size", 9), ("1 thread µs", 11), ("\(Machine.threads) threads µs", 12), ("ratio", 6), ("", 5),
      ])
  }

  private static func row(_ work: ThreadsCase, _ size: Int, _ timing: TimingInTurn, _ mark: String, _ report: Report) {
    let (one, all) = (timing.one, timing.all)
    report.row(
      [
        work.name, String(size), compact(one.median * 1e6), compact(all.median * 1e6), compact(timing.ratio), mark,
      ],
      json: [
        "bench": "threads", "family": .text(work.family), "name": .text(work.name), "size": .integer(size),
        "threads": .integer(Machine.threads), "isa": .text(Machine.isa),
        "one_thread_us": .number(one.median * 1e6, decimals: 3),
        "median_us": .number(all.median * 1e6, decimals: 3), "best_us": .number(all.best * 1e6, decimals: 3),
        "spread_percent": .number(all.spread * 100, decimals: 2), "ratio": .number(timing.ratio, decimals: 4),
        "mark": .text(mark),
      ])
  }

  private struct TimingInTurn {
    var one = Timing()
    var all = Timing()
    var ratio: Double { all.median / one.median }
  }

  private static func timeInTurn(_ body: () -> Void, threads: Int, sampler: Sampler) -> TimingInTurn {
    var timing = TimingInTurn()
    _ = ck_set_thread_count(1)
    let calls = sampler.callsPerSample(body)
    let rounds = 3
    let part = Sampler(samples: (sampler.samples + rounds - 1) / rounds, seconds: sampler.seconds / Double(rounds))
    for _ in 0..<rounds {
      _ = ck_set_thread_count(1)
      part.extend(&timing.one, calls: calls, body)
      _ = ck_set_thread_count(Int32(threads))
      for _ in 0..<calls { body() }
      part.extend(&timing.all, calls: calls, body)
    }
    return timing
  }
}

/// Something to run at several sizes.
struct ThreadsCase: Sendable {
  let family: String
  let name: String
  let sizes: [Int]
  let make: @Sendable (Int) throws -> () -> Void

  static let all = steps + products + kernels

  static func named(_ name: String) -> [ThreadsCase] {
    all.filter { $0.family == name || $0.name.hasPrefix(name) }
  }

  /// Training steps of 10-w-w-10 with batch 128: the size is w.
  private static let steps = [
    ThreadsCase(family: "step", name: "step_10_w_w_10", sizes: [16, 32, 48, 64, 65, 80, 96, 128, 192, 256, 512]) {
      width in
      let work = TrainingWork(
        TrainingModel(name: "step", widths: [10, width, width, 10], batch: 128, method: .adam))
      return work.step
    },
    ThreadsCase(family: "step", name: "step_w_10_batch_32", sizes: [64, 256, 1024, 4096]) { width in
      let work = TrainingWork(TrainingModel(name: "step", widths: [width, 10], batch: 32, method: .sgdWithMomentum))
      return work.step
    },
  ]

  /// Products of size × size × size, and of 128 rows.
  private static let products = [
    product("gemm_square", sizes: [16, 32, 48, 64, 96, 128, 192, 256, 384]) { ($0, $0, $0) },
    product("gemm_128_rows", sizes: [16, 32, 64, 128, 256, 512]) { (128, $0, $0) },
    product("gemv", sizes: [64, 128, 256, 512, 1024, 2048]) { (1, $0, $0) },
  ]

  private static func product(_ name: String, sizes: [Int], _ shape: @escaping @Sendable (Int) -> (Int, Int, Int))
    -> ThreadsCase
  {
    ThreadsCase(family: "gemm", name: name, sizes: sizes) { size in
      let (m, n, k) = shape(size)
      let count = max(m * k, k * n, m * n)
      let memory = try Workspace(bytes: Workspace.bytes(arrays: 3, count: count))
      memory.fill()
      let x = memory.split(3, count: count)
      return {
        withExtendedLifetime(memory) {
          _ = ck_gemm_f32(
            CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, Int64(m), Int64(n), Int64(k), 1, x[0], Int64(k), x[1], Int64(n), 0, x[2],
            Int64(n), nil)
        }
      }
    }
  }

  /// The kernels of `bench kernels`: the size is the floats of each array.
  private static let kernels = KernelCase.all.map { kernel in
    ThreadsCase(family: kernel.family, name: kernel.name, sizes: [8192, 16384, 32768, 65536, 131_072, 524_288]) {
      count in
      let memory = try Workspace(bytes: Workspace.bytes(arrays: kernel.arrays, count: count))
      memory.fill()
      let call = kernel.make(memory.split(kernel.arrays, count: count), count)
      guard call() == CK_OK else { throw BenchError("kernel \(kernel.name) failed on \(count) elements") }
      return { withExtendedLifetime(memory) { _ = call() } }
    }
  }
}
