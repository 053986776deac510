import CKernels
import Foundation
import XCTest

/// Kernels called from several threads at once: one caller has the team, the others work alone, and all get the bits
/// of a single thread. Run under ThreadSanitizer by `.ci/run`.
final class ConcurrencyTests: XCTestCase {
  private static let callers = 4
  private static let rows = 160

  /// Small and large calls, such that team, hand-over and scratch memory all take part.
  private static func work(_ seed: UInt64) -> [Float] {
    let n = rows
    let a = testValues(n * n, seed: seed)
    var product = [Float](repeating: 0, count: n * n)
    var soft = product
    var sum = [Float](repeating: 0, count: n)
    for transpose in [CK_NO_TRANSPOSE, CK_TRANSPOSE] {
      let (size, leading) = (Int64(n), Int64(n))
      guard
        ck_gemm_f32(CK_NO_TRANSPOSE, transpose, size, size, size, 1, a, leading, a, leading, 1, &product, leading, nil)
          == CK_OK
      else { return [] }
    }
    var gradient = product
    guard ck_softmax_forward(Int64(n), Int64(n), product, &soft) == CK_OK,
      ck_bias_activation_backward(
        CK_RELU, 0, Int64(n), Int64(n), product, soft, &gradient, &sum, CK_OVERWRITE) == CK_OK
    else { return [] }
    return product + soft + gradient + sum
  }

  private func runsAtOnce(_ rounds: Int) {
    let expected = (0..<Self.callers).map { Self.work(UInt64($0)).map(\.bitPattern) }
    XCTAssertEqual(expected.map(\.count), Array(repeating: 3 * Self.rows * Self.rows + Self.rows, count: Self.callers))
    XCTAssertEqual(ck_set_thread_count(2), CK_OK)
    defer { _ = ck_set_thread_count(0) }
    let wrong = Counter()
    DispatchQueue.concurrentPerform(iterations: Self.callers) { caller in
      for _ in 0..<rounds where Self.work(UInt64(caller)).map(\.bitPattern) != expected[caller] { wrong.add() }
    }
    XCTAssertEqual(wrong.value, 0)
  }

  func testCallersAtOnceGetTheBitsOfOneThread() {
    XCTAssertEqual(ck_set_thread_count(1), CK_OK)
    ck_set_team_always(true)
    defer { ck_set_team_always(false) }
    runsAtOnce(6)
  }

  /// With the choice between one thread and the team, whose memory all callers share.
  func testCallersAtOnceShareTheChoice() {
    XCTAssertEqual(ck_set_thread_count(1), CK_OK)
    runsAtOnce(12)
  }

  func testTheThreadCountMayChangeMeanwhile() {
    XCTAssertEqual(ck_set_thread_count(1), CK_OK)
    let expected = Self.work(7).map(\.bitPattern)
    defer { _ = ck_set_thread_count(0) }
    let wrong = Counter()
    DispatchQueue.concurrentPerform(iterations: 3) { caller in
      for round in 0..<8 {
        if caller == 0 { _ = ck_set_thread_count(Int32(round % 4 + 1)) }
        if Self.work(7).map(\.bitPattern) != expected { wrong.add() }
      }
    }
    XCTAssertEqual(wrong.value, 0)
  }
}

private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0

  var value: Int { lock.withLock { count } }
  func add() { lock.withLock { count += 1 } }
}
