// How far each kernel may be from the exact result, and why so much. Nowhere else in these tests is a tolerance written.
//
// A unit in the last place (ULP) is at most 1.2e-7 of a number; one rounding is half of that, 2⁻²⁴ ≈ 6e-8.

extension Tolerance {
  static let exact = Tolerance(because: "Numbers are moved, compared or rounded once from exact terms.")
  static let oneRounding = Tolerance(relative: 0x1p-24, because: "One operation, rounded to nearest.")

  // MARK: The reference

  /// With steps of 1e-5 the differences' own error is some 1e-10, of the third derivative and of cancellation.
  static let numericalDerivative = Tolerance(
    relative: 1e-7, ofLargest: 1e-7, absolute: 1e-9,
    because: "Central differences in Double, far above their own error.")

  // MARK: Softmax

  static let softmax = Tolerance(
    relative: 2e-6,
    because: """
      exp is within 2 ULP of an argument that is rounded: half a unit in the last place of a difference of up to 18 is
      1e-6 of the result. The sum is pairwise; the division is rounded once.
      """)
  static let logSoftmax = Tolerance(
    relative: 1e-6, absolute: 2e-7,
    because:
      "Two subtractions and a logarithm, each an ULP or two of numbers up to 18; near 0 their terms' errors remain.")
  static let softmaxBackward = Tolerance(
    relative: 1e-6, ofLargest: 1e-6,
    because: "y (dy − Σ y dy) cancels: a few roundings of the terms, and those are as large as the largest result.")
  static let logSoftmaxBackward = Tolerance(
    relative: 1e-5, absolute: 1e-6,
    because: "dy − exp(y) Σ dy cancels, with exp within 2 ULP and Σ dy off by a few roundings of terms up to 1.")
  static let softmaxOfAWideRange = Tolerance(
    relative: 5e-6, absolute: 1e-9,
    because: "exp of a difference is only as good as the difference: half a unit in the last place of 80 is 4e-6.")

  // MARK: Arithmetic

  static let arithmetic = Tolerance(
    relative: 1.2e-7, because: "One or two operations, each rounded to nearest: an ULP of the result.")

  // MARK: Activation functions

  static let activation = Tolerance(units: 4, because: "What activation.h promises for every x; measured there: 3.4.")
  static let activationSlope = Tolerance(
    units: 4.1,
    because: "activation.h: f′ computed from x, 4.1 for the tanh form of GELU on portable kernels, less elsewhere.")
  static let activationSlopeNearItsZero = Tolerance(
    units: 4.1, absolute: 1e-7,
    because: "activation.h: between −3 and −0.3 the slopes of GELU and SiLU cross 0, and terms of size 1 cancel.")
  static let activationBackward = Tolerance(
    relative: 2e-6, ofMagnitude: 3e-7,
    because: """
      Computed from y, the slope of sigmoid and tanh has the error of 1 − y: four units of a number next to 1, of |dy|.
      Others are within 4 ULP.
      """)
  static func sumOfSlopes(terms: Int) -> Tolerance {
    Tolerance(
      relative: 1e-5, absolute: 3e-6 * Double(max(terms, 1)).squareRoot(),
      because: """
        Terms up to 3, each with the error of its slope, 3e-7 and either sign: errors add up like the root of their number.
        The sum itself is made of blocks and rounds less.
        """)
  }
}

/// Bounds for samples of random numbers.
enum Statistics {
  /// A mean is this many of its standard deviations from the expected value once in 1.7 million tests; the seed is fixed.
  static let deviations = 5.0
}
