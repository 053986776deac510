import CKernels

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

  // MARK: Reductions

  static func reduction(_ operation: ck_reduction) -> Tolerance {
    operation == CK_MAX || operation == CK_MIN ? .exact : .sum
  }

  static let sum = Tolerance(
    relative: 3e-7, ofMagnitude: 2e-7,
    because: """
      Blocks in several lanes, added up pairwise: a dozen roundings of partial sums, of either sign, come to some three
      units of the terms' magnitudes. Squares and the mean's division round once more.
      """)
  static let dotProduct = Tolerance(
    relative: 2e-7, ofMagnitude: 8e-8, because: "As of a sum, with fused products: one rounding a block is left of it.")
  static let longSum = Tolerance(
    relative: 2e-7, because: "Ten million terms and a second level: the error stays near that of one rounding.")
  static let sumOfEqualNumbers = Tolerance(
    relative: 6e-6,
    because: """
      Equal terms round to the same side each time; within a block of some hundred rows that is 100 · 2⁻²⁴, and no more
      over millions of rows.
      """)
  static let mean = Tolerance(relative: 4e-7, because: "A sum of numbers of one sign and a division.")
  static let variance = Tolerance(
    relative: 1e-6, absolute: 1e-10,
    because: """
      reduction.h: 1e-6. The mean is rounded at 100, 4e-6 away from the exact one: its square is added, and no more.
      """)
  static let varianceFarFromZero = Tolerance(
    relative: 1e-6, because: "reduction.h: right to 1e-6 however far from zero the numbers are.")
  static let varianceOfEqualNumbers = Tolerance(
    absolute: 1e-17, because: "What is left is the square of the mean's error, 2⁻²⁹ at a mean of 0.1.")

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
  static let softmaxBackwardOfALongRow = Tolerance(
    relative: 2e-5,
    because:
      "A million squares are subtracted from dy: their sum has a few roundings of a number that is 100 times larger.")
  static let softmaxOfAWideRange = Tolerance(
    relative: 5e-6, absolute: 1e-9,
    because: "exp of a difference is only as good as the difference: half a unit in the last place of 80 is 4e-6.")

  // MARK: Arithmetic

  static let arithmetic = Tolerance(
    relative: 1.2e-7, because: "One or two operations, each rounded to nearest: an ULP of the result.")

  static let sumOfTwoProducts = Tolerance(
    ofMagnitude: 1.2e-7, because: "Each product and the sum are rounded, to half a unit of something below both terms.")

  /// exp is within 2 ULP and the others within 4: the header of math.inc. Those that have one rounding are exact.
  static func unary(_ operation: ck_unary) -> Tolerance {
    switch operation {
    case CK_EXP: Tolerance(units: 2, because: "math.inc promises 2 ULP of exp, also where results are denormal.")
    case CK_LOG, CK_SIN, CK_COS: Tolerance(units: 4, because: "math.inc promises 4 ULP, whatever the argument.")
    case CK_RSQRT: Tolerance(units: 1.5, because: "A square root and a division, each rounded to nearest.")
    default: .exact
    }
  }

  static func binary(_ operation: ck_binary) -> Tolerance {
    operation == CK_POWER
      ? Tolerance(units: 4, because: "math.inc promises 4 ULP: the logarithm is kept in two parts.") : .exact
  }

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
  static let slopeFromTheValue = Tolerance(
    relative: 1.5e-7, because: "y (1 − y) and (1 − y)(1 + y): 1 − y is exact next to 1, the product rounds twice.")
  static func sumOfSlopes(terms: Int) -> Tolerance {
    Tolerance(
      relative: 1e-5, absolute: 3e-6 * Double(max(terms, 1)).squareRoot(),
      because: """
        Terms up to 3, each with the error of its slope, 3e-7 and either sign: errors add up like the root of their number.
        The sum itself is made of blocks and rounds less.
        """)
  }

  // MARK: Products

  static func product(terms: Int, activation: ck_activation = CK_IDENTITY) -> Tolerance {
    Tolerance(
      ofMagnitude: Double(terms + 4) * 2 * 0x1p-24, absolute: 1e-30 + (activation == CK_TANH ? 4 * 0x1p-24 : 0),
      because: """
        A chain of k + 4 roundings (k multiply-adds, alpha, beta, bias, block sums), each at most 2⁻²⁴ of a partial sum
        that the magnitudes bound; the portable kernel rounds the product too, hence twice that. No activation here is
        steeper than 1; tanh itself is off by at most 4 units in the last place of a value below 1.
        """)
  }

  static let thermometer = Tolerance(
    relative: 2e-6, ofLargest: 1e-6, absolute: 2e-5,
    because: "Sums of up to 130 rows or 4 columns of 128 bins, of magnitude 1: some 2⁻²⁴ of their sizes.")

  // MARK: Sparse matrices

  static func aggregate(terms: Int) -> Tolerance {
    Tolerance(
      ofMagnitude: Double(terms + 6) * 2 * 0x1p-24, absolute: 1e-30,
      because: """
        A chain of multiply-adds, one an entry, each off by 2⁻²⁴ of a partial sum (twice where the product is rounded too),
        and the division of a mean.
        """)
  }
  static let leastSquares = Tolerance(
    relative: 2e-7, ofLargest: 2e-7,
    because: "Solved in Double from the same Float numbers; what is left is the rounding of the result.")

  // MARK: Movement

  static let scatteredSums = Tolerance(
    ofMagnitude: 1e-6,
    because: "Up to a hundred additions one after the other, half a unit of the partial sum each and of either sign.")

  // MARK: Attention

  static let attention = Tolerance(
    relative: 4e-6, ofLargest: 4e-6, absolute: 1e-6,
    because: """
      Scores of up to 20 are off by some of their 2⁻²⁴, which is a share of the probabilities; a mean of values of
      either sign with these.
      """)
  static let attentionSums = Tolerance(
    relative: 2e-6, absolute: 2e-6, because: "A largest score and a logarithm, each off by a few roundings of up to 20."
  )
  static let attentionBackward = Tolerance(
    relative: 1e-5, ofLargest: 1e-5, absolute: 4e-6,
    because: """
      P (dP − D) cancels; probabilities are made anew from a rounded logarithm of their sum, and terms of either sign are
      summed over hundreds of keys or queries.
      """)
  static let rotary = Tolerance(
    relative: 2e-6, ofLargest: 1e-6, absolute: 1e-6,
    because: "Two products that may cancel, with an inverse root mean square of a few roundings.")

  // MARK: Losses

  static let loss = Tolerance(
    relative: 1e-6, absolute: 1e-9,
    because: "A mean of terms within 4 ULP, summed in blocks; next to 0 the logarithm of 1 is left.")
  static let crossEntropyTerms = Tolerance(
    relative: 3e-6, absolute: 1e-6,
    because: "Maximum, logit and logarithm of the sum are up to 16 and cancel: half a unit in the last place of each.")
  static let crossEntropyGradient = Tolerance(
    relative: 4e-6, ofLargest: 2e-7,
    because: "exp of a rounded difference of up to 16, within 2 ULP, less the target: at the label both cancel.")
  static let crossEntropyGradientOfAWideRange = Tolerance(
    relative: 5e-6, ofLargest: 2e-7,
    because: "exp of a difference is only as good as the difference: half a unit in the last place of 80 is 4e-6.")
  static let ctc = Tolerance(
    relative: 3e-6, absolute: 1e-5,
    because:
      "Of each step the largest state, a sum of up to three exponentials, and the logarithm of the classes' sum: some 3e-7."
  )
  static let ctcGradient = Tolerance(
    relative: 2e-5, ofLargest: 1e-5, absolute: 1e-6,
    because:
      "Logarithms of some 20 that were added to over 40 steps, of which half a unit is 1e-6, before the exponential.")
  static let pointLoss = Tolerance(
    relative: 1e-6, because: "A mean of positive terms within 4 ULP, summed in blocks: nothing cancels.")
  static let pointLossGradient = Tolerance(
    relative: 2e-6, ofLargest: 3e-7,
    because: "The difference of prediction and target, or of σ and target, is rounded before all else and may be small."
  )

  // MARK: Optimizers

  static let optimizerValue = Tolerance(
    relative: 2e-6, absolute: 2e-6,
    because: "Up to five steps of at most 0.1, each with a root and a division, and the roundings of a value below 2.")
  static let optimizerAverage = Tolerance(
    relative: 2e-6, absolute: 1e-6, because: "Up to five averages of numbers below 1, two roundings each.")
  static let optimizerSteps = Tolerance(
    relative: 2e-6, absolute: 5e-6,
    because: "RMSProp's momentum adds steps of up to 1 / √(1 − alpha) = 10 of either sign; other averages are below 1.")
  static let gradientNorm = Tolerance(
    relative: 1e-7, because: "Squares are added in Double and the root is rounded once, to half a unit: 6e-8.")

  // MARK: Random numbers

  static let uniform = Tolerance(
    absolute: 6e-8, because: "24 bits, scaled and shifted into 1 ..< 2: half a unit in the last place there.")
  static let normal = Tolerance(
    relative: 1e-6, absolute: 3.5e-6,
    because:
      "The angle of up to 2π is off by 2⁻²¹, and the radius that it moves along is up to 6.7; the rest within 4 ULP.")
  static let scaledNormal = Tolerance(
    relative: 1e-6, absolute: 1.1e-5, because: "Three times that, and the roundings of a sum that may cancel.")
  static let dropout = Tolerance(
    relative: 1.8e-7, because: "1 / (1 − p) is rounded, from a rounded p, and the product.")

  // MARK: Normalisation, pooling, resampling

  static let normalization = Tolerance(
    relative: 2e-6, ofLargest: 1e-6, absolute: 4e-6,
    because: """
      Moments are sums of blocks, off by 3e-7 of the largest at the most; (x − mean) r γ + β rounds four times, and its
      terms may cancel. Of two numbers next to each other r is up to 1 / √ε = 32, times half a unit of the mean, 1e-7.
      """)
  static let normalizationBackward = Tolerance(
    relative: 3e-6, ofLargest: 3e-6, absolute: 1e-5,
    because: """
      r (g − mean of g − n mean of g n) cancels, of two rows to nearly nothing: r up to 32 times roundings of terms up to 4,
      and the slope's error of an activation that is taken at a rounded z.
      """)
  static func sumOfNormalized(terms: Int) -> Tolerance {
    Tolerance(
      relative: 1e-5, ofLargest: 2e-6, absolute: 2e-6 * Double(max(terms, 1)).squareRoot(),
      because: "Terms of a few units, each off by some 3e-7 of itself and either sign: the root of their number.")
  }
  static let momentsFarFromZero = Tolerance(
    relative: 2e-6, because: "The float next to the mean; a variance from exact differences, summed in blocks.")
  static let pooling = Tolerance(
    relative: 2.4e-7, ofMagnitude: 4e-7, because: "A sum of the window's rows, times a reciprocal that is rounded.")
  static let poolingBackward = Tolerance(
    relative: 2.4e-7, ofMagnitude: 4e-7, because: "A sum over the windows that cover a pixel, each term rounded twice.")
  static let bilinear = Tolerance(
    relative: 2.4e-7, ofMagnitude: 6e-7, absolute: 2e-7,
    because: "Weights are rounded to half of 6e-8 of 1, and a mean of means rounds three times.")

  // MARK: Recurrent networks

  static let recurrent = Tolerance(
    relative: 2e-6, ofLargest: 1e-6, absolute: 8e-6,
    because: """
      Sums of up to 200 products of magnitude 1 pass through numbers near 3, of which half a unit is 1e-7, 200 times and of
      either sign, and each step takes over what the one before was off: some 5e-6 at the worst of thousands.
      """)
  static let recurrentBackward = Tolerance(
    relative: 1e-5, ofLargest: 4e-6, absolute: 4e-6,
    because: """
      From gates that are rounded: 1 − y of each is off by half a unit of 1. Products of three or four slopes and sums over
      hidden units and steps, of either sign, of terms as large as the largest result.
      """)
}

/// Bounds for samples of random numbers.
enum Statistics {
  /// A mean is this many of its standard deviations from the expected value once in 1.7 million tests; the seed is fixed.
  static let deviations = 5.0
}
