/// When to give up on a run that no longer gets better by ``TrainerOptions/measure``.
///
/// ```swift
/// trainer.options.earlyStopping = EarlyStopping(patience: 10)
/// ```
public struct EarlyStopping: Sendable, Equatable {
  /// Epochs without a gain before training stops.
  public var patience: Int
  /// How much better counts as a gain.
  public var minimumGain: Double

  /// Stops after `patience` epochs without a gain above `minimumGain`. Preconditions: at least 1, and not negative.
  public init(patience: Int = 10, minimumGain: Double = 0) {
    require(patience >= 1, "EarlyStopping: patience \(patience) must be at least 1 epoch")
    require(minimumGain >= 0, "EarlyStopping: the minimum gain \(minimumGain) is negative")
    self.patience = patience
    self.minimumGain = minimumGain
  }

  func shouldStop(after history: [EpochRecord], measure: String) -> Bool {
    guard let last = history.last else { return false }
    // An ensemble goes on while one of its members gains.
    if let members = EpochRecord.bestEpochs(ofMembersIn: history, minimumGain: minimumGain) {
      return members.allSatisfy { last.epoch - $0 >= patience }
    }
    let best = EpochRecord.best(in: history, by: measure, minimumGain: minimumGain)?.epoch ?? 0
    return last.epoch - best >= patience
  }
}

extension EpochRecord {
  /// The best record by a measure on the validation data, or else the training data: the first one that no later record
  /// beats by more than the minimum gain. Nil where none has a finite value.
  static func best(in history: [EpochRecord], by measure: String, minimumGain: Double = 0) -> EpochRecord? {
    var best: (record: EpochRecord, value: Double)?
    for record in history {
      guard let measurement = record.watched[measurement: measure], measurement.value.isFinite else { continue }
      let gain = best.map { measurement.metric.gain(of: measurement.value, over: $0.value) }
      if gain == nil || gain! > minimumGain { best = (record, measurement.value) }
    }
    return best?.record
  }

  /// The best epoch of each member of an ensemble by its own loss, 0 where none is finite; nil where the records are of
  /// no ensemble.
  static func bestEpochs(ofMembersIn history: [EpochRecord], minimumGain: Double = 0) -> [Int]? {
    guard let count = history.last?.watched.memberLosses?.count else { return nil }
    var best = [(epoch: Int, loss: Double)](repeating: (0, .infinity), count: count)
    for record in history {
      for (member, loss) in (record.watched.memberLosses ?? []).enumerated()
      where member < count && loss.isFinite && best[member].loss - loss > (best[member].epoch == 0 ? 0 : minimumGain) {
        best[member] = (record.epoch, loss)
      }
    }
    return best.map(\.epoch)
  }

  /// The scores that early stopping, best weights and schedules look at.
  var watched: Scores { validation ?? training }
}
