import CKernels
import ReferenceKernels
import XCTest

/// |actual − exact| in units in the last place of `exact` as a Float; 0 for equal infinities and for two NaN. A result
/// that rounds to infinity may be the largest finite number.
func unitsInTheLastPlace(_ actual: Float, _ exact: Double) -> Double {
  if exact.isNaN { return actual.isNaN ? 0 : .infinity }
  let rounded = Float(exact)
  if actual == rounded { return 0 }
  if rounded.isInfinite || actual.isInfinite { return abs(actual) >= .greatestFiniteMagnitude ? 1 : .infinity }
  return abs(Double(actual) - exact) / Double(rounded.ulp)
}
