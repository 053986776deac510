import XCTest

/// How far from the exact result a kernel may be. `Tolerances.swift` has one for each operation or family.
struct Tolerance {
  /// Units in the last place of the exact result.
  var units = 0.0
  /// Parts of the exact result, of the largest of its array, of the terms' magnitudes, and of nothing.
  var relative = 0.0
  var ofLargest = 0.0
  var ofMagnitude = 0.0
  var absolute = 0.0
  /// Why so much and not less: what rounds, and how often.
  let reason: String

  init(
    units: Double = 0, relative: Double = 0, ofLargest: Double = 0, ofMagnitude: Double = 0, absolute: Double = 0,
    because reason: String
  ) {
    (self.units, self.relative, self.ofLargest) = (units, relative, ofLargest)
    (self.ofMagnitude, self.absolute, self.reason) = (ofMagnitude, absolute, reason)
  }

  var isExact: Bool { units + relative + ofLargest + ofMagnitude + absolute == 0 }

  /// Where Float ends, upwards.
  private static let overflow = 0x1p128

  /// |actual − exact| allowed at one element.
  func bound(_ exact: Double, magnitude: Double = 0, largest: Double = 0) -> Double {
    let rounded = Float(min(abs(exact), Double(Float.greatestFiniteMagnitude)))
    let least = isExact ? 0 : Double(Float.leastNonzeroMagnitude)
    return units * Double(rounded.ulp) + relative * abs(exact) + ofLargest * largest + ofMagnitude * magnitude
      + absolute + least
  }

  /// Two NaN are equal. What rounds to infinity may be the largest finite number and the reverse, within the bound.
  static func accepts(_ actual: Float, _ exact: Double, bound: Double) -> Bool {
    if exact.isNaN || actual.isNaN { return exact.isNaN && actual.isNaN }
    if actual == Float(exact) { return true }
    if exact.isInfinite || bound == 0 { return false }
    let (a, e) = (max(-overflow, min(Double(actual), overflow)), max(-overflow, min(exact, overflow)))
    return abs(a - e) <= bound
  }
}

/// Fails, naming the first element, unless each element of `actual` is within the tolerance.
func assertClose(
  _ actual: [Float], _ expected: [Double], within tolerance: Tolerance, _ message: @autoclosure () -> String = "",
  file: StaticString = #filePath, line: UInt = #line
) {
  guard actual.count == expected.count else {
    return XCTFail("\(message()): \(actual.count) values, expected \(expected.count)", file: file, line: line)
  }
  let largest = expected.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
  for (index, (a, e)) in zip(actual, expected).enumerated() {
    let bound = tolerance.bound(e, largest: largest)
    if Tolerance.accepts(a, e, bound: bound) { continue }
    return XCTFail("\(message()): element \(index) is \(a), expected \(e) ± \(bound)", file: file, line: line)
  }
}
