// Losses that compare predictions with targets element by element. All give Σ wᵢ lᵢ / Σ wᵢ, a scalar, with wᵢ = 1
// where no weights are given; with Σ wᵢ = 0 the loss is 0. Their gradient is computed in the same sweep.

/// lᵢ = −p tᵢ log σ(zᵢ) − (1 − tᵢ) log(1 − σ(zᵢ)) for logits z, without overflow for any z.
///
/// - Parameters:
///   - logits: any shape.
///   - targets: of the same shape, in 0 … 1.
///   - positiveWeight: p, a factor for the positive part, as for rare positives.
///   - sampleWeights: one an element, or one a row (the first axis).
///
/// Precondition: shapes fit.
public func binaryCrossEntropyWithLogits(
  _ logits: Tensor, _ targets: Tensor, positiveWeight: Float = 1, sampleWeights: Tensor? = nil
) -> Tensor {
  elementwiseLoss(
    "binaryCrossEntropyWithLogits", .binaryCrossEntropyWithLogits(positiveWeight: positiveWeight), logits, targets,
    sampleWeights)
}

/// lᵢ = (pᵢ − tᵢ)².
///
/// `predictions` and `targets` have one shape; `sampleWeights` has one weight an element, or one a row (the first axis).
/// Precondition: shapes fit.
public func meanSquaredError(_ predictions: Tensor, _ targets: Tensor, sampleWeights: Tensor? = nil) -> Tensor {
  elementwiseLoss("meanSquaredError", .meanSquaredError, predictions, targets, sampleWeights)
}

/// lᵢ = |pᵢ − tᵢ|; derivative 0 at 0. Shapes as in ``meanSquaredError(_:_:sampleWeights:)``.
public func meanAbsoluteError(_ predictions: Tensor, _ targets: Tensor, sampleWeights: Tensor? = nil) -> Tensor {
  elementwiseLoss("meanAbsoluteError", .meanAbsoluteError, predictions, targets, sampleWeights)
}

/// Huber 1964: lᵢ = e²/2 for |e| ≤ δ, else δ (|e| − δ/2), with e = pᵢ − tᵢ: outliers pull with a bounded force. Shapes as
/// in ``meanSquaredError(_:_:sampleWeights:)``. Precondition: δ > 0.
public func huberLoss(
  _ predictions: Tensor, _ targets: Tensor, delta: Float = 1, sampleWeights: Tensor? = nil
) -> Tensor {
  require(delta > 0, "huberLoss: delta is \(delta), it must be positive")
  return elementwiseLoss("huberLoss", .huber(delta: delta), predictions, targets, sampleWeights)
}

private func elementwiseLoss(
  _ name: StaticString, _ kind: ElementwiseLoss, _ predictions: Tensor, _ targets: Tensor, _ sampleWeights: Tensor?
) -> Tensor {
  require(
    predictions.shape == targets.shape, "\(name): predictions \(predictions.shape) with targets \(targets.shape)")
  let weights = sampleWeights.map { $0.asElementWeights(of: predictions, name) }
  var loss = Tensor(uninitialized: Shape([]))
  let source = predictions.source
  let slope = source == nil ? nil : Tensor(uninitialized: predictions.shape)
  Kernels.elementwiseLoss(
    kind, predictions.count, predictions.pointer, targets.pointer, weights: weights?.pointer, loss.pointer,
    slope?.pointer)
  loss.recordLoss(name, source, slope)
  return loss
}

extension Tensor {
  /// Weights of rows repeated for each element of their row.
  fileprivate func asElementWeights(of predictions: Tensor, _ name: StaticString) -> Tensor {
    if count == predictions.count { return self }
    require(
      predictions.rank > 0 && count == predictions.shape[0],
      "\(name): sample weights \(shape) for predictions \(predictions.shape)")
    let expanded = Tensor(uninitialized: predictions.shape)
    let width = count == 0 ? 0 : predictions.count / count
    Kernels.broadcast(
      outer: count, length: width, inner: 1, scale: 1, pointer, expanded.pointer, .overwrite)
    return expanded
  }
}
