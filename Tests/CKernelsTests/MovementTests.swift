import CKernels
import ReferenceKernels
import XCTest

final class MovementTests: XCTestCase {
  func testTransposition() {
    for (batch, rows, columns) in [
      (1, 0, 3), (1, 1, 1), (1, 1, 9), (2, 3, 5), (1, 16, 16), (3, 17, 15), (1, 64, 64), (1, 65, 63), (2, 130, 70),
      (1, 300, 257), (50, 4, 7),
    ] {
      let x = testValues(batch * rows * columns)
      onEveryMachine {
        var y = [Float](repeating: -7, count: x.count + 1)
        XCTAssertEqual(ck_transpose_matrix(Int64(batch), Int64(rows), Int64(columns), x, &y), CK_OK)
        XCTAssertEqual(y.removeLast(), -7)
        return [y]
      } check: { outputs, isa in
        XCTAssertEqual(
          outputs[0], Reference.permute(x, shape: [batch, rows, columns], [0, 2, 1]),
          "\(isa): \(batch) × \(rows) × \(columns)")
      }
    }
  }

  func testPermutations() {
    let cases: [(shape: [Int], permutation: [Int])] = [
      ([], []), ([5], [0]), ([3, 0, 2], [2, 1, 0]), ([3, 4], [1, 0]), ([2, 3, 4], [0, 1, 2]), ([2, 3, 4], [2, 0, 1]),
      ([2, 3, 4], [1, 2, 0]), ([2, 3, 4], [1, 0, 2]), ([2, 3, 4], [2, 1, 0]), ([1, 70, 1, 90], [3, 2, 1, 0]),
      ([4, 9, 8, 33], [0, 2, 1, 3]), ([4, 9, 8, 33], [0, 3, 1, 2]), ([4, 9, 8, 33], [0, 2, 3, 1]),
      ([40, 30, 50], [1, 0, 2]), ([40, 30, 50], [2, 1, 0]), ([2, 3, 2, 3, 2, 3, 2, 3], [7, 2, 5, 0, 3, 6, 1, 4]),
    ]
    for (shape, permutation) in cases {
      let x = testValues(shape.reduce(1, *))
      onEveryMachine {
        var y = [Float](repeating: -7, count: x.count + 1)
        let status = ck_permute(
          Int32(shape.count), shape.map(Int64.init), permutation.map(Int32.init), x, &y)
        XCTAssertEqual(status, CK_OK)
        XCTAssertEqual(y.removeLast(), -7)
        return [y]
      } check: { outputs, isa in
        XCTAssertEqual(outputs[0], Reference.permute(x, shape: shape, permutation), "\(isa): \(shape) \(permutation)")
      }
    }
  }

  func testBlocksAreCopiedAndAdded() {
    for (rows, columns, ldx, ldy) in [
      (0, 3, 3, 3), (1, 1, 1, 1), (5, 3, 7, 4), (9, 17, 20, 17), (3, 300, 300, 301), (2, 70_000, 70_000, 70_000),
      (500, 129, 140, 129),
    ] {
      let x = testValues(rows * ldx, seed: 1), before = testValues(rows * ldy, seed: 2)
      onEveryMachine {
        var copied = before
        var added = before
        let (r, c, p, q) = (Int64(rows), Int64(columns), Int64(ldx), Int64(ldy))
        XCTAssertEqual(ck_copy_block(r, c, x, p, &copied, q, CK_OVERWRITE), CK_OK)
        XCTAssertEqual(ck_copy_block(r, c, x, p, &added, q, CK_ACCUMULATE), CK_OK)
        return [copied, added]
      } check: { outputs, isa in
        var copied = before
        var added = before
        for r in 0..<rows {
          for c in 0..<columns {
            copied[r * ldy + c] = x[r * ldx + c]
            added[r * ldy + c] += x[r * ldx + c]
          }
        }
        XCTAssertEqual(outputs[0], copied, "\(isa): \(rows) × \(columns)")
        XCTAssertEqual(outputs[1], added, "\(isa): \(rows) × \(columns)")
      }
    }
  }

  func testBroadcastIsTheGradientOfASum() {
    for (outer, length, inner) in [
      (0, 2, 2), (1, 1, 1), (3, 5, 1), (1, 100_001, 1), (2, 3, 4), (5, 7, 17), (2, 300, 200), (4000, 3, 1),
    ] {
      let x = testValues(outer * inner, seed: 1), before = testValues(outer * length * inner, seed: 2)
      onEveryMachine {
        var written = [Float](repeating: .nan, count: before.count)
        var added = before
        let (o, l, i) = (Int64(outer), Int64(length), Int64(inner))
        XCTAssertEqual(ck_broadcast(o, l, i, 0.5, x, &written, CK_OVERWRITE), CK_OK)
        XCTAssertEqual(ck_broadcast(o, l, i, 0.5, x, &added, CK_ACCUMULATE), CK_OK)
        return [written, added]
      } check: { outputs, isa in
        let expected = before.indices.map { x[$0 / (length * inner) * inner + $0 % inner] * 0.5 }
        XCTAssertEqual(outputs[0], expected, "\(isa): [\(outer), \(length), \(inner)]")
        XCTAssertEqual(outputs[1], zip(before, expected).map(+), "\(isa): [\(outer), \(length), \(inner)]")
      }
    }
  }

  private func indices(_ count: Int, below limit: Int, seed: UInt64) -> [Int32] {
    testValues(count, seed: seed, in: 0...1).map { min(Int32($0 * Float(limit)), Int32(limit) - 1) }
  }

  func testRowsAreGatheredAndScattered() {
    for (rows, width, count) in [
      (3, 2, 0), (1, 1, 1), (4, 3, 10), (10, 17, 33), (100, 64, 2000), (7, 300, 500), (50_000, 1, 40_000),
      (1000, 33, 3000),
    ] {
      let table = testValues(rows * width, seed: 1), x = testValues(count * width, seed: 2)
      let index = indices(count, below: rows, seed: 3)
      onEveryMachine {
        var gathered = [Float](repeating: .nan, count: count * width)
        var sums = table
        let (r, w, c) = (Int64(rows), Int64(width), Int64(count))
        XCTAssertEqual(ck_gather_rows(r, w, table, c, index, &gathered), CK_OK)
        XCTAssertEqual(ck_scatter_add_rows(r, w, &sums, c, index, x), CK_OK)
        return [gathered, sums]
      } check: { outputs, isa in
        let gathered = (0..<count * width).map { table[Int(index[$0 / width]) * width + $0 % width] }
        XCTAssertEqual(outputs[0], gathered, "\(isa): \(rows) × \(width), \(count)")
        // Up to some 100 additions an element, each with half a unit of error in a sum below 32.
        assertClose(
          outputs[1], Reference.scatterAddRows(table, width: width, index, x), relative: 1e-6, absolute: 2e-5,
          "\(isa): \(rows) × \(width), \(count)")
      }
    }
  }

  func testTakingAlongRowsAndBack() {
    for (count, columns) in [(0, 3), (1, 1), (7, 10), (40_000, 5)] {
      let x = testValues(count * columns, seed: 1), dy = testValues(count, seed: 2)
      let index = indices(count, below: columns, seed: 3)
      onEveryMachine {
        var taken = [Float](repeating: .nan, count: count)
        var dx = x
        XCTAssertEqual(ck_take_along_rows(Int64(count), Int64(columns), x, index, &taken), CK_OK)
        XCTAssertEqual(ck_take_along_rows_backward(Int64(count), Int64(columns), index, dy, &dx), CK_OK)
        return [taken, dx]
      } check: { outputs, isa in
        var dx = x
        for i in 0..<count { dx[i * columns + Int(index[i])] += dy[i] }
        XCTAssertEqual(outputs[0], (0..<count).map { x[$0 * columns + Int(index[$0])] }, isa)
        XCTAssertEqual(outputs[1], dx, isa)
      }
    }
  }

  func testIndicesOutsideTheirRangeAreReported() {
    let x: [Float] = [1, 2, 3, 4]
    for bad in [Int32(-1), 2, .max, .min] {
      onEveryMachine {
        var y = [Float](repeating: 0, count: 4)
        XCTAssertEqual(ck_gather_rows(2, 2, x, 2, [0, bad], &y), CK_INDEX_OUT_OF_RANGE)
        XCTAssertEqual(ck_scatter_add_rows(2, 2, &y, 2, [0, bad], x), CK_INDEX_OUT_OF_RANGE)
        XCTAssertEqual(ck_take_along_rows(2, 2, x, [bad, 0], &y), CK_INDEX_OUT_OF_RANGE)
        XCTAssertEqual(ck_take_along_rows_backward(2, 2, [bad, 0], x, &y), CK_INDEX_OUT_OF_RANGE)
        return []
      } check: { _, _ in
      }
    }
  }

  func testBadArgumentsAreRefused() {
    var y: [Float] = [1]
    XCTAssertEqual(ck_transpose_matrix(1, -1, 1, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_transpose_matrix(1, 1, 1, nil, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_permute(9, nil, nil, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_permute(2, [1, 1], [0, 0], y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_permute(2, [1, 1], [0, 2], y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_copy_block(1, 2, y, 1, &y, 2, CK_OVERWRITE), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_broadcast(1, 1, -1, 1, y, &y, CK_OVERWRITE), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gather_rows(1, 1, y, 1, nil, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_scatter_add_rows(1, -1, &y, 1, [0], y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_take_along_rows(-1, 1, y, [0], &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_take_along_rows_backward(1, 1, nil, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(y, [1])
  }
}
