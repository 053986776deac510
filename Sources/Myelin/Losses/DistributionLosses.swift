// Losses of what a number's distribution is, and not only of its mean. Both give Σ wᵢ lᵢ / Σ wᵢ, a scalar, with wᵢ = 1 where
// no weights are given; with Σ wᵢ = 0 the loss is 0.

/// Half the Poisson deviance of counts: lᵢ = e^zᵢ − tᵢ zᵢ + tᵢ log tᵢ − tᵢ, for zᵢ the logarithm of a rate.
///
/// It is 0 where the rate is the count. zᵢ counts as at most 30 and at least −30.
///
/// - Parameters:
///   - logRates: z, any shape.
///   - targets: t, of the same shape, from 0 on.
///   - sampleWeights: one a row (the first axis).
///
/// Precondition: shapes fit.
public func poissonLoss(_ logRates: Tensor, _ targets: Tensor, sampleWeights: Tensor? = nil) -> Tensor {
  require(logRates.shape == targets.shape, "poissonLoss: rates \(logRates.shape) with targets \(targets.shape)")
  let z = logRates.clipped(to: -30...30)
  let counts = targets.detached
  // t log t is 0 for t = 0, whatever the logarithm.
  let constant = counts * log(maximum(counts, Tensor(.leastNormalMagnitude))) - counts
  let losses = exp(z) - targets * z + constant
  return losses.weightedRowMean(sampleWeights, "poissonLoss")
}

/// The loss of quantiles (R. Koenker and G. Bassett, "Regression quantiles", 1978): the mean over the levels q of
/// max(q (t − z_q), (q − 1) (t − z_q)).
///
/// - Parameters:
///   - predictions: z [N, levels].
///   - targets: t [N, 1].
///   - levels: q, each in 0…1.
///   - sampleWeights: one a row.
///
/// Precondition: shapes fit.
public func quantileLoss(
  _ predictions: Tensor, _ targets: Tensor, levels: [Double], sampleWeights: Tensor? = nil
) -> Tensor {
  require(
    predictions.rank == 2 && targets.shape == [predictions.shape[0], 1] && predictions.shape[1] == levels.count,
    "quantileLoss: \(levels.count) levels for predictions \(predictions.shape) with targets \(targets.shape)")
  let difference = targets - predictions
  let above = Tensor(levels.map(Float.init), shape: Shape(1, levels.count))
  let losses = maximum(difference * above, difference * (above - Tensor(1)))
  return losses.weightedRowMean(sampleWeights, "quantileLoss")
}

extension Tensor {
  /// The mean over all elements, each row weighed by its weight.
  fileprivate func weightedRowMean(_ weights: Tensor?, _ name: StaticString) -> Tensor {
    guard let weights else { return mean() }
    require(rank >= 1 && weights.count == shape[0], "\(name): sample weights \(weights.shape) for rows of \(shape)")
    let sum = weights.withUnsafeBufferPointer { $0.reduce(0) { $0 + Double($1) } }
    let total = sum * Double(count / Swift.max(shape[0], 1))
    guard total > 0 else { return (self * Tensor(0)).sum() }
    let rows = weights.reshaped(Shape([shape[0]] + Array(repeating: 1, count: rank - 1)))
    return (self * rows).sum() * Tensor(Float(1 / total))
  }
}
