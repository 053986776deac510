/// Second labels of samples that were made of two: the loss is (1 − s) that of the first label + s that of the second.
public struct LabelMixture: Sendable {
  /// The class of what was mixed in, [N].
  public var labels: Indices
  /// s of each sample, [N], in 0…½: 0 for one that was left as it is.
  public var shares: Tensor

  /// Precondition: as many shares as labels.
  public init(labels: Indices, shares: Tensor) {
    require(
      labels.count == shares.count, "LabelMixture: labels \(labels.shape) with shares \(shares.shape)")
    self.labels = labels
    self.shares = shares
  }
}
