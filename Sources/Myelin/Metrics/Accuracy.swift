/// The share of rows whose largest score stands at the label, or among the k largest; fed batch by batch.
public struct Accuracy: MetricAccumulator, Hashable {
  /// A row counts when its label is among so many largest scores.
  public let top: Int
  /// Weights of the rows that are right, and of all; their numbers where no weights are given.
  public private(set) var correct = 0.0
  /// Σ wᵢ of all rows; their number where no weights are given.
  public private(set) var count = 0.0

  /// Precondition: `top` is at least 1.
  public init(top: Int = 1) {
    require(top >= 1, "Accuracy: the top \(top)")
    self.top = top
  }

  /// Adds rows of scores [N, classes], logits or probabilities, with labels [N]. A label of −1 leaves its row out.
  ///
  /// Where scores are equal, the lower class counts as the higher score, as in ``Tensor/argmax(axis:)``. A row with a NaN
  /// is wrong: a broken model is not rewarded for it.
  /// - Parameters:
  ///   - scores: logits or probabilities, [N, classes].
  ///   - labels: the class of each row, [N], or −1 to leave it out.
  ///   - weights: how much each row counts, [N]; nil counts each once.
  public mutating func add(_ scores: Tensor, _ labels: Indices, weights: Tensor? = nil) {
    let (rows, classes) = scores.rowsAndColumns
    require(
      scores.rank >= 1 && labels.count == rows && (weights == nil || weights!.count == rows),
      "Accuracy: scores \(scores.shape) with labels \(labels.shape)"
        + (weights.map { " and weights \($0.shape)" } ?? ""))
    let rowWeights = weights?.scalars
    scores.withUnsafeBufferPointer { scores in
      labels.withUnsafeBufferPointer { labels in
        for row in 0..<rows where labels[row] != -1 {
          let label = Int(labels[row])
          require(label >= 0 && label < classes, "Accuracy: label \(label) with \(classes) classes")
          let weight = rowWeights.map { Double($0[row]) } ?? 1
          if isRight(scores.baseAddress.unsafelyUnwrapped + row * classes, classes, label) { correct += weight }
          count += weight
        }
      }
    }
  }

  private func isRight(_ scores: UnsafePointer<Float>, _ classes: Int, _ label: Int) -> Bool {
    let own = scores[label]
    var higher = 0
    for other in 0..<classes where other != label {
      // A NaN is neither above nor below.
      if !(scores[other] < own || (scores[other] == own && other > label)) {
        if scores[other].isNaN { return false }
        higher += 1
      }
    }
    return higher < top && !own.isNaN
  }

  /// Nil while nothing has been added.
  public var value: Double? { count == 0 ? nil : correct / count }

  public var measurements: [(metric: Metric, value: Double?)] { [(top == 1 ? .accuracy : .topAccuracy(top), value)] }

  public mutating func merge(_ other: Accuracy) {
    require(top == other.top, "Accuracy: the top \(top) with the top \(other.top)")
    correct += other.correct
    count += other.count
  }
}

/// The share of rows of `scores` [N, classes] whose largest score stands at the label. Nil without rows.
public func accuracy(_ scores: Tensor, _ labels: Indices) -> Double? {
  topAccuracy(scores, labels, k: 1)
}

/// The share of rows of `scores` [N, classes] with the label among the `k` largest scores. Nil without rows.
public func topAccuracy(_ scores: Tensor, _ labels: Indices, k: Int) -> Double? {
  var accuracy = Accuracy(top: k)
  accuracy.add(scores, labels)
  return accuracy.value
}
