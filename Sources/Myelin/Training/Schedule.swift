#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

/// The learning rate over a run, as a factor of the rate that the run starts with.
///
/// ```swift
/// let schedule = Schedule.cosine(length: 20, warmup: 1)
/// optimizer.learningRate = 1e-3 * schedule.factor(at: Double(step) / Double(stepsPerEpoch))
/// ```
/// Positions and lengths are in one unit of your choice. ``Trainer`` counts epochs, with fractions between them, so that a
/// schedule does not depend on the batch size. The factor follows from the position alone, except after a plateau; a
/// schedule is `Codable` with all it knows, so that a resumed run goes on exactly.
public struct Schedule: Sendable, Hashable, Codable {
  enum Policy: Sendable, Hashable, Codable {
    case constant
    case step(every: Double, factor: Double)
    case exponential(factor: Double)
    case cosine(length: Double, warmup: Double, final: Double)
    case oneCycle(length: Double, rise: Double, start: Double, final: Double)
    case triangular(length: Double, rise: Double, start: Double, final: Double)
    case plateau(factor: Double, patience: Int, threshold: Double, minimum: Double)
  }
  let policy: Policy
  private var plateau = PlateauState()

  private init(_ policy: Policy) { self.policy = policy }

  /// 1 at all times.
  public static let constant = Schedule(.constant)

  /// `factor` to the power of the whole number of intervals that have passed.
  public static func step(every interval: Double, factor: Double = 0.1) -> Schedule {
    require(interval > 0, "Schedule.step: an interval of \(interval)")
    return Schedule(.step(every: interval, factor: factor))
  }

  /// `factor` to the power of the position.
  public static func exponential(factor: Double) -> Schedule { Schedule(.exponential(factor: factor)) }

  /// Rises in a line from 0 to 1 over `warmup` (Goyal et al. 2017), then falls along half a cosine to `final` at
  /// `length` (Loshchilov & Hutter 2017) and stays there.
  public static func cosine(length: Double, warmup: Double = 0, final: Double = 0) -> Schedule {
    require(
      length > 0 && warmup >= 0 && warmup <= length,
      "Schedule.cosine: a length of \(length) with \(warmup) of them to warm up")
    return Schedule(.cosine(length: length, warmup: warmup, final: final))
  }

  /// Rises from `start` to 1 over the share `rise` of the length and falls to `final`, both along half a cosine (Smith &
  /// Topin 2018). The optimizer's rate is the peak.
  public static func oneCycle(
    length: Double, rise: Double = 0.3, start: Double = 1 / 25, final: Double = 1 / 250_000
  ) -> Schedule {
    require(
      length > 0 && rise > 0 && rise < 1, "Schedule.oneCycle: a length of \(length), rising for a share of \(rise)")
    return Schedule(.oneCycle(length: length, rise: rise, start: start, final: final))
  }

  /// Rises in a line from `start` to 1 over the share `rise` of the length and falls in a line to `final` (Smith 2017). The
  /// optimizer's rate is the peak.
  public static func triangular(
    length: Double, rise: Double = 0.25, start: Double = 0.1, final: Double = 0.01
  ) -> Schedule {
    require(
      length > 0 && rise > 0 && rise < 1, "Schedule.triangular: a length of \(length), rising for a share of \(rise)")
    return Schedule(.triangular(length: length, rise: rise, start: start, final: final))
  }

  /// Multiplied by `factor`, down to `minimum`, each time that more than `patience` values in a row have not been better
  /// than the best so far by the share `threshold`. The values come by ``observe(_:_:)``; a ``Trainer`` gives those of
  /// ``TrainerOptions/measure``.
  public static func plateau(
    factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4, minimum: Double = 0
  ) -> Schedule {
    require(factor > 0 && factor < 1, "Schedule.plateau: a factor of \(factor)")
    require(patience >= 0, "Schedule.plateau: a patience of \(patience)")
    return Schedule(.plateau(factor: factor, patience: patience, threshold: threshold, minimum: minimum))
  }

  /// What the starting rate is multiplied by at a position ≥ 0.
  public func factor(at position: Double) -> Float {
    switch policy {
    case .constant: return 1
    case .step(let interval, let factor): return Float(pow(factor, (position / interval).rounded(.down)))
    case .exponential(let factor): return Float(pow(factor, position))
    case .cosine(let length, let warmup, let final):
      if position >= length { return Float(final) }
      if position < warmup { return Float(position / warmup) }
      return Float(Self.halfCosine(from: 1, to: final, (position - warmup) / (length - warmup)))
    case .oneCycle(let length, let rise, let start, let final):
      if position >= length { return Float(final) }
      let peak = rise * length
      return Float(
        position < peak
          ? Self.halfCosine(from: start, to: 1, position / peak)
          : Self.halfCosine(from: 1, to: final, (position - peak) / (length - peak)))
    case .triangular(let length, let rise, let start, let final):
      if position >= length { return Float(final) }
      let peak = rise * length
      return Float(
        position < peak
          ? start + (1 - start) * position / peak : 1 + (final - 1) * (position - peak) / (length - peak))
    case .plateau: return Float(plateau.factor)
    }
  }

  /// Tells a plateau schedule the value that it watches, once an epoch. The others do not listen.
  public mutating func observe(_ value: Double, _ direction: Metric.Direction = .lowerIsBetter) {
    guard case .plateau(let factor, let patience, let threshold, let minimum) = policy else { return }
    // Scores are compared as the errors that they are the negatives of.
    let value = direction == .lowerIsBetter ? value : -value
    // A NaN is never better.
    let isBetter = plateau.best.map { value < $0 - threshold * abs($0) } ?? !value.isNaN
    if isBetter {
      plateau.best = value
      plateau.badCount = 0
    } else {
      plateau.badCount += 1
    }
    if plateau.badCount > patience {
      plateau.factor = max(plateau.factor * factor, minimum)
      plateau.badCount = 0
    }
  }

  /// Whether counting can go on from it; one read from a file may be anything.
  var isPlausible: Bool { (0...TrainingState.largestCount).contains(plateau.badCount) }

  private struct PlateauState: Sendable, Hashable, Codable {
    var factor = 1.0
    var best: Double?
    var badCount = 0
  }

  private static func halfCosine(from start: Double, to end: Double, _ share: Double) -> Double {
    end + (start - end) * (1 + cos(.pi * share)) / 2
  }
}
