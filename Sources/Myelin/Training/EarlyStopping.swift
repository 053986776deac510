/// When to give up on a run that no longer gets better, and which epoch's weights to keep.
///
/// ```swift
/// trainer.options.earlyStopping = EarlyStopping(patience: 10)
/// ```
public struct EarlyStopping: Sendable, Equatable {
  /// `loss` or the name of a metric, on the validation data where there is some, else on the training data.
  public var measure: String
  /// Epochs without a gain before training stops; nil never stops, and only keeps the best weights.
  public var patience: Int?
  /// How much better counts as a gain.
  public var minimumGain: Double
  /// Whether `fit` ends with the weights of the best epoch instead of the last one.
  public var restoresBest: Bool

  public init(measure: String = "loss", patience: Int? = 10, minimumGain: Double = 0, restoresBest: Bool = true) {
    require(patience == nil || patience! >= 1, "EarlyStopping: patience \(patience!) must be at least 1 epoch")
    require(minimumGain >= 0, "EarlyStopping: the minimum gain \(minimumGain) is negative")
    self.measure = measure
    self.patience = patience
    self.minimumGain = minimumGain
    self.restoresBest = restoresBest
  }

  /// Losses and errors get better downwards, scores upwards.
  var isBetterWhenSmaller: Bool { ["loss", "mae", "rmse"].contains(measure) }

  func value(of record: EpochRecord) -> Double? { (record.validation ?? record.training)[measure] }

  /// The best record so far: the first one that no later record beats by more than the minimum gain.
  func bestEpoch(in history: [EpochRecord]) -> Int? {
    var best: (epoch: Int, value: Double)?
    for record in history {
      guard let value = value(of: record), value.isFinite else { continue }
      let gain = best.map { isBetterWhenSmaller ? $0.value - value : value - $0.value }
      if gain == nil || gain! > minimumGain { best = (record.epoch, value) }
    }
    return best?.epoch
  }

  func shouldStop(after history: [EpochRecord]) -> Bool {
    guard let patience, let last = history.last else { return false }
    return last.epoch - (bestEpoch(in: history) ?? 0) >= patience
  }
}
