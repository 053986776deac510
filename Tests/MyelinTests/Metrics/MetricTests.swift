@testable import Myelin
import XCTest

final class MetricTests: XCTestCase {
  // scikit-learn 1:
  //   y = [0, 1, 2, 2, 1, 0, 3, 3, 2, 1, 0, 2]; p = [0, 2, 2, 1, 1, 0, 3, 2, 2, 1, 1, 2]
  //   print(confusion_matrix(y, p), accuracy_score(y, p))
  //   for a in [None, "macro", "micro", "weighted"]: print(precision_recall_fscore_support(y, p, average=a))
  func testConfusionMatrix() {
    let labels: [Int32] = [0, 1, 2, 2, 1, 0, 3, 3, 2, 1, 0, 2]
    let predictions: [Int32] = [0, 2, 2, 1, 1, 0, 3, 2, 2, 1, 1, 2]
    var matrix = ConfusionMatrix(classCount: 4)
    // In two batches, with a row that is left out.
    matrix.add(Indices(Array(predictions[..<5]) + [3]), Indices(Array(labels[..<5]) + [-1]))
    matrix.add(Indices(Array(predictions[5...])), Indices(Array(labels[5...])))
    XCTAssertEqual(matrix.counts, [[2, 1, 0, 0], [0, 2, 1, 0], [0, 1, 3, 0], [0, 0, 1, 1]])
    XCTAssertEqual(matrix.accuracy!, 2.0 / 3, accuracy: 1e-12)
    XCTAssertEqual(matrix.support, [3, 3, 4, 2])
    XCTAssertEqual(matrix.predictedCounts, [2, 4, 5, 1])
    XCTAssertEqual(matrix[1, 2], 1)
    assertEqual(matrix.classScores.map(\.precision), [1, 0.5, 0.6, 1])
    assertEqual(matrix.classScores.map(\.recall), [2.0 / 3, 2.0 / 3, 0.75, 0.5])
    assertEqual(matrix.classScores.map(\.f1), [0.8, 4.0 / 7, 2.0 / 3, 2.0 / 3])
    for (average, expected) in [
      (.macro, [0.775, 0.6458333333333333, 0.6761904761904761]), (.micro, [2.0 / 3, 2.0 / 3, 2.0 / 3]),
      (.weighted, [0.7416666666666667, 2.0 / 3, 0.6761904761904763]),
    ] as [(ConfusionMatrix.Average, [Double])] {
      let scores = matrix.scores(average)!
      assertEqual([scores.precision, scores.recall, scores.f1], expected)
    }
  }

  /// Densely it would be 80 GB.
  func testConfusionMatrixOfManyClassesKeepsWhatOccurs() throws {
    var matrix = ConfusionMatrix(classCount: 100_000)
    matrix.add(Indices([0, 7, 99_999]), Indices([0, 99_999, 99_999]))
    var other = ConfusionMatrix(classCount: 100_000)
    other.add(Indices([7, 3]), Indices([99_999, 3]))
    matrix.merge(other)
    XCTAssertEqual(matrix.total, 5)
    XCTAssertEqual(matrix[99_999, 7], 2)
    XCTAssertEqual(matrix.accuracy, 0.6)
    XCTAssertEqual(matrix.support[99_999], 3)
    XCTAssertEqual(matrix.predictedCounts[7], 2)
    XCTAssertEqual(matrix.pairs.map(\.label), [0, 3, 99_999, 99_999])
    XCTAssertEqual(matrix.pairs.map(\.predicted), [0, 3, 7, 99_999])
    XCTAssertEqual(matrix.pairs.map(\.count), [1, 1, 2, 1])
    XCTAssertEqual(try JSONDecoder().decode(ConfusionMatrix.self, from: JSONEncoder().encode(matrix)), matrix)
  }

  func testConfusionMatrixOfOneClassAndOfNothing() {
    var matrix = ConfusionMatrix(classCount: 3)
    XCTAssertNil(matrix.accuracy)
    XCTAssertNil(matrix.scores(.macro))
    XCTAssertEqual(matrix.classScores.map(\.f1), [0, 0, 0])
    matrix.add(Tensor([0, 9, 1, 0, 5, 6], shape: [2, 3]), Indices([1, 1]))
    XCTAssertEqual(matrix.accuracy, 0.5)
    // As scikit-learn: classes 1 and 2 occur, 0 does not count: precision (1 + 0) / 2, recall (0.5 + 0) / 2.
    XCTAssertEqual(matrix.scores(.macro)!.precision, 0.5)
    XCTAssertEqual(matrix.scores(.macro)!.recall, 0.25)
    XCTAssertEqual(matrix.scores(.weighted)!.f1, 2.0 / 3, accuracy: 1e-12)
  }

  //   sc = np.array([[.1,.2,.3,.4], [.4,.3,.2,.1], [.25,.3,.3,.15], [.0,.5,.1,.4]])
  //   print([top_k_accuracy_score([2, 2, 0, 3], sc, k=k, labels=[0, 1, 2, 3]) for k in (1, 2, 3, 4)])
  func testTopAccuracies() {
    let scores = Tensor(
      [0.1, 0.2, 0.3, 0.4, 0.4, 0.3, 0.2, 0.1, 0.25, 0.3, 0.3, 0.15, 0, 0.5, 0.1, 0.4], shape: [4, 4])
    let labels = Indices([2, 2, 0, 3])
    XCTAssertEqual((1...4).map { topAccuracy(scores, labels, k: $0) }, [0, 0.5, 1, 1])
    XCTAssertEqual(accuracy(scores, Indices([3, 0, 1, -1])), 1)
    XCTAssertNil(accuracy(Tensor(zeros: [0, 3]), Indices([Int32]())))
    // With equal scores the lower class comes first, so that a constant model is not always right.
    let equal = Tensor(zeros: [3, 3])
    XCTAssertEqual(topAccuracy(equal, Indices([0, 1, 2]), k: 1)!, 1.0 / 3, accuracy: 1e-12)
    XCTAssertEqual(topAccuracy(equal, Indices([0, 1, 2]), k: 2)!, 2.0 / 3, accuracy: 1e-12)
    let broken = Tensor([.nan, 1, 1, .nan], shape: [2, 2])
    XCTAssertEqual(accuracy(broken, Indices([1, 0])), 0)
    var running = Accuracy()
    running.add(scores, Indices([3, 0, 0, 0]))
    running.add(scores, Indices([3, 0, 1, 1]))
    XCTAssertEqual(running.value, 0.75)
  }

  //   s = [0.1, 0.4, 0.35, 0.8, 0.4, 0.7, 0.2, 0.4, 0.9, 0.05]; t = [0, 0, 1, 1, 1, 0, 0, 0, 1, 0]
  //   print(roc_auc_score(t, s), average_precision_score(t, s), roc_curve(t, s, drop_intermediate=False))
  func testAreasUnderCurvesWithTies() {
    let scores: [Float] = [0.1, 0.4, 0.35, 0.8, 0.4, 0.7, 0.2, 0.4, 0.9, 0.05]
    let labels: [Int32] = [0, 0, 1, 1, 1, 0, 0, 0, 1, 0]
    XCTAssertEqual(rocAUC(Tensor(scores), Indices(labels))!, 0.7916666666666667, accuracy: 1e-12)
    XCTAssertEqual(averagePrecision(Tensor(scores), Indices(labels))!, 0.7678571428571428, accuracy: 1e-12)
    var binary = BinaryScores()
    binary.add(Tensor(Array(scores[..<4])), Indices(Array(labels[..<4])))
    binary.add(Tensor(Array(scores[4...]) + [3]), Indices(Array(labels[4...]) + [-1]))
    XCTAssertEqual(binary.rocAUC!, 0.7916666666666667, accuracy: 1e-12)
    assertEqual(
      binary.rocCurve.map(\.falsePositiveRate), [0, 0, 0, 1.0 / 6, 0.5, 0.5, 4.0 / 6, 5.0 / 6, 1])
    assertEqual(binary.rocCurve.map(\.truePositiveRate), [0, 0.25, 0.5, 0.5, 0.75, 1, 1, 1, 1])
    var logits = BinaryScores()
    logits.add(
      logits: Tensor(scores.flatMap { [1 - $0, 1 + $0] }, shape: [10, 2]), Indices(labels))
    XCTAssertEqual(logits.rocAUC!, 0.7916666666666667, accuracy: 1e-12)
  }

  func testAreasOfOneClassAndOfNothing() {
    let scores = Tensor([0.1, 0.2])
    XCTAssertNil(rocAUC(scores, Indices([1, 1])))
    XCTAssertEqual(averagePrecision(scores, Indices([1, 1])), 1)
    XCTAssertNil(rocAUC(scores, Indices([0, 0])))
    XCTAssertNil(averagePrecision(scores, Indices([0, 0])))
    XCTAssertNil(BinaryScores().rocAUC)
    XCTAssertEqual(BinaryScores().rocCurve.count, 0)
    // NaN has no place in an order.
    XCTAssertNil(rocAUC(Tensor([.nan, 0.2]), Indices([0, 1])))
    XCTAssertNil(averagePrecision(Tensor([0.1, .nan]), Indices([0, 1])))
    // All scores equal: no better than chance.
    XCTAssertEqual(rocAUC(Tensor(zeros: [4]), Indices([0, 1, 1, 0])), 0.5)
    XCTAssertEqual(averagePrecision(Tensor(zeros: [4]), Indices([0, 1, 1, 0])), 0.5)
  }

  //   a = [2.5, 0.0, 2.0, 8.0, -1.5]; b = [3.0, -0.5, 2.0, 7.0, -1.0]
  //   print(mean_absolute_error(b, a), mean_squared_error(b, a) ** .5, r2_score(b, a))
  func testRegressionErrors() {
    let (predictions, targets) = (Tensor([2.5, 0, 2, 8, -1.5]), Tensor([3, -0.5, 2, 7, -1]))
    var errors = RegressionErrors()
    errors.add(predictions[0..<2], targets[0..<2])
    errors.add(predictions[2..<5], targets[2..<5])
    XCTAssertEqual(errors.meanAbsoluteError!, 0.5, accuracy: 1e-12)
    XCTAssertEqual(errors.rootMeanSquaredError!, 0.5916079783099616, accuracy: 1e-12)
    XCTAssertEqual(errors.rSquared!, 0.9575242718446602, accuracy: 1e-12)
    XCTAssertEqual(rSquared(predictions, targets), errors.rSquared)
    XCTAssertEqual(rootMeanSquaredError(predictions, targets), errors.rootMeanSquaredError)
    XCTAssertNil(RegressionErrors().meanAbsoluteError)
    XCTAssertNil(rSquared(predictions, Tensor(ones: [5])), "equal targets have no variance to explain")
    // Far from zero, where Σ t² − n mean² would have no digits left.
    let (far, farTargets) = (Tensor([1e6, 1e6 + 1, 1e6 + 2]), Tensor([1e6, 1e6 + 1, 1e6 + 3]))
    XCTAssertEqual(rSquared(far, farTargets)!, 1 - 1 / (14.0 / 3), accuracy: 1e-9)
  }

  private func assertEqual(_ found: [Double], _ expected: [Double], file: StaticString = #filePath, line: UInt = #line)
  {
    XCTAssertEqual(found.count, expected.count, file: file, line: line)
    for (a, b) in zip(found, expected) { XCTAssertEqual(a, b, accuracy: 1e-12, file: file, line: line) }
  }

  /// A broken model is not right, whatever it says.
  func testNaNScoresAreNeverRight() {
    let nan = Float.nan
    let scores = Tensor([nan, 1, 2, 0, nan, 1, 1, 0, nan, nan, nan, nan, 3, 1, 2], shape: [5, 3])
    let labels = Indices([0, 1, 2, 0, 0])
    XCTAssertEqual(accuracy(scores, labels), 0.2)
    XCTAssertEqual(topAccuracy(scores, labels, k: 2), 0.2)
    var matrix = ConfusionMatrix(classCount: 3)
    matrix.add(scores, labels)
    XCTAssertEqual(matrix.total, 5)
    XCTAssertEqual(matrix.accuracy, 0.2)
    XCTAssertEqual(matrix.support, [3, 1, 1])
    XCTAssertEqual(matrix.undecided, [2, 1, 1])
  }

  /// Fed in any pieces and merged, an accumulator has what it has of all at once.
  func testMergingIsAddingAll() throws {
    let random = RandomGenerator(seed: 4)
    let (scores, labels) = (random.normal([60, 2]), Indices((0..<60).map { $0 % 2 }))
    let weights = random.uniform([60])
    func parts<Accumulator: MetricAccumulator>(
      _ empty: Accumulator, _ add: (inout Accumulator, Range<Int>) -> Void
    ) throws -> (whole: [Double?], merged: [Double?]) {
      var whole = empty
      add(&whole, 0..<60)
      var merged = empty
      for range in [0..<7, 7..<7, 7..<50, 50..<60] {
        var part = empty
        add(&part, range)
        // As a checkpoint keeps it.
        merged.merge(try JSONCoding.decode(Accumulator.self, JSONCoding.encode(part)))
      }
      return (whole.measurements.map(\.value), merged.measurements.map(\.value))
    }
    func rows(_ range: Range<Int>) -> Indices { Indices(Array(labels.values[range])) }
    let results = [
      try parts(Accuracy()) { $0.add(scores[$1], rows($1), weights: weights[$1]) },
      try parts(BinaryScores()) { $0.add(logits: scores[$1], rows($1), weights: weights[$1]) },
      try parts(RegressionErrors()) { $0.add(scores[$1], scores[$1] * 0.5 + 1e6, weights: weights[$1]) },
      try parts(ConfusionMatrix(classCount: 2)) { $0.add(scores[$1], rows($1)) },
    ]
    for (whole, merged) in results {
      XCTAssertFalse(whole.isEmpty)
      for (a, b) in zip(whole, merged) {
        XCTAssertEqual(try XCTUnwrap(a), try XCTUnwrap(b), accuracy: 1e-9 * max(1, abs(a!)))
      }
    }
  }

  func testAMetricKnowsHowItIsShownAndWhichWayIsBetter() throws {
    XCTAssertEqual(Metric.accuracy.text(0.98765), "98.77%")
    XCTAssertEqual(Metric.loss.text(0.123456), "0.1235")
    XCTAssertEqual(Metric.meanAbsoluteError.text(123_456.7), "123457")
    XCTAssertEqual(Metric.rSquared.text(.nan), "nan")
    XCTAssertGreaterThan(Metric.accuracy.gain(of: 0.9, over: 0.8), 0)
    XCTAssertLessThan(Metric.loss.gain(of: 0.9, over: 0.8), 0)
    for metric in [Metric.accuracy, .loss, .topAccuracy(5), Metric("a_b", direction: .higherIsBetter)] {
      XCTAssertEqual(try JSONCoding.decode([Metric].self, JSONCoding.encode([metric])), [metric])
    }
    XCTAssertEqual(Metric("a_b", direction: .lowerIsBetter).title, "a b")
  }

  func testRSquaredOfEqualTargetsIsNotDefined() {
    // Rounding must not make a variance of what has none.
    let targets = Tensor(repeating: 0.1, shape: [7, 1])
    XCTAssertNil(rSquared(Tensor(ones: [7, 1]), targets))
    XCTAssertNil(rSquared(Tensor(ones: [7, 1]), targets * 1e8))
  }
}
