import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class VolatilityTests: XCTestCase {
  /// As in Tests/golden/garch.py.
  private func changes() -> [Double] {
    var (state, h) = (12345, 1.0)
    return (0..<2000).map { _ in
      var shock = -6.0
      for _ in 0..<12 {
        state = (1_103_515_245 * state + 12345) % 2_147_483_648
        shock += Double(state) / 2_147_483_648
      }
      let change = h.squareRoot() * shock
      h = 0.05 + 0.1 * change * change + 0.85 * h
      return change
    }
  }

  /// The largest likelihood is where arch finds it.
  func testGARCH() {
    let changes = changes(), model = GARCH(fitting: changes)
    XCTAssertEqual(model.omega, 0.05185, accuracy: 1e-3)
    XCTAssertEqual(model.alpha, 0.11615, accuracy: 1e-3)
    XCTAssertEqual(model.beta, 0.83009, accuracy: 2e-3)
    let variances = model.variances(of: changes)
    XCTAssertEqual(variances.count, 2001)
    XCTAssertEqual(variances[1999], 1.06595, accuracy: 3e-3)
    XCTAssertEqual(variances[2000], 0.94307, accuracy: 3e-3)
  }

  private func table(_ days: Int, change: (Int) -> Double = { sin(Double($0 * $0)) }) throws -> Table {
    var (text, rate) = ("date,USD,JPY\n", 1.0)
    for day in 0..<days {
      rate *= 1 + 0.01 * change(day)
      let date = Date(timeIntervalSince1970: 86400 * Double(10000 + day)).ISO8601Format().prefix(10)
      text += "\(date),\(rate),\(100 / rate)\n"
    }
    return try Table(csv: Array(text.utf8), source: "rates.csv")
  }

  /// What is told of a day follows from the days before it alone.
  func testNoLookAhead() throws {
    let first = try RateReturns(table(300), currencies: nil)
    let second = try RateReturns(table(300) { $0 < 280 ? sin(Double($0 * $0)) : 3 }, currencies: nil)
    XCTAssertEqual(first.currencies, ["USD", "JPY"])
    let (a, b) = (VolatilityFeatures(first), VolatilityFeatures(second))
    // The change of day 280 is the 279th; its features are known before it.
    let known = 280 * 2 * VolatilityFeatures.count
    XCTAssertEqual(a.values[..<known], b.values[..<known])
    XCTAssertNotEqual(a.values[known...], b.values[known...])
    XCTAssertEqual(a.values.count, 300 * 2 * VolatilityFeatures.count)
  }

  /// A Friday is followed by a Monday.
  func testNextWorkingDay() throws {
    let returns = try RateReturns(table(299), currencies: nil)
    XCTAssertEqual(RateReturns.weekday(0), 3)
    let (last, next) = (returns.days[returns.count - 1], returns.day(returns.count))
    XCTAssertEqual(RateReturns.weekday(last), 4)
    XCTAssertEqual(RateReturns.weekday(next), 0)
    XCTAssertEqual(next - last, 3)
  }

  func testBadRates() throws {
    func expect(_ text: String, _ message: String) {
      XCTAssertThrowsError(
        try RateReturns(Table(csv: Array(text.utf8), source: "rates.csv"), currencies: nil), message
      ) { XCTAssert("\($0)".contains(message), "\($0)") }
    }
    expect("a,b\n1,2\n3,4\n", "has no column of dates")
    expect("date,USD\n2020-01-02,1\n2020-01-01,2\n", "rates.csv, line 3")
    expect("date,USD\n2020-01-02,1\n2020-01-03,2\n", "at least 252")
    let lines = try table(260)
    XCTAssertThrowsError(try RateReturns(lines, currencies: ["CHF"])) { XCTAssert("\($0)".contains("CHF"), "\($0)") }
  }

  /// Nothing is gained where there is nothing to gain; a constant gain is found.
  func testStrength() {
    let noise = (0..<500).map { sin(Double($0 * $0)) }
    XCTAssertLessThan(abs(VolatilityJudgement.strength(noise)), 2)
    XCTAssertGreaterThan(VolatilityJudgement.strength(noise.map { $0 + 0.5 }), 5)
  }
}
