/// An exponential moving average of parameters and buffers over the steps (Polyak & Juditsky 1992; Tarvainen & Valpola
/// 2017): less noisy than the weights of any one step, and mostly better.
///
///     average ← d average + (1 − d) weights,    d = min(decay, (1 + step) / (10 + step))
///
/// with the steps counted from 0: the factor grows from 0.1, so that the initial weights are soon forgotten.
///
/// ```swift
/// trainer.options.averaging = WeightAveraging(decay: 0.999)
/// ```
/// Training goes on with the weights of each step. Validation, ``Trainer/evaluate(_:)`` and the best epoch take the
/// average, and `fit` ends with it in the model; checkpoints have both.
public struct WeightAveraging: Sendable, Hashable, Codable {
  /// d in the long run: about 1 / (1 − d) steps are averaged.
  public let decay: Double

  /// Precondition: a decay in 0 ..< 1.
  public init(decay: Double = 0.999) {
    require(decay >= 0 && decay < 1, "WeightAveraging: a decay of \(decay), not in 0 ..< 1")
    self.decay = decay
  }

  /// d of a step, counted from 0.
  func factor(step: Int) -> Double { min(decay, Double(1 + step) / Double(10 + step)) }
}

extension AnyTrainer {
  /// Runs `body` with the averaged weights in the model; those of the last step are back afterwards. Where nothing is
  /// averaged it just runs.
  ///
  /// ```swift
  /// trainer.withAveragedWeights { evaluate(model, objective, on: data) }
  /// ```
  public func withAveragedWeights<Result>(_ body: () throws -> Result) rethrows -> Result {
    if averages.isEmpty { return try body() }
    let weights = copyWeights()
    setWeights(averages)
    defer { setWeights(weights) }
    return try body()
  }

  /// Averages begin with the weights as they are, unless a checkpoint has brought some.
  func prepareAveraging() {
    if options.averaging == nil {
      averages = []
    } else if averages.isEmpty {
      averages = copyWeights()
    }
  }

  /// Takes in the weights after a step, counted from 0.
  func average(step: Int) {
    guard let averaging = options.averaging else { return }
    let factor = Float(averaging.factor(step: step))
    func add(_ value: Tensor, to index: Int) {
      // The best epoch may hold them still.
      averages[index].makeUnique()
      Kernels.axpby(value.count, 1 - factor, value.pointer, factor, averages[index].pointer)
    }
    for (index, parameter) in parameters.enumerated() { add(parameter.value, to: index) }
    for (index, buffer) in buffers.enumerated() { add(buffer.value, to: parameters.count + index) }
  }
}
