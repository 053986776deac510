import CKernels
import XCTest

/// The probes of machine limits do the work that they claim: a probe that skips work would flatter every percentage.
final class ProbeTests: XCTestCase {
  func testMultiplyAddsAreCountedForAllThreads() {
    for isa in testedISAs {
      XCTAssertEqual(ck_set_isa(isa), CK_OK)
      var one = 0.0
      var more = 0.0
      var none = 1.0
      XCTAssertEqual(ck_set_thread_count(1), CK_OK)
      XCTAssertEqual(ck_probe_fma(1000, &one), CK_OK)
      XCTAssertEqual(ck_probe_fma(3000, &more), CK_OK)
      XCTAssertEqual(ck_probe_fma(0, &none), CK_OK)
      XCTAssertEqual(one.truncatingRemainder(dividingBy: Double(2 * 1000 * ck_vector_lanes())), 0)
      XCTAssertGreaterThan(one, 0)
      XCTAssertEqual(more, 3 * one)
      XCTAssertEqual(none, 0)
    }
    XCTAssertEqual(ck_set_isa(testedISAs.last!), CK_OK)
    XCTAssertEqual(ck_set_thread_count(0), CK_OK)
  }

  func testPairsAreCountedWhereThereAreAny() {
    var one = 0.0
    var more = 0.0
    onEveryISA { _ in
      XCTAssertEqual(ck_set_thread_count(1), CK_OK)
      guard ck_multiplies_pairs() else { return XCTAssertEqual(ck_probe_bfloat16(1, &one), CK_UNSUPPORTED) }
      XCTAssertEqual(ck_probe_bfloat16(1000, &one), CK_OK)
      XCTAssertEqual(ck_probe_bfloat16(3000, &more), CK_OK)
      XCTAssertEqual(one.truncatingRemainder(dividingBy: Double(4 * 1000 * ck_vector_lanes())), 0)
      XCTAssertGreaterThan(one, 0)
      XCTAssertEqual(more, 3 * one)
    }
    XCTAssertEqual(ck_probe_bfloat16(-1, &one), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_probe_bfloat16(1, nil), CK_INVALID_ARGUMENT)
  }

  /// Twice the rounds take longer: the loop is not optimised away. The factor is far from 2 so that noise cannot fail it.
  func testTimeGrowsWithIterations() {
    var operations = 0.0
    func seconds(_ iterations: Int64) -> Double {
      (0..<5).map { _ in
        let start = ContinuousClock.now
        _ = ck_probe_fma(iterations, &operations)
        return (ContinuousClock.now - start) / .seconds(1)
      }.min()!
    }
    XCTAssertGreaterThan(seconds(2_000_000), 5 * seconds(100_000))
  }

  func testReadFindsTheLargestWhereverItIs() {
    for count in [1, 2, 15, 16, 17, 129, 5000] {
      for position in Set([0, count / 2, count - 1]) {
        var x = testValues(count)
        x[position] = 9
        onEveryMachine {
          var result: Float = 0
          XCTAssertEqual(ck_probe_stream(CK_STREAM_READ, Int64(count), x, nil, nil, &result), CK_OK)
          return [[result]]
        } check: { outputs, isa in
          XCTAssertEqual(outputs[0], [9], "\(isa), \(count) elements, largest at \(position)")
        }
      }
    }
  }

  func testTriadWritesEachElementAndNoMore() throws {
    for kind in [CK_STREAM_TRIAD, CK_STREAM_TRIAD_UNCACHED] {
      for count in [1, 15, 16, 17, 1000, 40_003] {
        // Small whole numbers: the result is exact with and without a fused multiply-add.
        let x = (0..<count).map { Float($0 % 1000) }
        let y = (0..<count).map { Float($0 % 7) }
        let bytes = (count + 16) * 4
        let memory = try XCTUnwrap(ck_allocate(bytes))
        defer { ck_free(memory, bytes) }
        let z = memory.assumingMemoryBound(to: Float.self)
        onEveryMachine {
          for i in 0..<count + 1 { z[i] = -1 }
          var result: Float = 0
          XCTAssertEqual(ck_probe_stream(kind, Int64(count), x, y, z, &result), CK_OK)
          return [Array(UnsafeBufferPointer(start: z, count: count + 1)), [result]]
        } check: { outputs, isa in
          let expected = zip(x, y).map { $0 + 3 * $1 }
          XCTAssertEqual(outputs[0], expected + [-1], isa)
          XCTAssertEqual(outputs[1], [expected.last!], isa)
        }
      }
    }
  }

  func testBadArgumentsAreRefused() {
    var operations = 0.0
    var result: Float = 0
    let x = [Float](repeating: 1, count: 4)
    XCTAssertEqual(ck_probe_fma(-1, &operations), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_probe_fma(1, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_probe_stream(ck_stream(rawValue: 9), 4, x, nil, nil, &result), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_probe_stream(CK_STREAM_READ, -1, x, nil, nil, &result), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_probe_stream(CK_STREAM_READ, 4, nil, nil, nil, &result), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_probe_stream(CK_STREAM_READ, 4, x, nil, nil, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_probe_stream(CK_STREAM_TRIAD, 4, x, x, nil, &result), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_probe_stream(CK_STREAM_READ, 0, nil, nil, nil, &result), CK_OK)
    XCTAssertEqual(ck_probe_fork_join(), CK_OK)
  }
}
