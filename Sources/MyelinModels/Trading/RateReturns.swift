import Foundation
import Myelin

/// Daily changes of exchange rates.
struct RateReturns: Sendable {
  let currencies: [String]
  /// Of each change, the day at whose end it is known, in days since 1970-01-01.
  let days: [Double]
  /// 100 log(rate / rate of the day before) [days · currencies].
  let values: [Double]

  var count: Int { days.count }
  func value(_ day: Int, _ currency: Int) -> Double { values[day * currencies.count + currency] }
  func series(_ currency: Int) -> [Double] { days.indices.map { value($0, currency) } }

  /// Days that are needed before one can be forecast.
  static let reach = 250

  /// - Parameter currencies: columns; nil takes all columns of numbers.
  /// - Throws: `DataError` for a table without dates that rise, with rates that are none, or with too few days.
  init(_ table: Table, currencies wanted: [String]?) throws {
    var days: [Double]?
    var names: [String] = []
    for column in table.columns {
      switch column.values {
      case .dates(let seconds) where days == nil: days = seconds.map { ($0 / 86400).rounded(.down) }
      case .numbers: names.append(column.name)
      default: break
      }
    }
    guard let days else { throw DataError(table.source, "has no column of dates") }
    func line(_ row: Int) -> Int { row < table.lines.count ? table.lines[row] : row + 2 }
    for row in days.indices where days[row].isNaN || row > 0 && days[row] <= days[row - 1] {
      throw DataError(table.source, line: line(row), "the date", expected: "one later than the date before")
    }
    let chosen = wanted ?? names
    guard !chosen.isEmpty else { throw DataError(table.source, "has no column of rates") }
    guard days.count > RateReturns.reach + 1 else {
      throw DataError(
        table.source, "days", expected: "at least \(RateReturns.reach + 2)", found: "\(days.count)")
    }
    var values = [Double](repeating: 0, count: (days.count - 1) * chosen.count)
    for (place, name) in chosen.enumerated() {
      guard case .numbers(let rates) = try table.column(named: name).values else {
        throw DataError(table.source, "column \(DataError.quoted(name))", expected: "numbers")
      }
      if let bad = rates.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
        throw DataError(
          table.source, line: line(bad), "column \(DataError.quoted(name))", expected: "a rate above 0",
          found: rates[bad].isNaN ? "none" : "\(rates[bad])")
      }
      for day in 1..<rates.count { values[(day - 1) * chosen.count + place] = 100 * log(rates[day] / rates[day - 1]) }
    }
    currencies = chosen
    self.days = Array(days.dropFirst())
    self.values = values
    firstDay = days[0]
  }

  private let firstDay: Double

  /// Days from the change before to this one; for the place after the last, to the next working day.
  func gap(_ place: Int) -> Double {
    let before = place == 0 ? firstDay : days[place - 1]
    return day(place) - before
  }

  /// The day of a change; for the place after the last, the next working day.
  func day(_ place: Int) -> Double {
    if place < days.count { return days[place] }
    var next = days[days.count - 1] + 1
    while RateReturns.weekday(next) > 4 { next += 1 }
    return next
  }

  /// 0 is Monday; 1970-01-01 was a Thursday.
  static func weekday(_ day: Double) -> Int { (Int(day) + 3) % 7 }
}

/// What is known on the evening before a change, of each currency: [days + 1, currencies, features].
struct VolatilityFeatures {
  static let count = 2 * halfLives.count + 4 + 5
  /// Days in which the weight of a change falls to a half.
  private static let halfLives = [1, 2.5, 6, 15, 40, 120]
  /// Added to variances before their logarithm: (0.03%)².
  private static let least = 1e-3

  /// Of all features.
  let values: [Float]
  /// The logarithm of the mean square over some three weeks, which the network's answer is added to.
  let base: [Float]

  init(_ returns: RateReturns) {
    let (days, currencies) = (returns.count, returns.currencies.count)
    let market = (0..<days).map { day in
      (0..<currencies).reduce(0.0) { $0 + returns.value(day, $1) * returns.value(day, $1) } / Double(currencies)
    }
    let ofMarket = VolatilityFeatures.logarithms(market)
    var values = [Float](repeating: 0, count: (days + 1) * currencies * VolatilityFeatures.count)
    var base = [Float](repeating: 0, count: (days + 1) * currencies)
    for currency in 0..<currencies {
      let series = returns.series(currency)
      let own = VolatilityFeatures.logarithms(series.map { $0 * $0 })
      for place in 0...days {
        let row = place * currencies + currency
        var next = row * VolatilityFeatures.count
        func add(_ value: Double) {
          values[next] = Float(value)
          next += 1
        }
        for known in [own, ofMarket] { for life in known { add(life[place]) } }
        let last = place == 0 ? 0 : series[place - 1] / exp(own[4][place] / 2)
        add(abs(last))
        add(last)
        let gap = returns.gap(place)
        add(gap > 1 ? 1 : 0)
        add(gap > 3 ? 1 : 0)
        let weekday = RateReturns.weekday(returns.day(place))
        for other in 0..<5 { add(other == weekday ? 1 : 0) }
        base[row] = Float(own[3][place])
      }
    }
    (self.values, self.base) = (values, base)
  }

  /// The logarithms of exponentially weighted means of what was before each place, by half-life.
  private static func logarithms(_ squares: [Double]) -> [[Double]] {
    let start = squares.prefix(60).reduce(0, +) / Double(min(60, squares.count))
    return halfLives.map { life in
      let share = 1 - pow(0.5, 1 / life)
      var mean = start
      var result = [log(mean + least)]
      for square in squares {
        mean += share * (square - mean)
        result.append(log(mean + least))
      }
      return result
    }
  }
}
