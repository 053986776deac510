import CKernels
import ReferenceKernels
import XCTest

final class GEMVTests: XCTestCase {
  private func verify(m: Int, n: Int, transposed: Bool, alpha: Float = 1, beta: Float = 0, padding: Int = 0) {
    let lda = n + padding
    let inputs = transposed ? m : n
    let outputs = transposed ? n : m
    let a = testValues(m * lda, seed: 5)
    let x = testValues(inputs, seed: 6)
    let y = beta == 0 ? [Float](repeating: .nan, count: outputs) : testValues(outputs, seed: 7)
    let expected = Reference.gemm(
      m: outputs, n: 1, k: inputs, alpha: alpha, a: .init(a, leading: lda, transposed: transposed),
      b: .init(x, leading: 1), beta: beta, c: .init(y, leading: 1))
    onEveryMachine {
      var result = y
      XCTAssertEqual(
        ck_gemv_f32(
          transposed ? CK_TRANSPOSE : CK_NO_TRANSPOSE, Int64(m), Int64(n), alpha, a, Int64(lda), x, beta, &result),
        CK_OK)
      return [result]
    } check: { results, isa in
      // Roundings as in GEMMCase.verify.
      for i in 0..<outputs {
        let bound = Double(inputs + 4) * 2 * 0x1p-24 * expected.magnitudes[i] + 1e-30
        if !(abs(Double(results[0][i]) - expected.values[i]) <= bound) {
          return XCTFail(
            "\(isa) \(m)x\(n) transposed \(transposed): element \(i) is \(results[0][i]), "
              + "expected \(expected.values[i]) ± \(bound)")
        }
      }
    }
  }

  func testShapes() {
    for (m, n) in [
      (1, 1), (1, 17), (17, 1), (2, 3), (7, 16), (8, 33), (9, 100), (64, 65), (5, 3000), (3000, 5), (700, 900),
      (0, 4), (4, 0),
    ] {
      for transposed in [false, true] {
        verify(m: m, n: n, transposed: transposed)
        verify(m: m, n: n, transposed: transposed, alpha: -2, beta: 0.5, padding: 3)
        verify(m: m, n: n, transposed: transposed, beta: 1, padding: 16)
      }
    }
  }

  /// Above every threading threshold.
  func testLargeMatrix() {
    for transposed in [false, true] { verify(m: 1030, n: 2050, transposed: transposed, beta: 1) }
  }
}
