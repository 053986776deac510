import Foundation
import XCTest

@testable import Myelin
@testable import MyelinModels

final class AnswerRuleTests: XCTestCase {
  private let rows: [(probability: Float, isPositive: Bool)] = [
    (0.9, true), (0.8, false), (0.7, true), (0.6, true), (0.4, false), (0.3, true), (0.2, false), (0.1, false),
  ]

  func testRulesAreRead() {
    XCTAssertEqual(ThresholdRule("F1"), .f1)
    XCTAssertEqual(ThresholdRule("cost:1,10"), .cost(falsePositive: 1, falseNegative: 10))
    XCTAssertEqual(ThresholdRule("recall@0.9"), .recall(precision: 0.9))
    for text in ["", "f2", "cost:1", "cost:-1,2", "cost:0,0", "recall@0", "recall@2", "cost:a,b", "cost:1,inf"] {
      XCTAssertNil(ThresholdRule(text), text)
    }
    for rule in [ThresholdRule.f1, .cost(falsePositive: 1, falseNegative: 2.5), .recall(precision: 0.75)] {
      XCTAssertEqual(ThresholdRule(rule.text), rule)
    }
  }

  func testThresholdsAreWhereTheyShouldBe() throws {
    // Telling the first k: F1 is 2/5, 2/6, 4/7, 6/8, 6/9, 8/10, ….
    let f1 = try XCTUnwrap(ThresholdRule.f1.threshold(rows))
    XCTAssertEqual(f1.probability, 0.25, accuracy: 1e-6)
    XCTAssertEqual([f1.precision, f1.recall], [4.0 / 6, 1])
    let dear = try XCTUnwrap(ThresholdRule.cost(falsePositive: 5, falseNegative: 1).threshold(rows))
    XCTAssertEqual(dear.probability, 0.85, accuracy: 1e-6)
    let never = try XCTUnwrap(ThresholdRule.cost(falsePositive: 5, falseNegative: 0).threshold(rows))
    XCTAssertGreaterThan(never.probability, 0.9)
    let precise = try XCTUnwrap(ThresholdRule.recall(precision: 0.75).threshold(rows))
    XCTAssertEqual(precise.probability, 0.5, accuracy: 1e-6)
    XCTAssertNil(ThresholdRule.f1.threshold([(0.5, false)]))
  }

  func testADecisionFollowsTheThreshold() {
    var rule = AnswerRule()
    rule.threshold = .init(probability: 0.25, rule: .f1, precision: 1, recall: 1)
    let logits = Tensor([0, log(0.2 / 0.8), 0, log(0.3 / 0.7), 0, log(0.25 / 0.75)], shape: [3, 2])
    XCTAssertEqual(rule.decided(logits).argmax().values, [0, 1, 1])
    XCTAssertEqual(logits.argmax().values, [0, 0, 0])
  }

  func testATemperatureIsFoundWhereItHelps() throws {
    let generator = RandomGenerator(seed: 3)
    let logits = generator.normal([2000, 3], standardDeviation: 2)
    let shares = softmax(logits).scalars
    let draws = generator.uniform([2000]).scalars
    let labels = (0..<2000).map { row -> Int32 in
      if draws[row] < shares[3 * row] { return 0 }
      return draws[row] < shares[3 * row] + shares[3 * row + 1] ? 1 : 2
    }
    XCTAssertNil(Temperature.fitted(logits, labels))
    XCTAssertEqual(try XCTUnwrap(Temperature.fitted(logits * Tensor(3), labels)), 3, accuracy: 0.3)
    XCTAssertNil(Temperature.fitted(logits.sliced(0..<50), Array(labels[..<50])))
    XCTAssertNil(Temperature.fitted(logits * Tensor(0.2), logits.argmax().values), "without mistakes")
  }

  /// Errors that grow with the prediction: intervals do too, and hold as many truths as asked for on new rows.
  func testIntervalsHoldWhatTheySay() throws {
    let generator = RandomGenerator(seed: 5)
    func rows(_ count: Int) -> (truth: [Double], predicted: [Double]) {
      let predicted = generator.uniform([count], low: 1, high: 10).scalars.map(Double.init)
      let noise = generator.normal([count]).scalars
      return (zip(predicted, noise).map { $0 + 0.2 * $0 * Double($1) }, predicted)
    }
    let (truth, predicted) = rows(4000)
    let intervals = try XCTUnwrap(ResidualIntervals(truth: truth, predicted: predicted))
    XCTAssertTrue(intervals.isConsistent)
    let test = rows(4000)
    for level in [0.5, 0.9, 0.95] {
      let ranges = test.predicted.map { intervals.interval(around: $0, level: level) }
      let share = Double(zip(ranges, test.truth).count { $0.contains($1) }) / 4000
      XCTAssertEqual(share, level, accuracy: 0.03)
    }
    func width(_ prediction: Double) -> Double {
      let range = intervals.interval(around: prediction, level: 0.9)
      return range.upperBound - range.lowerBound
    }
    XCTAssertGreaterThan(width(9), 2 * width(2))
    XCTAssertNil(ResidualIntervals(truth: [1, 2], predicted: [1, 2]))
    let copy = try JSONCoding.decode(ResidualIntervals.self, JSONCoding.encode(intervals))
    XCTAssertEqual(copy, intervals)
  }
}
