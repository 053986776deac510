import CKernels
import ReferenceKernels
import XCTest

final class ReductionTests: XCTestCase {
  private let shapes: [(outer: Int, length: Int, inner: Int)] = [
    (0, 3, 1), (3, 4, 0), (1, 1, 1), (1, 5, 1), (5, 1, 1), (3, 10, 1), (33, 17, 1), (100, 200, 1), (2, 4096, 1),
    (3, 4097, 1),
    (1, 300_001, 1), (2, 3, 2), (1, 40, 3), (4, 129, 5), (1, 5000, 10), (2, 131, 16), (1, 300, 63), (1, 300, 64),
    (1, 129, 65),
    (3, 7, 100), (1, 20_000, 12), (1, 17_000, 33), (1, 8, 5000), (2, 200, 2100), (50, 4, 8), (1, 256, 700),
  ]

  func testReductionsOfEveryForm() {
    for (outer, length, inner) in shapes {
      let x = testValues(outer * length * inner, seed: 5)
      let before = testValues(outer * inner, seed: 6)
      let columns = Reference.columns(outer: outer, length: length, inner: inner, x)
      for operation in 0..<CK_REDUCTION_COUNT.rawValue {
        onEveryMachine {
          var y = [Float](repeating: .nan, count: outer * inner) + [-7]
          var sum = before + [-7]
          let (op, o, l, i) = (ck_reduction(operation), Int64(outer), Int64(length), Int64(inner))
          XCTAssertEqual(ck_reduce(op, o, l, i, x, &y, CK_OVERWRITE), CK_OK)
          XCTAssertEqual(ck_reduce(op, o, l, i, x, &sum, CK_ACCUMULATE), CK_OK)
          XCTAssertEqual([y.removeLast(), sum.removeLast()], [-7, -7])
          return [y, sum]
        } check: { outputs, isa in
          let expected = columns.map { Reference.reduce(operation, $0) }
          // Sums of terms of either sign: relative to the sum of magnitudes, which is about length / 2.
          let absolute = operation == 0 ? 1e-7 * Double(length) : 1e-7
          let name = "\(isa): \(operation) of [\(outer), \(length), \(inner)]"
          assertClose(outputs[0], expected, relative: 3e-7, absolute: absolute, name)
          assertClose(
            outputs[1], zip(expected, before).map { $0 + Double($1) }, relative: 4e-7, absolute: absolute,
            name + " added")
        }
      }
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
        assertClose(outputs[0], expected, relative: 2e-7, "\(isa): \(length) × \(inner)")
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
    for (outer, length, inner) in shapes + [(1, 65, 1), (2, 1024, 1), (2, 1025, 1), (1, 70_000, 1)] where length > 0 {
      // Few distinct values, so that the first of equals is asked for; then with NaNs.
      let plain = testValues(outer * length * inner, seed: 9).map { ($0 * 20).rounded() }
      var withNaN = plain
      for i in stride(from: 3, to: withNaN.count, by: 101) { withNaN[i] = .nan }
      for x in [plain, withNaN] {
        let expected = Reference.columns(outer: outer, length: length, inner: inner, x).map(Reference.argmax)
        onEveryMachine {
          var y = [Int32](repeating: -1, count: outer * inner + 1)
          XCTAssertEqual(ck_argmax(Int64(outer), Int64(length), Int64(inner), x, &y), CK_OK)
          XCTAssertEqual(y.removeLast(), -1)
          return [y.map(Float.init)]
        } check: { outputs, isa in
          XCTAssertEqual(outputs[0], expected.map(Float.init), "\(isa): [\(outer), \(length), \(inner)]")
        }
      }
    }
  }

  func testVarianceKeepsItsPrecisionFarFromZero() {
    for (outer, length, inner) in shapes where length > 1 {
      let x = testValues(outer * length * inner, seed: 11, in: 99...101)
      let columns = Reference.columns(outer: outer, length: length, inner: inner, x)
      for correction in [0, 1] {
        onEveryMachine {
          var mean = [Float](repeating: .nan, count: outer * inner)
          var variance = mean
          var alone = mean
          let (o, l, i, c) = (Int64(outer), Int64(length), Int64(inner), Int64(correction))
          XCTAssertEqual(ck_variance(o, l, i, c, x, &mean, &variance), CK_OK)
          XCTAssertEqual(ck_variance(o, l, i, c, x, nil, &alone), CK_OK)
          return [mean, variance, alone]
        } check: { outputs, isa in
          let name = "\(isa): [\(outer), \(length), \(inner)] - \(correction)"
          assertClose(outputs[0], columns.map { Reference.reduce(1, $0) }, relative: 4e-7, name)
          // The mean is rounded at 100, 4e-6 away from the exact one: a relative 5e-11 of the variance, no more.
          assertClose(
            outputs[1], columns.map { Reference.variance($0, correction: correction) }, relative: 1e-6, absolute: 1e-10,
            name)
          XCTAssertEqual(outputs[1], outputs[2], name)
        }
      }
    }
  }

  func testVarianceOfOneElement() {
    var variance: [Float] = [1]
    XCTAssertEqual(ck_variance(1, 1, 1, 0, [5], nil, &variance), CK_OK)
    XCTAssertEqual(variance, [0])
    XCTAssertEqual(ck_variance(1, 1, 1, 1, [5], nil, &variance), CK_OK)
    XCTAssertTrue(variance[0].isNaN)
  }

  func testDotProduct() {
    for count in [0, 1, 15, 16, 17, 127, 128, 129, 4096, 4097, 300_000] {
      let a = testValues(count, seed: 1), b = testValues(count, seed: 2)
      let expected = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      onEveryMachine {
        var result: Float = .nan
        XCTAssertEqual(ck_dot(Int64(count), a, b, &result), CK_OK)
        return [[result]]
      } check: { outputs, isa in
        assertClose(outputs[0], [expected], relative: 2e-7, absolute: 2e-8 * Double(count), "\(isa): \(count)")
      }
    }
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
