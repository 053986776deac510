import CKernels
import ReferenceKernels
import XCTest

/// One product with everything that its result depends on. Matrices get rows longer than needed by `padding`, whose
/// elements must stay as they are.
struct GEMMCase: CustomStringConvertible {
  var m: Int, n: Int, k: Int
  var transposeA = false, transposeB = false
  var alpha: Float = 1, beta: Float = 0
  var padding = 0
  var bias = false
  var preactivation = false
  var activation = CK_IDENTITY
  var parameter: Float = 0
  var precision = CK_FLOAT32

  var lda: Int { (transposeA ? m : k) + padding }
  var ldb: Int { (transposeB ? k : n) + padding }
  var ldc: Int { n + padding }
  var tA: ck_transpose { transposeA ? CK_TRANSPOSE : CK_NO_TRANSPOSE }
  var tB: ck_transpose { transposeB ? CK_TRANSPOSE : CK_NO_TRANSPOSE }

  var description: String {
    "\(m)x\(n)x\(k) \(transposeA ? "t" : "n")\(transposeB ? "t" : "n") alpha \(alpha) beta \(beta) padding \(padding) "
      + "bias \(bias) preactivation \(preactivation) activation \(activation.rawValue) precision \(precision.rawValue)"
  }

  /// Whether its operands are: common.h says which products stay in floats.
  var isRounded: Bool {
    // Few columns of a long C are computed transposed, and few rows with B transposed in place.
    precision == CK_BFLOAT16 && m >= 16 && n >= 32 && k >= 32
  }

  /// The four combinations of transposes.
  var transposes: [GEMMCase] {
    [(false, false), (false, true), (true, false), (true, true)].map {
      var one = self
      (one.transposeA, one.transposeB) = $0
      return one
    }
  }

  fileprivate func activated(_ z: Double) -> Double {
    switch activation {
    case CK_RELU: Reference.activation(.relu, 0, z)
    case CK_LEAKY_RELU: Reference.activation(.leakyReLU, Double(parameter), z)
    case CK_TANH: tanh(z)
    default: z
    }
  }
}

final class GEMMTests: XCTestCase {
  private func check(
    _ shapes: [GEMMCase], edges: [GEMMCase] = [], specials: [Float] = Specials.all, file: StaticString = #filePath,
    line: UInt = #line
  ) {
    KernelTest<GEMMCase>(
      "product", shapes: shapes, edges: edges,
      inputs: [
        .floats("a", specials: specials) { ($0.transposeA ? $0.k : $0.m) * $0.lda },
        .floats("b", specials: specials) { ($0.transposeB ? $0.n : $0.k) * $0.ldb },
        .floats("bias", specials: specials) { $0.bias ? $0.n : nil },
      ],
      outputs: [
        .updated(
          "c", within: { .product(terms: $0.k, activation: $0.activation) }, specials: specials,
          isWritten: { $1 % $0.ldc < $0.n }
        ) { shape, seed in
          // What beta 0 overwrites may be anything.
          let count = shape.m * shape.ldc
          return shape.beta == 0 ? [Float](repeating: .nan, count: count) : testValues(count, seed: seed)
        },
        .updated(
          "preactivation", within: { .product(terms: $0.k) }, specials: [],
          isWritten: { $0.preactivation && $1 % $0.ldc < $0.n }
        ) { shape, _ in [Float](repeating: -7, count: shape.m * shape.ldc) },
      ]
    ) { shape, a in
      XCTAssertEqual(ck_set_precision(shape.precision), CK_OK)
      defer { _ = ck_set_precision(CK_FLOAT32) }
      var epilogue = ck_epilogue(
        bias: a["bias"], activation: shape.activation, activation_parameter: shape.parameter,
        preactivation: shape.preactivation ? a["preactivation"] : nil)
      return ck_gemm_f32(
        shape.tA, shape.tB, Int64(shape.m), Int64(shape.n), Int64(shape.k), shape.alpha, a["a"], Int64(shape.lda),
        a["b"], Int64(shape.ldb), shape.beta, a["c"], Int64(shape.ldc), &epilogue)
    } reference: { shape, v in
      func operand(_ name: String) -> [Double] {
        shape.isRounded ? v[name].map(Reference.bfloat16) : v[name]
      }
      let product = Reference.gemm(
        m: shape.m, n: shape.n, k: shape.k, alpha: shape.alpha,
        a: .init(operand("a"), leading: shape.lda, transposed: shape.transposeA),
        b: .init(operand("b"), leading: shape.ldb, transposed: shape.transposeB), beta: shape.beta,
        c: .init(v.before("c"), leading: shape.ldc), bias: v.optional("bias"))
      /// With something between the rows.
      func padded(_ values: [Double]) -> [Double] {
        (0..<shape.m).flatMap {
          values[($0 * shape.n)..<(($0 + 1) * shape.n)] + [Double](repeating: 0, count: shape.padding)
        }
      }
      let magnitudes = padded(product.magnitudes)
      return [
        "c": padded(product.values.map(shape.activated)), "|c|": magnitudes, "preactivation": padded(product.values),
        "|preactivation|": magnitudes,
      ]
    }
    .check(file: file, line: line)
  }

  func testSmallShapesWithAllTransposes() {
    var shapes: [GEMMCase] = []
    for m in [1, 2, 3, 4, 7, 8, 9, 12, 17] {
      for (n, k) in [(1, 1), (2, 3), (8, 2), (15, 7), (16, 16), (17, 5), (33, 9), (48, 31), (50, 17)] {
        shapes += GEMMCase(m: m, n: n, k: k).transposes
      }
    }
    check(shapes)
  }

  func testTailsAroundTilesBlocksAndPanels() {
    for (m, n, k) in [
      (31, 47, 383), (32, 48, 384), (33, 49, 385), (129, 97, 65), (20, 400, 30), (65, 384, 33), (13, 1, 700),
      (1, 301, 450), (300, 3, 90), (3, 5, 3000), (150, 160, 800), (39, 5, 3090), (510, 3, 508), (20, 700, 300),
    ] {
      check(
        GEMMCase(m: m, n: n, k: k).transposes
          + GEMMCase(m: m, n: n, k: k, alpha: -0.5, beta: 2, padding: 5).transposes)
    }
  }

  /// Few columns: computed transposed.
  func testNarrowC() {
    for (m, n, k) in [(64, 3, 20), (130, 4, 16), (150, 16, 120), (200, 9, 100), (65, 2, 400), (70, 1, 50)] {
      let full = GEMMCase(
        m: m, n: n, k: k, alpha: -2, beta: 0.5, padding: 3, bias: true, preactivation: true, activation: CK_TANH)
      check(GEMMCase(m: m, n: n, k: k).transposes + full.transposes)
    }
  }

  /// B of 2^22 elements and more that few rows meet is packed ahead of its use.
  func testLargeBPackedAhead() {
    for (m, n, k) in [(66, 2100, 2001), (200, 2049, 2050)] {
      check([GEMMCase(m: m, n: n, k: k, beta: 1), GEMMCase(m: m, n: n, k: k, transposeB: true, padding: 1)])
    }
  }

  /// Each operand is rounded to nearest even and the rest is exact but for the sums: against the same in `Double`.
  func testBFloat16() {
    var shapes: [GEMMCase] = []
    for (m, n, k) in [
      (16, 32, 32), (15, 32, 40), (16, 31, 40), (16, 40, 31), (17, 33, 35), (64, 96, 128), (65, 47, 1030),
      (130, 700, 45), (31, 200, 2100), (72, 400, 77), (97, 64, 257),
    ] {
      let plain = GEMMCase(m: m, n: n, k: k, precision: CK_BFLOAT16)
      let full = GEMMCase(
        m: m, n: n, k: k, alpha: -0.5, beta: 2, padding: 3, bias: true, preactivation: true, activation: CK_TANH,
        precision: CK_BFLOAT16)
      shapes += plain.transposes + full.transposes
    }
    check(shapes)
  }

  /// Few rows and a large B, whose blocks are packed ahead of their use.
  func testBFloat16PackedAhead() {
    check(
      [(66, 1100, 1501), (200, 530, 2050)].flatMap {
        GEMMCase(m: $0.0, n: $0.1, k: $0.2, beta: 1, padding: 1, precision: CK_BFLOAT16).transposes
      })
  }

  /// Ties go to even, what lies beyond the largest bfloat16 to infinity, and NaN and infinity reach their row only.
  func testBFloat16RoundsToNearestEven() {
    let tie = Float(1 + 0x1p-8)
    let below = tie.nextDown
    let odd = Float(1 + 3 * 0x1p-8)
    let expected: [(Float, Float)] = [
      (tie, 1), (below, 1), (tie.nextUp, 1 + 0x1p-7), (odd, 1 + 0x1p-6), (-tie, -1), (3, 3),
      (.greatestFiniteMagnitude, .infinity), (.infinity, .infinity), (-.infinity, -.infinity), (.nan, .nan),
    ]
    let (m, n, k) = (32, 40, 34)
    XCTAssertEqual(ck_set_precision(CK_BFLOAT16), CK_OK)
    defer { _ = ck_set_precision(CK_FLOAT32) }
    onEveryISA { isa in
      for transpose in [CK_NO_TRANSPOSE, CK_TRANSPOSE] {
        var a = [Float](repeating: 0, count: m * k)
        for (row, pair) in expected.enumerated() { a[transpose == CK_TRANSPOSE ? row : row * k] = pair.0 }
        let b = [Float](repeating: 1, count: k * n)
        var c = [Float](repeating: -7, count: m * n)
        XCTAssertEqual(
          ck_gemm_f32(
            transpose, CK_NO_TRANSPOSE, Int64(m), Int64(n), Int64(k), 1, a, Int64(transpose == CK_TRANSPOSE ? m : k), b,
            Int64(n), 0, &c, Int64(n), nil), CK_OK)
        for row in 0..<m {
          let value = row < expected.count ? expected[row].1 : 0
          for column in 0..<n {
            let found = c[row * n + column]
            XCTAssertTrue(found == value || found.isNaN && value.isNaN, "\(isa): row \(row), \(found), not \(value)")
          }
        }
      }
    }
  }

  /// One row, a few and many give each row the same bits.
  func testRowsAlone() {
    ck_set_rows_alone(true)
    defer { ck_set_rows_alone(false) }
    XCTAssertTrue(ck_rows_are_alone())
    for (n, k) in [(1, 1), (3, 5), (17, 33), (50, 700), (300, 128), (40, 4096), (70, 5000), (384, 1536)] {
      for transpose in [CK_NO_TRANSPOSE, CK_TRANSPOSE] {
        let (most, ldb) = (67, transpose == CK_TRANSPOSE ? k : n)
        let (a, b, bias) = (testValues(most * k), testValues(k * n, seed: 2), testValues(n, seed: 3))
        func product(_ rows: Range<Int>) -> [Float] {
          var c = [Float](repeating: .nan, count: rows.count * n)
          bias.withUnsafeBufferPointer { bias in
            var epilogue = ck_epilogue(
              bias: bias.baseAddress, activation: CK_TANH, activation_parameter: 0, preactivation: nil)
            XCTAssertEqual(
              ck_gemm_f32(
                CK_NO_TRANSPOSE, transpose, Int64(rows.count), Int64(n), Int64(k), 1,
                Array(a[rows.lowerBound * k..<rows.upperBound * k]), Int64(k), b, Int64(ldb), 0, &c, Int64(n), &epilogue
              ),
              CK_OK)
          }
          return c
        }
        onEveryMachine {
          [1, 2, 8, 13, 67].map { product(0..<$0) } + [(0..<most).flatMap { product($0..<$0 + 1) }]
        } check: { outputs, isa in
          for output in outputs {
            XCTAssertEqual(output, Array(outputs[5][..<output.count]), "\(isa): \(output.count / n) rows, \(n)x\(k)")
          }
        }
        // And the value is right.
        let expected = Reference.gemm(
          m: 1, n: n, k: k, a: .init(a.prefix(k).map(Double.init), leading: k),
          b: .init(b.map(Double.init), leading: ldb, transposed: transpose == CK_TRANSPOSE),
          c: .init([], leading: n), bias: bias.map(Double.init))
        for (found, value) in zip(product(0..<1), expected.values) {
          XCTAssertEqual(Double(found), tanh(value), accuracy: 1e-4)
        }
      }
    }
  }

  func testPrecisionIsTheThreadsOwn() throws {
    XCTAssertEqual(ck_active_precision(), CK_FLOAT32)
    XCTAssertEqual(ck_set_precision(CK_PRECISION_COUNT), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_set_precision(CK_BFLOAT16), CK_OK)
    defer { _ = ck_set_precision(CK_FLOAT32) }
    let other = XCTestExpectation()
    Thread {
      XCTAssertEqual(ck_active_precision(), CK_FLOAT32)
      other.fulfill()
    }.start()
    wait(for: [other], timeout: 10)
    XCTAssertEqual(ck_active_precision(), CK_BFLOAT16)
  }

  func testAlphaBetaAndAccumulation() {
    for (alpha, beta): (Float, Float) in [(1, 1), (2, 0), (1, 0.25), (0, 1), (0, 0), (0, 3), (-1, 1)] {
      for (m, n, k) in [(5, 7, 9), (1, 40, 20), (40, 1, 20), (40, 50, 600), (5, 7, 0)] {
        check(GEMMCase(m: m, n: n, k: k, alpha: alpha, beta: beta, padding: 3).transposes)
      }
    }
  }

  func testEpilogues() {
    for activation in [CK_IDENTITY, CK_RELU, CK_LEAKY_RELU, CK_TANH] {
      for (m, n, k) in [(4, 8, 2), (9, 50, 33), (1, 70, 12), (70, 1, 12), (30, 70, 400), (6, 10, 0)] {
        for bias in [false, true] {
          var plain = GEMMCase(m: m, n: n, k: k, padding: 2, bias: bias, activation: activation, parameter: 0.2)
          let shapes = plain.transposes
          (plain.beta, plain.preactivation) = (1, true)
          check(shapes + plain.transposes)
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

  /// At each place of A, B, C and bias, in products of each form.
  func testSpecialValuesSpreadToTheirRowAndColumnOnly() {
    let full = GEMMCase(m: 2, n: Shapes.edge, k: 3, alpha: -0.5, beta: 2, padding: 1, bias: true).transposes
    check([], edges: full)
    let others = [(1, Shapes.edge, 3), (19, 1, 3), (9, 17, 1), (2, 3, Shapes.edge), (70, 3, 2)].flatMap {
      GEMMCase(m: $0.0, n: $0.1, k: $0.2).transposes
    }
    check([], edges: others, specials: [.nan, .infinity, .greatestFiniteMagnitude])
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
