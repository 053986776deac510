import Myelin

/// What is forecast, and how the file is to be understood.
package struct ForecastOptions: Codable, Equatable, Sendable {
  /// The columns to forecast.
  package var columns: [String]
  /// Steps ahead.
  package var horizon: Int
  /// The column of the times; nil for the first column of dates, or rows in their order.
  package var time: String?
  /// Steps of a season; nil for what the time step suggests.
  package var season: Int?
  /// The column that says which series a row is of; nil for one series.
  package var series: String?

  package init(columns: [String], horizon: Int, time: String? = nil, season: Int? = nil, series: String? = nil) {
    self.columns = columns
    self.horizon = horizon
    self.time = time
    self.season = season
    self.series = series
  }

  var isConsistent: Bool {
    !columns.isEmpty && (1...100_000).contains(horizon) && (season.map { (1...1_000_000).contains($0) } ?? true)
  }
}

/// One series: a column, or a column of those rows that belong together.
package struct ForecastSeries: Codable, Hashable, Sendable {
  /// The value of the series' column; empty for the only one.
  package let name: String
  package let column: String
  package let axis: TimeAxis
  /// Step by step; those that the file lacks lie on the line between their neighbours.
  package internal(set) var values: [Float]
  /// Steps that were in the file.
  package let isKnown: [Bool]
}

/// The series of a table, at equal steps, and what was done to get there.
struct ForecastTable {
  var series: [ForecastSeries] = []
  var season: Int
  var timeColumn: String?
  var facts: [TrainingReport.Fact] = []

  /// - Throws: `DataError` for columns that are not there, that are no numbers or times, and for series that are too short.
  init(_ table: Table, _ options: ForecastOptions) throws {
    let source = table.source
    let targets = try options.columns.map { name -> (name: String, numbers: [Double]) in
      guard case .numbers(let numbers) = try table.column(named: name).values else {
        throw DataError(
          source, "column \(DataError.quoted(name))", expected: "numbers to forecast", found: "no numbers")
      }
      return (name, numbers)
    }
    let time = try ForecastTable.times(table, options)
    timeColumn = time?.name
    let groups = try ForecastTable.groups(table, options)
    let known = time.map { $0.seconds.filter(\.isFinite) }
    let axis = try known.map { try TimeAxis($0, source: source, column: time!.name) }
    season = options.season ?? axis?.usualSeason ?? 1

    var (doubled, filled, offGrid, unsorted, undated, trimmed) = (0, 0, 0, 0, 0, 0)
    var steps = 0
    for (name, rows) in groups {
      var placed: [(place: Int, row: Int)] = []
      var own = axis ?? TimeAxis(step: .row, start: 0)
      if let time {
        let dated = rows.filter { time.seconds[$0].isFinite }
        undated += rows.count - dated.count
        guard let first = dated.map({ time.seconds[$0] }).min() else { continue }
        own = own.starting(at: first)
        for row in dated {
          let (place, distance) = own.place(of: time.seconds[row])
          if distance > 0.1 { offGrid += 1 }
          if let last = placed.last, place < last.place { unsorted += 1 }
          placed.append((place, row))
        }
        placed.sort { ($0.place, $0.row) < ($1.place, $1.row) }
      } else {
        placed = rows.enumerated().map { ($0.offset, $0.element) }
      }
      guard let end = placed.last?.place, end < 1 << 28 else { continue }
      doubled += placed.count - Set(placed.map(\.place)).count
      for (column, numbers) in targets {
        var sums = [Double](repeating: 0, count: end + 1), counts = [Int](repeating: 0, count: end + 1)
        for (place, row) in placed where numbers[row].isFinite {
          sums[place] += numbers[row]
          counts[place] += 1
        }
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
          throw DataError(
            source, "column \(DataError.quoted(column)) of \(name.isEmpty ? "the file" : name)", expected: "numbers",
            found: "none")
        }
        trimmed += end + 1 - (last + 1 - first)
        let isKnown = counts[first...last].map { $0 > 0 }
        var values = (first...last).map { counts[$0] > 0 ? Float(sums[$0] / Double(counts[$0])) : .nan }
        filled += ForecastTable.fill(&values)
        steps += values.count
        let axis = own.step == .row ? TimeAxis(step: .row, start: 0) : own.starting(at: own.time(first))
        series.append(ForecastSeries(name: name, column: column, axis: axis, values: values, isKnown: isKnown))
      }
    }
    guard !series.isEmpty else { throw DataError(source, "no row has a time") }
    if let axis, let time {
      let ends = series.map { ($0.axis.time(0), $0.axis.time($0.values.count - 1)) }
      let first = axis.starting(at: ends.map(\.0).min()!), last = axis.starting(at: ends.map(\.1).max()!)
      facts.append(("time", "\(time.name): steps of \(axis.stepText), \(first.text(0)) to \(last.text(0))"))
    } else {
      facts.append(("time", "no column of times: rows in their order (--time-column says which column has them)"))
    }
    func tell(_ count: Int, _ text: String) {
      if count > 0 { facts.append(("times", "\(count) \(text)")) }
    }
    tell(unsorted, "rows were not in the order of their times")
    tell(
      doubled, "rows stand at a time that another row has: their mean is taken\(axis.map(ForecastTable.clocks) ?? "")")
    tell(offGrid, "times lie beside the steps and count for the nearest one")
    tell(undated, "rows without a time are left out")
    tell(
      filled,
      "of \(steps) steps are missing and lie on the line between their neighbours; no forecast is judged by them")
    tell(trimmed, "steps without a value at the ends are left out")
    let ofSeason = season > 1 ? "\(season) steps" : "none"
    facts.append(("season", ofSeason + (options.season == nil ? ", by the time step (--season says another one)" : "")))
  }

  /// Hours that a clock change takes away or gives twice.
  private static func clocks(_ axis: TimeAxis) -> String {
    guard case .seconds(let seconds) = axis.step, seconds <= 3600 else { return "" }
    return ", as where clocks are set back for the winter"
  }

  private static func times(_ table: Table, _ options: ForecastOptions) throws -> (name: String, seconds: [Double])? {
    if let name = options.time {
      switch try table.column(named: name).values {
      case .dates(let seconds): return (name, seconds)
      case .numbers, .categories:
        throw DataError(
          table.source, "column \(DataError.quoted(name))", expected: "dates or times",
          found: "others (without --time-column rows count in their order)")
      }
    }
    for column in table.columns {
      if case .dates(let seconds) = column.values { return (column.name, seconds) }
    }
    return nil
  }

  /// The rows of each series, in the order in which the series begin.
  private static func groups(_ table: Table, _ options: ForecastOptions) throws -> [(name: String, rows: [Int])] {
    guard let name = options.series else { return [("", Array(0..<table.rowCount))] }
    let texts: [String?]
    switch try table.column(named: name).values {
    case .categories(let levels, let codes): texts = codes.map { $0 < 0 ? nil : levels[Int($0)] }
    case .numbers(let numbers): texts = numbers.map { $0.isFinite ? PlotNumber.short($0, digits: 15) : nil }
    case .dates:
      throw DataError(table.source, "column \(DataError.quoted(name))", expected: "names of series", found: "dates")
    }
    var places: [String: Int] = [:]
    var groups: [(name: String, rows: [Int])] = []
    for (row, text) in texts.enumerated() {
      guard let text else { continue }
      if places[text] == nil {
        places[text] = groups.count
        groups.append((text, []))
      }
      groups[places[text]!].rows.append(row)
    }
    return groups
  }

  /// Puts missing values on the line between their neighbours; returns how many. The ends are known.
  private static func fill(_ values: inout [Float]) -> Int {
    var count = 0
    var last = 0
    for place in values.indices where !values[place].isNaN {
      if place - last > 1 {
        let step = (values[place] - values[last]) / Float(place - last)
        for missing in last + 1..<place { values[missing] = values[last] + step * Float(missing - last) }
        count += place - last - 1
      }
      last = place
    }
    return count
  }
}
