/// Scores of two classes with their labels, kept to judge their order: areas under the ROC and the precision-recall curve.
///
/// Any increasing function of the probability of class 1 will do as a score; logits keep more of the order than
/// probabilities, which round to 0 and 1.
public struct BinaryScores: MetricAccumulator {
  private struct Entry: Codable {
    var score: Float
    var isPositive: Bool
    var weight: Float
  }
  private var entries: [Entry] = []
  /// NaN has no place in an order: one of them, and neither area is defined.
  private var hasNaN = false

  /// Without any scores yet.
  public init() {}

  /// Adds scores and labels 0 or 1, as many of both. A label of −1 leaves its row out.
  /// - Parameters:
  ///   - scores: one number a row, larger for class 1.
  ///   - labels: 0, 1, or −1 to leave a row out.
  ///   - weights: how much each counts, none negative; nil counts each once.
  public mutating func add(_ scores: Tensor, _ labels: Indices, weights: Tensor? = nil) {
    require(
      scores.count == labels.count && (weights == nil || weights!.count == labels.count),
      "BinaryScores: scores \(scores.shape) with labels \(labels.shape)"
        + (weights.map { " and weights \($0.shape)" } ?? ""))
    let weights = weights?.scalars
    scores.withUnsafeBufferPointer { scores in
      labels.withUnsafeBufferPointer { labels in
        for (row, (score, label)) in zip(scores, labels).enumerated() where label != -1 {
          require(label == 0 || label == 1, "BinaryScores: label \(label), not 0 or 1")
          hasNaN = hasNaN || score.isNaN
          entries.append(Entry(score: score, isPositive: label == 1, weight: weights?[row] ?? 1))
        }
      }
    }
  }

  /// Adds rows of two logits [N, 2]: their difference is the score.
  public mutating func add(logits: Tensor, _ labels: Indices, weights: Tensor? = nil) {
    require(logits.rank == 2 && logits.shape[1] == 2, "BinaryScores: logits \(logits.shape), not [N, 2]")
    let rows = logits.shape[0]
    add(
      Tensor(shape: Shape(rows)) { scores in
        logits.withUnsafeBufferPointer { logits in
          for row in 0..<rows { scores[row] = logits[2 * row + 1] - logits[2 * row] }
        }
      }, labels, weights: weights)
  }

  public mutating func merge(_ other: BinaryScores) {
    entries += other.entries
    hasNaN = hasNaN || other.hasNaN
  }

  public var measurements: [(metric: Metric, value: Double?)] {
    [(.rocAUC, rocAUC), (.averagePrecision, averagePrecision)]
  }

  /// Rows of each class, whatever they weigh.
  public var positiveCount: Int { entries.count { $0.isPositive } }
  /// Rows of class 0, whatever they weigh.
  public var negativeCount: Int { entries.count - positiveCount }

  private func weight(ofPositives isPositive: Bool) -> Double {
    entries.reduce(0) { $1.isPositive == isPositive ? $0 + Double($1.weight) : $0 }
  }

  /// The chance that a positive has a higher score than a negative, ties counting half: the area under the ROC curve
  /// (Mann & Whitney 1947). Nil where one of the classes is missing or a score is NaN.
  public var rocAUC: Double? {
    let (positives, negatives) = (weight(ofPositives: true), weight(ofPositives: false))
    guard positives > 0, negatives > 0, !hasNaN else { return nil }
    var wins = 0.0
    var positivesAbove = 0.0
    for group in groupsByFallingScore() {
      wins += group.negatives * (positivesAbove + group.positives / 2)
      positivesAbove += group.positives
    }
    return wins / (positives * negatives)
  }

  /// The area under the precision-recall curve as a sum of steps: Σ (recallₙ − recallₙ₋₁) precisionₙ over the thresholds.
  /// Nil without positives, or where a score is NaN.
  public var averagePrecision: Double? {
    let positives = weight(ofPositives: true)
    guard positives > 0, !hasNaN else { return nil }
    var area = 0.0
    var (truePositives, predicted) = (0.0, 0.0)
    for group in groupsByFallingScore() where group.positives + group.negatives > 0 {
      truePositives += group.positives
      predicted += group.positives + group.negatives
      area += group.positives * truePositives / predicted
    }
    return area / positives
  }

  /// The ROC curve from (0, 0) to (1, 1): one point for each different score. Empty where a class is missing.
  public var rocCurve: [(falsePositiveRate: Double, truePositiveRate: Double)] {
    let (positives, negatives) = (weight(ofPositives: true), weight(ofPositives: false))
    guard positives > 0, negatives > 0, !hasNaN else { return [] }
    var counts = (positives: 0.0, negatives: 0.0)
    return [(0, 0)]
      + groupsByFallingScore().map { group in
        counts.positives += group.positives
        counts.negatives += group.negatives
        return (counts.negatives / negatives, counts.positives / positives)
      }
  }

  /// The precision-recall curve by rising recall: one point for each different score, the highest first. Empty without
  /// positives, or where a score is NaN.
  public var precisionRecallCurve: [(recall: Double, precision: Double)] {
    let positives = weight(ofPositives: true)
    guard positives > 0, !hasNaN else { return [] }
    var (right, told) = (0.0, 0.0)
    return groupsByFallingScore().compactMap { group in
      right += group.positives
      told += group.positives + group.negatives
      return told > 0 ? (right / positives, right / told) : nil
    }
  }

  /// Weights of the entries of one score together, the highest first.
  private func groupsByFallingScore() -> [(positives: Double, negatives: Double)] {
    var groups: [(positives: Double, negatives: Double)] = []
    var last: Float?
    for entry in entries.sorted(by: { $0.score > $1.score }) {
      if entry.score != last { groups.append((0, 0)) }
      last = entry.score
      if entry.isPositive {
        groups[groups.count - 1].positives += Double(entry.weight)
      } else {
        groups[groups.count - 1].negatives += Double(entry.weight)
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
