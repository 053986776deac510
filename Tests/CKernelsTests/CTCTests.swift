import CKernels
import ReferenceKernels
import XCTest

final class CTCTests: XCTestCase {
  private struct Strings {
    var strings: Int
    var steps: Int
    var classes: Int
    var most: Int
    var hasLengths = true

    func lengths(_ string: Int) -> Int { hasLengths ? max(steps - string * steps / 4, 0) : steps }
    func labels(_ string: Int) -> [Int] {
      let count = string % 3 == 2 ? most / 2 : most
      return (0..<count).map { 1 + ($0 / 2 * 5 + string) % (classes - 1) }
    }
  }

  /// −log p of labels and its gradient by the logits, by probabilities in `Double`.
  private func reference(_ logits: [[Double]], _ labels: [Int]) -> (loss: Double, gradient: [[Double]]) {
    let steps = logits.count, classes = logits.first?.count ?? 0
    if steps == 0 { return (labels.isEmpty ? 0 : .infinity, []) }
    let p = logits.map { row -> [Double] in
      let powers = row.map { exp($0 - row.max()!) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    let states = labels.flatMap { [0, $0] } + [0]
    var forward = [[Double]](repeating: [Double](repeating: 0, count: states.count), count: steps)
    var backward = forward
    func skips(_ s: Int) -> Bool { s >= 2 && states[s] != 0 && states[s] != states[s - 2] }
    for t in 0..<steps {
      for s in states.indices {
        var sum = t == 0 ? (s < 2 ? 1 : 0) : forward[t - 1][s]
        if t > 0, s > 0 { sum += forward[t - 1][s - 1] }
        if t > 0, skips(s) { sum += forward[t - 1][s - 2] }
        forward[t][s] = sum * p[t][states[s]]
      }
    }
    for t in (0..<steps).reversed() {
      for s in states.indices.reversed() {
        if t == steps - 1 {
          backward[t][s] = s >= states.count - 2 ? 1 : 0
          continue
        }
        var sum = backward[t + 1][s] * p[t + 1][states[s]]
        if s + 1 < states.count { sum += backward[t + 1][s + 1] * p[t + 1][states[s + 1]] }
        if s + 2 < states.count, skips(s + 2) { sum += backward[t + 1][s + 2] * p[t + 1][states[s + 2]] }
        backward[t][s] = sum
      }
    }
    let total = forward[steps - 1].suffix(2).reduce(0, +)
    if total == 0 { return (.infinity, p.map { $0.map { _ in 0 } }) }
    let gradient = (0..<steps).map { t in
      (0..<classes).map { c in
        p[t][c]
          - states.indices.filter { states[$0] == c }.reduce(0) { $0 + forward[t][$1] * backward[t][$1] } / total
      }
    }
    return (-log(total), gradient)
  }

  func testLoss() {
    KernelTest<Strings>(
      "CTC",
      shapes: [
        Strings(strings: 0, steps: 4, classes: 3, most: 2), Strings(strings: 1, steps: 1, classes: 2, most: 0),
        Strings(strings: 1, steps: 1, classes: 2, most: 1, hasLengths: false),
        Strings(strings: 4, steps: 9, classes: 5, most: 3), Strings(strings: 7, steps: 30, classes: 17, most: 8),
        Strings(strings: 3, steps: 40, classes: 11, most: 16, hasLengths: false),
        Strings(strings: 33, steps: 24, classes: 33, most: 9), Strings(strings: 2, steps: 5, classes: 4, most: 9),
      ], edges: [],
      inputs: [
        .floats("logits", in: -4...4, specials: []) { $0.strings * $0.steps * $0.classes },
        .integers("lengths") { shape, _ in
          shape.hasLengths ? (0..<shape.strings).map { Int32(shape.lengths($0)) } : nil
        },
        .integers("labels") { shape, _ in
          (0..<shape.strings).flatMap { string -> [Int32] in
            let labels = shape.labels(string)
            return (0..<shape.most).map { $0 < labels.count ? Int32(labels[$0]) : -7 }
          }
        }, .integers("counts") { shape, _ in (0..<shape.strings).map { Int32(shape.labels($0).count) } },
      ],
      outputs: [
        .overwritten("loss", within: .ctc) { _ in 1 },
        .overwritten("terms", within: .ctc, optional: true) { $0.strings },
        .overwritten("gradient", within: .ctcGradient, optional: true) { $0.strings * $0.steps * $0.classes },
      ]
    ) { shape, a in
      ck_ctc_loss(
        Int64(shape.strings), Int64(shape.steps), Int64(shape.classes), a["logits"], a.integers("lengths"),
        a.integers("labels"), Int64(shape.most), a.integers("counts"), 0.5, a["loss"], a["terms"], a["gradient"])
    } reference: { shape, v in
      let rows = v.rows("logits", shape.classes)
      let found = (0..<shape.strings).map { string in
        self.reference(
          Array(rows[string * shape.steps..<string * shape.steps + shape.lengths(string)]), shape.labels(string))
      }
      let counted = found.filter { $0.loss < .infinity }
      let count = Double(max(counted.count, 1))
      let none = [Double](repeating: 0, count: shape.classes)
      return [
        "loss": [0.5 * counted.reduce(0) { $0 + $1.loss } / count], "terms": found.map(\.loss),
        "gradient": found.flatMap { one -> [Double] in
          let gradient = one.loss < .infinity ? one.gradient : []
          return (0..<shape.steps).flatMap { step in
            step < gradient.count ? gradient[step].map { 0.5 * $0 / count } : none
          }
        },
      ]
    }
    .gradient("gradient", of: "loss", by: "logits")
    .check()
  }

  /// Labels and lengths beyond their range are found before anything is read by them.
  func testRefusals() {
    let logits = [Float](repeating: 0, count: 12)
    var loss: Float = 0
    func status(_ labels: [Int32], count: Int32, steps: Int32) -> ck_status {
      ck_ctc_loss(1, 4, 3, logits, [steps], labels, 2, [count], 1, &loss, nil, nil)
    }
    XCTAssertEqual(status([1, 2], count: 2, steps: 4), CK_OK)
    XCTAssertEqual(status([0, 2], count: 2, steps: 4), CK_INDEX_OUT_OF_RANGE)
    XCTAssertEqual(status([1, 3], count: 2, steps: 4), CK_INDEX_OUT_OF_RANGE)
    XCTAssertEqual(status([1, 3], count: 1, steps: 4), CK_OK)
    XCTAssertEqual(status([1, 2], count: 3, steps: 4), CK_INDEX_OUT_OF_RANGE)
    XCTAssertEqual(status([1, 2], count: 2, steps: 5), CK_INDEX_OUT_OF_RANGE)
    XCTAssertEqual(status([1, 2], count: -1, steps: 4), CK_INDEX_OUT_OF_RANGE)
  }

  /// A thousand steps, and logits that are sure of the wrong thing: as far as float reaches.
  func testLongAndSure() {
    let (steps, classes) = (1000, 4)
    var logits = [Float](repeating: 0, count: steps * classes)
    for step in 0..<steps { logits[step * classes + 3] = 60 }
    let labels = (0..<50).map { Int32(1 + $0 % 2) }
    onEveryMachine {
      var loss: Float = 0
      var gradient = [Float](repeating: .nan, count: logits.count)
      XCTAssertEqual(ck_ctc_loss(1, 1000, 4, logits, nil, labels, 50, [50], 1, &loss, nil, &gradient), CK_OK)
      return [[loss], gradient]
    } check: { outputs, isa in
      // Each step has a chance of e^−60, and of the ways to write it there are C(1050, 100).
      let ways = lgamma(1051) - lgamma(101) - lgamma(951)
      XCTAssertEqual(Double(outputs[0][0]), 60_000 - ways, accuracy: 0.02, isa)
      XCTAssertTrue(outputs[1].allSatisfy(\.isFinite), isa)
    }
  }
}
