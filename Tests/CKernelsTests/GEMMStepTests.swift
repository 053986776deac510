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

  private func verify(
    _ shape: (Int, Int, Int), transposeA: Bool, transposeB: Bool, kind: ck_optimizer_kind, momentum: Float = 0,
    decoupled: Bool = false, decay: Float = 0, step: Int64 = 3, file: StaticString = #filePath, line: UInt = #line
  ) {
    let (m, n, k) = shape
    let (a, b) = (testValues(m * k, seed: 1), testValues(k * n, seed: 2))
    let (lda, ldb) = (max(transposeA ? m : k, 1), max(transposeB ? k : n, 1))
    let name = "\(shape) \(transposeA)\(transposeB) \(kind.rawValue) momentum \(momentum) decay \(decay)"
    func run(fused: Bool) -> [[Float]] {
      var value = testValues(m * n, seed: 3) + [-7]
      var state1 = testValues(m * n, seed: 4) + [-7]
      var state2 = testValues(m * n, seed: 5, in: 0...1) + [-7]
      if kind == CK_RMSPROP || kind == CK_ADAGRAD { state1 = state1.map { $0 == -7 ? -7 : abs($0) } }
      var gradient = [Float](repeating: .nan, count: m * n) + [-7]
      var optimizer = options(kind, momentum: momentum, decoupled: decoupled)
      let (ta, tb) = (transposeA ? CK_TRANSPOSE : CK_NO_TRANSPOSE, transposeB ? CK_TRANSPOSE : CK_NO_TRANSPOSE)
      value.withUnsafeMutableBufferPointer { value in
        state1.withUnsafeMutableBufferPointer { state1 in
          state2.withUnsafeMutableBufferPointer { state2 in
            gradient.withUnsafeMutableBufferPointer { gradient in
              var parameter = ck_parameter(
                value: value.baseAddress, gradient: fused ? nil : UnsafePointer(gradient.baseAddress),
                state1: state1.baseAddress, state2: state2.baseAddress, count: Int64(m * n), step: step,
                learning_rate_scale: 2, weight_decay: decay)
              if fused {
                XCTAssertEqual(
                  ck_gemm_step_f32(
                    ta, tb, Int64(m), Int64(n), Int64(k), a, Int64(lda), b, Int64(ldb), gradient.baseAddress,
                    &optimizer, &parameter), CK_OK, name, file: file, line: line)
              } else {
                XCTAssertEqual(
                  ck_gemm_f32(
                    ta, tb, Int64(m), Int64(n), Int64(k), 1, a, Int64(lda), b, Int64(ldb), 0, gradient.baseAddress,
                    Int64(max(n, 1)), nil), CK_OK, name, file: file, line: line)
                XCTAssertEqual(ck_optimizer_step(&optimizer, 1, &parameter), CK_OK, name, file: file, line: line)
              }
            }
          }
        }
      }
      XCTAssertEqual([value.last, state1.last, state2.last, gradient.last], [-7, -7, -7, -7], name)
      return [value, state1, state2]
    }
    onEveryMachine(file: file, line: line) {
      run(fused: true)
    } check: { outputs, isa in
      let expected = run(fused: false)
      for (got, wanted) in zip(outputs, expected) {
        XCTAssertEqual(
          got.map(\.bitPattern), wanted.map(\.bitPattern), "\(isa): \(name)", file: file, line: line)
      }
    }
  }

  func testAdam() {
    for shape in shapes {
      for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
        verify(shape, transposeA: transposeA, transposeB: transposeB, kind: CK_ADAM)
      }
      verify(shape, transposeA: true, transposeB: false, kind: CK_ADAM, decay: 0.1)
      verify(shape, transposeA: true, transposeB: false, kind: CK_ADAM, decoupled: true, decay: 0.1)
    }
  }

  func testTheOthers() {
    for shape in shapes {
      for momentum in [Float(0), 0.9] {
        verify(shape, transposeA: true, transposeB: false, kind: CK_SGD, momentum: momentum, decay: 0.01)
        verify(shape, transposeA: true, transposeB: false, kind: CK_SGD, momentum: momentum, step: 1)
        verify(shape, transposeA: true, transposeB: false, kind: CK_RMSPROP, momentum: momentum)
      }
      verify(shape, transposeA: true, transposeB: false, kind: CK_ADAGRAD)
    }
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
          step: step, learning_rate_scale: 1, weight_decay: 0)
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
