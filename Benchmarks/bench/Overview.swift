import ArgumentParser

struct Overview: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "all",
    abstract: "A short overall table: limits, matrix products, main kernels, overhead, training steps.")

  @OptionGroup var options: MeasureOptions

  func run() throws {
    let report = options.begin()
    let all = Machine.threads
    try PeakCommand.measure(
      threads: options.threads == nil && all > 1 ? [1, all] : [all], sampler: options.sampler(samples: 3, seconds: 0.3),
      report)
    try GemmCommand.measure(GemmShape.table, .nn, sampler: options.sampler(samples: 7, seconds: 0.3), report)
    try KernelsCommand.measure(
      KernelCase.all.filter(\.isMain), levels: MemoryLevel.allCases,
      sampler: options.sampler(samples: 7, seconds: 0.04), report)
    OverheadCommand.measure(sampler: options.sampler(samples: 20, seconds: 0.1), report)
    try TrainCommand.measure(TrainingModel.all, sampler: options.sampler(samples: 9, seconds: 0.8), report)
  }
}
