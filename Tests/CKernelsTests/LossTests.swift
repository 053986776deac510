import CKernels
import ReferenceKernels
import XCTest

final class LossTests: XCTestCase {
  /// Labels 0 ..< classes, each seventh −1.
  private func labels(_ count: Int, classes: Int) -> [Int32] {
    (0..<count).map { $0 % 7 == 6 ? -1 : Int32(($0 * 37 + 5) % classes) }
  }

  private struct CrossEntropy {
    var rows: Int
    var classes: Int
    var weighsRows = false
    var weighsClasses = false
    var smoothing: Float = 0
  }

  func testSoftmaxCrossEntropyWithWeightsAndSmoothing() {
    func weighted(_ rows: Int, _ classes: Int) -> [CrossEntropy] {
      [
        CrossEntropy(rows: rows, classes: classes),
        CrossEntropy(rows: rows, classes: classes, weighsRows: true),
        CrossEntropy(rows: rows, classes: classes, weighsClasses: true, smoothing: 0.1),
        CrossEntropy(rows: rows, classes: classes, weighsRows: true, weighsClasses: true, smoothing: 0.3),
      ]
    }
    KernelTest<CrossEntropy>(
      "softmax cross entropy",
      shapes: [
        (0, 3), (1, 1), (4, 2), (9, 3), (33, 10), (5, 7), (5, 8), (5, 15), (5, 16), (5, 17), (5, 33), (64, 50),
        (3, 1000),
        (40_000, 3),
      ].flatMap(weighted), edges: weighted(3, Shapes.edge),
      inputs: [
        .floats("logits", in: -8...8, specials: Specials.withoutLargest + [1e30, -1e30]) { $0.rows * $0.classes },
        .integers("labels") { shape, _ in self.labels(shape.rows, classes: shape.classes) },
        .floats("row weights", in: 0...2, specials: Specials.zeros) { $0.weighsRows ? $0.rows : nil },
        .floats("class weights", in: 0.1...3, specials: Specials.zeros) { $0.weighsClasses ? $0.classes : nil },
      ],
      outputs: [
        .overwritten("loss", within: .loss) { _ in 1 },
        .overwritten("terms", within: .crossEntropyTerms, optional: true) { $0.rows },
        .overwritten("gradient", within: .crossEntropyGradient, optional: true) { $0.rows * $0.classes },
      ], inPlace: [("logits", "gradient")]
    ) { shape, a in
      ck_softmax_cross_entropy(
        Int64(shape.rows), Int64(shape.classes), a["logits"], a.integers("labels"), a["row weights"],
        a["class weights"], shape.smoothing, 0.5, a["loss"], a["terms"], a["gradient"])
    } reference: { shape, v in
      let result = Reference.softmaxCrossEntropy(
        logits: v.rows("logits", shape.classes), labels: v.integers("labels"), rowWeights: v.optional("row weights"),
        classWeights: v.optional("class weights"), smoothing: Double(shape.smoothing), scale: 0.5)
      return ["loss": [result.value], "terms": result.terms, "gradient": result.gradient]
    }
    .gradient("gradient", of: "loss", by: "logits")
    .check()
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
        assertClose(outputs[0], [loss, loss, loss], within: .loss, "loss \(name)")
        XCTAssertEqual(Set(outputs[0]).count, 1, "with, in place and without a gradient: \(name)")
        let gradient = expected.gradient.map { $0 * share }
        assertClose(outputs[1], gradient, within: .crossEntropyGradientOfAWideRange, "gradient \(name)")
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

  func testPointLosses() {
    struct Points {
      var count: Int
      var isWeighted: Bool
    }
    let counts = Shapes.counts.flatMap { [Points(count: $0, isWeighted: false), Points(count: $0, isWeighted: true)] }
    for kind in Reference.PointLoss.allCases {
      KernelTest<Points>(
        "\(kind)", shapes: counts, edges: counts.filter { $0.count == 17 },
        inputs: [
          .floats("predictions", in: -6...6, specials: Specials.withoutLargest + [1e18, -1e18]) { $0.count },
          .floats("targets", in: 0...1, specials: [0, 1]) { $0.count },
          .floats("weights", in: 0...3, specials: Specials.zeros) { $0.isWeighted ? $0.count : nil },
        ],
        outputs: [
          .overwritten("loss", within: .pointLoss) { _ in 1 },
          .overwritten("gradient", within: .pointLossGradient, optional: true) { $0.count },
        ]
      ) { shape, a in
        let (count, p, t, w) = (Int64(shape.count), a["predictions"], a["targets"], a["weights"])
        return switch kind {
        case .binaryCrossEntropy:
          ck_binary_cross_entropy_with_logits(count, p, t, w, 1.5, 0.7, a["loss"], a["gradient"])
        case .squared: ck_mean_squared_error(count, p, t, w, 0.7, a["loss"], a["gradient"])
        case .absolute: ck_mean_absolute_error(count, p, t, w, 0.7, a["loss"], a["gradient"])
        case .huber: ck_huber_loss(count, p, t, w, 1.5, 0.7, a["loss"], a["gradient"])
        }
      } reference: { _, v in
        let result = Reference.pointLoss(
          kind, predictions: v["predictions"], targets: v["targets"], weights: v.optional("weights"), parameter: 1.5,
          scale: Double(Float(0.7)))
        return ["loss": [result.value], "gradient": result.gradient]
      }
      .gradient("gradient", of: "loss", by: "predictions")
      .check()
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
        assertClose(
          output, [expected.value, expected.gradient[0]], within: .pointLoss, "\(isa) \(kinds[i / 6]) \(p) \(t)")
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
