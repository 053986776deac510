import ArgumentParser
import CKernels
import Myelin

struct OverheadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "overhead",
    abstract: "Measures what a call costs beside its arithmetic: kernel, threads, tape, optimizer.",
    discussion: """
      Tensors of 16 elements, so that arithmetic costs next to nothing.

      EXAMPLES
        bench overhead
        bench overhead --json --threads 2
      """)

  @OptionGroup var options: MeasureOptions

  func run() throws {
    let report = options.begin()
    Self.measure(sampler: options.sampler(samples: 50, seconds: 0.3), report)
  }

  static func measure(sampler: Sampler, _ report: Report) {
    report.table(
      "Overhead, \(Machine.threads) threads",
      columns: [("what", 54), ("median µs", 10), ("best µs", 9)])

    func row(_ name: String, _ text: String, _ median: Double, _ best: Double) {
      report.row(
        [text, compact(median * 1e6), compact(best * 1e6)],
        json: [
          "bench": "overhead", "name": .text(name), "threads": .integer(Machine.threads),
          "isa": .text(Machine.isa),
          "median_us": .number(median * 1e6, decimals: 4),
          "best_us": .number(best * 1e6, decimals: 4),
        ])
    }
    func row(_ name: String, _ text: String, _ timing: Timing) {
      row(name, text, timing.median, timing.best)
    }

    let floats = ScratchFloats(16)
    row("kernel_call", "kernel call on nothing", sampler.time { _ = ck_fill(0, 0, floats.start) })
    row(
      "kernel_16", "kernel call on 16 floats (y = a x + b)",
      sampler.time { _ = ck_scale_shift(16, 1, floats.start, 0, floats.start) })
    row(
      "fork_join", "start all threads and wait for them", sampler.time { _ = ck_probe_fork_join() })

    let chain = OperationChain()
    let plain = chain.inference(sampler)
    row("operation", "tensor operation on 16 elements, inference", plain)
    let (forward, backward) = chain.forwardAndBackward(sampler)
    row("operation_recorded", "tensor operation on 16 elements, recorded", forward)
    row("operation_backward", "its backward pass", backward)
    row(
      "tape_forward", "the tape's part, forward", forward.median - plain.median,
      forward.best - plain.best)
    // What comes back is multiplied by the same factor: one operation more of the same kind.
    row(
      "tape_backward", "the tape's part, backward (less one operation)",
      backward.median - plain.median,
      backward.best - plain.best)

    let (median, best) = tinyAdamStep(sampler)
    row("adam_step_tiny", "Adam step over 6 parameters of 16 elements", median, best)
  }

  /// The step less what it costs to give the parameters a gradient again.
  private static func tinyAdamStep(_ sampler: Sampler) -> (median: Double, best: Double) {
    let parameters = (0..<6).map { _ in Parameter(Tensor(ones: [16])) }
    let optimizer = Adam(parameters, learningRate: 1e-3)
    let gradient = Tensor(repeating: 1e-3, shape: [16])
    let setting = sampler.time { for parameter in parameters { parameter.gradient = gradient } }
    let both = sampler.time {
      for parameter in parameters { parameter.gradient = gradient }
      optimizer.step()
    }
    return (both.median - setting.median, both.best - setting.best)
  }
}

/// Many cheap operations one after another; times are for one of them.
private final class OperationChain {
  private static let length = 256
  private let start = Parameter(Tensor(ones: [16]))
  private let gradient = Tensor(ones: [16])

  private func run() -> Tensor {
    var value = start.value
    for _ in 0..<Self.length { value = value * 1.0001 }
    return value
  }

  func inference(_ sampler: Sampler) -> Timing {
    var timing = sampler.time { withoutGradient { _ = run() } }
    timing.samples = timing.samples.map { $0 / Double(Self.length) }
    return timing
  }

  /// A backward pass uses its tape up, so both ways are timed in turn.
  func forwardAndBackward(_ sampler: Sampler) -> (forward: Timing, backward: Timing) {
    var (forward, backward) = (Timing(), Timing())
    let begin = ContinuousClock.now
    while forward.samples.count < sampler.samples
      || (ContinuousClock.now - begin) / .seconds(1) < sampler.seconds
    {
      var end = Tensor(0)
      forward.samples.append(Sampler.seconds { end = run() } / Double(Self.length))
      backward.samples.append(
        Sampler.seconds { end.backward(gradient: gradient) } / Double(Self.length))
    }
    return (forward, backward)
  }
}
