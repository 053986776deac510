/// Scores of two classes with their labels, kept to judge their order: areas under the ROC and the precision-recall curve.
///
/// Any increasing function of the probability of class 1 will do as a score; logits keep more of the order than
/// probabilities, which round to 0 and 1.
public struct BinaryScores: Sendable {
  private var entries: [(score: Float, isPositive: Bool)] = []
  /// NaN has no place in an order: one of them, and neither area is defined.
  private var hasNaN = false

  public init() {}

  /// Adds scores and labels 0 or 1, as many of both. A label of −1 leaves its row out.
  public mutating func add(_ scores: Tensor, _ labels: Indices) {
    require(
      scores.count == labels.count, "BinaryScores: scores \(scores.shape) with labels \(labels.shape)")
    entries.reserveCapacity(entries.count + labels.count)
    scores.withUnsafeBufferPointer { scores in
      labels.withUnsafeBufferPointer { labels in
        for (score, label) in zip(scores, labels) where label != -1 {
          require(label == 0 || label == 1, "BinaryScores: label \(label), not 0 or 1")
          hasNaN = hasNaN || score.isNaN
          entries.append((score, label == 1))
        }
      }
    }
  }

  /// Adds rows of two logits [N, 2]: their difference is the score.
  public mutating func add(logits: Tensor, _ labels: Indices) {
    require(logits.rank == 2 && logits.shape[1] == 2, "BinaryScores: logits \(logits.shape), not [N, 2]")
    let rows = logits.shape[0]
    add(
      Tensor(shape: Shape(rows)) { scores in
        logits.withUnsafeBufferPointer { logits in
          for row in 0..<rows { scores[row] = logits[2 * row + 1] - logits[2 * row] }
        }
      }, labels)
  }

  public var positiveCount: Int { entries.count { $0.isPositive } }
  public var negativeCount: Int { entries.count - positiveCount }

  /// The chance that a positive has a higher score than a negative, ties counting half: the area under the ROC curve
  /// (Mann & Whitney 1947). Nil where one of the classes is missing or a score is NaN.
  public var rocAUC: Double? {
    let (positives, negatives) = (positiveCount, negativeCount)
    guard positives > 0, negatives > 0, !hasNaN else { return nil }
    var wins = 0.0
    var positivesAbove = 0
    for group in groupsByFallingScore() {
      wins += Double(group.negatives) * (Double(positivesAbove) + Double(group.positives) / 2)
      positivesAbove += group.positives
    }
    return wins / (Double(positives) * Double(negatives))
  }

  /// The area under the precision-recall curve as a sum of steps: Σ (recallₙ − recallₙ₋₁) precisionₙ over the thresholds.
  /// Nil without positives, or where a score is NaN.
  public var averagePrecision: Double? {
    let positives = positiveCount
    guard positives > 0, !hasNaN else { return nil }
    var area = 0.0
    var (truePositives, predicted) = (0, 0)
    for group in groupsByFallingScore() {
      truePositives += group.positives
      predicted += group.positives + group.negatives
      area += Double(group.positives) * Double(truePositives) / Double(predicted)
    }
    return area / Double(positives)
  }

  /// The ROC curve from (0, 0) to (1, 1): one point for each different score. Empty where a class is missing.
  public var rocCurve: [(falsePositiveRate: Double, truePositiveRate: Double)] {
    let (positives, negatives) = (Double(positiveCount), Double(negativeCount))
    guard positives > 0, negatives > 0, !hasNaN else { return [] }
    var counts = (positives: 0, negatives: 0)
    return [(0, 0)]
      + groupsByFallingScore().map { group in
        counts.positives += group.positives
        counts.negatives += group.negatives
        return (Double(counts.negatives) / negatives, Double(counts.positives) / positives)
      }
  }

  /// Entries of one score together, the highest first.
  private func groupsByFallingScore() -> [(positives: Int, negatives: Int)] {
    var groups: [(positives: Int, negatives: Int)] = []
    var last: Float?
    for entry in entries.sorted(by: { $0.score > $1.score }) {
      if entry.score != last { groups.append((0, 0)) }
      last = entry.score
      if entry.isPositive {
        groups[groups.count - 1].positives += 1
      } else {
        groups[groups.count - 1].negatives += 1
      }
    }
    return groups
  }
}

/// Area under the ROC curve of scores with labels 0 and 1. Nil where one of the classes is missing.
public func rocAUC(_ scores: Tensor, _ labels: Indices) -> Double? {
  var binary = BinaryScores()
  binary.add(scores, labels)
  return binary.rocAUC
}

/// Area under the precision-recall curve of scores with labels 0 and 1. Nil without positives.
public func averagePrecision(_ scores: Tensor, _ labels: Indices) -> Double? {
  var binary = BinaryScores()
  binary.add(scores, labels)
  return binary.averagePrecision
}
