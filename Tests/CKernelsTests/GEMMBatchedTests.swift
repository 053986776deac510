import CKernels
import ReferenceKernels
import XCTest

final class GEMMBatchedTests: XCTestCase {
  private func verify(
    batch: Int, m: Int, n: Int, k: Int, transposeA: Bool, transposeB: Bool, sharedB: Bool = false, beta: Float = 0
  ) {
    let lda = (transposeA ? m : k) + 1
    let ldb = (transposeB ? k : n) + 2
    let ldc = n + 3
    let strideA = (transposeA ? k : m) * lda + 5
    let strideB = sharedB ? 0 : (transposeB ? n : k) * ldb + 1
    let strideC = m * ldc + 2
    let a = testValues(batch * strideA, seed: 8)
    let b = testValues(sharedB ? (transposeB ? n : k) * ldb : batch * strideB, seed: 9)
    let c = beta == 0 ? [Float](repeating: .nan, count: batch * strideC) : testValues(batch * strideC, seed: 10)
    onEveryMachine {
      var result = c
      XCTAssertEqual(
        ck_gemm_batched_f32(
          transposeA ? CK_TRANSPOSE : CK_NO_TRANSPOSE, transposeB ? CK_TRANSPOSE : CK_NO_TRANSPOSE, Int64(batch),
          Int64(m), Int64(n), Int64(k), 0.5, a, Int64(lda), Int64(strideA), b, Int64(ldb), Int64(strideB), beta,
          &result, Int64(ldc), Int64(strideC)), CK_OK)
      return [result]
    } check: { outputs, isa in
      for index in 0..<batch {
        let expected = Reference.gemm(
          m: m, n: n, k: k, alpha: 0.5,
          a: .init(Array(a[(index * strideA)...]), leading: lda, transposed: transposeA),
          b: .init(Array(b[(index * strideB)...]), leading: ldb, transposed: transposeB), beta: beta,
          c: .init(Array(c[(index * strideC)...]), leading: ldc))
        for i in 0..<m {
          for j in 0..<n {
            let value = Double(outputs[0][index * strideC + i * ldc + j])
            // Roundings as in GEMMCase.verify.
            let bound = Double(k + 4) * 2 * 0x1p-24 * expected.magnitudes[i * n + j] + 1e-30
            if !(abs(value - expected.values[i * n + j]) <= bound) {
              return XCTFail("\(isa) \(batch)x\(m)x\(n)x\(k), product \(index): element \(i), \(j) is \(value)")
            }
          }
        }
        let end = index * strideC + m * ldc
        XCTAssertEqual(outputs[0][end].bitPattern, c[end].bitPattern, "\(isa): between products")
      }
    }
  }

  func testProducts() {
    for (batch, m, n, k) in [
      (1, 3, 4, 5), (5, 16, 16, 16), (3, 33, 50, 20), (9, 1, 20, 7), (48, 64, 64, 32), (2, 5, 6, 0),
    ] {
      for transposeA in [false, true] {
        for transposeB in [false, true] {
          verify(batch: batch, m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB)
          verify(
            batch: batch, m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB, sharedB: true, beta: 1)
        }
      }
    }
  }

  func testEmptyBatchDoesNothing() {
    XCTAssertEqual(
      ck_gemm_batched_f32(
        CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, 0, 2, 2, 2, 1, nil, 2, 4, nil, 2, 4, 0, nil, 2, 4), CK_OK)
  }
}
