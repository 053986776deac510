import CKernels
import XCTest

/// Every instruction set that this machine can run, best last.
let availableISAs: [ck_isa] = [CK_ISA_PORTABLE, CK_ISA_NEON, CK_ISA_AVX2, CK_ISA_AVX512].filter(ck_isa_available)

/// The instruction sets to test: all, or the one that `CK_ISA` forces.
let testedISAs: [ck_isa] =
  ProcessInfo.processInfo.environment["CK_ISA"] == nil ? availableISAs : [ck_active_isa()]

/// Thread counts to test: one, two, and more than a small machine has cores. Under a sanitizer, which takes many times as
/// long, `MYELIN_TEST_THREADS=1,3`.
let testedThreadCounts: [Int32] =
  ProcessInfo.processInfo.environment["MYELIN_TEST_THREADS"]?.split(separator: ",").compactMap { Int32($0) }
  ?? [1, 2, 3, 4]

/// Runs `body` with each instruction set that is tested, and restores what was set.
func onEveryISA(
  file: StaticString = #filePath, line: UInt = #line, _ body: (_ isa: String) throws -> Void
) rethrows {
  let before = ck_active_isa()
  // More threads than processors are slow: left to itself the library would soon test one thread only.
  ck_set_team_always(true)
  defer {
    ck_set_team_always(false)
    _ = ck_set_isa(before)
    _ = ck_set_thread_count(0)
  }
  for isa in testedISAs {
    XCTAssertEqual(ck_set_isa(isa), CK_OK, file: file, line: line)
    try body(String(cString: ck_isa_name(isa)))
  }
}

/// Runs `body` on each tested instruction set with each thread count, and restores both: for what a `KernelTest` cannot
/// declare.
///
/// `body` returns its outputs; they must be equal bit for bit between thread counts of one instruction set. The value
/// of the first thread count is handed to `check`.
func onEveryMachine(
  file: StaticString = #filePath, line: UInt = #line, _ body: () throws -> [[Float]],
  check: ([[Float]], _ isa: String) throws -> Void
) rethrows {
  try onEveryISA(file: file, line: line) { name in
    var first: [[Float]]?
    for threads in testedThreadCounts {
      XCTAssertEqual(ck_set_thread_count(threads), CK_OK, file: file, line: line)
      let outputs = try body()
      if let first {
        XCTAssertTrue(
          zip(first, outputs).allSatisfy { $0.map(\.bitPattern) == $1.map(\.bitPattern) },
          "\(name): \(threads) threads give other bits than \(testedThreadCounts[0])", file: file, line: line)
      } else {
        first = outputs
        try check(outputs, name)
      }
    }
  }
}

/// Numbers that repeat: a small linear congruential generator, uniform in `range`.
func testValues(_ count: Int, seed: UInt64 = 1, in range: ClosedRange<Float> = -1...1) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let unit = Float(state >> 40) / Float(1 << 24)
    return range.lowerBound + (range.upperBound - range.lowerBound) * unit
  }
}

/// Indices that repeat, each in `0 ..< limit`.
func testIndices(_ count: Int, below limit: Int, seed: UInt64 = 1) -> [Int32] {
  testValues(count, seed: seed, in: 0...1).map { min(Int32($0 * Float(limit)), Int32(limit) - 1) }
}
