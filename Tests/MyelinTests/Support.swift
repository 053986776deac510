import Myelin
import XCTest

/// Compares element by element, relative to the larger of 1 and the expected size.
func assertClose(
  _ found: [Float], _ expected: [Float], tolerance: Float = 1e-5, _ what: String = "", file: StaticString = #filePath,
  line: UInt = #line
) {
  XCTAssertEqual(found.count, expected.count, what, file: file, line: line)
  for (index, (a, b)) in zip(found, expected).enumerated() {
    // `!(<=)` so that a NaN fails.
    if !(abs(a - b) <= tolerance * max(1, abs(b))) {
      XCTFail("\(what)[\(index)]: \(a), expected \(b)", file: file, line: line)
    }
  }
}

/// An operation's gradient against central differences, through a sum with uneven weights.
func assertGradients(
  _ name: String, _ parameters: [Parameter], tolerance: Float = 2e-3, _ function: () -> Tensor,
  file: StaticString = #filePath, line: UInt = #line
) {
  let probe = withoutGradient(function)
  let weights = RandomGenerator(seed: 99).uniform(probe.shape, low: 0.5, high: 1.5)
  let check = checkGradients(of: parameters) { (function() * weights).sum() }
  XCTAssertTrue(check.isWithin(tolerance), "\(name): \(check.worst)", file: file, line: line)
}
