import Foundation
import Myelin
import XCTest

extension Table.Values {
  fileprivate var levelCount: Int {
    if case .categories(let levels, _) = self { levels.count } else { 0 }
  }
}

final class CSVTests: XCTestCase {
  private func table(_ text: String, _ change: (inout CSVOptions) -> Void = { _ in }) throws -> Table {
    var options = CSVOptions()
    change(&options)
    return try Table(csv: Array(text.utf8), source: "a.csv", options: options)
  }

  private func numbers(_ table: Table, _ name: String) throws -> [Double] {
    guard case .numbers(let values) = try table.column(named: name).values else {
      XCTFail("\(name) is not a column of numbers")
      return []
    }
    return values
  }

  private func texts(_ table: Table, _ name: String) throws -> [String?] {
    guard case .categories(let levels, let codes) = try table.column(named: name).values else {
      XCTFail("\(name) is not a column of categories")
      return []
    }
    return codes.map { $0 < 0 ? nil : levels[Int($0)] }
  }

  func testNumbersAndCategories() throws {
    let table = try table("x,kind,y\n1,b,-0.5\n2.5e3,a,.25\n+3,b,1E-2\n")
    XCTAssertEqual(table.rowCount, 3)
    XCTAssertEqual(try numbers(table, "x"), [1, 2500, 3])
    XCTAssertEqual(try numbers(table, "y"), [-0.5, 0.25, 0.01])
    XCTAssertEqual(
      try table.column(named: "kind").values, .categories(levels: ["a", "b"], codes: [1, 0, 1]))
  }

  func testQuotesLineEndsAndByteOrderMark() throws {
    let table = try table("\u{FEFF}\"na,me\",n\r\n\"a \"\"b\"\"\",1\r\n\"line\r\nbreak\",2\r\n\"\",3\r\nWD ,\"4\"")
    XCTAssertEqual(table.columnNames, ["na,me", "n"])
    XCTAssertEqual(try texts(table, "na,me"), ["a \"b\"", "line\r\nbreak", nil, "WD"])
    XCTAssertEqual(try numbers(table, "n"), [1, 2, 3, 4])
    XCTAssertEqual(table.lines, [2, 3, 5, 6])
  }

  func testLoneCarriageReturnEndsALine() throws {
    XCTAssertEqual(try numbers(table("a,b\r1,2\r3,4\r"), "b"), [2, 4])
  }

  func testMissingValues() throws {
    let table = try table("x,k\n,a\nNA,?\n ? ,NA\nNaN,b\n 7 ,\n")
    XCTAssertEqual(try numbers(table, "x").map(\.isNaN), [true, true, true, true, false])
    XCTAssertEqual(try texts(table, "k"), ["a", nil, nil, "b", nil])
    XCTAssertEqual(try table.column(named: "k").missingCount, 3)
    // The name NA is a name where the caller says so.
    let names = try self.table("x,k\n1,NA\n2,Ann\n") { $0.missing = [""] }
    XCTAssertEqual(try texts(names, "k"), ["NA", "Ann"])
    XCTAssertEqual(try names.droppingMissing(in: "k").rowCount, 2)
    XCTAssertEqual(try table.droppingMissing(in: "k").lines, [2, 5])
  }

  func testTextInANumberColumn() throws {
    XCTAssertEqual(
      errorLine { try table("x,y\n1,2\nabc,3\n") { $0.kinds["x"] = .number } },
      "a.csv, line 3: column \"x\": expected a number, found \"abc\"")
    // Inferred from the other rows.
    XCTAssertEqual(
      errorLine { try table("x,y\n1,2\n2,3\n3,3\n4,3\n5,ab\tc\n") },
      "a.csv, line 6: column \"y\": expected a number, as in 4 other rows, found \"ab\\tc\"")
    // A column in which text is common is one of categories.
    let doors = try table("doors\n2\n3\n4\n5more\n")
    XCTAssertEqual(try texts(doors, "doors"), ["2", "3", "4", "5more"])
    XCTAssertEqual(try texts(table("x\n1\n2\n") { $0.kinds["x"] = .category }, "x"), ["1", "2"])
    // No number of a Double.
    XCTAssertTrue(errorLine { try table("x\n1\n1\n1\n1\n1\n1e999\n") }.hasPrefix("a.csv, line 7: column \"x\""))
    XCTAssertTrue(errorLine { try table("x\n1\n1\n1\n1\n1\ninf\n") }.hasPrefix("a.csv, line 7: column \"x\""))
  }

  func testRaggedRows() {
    XCTAssertEqual(
      errorLine { try table("a,b,c\n1,2,3\n1,2\n") }, "a.csv, line 3: expected 3 fields, as in the first row, found 2")
    XCTAssertEqual(
      errorLine { try table("a,b\n\"x\ny\",2\n1,2,3,4\n") },
      "a.csv, line 4: expected 2 fields, as in the first row, found 4")
  }

  func testEmptyAndHeaderOnly() {
    XCTAssertEqual(errorLine { try table("") }, "a.csv: the file is empty: expected a CSV header")
    XCTAssertEqual(errorLine { try table("a,b\n") }, "a.csv: the file has a header but no rows")
    XCTAssertEqual(errorLine { try table("a,b\n\n\n") }, "a.csv: the file has a header but no rows")
  }

  func testHeaderMistakes() {
    XCTAssertEqual(
      errorLine { try table("a,b\n1,2\n") { $0.kinds["B"] = .number } }, "a.csv: no column \"B\"; did you mean \"b\"?")
    XCTAssertTrue(errorLine { try table("a\u{0}b\n1\n") }.contains("zero byte"))
  }

  func testUnknownColumnListsCloseNames() throws {
    let table = try table("petal width (cm),petal length (cm),species\n1,2,a\n")
    XCTAssertEqual(
      errorLine { try table.column(named: "specis") }, "a.csv: no column \"specis\"; did you mean \"species\"?")
    XCTAssertEqual(
      errorLine { try table.column(named: "petal") },
      "a.csv: no column \"petal\"; did you mean \"petal length (cm)\" or \"petal width (cm)\"?")
    XCTAssertEqual(
      errorLine { try table.column(named: "zzz") },
      "a.csv: no column \"zzz\"; there are: \"petal width (cm)\", \"petal length (cm)\", \"species\"")
  }

  func testBrokenQuotesAndEncodings() {
    XCTAssertEqual(
      errorLine { try table("a,b\n1,\"open\n2,3\n") }, "a.csv, line 2: a quoted field is never closed: expected \"")
    XCTAssertEqual(
      errorLine { try table("a,b\n1,\"x\"y\n") },
      "a.csv, line 2: after a closing quote: expected a delimiter or the end of the line, found \"y\"")
    XCTAssertEqual(
      errorLine {
        var options = CSVOptions()
        options.encoding = .utf8
        _ = try Table(csv: [0x61, 0x0a, 0x78, 0x0a, 0xff, 0x0a], source: "a.csv", options: options)
      }, "a.csv, line 3: text encoding: expected UTF-8, found the byte 0xff")
    // More right characters than wrong ones: damaged, not in another encoding.
    XCTAssertEqual(
      errorLine { try Table(csv: Array("a\né\nü\n".utf8) + [0xff, 0x0a], source: "a.csv") },
      "a.csv, line 4: text encoding: expected UTF-8, found the byte 0xff")
  }

  func testDelimiterAndNoHeader() throws {
    let table = try table("1;a\n2;b\n") {
      $0.delimiter = UInt8(ascii: ";")
      $0.hasHeader = false
    }
    XCTAssertEqual(table.columnNames, ["column_1", "column_2"])
    XCTAssertEqual(try numbers(table, "column_1"), [1, 2])
    XCTAssertEqual(table.lines, [1, 2])
  }

  /// Issues of real files: each spelling is a missing value, and told with its number.
  func testMissingSpellings() throws {
    let spellings = ["NULL", "N/A", "n/a", "null", "None", "-", "#N/A", " "]
    let rows = (0..<40).map { "\($0)" } + spellings + ["NULL"]
    let table = try table("x,k\n" + rows.map { "\($0),\(Int($0) == nil ? $0 : "a")\n" }.joined())
    for column in table.columns {
      XCTAssertEqual(column.missingCount, 9)
      XCTAssertEqual(
        column.missingTexts, ["NULL": 2, "N/A": 1, "n/a": 1, "null": 1, "None": 1, "-": 1, "#N/A": 1, "": 1])
    }
    XCTAssertEqual(try numbers(table, "x").prefix(40), (0..<40).map(Double.init)[...])
    XCTAssertEqual(try numbers(self.table("v\nnull\n1\nnull\n2\n"), "v").map(\.isNaN), [true, false, true, false])
  }

  /// A text that its number would not give back is a name.
  func testNamesThatLookLikeNumbers() throws {
    XCTAssertEqual(
      try texts(table("id\n0e46209\n0e83040\n0e46209\n"), "id"), ["0e46209", "0e83040", "0e46209"])
    let long = ["1234567890123456789", "1234567890123456768", "16699327784941023797"]
    XCTAssertEqual(Set(try texts(table("id\n" + long.joined(separator: "\n") + "\n"), "id")), Set(long))
    XCTAssertEqual(try texts(table("zip\n00501\n10115\n"), "zip"), ["00501", "10115"])
    // Numbers, as programs write them.
    let plain = [
      "0", "-0", "+3", "0.0", "0e0", "0.000000e+00", "1e5", "007.5", "0.1234567890123456789", "9007199254740992",
    ]
    XCTAssertEqual(try numbers(table("x\n" + plain.joined(separator: "\n") + "\n"), "x"), plain.map { Double($0)! })
    // One among many is rounded, and no mistake.
    XCTAssertEqual(try numbers(table("x\n1\n2\n3\n4\n9007199254740993\n"), "x").last, 9007199254740992)
    XCTAssertEqual(try numbers(table("x\n00501\n") { $0.kinds["x"] = .number }, "x"), [501])
  }

  func testBlanksDoNotBelongToAValue() throws {
    let table = try table("k,n\n a ,1\n\"a \",2\nb, 3\n")
    XCTAssertEqual(try table.column(named: "k").values, .categories(levels: ["a", "b"], codes: [0, 0, 1]))
  }

  /// Time grows with the number of levels, not with its square.
  func testManyLevelsAreFast() throws {
    func seconds(_ count: Int) throws -> Double {
      let text = "id,y\n" + (0..<count).map { "user\($0 &* 7919 % count),\($0 % 2)\n" }.joined()
      let bytes = Array(text.utf8)
      let start = DispatchTime.now().uptimeNanoseconds
      let table = try Table(csv: bytes, source: "a.csv")
      let encoder = try FeatureEncoder(fitting: table, target: nil)
      XCTAssertEqual(encoder.identifierColumns, ["id"])
      XCTAssertEqual(table.columns[0].values.levelCount, count)
      return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    }
    let (small, large) = (try seconds(20_000), try seconds(160_000))
    // 8 times as many rows; a square would be 64 times.
    XCTAssertLessThan(large, 30 * max(small, 0.001))
  }

  func testBlankLines() throws {
    XCTAssertEqual(try table("a,b\n1,2\n\n3,4\n\n").rowCount, 2)
    XCTAssertEqual(try numbers(table("a\n1\n\n3\n\n"), "a").map(\.isNaN), [false, true, false])
  }

  func testLevelsAreSortedByValueWhenTheyAreNumbers() throws {
    let table = try table("k\n10\n9\n-1\n") { $0.kinds["k"] = .category }
    XCTAssertEqual(try table.column(named: "k").values, .categories(levels: ["-1", "9", "10"], codes: [2, 1, 0]))
  }

  /// One letter in two encodings: one level.
  func testEquivalentUnicode() throws {
    let table = try table("k\ncaf\u{e9}\ncafe\u{301}\n")
    guard case .categories(let levels, let codes) = table.columns[0].values else { return XCTFail("not categories") }
    XCTAssertEqual(levels.count, 1)
    XCTAssertEqual(codes, [0, 0])
  }

  func testNumbersAreRoundedCorrectly() throws {
    let texts = [
      "0.1", "123456789.123456789", "9007199254740993", "1e22", "1e23", "4.9e-324", "1.7976931348623157e308",
      "2.2250738585072011e-308", "0.000001", "3.14159265358979323846264338327950288", "1e-400", "-0", "5.",
      "18446744073709551616", "00000000000000000000000000000001.5", "8.5e-23", "179769313486231570000e288",
    ]
    let table = try table("x\n" + texts.joined(separator: "\n") + "\n")
    let expected = texts.map { Double($0.hasSuffix(".") ? $0 + "0" : $0)! }
    XCTAssertEqual(try numbers(table, "x").map(\.bitPattern), expected.map(\.bitPattern))
  }

  func testManyLevelsAndRows() throws {
    let text = "id,n\n" + (0..<5000).map { "name\($0 * 7919 % 5000),\($0)\n" }.joined()
    let table = try table(text)
    XCTAssertEqual(try texts(table, "id"), (0..<5000).map { "name\($0 * 7919 % 5000)" })
    XCTAssertEqual(try numbers(table, "n"), (0..<5000).map(Double.init))
  }

  func testWritingQuotesWhereNeeded() throws {
    let row = CSV.row(["a", "b,c", "say \"x\"", "WD ", "two\nlines"])
    XCTAssertEqual(row, "a,\"b,c\",\"say \"\"x\"\"\",WD ,\"two\nlines\"\n")
    let table = try table("p,q,r,s,t\n" + row)
    XCTAssertEqual(try texts(table, "r"), ["say \"x\""])
    XCTAssertEqual(try texts(table, "t"), ["two\nlines"])
  }

  func testMissingFileAndFolder() throws {
    let folder = try temporaryFolder(self)
    let missing = folder.appendingPathComponent("none.csv")
    XCTAssertEqual(errorLine { try Table(csv: missing) }, "\(missing.path): cannot be opened: no such file or folder")
    XCTAssertTrue(errorLine { try Table(csv: folder) }.hasSuffix("is a folder: expected a file"))
  }

  func testDamagedFilesNeverTrap() {
    let text = "x,k,y\n1,\"a, b\",2.5\n-3e5,\"c\"\"d\",\n,é,7\r\n12345678901234567890123,z,1\n"
    fuzz(Array(text.utf8), seed: 1, flips: 3000) { _ = try Table(csv: $0, source: "a.csv") }
  }
}
