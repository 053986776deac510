/// What a report says about a confusion matrix that is too large to be shown: what it has most of.
struct ConfusionPairs: Sendable {
  struct Pair: Sendable, Equatable {
    var truth: Int
    var predicted: Int
    var count: Int
  }

  /// With more classes a matrix is neither read nor drawn: the pairs that are confused most stand for it.
  static let largestMatrix = 50

  /// Rows of each true class, rows predicted as each class, and those that are both.
  private(set) var support: [Int]
  private(set) var predicted: [Int]
  private(set) var correct: [Int]
  /// Different classes that were taken for each other, most often first; at most `limit` of them.
  private(set) var most: [Pair] = []
  /// How many such pairs there are.
  private(set) var pairCount = 0

  init(_ matrix: ConfusionMatrix, limit: Int) {
    // Of rows that were decided: the rest stands in no column.
    support = [Int](repeating: 0, count: matrix.classCount)
    (predicted, correct) = (support, support)
    func isBefore(_ a: Pair, _ b: Pair) -> Bool { (b.count, a.truth, a.predicted) < (a.count, b.truth, b.predicted) }
    for pair in matrix.pairs {
      support[pair.label] += pair.count
      predicted[pair.predicted] += pair.count
      if pair.label == pair.predicted {
        correct[pair.label] = pair.count
      } else {
        most.append(Pair(truth: pair.label, predicted: pair.predicted, count: pair.count))
      }
    }
    pairCount = most.count
    most.sort(by: isBefore)
    if most.count > limit { most.removeLast(most.count - limit) }
  }

  /// Precision, recall and F1 of a class; `nil` where there is nothing to divide by.
  func scores(_ index: Int) -> (precision: Double?, recall: Double?, f1: Double?) {
    func share(_ part: Int, _ whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }
    return (
      share(correct[index], predicted[index]), share(correct[index], support[index]),
      share(2 * correct[index], support[index] + predicted[index])
    )
  }

  /// The pairs as a table.
  func table(_ classes: [String]) -> TextTable {
    var table = TextTable(["rows", "true", "predicted"], caption: "the classes that are confused most")
    if most.count < pairCount { table.caption += ": \(most.count) of \(pairCount) pairs" }
    for pair in most { table.add(["\(pair.count)", classes[pair.truth], classes[pair.predicted]]) }
    return table
  }
}
