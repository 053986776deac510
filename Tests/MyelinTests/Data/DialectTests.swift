import Foundation
import Myelin
import XCTest

/// Files as people have them: what is recognised without being told.
final class DialectTests: XCTestCase {
  private func table(_ bytes: [UInt8], _ change: (inout CSVOptions) -> Void = { _ in }) throws -> Table {
    var options = CSVOptions()
    change(&options)
    return try Table(csv: bytes, source: "a.csv", options: options)
  }

  private func table(_ text: String, _ change: (inout CSVOptions) -> Void = { _ in }) throws -> Table {
    try table(Array(text.utf8), change)
  }

  private func repeated(_ header: String, _ row: (Int) -> String, _ count: Int = 30) -> String {
    header + "\n" + (0..<count).map { row($0) + "\n" }.joined()
  }

  func testEncodings() throws {
    let text = "Stadt;Größe\nKöln;5\nZürich;6\n€uro;7\n"
    let utf16 = Array(text.utf16)
    let little = utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    let big = utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    let windows = text.unicodeScalars.map { $0 == "€" ? 0x80 : UInt8($0.value) }
    for (bytes, encoding) in [
      (Array(text.utf8), TextEncoding.utf8), ([0xef, 0xbb, 0xbf] + Array(text.utf8), .utf8),
      ([0xff, 0xfe] + little, .utf16LittleEndian), ([0xfe, 0xff] + big, .utf16BigEndian),
      (little, .utf16LittleEndian), (big, .utf16BigEndian), (windows, .windows1252),
    ] {
      let read = try table(bytes)
      XCTAssertEqual(read.dialect?.encoding, encoding)
      XCTAssertEqual(read.columnNames, ["Stadt", "Größe"])
      XCTAssertEqual(
        try read.column(named: "Stadt").values, .categories(levels: ["Köln", "Zürich", "€uro"], codes: [0, 1, 2]))
    }
    XCTAssertEqual(
      errorLine { try table([0xff, 0xfe] + little + [0x41]) },
      "a.csv, byte \(little.count + 2): truncated: UTF-16LE text of an odd number of bytes")
    XCTAssertEqual(
      errorLine { try table([0xff, 0xfe] + little + [0x00, 0xd8, 0x41, 0x00]) },
      "a.csv, byte \(little.count + 2): half of a surrogate pair: expected UTF-16LE text")
    // A tab-separated text as Excel writes it.
    let excel = "Name\tPreis\r\nA\t1.234,50\r\nB\t2,5\r\n"
    let unicode = try table([0xff, 0xfe] + excel.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
    XCTAssertEqual(try unicode.numbers("Preis"), [1234.5, 2.5])
  }

  func testDelimiters() throws {
    for (delimiter, other) in [(",", ";"), (";", ","), ("\t", ","), ("|", ",")] {
      let text = repeated("a\(delimiter)note\(delimiter)y") {
        "\($0)\(delimiter)one\(other) two\($0 % 3 == 0 ? other : "")\(delimiter)\($0 % 2)"
      }
      let read = try table(text)
      XCTAssertEqual(read.dialect?.delimiter, Array(delimiter.utf8)[0])
      XCTAssertEqual(read.columnNames, ["a", "note", "y"])
    }
    // Decimal commas are no delimiters, with or without a header.
    XCTAssertEqual(try table(repeated("x;y") { "\($0),5;\($0 + 1),25" }).numbers("y")[2], 3.25)
    let bare = try table(repeated("1,5;2,5") { "\($0),5;\($0 + 1),25" })
    XCTAssertEqual(bare.columnNames, ["column_1", "column_2"])
    XCTAssertEqual(bare.rowCount, 31)
    // Quoted fields hold delimiters and line breaks.
    let quoted = try table(repeated("id;text;y") { "k\($0 % 4);\"one; \"\"two\"\",\nthree\";\($0)" })
    XCTAssertEqual(quoted.columnNames, ["id", "text", "y"])
    XCTAssertEqual(quoted.lines[1], 4)
  }

  func testAboveTheHeader() throws {
    let rows = { (index: Int) in "\(index),\(index % 2)" }
    XCTAssertEqual(try table("# made by x\n# 2023\n" + repeated("a,b", rows)).columnNames, ["a", "b"])
    XCTAssertEqual(try table("sep=,\n" + repeated("a,b", rows)).columnNames, ["a", "b"])
    XCTAssertEqual(try table("\"sep=,\"\r\n" + repeated("a,b", rows)).columnNames, ["a", "b"])
    XCTAssertEqual(try table("Sales of 2023\n\n" + repeated("a,b", rows)).columnNames, ["a", "b"])
    XCTAssertEqual(try table("Sales of 2023\n\n" + repeated("a,b", rows)).lines[0], 4)
    XCTAssertEqual(try table("#a,b\n" + repeated("0,1", rows)).columnNames, ["a", "b"])
    XCTAssertEqual(try table("#a,b\n" + repeated("0,1", rows)).rowCount, 31)
    XCTAssertEqual(
      try table("# x\n" + repeated("a,b", rows)).dialect?.description,
      "\",\" between fields, decimal point, UTF-8, 1 comment line")
  }

  func testHeaders() throws {
    let bare = try table(repeated("5.1,3.5,setosa") { "\($0).5,\($0),virginica" })
    XCTAssertEqual(bare.columnNames, ["column_1", "column_2", "column_3"])
    XCTAssertEqual(bare.rowCount, 31)
    XCTAssertEqual(bare.dialect?.hasHeader, false)
    XCTAssertEqual(
      try table(repeated("land,2019,2020") { "l\($0),\($0 * 3),7" }).columnNames, ["land", "2019", "2020"])
    XCTAssertEqual(try table(repeated("0,1,2") { "\($0 * 3).5,\($0),7" }).columnNames, ["0", "1", "2"])
    XCTAssertEqual(try table("name,city\nAnn,Oslo\nBob,Rome\n").columnNames, ["name", "city"])
    XCTAssertEqual(try table("1,2\n3,4\n") { $0.hasHeader = true }.columnNames, ["1", "2"])
    XCTAssertEqual(try table("a,b\n3,4\n") { $0.hasHeader = false }.rowCount, 2)
    // Names: none, twice, with blanks.
    let odd = try table(repeated("a, a ,,b") { "\($0),1,\($0),2" })
    XCTAssertEqual(odd.columnNames, ["a", "a_2", "column_3", "b"])
    // R writes row names without a name for them.
    XCTAssertEqual(try table(repeated("a,b") { "row\($0),\($0),1" }).columnNames, ["column_1", "a", "b"])
    XCTAssertEqual(try table(repeated("a,b,") { "\($0),1" }).columnNames, ["a", "b"])
    XCTAssertEqual(try table(repeated("a,b") { "\($0),1," }).columnNames, ["a", "b"])
  }

  func testNumberForms() throws {
    func values(_ texts: [String], _ change: (inout CSVOptions) -> Void = { _ in }) throws -> [Double]? {
      let column = try table("x;y\n" + texts.map { "\($0);1\n" }.joined(), change).columns[0]
      guard case .numbers(let numbers) = column.values else { return nil }
      return numbers
    }
    XCTAssertEqual(try values(["1.234,56 €", "2,5 €", "1.000 €"]), [1234.56, 2.5, 1000])
    XCTAssertEqual(try values(["1\u{202f}234,5", "12,25", "1\u{a0}000\u{a0}000,0"]), [1234.5, 12.25, 1_000_000])
    XCTAssertEqual(try values(["1'234.50", "5.25", "1’000’000.00"]), [1234.5, 5.25, 1_000_000])
    XCTAssertEqual(try values(["$1,234.50", "-$5", "$-6.5", "($7)"]), [1234.5, -5, -6.5, -7])
    XCTAssertEqual(try values(["12,5 %", "3 %", "0,25 %"]), [12.5, 3, 0.25])
    XCTAssertEqual(try values(["12 kg", "3.5 kg", "1,200 kg"]), [12, 3.5, 1200])
    XCTAssertEqual(try values(["12,34,567.5", "1,00,000.0"]), [1_234_567.5, 100_000])
    XCTAssertEqual(try values(["CHF 12.50", "CHF 7.00", "9"]), [12.5, 7, 9])
    XCTAssertEqual(try values(["\u{2212}5.5", "300-", "+4"]), [-5.5, -300, 4])
    // Open: the file's delimiter, or the option.
    XCTAssertEqual(try values(["1,234", "2,500"]), [1.234, 2.5])
    XCTAssertEqual(try values(["1,234", "2,500"]) { $0.decimal = .point }, [1234, 2500])
    XCTAssertEqual(try values(["1.234", "2.500"]) { $0.decimal = .comma }, [1234, 2500])
    // Two units, codes, versions, addresses, times are no numbers.
    for texts in [
      ["5 kg", "300 g", "2 kg"], ["$5", "6 €", "$7"], ["A12", "B13", "C14"], ["1.2.3", "1.2.4", "2.0.0"],
      ["10.0.0.1", "10.0.0.2", "127.0.0.1"], ["5more", "2", "3"], ["0171 123456", "0172 98765", "030 1234"],
      ["12,34", "1.234.5", "9,9,9"], ["3/4", "1/2", "5/6"],
    ] { XCTAssertNil(try values(texts), "\(texts)") }
    // Found late: the first rows leave it open.
    let late = (0..<200).map { "\($0)" } + ["7,5"]
    XCTAssertEqual(try values(late)?.last, 7.5)
    XCTAssertEqual(try values((0..<200).map { "\($0)" } + ["1,234.5"])?.last, 1234.5)
  }

  func testDateForms() throws {
    func dates(_ texts: [String], delimiter: String = ";") throws -> [Double]? {
      let column = try table("x\(delimiter)y\n" + texts.map { "\($0)\(delimiter)1\n" }.joined()).columns[0]
      guard case .dates(let seconds) = column.values else { return nil }
      return seconds
    }
    let day = 86400.0
    let september3 = 19603 * day  // 2023-09-03
    XCTAssertEqual(try dates(["2023-09-03", "1969-12-31", "2000-02-29"]), [september3, -day, 11016 * day])
    XCTAssertEqual(try dates(["03.09.2023", "3.9.23"]), [september3, september3])
    // By the other values, else by the file.
    XCTAssertEqual(try dates(["9/3/2023", "12/31/2023"])?.first, september3)
    XCTAssertEqual(try dates(["3/9/2023", "31/12/2023"])?.first, september3)
    XCTAssertEqual(try dates(["3/9/2023", "1/2/2023"])?.first, september3)
    XCTAssertEqual(try dates(["9/3/2023", "1/2/2023"], delimiter: ",")?.first, september3)
    XCTAssertNil(try dates(["31/12/2023", "12/31/2023", "1/1/2023"]), "both orders")
    XCTAssertEqual(
      try dates(["2023-09-03", "03.09.2023", "3 Sep 2023", "Sept. 3 2023", "3. September 2023", "So 3.9.2023"]),
      [Double](repeating: september3, count: 6))
    XCTAssertEqual(
      try dates([
        "2023-09-03 14:30", "2023-09-03T14:30:00Z", "2023-09-03T16:30:00+02:00", "2023/9/3 14:30:00.0",
        "9/13/2023 2:30 PM",
      ]),
      [0, 0, 0, 0, 10 * day].map { september3 + 14.5 * 3600 + $0 })
    XCTAssertEqual(try dates(["14:30", "7:05:30"]), [52200, 25530])
    XCTAssertEqual(try dates(["Jan 2023", "Feb 2023"])?.first, 19358 * day)
    XCTAssertEqual(try dates(["2023-01", "2023-02"])?.first, 19358 * day)
    for texts in [["2023-02-30", "2023-01-01"], ["2019-20", "2012-13"], ["1-2", "3-4"], ["May", "June"]] {
      XCTAssertNil(try dates(texts), "\(texts)")
    }
    // Missing ones, also in words.
    let missing = try dates(["2023-09-03", "", "unknown", "2023-09-04", "0000-00-00"])
    XCTAssertEqual(missing?.map(\.isNaN), [false, true, true, false, true])
  }

  /// A word that is the only one among numbers is a missing value, a mistake is not.
  func testWordsAmongNumbers() throws {
    func column(_ words: [String]) throws -> Table.Column {
      try table("x,y\n" + ((0..<100).map { "\($0)" } + words).map { "\($0),1\n" }.joined()).columns[0]
    }
    XCTAssertEqual(try column(["Unknown"]).missingTexts, ["Unknown": 1])
    XCTAssertEqual(try column(["k.A.", "."]).missingTexts, ["k.A.": 1, ".": 1])
    XCTAssertEqual(try column(["offen", "offen", "offen"]).missingTexts, ["offen": 3])
    XCTAssertEqual(try column(["offen", "offen", "offen"]).kind, .number)
    XCTAssertTrue(errorLine { try column(["seven"]) }.contains("line 102: column \"x\""))
    XCTAssertTrue(errorLine { try column(["seven", "eight"]) }.contains("line 102: column \"x\""))
    XCTAssertTrue(errorLine { try column(["7a", "7a"]) }.contains("line 102: column \"x\""))
    // The encoder knows the word for files to come, and only there.
    let training = try table("x,y\n" + ((0..<100).map { "\($0)" } + ["offen", "offen"]).map { "\($0),1\n" }.joined())
    let encoder = try FeatureEncoder(fitting: training, target: "y")
    let again = try JSONDecoder().decode(FeatureEncoder.self, from: JSONEncoder().encode(encoder))
    XCTAssertEqual(
      try again.encode(table("x\noffen\n5\n", again.csvOptions())),
      try encoder.encode(table("x\n\n5\n", encoder.csvOptions())))
    XCTAssertEqual(
      errorLine { try table("x\nzu\n5\n") { $0 = encoder.csvOptions() } },
      "a.csv, line 2: column \"x\": expected a number, found \"zu\"")
  }

  private func table(_ text: String, _ options: CSVOptions) throws -> Table {
    try Table(csv: Array(text.utf8), source: "a.csv", options: options)
  }

  /// A run of one country's files answers for another's.
  func testFilesOfAnotherCountry() throws {
    let german = try table(repeated("x;d") { "\($0),5;\($0 % 28 + 1).9.2023" })
    let encoder = try FeatureEncoder(fitting: german, target: nil)
    let expected = try encoder.encode(table("x;d\n1,5;4.9.2023\n", encoder.csvOptions()))
    XCTAssertEqual(try encoder.encode(table("d,x\n2023-09-04,1.5\n", encoder.csvOptions())), expected)
    XCTAssertEqual(try encoder.encode(table("x|d\n1.5|4.9.2023\n", encoder.csvOptions())), expected)
    // One row leaves the order of day and month open, the training rows did not.
    let american = try table(repeated("d,x") { "9/\($0 % 28 + 1)/2023,\($0)" })
    let other = try FeatureEncoder(fitting: american, target: nil)
    XCTAssertEqual(
      try other.encode(table("d;x\n9/4/2023;1\n", other.csvOptions())),
      try other.encode(table("d;x\n2023-09-04;1\n", other.csvOptions())))
  }
}
