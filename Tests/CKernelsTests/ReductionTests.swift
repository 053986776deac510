import CKernels
import ReferenceKernels
import XCTest

final class ReductionTests: XCTestCase {
  private let shapes: [Axis] = [
    (0, 3, 1), (3, 4, 0), (2, 0, 1), (1, 0, 3), (1, 1, 1), (1, 5, 1), (5, 1, 1), (3, 10, 1), (33, 17, 1), (100, 200, 1),
    (3, 7, 1), (2, 8, 1), (2, 15, 1), (2, 16, 1), (2, 31, 1), (2, 33, 1), (2, 64, 1), (2, 129, 1), (2, 4096, 1),
    (3, 4097, 1), (1, 300_001, 1), (2, 3, 2), (1, 40, 3), (4, 129, 5), (1, 5000, 10), (2, 131, 16), (1, 300, 63),
    (1, 300, 64), (1, 129, 65), (3, 7, 100), (1, 20_000, 12), (1, 17_000, 33), (1, 8, 5000), (2, 200, 2100), (50, 4, 8),
    (1, 256, 700),
  ].map { Axis($0.0, $0.1, $0.2) }
  /// Along rows, and along columns in each lane.
  private let edges = Shapes.edges.map { Axis(1, $0, 1) } + [Axis(1, 3, Shapes.edge)]

  func testReductions() {
    for operation in 0..<CK_REDUCTION_COUNT.rawValue {
      KernelTest<Axis>(
        "reduction \(operation)", shapes: shapes, edges: edges, inputs: [.floats("x") { $0.count }],
        outputs: [.byMode("y", within: { _ in .reduction(ck_reduction(operation)) }) { $0.columns }]
      ) { shape, a in
        ck_reduce(ck_reduction(operation), shape.o, shape.l, shape.i, a["x"], a["y"], a.mode("y"))
      } reference: { shape, v in
        ["y": v.columns("x", shape).map { Reference.reduce(operation, $0) }]
      }
      .check()
    }
  }

  /// The error of a sum of ten million positive numbers stays near that of one rounding, as with pairwise summation.
  func testLongSumsAreAccurate() {
    let x = testValues(10_000_000, in: 0...1)
    for (length, inner) in [(10_000_000, 1), (1_000_000, 10), (100_000, 100)] {
      var expected = [Double](repeating: 0, count: inner)
      for (i, value) in x.enumerated() { expected[i % inner] += Double(value) }
      onEveryMachine {
        var sum = [Float](repeating: 0, count: inner)
        XCTAssertEqual(ck_reduce(CK_SUM, 1, Int64(length), Int64(inner), x, &sum, CK_OVERWRITE), CK_OK)
        return [sum]
      } check: { outputs, isa in
        assertClose(outputs[0], expected, within: .longSum, "\(isa): \(length) × \(inner)")
      }
    }
  }

  func testNaNReachesTheMaximumFromAnyPlace() {
    for (length, inner) in [(3, 1), (40, 1), (5000, 1), (40, 3), (300, 70), (3, 20)] {
      for place in [0, length * inner / 2, length * inner - 1] {
        var x = testValues(length * inner)
        x[place] = .nan
        for operation in [CK_MAX, CK_MIN] {
          onEveryMachine {
            var y = [Float](repeating: 0, count: inner)
            XCTAssertEqual(ck_reduce(operation, 1, Int64(length), Int64(inner), x, &y, CK_OVERWRITE), CK_OK)
            return [y]
          } check: { outputs, isa in
            XCTAssertEqual(
              outputs[0].map(\.isNaN), (0..<inner).map { $0 == place % inner },
              "\(isa): [\(length), \(inner)] at \(place)")
          }
        }
      }
    }
  }

  func testReductionsOfNothing() {
    var y = [Float](repeating: 1, count: 2)
    XCTAssertEqual(ck_reduce(CK_SUM, 2, 0, 1, nil, &y, CK_ACCUMULATE), CK_OK)
    XCTAssertEqual(y, [1, 1])
    XCTAssertEqual(ck_reduce(CK_SUM_OF_SQUARES, 1, 0, 2, nil, &y, CK_OVERWRITE), CK_OK)
    XCTAssertEqual(y, [0, 0])
    XCTAssertEqual(ck_reduce(CK_MAX, 2, 0, 1, nil, &y, CK_OVERWRITE), CK_OK)
    XCTAssertEqual(y, [-.infinity, -.infinity])
    XCTAssertEqual(ck_reduce(CK_MIN, 2, 0, 1, nil, &y, CK_OVERWRITE), CK_OK)
    XCTAssertEqual(y, [.infinity, .infinity])
    XCTAssertEqual(ck_reduce(CK_MEAN, 2, 0, 1, nil, &y, CK_OVERWRITE), CK_OK)
    XCTAssertTrue(y.allSatisfy(\.isNaN))
    var variance = [Float](repeating: 1, count: 2)
    XCTAssertEqual(ck_variance(2, 0, 1, 0, nil, nil, &variance), CK_OK)
    XCTAssertTrue(variance.allSatisfy(\.isNaN))
  }

  func testArgmaxGivesTheFirstLargest() {
    // Few distinct values, so that the first of equals is asked for; then with NaNs.
    for step in [Int.max, 101] {
      KernelTest<Axis>(
        "argmax",
        shapes: (shapes + [Axis(1, 65, 1), Axis(2, 1024, 1), Axis(2, 1025, 1), Axis(1, 70_000, 1)])
          .filter { $0.length > 0 },
        edges: edges,
        inputs: [
          .floats("x") { shape, seed in
            var x = testValues(shape.count, seed: seed).map { ($0 * 20).rounded() }
            for i in stride(from: 3, to: step == .max ? 0 : x.count, by: 101) { x[i] = .nan }
            return x
          }
        ],
        outputs: [.overwritten("y", within: .exact, isInteger: true) { $0.columns }]
      ) { shape, a in
        ck_argmax(shape.o, shape.l, shape.i, a["x"], a.integers("y"))
      } reference: { shape, v in
        ["y": v.columns("x", shape).map { Double(Reference.argmax($0)) }]
      }
      .check()
    }
  }

  func testVarianceKeepsItsPrecisionFarFromZero() {
    for correction in [0, 1] {
      KernelTest<Axis>(
        "variance - \(correction)", shapes: shapes.filter { $0.length > 1 }, edges: edges,
        inputs: [.floats("x", in: 99...101) { $0.count }],
        outputs: [
          .overwritten("mean", within: .mean, optional: true) { $0.columns },
          .overwritten("variance", within: .variance) { $0.columns },
        ]
      ) { shape, a in
        ck_variance(shape.o, shape.l, shape.i, Int64(correction), a["x"], a["mean"], a["variance"])
      } reference: { shape, v in
        let columns = v.columns("x", shape)
        return [
          "mean": columns.map { Reference.reduce(1, $0) },
          "variance": columns.map { Reference.variance($0, correction: correction) },
        ]
      }
      .check()
    }
  }

  /// Which has not the passes that the variance needs.
  func testMeanWithoutVariance() {
    KernelTest<Axis>(
      "mean", shapes: shapes, edges: edges, inputs: [.floats("x", in: 99...101) { $0.count }],
      outputs: [.overwritten("mean", within: .mean) { $0.columns }]
    ) { shape, a in
      ck_variance(shape.o, shape.l, shape.i, 0, a["x"], a["mean"], nil)
    } reference: { shape, v in
      ["mean": v.columns("x", shape).map { Reference.reduce(1, $0) }]
    }
    .check()
  }

  func testVarianceOfOneElement() {
    var variance: [Float] = [1]
    XCTAssertEqual(ck_variance(1, 1, 1, 0, [5], nil, &variance), CK_OK)
    XCTAssertEqual(variance, [0])
    XCTAssertEqual(ck_variance(1, 1, 1, 1, [5], nil, &variance), CK_OK)
    XCTAssertTrue(variance[0].isNaN)
  }

  func testDotProduct() {
    KernelTest<Int>(
      "dot", shapes: Shapes.counts + [4096, 4097, 300_000], edges: Shapes.edges,
      inputs: [.floats("a") { $0 }, .floats("b") { $0 }],
      outputs: [.overwritten("result", within: .dotProduct) { _ in 1 }]
    ) { count, a in
      ck_dot(Int64(count), a["a"], a["b"], a["result"])
    } reference: { _, v in
      ["result": [zip(v["a"], v["b"]).reduce(0) { $0 + $1.0 * $1.1 }]]
    }
    .check()
  }

  func testBadArgumentsAreRefused() {
    var y: [Float] = [1]
    var index: [Int32] = [1]
    XCTAssertEqual(ck_reduce(CK_REDUCTION_COUNT, 1, 1, 1, y, &y, CK_OVERWRITE), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_reduce(CK_SUM, 1, -1, 1, y, &y, CK_OVERWRITE), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_reduce(CK_SUM, 1, 1, 1, nil, &y, CK_OVERWRITE), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_reduce(CK_SUM, 1, 1, 1, y, &y, ck_mode(7)), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_argmax(1, 0, 1, y, &index), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_argmax(1, 1 << 31, 1, y, &index), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_variance(1, 1, 1, -1, y, nil, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_dot(1, y, nil, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(y, [1])
    XCTAssertEqual(index, [1])
  }
}
