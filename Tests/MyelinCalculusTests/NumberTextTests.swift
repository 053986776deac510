import XCTest

@testable import MyelinCalculus

final class NumberTextTests: XCTestCase {
  func testSignificantDigitsWithoutTrailingZeros() {
    for (value, digits, text) in [
      (0.01, 4, "0.01"), (1.0 / 3, 3, "0.333"), (-12.0, 6, "-12"), (0, 4, "0"), (-0.0, 4, "0"), (123456, 3, "123000"),
      (.nan, 4, "nan"), (-.infinity, 4, "-inf"), (.leastNonzeroMagnitude, 4, "5e-324"),
      (.greatestFiniteMagnitude, 3, "1.7976931348623157e+308"),
    ] { XCTAssertEqual(value.text(digits: digits), text) }
  }
}
