import Foundation
import Myelin

/// The times of a series whose steps are equally long, in seconds or in months; or only rows, where no times are known.
package struct TimeAxis: Codable, Hashable, Sendable {
  /// What lies between two neighbours.
  package enum Step: Codable, Hashable, Sendable {
    /// Rows without times.
    case row
    case seconds(Double)
    case months(Int)
  }

  package let step: Step
  /// Of the place 0, in seconds since 1970-01-01 00:00 UTC.
  package let start: Double

  static let day = 86400.0

  package init(step: Step, start: Double) {
    self.step = step
    self.start = start
  }

  /// Whether it can be computed with; one read from a file may be anything.
  var isConsistent: Bool {
    guard start.isFinite, abs(start) < 1e12 else { return false }
    return switch step {
    case .row: true
    case .seconds(let seconds): seconds > 0 && seconds < 1e10
    case .months(let months): (1...1200).contains(months)
    }
  }

  // MARK: Finding the step

  /// The step of most of the times: the difference of sorted neighbours that is found most often, in months where it is
  /// about as long as some.
  ///
  /// - Throws: `DataError` where there are too few times, or no difference is that of every second pair.
  init(_ times: [Double], source: String, column: String) throws {
    let sorted = Set(times).sorted()
    guard sorted.count >= 3 else {
      throw DataError(source, "times in \(DataError.quoted(column))", expected: "at least 3", found: "\(sorted.count)")
    }
    let differences = zip(sorted.dropFirst(), sorted).map { $0 - $1 }
    let days = differences.sorted()[differences.count / 2] / TimeAxis.day
    let months = [1, 2, 3, 4, 6, 12].first { abs(days - 30.44 * Double($0)) < 1.6 * Double($0).squareRoot() + 0.4 }
    if let months, days.rounded() == days {
      step = .months(months)
      start = sorted[0]
    } else {
      var counts: [Double: Int] = [:]
      for difference in differences { counts[difference, default: 0] += 1 }
      let (usual, count) = counts.min { ($0.value, -$0.key) > ($1.value, -$1.key) }!
      guard 2 * count >= differences.count else {
        throw DataError(
          source, "the times in \(DataError.quoted(column)) have no usual distance",
          expected: "one that at least half of them have",
          found: "\(TimeAxis.length(usual)) for \(count) of \(differences.count)")
      }
      step = .seconds(usual)
      start = sorted[0]
    }
  }

  /// The same steps from another time on.
  func starting(at time: Double) -> TimeAxis { TimeAxis(step: step, start: time) }

  // MARK: Places and times

  /// The place of a time, and how far it is from there, in steps.
  func place(of time: Double) -> (place: Int, distance: Double) {
    switch step {
    case .row: return (Int(time), 0)
    case .seconds(let seconds):
      let exact = (time - start) / seconds
      return (Int(exact.rounded()), abs(exact - exact.rounded()))
    case .months(let months):
      let exact = (TimeAxis.month(time) - TimeAxis.month(start)) / Double(months)
      return (Int(exact.rounded()), abs(exact - exact.rounded()))
    }
  }

  /// Months since the year 0; days are shares of their month.
  private static func month(_ time: Double) -> Double {
    let days = (time / day).rounded(.down), date = DateParts(days: days)
    return Double(date.year * 12 + date.month - 1) + Double(date.day - 1) / 31
  }

  /// The time of a place; of a month the day that the first one has, or the last of a shorter month.
  package func time(_ place: Int) -> Double {
    switch step {
    case .row: return Double(place)
    case .seconds(let seconds): return start + Double(place) * seconds
    case .months(let months):
      let date = DateParts(days: (start / TimeAxis.day).rounded(.down))
      let month = date.year * 12 + date.month - 1 + place * months
      let isLast = DateParts.length(year: date.year, month: date.month) == date.day
      let (year, of) = (
        Int((Double(month) / 12).rounded(.down)), month - 12 * Int((Double(month) / 12).rounded(.down)) + 1
      )
      let length = DateParts.length(year: year, month: of)
      return DateParts.days(year: year, month: of, day: isLast ? length : min(date.day, length)) * TimeAxis.day
    }
  }

  /// The time as ISO 8601, with what it needs of it; of rows their number.
  package func text(_ place: Int) -> String {
    if step == .row { return "\(place)" }
    let time = time(place), days = (time / TimeAxis.day).rounded(.down)
    let date = DateParts(days: days)
    func padded(_ value: Int, _ count: Int = 2) -> String {
      let text = "\(value)"
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let text = "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))"
    if case .months = step { return text }
    if case .seconds(let seconds) = step, seconds.truncatingRemainder(dividingBy: TimeAxis.day) == 0,
      start.truncatingRemainder(dividingBy: TimeAxis.day) == 0
    {
      return text
    }
    let second = Int((time - days * TimeAxis.day).rounded())
    let clock = "\(padded(second / 3600)):\(padded(second / 60 % 60))"
    return "\(text)T\(clock)" + (second % 60 == 0 ? "" : ":\(padded(second % 60))")
  }

  // MARK: Words

  private static func length(_ seconds: Double) -> String {
    for (unit, size) in [("week", 7 * day), ("day", day), ("hour", 3600), ("minute", 60)]
    where seconds.truncatingRemainder(dividingBy: size) == 0 {
      let count = Int(seconds / size)
      return "\(count) \(unit)\(count == 1 ? "" : "s")"
    }
    return "\(seconds) s"
  }

  /// `1 month`, `30 minutes`.
  package var stepText: String {
    switch step {
    case .row: "1 row"
    case .seconds(let seconds): TimeAxis.length(seconds)
    case .months(12): "1 year"
    case .months(let months): "\(months) month\(months == 1 ? "" : "s")"
    }
  }

  /// Steps after which it usually comes again: of a day for hours, of a week for days, of a year for the longer ones; 1
  /// where nothing is known.
  package var usualSeason: Int {
    switch step {
    case .row: return 1
    case .months(let months): return max(1, 12 / months)
    case .seconds(let seconds):
      if seconds < TimeAxis.day { return max(1, Int((TimeAxis.day / seconds).rounded())) }
      if seconds < 6.5 * TimeAxis.day { return max(1, Int((7 * TimeAxis.day / seconds).rounded())) }
      return max(1, Int((365.25 * TimeAxis.day / seconds).rounded()))
    }
  }

  /// Where a place stands in each period that is longer than two steps, as shares of them: day, week and year, and the
  /// season where it is none of these.
  func phases(_ place: Int, season: Int) -> [Double] {
    var phases: [Double] = []
    if case .seconds(let seconds) = step {
      let time = time(place)
      if seconds * 2 < TimeAxis.day { phases.append(share(time / TimeAxis.day)) }
      if seconds * 2 < 7 * TimeAxis.day { phases.append(share((time / TimeAxis.day + 3) / 7)) }
      if seconds >= TimeAxis.day { phases.append(share(time / TimeAxis.day / 365.2425)) }
    }
    if case .months(let months) = step, months < 6 {
      phases.append(share(TimeAxis.month(time(place)) / 12))
    }
    if phases.isEmpty && season > 2 { phases.append(Double(place % season) / Double(season)) }
    return phases
  }

  private func share(_ turns: Double) -> Double { turns - turns.rounded(.down) }
}

/// Year, month and day of the Gregorian calendar.
struct DateParts {
  var year, month, day: Int

  /// Of days since 1970-01-01. Years begin in March here, so that a leap day is a year's last.
  init(days: Double) {
    let shifted = Int(days) + 719_468
    let era = Int((Double(shifted) / 146_097).rounded(.down))
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marched = (5 * ofYear + 2) / 153
    day = ofYear - (153 * marched + 2) / 5 + 1
    month = marched < 10 ? marched + 3 : marched - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01.
  static func days(year: Int, month: Int, day: Int) -> Double {
    let year = month <= 2 ? year - 1 : year
    let era = Int((Double(year) / 400).rounded(.down)), ofEra = year - era * 400
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return Double(era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468)
  }

  static func length(year: Int, month: Int) -> Int {
    if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
    return [4, 6, 9, 11].contains(month) ? 30 : 31
  }
}
