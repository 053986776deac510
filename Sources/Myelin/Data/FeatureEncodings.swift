import Foundation

/// Features that belong together: what one column, or a part of it, became.
public struct FeatureGroup: Equatable, Sendable {
  /// What the features are.
  public enum Kind: String, Sendable {
    /// One standardised number.
    case number
    /// A feature a level, of which one is 1 at most.
    case oneHot
    /// 0 or 1.
    case flag
    /// Sine and cosine of a place in a period.
    case cycle
    /// Weights of hashed words.
    case text
  }

  /// The table's column.
  public let column: String
  /// What the features are.
  public let kind: Kind
  /// The features' names.
  public let names: [String]
  /// Their places among the encoder's features.
  public let range: Range<Int>
}

extension FeatureEncoder.Encoding {
  var kind: ColumnKind {
    switch self {
    case .number: .number
    case .category: .category
    case .date: .date
    case .text: .text
    }
  }
}

/// Numbers: replaced where missing, transformed, standardised.
struct NumberEncoding: Codable, Equatable, Sendable {
  var transform: NumberTransform
  var unknownValues: [Double]
  /// What replaces a missing number, before the transform.
  var replacement: Double
  var mean: Double
  var deviation: Double
  var clip: Double?
  var hasIndicator: Bool

  /// nil where all are the same.
  init?(_ numbers: [Double], name: String, _ recipe: FeatureRecipe) {
    let unknown = recipe.unknownValues[name] ?? []
    let known = numbers.filter { !$0.isNaN && !unknown.contains($0) }
    guard let first = known.first else { return nil }
    hasIndicator = recipe.addsMissingIndicators && known.count < numbers.count
    guard hasIndicator || known.contains(where: { $0 != first }) else { return nil }
    switch recipe.imputation {
    case .mean: replacement = known.reduce(0, +) / Double(known.count)
    case .median:
      let sorted = known.sorted()
      replacement = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
    let isLogarithmic =
      recipe.logarithmic.contains(name)
      || recipe.logarithmAboveSkewness.map {
        known.allSatisfy { $0 >= 0 } && NumberEncoding.skewness(known) > $0
      } ?? false
    transform = isLogarithmic ? .logarithm : .identity
    unknownValues = unknown.sorted()
    clip = recipe.clipsDeviationsAt
    let (transform, replacement) = (transform, replacement)
    let values = numbers.map { transform($0.isNaN || unknown.contains($0) ? replacement : $0) }
    (mean, deviation) = NumberEncoding.scale(values)
  }

  /// Mean and population deviation; 1 for values that differ by nothing but rounding, like a column of one value beside
  /// its missing ones.
  static func scale(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    let deviation = variance.squareRoot()
    return (mean, deviation <= 1e-12 * abs(mean) ? 1 : deviation)
  }

  /// The third standardised moment: 0 for symmetric values, large for a long tail to the right.
  private static func skewness(_ values: [Double]) -> Double {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let second = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let third = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) * ($1 - mean) } / count
    return second > 0 ? third / (second * second.squareRoot()) : 0
  }

  func encode(
    _ numbers: [Double], of table: Table, _ name: String, into result: inout [Float], offset: Int, width: Int
  ) throws {
    for (row, number) in numbers.enumerated() {
      let number = try table.checked(number, row: row, column: name)
      let isMissing = number.isNaN || unknownValues.contains(number)
      let value = transform(isMissing ? replacement : number)
      var standardized = (value - mean) / deviation
      if let clip { standardized = min(max(standardized, -clip), clip) }
      let feature = Float(standardized)
      guard feature.isFinite else { throw table.doesNotFit(number, row: row, column: name) }
      result[row * width + offset] = feature
      if hasIndicator, isMissing { result[row * width + offset + 1] = 1 }
    }
  }
}

/// How often each level of a column stands in the training rows.
struct LevelCensus {
  let counts: [Int]
  let missing: Int
  /// Different levels.
  let present: Int
  private let words: Int

  /// `codes` count into `levels`, below 0 for a missing value.
  init(_ levels: [String], _ codes: [Int32]) {
    var counts = [Int](repeating: 0, count: levels.count)
    var missing = 0
    for code in codes { if code < 0 { missing += 1 } else { counts[Int(code)] += 1 } }
    self.counts = counts
    self.missing = missing
    present = counts.count { $0 > 0 }
    // Of a few hundred levels, spread over all.
    let step = max(1, levels.count / 200)
    var (words, looked) = (0, 0)
    for index in stride(from: 0, to: levels.count, by: step) where counts[index] > 0 {
      words += levels[index].utf8.split(separator: UInt8(ascii: " ")).count
      looked += 1
    }
    self.words = looked == 0 ? 0 : words * 100 / looked
  }

  /// Mostly different, of several words each.
  func isText(_ recipe: FeatureRecipe) -> Bool {
    let rows = counts.reduce(0, +)
    return recipe.readsWords && present >= 20 && words >= 250
      && (present * 2 > rows || present > recipe.maximumLevelCount)
  }

  /// Each value stands in one row.
  func namesRows(_ recipe: FeatureRecipe) -> Bool {
    present > min(20, recipe.maximumLevelCount) && present == counts.reduce(0, +)
      && present > recipe.maximumLevelCount / 5
  }
}

/// Categories: a feature a level.
struct CategoryEncoding: Codable, Equatable, Sendable {
  var levels: [String]
  var hasMissingLevel: Bool
  /// How many further levels share the feature "other"; nil where there is no such feature.
  var groupedLevels: Int?
  /// Of levels with an order the standardised rank of each.
  var ranks: [Double]?

  /// Features in their order: levels, other, missing, rank.
  var valueNames: [String] {
    levels + (groupedLevels == nil ? [] : ["other"]) + (hasMissingLevel ? ["missing"] : [])
  }
  var otherFeature: Int? { groupedLevels == nil ? nil : levels.count }
  var missingFeature: Int? { hasMissingLevel ? levels.count + (groupedLevels == nil ? 0 : 1) : nil }
  private var rankFeature: Int { levels.count + (groupedLevels == nil ? 0 : 1) + (hasMissingLevel ? 1 : 0) }

  var isConsistent: Bool {
    Set(levels).count == levels.count && (groupedLevels ?? 1) > 0 && (ranks?.count ?? levels.count) == levels.count
  }

  /// nil where all are the same.
  init?(_ levels: [String], _ census: LevelCensus, _ recipe: FeatureRecipe) {
    let counts = census.counts
    guard census.present + (census.missing > 0 ? 1 : 0) > 1 else { return nil }
    var kept = counts.indices.filter { counts[$0] > 0 && counts[$0] >= recipe.minimumLevelCount }
    guard !kept.isEmpty else { return nil }
    if kept.count > recipe.maximumLevelCount {
      // The most frequent ones; of equally frequent ones the first. Then again in the order of the levels.
      let frequent = kept.filter { counts[$0] > 1 }.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
      kept = frequent.prefix(recipe.maximumLevelCount).sorted()
      groupedLevels = census.present - kept.count
    }
    self.levels = kept.map { levels[$0] }
    hasMissingLevel = census.missing > 0 && recipe.addsMissingIndicators
    if recipe.ranksLevels, groupedLevels == nil, let order = LevelOrder.ranks(of: self.levels) {
      let values = zip(kept, order).flatMap { [Double](repeating: $1, count: counts[$0]) }
      let (mean, deviation) = NumberEncoding.scale(values)
      ranks = order.map { ($0 - mean) / deviation }
    }
  }

  /// Numbers as levels.
  init?(numbers: [Double], _ recipe: FeatureRecipe) {
    let values = Set(numbers.filter { !$0.isNaN }).sorted()
    let codes = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, Int32($0)) })
    let levels = values.map { Table.text(of: $0)! }
    self.init(levels, LevelCensus(levels, numbers.map { codes[$0] ?? -1 }), recipe)
  }

  @inline(__always)
  func write(_ feature: Int?, to result: inout [Float], _ offset: Int) {
    guard let feature else { return }
    result[offset + feature] = 1
    if let ranks, feature < ranks.count { result[offset + rankFeature] = Float(ranks[feature]) }
  }
}

/// Levels that have an order of their own by what they mean.
enum LevelOrder {
  /// The place of each level where all are words of one scale, at least three.
  static func ranks(of levels: [String]) -> [Double]? {
    guard levels.count >= 3, levels.count <= 12 else { return nil }
    let words = levels.map { $0.lowercased().map { $0.isLetter || $0.isNumber ? "\($0)" : " " }.joined() }
    for scale in scales {
      let places = words.compactMap { word in scale.firstIndex { $0.contains(word) }.map(Double.init) }
      if places.count == levels.count, Set(places).count == places.count { return places }
    }
    // 1st, 2nd, 3rd.
    let numbers = words.compactMap { word -> Double? in
      let digits = word.prefix { $0.isNumber }
      return ["st", "nd", "rd", "th"].contains(String(word.dropFirst(digits.count))) ? Double(digits) : nil
    }
    return numbers.count == levels.count ? numbers : nil
  }

  private static let scales: [[Set<String>]] = [
    [
      ["none", "no", "never"], ["very low", "lowest", "verylow"], ["low", "lo", "minor", "mild"],
      ["medium", "med", "mid", "middle", "moderate", "normal"], ["high", "hi", "major", "severe"],
      ["very high", "highest", "veryhigh", "critical", "extreme"],
    ],
    [
      ["xxs"], ["xs", "very small", "extra small"], ["s", "small"], ["m", "medium", "middle"], ["l", "large", "big"],
      ["xl", "very large", "extra large"], ["xxl", "huge"], ["xxxl"],
    ],
    [
      ["very poor", "very bad", "terrible"], ["poor", "bad"], ["fair", "below average"],
      ["average", "typical", "ok", "okay", "neutral"], ["above average"], ["good"], ["very good", "great"],
      ["excellent", "premium"], ["very excellent", "ideal"],
    ],
    [
      ["never"], ["rarely", "seldom"], ["sometimes", "occasionally"], ["often", "usually", "frequently"], ["always"],
    ],
    [
      ["strongly disagree"], ["disagree"], ["neutral", "neither agree nor disagree", "undecided"], ["agree"],
      ["strongly agree"],
    ],
    [["first"], ["second"], ["third"], ["fourth"], ["fifth"], ["sixth"]],
    [["niedrig", "gering"], ["mittel"], ["hoch"], ["sehr hoch"]],
    [["child", "infant"], ["teen", "teenager", "young"], ["adult"], ["senior", "elderly", "old"]],
    [["bronze"], ["silver"], ["gold"], ["platinum"], ["diamond"]],
    [
      ["monday", "mon"], ["tuesday", "tue"], ["wednesday", "wed"], ["thursday", "thu"], ["friday", "fri"],
      ["saturday", "sat"], ["sunday", "sun"],
    ],
    [
      ["january", "jan"], ["february", "feb"], ["march", "mar"], ["april", "apr"], ["may"], ["june", "jun"],
      ["july", "jul"], ["august", "aug"], ["september", "sep"], ["october", "oct"], ["november", "nov"],
      ["december", "dec"],
    ],
  ]
}
