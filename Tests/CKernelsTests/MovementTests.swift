import CKernels
import ReferenceKernels
import XCTest

final class MovementTests: XCTestCase {
  func testTransposition() {
    KernelTest<Axis>(
      "transposition",
      shapes: [
        (1, 0, 3), (1, 1, 1), (1, 1, 9), (2, 3, 5), (2, 4, 4), (3, 8, 7), (1, 16, 16), (3, 17, 15), (1, 31, 33),
        (1, 64, 64), (1, 65, 63), (2, 130, 70), (1, 300, 257), (50, 4, 7),
      ].map { Axis($0.0, $0.1, $0.2) }, edges: [Axis(1, 19, 21)], inputs: [.floats("x") { $0.count }],
      outputs: [.overwritten("y", within: .exact, signedZeros: true) { $0.count }]
    ) { shape, a in
      ck_transpose_matrix(shape.o, shape.l, shape.i, a["x"], a["y"])
    } reference: { shape, v in
      ["y": Reference.permute(v["x"], shape: [shape.outer, shape.length, shape.inner], [0, 2, 1])]
    }
    .check()
  }

  func testPermutations() {
    struct Permutation {
      var shape: [Int]
      var order: [Int]

      var count: Int { shape.reduce(1, *) }
    }
    let shapes: [Permutation] = [
      ([], []), ([5], [0]), ([3, 0, 2], [2, 1, 0]), ([3, 4], [1, 0]), ([2, 3, 4], [0, 1, 2]), ([2, 3, 4], [2, 0, 1]),
      ([2, 3, 4], [1, 2, 0]), ([2, 3, 4], [1, 0, 2]), ([2, 3, 4], [2, 1, 0]), ([1, 70, 1, 90], [3, 2, 1, 0]),
      ([4, 9, 8, 33], [0, 2, 1, 3]), ([4, 9, 8, 33], [0, 3, 1, 2]), ([4, 9, 8, 33], [0, 2, 3, 1]),
      ([40, 30, 50], [1, 0, 2]), ([40, 30, 50], [2, 1, 0]), ([2, 3, 2, 3, 2, 3, 2, 3], [7, 2, 5, 0, 3, 6, 1, 4]),
    ].map { Permutation(shape: $0.0, order: $0.1) }
    KernelTest<Permutation>(
      "permutation", shapes: shapes, edges: [Permutation(shape: [3, 4, 17], order: [1, 0, 2])],
      inputs: [.floats("x") { $0.count }],
      outputs: [.overwritten("y", within: .exact, signedZeros: true) { $0.count }]
    ) { shape, a in
      ck_permute(
        Int32(shape.shape.count), shape.shape.map(Int64.init), shape.order.map(Int32.init), a["x"], a["y"])
    } reference: { shape, v in
      ["y": Reference.permute(v["x"], shape: shape.shape, shape.order)]
    }
    .check()
  }

  func testBlocksAreCopiedAndAdded() {
    struct Block {
      var rows: Int
      var columns: Int
      var ldx: Int
      var ldy: Int
    }
    KernelTest<Block>(
      "block",
      shapes: [
        (0, 3, 3, 3), (1, 1, 1, 1), (5, 3, 7, 4), (4, 15, 15, 16), (4, 16, 17, 16), (9, 17, 20, 17), (3, 300, 300, 301),
        (2, 70_000, 70_000, 70_000), (500, 129, 140, 129),
      ].map { Block(rows: $0.0, columns: $0.1, ldx: $0.2, ldy: $0.3) },
      edges: [Block(rows: 2, columns: Shapes.edge, ldx: 64, ldy: 62)], inputs: [.floats("x") { $0.rows * $0.ldx }],
      outputs: [
        .byMode("y", within: { _ in .exact }, isWritten: { $1 % $0.ldy < $0.columns }) { $0.rows * $0.ldy }
      ]
    ) { shape, a in
      ck_copy_block(
        Int64(shape.rows), Int64(shape.columns), a["x"], Int64(shape.ldx), a["y"], Int64(shape.ldy), a.mode("y"))
    } reference: { shape, v in
      let x = v["x"]
      return [
        "y": (0..<shape.rows * shape.ldy).map { i in
          let column = i % shape.ldy
          return column < shape.columns ? x[i / shape.ldy * shape.ldx + column] : 0
        }
      ]
    }
    .check()
  }

  func testBroadcastIsTheGradientOfASum() {
    KernelTest<Axis>(
      "broadcast",
      shapes: [
        (0, 2, 2), (2, 0, 3), (1, 1, 1), (3, 5, 1), (2, 15, 1), (2, 17, 1), (1, 100_001, 1), (2, 3, 4), (5, 7, 17),
        (2, 300, 200), (4000, 3, 1),
      ].map { Axis($0.0, $0.1, $0.2) }, edges: [Axis(3, Shapes.edge, 1), Axis(1, 2, Shapes.edge)],
      inputs: [.floats("x") { $0.columns }],
      outputs: [.byMode("y", within: { _ in .exact }) { $0.count }]
    ) { shape, a in
      ck_broadcast(shape.o, shape.l, shape.i, 0.5, a["x"], a["y"], a.mode("y"))
    } reference: { shape, v in
      let x = v["x"]
      return [
        "y": (0..<shape.count).map { x[$0 / (shape.length * shape.inner) * shape.inner + $0 % shape.inner] * 0.5 }
      ]
    }
    .check()
  }

  /// A table and the indices of its rows.
  private struct Rows {
    var rows: Int
    var width: Int
    var count: Int
  }

  func testRowsAreGatheredAndScattered() {
    KernelTest<Rows>(
      "gather",
      shapes: [
        (3, 2, 0), (3, 0, 2), (1, 1, 1), (4, 3, 10), (5, 8, 4), (6, 15, 9), (9, 16, 9), (10, 17, 33), (100, 64, 2000),
        (7, 300, 500), (50_000, 1, 40_000), (1000, 33, 3000),
      ].map { Rows(rows: $0.0, width: $0.1, count: $0.2) }, edges: [Rows(rows: 2, width: Shapes.edge, count: 3)],
      inputs: [
        .floats("x") { $0.rows * $0.width }, .integers("indices") { testIndices($0.count, below: $0.rows, seed: $1) },
      ],
      outputs: [.overwritten("y", within: .exact, signedZeros: true) { $0.count * $0.width }]
    ) { shape, a in
      ck_gather_rows(
        Int64(shape.rows), Int64(shape.width), a["x"], Int64(shape.count), a.integers("indices"), a["y"])
    } reference: { shape, v in
      let (x, indices) = (v["x"], v.integers("indices"))
      return [
        "y": (0..<shape.count * shape.width).map { x[indices[$0 / shape.width] * shape.width + $0 % shape.width] }
      ]
    }
    .backward(of: ["x"], within: { _ in .scatteredSums }) { shape, a in
      ck_scatter_add_rows(
        Int64(shape.rows), Int64(shape.width), a["dx"], Int64(shape.count), a.integers("indices"), a["dy"])
    } reference: { shape, v in
      let indices = v.integers("indices")
      func sums(_ dy: [Double]) -> [Double] {
        Reference.scatterAddRows(rows: shape.rows, width: shape.width, indices, dy)
      }
      return ["dx": sums(v["dy"]), "|dx|": sums(v["dy"].map(abs))]
    }
    .changingBackward { test in
      test.inputs.removeAll { $0.name == "x" }
      test.outputs = [.added("dx", within: { _ in .scatteredSums }) { $0.rows * $0.width }]
    }
    .check()
  }

  func testTakingAlongRowsAndBack() {
    KernelTest<Matrix>(
      "take along rows", shapes: [Matrix(0, 3), Matrix(1, 1), Matrix(7, 10), Matrix(17, 3), Matrix(40_000, 5)],
      edges: [Matrix(19, 3)],
      inputs: [
        .floats("x") { $0.count }, .integers("indices") { testIndices($0.rows, below: $0.columns, seed: $1) },
      ],
      outputs: [.overwritten("y", within: .exact, signedZeros: true) { $0.rows }]
    ) { shape, a in
      ck_take_along_rows(shape.r, shape.c, a["x"], a.integers("indices"), a["y"])
    } reference: { shape, v in
      let x = v["x"]
      return ["y": v.integers("indices").enumerated().map { x[$0 * shape.columns + $1] }]
    }
    .backward(of: ["x"], within: { _ in .exact }) { shape, a in
      ck_take_along_rows_backward(shape.r, shape.c, a.integers("indices"), a["dy"], a["dx"])
    } reference: { shape, v in
      var dx = [Double](repeating: 0, count: shape.count)
      for (row, (column, dy)) in zip(v.integers("indices"), v["dy"]).enumerated() {
        dx[row * shape.columns + column] = dy
      }
      return ["dx": dx]
    }
    .changingBackward { test in
      test.inputs.removeAll { $0.name == "x" }
      test.outputs = [.added("dx", within: { _ in .exact }) { $0.count }]
    }
    .check()
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
