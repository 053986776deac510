/// A loss and the metrics that were measured with it.
public struct Scores: Codable, Equatable, Sendable {
  public struct Metric: Codable, Equatable, Sendable {
    /// As it is shown and logged: `accuracy`, `r2`, …
    public var name: String
    public var value: Double

    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  public var loss: Double
  public var metrics: [Metric]

  public init(loss: Double, metrics: [Metric] = []) {
    self.loss = loss
    self.metrics = metrics
  }

  /// The metric of that name, or the loss for `loss`; nil when it was not measured.
  public subscript(name: String) -> Double? {
    name == "loss" ? loss : metrics.first { $0.name == name }?.value
  }
}

/// What one epoch came to.
public struct EpochRecord: Codable, Equatable, Sendable {
  /// From 1.
  public var epoch: Int
  /// Optimizer steps since training began.
  public var step: Int
  /// At the last step of the epoch.
  public var learningRate: Float
  /// Means over the epoch, while the weights were changing.
  public var training: Scores
  /// After the epoch; nil without validation data.
  public var validation: Scores?
}

/// Everything beside weights and optimizer states that a run needs to go on exactly where it stopped.
public struct TrainingState: Codable, Equatable, Sendable {
  /// Epochs finished.
  public internal(set) var epoch = 0
  /// Batches of the current epoch that are done.
  public internal(set) var batch = 0
  /// Optimizer steps taken.
  public internal(set) var step = 0
  /// One record for each finished epoch.
  public internal(set) var history: [EpochRecord] = []
  /// The record of the epoch that was best by early stopping's measure, counted from 1; nil before the first.
  public internal(set) var bestEpoch: Int?
  var running = RunningScores()
  var random: RandomGenerator.State?
  /// The optimizer's learning rate when training began: what the schedule's factor multiplies.
  var baseLearningRate: Float?
  var schedule: Schedule?

  init() {}
}

/// Sums over the batches of an epoch so far.
struct RunningScores: Codable, Equatable, Sendable {
  /// Σ wᵢ lᵢ and Σ wᵢ
  var loss = 0.0
  var weight = 0.0
  /// Samples whose prediction was compared with a label, and how many were right.
  var judged = 0
  var correct = 0

  var scores: Scores {
    Scores(
      loss: weight == 0 ? 0 : loss / weight,
      metrics: judged == 0 ? [] : [.init("accuracy", Double(correct) / Double(judged))])
  }
}
