import CKernels
import ReferenceKernels
import XCTest

final class LossTests: XCTestCase {
  /// Labels 0 ..< classes, each seventh −1.
  private func labels(_ count: Int, classes: Int) -> [Int32] {
    (0..<count).map { $0 % 7 == 6 ? -1 : Int32(($0 * 37 + 5) % classes) }
  }

  func testSoftmaxCrossEntropyWithWeightsAndSmoothing() {
    for (rows, classes) in [(1, 1), (4, 2), (33, 10), (5, 16), (5, 17), (64, 50), (3, 1000), (40_000, 3)] {
      let logits = testValues(rows * classes, seed: 21, in: -8...8)
      let labels = labels(rows, classes: classes)
      let rowWeights = testValues(rows, seed: 22, in: 0...2)
      let classWeights = testValues(classes, seed: 23, in: 0.1...3)
      for (weighRows, weighClasses, smoothing) in [
        (false, false, 0), (true, false, 0), (false, true, 0.1), (true, true, 0.3),
      ] as [(Bool, Bool, Float)] {
        onEveryMachine {
          var loss = Float.nan
          var terms = [Float](repeating: .nan, count: rows)
          var gradient = logits  // in place
          let status = ck_softmax_cross_entropy(
            Int64(rows), Int64(classes), gradient, labels, weighRows ? rowWeights : nil,
            weighClasses ? classWeights : nil, smoothing, 0.5, &loss, &terms, &gradient)
          XCTAssertEqual(status, CK_OK)
          var alone = Float.nan
          _ = ck_softmax_cross_entropy(
            Int64(rows), Int64(classes), logits, labels, weighRows ? rowWeights : nil,
            weighClasses ? classWeights : nil, smoothing, 0.5, &alone, nil, nil)
          XCTAssertEqual(alone, loss, "without gradient and terms")
          return [[loss], terms, gradient]
        } check: { outputs, isa in
          let expected = Reference.softmaxCrossEntropy(
            logits: (0..<rows).map { logits[($0 * classes)..<(($0 + 1) * classes)].map(Double.init) },
            labels: labels.map(Int.init), rowWeights: weighRows ? rowWeights.map(Double.init) : nil,
            classWeights: weighClasses ? classWeights.map(Double.init) : nil, smoothing: Double(smoothing), scale: 0.5)
          let name = "\(isa) \(rows)×\(classes) smoothing \(smoothing)"
          assertClose(outputs[0], [expected.value], relative: 1e-6, absolute: 1e-9, "loss \(name)")
          assertClose(outputs[1], expected.terms, relative: 3e-6, absolute: 1e-6, "terms \(name)")
          let largest = expected.gradient.map(abs).max() ?? 0
          assertClose(outputs[2], expected.gradient, relative: 4e-6, absolute: 2e-7 * largest, "gradient \(name)")
        }
      }
    }
  }

  func testSoftmaxCrossEntropyBeyondTheCache() {
    let (all, _, _) = SoftmaxTests.rowsBeyondTheCache()
    let kinds = Array(all.prefix(4))
    let classes = kinds[0].count
    let rows = max(Int(ck_cache_size(3)) / 4, 1 << 20) / classes + 1
    let logits = (0..<rows).flatMap { kinds[$0 % kinds.count] }
    let unmasked = Int32(kinds[3].lastIndex { $0 > -.infinity }!)
    let labels = (0..<rows).map { $0 % 4 == 3 ? unmasked : Int32(($0 % 4) * 2501) }
    let repeats = labels.enumerated().map { row, _ in row % kinds.count }
    for smoothing in [0, 0.2] as [Float] {
      let used = smoothing > 0 ? 3 : 4  // a mask of -infinity has no smoothed loss
      let rows = smoothing > 0 ? repeats.map { $0 < used } : repeats.map { _ in true }
      let weights = rows.map { $0 ? Float(1) : 0 }
      var gradient = [Float](repeating: 7, count: logits.count)
      onEveryMachine {
        var losses: [Float] = [.nan, .nan, .nan]
        let (r, c) = (Int64(labels.count), Int64(classes))
        XCTAssertEqual(
          ck_softmax_cross_entropy(r, c, logits, labels, weights, nil, smoothing, 3, &losses[0], nil, &gradient), CK_OK)
        var inPlace = logits
        XCTAssertEqual(
          ck_softmax_cross_entropy(r, c, inPlace, labels, weights, nil, smoothing, 3, &losses[1], nil, &inPlace), CK_OK)
        XCTAssertEqual(
          ck_softmax_cross_entropy(r, c, logits, labels, weights, nil, smoothing, 3, &losses[2], nil, nil), CK_OK)
        XCTAssertEqual(memcmp(inPlace, gradient, 4 * gradient.count), 0, "in place")
        for row in kinds.count..<labels.count {
          let same = gradient.withUnsafeBytes {
            memcmp(
              $0.baseAddress! + 4 * row * classes, $0.baseAddress! + 4 * (row % kinds.count) * classes, 4 * classes)
          }
          XCTAssertEqual(same, 0, "row \(row)")
        }
        return [losses, Array(gradient.prefix(used * classes))]
      } check: { outputs, isa in
        let expected = Reference.softmaxCrossEntropy(
          logits: kinds.prefix(used).map { $0.map(Double.init) }, labels: labels.prefix(used).map(Int.init),
          rowWeights: nil, classWeights: nil, smoothing: Double(smoothing), scale: 3)
        let share = Double(used) / Double(weights.reduce(0, +))
        let name = "\(isa) smoothing \(smoothing)"
        let terms = expected.terms.map { 3 * $0 / Double(weights.reduce(0, +)) }
        let loss = weights.indices.map { Double(weights[$0]) * (weights[$0] > 0 ? terms[repeats[$0]] : 0) }.reduce(0, +)
        assertClose(outputs[0], [loss, loss, loss], relative: 1e-6, "loss \(name)")
        XCTAssertEqual(Set(outputs[0]).count, 1, "with, in place and without a gradient: \(name)")
        let gradient = expected.gradient.map { $0 * share }
        let largest = gradient.map(abs).max() ?? 0
        assertClose(outputs[1], gradient, relative: 5e-6, absolute: 2e-7 * largest, "gradient \(name)")
      }
    }
  }

  func testExtremeLogitsStayFinite() {
    let logits: [Float] = [10_000, -10_000, 0, -10_000, 10_000, 0]
    onEveryMachine {
      var loss = Float.nan
      var gradient = [Float](repeating: .nan, count: 6)
      let status = ck_softmax_cross_entropy(2, 3, logits, [1, 1], nil, nil, 0, 1, &loss, nil, &gradient)
      XCTAssertEqual(status, CK_OK)
      return [[loss], gradient]
    } check: { outputs, isa in
      XCTAssertEqual(outputs[0], [10_000], isa)
      XCTAssertEqual(outputs[1], [0.5, -0.5, 0, 0, 0, 0], isa)
    }
  }

  func testNoRowsNoLabelsAndNoWeightGiveZero() {
    onEveryMachine {
      var losses: [Float] = [.nan, .nan, .nan]
      var gradient = [Float](repeating: .nan, count: 4)
      _ = ck_softmax_cross_entropy(0, 3, nil, nil, nil, nil, 0, 1, &losses[0], nil, nil)
      let logits: [Float] = [1, .nan, .infinity, 2]
      _ = ck_softmax_cross_entropy(2, 2, logits, [-1, -1], nil, nil, 0, 1, &losses[1], nil, &gradient)
      _ = ck_mean_squared_error(0, nil, nil, nil, 1, &losses[2], nil)
      return [losses, gradient]
    } check: { outputs, isa in
      XCTAssertEqual(outputs[0], [0, 0, 0], isa)
      XCTAssertEqual(outputs[1], [0, 0, 0, 0], isa)
    }
  }

  func testLabelsOutOfRangeAreFoundWithoutReadingThere() {
    let logits = [Float](repeating: 0, count: 6)
    let classWeights: [Float] = [1, 1, 1]
    var loss: Float = 0
    for bad in [3, -2, Int32.max, Int32.min] {
      let status = ck_softmax_cross_entropy(2, 3, logits, [0, bad], nil, classWeights, 0, 1, &loss, nil, nil)
      XCTAssertEqual(status, CK_INDEX_OUT_OF_RANGE, "label \(bad)")
    }
    XCTAssertEqual(ck_softmax_cross_entropy(1, 0, nil, [0], nil, nil, 0, 1, &loss, nil, nil), CK_INDEX_OUT_OF_RANGE)
    XCTAssertEqual(ck_softmax_cross_entropy(1, 3, nil, [0], nil, nil, 0, 1, &loss, nil, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_softmax_cross_entropy(1, 3, logits, [0], nil, nil, 2, 1, &loss, nil, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_softmax_cross_entropy(1, 3, logits, [0], nil, nil, 0, 1, nil, nil, nil), CK_INVALID_ARGUMENT)
  }

  private func pointLoss(
    _ kind: Reference.PointLoss, _ p: [Float], _ t: [Float], weights: [Float]?, parameter: Float,
    gradient: inout [Float]
  ) -> Float {
    var loss = Float.nan
    let count = Int64(p.count)
    let status =
      switch kind {
      case .binaryCrossEntropy:
        ck_binary_cross_entropy_with_logits(count, p, t, weights, parameter, 0.7, &loss, &gradient)
      case .squared: ck_mean_squared_error(count, p, t, weights, 0.7, &loss, &gradient)
      case .absolute: ck_mean_absolute_error(count, p, t, weights, 0.7, &loss, &gradient)
      case .huber: ck_huber_loss(count, p, t, weights, parameter, 0.7, &loss, &gradient)
      }
    XCTAssertEqual(status, CK_OK)
    return loss
  }

  func testPointLossesWithAndWithoutWeights() {
    for kind in Reference.PointLoss.allCases {
      for count in [1, 3, 16, 17, 1000, 70_003] {
        let p = testValues(count, seed: 31, in: -6...6)
        let t = testValues(count, seed: 32, in: 0...1)
        let w = testValues(count, seed: 33, in: 0...3)
        for weights in [nil, w] {
          onEveryMachine {
            var gradient = [Float](repeating: .nan, count: count)
            let loss = pointLoss(kind, p, t, weights: weights, parameter: 1.5, gradient: &gradient)
            return [[loss], gradient]
          } check: { outputs, isa in
            let expected = Reference.pointLoss(
              kind, predictions: p.map(Double.init), targets: t.map(Double.init), weights: weights?.map(Double.init),
              parameter: 1.5, scale: 0.7)
            let name = "\(isa) \(kind) \(count)"
            assertClose(outputs[0], [expected.value], relative: 1e-6, name)
            let largest = expected.gradient.map(abs).max() ?? 0
            assertClose(outputs[1], expected.gradient, relative: 2e-6, absolute: 3e-7 * largest, name)
          }
        }
      }
    }
  }

  func testPointLossesAtKinksAndFarOut() {
    onEveryMachine {
      var outputs: [[Float]] = []
      for kind in Reference.PointLoss.allCases {
        var gradient = [Float](repeating: .nan, count: 1)
        for (p, t) in [(0, 0), (1e4, 0), (-1e4, 1), (1e4, 1), (-1e4, 0), (3, 1)] as [(Float, Float)] {
          let loss = pointLoss(kind, [p], [t], weights: nil, parameter: 2, gradient: &gradient)
          outputs.append([loss / 0.7, gradient[0] / 0.7])
        }
      }
      return outputs
    } check: { outputs, isa in
      let kinds = Reference.PointLoss.allCases
      let points: [(Double, Double)] = [(0, 0), (1e4, 0), (-1e4, 1), (1e4, 1), (-1e4, 0), (3, 1)]
      for (i, output) in outputs.enumerated() {
        let (p, t) = points[i % points.count]
        let expected = Reference.pointLoss(
          kinds[i / points.count], predictions: [p], targets: [t], parameter: 2)
        assertClose(output, [expected.value, expected.gradient[0]], relative: 1e-6, "\(isa) \(kinds[i / 6]) \(p) \(t)")
      }
    }
  }

  func testBadArgumentsAreRefused() {
    var loss: Float = 0
    XCTAssertEqual(ck_mean_squared_error(-1, [1], [1], nil, 1, &loss, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_mean_absolute_error(1, [1], nil, nil, 1, &loss, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_huber_loss(1, [1], [1], nil, 0, 1, &loss, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_binary_cross_entropy_with_logits(1, [1], [1], nil, 1, 1, nil, nil), CK_INVALID_ARGUMENT)
  }
}
