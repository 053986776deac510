import Foundation
import Myelin
import XCTest

/// How rows are divided by a column, and what is told of columns.
final class DivisionTests: XCTestCase {
  private func table(_ text: String) throws -> Table { try Table(csv: Array(text.utf8), source: "a.csv") }

  func testByTime() throws {
    let rows = (0..<50).map { "2023-01-\($0 % 28 + 1),\($0),\($0 % 2)\n" }.shuffledByHash()
    let table = try table("day,x,y\n" + rows.joined())
    let data = try TabularData(table, target: "y", division: .time("day"), validation: 0.2, test: 0.2)
    let days = try table.numbers("day")
    let latest = { (rows: [Int]) in rows.map { days[$0] }.max()! }
    let first = { (rows: [Int]) in rows.map { days[$0] }.min()! }
    XCTAssertEqual(data.split.test.count, 10)
    XCTAssertEqual(data.split.validation.count, 10)
    XCTAssertLessThanOrEqual(latest(data.split.training), first(data.split.validation))
    XCTAssertLessThanOrEqual(latest(data.split.validation), first(data.split.test))
    XCTAssertEqual(Set(data.split.training + data.split.validation + data.split.test).count, 50)
    XCTAssertEqual(Split(order: [3, .nan, 1, 2], test: 0.5).training, [1, 2])
    XCTAssertTrue(
      errorLine { try TabularData(self.table("k,x,y\na,1,1\nb,2,0\na,3,1\n"), target: "y", division: .time("k")) }
        .hasPrefix("a.csv: column \"k\": expected dates or numbers to divide the rows by"))
  }

  func testByGroups() throws {
    let table = try table("who,x,y\n" + (0..<200).map { "p\($0 % 23),\($0),\($0 % 2)\n" }.joined())
    guard case .categories(_, let codes) = try table.column(named: "who").values else { return XCTFail("no groups") }
    for seed in 0..<5 as Range<UInt64> {
      let split = try TabularData(
        table, target: "y", division: .groups("who"), validation: 0.2, test: 0.2, seed: seed
      ).split
      let groups = [split.training, split.validation, split.test].map { Set($0.map { codes[$0] }) }
      XCTAssertTrue(groups[0].isDisjoint(with: groups[1]) && groups[0].isDisjoint(with: groups[2]))
      XCTAssertTrue(groups[1].isDisjoint(with: groups[2]))
      XCTAssertEqual(split.test.count, 40, accuracy: 10)
      XCTAssertEqual(split.validation.count, 40, accuracy: 10)
      XCTAssertEqual(split.training.count + split.validation.count + split.test.count, 200)
    }
    XCTAssertTrue(
      errorLine { try TabularData(self.table("k,x,y\na,1,1\na,2,0\na,3,1\n"), target: "y", division: .groups("k")) }
        .contains("at least two groups"))
  }

  func testWarnings() throws {
    func warnings(_ text: String, _ target: String) throws -> [String] {
      let table = try table(text)
      let encoder = try TargetEncoder(fitting: table, column: target)
      let features = try FeatureEncoder(fitting: table, target: target)
      return try ColumnWarnings.of(table, target: encoder, features: features, rows: Array(0..<table.rowCount))
    }
    // Known only afterwards: a date, or a reason, where the answer is yes.
    let leaks = try warnings(
      "x,when,twin,y\n"
        + (0..<200).map {
          "\($0 * 37 % 101),\($0 % 3 == 0 ? "2024-01-\($0 % 28 + 1)" : ""),\($0 * 37 % 101 * 2),\($0 % 3 == 0 ? 1 : 0)\n"
        }.joined(),
      "y")
    XCTAssertEqual(
      leaks,
      [
        "possible leak: when alone gives 100.0% of the classes; is it known before y?",
        "x and twin are nearly the same column",
      ])
    let numbers = try warnings(
      "x,z,y\n" + (0..<400).map { "\($0).5,\($0 * 37 % 101),\($0 * $0 / 7).25\n" }.joined(), "y")
    XCTAssertEqual(numbers.count, 1)
    XCTAssertTrue(numbers[0].hasPrefix("possible leak: x alone gives R² 0.99"), numbers[0])
    // What chance explains is none, nor are names.
    XCTAssertEqual(
      try warnings("k,x,y\n" + (0..<300).map { "k\($0 % 90),\($0 * 37 % 101),\($0 * 31 % 7 % 2)\n" }.joined(), "y"), [])
    XCTAssertEqual(
      try warnings(
        "x,y\n" + (0..<300).map { "\($0 * 37 % 101),\($0 == 7 ? "rare" : $0 % 2 == 0 ? "a" : "b")\n" }.joined(), "y"),
      ["fewer than 10 training rows: class \"rare\" (1)"])
    let skewed = try warnings(
      "x,y\n" + (0..<300).map { "\($0 * 37 % 101),\($0 == 9 ? 1e6 : Double($0 % 40) + 0.5)\n" }.joined(), "y")
    XCTAssertTrue(skewed.contains { $0.hasPrefix("y is skewed (skewness 17.2)") }, "\(skewed)")
  }

  func testSummaries() throws {
    let table = try table(
      "id;price;when;size;ok;note;same;y\n"
        + (0..<100).map {
          "\($0);\($0 % 9),50 €;\($0 % 28 + 1).3.2023;\(["low", "medium", "high"][$0 % 3]);\($0 % 2 == 0 ? "ja" : "nein");a word \($0) of many here;1;\($0 % 2)\n"
        }.joined())
    let encoder = try FeatureEncoder(fitting: table, target: "y")
    let lines = encoder.summaries(of: table, target: "y").map { "\($0.name): \($0.kind): \($0.treatment)" }
    XCTAssertEqual(
      lines,
      [
        "id: number: left out: it names the rows", "price: number, as \"0,50 €\": standardised",
        "when: date, as \"1.3.2023\": time, day, weekday", "size: 3 ordered categories: one feature a value, rank",
        "ok: yes/no: one feature a value", "note: text: 64 features of its words",
        "same: number: left out: one value only",
        "y: number: predicted",
      ])
  }

  /// Words have the weights that their definition says, and none from rows that were not trained on.
  func testWords() throws {
    let texts = (0..<60).map { "the \($0 % 2 == 0 ? "red" : "blue") house number \($0)" }
    let table = try table("t,y\n" + texts.enumerated().map { "\($1),\($0 % 2)\n" }.joined())
    let encoder = try FeatureEncoder(fitting: table, target: "y")
    XCTAssertEqual(encoder.groups.map(\.kind), [.text])
    let rows = try encoder.encode(table)
    let width = encoder.featureCount
    for row in 0..<60 {
      let words = rows[row * width..<row * width + width / 2]
      XCTAssertEqual(words.reduce(0) { $0 + $1 * $1 }, 0.25 * Float(width / 2), accuracy: 1e-3)
    }
    XCTAssertEqual(Array(rows[..<width]), try encoder.encode(self.table("t\nTHE red; house-number 0\n", encoder)))
    let again = try JSONDecoder().decode(FeatureEncoder.self, from: JSONEncoder().encode(encoder))
    XCTAssertEqual(again, encoder)
    let half = try FeatureEncoder(fitting: table, target: "y", rows: Array(0..<30))
    XCTAssertEqual(half, try FeatureEncoder(fitting: table.rows(Array(0..<30)), target: "y"))
  }

  private func table(_ text: String, _ encoder: FeatureEncoder) throws -> Table {
    try Table(csv: Array(text.utf8), source: "a.csv", options: encoder.csvOptions())
  }
}

extension Array where Element == String {
  /// Another order, always the same.
  fileprivate func shuffledByHash() -> [String] {
    enumerated().sorted { ($0.offset * 7919 % 101, $0.offset) < ($1.offset * 7919 % 101, $1.offset) }.map(\.element)
  }
}
