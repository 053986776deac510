// Losses that place like things near each other and others apart.

/// Triplet loss (Schroff et al. 2015): the mean of max(0, |a − p| − |a − n| + margin): an anchor is nearer to a positive than
/// to a negative by `margin`.
///
/// All are [rows, features]; distances are Euclidean, with 10⁻⁶ added to each difference as in PyTorch, so that equal
/// rows have a gradient. Precondition: equal shapes of two axes.
public func tripletLoss(_ anchors: Tensor, _ positives: Tensor, _ negatives: Tensor, margin: Float = 1) -> Tensor {
  require(
    anchors.rank == 2 && anchors.shape == positives.shape && anchors.shape == negatives.shape,
    "tripletLoss: anchors \(anchors.shape), positives \(positives.shape), negatives \(negatives.shape)")
  func distance(_ a: Tensor, _ b: Tensor) -> Tensor { sqrt((a - b + 1e-6).squared().sum(axis: 1)) }
  return maximum(distance(anchors, positives) - distance(anchors, negatives) + margin, 0).mean()
}

/// InfoNCE (van den Oord et al. 2018): each query is to find its key, the one in its own row, among all keys by cosine
/// similarity: softmax cross-entropy of similarities / temperature.
///
/// Both are [rows, features], and are brought to length 1. In SimCLR and CLIP the loss is the mean of both directions.
/// Precondition: equal shapes of two axes; temperature > 0.
public func infoNCELoss(_ queries: Tensor, _ keys: Tensor, temperature: Float = 0.1) -> Tensor {
  require(
    queries.rank == 2 && queries.shape == keys.shape && temperature > 0,
    "infoNCELoss: queries \(queries.shape), keys \(keys.shape), temperature \(temperature)")
  func normalized(_ x: Tensor) -> Tensor {
    x * (x.squared().sum(axis: 1, keepingAxis: true) + 1e-12).reciprocalSquareRoot()
  }
  let similarities = matmul(normalized(queries), normalized(keys).transposed()) / temperature
  return softmaxCrossEntropy(similarities, Indices(Array(0..<queries.shape[0])))
}
