/// The share of rows whose largest score stands at the label, or among the k largest; fed batch by batch.
public struct Accuracy: Sendable, Hashable {
  /// A row counts when its label is among so many largest scores.
  public let top: Int
  public private(set) var correct = 0
  public private(set) var count = 0

  /// Precondition: `top` is at least 1.
  public init(top: Int = 1) {
    require(top >= 1, "Accuracy: the top \(top)")
    self.top = top
  }

  /// Adds rows of scores [N, classes], logits or probabilities, with labels [N]. A label of −1 leaves its row out.
  ///
  /// Where scores are equal, the lower class counts as the higher score, as in ``Tensor/argmax(axis:)``; a NaN counts as
  /// higher than any number, so that a broken model is not rewarded for it.
  public mutating func add(_ scores: Tensor, _ labels: Indices) {
    let (rows, classes) = scores.rowsAndColumns
    require(
      scores.rank >= 1 && labels.count == rows, "Accuracy: scores \(scores.shape) with labels \(labels.shape)")
    scores.withUnsafeBufferPointer { scores in
      labels.withUnsafeBufferPointer { labels in
        for row in 0..<rows where labels[row] != -1 {
          let label = Int(labels[row])
          require(label >= 0 && label < classes, "Accuracy: label \(label) with \(classes) classes")
          let own = scores[row * classes + label]
          var higher = 0
          for other in 0..<classes where other != label {
            let score = scores[row * classes + other]
            if score > own || (score == own && other < label) || (score.isNaN && (!own.isNaN || other < label)) {
              higher += 1
            }
          }
          if higher < top { correct += 1 }
          count += 1
        }
      }
    }
  }

  /// Nil while nothing has been added.
  public var value: Double? { count == 0 ? nil : Double(correct) / Double(count) }
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
