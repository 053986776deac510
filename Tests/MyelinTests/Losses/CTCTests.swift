import Foundation
import Myelin
import XCTest

final class CTCTests: XCTestCase {
  /// All labels that can be written over some steps with their probabilities, by all ways to write them.
  private func all(_ logits: [[Double]]) -> [[Int32]: Double] {
    let classes = logits[0].count
    let p = logits.map { row -> [Double] in
      let sum = row.reduce(0) { $0 + exp($1) }
      return row.map { exp($0) / sum }
    }
    var result: [[Int32]: Double] = [:]
    var count = 1
    for _ in logits { count *= classes }
    for number in 0..<count {
      var (rest, last, chance): (Int, Int, Double) = (number, 0, 1)
      var labels: [Int32] = []
      for step in logits.indices {
        let class_ = rest % classes
        rest /= classes
        chance *= p[step][class_]
        if class_ != 0, class_ != last { labels.append(Int32(class_)) }
        last = class_
      }
      result[labels, default: 0] += chance
    }
    return result
  }

  private func logits(_ steps: Int, _ classes: Int, seed: Int) -> [[Double]] {
    (0..<steps).map { step in
      (0..<classes).map { 2 * sin(Double(1 + seed * 31 + step * 7 + $0 * 3)) }
    }
  }

  private func tensor(_ rows: [[Double]]) -> Tensor {
    Tensor(rows.flatMap { $0.map { Float($0) } }, shape: [1, rows.count, rows[0].count])
  }

  func testLossIsThatOfAllWays() {
    for (steps, classes, seed) in [(1, 3, 0), (3, 3, 1), (5, 3, 2), (6, 4, 3)] {
      let rows = logits(steps, classes, seed: seed)
      for (labels, chance) in all(rows) {
        let padded = labels + [1]
        let loss = ctcLoss(
          tensor(rows), labels: Indices(padded, shape: [1, padded.count]), labelLengths: Indices([Int32(labels.count)]))
        XCTAssertEqual(Double(loss.scalar), -log(chance), accuracy: 1e-5, "\(labels)")
      }
    }
  }

  /// As in Tests/golden/ctc.py.
  func testGoldenValues() {
    let logits = Parameter(Tensor((0..<300).map { Float(2 * sin(1 + 0.7 * Double($0))) }, shape: [3, 20, 5]))
    let labels: [Int32] = [1, 2, 2, 3, 4, 4, 0, 0, 0, 0, 0, 0, 4, 1, 3, 0, 0, 0]
    let loss = ctcLoss(
      logits.value, lengths: Indices([20, 14, 9] as [Int32]), labels: Indices(labels, shape: [3, 6]),
      labelLengths: Indices([6, 0, 3] as [Int32]))
    XCTAssertEqual(loss.scalar, 20.529248, accuracy: 2e-5)
    loss.backward()
    let gradient = logits.gradient!
    let golden: [(Int, Int, [Float])] = [
      (0, 0, [-0.045359, -0.052309, 0.071939, 0.020248, 0.00548]),
      (0, 11, [-0.056552, 0.094975, -0.000836, -0.029961, -0.007625]),
      (1, 13, [-0.235026, 0.031967, 0.022477, 0.040327, 0.140255]),
      (2, 4, [-0.064102, -0.076135, 0.017622, 0.053704, 0.068912]),
      (2, 8, [-0.059251, 0.020694, 0.07304, -0.133106, 0.098623]), (2, 9, [0, 0, 0, 0, 0]),
    ]
    for (string, step, values) in golden {
      for (place, value) in values.enumerated() {
        XCTAssertEqual(gradient[string, step, place], value, accuracy: 2e-6, "\(string), \(step), \(place)")
      }
    }
  }

  /// What does not fit is left out, of the mean too.
  func testStringsThatDoNotFit() {
    let rows = tensor(logits(3, 3, seed: 5))
    let both = Tensor.concatenated([rows, rows])
    let loss = ctcLoss(
      both, labels: Indices([1, 1, 2, 1, 2, 0] as [Int32], shape: [2, 3]), labelLengths: Indices([3, 2] as [Int32]))
    let alone = ctcLoss(
      rows, labels: Indices([1, 2] as [Int32], shape: [1, 2]), labelLengths: Indices([2] as [Int32]))
    XCTAssertEqual(loss.scalar, alone.scalar)
    let none = ctcLoss(
      rows, labels: Indices([1, 1, 1] as [Int32], shape: [1, 3]), labelLengths: Indices([3] as [Int32]))
    XCTAssertEqual(none.scalar, 0)
  }

  /// A search that keeps everything finds the likeliest labels with their probability; a greedy one need not.
  func testDecoders() {
    for seed in 0..<20 {
      let rows = logits(5, 3, seed: seed)
      let best = all(rows).sorted { $0.value > $1.value }
      let found = CTCDecoder.beam(tensor(rows), width: 1000)[0]
      XCTAssertEqual(found.count, best.count)
      for place in 0..<3 {
        XCTAssertEqual(found[place].logProbability, log(best[place].value), accuracy: 1e-5)
        XCTAssertEqual(found[place].labels, best[place].key)
      }
      XCTAssertEqual(CTCDecoder.beam(tensor(rows), width: 4)[0].count, 4)
    }
    // The blank is likeliest at both steps, and yet a 1 is likelier than nothing.
    let rows = [[log(0.55), log(0.45)], [log(0.55), log(0.45)]]
    XCTAssertEqual(CTCDecoder.greedy(tensor(rows)), [[]])
    XCTAssertEqual(CTCDecoder.beam(tensor(rows), width: 4)[0][0].labels, [1])
    // 1 1 blank 1 2 2 is 1 1 2; behind a string's length nothing is read.
    let steps: [Int] = [1, 1, 0, 1, 2, 2]
    let sure = steps.map { step in (0..<3).map { $0 == step ? 9.0 : 0 } }
    XCTAssertEqual(CTCDecoder.greedy(tensor(sure)), [[1, 1, 2]])
    XCTAssertEqual(CTCDecoder.greedy(tensor(sure), lengths: Indices([3] as [Int32])), [[1]])
    XCTAssertEqual(CTCDecoder.beam(tensor(sure), lengths: Indices([3] as [Int32]), width: 8)[0][0].labels, [1])
    XCTAssertEqual(CTCDecoder.beam(tensor(sure), lengths: Indices([0] as [Int32]), width: 8)[0].map(\.labels), [[]])
  }
}
