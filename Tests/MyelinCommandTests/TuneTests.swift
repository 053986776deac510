import Foundation
import XCTest

/// `myelin tune`, `myelin compare`, and what training says of a table's model.
final class TuneTests: XCTestCase {
  private func table(_ rows: Int = 160) -> String {
    "a,b,y\n"
      + (0..<rows).map { row in
        let (a, b) = (sin(Double(row) * 1.7), cos(Double(row) * 0.9))
        return "\(a),\(b),\(a + 0.3 * b > 0 ? "yes" : "no")\n"
      }.joined()
  }

  private let quick = ["--epochs", "2", "--folds", "2"]

  func testRunsAreComparedSideBySide() throws {
    let shell = try Shell(self)
    try shell.write("t.csv", table())
    for (name, more) in [("one", []), ("two", ["--dropout", "0.5"])] {
      let result = try shell.start(["train", "t.csv", "--target", "y", "--output", name] + quick + more).finish()
      XCTAssertEqual(result.status, 0, result.complaints)
      for words in ["Beside simpler models", "linear model", "always the most frequent"] {
        XCTAssertTrue(result.output.contains(words), "\(words) in \(result.output)")
      }
    }
    let result = try shell.run("compare", "one", "two", "--output", "both.html")
    XCTAssertEqual(result.status, 0, result.complaints)
    XCTAssertEqual(result.complaints, "")
    for words in ["accuracy", "dropout", "0.5", "one", "two"] { XCTAssertTrue(result.output.contains(words), words) }
    let page = try shell.text("both.html")
    XCTAssertTrue(page.contains("What differs") && page.contains("--dropout 0.5") && page.contains("Held-out loss"))
    _ = try shell.start(["train", "t.csv", "--target", "y", "--output", "three", "--seed", "5"] + quick).finish()
    XCTAssertTrue(try shell.run("compare", "one", "three").complaints.contains("different rows"))
    XCTAssertEqual(try shell.run("compare", "one").status, 2)
    XCTAssertTrue(try shell.run("compare", "one", "none").complaints.contains("no such run"))
  }

  func testASearchLeavesARunAndGoesOn() throws {
    let shell = try Shell(self)
    try shell.write("t.csv", table())
    let result = try shell.run("tune", "t.csv", "--target", "y", "--trials", "3", "--output", "search")
    XCTAssertEqual(result.status, 0, result.complaints)
    XCTAssertTrue(result.output.contains("trial 2, 1/9 of the epochs"), result.output)
    XCTAssertEqual(try shell.run("predict", "search/best", "--input", "t.csv").output.split(separator: "\n").count, 161)
    XCTAssertTrue(try shell.text("search/report.html").contains("held-out loss"))
    let again = try shell.run("tune", "--resume", "search")
    XCTAssertEqual(again.status, 0, again.complaints)
    XCTAssertFalse(again.output.contains("trial 2, 1/9"), again.output)
    XCTAssertTrue(
      try shell.run("tune", "--resume", "search", "--seed", "1").complaints.contains("--seed cannot be given"))
    XCTAssertEqual(try shell.run("tune", "t.csv").status, 2)
    XCTAssertTrue(try shell.run("tune", "fashion-mnist").complaints.contains("not on fashion-mnist"))
    XCTAssertTrue(
      try shell.run("tune", "t.csv", "--target", "y", "--image-size", "8").complaints.contains(
        "--image-size does nothing"))
  }

  func testOptionsThatDoNothingSaySo() throws {
    let shell = try Shell(self)
    try shell.write("t.csv", table(60))
    let train = ["train", "t.csv", "--target", "y"]
    for (options, words) in [
      (["--layers", "8", "--folds", "4"], "--folds does nothing with one network"),
      (["--layers", "8", "--bins", "8"], "--bins does nothing with one network"),
      (["--layers", "8", "--test", "0"], "--test 0 leaves nothing to judge"),
      (["--layers", "8", "--threshold", "f1"], "--threshold needs rows"),
      (["--quantiles", "0.5", "--task", "count"], "--quantiles are of a regression"),
      (["--quantiles", "0.9,2"], "quantiles"), (["--threshold", "f2"], "threshold"), (["--folds", "1"], "2 to 1024"),
    ] {
      let result = try shell.start(train + options).finish()
      XCTAssertEqual(result.status, 2, result.complaints)
      XCTAssertTrue(result.complaints.contains(words), "\(words) in \(result.complaints)")
    }
    try shell.write("n.csv", "a,y\n" + (0..<60).map { "\($0 % 7),\(Double($0) * 1.5)\n" }.joined())
    let numbers = try shell.start(["train", "n.csv", "--target", "y", "--threshold", "f1"] + quick).finish()
    XCTAssertTrue(numbers.complaints.contains("a number to predict"), numbers.complaints)
    let shipped = try shell.run("train", "fashion-cnn", "--threshold", "f1")
    XCTAssertTrue(shipped.complaints.contains("--threshold is for tables"), shipped.complaints)
  }

  func testIntervalsOfANumber() throws {
    let shell = try Shell(self)
    try shell.write(
      "n.csv", "a,y\n" + (0..<200).map { "\($0 % 17),\(Double($0 % 17) * 1.5 + sin(Double($0)))\n" }.joined())
    XCTAssertEqual(
      try shell.start(["train", "n.csv", "--target", "y", "--output", "run"] + quick).finish().status, 0)
    let answers = try shell.run("predict", "run", "--input", "n.csv", "--interval", "0.8")
    XCTAssertEqual(answers.output.split(separator: "\n").first, "predicted_y,lower_y,upper_y", answers.complaints)
    let json = try shell.run("predict", "run", "--input", "n.csv", "--interval", "0.8", "--json")
    XCTAssertTrue(json.output.contains("\"lower\""))
    XCTAssertEqual(try shell.run("predict", "run", "--input", "n.csv", "--interval", "1.2").status, 2)
    _ = try shell.start(["train", "n.csv", "--target", "y", "--output", "one", "--layers", "4", "--epochs", "1"])
      .finish()
    let refused = try shell.run("predict", "one", "--input", "n.csv", "--interval", "0.8")
    XCTAssertTrue(refused.complaints.contains("an interval"), refused.complaints)
  }
}
