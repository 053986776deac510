/// Something that follows a run: a progress display, a log, a checkpoint writer.
///
/// All methods do nothing unless implemented; an error that one throws ends the training.
public protocol TrainingObserver: AnyObject {
  /// Before the first batch; `progress` says where a resumed run starts.
  func trainingWillStart(_ trainer: AnyTrainer, _ progress: TrainingProgress) throws
  /// After each batch. Called some thousand times a second for small models: be quick.
  func batchDidEnd(_ trainer: AnyTrainer, _ progress: TrainingProgress) throws
  /// After validation; the record is the last of `trainer.state.history`.
  func epochDidEnd(_ trainer: AnyTrainer, _ record: EpochRecord, _ progress: TrainingProgress) throws
  /// Once at the end, or when training was stopped in between; not after an error. Weights are the last epoch's still.
  func trainingDidStop(_ trainer: AnyTrainer, _ progress: TrainingProgress, _ reason: StopReason) throws
}

extension TrainingObserver {
  public func trainingWillStart(_ trainer: AnyTrainer, _ progress: TrainingProgress) throws {}
  public func batchDidEnd(_ trainer: AnyTrainer, _ progress: TrainingProgress) throws {}
  public func epochDidEnd(_ trainer: AnyTrainer, _ record: EpochRecord, _ progress: TrainingProgress) throws {}
  public func trainingDidStop(_ trainer: AnyTrainer, _ progress: TrainingProgress, _ reason: StopReason) throws {}
}

/// How far a run has come.
public struct TrainingProgress: Sendable {
  /// The current epoch, from 1, of `epochs`.
  public internal(set) var epoch: Int
  /// How many there will be, unless something stops the run.
  public internal(set) var epochs: Int
  /// Batches of this epoch that are done, of `batches`.
  public internal(set) var batch: Int
  /// Batches in an epoch.
  public internal(set) var batches: Int
  /// Batches, and samples, since `fit` began.
  public internal(set) var batchesDone = 0
  /// Samples since `fit` began.
  public internal(set) var samples = 0
  /// Sums over this epoch so far.
  var totals = RunningScores()
  /// Means over this epoch so far; computed when asked for.
  public var running: Scores { totals.scores }
  /// Samples of this epoch since it began or was resumed, and the seconds spent on their steps, without validation and
  /// observers; the seconds are known when the epoch ends.
  public internal(set) var epochSamples = 0
  /// Seconds spent on the steps of this epoch; known when it ends.
  public internal(set) var epochSeconds = 0.0
  let start = ContinuousClock.now

  /// Seconds since `fit` began.
  public var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
}

/// Why `fit` returned.
public enum StopReason: String, Sendable, Codable {
  /// All epochs are done.
  case finished
  /// Early stopping saw no gain for long enough.
  case noGain
  /// The time was up.
  case timeLimit
  /// Ctrl-C, SIGTERM or ``AnyTrainer/stop()``.
  case interrupted
}

/// What `fit` came to.
public struct TrainingResult: Sendable {
  /// Why it ended.
  public let reason: StopReason
  /// One record for each epoch since training began, those before a resume included.
  public let history: [EpochRecord]
  /// The epoch whose weights the model has now, where the best ones were put back; nil for an ensemble.
  public let restoredEpoch: Int?
  /// The epoch whose weights each member of an ensemble has now, where the best ones were put back.
  public let memberEpochs: [Int]?
  /// Since `fit` began.
  public let seconds: Double
  /// Since `fit` began; a sample counts each time it is seen.
  public let samples: Int
}
