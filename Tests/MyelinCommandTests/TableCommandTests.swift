import Foundation
import XCTest

/// Tables as people have them, through the command.
final class TableCommandTests: XCTestCase {
  private func cases(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../cases/\(name)")
      .standardizedFileURL.path
  }

  private let quick = ["--epochs", "1", "--layers", "8"]

  /// Each file is read, learned, and answers for itself.
  func testEveryCaseTrains() throws {
    let shell = try Shell(self)
    for (name, target, words) in [
      ("de_semicolon.csv", "Kaltmiete", ["\";\" between fields", "decimal comma", "byte-order mark", "Objekt-Nr"]),
      ("tabs.tsv", "Churn", ["tab between fields"]), ("sepline.csv", "y", ["a line \"sep=\""]),
      ("trailing.csv", "y", ["column 4 left out"]), ("pandas_index.csv", "y", ["names the rows"]),
      ("spaces.csv", "y", []), ("missing_spellings.csv", "Churn", ["tenure 25", "\"unknown\" 3"]),
      ("null-in-numbers.csv", "y", ["v 20 (\"null\" 20)"]), ("currency_percent.csv", "Churn", ["number, as \"$"]),
      ("datetime.csv", "count", ["weekday"]), ("id_zip_columns.csv", "Churn", ["customerID: left out"]),
      (
        "leaky_id_constant.csv", "defaulted",
        ["possible leak: default_date", "possible leak: default_reason", "country"]
      ),
      ("counts.csv", "goals", ["regression of goals", "--task classification"]),
      ("country-na.csv", "y", ["country 20 (\"NA\" 20)"]), ("labels-19-digits.csv", "id", ["3 classes"]),
      ("ids-with-e.csv", "y", ["2 categories"]),
    ] as [(String, String, [String])] {
      let run = ["train", cases(name), "--target", target, "--output", name]
      let result = try shell.start(run + quick).finish()
      XCTAssertEqual(result.status, 0, "\(name): \(result.complaints)")
      let plain = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      for word in words { XCTAssertTrue(plain.contains(word), "\(name): \(word) in \(result.output)") }
      let predicted = try shell.run("predict", name, "--input", cases(name))
      XCTAssertEqual(predicted.status, 0, "\(name): \(predicted.complaints)")
      XCTAssertEqual(predicted.complaints.contains("warning"), false, "\(name): \(predicted.complaints)")
      let evaluated = try shell.run("evaluate", name, "--json")
      XCTAssertEqual(evaluated.status, 0, "\(name): \(evaluated.complaints)")
    }
    XCTAssertTrue(try shell.text("datetime.csv/report.html").contains("month, day, weekday"))
    let other = try shell.run("predict", "null-in-numbers.csv", "--input", cases("null-in-numbers-predict.csv"))
    XCTAssertEqual(other.output.split(separator: "\n").count, 4, other.complaints)
  }

  func testOptionsOfColumns() throws {
    let shell = try Shell(self)
    try shell.write(
      "t.csv",
      "name;zip;n;when;y\n"
        + (0..<60).map { "k\($0);0\(1000 + $0 % 4);\($0 % 7),5;\($0 % 28 + 1).3.2023;\($0 % 2)\n" }.joined())
    let train = ["train", "t.csv", "--target", "y"] + quick
    let result = try shell.start(
      train + ["--id", "name", "--drop", "zip", "--categorical", "n", "--split", "time:when", "--output", "run"]
    ).finish()
    XCTAssertEqual(result.status, 0, result.complaints)
    for words in ["7 categories", "left out, as asked", "the last by when"] {
      XCTAssertTrue(result.output.contains(words), "\(words) in \(result.output)")
    }
    // Another country's file: the columns named by --id come first, and with --keep-input all.
    try shell.write("new.csv", "when,n,name\n2023-03-04,\"1,5\",Ann\n2023-03-05,2.5,\"B, ob\"\n")
    let answers = try shell.run("predict", "run", "--input", "new.csv")
    XCTAssertEqual(answers.status, 0, answers.complaints)
    let lines = answers.output.split(separator: "\n")
    XCTAssertEqual(lines[0], "name,predicted_y,probability_0,probability_1")
    XCTAssertTrue(lines[1].hasPrefix("Ann,") && lines[2].hasPrefix("\"B, ob\","), answers.output)
    let kept = try shell.run("predict", "run", "--input", "new.csv", "--keep-input").output.split(separator: "\n")
    XCTAssertEqual(kept[0], "when,n,name,predicted_y,probability_0,probability_1")
    XCTAssertTrue(kept[1].hasPrefix("2023-03-04,\"1,5\",Ann,"), "\(kept)")

    try shell.write(
      "test.csv", "name,zip,n,when,y\n" + (0..<9).map { "z\($0),01001,1.5,2024-03-04,\($0 % 2)\n" }.joined())
    let tested = try shell.start(train + ["--test", "test.csv", "--output", "tested"]).finish()
    XCTAssertEqual(tested.status, 0, tested.complaints)
    XCTAssertTrue(tested.output.contains("60 for training, 9 for testing"), tested.output)
    XCTAssertTrue(tested.output.contains("of 9 rows)"), tested.output)
    XCTAssertEqual(try shell.run("evaluate", "tested").status, 0)

    func assertRefused(_ arguments: [String], _ words: [String], status: Int32, line: UInt = #line) throws {
      let result = try shell.start(arguments).finish()
      XCTAssertEqual(result.status, status, result.complaints, line: line)
      for word in words { XCTAssertTrue(result.complaints.contains(word), result.complaints, line: line) }
    }
    try assertRefused(train + ["--drop", "prize"], ["no column \"prize\""], status: 1)
    try assertRefused(train + ["--drop", "y"], ["--drop names the target"], status: 1)
    try assertRefused(train + ["--drop", "n", "--numeric", "n"], ["exclude each other"], status: 2)
    try assertRefused(train + ["--numeric", "name"], ["line 2", "\"name\"", "a number", "\"k0\""], status: 1)
    try assertRefused(train + ["--date", "n"], ["line 2", "\"n\"", "a date"], status: 1)
    try assertRefused(train + ["--split", "weekly"], ["--split"], status: 2)
    try assertRefused(["train", "iris", "--drop", "x"], ["--drop", "does nothing"], status: 2)
    try assertRefused(["train", "iris", "--test", "x.csv"], ["--test", "does nothing"], status: 2)
    try assertRefused(["evaluate", "run", "--decimal", "comma"], ["--decimal", "--input"], status: 2)
  }

  /// What is found can be said instead, and what has no end is refused.
  func testOptionsOfReading() throws {
    let shell = try Shell(self)
    try shell.write("t.txt", (0..<40).map { "\($0 % 9)~\($0 % 7),5~\($0 % 2 == 0 ? "a" : "b")\n" }.joined())
    let train = ["train", "t.txt", "--target", "column_3"] + quick
    let result = try shell.start(train + ["--delimiter", "~", "--no-header", "--output", "run"]).finish()
    XCTAssertEqual(result.status, 0, result.complaints)
    XCTAssertTrue(result.output.contains("\"~\" between fields, decimal comma, UTF-8, no header"), result.output)
    XCTAssertEqual(try shell.run("evaluate", "run").status, 0)
    let predicted = try shell.run("predict", "run", "--input", "t.txt", "--delimiter", "~", "--no-header")
    XCTAssertEqual(predicted.output.split(separator: "\n").count, 41, predicted.complaints)

    let rows = "a,b\n" + String(repeating: "1,2\n", count: 20_000)
    for (arguments, input, words) in [
      (["/dev/zero"], nil, ["/dev/zero", "not a text file"]),
      (["-", "--unpacked-limit", "70K"], rows, ["has no end within 70.0 KiB"]),
    ] as [([String], String?, [String])] {
      let start = DispatchTime.now().uptimeNanoseconds
      let result = try shell.start(["train"] + arguments + ["--target", "b"], input: input).finish()
      XCTAssertEqual(result.status, 1)
      for word in words { XCTAssertTrue(result.complaints.contains(word), result.complaints) }
      XCTAssertEqual(result.complaints.split(separator: "\n").count, 1, result.complaints)
      XCTAssertLessThan(Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9, 10)
    }
  }
}
