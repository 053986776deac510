// Losses for finding things in pictures: rare positives and boxes.

/// Focal loss (Lin et al. 2017): the mean of αₜ (1 − pₜ)^γ (−log pₜ), where pₜ is the probability σ(z) that is given to the
/// truth. What is already right counts little, so that many easy negatives do not outweigh a few positives.
///
/// - Parameters:
///   - logits: z, any shape.
///   - targets: 0 or 1 (or between), of the same shape.
///   - gamma: γ; 0 is binary cross-entropy.
///   - alpha: α of positives, with 1 − α for negatives; nil for 1 and 1.
///
/// Precondition: equal shapes; γ ≥ 0.
public func focalLoss(_ logits: Tensor, _ targets: Tensor, gamma: Float = 2, alpha: Float? = 0.25) -> Tensor {
  require(
    logits.shape == targets.shape && gamma >= 0,
    "focalLoss: logits \(logits.shape) with targets \(targets.shape), gamma \(gamma)")
  let targets = targets.detached
  // −log σ(z) is softplus(−z), and −log(1 − σ(z)) softplus(z): exact where σ is next to 0 or 1.
  let entropy = softplus(-logits) * targets + softplus(logits) * (1 - targets)
  let missing = sigmoid(-logits) * targets + sigmoid(logits) * (1 - targets)
  var loss = gamma == 0 ? entropy : pow(missing, Tensor(gamma)) * entropy
  if let alpha { loss = loss * (targets * alpha + (1 - targets) * (1 - alpha)) }
  return loss.mean()
}

/// Smooth L1 (Girshick 2015): the mean of e² / 2β for |e| < β, else |e| − β/2, with e = pᵢ − tᵢ: ``huberLoss(_:_:delta:sampleWeights:)``
/// divided by β, so that far away its slope is 1. Precondition: equal shapes; β > 0.
public func smoothL1Loss(_ predictions: Tensor, _ targets: Tensor, beta: Float = 1, sampleWeights: Tensor? = nil)
  -> Tensor
{
  require(beta > 0, "smoothL1Loss: beta is \(beta), it must be positive")
  return huberLoss(predictions, targets, delta: beta, sampleWeights: sampleWeights) / beta
}

/// 1 − overlap of boxes, in the mean: 1 − IoU, or generalised (Rezatofighi et al. 2019) 1 − IoU + (C − U) / C with union U and
/// the smallest box C about both, which pulls boxes together also where they do not meet.
///
/// Both are [boxes, 4]: left, top, right, bottom, with left ≤ right and top ≤ bottom. Precondition: those shapes.
public func boxOverlapLoss(_ predictions: Tensor, _ targets: Tensor, generalized: Bool = true) -> Tensor {
  require(
    predictions.rank == 2 && predictions.shape[1] == 4 && predictions.shape == targets.shape,
    "boxOverlapLoss: boxes \(predictions.shape) and \(targets.shape), not [boxes, 4]")
  func sides(_ boxes: Tensor) -> [Tensor] { (0..<4).map { boxes.sliced($0..<$0 + 1, axis: 1) } }
  func area(_ s: [Tensor]) -> Tensor { maximum(s[2] - s[0], 0) * maximum(s[3] - s[1], 0) }
  let (p, t) = (sides(predictions), sides(targets))
  let common = area([maximum(p[0], t[0]), maximum(p[1], t[1]), minimum(p[2], t[2]), minimum(p[3], t[3])])
  let union = area(p) + area(t) - common
  // Keeps two empty boxes at one place from dividing by 0.
  let tiny: Tensor = 1e-7
  var overlap = common / (union + tiny)
  if generalized {
    let about = area([minimum(p[0], t[0]), minimum(p[1], t[1]), maximum(p[2], t[2]), maximum(p[3], t[3])])
    overlap = overlap - (about - union) / (about + tiny)
  }
  return (1 - overlap).mean()
}
