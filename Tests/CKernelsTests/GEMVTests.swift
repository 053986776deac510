import CKernels
import ReferenceKernels
import XCTest

final class GEMVTests: XCTestCase {
  private struct Case {
    var m: Int
    var n: Int
    var transposed: Bool
    var alpha: Float = 1
    var beta: Float = 0
    var padding = 0

    var lda: Int { n + padding }
    var inputs: Int { transposed ? m : n }
    var outputs: Int { transposed ? n : m }
  }

  private func check(_ shapes: [Case], edges: [Case] = []) {
    KernelTest<Case>(
      "matrix by vector", shapes: shapes, edges: edges,
      inputs: [.floats("a") { $0.m * $0.lda }, .floats("x") { $0.inputs }],
      outputs: [
        .updated("y", within: { .product(terms: $0.inputs) }) { shape, seed in
          shape.beta == 0 ? [Float](repeating: .nan, count: shape.outputs) : testValues(shape.outputs, seed: seed)
        }
      ]
    ) { shape, a in
      ck_gemv_f32(
        shape.transposed ? CK_TRANSPOSE : CK_NO_TRANSPOSE, Int64(shape.m), Int64(shape.n), shape.alpha, a["a"],
        Int64(shape.lda), a["x"], shape.beta, a["y"])
    } reference: { shape, v in
      let product = Reference.gemm(
        m: shape.outputs, n: 1, k: shape.inputs, alpha: shape.alpha,
        a: .init(v["a"], leading: shape.lda, transposed: shape.transposed), b: .init(v["x"], leading: 1),
        beta: shape.beta, c: .init(v.before("y"), leading: 1))
      return ["y": product.values, "|y|": product.magnitudes]
    }
    .check()
  }

  func testShapes() {
    var shapes: [Case] = []
    for (m, n) in [
      (1, 1), (1, 17), (17, 1), (2, 3), (3, 7), (5, 8), (6, 15), (7, 16), (4, 31), (8, 33), (9, 100), (64, 65),
      (5, 3000),
      (3000, 5), (700, 900), (0, 4), (4, 0),
    ] {
      for transposed in [false, true] {
        shapes += [
          Case(m: m, n: n, transposed: transposed),
          Case(m: m, n: n, transposed: transposed, alpha: -2, beta: 0.5, padding: 3),
          Case(m: m, n: n, transposed: transposed, beta: 1, padding: 16),
        ]
      }
    }
    let edges = [false, true].flatMap { transposed in
      [(3, Shapes.edge), (Shapes.edge, 3)].map { Case(m: $0.0, n: $0.1, transposed: transposed) }
    }
    check(shapes, edges: edges)
  }

  /// Above every threading threshold.
  func testLargeMatrix() {
    check([false, true].map { Case(m: 1030, n: 2050, transposed: $0, beta: 1) })
  }
}
