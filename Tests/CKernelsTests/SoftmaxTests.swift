import CKernels
import ReferenceKernels
import XCTest

final class SoftmaxTests: XCTestCase {
  private let shapes = Shapes.matrices
  private let edges = Shapes.edges.map { Matrix(1, $0) }

  func testSoftmax() {
    KernelTest(
      "softmax", shapes: shapes, edges: edges, inputs: [.floats("x", in: -9...9) { $0.count }],
      outputs: [.overwritten("y", within: .softmax) { $0.count }], inPlace: [("x", "y")]
    ) { shape, a in
      ck_softmax_forward(shape.r, shape.c, a["x"], a["y"])
    } reference: { shape, v in
      ["y": v.rows("x", shape.columns).flatMap(Reference.softmax)]
    }
    .backward(of: ["x"], saving: ["y"], within: { _ in .softmaxBackward }) { shape, a in
      ck_softmax_backward(shape.r, shape.c, a["y"], a["dy"], a["dx"], a.mode("dx"))
    } reference: { shape, v in
      ["dx": zip(v.rows("y", shape.columns), v.rows("dy", shape.columns)).flatMap(Reference.softmaxBackward)]
    }
    .check()
  }

  func testLogSoftmax() {
    KernelTest(
      "log softmax", shapes: shapes, edges: edges, inputs: [.floats("x", in: -9...9) { $0.count }],
      outputs: [.overwritten("y", within: .logSoftmax) { $0.count }], inPlace: [("x", "y")]
    ) { shape, a in
      ck_log_softmax_forward(shape.r, shape.c, a["x"], a["y"])
    } reference: { shape, v in
      ["y": v.rows("x", shape.columns).flatMap(Reference.logSoftmax)]
    }
    .backward(of: ["x"], saving: ["y"], within: { _ in .logSoftmaxBackward }) { shape, a in
      ck_log_softmax_backward(shape.r, shape.c, a["y"], a["dy"], a["dx"], a.mode("dx"))
    } reference: { shape, v in
      ["dx": zip(v.rows("y", shape.columns), v.rows("dy", shape.columns)).flatMap(Reference.logSoftmaxBackward)]
    }
    .check()
  }

  /// Beyond the last-level cache rows are read twice and results stored past it. Rows at each offset of a cache line,
  /// whose largest comes late, early, again and again, and that hold what the single pass has to start from.
  static func rowsBeyondTheCache() -> (kinds: [[Float]], rows: Int, x: [Float]) {
    let columns = 5003
    let random = testValues(columns, seed: 31, in: -9...9)
    let rising = (0..<columns).map { Float($0) * 0.01 - 30 }
    var masked = random.map { $0 < 0 ? -.infinity : $0 }
    masked.replaceSubrange(0..<600, with: repeatElement(-.infinity, count: 600))
    var missing = random
    missing[columns - 2] = .nan
    var infinite = random
    infinite[700] = .infinity
    let lowest = [Float](repeating: -.greatestFiniteMagnitude, count: columns)
    let nothing = [Float](repeating: -.infinity, count: columns)
    let kinds = [random, rising, rising.reversed(), masked, missing, infinite, lowest, nothing]
    let rows = max(Int(ck_cache_size(3)) / 4, 1 << 20) / columns + 1
    return (kinds, rows, (0..<rows).flatMap { kinds[$0 % kinds.count] })
  }

  func testRowsBeyondTheCache() {
    let (kinds, rows, x) = Self.rowsBeyondTheCache()
    let columns = kinds[0].count
    let (r, c) = (Int64(rows), Int64(columns))
    let functions: [(Int64, Int64, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> ck_status] = [
      { ck_softmax_forward($0, $1, $2, $3) }, { ck_log_softmax_forward($0, $1, $2, $3) },
    ]
    var y = [Float](repeating: 7, count: x.count)
    for (function, reference) in zip(functions, [Reference.softmax, Reference.logSoftmax]) {
      onEveryMachine {
        XCTAssertEqual(function(r, c, x, &y), CK_OK)
        y.withUnsafeBytes { y in
          for row in kinds.count..<rows {
            let same = memcmp(
              y.baseAddress! + 4 * row * columns, y.baseAddress! + 4 * (row % kinds.count) * columns,
              4 * columns)
            XCTAssertEqual(same, 0, "row \(row)")
          }
        }
        return kinds.indices.map { Array(y[($0 * columns)..<(($0 + 1) * columns)]) }
      } check: { outputs, isa in
        for (kind, values) in kinds.prefix(4).enumerated() {
          let expected = reference(values.map(Double.init))
          assertClose(outputs[kind], expected, within: .softmaxOfAWideRange, "\(isa) kind \(kind)")
        }
        let equal = reference([Double](repeating: 0, count: columns))
        assertClose(outputs[6], equal, within: .softmax, "\(isa): all the lowest number")
        for kind in [4, 7] { XCTAssertTrue(outputs[kind].allSatisfy(\.isNaN), "\(isa) kind \(kind)") }
        XCTAssertTrue(outputs[5][700].isNaN, "\(isa): infinity less itself")
      }
    }
  }

  func testHugeLogitsMasksAndNaN() {
    let infinity = Float.infinity
    let x: [Float] = [10_000, -10_000, 0, -infinity, 5, 5, .nan, 1, 2, 3.4e38, -3.4e38, 3.4e38]
    onEveryMachine {
      var y = x
      XCTAssertEqual(ck_softmax_forward(4, 3, x, &y), CK_OK)
      var logarithm = x
      XCTAssertEqual(ck_log_softmax_forward(4, 3, x, &logarithm), CK_OK)
      return [y, logarithm]
    } check: { outputs, isa in
      XCTAssertEqual(Array(outputs[0].prefix(6)), [1, 0, 0, 0, 0.5, 0.5], isa)
      XCTAssertTrue(outputs[0][6...8].allSatisfy(\.isNaN), isa)
      XCTAssertEqual(Array(outputs[0][9...]), [0.5, 0, 0.5], isa)
      XCTAssertEqual(Array(outputs[1].prefix(4)), [0, -20_000, -10_000, -infinity], isa)
      XCTAssertTrue(outputs[1][6...8].allSatisfy(\.isNaN), isa)
    }
  }

  func testBadArgumentsAreRefused() {
    var y: [Float] = [1]
    XCTAssertEqual(ck_softmax_forward(-1, 1, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_softmax_forward(1, 1, nil, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_log_softmax_forward(1, -1, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_softmax_backward(1, 1, y, nil, &y, CK_OVERWRITE), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_log_softmax_backward(1, 1, y, y, nil, CK_OVERWRITE), CK_INVALID_ARGUMENT)
  }
}
