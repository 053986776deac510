/// A loss and the metrics that were measured with it.
public struct Scores: Codable, Equatable, Sendable {
  /// A metric with its value.
  public struct Measurement: Codable, Equatable, Sendable {
    /// What was measured.
    public var metric: Metric
    /// As it is, not in per cent.
    public var value: Double

    /// A metric with its value.
    public init(_ metric: Metric, _ value: Double) {
      self.metric = metric
      self.value = value
    }

    /// The value as people read it.
    public var text: String { metric.text(value) }
  }

  /// The mean loss.
  public var loss: Double
  /// In the objective's order.
  public var metrics: [Measurement]
  /// The mean loss of each member of an ensemble on its own rows; nil for another model. See
  /// ``Objective/memberwise()``.
  public var memberLosses: [Double]?

  /// A loss and what was measured with it.
  public init(loss: Double, metrics: [Measurement] = [], memberLosses: [Double]? = nil) {
    self.loss = loss
    self.metrics = metrics
    self.memberLosses = memberLosses
  }

  /// The loss, then the metrics.
  public var all: [Measurement] { [Measurement(.loss, loss)] + metrics }

  /// The value of the metric of that name, or the loss for `loss`; nil when it was not measured.
  public subscript(name: String) -> Double? { self[measurement: name]?.value }
  /// The value of a metric; nil when it was not measured.
  public subscript(metric: Metric) -> Double? { self[metric.name] }
  /// The metric of that name with its value.
  public subscript(measurement name: String) -> Measurement? {
    name == Metric.loss.name ? Measurement(.loss, loss) : metrics.first { $0.metric.name == name }
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
  /// The epoch that was best by ``TrainerOptions/measure``, counted from 1; nil before the first.
  public internal(set) var bestEpoch: Int?
  var running = RunningScores()
  var random: RandomGenerator.State?
  /// The optimizer's learning rate when training began: what the schedule's factor multiplies.
  var baseLearningRate: Float?
  /// Of the first batch: what a loss that grows without end is measured by.
  var firstLoss: Double?
  var schedule: Schedule?

  init() {}

  /// More of anything than a run can count.
  static let largestCount = 1 << 48

  /// Whether a run can go on from it; one read from a file may be anything.
  var isPlausible: Bool {
    let counts = 0...TrainingState.largestCount
    return [epoch, batch, step].allSatisfy(counts.contains) && history.count == epoch
      && history.enumerated().allSatisfy { $1.epoch == $0 + 1 && counts.contains($1.step) }
      && (bestEpoch.map { (1...max(epoch, 1)).contains($0) } ?? true)
      && (random.map { $0.offset <= UInt64(Int.max) } ?? true) && schedule?.isPlausible != false
  }
}

/// Sums over the batches of an epoch or a data set so far.
struct RunningScores: Codable, Equatable, Sendable {
  /// Σ wᵢ lᵢ and Σ wᵢ
  var loss = 0.0
  var weight = 0.0
  var totals = MetricTotals()

  mutating func add(_ batch: BatchLoss, samples: Int, measures: Bool) {
    let batchWeight = batch.weight ?? Double(samples)
    loss += Double(batch.loss.scalar) * batchWeight
    weight += batchWeight
    if measures { totals.merge(batch.metrics()) }
  }

  var scores: Scores {
    Scores(
      loss: weight == 0 ? 0 : loss / weight, metrics: totals.measurements,
      memberLosses: totals.accumulators.lazy.compactMap { ($0 as? MemberLosses)?.means }.first)
  }
}
