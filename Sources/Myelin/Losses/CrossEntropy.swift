/// The mean of −log softmax(logits)[label] over the rows, and its gradient, in one fused kernel.
///
/// - Parameters:
///   - logits: [N, classes].
///   - labels: [N], each in 0 ..< classes, or −1 to leave a row out.
///   - classWeights: [classes], a factor for the rows of each class.
///   - sampleWeights: [N], a factor for each row.
///   - labelSmoothing: s; the target is (1 − s) one-hot + s / classes (Szegedy et al. 2016).
/// - Returns: Σ wᵢ lᵢ / Σ wᵢ, a scalar.
///
/// Precondition: shapes fit and labels are in range.
public func softmaxCrossEntropy(
  _ logits: Tensor, _ labels: Indices, classWeights: Tensor? = nil, sampleWeights: Tensor? = nil,
  labelSmoothing: Float = 0
) -> Tensor {
  require(
    logits.rank >= 1 && labels.count == logits.rowsAndColumns.rows,
    "softmaxCrossEntropy: logits \(logits.shape) with labels \(labels.shape)")
  let (rows, classes) = logits.rowsAndColumns
  require(
    classWeights == nil || classWeights!.count == classes,
    "softmaxCrossEntropy: class weights \(classWeights!.shape) for logits \(logits.shape)")
  require(
    sampleWeights == nil || sampleWeights!.count == rows,
    "softmaxCrossEntropy: sample weights \(sampleWeights!.shape) for logits \(logits.shape)")
  var loss = Tensor(uninitialized: Shape([]))
  let source = logits.source
  // The gradient costs one pass while the logits are still in cache, so it is computed here, not on the way back.
  let slope = source == nil ? nil : Tensor(uninitialized: logits.shape)
  let labelsFit = Kernels.softmaxCrossEntropy(
    rows: rows, classes: classes, logits.pointer, labels.pointer, rowWeights: sampleWeights?.pointer,
    classWeights: classWeights?.pointer, labelSmoothing: labelSmoothing, loss.pointer, rowLosses: nil, slope?.pointer)
  require(labelsFit, "softmaxCrossEntropy: a label outside -1 ..< \(classes)")
  loss.recordLoss("softmaxCrossEntropy", source, slope)
  return loss
}

extension Tensor {
  /// Notes a loss whose gradient by its predictions is known already.
  mutating func recordLoss(_ name: StaticString, _ source: GradientNode?, _ slope: Tensor?) {
    guard let source, let slope else { return }
    record(name) { gradient, pass in
      let factor = gradient.pointer[0]
      if factor == 1 {
        pass.accumulate(into: source, slope)
      } else {
        pass.accumulate(into: source) { Kernels.scale(slope.count, factor, slope.pointer, $0, $1) }
      }
    }
  }
}
