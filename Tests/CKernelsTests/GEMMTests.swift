import CKernels
import ReferenceKernels
import XCTest

/// One product with everything that its result depends on. Matrices get rows longer than needed by `padding`, whose
/// elements must stay as they are.
struct GEMMCase {
  var m: Int, n: Int, k: Int
  var transposeA = false, transposeB = false
  var alpha: Float = 1, beta: Float = 0
  var padding = 0
  var bias = false
  var preactivation = false
  var activation = CK_IDENTITY
  var parameter: Float = 0

  var name: String {
    "\(m)x\(n)x\(k) \(transposeA ? "t" : "n")\(transposeB ? "t" : "n") alpha \(alpha) beta \(beta) padding \(padding) "
      + "bias \(bias) activation \(activation.rawValue)"
  }

  /// Runs on every instruction set and thread count and compares with the reference.
  func verify(file: StaticString = #filePath, line: UInt = #line) {
    let lda = (transposeA ? m : k) + padding
    let ldb = (transposeB ? k : n) + padding
    let ldc = n + padding
    let a = testValues((transposeA ? k : m) * lda, seed: 1)
    let b = testValues((transposeB ? n : k) * ldb, seed: 2)
    // What beta 0 overwrites may be anything; padding is never touched.
    let c = beta == 0 ? [Float](repeating: .nan, count: m * ldc) : testValues(m * ldc, seed: 3)
    let biases = testValues(n, seed: 4)
    let expected = Reference.gemm(
      m: m, n: n, k: k, alpha: alpha, a: .init(a, leading: lda, transposed: transposeA),
      b: .init(b, leading: ldb, transposed: transposeB), beta: beta, c: .init(c, leading: ldc),
      bias: bias ? biases : nil)

    onEveryMachine(file: file, line: line) {
      var result = c
      var before = [Float](repeating: -7, count: m * ldc)
      let status = biases.withUnsafeBufferPointer { biases in
        before.withUnsafeMutableBufferPointer { before in
          var epilogue = ck_epilogue(
            bias: bias ? biases.baseAddress : nil, activation: activation, activation_parameter: parameter,
            preactivation: preactivation ? before.baseAddress : nil)
          return ck_gemm_f32(
            transposeA ? CK_TRANSPOSE : CK_NO_TRANSPOSE, transposeB ? CK_TRANSPOSE : CK_NO_TRANSPOSE, Int64(m),
            Int64(n), Int64(k), alpha, a, Int64(lda), b, Int64(ldb), beta, &result, Int64(ldc), &epilogue)
        }
      }
      XCTAssertEqual(status, CK_OK, name, file: file, line: line)
      return [result, before]
    } check: { outputs, isa in
      for i in 0..<m {
        for j in 0..<ldc {
          let at = i * ldc + j
          guard j < n else {
            XCTAssertEqual(
              outputs[0][at].bitPattern, c[at].bitPattern, "\(isa) \(name): padding", file: file, line: line)
            XCTAssertEqual(outputs[1][at], -7, "\(isa) \(name): padding", file: file, line: line)
            continue
          }
          let z = expected.values[i * n + j]
          // A chain of k + 4 roundings (k multiply-adds, alpha, beta, bias, block sums), each at most 2^-24 of a partial
          // sum that the magnitudes bound; the portable kernel rounds the product too, hence twice that.
          let bound = Double(k + 4) * 2 * 0x1p-24 * expected.magnitudes[i * n + j] + 1e-30
          if preactivation, !(abs(Double(outputs[1][at]) - z) <= bound) {
            return XCTFail("\(isa) \(name): preactivation \(i), \(j)", file: file, line: line)
          }
          let y = activated(z)
          // tanh itself is off by at most 4 units in the last place of a value below 1; no activation here is steeper than 1.
          if !(abs(Double(outputs[0][at]) - y) <= bound + (activation == CK_TANH ? 4 * 0x1p-24 : 0)) {
            return XCTFail(
              "\(isa) \(name): element \(i), \(j) is \(outputs[0][at]), expected \(y) ± \(bound)", file: file,
              line: line)
          }
        }
      }
    }
  }

  private func activated(_ z: Double) -> Double {
    switch activation {
    case CK_RELU: max(z, 0)
    case CK_LEAKY_RELU: z > 0 ? z : Double(parameter) * z
    case CK_TANH: tanh(z)
    default: z
    }
  }

  /// The four combinations of transposes.
  func verifyTransposes(file: StaticString = #filePath, line: UInt = #line) {
    for transposeA in [false, true] {
      for transposeB in [false, true] {
        var one = self
        one.transposeA = transposeA
        one.transposeB = transposeB
        one.verify(file: file, line: line)
      }
    }
  }
}

final class GEMMTests: XCTestCase {
  func testSmallShapesWithAllTransposes() {
    for m in [1, 2, 3, 4, 7, 8, 9, 12, 17] {
      for (n, k) in [(1, 1), (2, 3), (8, 2), (15, 7), (16, 16), (17, 5), (33, 9), (48, 31), (50, 17)] {
        GEMMCase(m: m, n: n, k: k).verifyTransposes()
      }
    }
  }

  func testTailsAroundTilesBlocksAndPanels() {
    for (m, n, k) in [
      (31, 47, 383), (32, 48, 384), (33, 49, 385), (129, 97, 65), (20, 400, 30), (65, 384, 33), (13, 1, 700),
      (1, 301, 450), (300, 3, 90), (3, 5, 3000), (150, 160, 800), (39, 5, 3090), (510, 3, 508), (20, 700, 300),
    ] {
      GEMMCase(m: m, n: n, k: k).verifyTransposes()
      GEMMCase(m: m, n: n, k: k, alpha: -0.5, beta: 2, padding: 5).verifyTransposes()
    }
  }

  /// Few columns: computed transposed.
  func testNarrowC() {
    for (m, n, k) in [(64, 3, 20), (130, 4, 16), (150, 16, 120), (200, 9, 100), (65, 2, 400), (70, 1, 50)] {
      GEMMCase(m: m, n: n, k: k).verifyTransposes()
      GEMMCase(
        m: m, n: n, k: k, alpha: -2, beta: 0.5, padding: 3, bias: true, preactivation: true, activation: CK_TANH
      ).verifyTransposes()
    }
  }

  /// B of 2^22 elements and more that few rows meet is packed ahead of its use.
  func testLargeBPackedAhead() {
    for (m, n, k) in [(66, 2100, 2001), (200, 2049, 2050)] {
      GEMMCase(m: m, n: n, k: k, beta: 1).verify()
      GEMMCase(m: m, n: n, k: k, transposeB: true, padding: 1).verify()
    }
  }

  func testAlphaBetaAndAccumulation() {
    for (alpha, beta): (Float, Float) in [(1, 1), (2, 0), (1, 0.25), (0, 1), (0, 0), (0, 3), (-1, 1)] {
      for (m, n, k) in [(5, 7, 9), (1, 40, 20), (40, 1, 20), (40, 50, 600), (5, 7, 0)] {
        GEMMCase(m: m, n: n, k: k, alpha: alpha, beta: beta, padding: 3).verifyTransposes()
      }
    }
  }

  func testEpilogues() {
    for activation in [CK_IDENTITY, CK_RELU, CK_LEAKY_RELU, CK_TANH] {
      for (m, n, k) in [(4, 8, 2), (9, 50, 33), (1, 70, 12), (70, 1, 12), (30, 70, 400), (6, 10, 0)] {
        for bias in [false, true] {
          GEMMCase(m: m, n: n, k: k, padding: 2, bias: bias, activation: activation, parameter: 0.2).verifyTransposes()
          GEMMCase(
            m: m, n: n, k: k, beta: 1, padding: 2, bias: bias, preactivation: true, activation: activation,
            parameter: 0.2
          ).verifyTransposes()
        }
      }
    }
  }

  func testEmptySizesLeaveOrScaleC() {
    for (m, n, k) in [(0, 3, 4), (3, 0, 4), (0, 0, 0)] {
      XCTAssertEqual(
        ck_gemm_f32(
          CK_NO_TRANSPOSE, CK_TRANSPOSE, Int64(m), Int64(n), Int64(k), 1, nil, 1, nil, 1, 0, nil, 1, nil), CK_OK)
    }
    var c: [Float] = [1, 2, .nan, 4]
    XCTAssertEqual(
      ck_gemm_f32(CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, 2, 2, 0, 1, nil, 1, nil, 2, 0, &c, 2, nil), CK_OK)
    XCTAssertEqual(c, [0, 0, 0, 0])
  }

  func testNotANumberAndInfinitySpreadToTheirRowAndColumnOnly() {
    var a = [Float](repeating: 1, count: 20 * 30)
    let b = [Float](repeating: 1, count: 30 * 50)
    a[3 * 30 + 7] = .nan
    a[5 * 30 + 2] = .infinity
    onEveryMachine {
      var c = [Float](repeating: 0, count: 20 * 50)
      XCTAssertEqual(
        ck_gemm_f32(CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, 20, 50, 30, 1, a, 30, b, 50, 0, &c, 50, nil), CK_OK)
      return [c]
    } check: { outputs, isa in
      for i in 0..<20 {
        for j in 0..<50 {
          let value = outputs[0][i * 50 + j]
          XCTAssertTrue(i == 3 ? value.isNaN : value == (i == 5 ? .infinity : 30), "\(isa) \(i) \(j): \(value)")
        }
      }
    }
  }

  func testBadArgumentsAreRefused() {
    var c = [Float](repeating: 5, count: 12)
    let x = [Float](repeating: 1, count: 12)
    let n = CK_NO_TRANSPOSE
    let t = CK_TRANSPOSE
    XCTAssertEqual(ck_gemm_f32(n, n, -1, 2, 2, 1, x, 2, x, 2, 0, &c, 2, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemm_f32(n, n, 2, -1, 2, 1, x, 2, x, 2, 0, &c, 2, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemm_f32(n, n, 2, 2, -1, 1, x, 2, x, 2, 0, &c, 2, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemm_f32(n, n, 3, 2, 4, 1, x, 3, x, 2, 0, &c, 2, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemm_f32(t, n, 3, 2, 4, 1, x, 2, x, 2, 0, &c, 2, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemm_f32(n, t, 2, 3, 4, 1, x, 4, x, 3, 0, &c, 3, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemm_f32(n, n, 2, 3, 2, 1, x, 2, x, 2, 0, &c, 3, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemm_f32(n, n, 2, 3, 2, 1, x, 2, x, 3, 0, &c, 2, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemm_f32(n, n, 2, 2, 2, 1, nil, 2, x, 2, 0, &c, 2, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemm_f32(n, n, 2, 2, 2, 1, x, 2, nil, 2, 0, &c, 2, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemm_f32(n, n, 2, 2, 2, 1, x, 2, x, 2, 0, nil, 2, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(
      ck_gemm_f32(ck_transpose(rawValue: 2), n, 2, 2, 2, 1, x, 2, x, 2, 0, &c, 2, nil), CK_INVALID_ARGUMENT)
    var epilogue = ck_epilogue(
      bias: nil, activation: CK_ACTIVATION_COUNT, activation_parameter: 0, preactivation: nil)
    XCTAssertEqual(ck_gemm_f32(n, n, 2, 2, 2, 1, x, 2, x, 2, 0, &c, 2, &epilogue), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemv_f32(n, -1, 2, 1, x, 2, x, 0, &c), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemv_f32(n, 2, 3, 1, x, 2, x, 0, &c), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_gemv_f32(t, 2, 3, 1, x, 3, nil, 0, &c), CK_INVALID_ARGUMENT)
    XCTAssertEqual(
      ck_gemm_batched_f32(n, n, -1, 2, 2, 2, 1, x, 2, 4, x, 2, 4, 0, &c, 2, 4), CK_INVALID_ARGUMENT)
    XCTAssertEqual(
      ck_gemm_batched_f32(n, n, 2, 2, 2, 2, 1, x, 1, 4, x, 2, 4, 0, &c, 2, 4), CK_INVALID_ARGUMENT)
    XCTAssertEqual(c, [Float](repeating: 5, count: 12))
  }
}
