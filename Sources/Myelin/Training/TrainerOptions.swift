/// How ``Trainer/fit(_:validation:)`` goes about it.
public struct TrainerOptions: Sendable {
  /// How often the whole training set is seen.
  public var epochs = 10
  /// Samples in a batch; the last of an epoch may have fewer.
  public var batchSize = 32
  /// The order of samples in each epoch follows from it. Initial weights and dropout draw from `RandomGenerator.shared`.
  public var seed: UInt64 = 0
  /// Whether each epoch has an order of its own; else the samples come in theirs.
  public var shuffles = true
  /// Batches that a background thread prepares ahead; worth it where a data set reads or decodes.
  public var prefetchedBatches = 0
  /// Batches whose gradients are added up for one step: a larger batch in the same memory. The gradient is that of
  /// the mean over all their samples, also where the last batch is smaller.
  public var accumulatedBatches = 1
  /// What the products of training steps are computed with; nil for what ``withPrecision(_:_:)`` around `fit` says. What is
  /// kept and saved is `Float` either way, and validation measures the model as it will be used, in `Float`.
  public var precision: Precision?
  /// A bound on the gradient of each step; nil for none.
  public var gradientClipping: GradientClipping?
  /// The learning rate over the run; nil keeps the optimizer's own.
  public var schedule: Schedule?
  /// The one measure that early stopping, best weights and a plateau schedule watch: `loss` or the name of a metric, on
  /// the validation data where there is some, else on the training data. Which way is better, the metric knows.
  public var measure = Metric.loss.name
  /// When to give up; nil trains all epochs.
  public var earlyStopping: EarlyStopping?
  /// Seconds of `fit` after which it ends with the current step, as if all epochs were done; nil for no limit. Where a run
  /// ends by it depends on the machine: such a run does not repeat bit for bit.
  public var timeLimit: Double?
  /// Whether `fit` ends with the weights of the epoch that was best by ``measure`` instead of the last one. Nil does so
  /// where early stopping is set.
  public var keepsBestWeights: Bool?
  /// An average of the weights over the steps, which is what is judged and kept; nil for the weights of the last step.
  public var averaging: WeightAveraging?
  /// Whether the objective's metrics are measured on the training batches too.
  public var measuresTraining = true
  /// Whether Ctrl-C and SIGTERM stop training after the current step instead of ending the process; a second one does.
  public var stopsOnInterrupt = true
  /// Samples at a time in `evaluate`, `predict` and validation.
  public var evaluationBatchSize = 1024

  /// Ten epochs of batches of 32, at the optimizer's own rate.
  public init() {}

  /// Sets properties in place: `TrainerOptions { $0.epochs = 20 }`.
  public init(_ configure: (inout TrainerOptions) -> Void) { configure(&self) }

  var tracksBest: Bool { keepsBestWeights ?? (earlyStopping != nil) }

  /// Whether the time is up after so many seconds.
  func isOver(_ seconds: Double) -> Bool { timeLimit.map { seconds >= $0 } ?? false }

  func check() {
    require(epochs >= 0, "TrainerOptions: \(epochs) epochs")
    require(batchSize >= 1, "TrainerOptions: a batch size of \(batchSize)")
    require(accumulatedBatches >= 1, "TrainerOptions: \(accumulatedBatches) accumulated batches")
    require(timeLimit ?? 1 > 0, "TrainerOptions: a time limit of \(timeLimit ?? 0) seconds")
    require(evaluationBatchSize >= 1, "TrainerOptions: an evaluation batch size of \(evaluationBatchSize)")
  }
}

/// A bound on gradients before each step.
public enum GradientClipping: Sendable, Equatable {
  /// Scales all gradients together so that their Euclidean norm is at most this (Pascanu et al. 2013).
  case norm(Float)
  /// Limits each element to ± this.
  case value(Float)
}

/// Brings gradients of several machines together before each optimizer step.
///
/// All gradients lie in one block, in the order of the parameters and padded with zeros, the same on every machine that
/// trains the same model. They are sums over samples whose weights add up to `weight`. The function must leave in both
/// the sum over the machines, one all-reduce each; the trainer then divides by the weight, so that machines may have
/// batches of different size. Every machine must take the same number of steps.
public typealias GradientExchange = (
  _ gradients: UnsafeMutableBufferPointer<Float>, _ weight: inout Double
) throws -> Void
