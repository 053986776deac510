/// How often each class was taken for each other: rows are true classes, columns predicted ones; fed batch by batch.
///
/// Only pairs that occur are kept: of 5,000 classes it takes no more memory than the rows have pairs.
///
/// Per-class precision, recall and F1 are 0 where their denominator is 0, as scikit-learn's `zero_division=0`.
public struct ConfusionMatrix: MetricAccumulator, Hashable {
  /// Rows and columns.
  public let classCount: Int
  /// The counts that are not 0, by true class · classCount + predicted class.
  private var cells: [Int: Int] = [:]
  /// Rows of each class whose scores held a NaN, so that nothing was predicted: wrong, whatever the label.
  public private(set) var undecided: [Int]

  /// Precondition: at least one class.
  public init(classCount: Int) {
    require(classCount >= 1, "ConfusionMatrix: \(classCount) classes")
    self.init(counts: [], classCount)
  }

  /// The matrix with these counts, `[true][predicted]`. Precondition: square.
  public init(_ counts: [[Int]]) {
    require(
      counts.allSatisfy { $0.count == counts.count },
      "ConfusionMatrix: \(counts.count) rows of \(counts.map(\.count)) counts")
    self.init(counts: counts, counts.count)
  }

  private init(counts: [[Int]], _ classCount: Int) {
    self.classCount = classCount
    for (label, row) in counts.enumerated() {
      for (predicted, count) in row.enumerated() where count != 0 { cells[label * classCount + predicted] = count }
    }
    undecided = [Int](repeating: 0, count: classCount)
  }

  /// Rows of a label that were predicted as another (or the same).
  public subscript(label: Int, predicted: Int) -> Int { cells[label * classCount + predicted, default: 0] }

  /// All counts, `[true][predicted]`: classCount² of them.
  public var counts: [[Int]] {
    (0..<classCount).map { label in (0..<classCount).map { self[label, $0] } }
  }

  /// The pairs of classes that occur, by true class and then by predicted class.
  public var pairs: [(label: Int, predicted: Int, count: Int)] {
    cells.sorted { $0.key < $1.key }.map { ($0.key / classCount, $0.key % classCount, $0.value) }
  }

  /// Adds predicted classes with labels. A label of −1 leaves its row out.
  /// Precondition: as many of both, all in 0 ..< classCount.
  public mutating func add(_ predictions: Indices, _ labels: Indices) {
    require(
      predictions.count == labels.count,
      "ConfusionMatrix: predictions \(predictions.shape) with labels \(labels.shape)")
    predictions.withUnsafeBufferPointer { predictions in
      labels.withUnsafeBufferPointer { labels in
        for (predicted, label) in zip(predictions, labels) where label != -1 {
          require(
            label >= 0 && label < classCount && predicted >= 0 && predicted < classCount,
            "ConfusionMatrix: label \(label), prediction \(predicted) with \(classCount) classes")
          cells[Int(label) * classCount + Int(predicted), default: 0] += 1
        }
      }
    }
  }

  /// Adds rows of scores [N, classCount]; the largest is the prediction. A row with a NaN has none.
  public mutating func add(_ scores: Tensor, _ labels: Indices) {
    require(
      scores.rank == 2 && scores.shape[1] == classCount,
      "ConfusionMatrix: scores \(scores.shape) for \(classCount) classes")
    require(
      labels.count == scores.shape[0], "ConfusionMatrix: scores \(scores.shape) with labels \(labels.shape)")
    var decided = labels.values
    scores.withUnsafeBufferPointer { values in
      for row in decided.indices where values[row * classCount..<(row + 1) * classCount].contains(where: \.isNaN) {
        let label = Int(decided[row])
        if label >= 0 && label < classCount { undecided[label] += 1 }
        decided[row] = -1
      }
    }
    add(scores.argmax(axis: 1), Indices(decided))
  }

  public mutating func merge(_ other: ConfusionMatrix) {
    require(
      classCount == other.classCount, "ConfusionMatrix: \(classCount) classes with \(other.classCount)")
    for (cell, count) in other.cells { cells[cell, default: 0] += count }
    for index in undecided.indices { undecided[index] += other.undecided[index] }
  }

  public var measurements: [(metric: Metric, value: Double?)] { [(.macroF1, scores(.macro)?.f1)] }

  /// Number of rows added.
  public var total: Int { cells.values.reduce(0, +) + undecided.reduce(0, +) }
  /// Rows of each true class.
  public var support: [Int] {
    cells.reduce(into: undecided) { $0[$1.key / classCount] += $1.value }
  }
  /// Rows that were predicted as each class.
  public var predictedCounts: [Int] {
    cells.reduce(into: [Int](repeating: 0, count: classCount)) { $0[$1.key % classCount] += $1.value }
  }
  private var correctCounts: [Int] { (0..<classCount).map { self[$0, $0] } }

  /// The share of the diagonal. Nil while nothing has been added.
  public var accuracy: Double? {
    let total = total
    return total == 0 ? nil : Double(correctCounts.reduce(0, +)) / Double(total)
  }

  /// Precision, recall and F1 of a class, or an average of classes.
  public struct Scores: Sendable, Hashable, Codable {
    /// True positives among what was predicted.
    public let precision: Double
    /// True positives among what there was.
    public let recall: Double
    /// 2 precision recall / (precision + recall)
    public let f1: Double
  }

  /// Of each class, in order.
  public var classScores: [Scores] {
    zip(correctCounts, zip(predictedCounts, support)).map { correct, counts in
      Self.scores(correct: correct, predicted: counts.0, actual: counts.1)
    }
  }

  /// How the classes' scores are brought together.
  public enum Average: Sendable {
    /// Each class counts the same. Classes that occur neither as a label nor as a prediction are left out.
    case macro
    /// All rows together; for single labels all three are the accuracy.
    case micro
    /// Each class counts by its rows.
    case weighted
  }

  /// Precision, recall and F1 over all classes. Nil while nothing has been added.
  public func scores(_ average: Average) -> Scores? {
    let support = support
    let total = support.reduce(0, +)
    guard total > 0 else { return nil }
    let weights: [Double]
    switch average {
    case .micro:
      return Self.scores(
        correct: correctCounts.reduce(0, +), predicted: predictedCounts.reduce(0, +), actual: total)
    case .macro:
      let present = zip(support, predictedCounts).map { $0 + $1 > 0 }
      let count = Double(present.filter { $0 }.count)
      weights = present.map { $0 ? 1 / count : 0 }
    case .weighted: weights = support.map { Double($0) / Double(total) }
    }
    func mean(_ score: (Scores) -> Double) -> Double {
      zip(classScores, weights).reduce(0) { $0 + score($1.0) * $1.1 }
    }
    return Scores(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1))
  }

  private static func scores(correct: Int, predicted: Int, actual: Int) -> Scores {
    Scores(
      precision: predicted == 0 ? 0 : Double(correct) / Double(predicted),
      recall: actual == 0 ? 0 : Double(correct) / Double(actual),
      f1: predicted + actual == 0 ? 0 : 2 * Double(correct) / Double(predicted + actual))
  }
}
