import CKernels
import ReferenceKernels
import XCTest

final class GEMMBatchedTests: XCTestCase {
  /// Matrices with something between their rows and between one product and the next.
  private struct Case {
    var batch: Int
    var m: Int, n: Int, k: Int
    var transposeA = false, transposeB = false
    var sharesB = false
    var beta: Float = 0

    var lda: Int { (transposeA ? m : k) + 1 }
    var ldb: Int { (transposeB ? k : n) + 2 }
    var ldc: Int { n + 3 }
    var strideA: Int { (transposeA ? k : m) * lda + 5 }
    var strideB: Int { sharesB ? 0 : (transposeB ? n : k) * ldb + 1 }
    var strideC: Int { m * ldc + 2 }
    var countB: Int { sharesB ? (transposeB ? n : k) * ldb : batch * strideB }
    func isWritten(_ i: Int) -> Bool { i % strideC < m * ldc && i % strideC % ldc < n }
  }

  func testProducts() {
    var shapes: [Case] = []
    for (batch, m, n, k) in [
      (1, 3, 4, 5), (5, 16, 16, 16), (3, 33, 50, 20), (9, 1, 20, 7), (4, 7, 15, 17), (48, 64, 64, 32), (2, 5, 6, 0),
      (0, 2, 2, 2), (3, 2, 3, 5),
    ] {
      for transposeA in [false, true] {
        for transposeB in [false, true] {
          var shape = Case(batch: batch, m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
          shapes.append(shape)
          (shape.sharesB, shape.beta) = (true, 1)
          shapes.append(shape)
        }
      }
    }
    KernelTest<Case>(
      "batched product", shapes: shapes, edges: shapes.filter { $0.batch == 3 && $0.m == 2 },
      inputs: [.floats("a") { $0.batch * $0.strideA }, .floats("b") { $0.countB }],
      outputs: [
        .updated("c", within: { .product(terms: $0.k) }, isWritten: { $0.isWritten($1) }) { shape, seed in
          let count = shape.batch * shape.strideC
          return shape.beta == 0 ? [Float](repeating: .nan, count: count) : testValues(count, seed: seed)
        }
      ]
    ) { shape, a in
      ck_gemm_batched_f32(
        shape.transposeA ? CK_TRANSPOSE : CK_NO_TRANSPOSE, shape.transposeB ? CK_TRANSPOSE : CK_NO_TRANSPOSE,
        Int64(shape.batch), Int64(shape.m), Int64(shape.n), Int64(shape.k), 0.5, a["a"], Int64(shape.lda),
        Int64(shape.strideA), a["b"], Int64(shape.ldb), Int64(shape.strideB), shape.beta, a["c"], Int64(shape.ldc),
        Int64(shape.strideC))
    } reference: { shape, v in
      var c = [Double](repeating: 0, count: shape.batch * shape.strideC)
      var magnitudes = c
      for index in 0..<shape.batch {
        let product = Reference.gemm(
          m: shape.m, n: shape.n, k: shape.k, alpha: 0.5,
          a: .init(Array(v["a"][(index * shape.strideA)...]), leading: shape.lda, transposed: shape.transposeA),
          b: .init(Array(v["b"][(index * shape.strideB)...]), leading: shape.ldb, transposed: shape.transposeB),
          beta: shape.beta, c: .init(Array(v.before("c")[(index * shape.strideC)...]), leading: shape.ldc))
        for i in 0..<shape.m * shape.n {
          let place = index * shape.strideC + i / shape.n * shape.ldc + i % shape.n
          (c[place], magnitudes[place]) = (product.values[i], product.magnitudes[i])
        }
      }
      return ["c": c, "|c|": magnitudes]
    }
    .check()
  }

  func testEmptyBatchDoesNothing() {
    XCTAssertEqual(
      ck_gemm_batched_f32(
        CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, 0, 2, 2, 2, 1, nil, 2, 4, nil, 2, 4, 0, nil, 2, 4), CK_OK)
  }
}
