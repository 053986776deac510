import Foundation
import Myelin
import XCTest

/// The values of a column, for tests.
extension Table {
  func numbers(_ name: String, file: StaticString = #filePath, line: UInt = #line) throws -> [Double] {
    switch try column(named: name).values {
    case .numbers(let numbers): return numbers
    case .dates(let dates): return dates
    case .categories:
      XCTFail("\(name) is a column of categories", file: file, line: line)
      return []
    }
  }

  func kinds() -> [String: ColumnKind] { Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.kind) }) }
}

/// The files of `Tests/cases`, each of which once failed, and what is right for them.
final class TableCaseTests: XCTestCase {
  private func table(_ name: String) throws -> Table {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../cases/\(name)")
    return try Table(csv: url)
  }

  func testGermanExport() throws {
    let table = try table("de_semicolon.csv")
    XCTAssertEqual(table.dialect?.delimiter, UInt8(ascii: ";"))
    XCTAssertEqual(table.dialect?.decimalMark, .comma)
    XCTAssertEqual(table.dialect?.hasByteOrderMark, true)
    XCTAssertEqual(
      table.kinds(),
      [
        "Objekt-Nr": .category, "Stadt": .category, "Wohnfläche": .number, "Zimmer": .number, "Baujahr": .number,
        "Balkon": .category, "Datum": .date, "Kaltmiete": .number,
      ])
    XCTAssertEqual(try table.numbers("Kaltmiete")[..<2], [2133.52, 1370.91])
    XCTAssertEqual(try table.numbers("Wohnfläche")[0], 93.6)
    // 2023-09-03
    XCTAssertEqual(try table.numbers("Datum")[0], 1_693_699_200)
    let encoder = try FeatureEncoder(fitting: table, target: "Kaltmiete")
    XCTAssertEqual(encoder.identifierColumns, ["Objekt-Nr"])
  }

  func testDelimitersAndHeaders() throws {
    XCTAssertEqual(try table("tabs.tsv").dialect?.delimiter, UInt8(ascii: "\t"))
    XCTAssertEqual(try table("tabs.tsv").kinds()["income"], .number)
    XCTAssertEqual(try table("sepline.csv").columnNames, ["a", "b", "y"])
    XCTAssertEqual(try table("sepline.csv").lines[0], 3)
    XCTAssertEqual(try table("trailing.csv").columnNames, ["a", "b", "y"])
    XCTAssertEqual(try table("pandas_index.csv").columnNames, ["column_1", "a", "b", "y"])
    XCTAssertEqual(
      try FeatureEncoder(fitting: table("pandas_index.csv"), target: "y").identifierColumns, ["column_1"])
    XCTAssertEqual(try table("spaces.csv").columnNames, ["a", "b", "y"])
    for name in ["sepline.csv", "trailing.csv", "spaces.csv"] {
      XCTAssertEqual(try table(name).kinds(), ["a": .number, "b": .number, "y": .category], name)
    }
  }

  func testMissingValues() throws {
    let spellings = try table("missing_spellings.csv").column(named: "tenure")
    XCTAssertEqual(spellings.kind, .number)
    XCTAssertEqual(spellings.missingTexts["unknown"], 3)
    XCTAssertEqual(spellings.missingTexts.values.reduce(0, +), spellings.missingCount)
    XCTAssertTrue(
      Set(["nan", "null", "n/a", "NA", "N/A", "?", "None", "NULL"]).isSubset(of: spellings.missingTexts.keys))
    XCTAssertEqual(try table("null-in-numbers.csv").kinds()["v"], .number)
    let country = try table("country-na.csv").column(named: "country")
    XCTAssertEqual(country.missingTexts, ["NA": 20])
  }

  func testMoneyAndPerCent() throws {
    let table = try table("currency_percent.csv")
    for name in ["tenure", "discount", "MonthlyCharges", "income", "tickets"] {
      XCTAssertEqual(try table.column(named: name).kind, .number, name)
    }
    XCTAssertEqual(try table.numbers("discount")[..<3], [5, 15, 5])
    XCTAssertEqual(try table.numbers("MonthlyCharges")[2], 82.81)
    XCTAssertEqual(try table.numbers("income")[0], 54756)
  }

  func testDates() throws {
    let table = try table("datetime.csv")
    XCTAssertEqual(table.kinds()["datetime"], .date)
    let encoder = try FeatureEncoder(fitting: table, target: "count")
    let names = encoder.groups.filter { $0.column == "datetime" }.map { "\($0.names[0]) \($0.kind.rawValue)" }
    for part in ["month number", "day number", "weekday number", "hour number", "hour sin cycle"] {
      XCTAssertTrue(names.contains("datetime \(part)"), "\(part) in \(names)")
    }
    XCTAssertLessThan(encoder.featureCount, 40)
  }

  func testNames() throws {
    let customers = try table("id_zip_columns.csv")
    let encoder = try FeatureEncoder(fitting: customers, target: "Churn")
    XCTAssertEqual(encoder.identifierColumns, ["customerID"])
    XCTAssertEqual(customers.kinds()["signup_date"], .date)
    let loans = try FeatureEncoder(fitting: table("leaky_id_constant.csv"), target: "defaulted")
    XCTAssertEqual(loans.identifierColumns, ["id"])
    XCTAssertEqual(loans.constantColumns, ["country"])
    for (name, column, count) in [("labels-19-digits.csv", "id", 3), ("ids-with-e.csv", "commit", 2)] {
      guard case .categories(let levels, _) = try table(name).column(named: column).values else {
        XCTFail("\(name) has numbers")
        continue
      }
      XCTAssertEqual(levels.count, count)
    }
  }

  func testTaskOfCounts() throws {
    let goals = try table("counts.csv").column(named: "goals")
    XCTAssertEqual(TargetEncoder.choice(of: goals).task, .regression)
  }
}
