import Myelin
import XCTest

final class DetectionScoresTests: XCTestCase {
  private func box(_ left: Float, _ top: Float, _ right: Float, _ bottom: Float) -> Box {
    Box(left: left, top: top, right: right, bottom: bottom)
  }

  /// By hand: of two true boxes the surest found one is right, the second is not, the third is right.
  func testAveragePrecisionByHand() throws {
    var scores = DetectionScores(classCount: 2)
    scores.add(
      [
        Detection(box(0, 0, 10, 10), label: 0, score: 0.9), Detection(box(50, 50, 60, 60), label: 0, score: 0.8),
        // Overlaps the second by 0.6 exactly: right up to that threshold.
        Detection(box(20, 0, 26, 10), label: 0, score: 0.7),
      ], truth: [LabeledBox(box(0, 0, 10, 10), label: 0), LabeledBox(box(20, 0, 30, 10), label: 0)])
    // Precision 1 at the recalls 0 … 0.5, which are 51, and 2/3 at the other 50.
    let found = (51 + 50 * 2 / 3.0) / 101
    let missed = 51 / 101.0
    for index in 0..<10 {
      XCTAssertEqual(
        try XCTUnwrap(scores.averagePrecision(label: 0, threshold: index)), index < 3 ? found : missed, accuracy: 1e-12,
        "\(DetectionScores.thresholds[index])")
    }
    XCTAssertNil(scores.averagePrecision(label: 1, threshold: 0), "no true box")
    let measured = Dictionary(uniqueKeysWithValues: scores.measurements.map { ($0.metric, $0.value) })
    XCTAssertEqual(try XCTUnwrap(measured[.meanAveragePrecision50] ?? nil), found, accuracy: 1e-12)
    XCTAssertEqual(
      try XCTUnwrap(measured[.meanAveragePrecision] ?? nil), (3 * found + 7 * missed) / 10, accuracy: 1e-12)
  }

  /// A true box is found once; a second box on it is false. What is not found at all gives 0, and nothing is defined
  /// where nothing is true.
  func testDoublesMissesAndNothing() throws {
    let place = box(0, 0, 4, 4)
    var scores = DetectionScores(classCount: 1)
    XCTAssertNil(scores.measurements[0].value)
    scores.add([Detection(place, label: 0, score: 0.2)], truth: [])
    XCTAssertNil(scores.measurements[0].value)
    scores.add(
      [Detection(place, label: 0, score: 0.9), Detection(place, label: 0, score: 0.8)],
      truth: [LabeledBox(place, label: 0)])
    XCTAssertEqual(scores.measurements[0].value, 1)
    var missed = DetectionScores(classCount: 1)
    missed.add([Detection(place, label: 0, score: .nan)], truth: [LabeledBox(place, label: 0)])
    XCTAssertEqual(missed.measurements[0].value, 0)
    missed.merge(scores)
    // The sure one is right, its double false, and so is that of the empty picture: half of two true ones.
    XCTAssertEqual(try XCTUnwrap(missed.measurements[0].value), 51 / 101.0, accuracy: 1e-12)
  }

  /// Tests/golden/detection.py: pycocotools on twelve pictures with ties, doubles and a class without a true box.
  func testFiguresOfPycocotools() throws {
    var (scores, later) = (DetectionScores(classCount: 4), DetectionScores(classCount: 4))
    for index in 0..<12 {
      let (truth, found) = picture(index)
      if index < 5 { scores.add(found, truth: truth) } else { later.add(found, truth: truth) }
    }
    scores.merge(later)
    let golden: [[Double]] = [
      [0.388201, 0.380363, 0.185644, 0.059406, 0.046205, 0.022132, 0.006188, 0.006188, 0.0, 0.0],
      [0.345506, 0.225626, 0.210085, 0.164148, 0.073476, 0.032308, 0.009319, 0.0, 0.0, 0.0],
      [0.231698, 0.207359, 0.128412, 0.048167, 0.03355, 0.024865, 0.005281, 0.0, 0.0, 0.0],
    ]
    for (label, figures) in golden.enumerated() {
      for (index, figure) in figures.enumerated() {
        XCTAssertEqual(
          try XCTUnwrap(scores.averagePrecision(label: label, threshold: index)), figure, accuracy: 1e-6,
          "class \(label) at \(DetectionScores.thresholds[index])")
      }
    }
    XCTAssertNil(scores.averagePrecision(label: 3))
    XCTAssertEqual(try XCTUnwrap(scores.measurements[0].value), 0.3218017684533902, accuracy: 1e-9)
    XCTAssertEqual(try XCTUnwrap(scores.measurements[1].value), 0.09447084393615376, accuracy: 1e-9)
    let copy = try JSONDecoder().decode(DetectionScores.self, from: JSONEncoder().encode(scores))
    XCTAssertEqual(copy, scores)
  }

  private func picture(_ index: Int) -> (truth: [LabeledBox], found: [Detection]) {
    let w = words("truth \(index)", 200)
    let truth = (0..<w[0] % 7).map { k in
      let (left, top) = (w[5 * k + 1] % 60, w[5 * k + 2] % 40)
      let (right, bottom) = (left + 4 + w[5 * k + 3] % 20, top + 4 + w[5 * k + 4] % 20)
      return LabeledBox(box(Float(left), Float(top), Float(right), Float(bottom)), label: w[5 * k + 5] % 3)
    }
    let f = words("found \(index)", 200)
    var found = (truth + truth).enumerated().map { k, true_ in
      let m = f[6 * k..<6 * k + 6].map { $0 }
      let moved = box(
        true_.box.left + Float(m[0] % 5), true_.box.top + Float(m[1] % 5), true_.box.right + Float(m[2] % 5),
        true_.box.bottom + Float(m[3] % 5))
      return Detection(moved, label: m[4] % 8 == 0 ? 3 : true_.label, score: Float(m[5] % 50) / 50)
    }
    for k in 100..<104 {
      let (left, top) = (Float(f[k] % 60), Float(f[k + 10] % 40))
      found.append(
        Detection(box(left, top, left + 10, top + 10), label: f[k + 20] % 3, score: Float(f[k + 30] % 50) / 50))
    }
    return (truth, found)
  }

  /// Numbers that Python makes too: FNV-1a of the name, then splitmix64 of each place, without the sign's bit.
  private func words(_ name: String, _ count: Int) -> [Int] {
    let seed = name.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return (1...count).map { place in
      var z = seed &+ UInt64(place) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ (z >> 31)) >> 1)
    }
  }
}
