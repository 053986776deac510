import Foundation

/// How a number is changed before it is standardised.
public enum NumberTransform: String, Codable, Sendable {
  /// x
  case identity
  /// sign(x) log(1 + |x|): for amounts and areas with a long tail.
  case logarithm

  func callAsFunction(_ value: Double) -> Double {
    switch self {
    case .identity: value
    case .logarithm: value < 0 ? -log1p(-value) : log1p(value)
    }
  }
}

/// What stands in for a missing number.
public enum Imputation: String, Codable, Sendable {
  /// The mean of the known training values.
  case mean
  /// Their median: the mean of the two in the middle where there are two.
  case median
}

/// How the columns of a table become features: what a `FeatureEncoder` is fitted with.
///
/// Without any setting: numbers are standardised, missing ones get the median and an indicator feature; categories
/// are one-hot, up to a hundred levels a column; dates become their parts, and texts the weights of their words.
public struct FeatureRecipe: Sendable {
  /// Columns that are not used.
  public var ignored: Set<String> = []
  /// Columns that are used even if they name their rows.
  public var kept: Set<String> = []
  /// What is known about columns; the others are what the table says. A number column given as `.category` becomes
  /// one-hot, one of categories given as `.text` is read by its words.
  public var kinds: [String: ColumnKind] = [:]
  /// Columns of numbers with `NumberTransform.logarithm`.
  public var logarithmic: Set<String> = []
  /// Columns of numbers that are nowhere negative and whose skewness in the training rows is above this get
  /// `NumberTransform.logarithm` too; nil for none.
  public var logarithmAboveSkewness: Double?
  /// Numbers that stand for "unknown" in a column, for example 0 in a length that cannot be 0.
  public var unknownValues: [String: Set<Double>] = [:]
  /// What replaces a missing number, before it is transformed.
  public var imputation = Imputation.median
  /// Whether a column with missing numbers gets a feature that is 1 where the number was missing.
  public var addsMissingIndicators = true
  /// Levels that are rarer than this in the training rows get no feature of their own.
  public var minimumLevelCount = 1
  /// A column of more levels than this has a feature for the most frequent ones (of those that at least two training
  /// rows have) and one, "other", for the rest. One in which no level comes twice is left out: it names its rows.
  public var maximumLevelCount = 100
  /// Whether levels with an order of their own (low, medium, high; 1st, 2nd, 3rd) have their rank as a feature too.
  public var ranksLevels = true
  /// Whether a column of categories that are mostly different and of several words each is read by its words.
  public var readsWords = true
  /// Standardised numbers beyond this many standard deviations are cut off there: one extraordinary row then cannot
  /// move the output without bound.
  public var clipsDeviationsAt: Double?

  /// Standardised numbers, the median and an indicator for missing ones, one-hot categories.
  public init() {}
}
