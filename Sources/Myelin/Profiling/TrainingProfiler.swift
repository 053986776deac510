/// Profiles some steps in the middle of a training run, all of one epoch. Where an epoch is one batch, validation and
/// observers count too.
///
/// ```swift
/// let profiler = TrainingProfiler(model, steps: 50)
/// trainer.observers.append(profiler)
/// try trainer.fit(train)
/// print(profiler.profile!)
/// ```
public final class TrainingProfiler: TrainingObserver {
  /// After the run, or once the steps are over; nil where there were too few batches.
  public private(set) var profile: Profile?
  private let model: any Module
  private let skipped: Int
  private let steps: Int
  private var running: Profiler?
  private var batches = 0
  private var done = 0

  /// - Parameters:
  ///   - model: gives the layers their names.
  ///   - steps: batches that are profiled.
  ///   - skipped: batches before them, that fill caches and the memory pool.
  public init(_ model: any Module, steps: Int = 50, skipping skipped: Int = 10) {
    require(steps >= 1 && skipped >= 0, "TrainingProfiler: \(steps) steps after \(skipped)")
    self.model = model
    self.steps = steps
    self.skipped = skipped
  }

  public func trainingWillStart(_ trainer: AnyTrainer, _ progress: TrainingProgress) {
    (batches, done) = (0, 0)
    profile = nil
  }

  /// Starts and stops within an epoch: validation is no part of a step.
  public func batchDidEnd(_ trainer: AnyTrainer, _ progress: TrainingProgress) {
    batches += 1
    if running != nil {
      done += 1
      if done == steps || progress.batch == progress.batches { finish() }
    } else if profile == nil, batches >= skipped, progress.batch < progress.batches || progress.batches == 1 {
      running = Profiler(model)
    }
  }

  public func trainingDidStop(_ trainer: AnyTrainer, _ progress: TrainingProgress, _ reason: StopReason) {
    finish()
    // Now, when it disturbs no epoch.
    profile?.limits = .measure()
  }

  private func finish() {
    guard let profiler = running else { return }
    running = nil
    profile = profiler.stop(steps: done, limits: ProcessorLimits(operationsPerSecond: 0, bytesPerSecond: 0))
  }
}
