import CKernels
import XCTest

/// A product that takes its own optimizer step: the bits of the product and then the step, both tested on their own.
final class GEMMStepTests: XCTestCase {
  /// (m, n, k): empty, one, odd, tails in each direction, whole tiles, several blocks of columns, of rows and of k.
  private let shapes: [(Int, Int, Int)] = [
    (0, 5, 3), (4, 0, 3), (5, 7, 0), (1, 1, 1), (1, 40, 9), (40, 1, 9), (3, 5, 2), (17, 33, 9), (8, 48, 64),
    (64, 96, 100), (96, 160, 47), (200, 301, 256), (129, 515, 130), (40, 200, 900), (600, 96, 60),
  ]

  private func options(_ kind: ck_optimizer_kind, momentum: Float, decoupled: Bool) -> ck_optimizer {
    var optimizer = ck_optimizer()
    optimizer.kind = kind
    switch kind {
    case CK_SGD:
      optimizer.sgd = ck_sgd(
        learning_rate: 0.1, momentum: momentum, dampening: 0, gradient_scale: 0.5, nesterov: momentum > 0)
    case CK_ADAM:
      optimizer.adam = ck_adam(
        learning_rate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, gradient_scale: 0.5,
        decoupled_weight_decay: decoupled)
    case CK_RMSPROP:
      optimizer.rmsprop = ck_rmsprop(
        learning_rate: 0.01, alpha: 0.9, epsilon: 1e-8, momentum: momentum, gradient_scale: 0.5)
    default:
      optimizer.adagrad = ck_adagrad(learning_rate: 0.01, epsilon: 1e-8, gradient_scale: 0.5)
    }
    return optimizer
  }

  private struct Case {
    var m: Int, n: Int, k: Int
    var transposeA = true, transposeB = false
    var kind: ck_optimizer_kind
    var momentum: Float = 0
    var decoupled = false
    var decay: Float = 0
    var step: Int64 = 3
  }

  /// Value and both states after the product and its step, in one call or in two.
  private func run(_ test: Case, fused: Bool) -> [[Float]] {
    let (m, n, k) = (test.m, test.n, test.k)
    let (a, b) = (testValues(m * k, seed: 1), testValues(k * n, seed: 2))
    let (lda, ldb) = (Int64(max(test.transposeA ? m : k, 1)), Int64(max(test.transposeB ? k : n, 1)))
    let averages = test.kind == CK_RMSPROP || test.kind == CK_ADAGRAD
    let arrays = [
      testValues(m * n, seed: 3), testValues(m * n, seed: 4, in: averages ? 0...1 : -1...1),
      testValues(m * n, seed: 5, in: 0...1), [Float](repeating: .nan, count: m * n),
    ].enumerated().map { GuardedArray($1, offset: $0) }
    let gradient = arrays[3].floats
    var optimizer = options(test.kind, momentum: test.momentum, decoupled: test.decoupled)
    var parameter = ck_parameter(
      value: arrays[0].floats, gradient: fused ? nil : UnsafePointer(gradient), state1: arrays[1].floats,
      state2: arrays[2].floats, count: Int64(m * n), step: test.step, learning_rate_scale: 2,
      weight_decay: test.decay, row_length: 0)
    let (tA, tB) = (
      test.transposeA ? CK_TRANSPOSE : CK_NO_TRANSPOSE, test.transposeB ? CK_TRANSPOSE : CK_NO_TRANSPOSE
    )
    if fused {
      XCTAssertEqual(
        ck_gemm_step_f32(
          tA, tB, Int64(m), Int64(n), Int64(k), a, lda, b, ldb, gradient, &optimizer, &parameter), CK_OK, "\(test)")
    } else {
      XCTAssertEqual(
        ck_gemm_f32(tA, tB, Int64(m), Int64(n), Int64(k), 1, a, lda, b, ldb, 0, gradient, Int64(max(n, 1)), nil),
        CK_OK, "\(test)")
      XCTAssertEqual(ck_optimizer_step(&optimizer, 1, &parameter), CK_OK, "\(test)")
    }
    for array in arrays { XCTAssertNil(array.firstWriteOutside(), "\(test)") }
    return arrays.prefix(3).map(\.contents)
  }

  private func verify(_ cases: [Case], file: StaticString = #filePath, line: UInt = #line) {
    func bits(_ arrays: [[Float]]) -> [[UInt32]] { arrays.map { $0.map(\.bitPattern) } }
    onEveryISA(file: file, line: line) { isa in
      var expected: [[[UInt32]]] = []
      for threads in testedThreadCounts {
        XCTAssertEqual(ck_set_thread_count(threads), CK_OK, file: file, line: line)
        for (index, test) in cases.enumerated() {
          if index == expected.count { expected.append(bits(run(test, fused: false))) }
          guard bits(run(test, fused: true)) != expected[index] else { continue }
          return XCTFail("\(isa), \(threads) threads: \(test)", file: file, line: line)
        }
      }
    }
  }

  func testAdam() {
    var cases: [Case] = []
    for (m, n, k) in shapes {
      for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
        cases.append(Case(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB, kind: CK_ADAM))
      }
      cases.append(Case(m: m, n: n, k: k, kind: CK_ADAM, decay: 0.1))
      cases.append(Case(m: m, n: n, k: k, kind: CK_ADAM, decoupled: true, decay: 0.1))
    }
    verify(cases)
  }

  func testBFloat16() {
    XCTAssertEqual(ck_set_precision(CK_BFLOAT16), CK_OK)
    defer { _ = ck_set_precision(CK_FLOAT32) }
    verify(
      shapes.flatMap { m, n, k in
        [
          Case(m: m, n: n, k: k, kind: CK_ADAM, decoupled: true, decay: 0.1),
          Case(m: m, n: n, k: k, transposeA: false, transposeB: true, kind: CK_SGD, momentum: 0.9),
        ]
      })
  }

  func testTheOthers() {
    var cases: [Case] = []
    for (m, n, k) in shapes {
      for momentum in [Float(0), 0.9] {
        cases.append(Case(m: m, n: n, k: k, kind: CK_SGD, momentum: momentum, decay: 0.01))
        cases.append(Case(m: m, n: n, k: k, kind: CK_SGD, momentum: momentum, step: 1))
        cases.append(Case(m: m, n: n, k: k, kind: CK_RMSPROP, momentum: momentum))
      }
      cases.append(Case(m: m, n: n, k: k, kind: CK_ADAGRAD))
    }
    verify(cases)
  }

  func testBadArguments() {
    var optimizer = options(CK_ADAM, momentum: 0, decoupled: false)
    var values = [Float](repeating: 0, count: 6)
    let a: [Float] = [1, 2]
    let b: [Float] = [1, 2, 3]
    values.withUnsafeMutableBufferPointer { values in
      let memory = values.baseAddress
      func call(
        _ optimizer: inout ck_optimizer, count: Int64 = 6, step: Int64 = 1, states: Bool = true, gradient: Bool = true
      ) -> ck_status {
        var parameter = ck_parameter(
          value: memory, gradient: nil, state1: states ? memory : nil, state2: states ? memory : nil, count: count,
          step: step, learning_rate_scale: 1, weight_decay: 0, row_length: 0)
        return ck_gemm_step_f32(
          CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, 2, 3, 1, a, 1, b, 3, gradient ? memory : nil, &optimizer, &parameter)
      }
      XCTAssertEqual(call(&optimizer, count: 5), CK_INVALID_ARGUMENT)
      XCTAssertEqual(call(&optimizer, states: false), CK_INVALID_ARGUMENT)
      XCTAssertEqual(call(&optimizer, gradient: false), CK_INVALID_ARGUMENT)
      XCTAssertEqual(call(&optimizer, step: 0), CK_INVALID_ARGUMENT)
      optimizer.kind = CK_OPTIMIZER_COUNT
      XCTAssertEqual(call(&optimizer), CK_INVALID_ARGUMENT)
    }
  }
}
