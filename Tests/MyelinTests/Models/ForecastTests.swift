import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class ForecastTests: XCTestCase {
  private func seconds(_ year: Int, _ month: Int, _ day: Int, hour: Double = 0) -> Double {
    DateParts.days(year: year, month: month, day: day) * 86400 + hour * 3600
  }

  func testCalendarDays() {
    XCTAssertEqual(DateParts.days(year: 1970, month: 1, day: 1), 0)
    XCTAssertEqual(DateParts.days(year: 2000, month: 3, day: 1), 11017)
    for days in stride(from: -200_000.0, to: 200_000, by: 137) {
      let date = DateParts(days: days)
      XCTAssertEqual(DateParts.days(year: date.year, month: date.month, day: date.day), days)
    }
  }

  func testStepsAreFound() throws {
    let months = try TimeAxis((0..<20).map { seconds(2020 + $0 / 12, $0 % 12 + 1, 1) }, source: "a.csv", column: "t")
    XCTAssertEqual(months.step, .months(1))
    XCTAssertEqual(months.usualSeason, 12)
    XCTAssertEqual(months.text(25), "2022-02-01")
    let ends = try TimeAxis(
      (0..<20).map { seconds(2020 + $0 / 12, $0 % 12 + 1, DateParts.length(year: 2020 + $0 / 12, month: $0 % 12 + 1)) },
      source: "a.csv", column: "t")
    XCTAssertEqual(ends.step, .months(1))
    XCTAssertEqual(ends.text(1), "2020-02-29")
    XCTAssertEqual(ends.text(13), "2021-02-28")
    // A week is missing.
    let weeks = try TimeAxis([0, 1, 2, 4, 5].map { seconds(2020, 1, 4) + $0 * 604_800 }, source: "a.csv", column: "t")
    XCTAssertEqual(weeks.step, .seconds(604_800))
    XCTAssertEqual(weeks.usualSeason, 52)
    XCTAssertEqual(weeks.place(of: seconds(2020, 2, 1)).place, 4)
    let halves = try TimeAxis((0..<9).map { seconds(2000, 6, 5) + Double($0) * 1800 }, source: "a.csv", column: "t")
    XCTAssertEqual(halves.usualSeason, 48)
    XCTAssertEqual(halves.text(3), "2000-06-05T01:30")
    XCTAssertEqual(halves.stepText, "30 minutes")
    XCTAssertThrowsError(try TimeAxis([0, 7, 100, 1003, 5555], source: "a.csv", column: "t")) {
      XCTAssert("\($0)".hasPrefix("a.csv: the times in \"t\" have no usual distance"), "\($0)")
    }
  }

  private func table(_ times: [Double], _ values: [Double], series: [String]? = nil) -> Table {
    var columns = [
      Table.Column(name: "t", values: .dates(times)), Table.Column(name: "y", values: .numbers(values)),
    ]
    if let series {
      let levels = Set(series).sorted()
      columns.append(
        Table.Column(
          name: "shop", values: .categories(levels: levels, codes: series.map { Int32(levels.firstIndex(of: $0)!) })))
    }
    return Table(source: "a.csv", columns: columns)
  }

  /// Hours of the night in which clocks are set back stand twice, that of the spring is missing; rows out of order.
  func testGapsDoublesAndOrder() throws {
    let start = seconds(2021, 3, 28)
    let hours: [Double] = [0, 1, 3, 5, 4, 6, 6, 7]
    let values: [Double] = [10, 11, 13, 15, 14, 16, 18, 17]
    let found = try ForecastTable(
      table(hours.map { start + $0 * 3600 }, values), ForecastOptions(columns: ["y"], horizon: 1))
    XCTAssertEqual(found.season, 24)
    XCTAssertEqual(found.series[0].values, [10, 11, 12, 13, 14, 15, 17, 17])
    XCTAssertEqual(found.series[0].isKnown, [true, true, false, true, true, true, true, true])
    let text = found.facts.map { "\($0.term): \($0.text)" }.joined(separator: "\n")
    for part in [
      "steps of 1 hour", "1 rows were not in the order", "1 rows stand at a time", "set back for the winter",
      "1 of 8 steps are missing",
    ] {
      XCTAssert(text.contains(part), "\(part) in \(text)")
    }
  }

  func testSeveralSeries() throws {
    let days = (0..<4).map { seconds(2021, 1, 1) + Double($0) * 86400 }
    let found = try ForecastTable(
      table(days + days.dropFirst(), [1, 2, 3, 4, 20, 30, 40], series: ["a", "a", "a", "a", "b", "b", "b"]),
      ForecastOptions(columns: ["y"], horizon: 1, series: "shop"))
    XCTAssertEqual(found.series.map(\.name), ["a", "b"])
    XCTAssertEqual(found.series[1].values, [20, 30, 40])
    XCTAssertEqual(found.series[1].axis.text(0), "2021-01-02")
    XCTAssertThrowsError(try ForecastTable(table(days, [1, 2, 3, 4]), ForecastOptions(columns: ["z"], horizon: 1)))
  }

  private func series(_ values: [Float]) -> ForecastSeries {
    ForecastSeries(
      name: "", column: "y", axis: TimeAxis(step: .row, start: 0), values: values,
      isKnown: values.map { _ in true })
  }

  func testWindows() {
    let values: [Float] = (0..<20).map { Float($0 * $0) }
    let geometry = ForecastGeometry(window: 2, horizon: 3, season: 2, calendarCount: 0, scales: [2])
    let windows = ForecastWindows.of([series(values)], geometry) { _ in 6..<12 }
    XCTAssertEqual(windows.origins.map(\.place), [6, 7, 8, 9])
    let batch = windows.batch([1])
    // From 7 on: steps 5 and 6, less those of two before, and less the last; then 7, 8, 9 less 5, 6, 5. All by 2.
    let recent: [Float] = [8, -5.5, 10, 0], ahead: [Float] = [12, 14, 28]
    XCTAssertEqual(batch.inputs.recent.scalars, recent)
    XCTAssertEqual(batch.targets.scalars, ahead)
    // What comes later is not seen.
    var later = values
    for place in 7..<20 { later[place] = .nan }
    let blind = ForecastWindows.of([series(later)], geometry) { _ in 6..<12 }.batch([1])
    XCTAssertEqual(blind.inputs.recent.scalars, batch.inputs.recent.scalars)
  }

  func testIntervalsCover() {
    let random = RandomGenerator(seed: 3)
    // Errors grow with the step, and in the test they are half as large again.
    func errors(_ count: Int, _ factor: Double) -> [[Double?]] {
      (0..<count).map { _ in
        let drawn = random.normal([4]).scalars
        var window: [Double?] = []
        for step in 0..<4 { window.append(Double(drawn[step]) * factor * Double(step + 1)) }
        return window
      }
    }
    let result = ForecastIntervals.backtest(validation: errors(200, 1), test: errors(1500, 1.5), horizon: 4)
    XCTAssertEqual(Double(result.covered[1]) / Double(result.count), 0.95, accuracy: 0.015)
    XCTAssertEqual(Double(result.covered[0]) / Double(result.count), 0.8, accuracy: 0.03)
    XCTAssertGreaterThan(result.last.radius(3, level: 1), 2 * result.last.radius(0, level: 1))
    XCTAssertEqual(result.last.radius(15, level: 0), 2 * result.last.radius(3, level: 0), accuracy: 1e-9)
  }

  private func task(seed: UInt64 = 0) throws -> (ForecastTask, RunOptions) {
    let noise = RandomGenerator(seed: 9).normal([200]).scalars
    let season = [3.0, 8, 1, 0, 5, 2, 9, 4, 7, 6, 2, 1]
    let values: [Double] = (0..<200).map { step in
      let trend = 0.1 * Double(step), error = 0.1 * Double(noise[step])
      return season[step % 12] + trend + error
    }
    let times = (0..<200).map { seconds(2000 + $0 / 12, $0 % 12 + 1, 1) }
    var options = RunOptions(source: RunSource(recipe: "forecast-elec-equip"), settings: ForecastRecipe.usual)
    options.validationShare = 0.1
    options.testShare = 0.15
    options.settings.epochs = 8
    return (
      try ForecastTask(table(times, values), ForecastOptions(columns: ["y"], horizon: 6), options, facts: []), options
    )
  }

  /// A season and a trend: the trend alone is what the naive forecast lacks.
  func testLearnsATrend() throws {
    let (task, options) = try task()
    RandomGenerator.shared.reset(seed: 1)
    var model = task.makeModel(options)
    let trainer = task.makeTrainer(model, options)
    trainer.options.epochs = 8
    trainer.options.batchSize = 16
    _ = try trainer.fit(task.training, validation: task.validation!)
    model = task.finished(model, options)
    let test = task.test(of: model)
    XCTAssertGreaterThan(test.scores[Metric.gainOverNaive]!, 0.7)
    XCTAssertEqual(test.plots.count, 1)

    // Without a file it goes on from the end, and further than it has learned.
    let answers = try model.answers(of: [], InputOptions(horizon: 14)) { _ in }
    XCTAssertEqual(answers.csvHeader, ["time", "predicted_y", "lower_80", "upper_80", "lower_95", "upper_95"])
    XCTAssertEqual(answers.count, 14)
    XCTAssertEqual(answers.csvFields(0)[0], "2016-09-01")
    let fields = answers.csvFields(0).dropFirst().compactMap { Double($0) }
    XCTAssert(fields[3] < fields[1] && fields[1] < fields[0] && fields[0] < fields[2] && fields[2] < fields[4])
    // Twelve steps on it is a season later, by the trend of a year higher.
    XCTAssertEqual(answers.values[13] - answers.values[1], 1.2, accuracy: 0.5)
  }

  func testTooShortSeries() {
    let options = RunOptions(source: RunSource(recipe: "forecast-elec-equip"), settings: ForecastRecipe.usual)
    let times = (0..<30).map { seconds(2000 + $0 / 12, $0 % 12 + 1, 1) }
    XCTAssertThrowsError(
      try ForecastTask(
        table(times, times), ForecastOptions(columns: ["y"], horizon: 12), options, facts: [])
    ) { XCTAssert("\($0)".contains("steps for a horizon of 12"), "\($0)") }
  }
}
