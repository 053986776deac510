import Foundation

/// Dates: the time since the first one, and the parts that differ between rows, as numbers and places in their period.
struct DateEncoding: Codable, Equatable, Sendable {
  enum Part: String, Codable, CaseIterable, Sendable {
    /// Days since 1970.
    case time
    case year, month, day, weekday, hour

    /// The length of the period; nil for a part that does not come again.
    var period: Double? {
      switch self {
      case .time, .year: nil
      case .month: 12
      case .day: 31
      case .weekday: 7
      case .hour: 24
      }
    }

    func value(_ seconds: Double) -> Double {
      let days = (seconds / 86400).rounded(.down)
      switch self {
      case .time: return seconds / 86400
      case .hour: return (seconds - days * 86400) / 3600
      // 1970-01-01 was a Thursday; Monday is 0.
      case .weekday:
        let day = (days + 3).truncatingRemainder(dividingBy: 7)
        return day < 0 ? day + 7 : day
      case .year: return Double(DateEncoding.civil(days).year)
      case .month: return Double(DateEncoding.civil(days).month)
      case .day: return Double(DateEncoding.civil(days).day)
      }
    }
  }

  struct ScaledPart: Codable, Equatable, Sendable {
    var part: Part
    var mean: Double
    var deviation: Double
  }

  var parts: [ScaledPart]
  /// The median of the known dates, for a missing one.
  var replacement: Double
  var clip: Double?
  var hasIndicator: Bool

  var isConsistent: Bool { parts.allSatisfy { $0.deviation > 0 } && DateEncoding.isKnown(replacement) }

  /// nil where all are the same.
  init?(_ dates: [Double], _ recipe: FeatureRecipe) {
    let known = dates.filter(DateEncoding.isKnown)
    guard !known.isEmpty else { return nil }
    let replacement = known.sorted()[known.count / 2]
    hasIndicator = recipe.addsMissingIndicators && known.count < dates.count
    parts = Part.allCases.compactMap { part in
      let values = dates.map { part.value(DateEncoding.isKnown($0) ? $0 : replacement) }
      guard values.contains(where: { $0 != values[0] }) else { return nil }
      let (mean, deviation) = NumberEncoding.scale(values)
      return ScaledPart(part: part, mean: mean, deviation: deviation)
    }
    // Times of one day: the hour says all.
    if parts.map(\.part) == [.time, .hour] { parts.removeFirst() }
    self.replacement = replacement
    clip = recipe.clipsDeviationsAt
    guard hasIndicator || !parts.isEmpty else { return nil }
  }

  /// Not missing, and within three million years, which days are counted in.
  private static func isKnown(_ date: Double) -> Bool { abs(date) < 1e14 }

  func groups(of column: String) -> [(kind: FeatureGroup.Kind, names: [String])] {
    parts.flatMap { scaled -> [(kind: FeatureGroup.Kind, names: [String])] in
      let name = "\(column) \(scaled.part.rawValue)"
      return [(.number, [name])] + (scaled.part.period == nil ? [] : [(.cycle, ["\(name) sin", "\(name) cos"])])
    } + (hasIndicator ? [(.flag, ["\(column)=missing"])] : [])
  }

  func encode(_ dates: [Double], into result: inout [Float], offset: Int, width: Int) {
    for (row, date) in dates.enumerated() {
      var place = row * width + offset
      let isKnown = DateEncoding.isKnown(date)
      let seconds = isKnown ? date : replacement
      for scaled in parts {
        let value = scaled.part.value(seconds)
        var standardized = (value - scaled.mean) / scaled.deviation
        if let clip { standardized = min(max(standardized, -clip), clip) }
        result[place] = Float(standardized)
        place += 1
        if let period = scaled.part.period {
          let angle = 2 * Double.pi * value / period
          result[place] = Float(sin(angle))
          result[place + 1] = Float(cos(angle))
          place += 2
        }
      }
      if hasIndicator, !isKnown { result[place] = 1 }
    }
  }

  /// The day of the Gregorian calendar, from days since 1970 (H. Hinnant, "chrono-compatible low-level date
  /// algorithms").
  static func civil(_ days: Double) -> (year: Int, month: Int, day: Int) {
    let shifted = Int(days) + 719468
    let era = (shifted >= 0 ? shifted : shifted - 146096) / 146097
    let dayOfEra = shifted - era * 146097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    return (yearOfEra + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, day)
  }
}
