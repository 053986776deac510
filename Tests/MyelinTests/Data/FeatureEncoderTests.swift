import Foundation
import Myelin
import XCTest

final class FeatureEncoderTests: XCTestCase {
  private func table(_ text: String, _ options: CSVOptions = CSVOptions()) throws -> Table {
    try Table(csv: Array(text.utf8), source: "a.csv", options: options)
  }

  private let text = """
    age,city,y,income
    10,Oslo,a,1
    20,Rome,b,10
    30,Oslo,a,100
    40,,b,
    999,Bern,a,5000
    """

  func testStandardisesOnTrainingRowsOnly() throws {
    let table = try table(text)
    let encoder = try FeatureEncoder(fitting: table, target: "y", rows: [0, 1, 2])
    XCTAssertEqual(encoder.featureNames, ["age", "city=Oslo", "city=Rome", "income"])
    XCTAssertEqual(encoder.featureCount, 4)
    let rows = try encoder.encode(table)
    // Ages 10, 20, 30: mean 20, population deviation sqrt(200/3).
    let deviation = (200.0 / 3).squareRoot()
    XCTAssertEqual(rows[0], Float(-10 / deviation))
    XCTAssertEqual(rows[4], 0)
    XCTAssertEqual(rows[16], Float(979 / deviation))
    // Oslo, Rome, Oslo, missing, and Bern, which the training rows do not have.
    XCTAssertEqual((0..<5).map { Array(rows[$0 * 4 + 1..<$0 * 4 + 3]) }, [[1, 0], [0, 1], [1, 0], [0, 0], [0, 0]])
    let unknown = try encoder.unknownLevels(in: table)
    XCTAssertEqual(unknown.map(\.level), ["Bern"])
    XCTAssertEqual(unknown.map(\.count), [1])
  }

  func testMissingValues() throws {
    let table = try table(text)
    let encoder = try FeatureEncoder(fitting: table, target: "y", rows: [0, 1, 2, 3])
    XCTAssertEqual(
      encoder.featureNames, ["age", "city=Oslo", "city=Rome", "city=missing", "income", "income=missing"])
    let rows = try encoder.encode(table)
    XCTAssertEqual(Array(rows[3 * 6 + 1..<3 * 6 + 4]), [0, 0, 1])
    // Incomes 1, 10, 100 and the median 10 for the missing one.
    let values = [1.0, 10, 100, 10]
    let mean = values.reduce(0, +) / 4
    let deviation = (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 4).squareRoot()
    XCTAssertEqual(rows[3 * 6 + 4], Float((10 - mean) / deviation))
    XCTAssertEqual((0..<4).map { rows[$0 * 6 + 5] }, [0, 0, 0, 1])

    var recipe = FeatureRecipe()
    recipe.imputation = .mean
    recipe.addsMissingIndicators = false
    let plain = try FeatureEncoder(fitting: table, target: "y", rows: [0, 1, 2, 3], recipe: recipe)
    XCTAssertEqual(plain.featureNames, ["age", "city=Oslo", "city=Rome", "income"])
    // The mean stays the mean: exactly 0 after standardising.
    XCTAssertEqual(try plain.encode(table)[3 * 4 + 3], 0, accuracy: 1e-7)
  }

  func testRecipe() throws {
    let table = try table(text)
    var recipe = FeatureRecipe()
    recipe.ignored = ["city"]
    recipe.logarithmic = ["income"]
    recipe.unknownValues = ["age": [999]]
    recipe.clipsDeviationsAt = 1
    let encoder = try FeatureEncoder(fitting: table, target: "y", recipe: recipe)
    XCTAssertEqual(encoder.featureNames, ["age", "age=missing", "income", "income=missing"])
    let rows = try encoder.encode(table)
    XCTAssertEqual((0..<5).map { rows[$0 * 4 + 1] }, [0, 0, 0, 0, 1])
    let logs = [1.0, 10, 100, 55, 5000].map { log(1 + $0) }
    let mean = logs.reduce(0, +) / 5
    let deviation = (logs.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 5).squareRoot()
    XCTAssertEqual(rows[3 * 4 + 2], Float((logs[3] - mean) / deviation), accuracy: 1e-6)
    XCTAssertEqual(rows[4 * 4 + 2], 1, "clipped")

    var skewed = FeatureRecipe()
    skewed.logarithmAboveSkewness = 1
    var named = FeatureRecipe()
    named.logarithmic = ["income", "age"]
    XCTAssertEqual(
      try FeatureEncoder(fitting: table, target: "y", recipe: skewed),
      try FeatureEncoder(fitting: table, target: "y", recipe: named))

    var wrong = FeatureRecipe()
    wrong.ignored = ["town"]
    XCTAssertTrue(
      errorLine { try FeatureEncoder(fitting: table, target: "y", recipe: wrong) }.hasPrefix(
        "a.csv: no column \"town\""))
  }

  func testNumbersAsCategoriesAndRareLevels() throws {
    let table = try table("code,y\n10,1\n9,2\n10,3\n-1,4\n10,5\n9,6\n")
    var recipe = FeatureRecipe()
    recipe.kinds = ["code": .category]
    recipe.minimumLevelCount = 2
    let encoder = try FeatureEncoder(fitting: table, target: "y", recipe: recipe)
    XCTAssertEqual(encoder.featureNames, ["code=9", "code=10"])
    XCTAssertEqual(try encoder.encode(table), [0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0])
    // A file that is read for this encoder has texts there.
    let again = try self.table("code\n9\n", encoder.csvOptions())
    XCTAssertEqual(try encoder.encode(again), [1, 0])
  }

  func testConstantColumnsAreLeftOut() throws {
    let table = try table("a,b,c,d,y\n1,x,7,NA,1\n1,x,8,NA,2\n")
    let encoder = try FeatureEncoder(fitting: table, target: "y")
    XCTAssertEqual(encoder.featureNames, ["c"])
    XCTAssertEqual(encoder.constantColumns, ["a", "b", "d"])
    XCTAssertEqual(
      errorLine { try FeatureEncoder(fitting: table.rows([0]), target: "y") },
      "a.csv: no column is left that could be a feature")
  }

  func testPredictionFindsColumnsByName() throws {
    let table = try table(text)
    let encoder = try FeatureEncoder(fitting: table, target: "y", rows: [0, 1, 2])
    let options = encoder.csvOptions()
    // Another order, an extra column with anything in it, no target.
    let other = try self.table("note,income,city,age\n1,100,Oslo,30\nx,1,Oslo,10\n", options)
    let expected = try encoder.encode(table.rows([2, 0]))
    XCTAssertEqual(try encoder.encode(other), expected)
    XCTAssertEqual(
      errorLine { try self.table("income,City,age\n1,Oslo,30\n", options) },
      "a.csv: no column \"city\"; did you mean \"City\"?")
    XCTAssertEqual(
      errorLine { try self.table("income,city,age\n1,Oslo,30\n1,Oslo,old\n", options) },
      "a.csv, line 3: column \"age\": expected a number, found \"old\"")
    XCTAssertEqual(
      errorLine { try encoder.encode(self.table("income,city,age\n1,Oslo,\n1,Oslo,old\n1,Oslo,older\n")) },
      "a.csv, line 3: column \"age\": expected a number, found \"old\"")
  }

  /// Values of another file: blanks trimmed, numbers by value, the rest told with its number.
  func testLevelsOfAnotherFile() throws {
    let training = try table("c,y\n" + (0..<40).map { "\(["10", "20", "30", "ES"][$0 % 4]),\($0 % 2)\n" }.joined())
    let encoder = try FeatureEncoder(fitting: training, target: "y")
    XCTAssertEqual(encoder.featureNames, ["c=10", "c=20", "c=30", "c=ES"])
    let other = try table("c\n20\n20.0\n 20\nES\nes\nXX\n", encoder.csvOptions())
    let rows = try encoder.encode(other)
    XCTAssertEqual(
      (0..<6).map { Array(rows[$0 * 4..<$0 * 4 + 4]) },
      [
        [0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0],
      ])
    XCTAssertEqual(try encoder.unknownLevels(in: other).map { "\($0.level) \($0.count)" }, ["XX 1", "es 1"])
    // All numbers there: matched by value too.
    XCTAssertEqual(Array(try encoder.encode(table("c\n2e1\n99\n"))), [0, 1, 0, 0, 0, 0, 0, 0])
  }

  func testVeryManyLevels() throws {
    // 300 levels: level i stands in 1 + i / 100 rows.
    let lines = (0..<300).flatMap { level in (0...level / 100).map { _ in "k\(level),\(level)\n" } }
    let table = try table("k,n\n" + lines.joined())
    var recipe = FeatureRecipe()
    let encoder = try FeatureEncoder(fitting: table, target: "n", recipe: recipe)
    XCTAssertEqual(encoder.featureCount, 101)
    XCTAssertEqual(encoder.featureNames.first, "k=k200")
    XCTAssertEqual(encoder.featureNames.last, "k=other")
    XCTAssertEqual(
      encoder.remarks, ["k: its 100 most frequent values of 300 have a feature each, the others share one"])
    let features = try encoder.encode(table)
    XCTAssertEqual(features[100], 1, "k0 is one of the others")
    XCTAssertEqual(features.reduce(0, +), Float(table.rowCount), "one feature a row")
    // New values share it too, and are not told.
    let other = try self.table("k\nnew\nnew\n", encoder.csvOptions())
    XCTAssertEqual(try encoder.encode(other)[100], 1)
    XCTAssertTrue(try encoder.unknownLevels(in: other).isEmpty)
    XCTAssertEqual(try JSONDecoder().decode(FeatureEncoder.self, from: JSONEncoder().encode(encoder)), encoder)
    recipe.maximumLevelCount = 300
    XCTAssertEqual(try FeatureEncoder(fitting: table, target: "n", recipe: recipe).featureCount, 300)
  }

  /// A text for each row: one-hot they would take 40 GB.
  func testATextForEachRow() throws {
    let text = "name,x,y\n" + (0..<100_000).map { "n\($0),\($0 % 7),\($0 % 2)\n" }.joined()
    let table = try table(text)
    let encoder = try FeatureEncoder(fitting: table, target: "y")
    XCTAssertEqual(encoder.featureNames, ["x"])
    XCTAssertEqual(encoder.identifierColumns, ["name"])
    XCTAssertEqual(encoder.remarks, ["name: left out, because no value of it stands in two training rows"])
    XCTAssertEqual(
      errorLine { try TargetEncoder(fitting: table, column: "name") },
      "a.csv: target column \"name\": expected at most 1000 classes, found 100000 different values in 100000 rows")
    var recipe = FeatureRecipe()
    recipe.maximumLevelCount = .max
    let wide = try FeatureEncoder(fitting: table.rows(Array(0..<50_000)), target: "y", recipe: recipe)
    XCTAssertEqual(wide.featureCount, 50_001)
    let many = Table(
      source: "a.csv",
      columns: [
        .init(name: "x", values: .numbers([Double](repeating: 1, count: 10_000_000))),
        .init(name: "name", values: .categories(levels: ["n1"], codes: [Int32](repeating: 0, count: 10_000_000))),
      ])
    let line = errorLine { try wide.encode(many) }
    XCTAssertTrue(line.hasPrefix("a.csv: 10000000 rows of 50001 features: expected at most "), line)
    XCTAssertTrue(line.hasSuffix("of memory, found 1.8 TiB"), line)
  }

  func testNumbersThatDoNotFit() throws {
    let table = try table("x,y\n" + (0..<20).map { "\($0),\($0)\n" }.joined())
    let encoder = try FeatureEncoder(fitting: table, target: "y")
    let line = "expected a number that 32 bits hold, at most about 3.4e38, found 1e+300"
    XCTAssertEqual(
      errorLine { try encoder.encode(self.table("x\n1e300\n5\n")) }, "a.csv, line 2: column \"x\": \(line)")
    XCTAssertEqual(
      errorLine { try FeatureEncoder(fitting: self.table("x,y\n1,1\n1e300,2\n"), target: "y") },
      "a.csv, line 3: column \"x\": \(line)")
    let target = try self.table("x,y\n1,1\n2,1e308\n3,2\n")
    XCTAssertEqual(
      errorLine { try TargetEncoder(fitting: target, column: "y", task: .regression) },
      "a.csv, line 3: column \"y\": expected a number that 32 bits hold, at most about 3.4e38, found 1e+308")
  }

  func testCodableIsExact() throws {
    let text =
      "a,b,c,y\n" + (1...50).map { "\(1.0 / Double($0)),\($0 % 7 == 0 ? "" : "k\($0 % 3)"),\($0 * $0),1\n" }.joined()
    var recipe = FeatureRecipe()
    recipe.logarithmAboveSkewness = 0.5
    recipe.clipsDeviationsAt = 3
    recipe.unknownValues = ["c": [4, 9]]
    let table = try table(text)
    let encoder = try FeatureEncoder(fitting: table, target: "y", recipe: recipe)
    let again = try JSONDecoder().decode(FeatureEncoder.self, from: JSONEncoder().encode(encoder))
    XCTAssertEqual(again, encoder)
    XCTAssertEqual(try again.encode(table).map(\.bitPattern), try encoder.encode(table).map(\.bitPattern))
  }
}

final class TargetEncoderTests: XCTestCase {
  private func table(_ values: [String]) throws -> Table {
    try Table(csv: Array(("x,y\n" + values.map { "1,\($0)\n" }.joined()).utf8), source: "a.csv")
  }

  func testClassesAreSorted() throws {
    let table = try table(["b", "a", "c", "a"])
    let target = try TargetEncoder(fitting: table, column: "y")
    XCTAssertEqual(target.task, .classification)
    XCTAssertEqual(target.classNames, ["a", "b", "c"])
    XCTAssertEqual(try target.labels(of: table), [1, 0, 2, 0])
    XCTAssertEqual(
      errorLine { try target.labels(of: self.table(["a", "d"])) },
      "a.csv, line 3: target column \"y\": expected one of the classes a, b, c, found \"d\"")
    let numbers = try self.table(["10", "9", "10"])
    XCTAssertEqual(try TargetEncoder(fitting: numbers, column: "y", task: .classification).classNames, ["9", "10"])
    XCTAssertEqual(try JSONDecoder().decode(TargetEncoder.self, from: JSONEncoder().encode(target)), target)
  }

  /// A file in which all classes look like numbers, or some are written in another way.
  func testClassesOfAnotherFile() throws {
    let target = try TargetEncoder(fitting: table(["x", "1.0", "2.0", "x"]), column: "y")
    XCTAssertEqual(target.classNames, ["1.0", "2.0", "x"])
    XCTAssertEqual(try target.labels(of: table(["1.0", "2.0", "2", "1.00"])), [0, 1, 1, 0])
    let numbers = try TargetEncoder(fitting: table(["1", "2", "1", "2"]), column: "y")
    XCTAssertEqual(try numbers.labels(of: table(["1.0", "2.0"])), [0, 1])
  }

  func testTaskIsInferred() throws {
    func task(_ values: [String]) throws -> LearningTask { try TargetEncoder(fitting: table(values), column: "y").task }
    XCTAssertEqual(try task(["0", "1", "1", "0"]), .classification)
    XCTAssertEqual(try task(["0.5", "1", "1", "0"]), .regression)
    XCTAssertEqual(try task(["1", "2", "3", "4"]), .regression)
    XCTAssertEqual(try task((0..<100).map { "\($0 % 10)" }), .classification)
    XCTAssertEqual(try task((0..<100).map { "\($0)" }), .regression)
    XCTAssertEqual(try task(["a", "b"]), .classification)
  }

  func testRegressionScale() throws {
    let table = try table(["1", "10", "100", "12345.5"])
    for isLogarithmic in [false, true] {
      let target = try TargetEncoder(
        fitting: table, column: "y", task: .regression, rows: [0, 1, 2], isLogarithmic: isLogarithmic)
      let values = try target.targets(of: table)
      XCTAssertEqual(values[0] + values[1] + values[2], 0, accuracy: 1e-6)
      XCTAssertEqual(values[..<3].reduce(0) { $0 + $1 * $1 }, 3, accuracy: 1e-5)
      for (value, original) in zip(values, try target.values(of: table)) {
        XCTAssertEqual(target.value(of: value), original, accuracy: 1e-5 * max(1, original))
      }
      XCTAssertEqual(target.unit == nil, isLogarithmic)
      XCTAssertEqual(try JSONDecoder().decode(TargetEncoder.self, from: JSONEncoder().encode(target)), target)
    }
  }

  func testTargetsThatCannotBeLearned() throws {
    XCTAssertEqual(
      errorLine { try TargetEncoder(fitting: self.table(["a", "a", "a"]), column: "y") },
      "a.csv: target column \"y\": expected at least two classes, found only \"a\" in all 3 rows")
    XCTAssertEqual(
      errorLine { try TargetEncoder(fitting: self.table(["3", "3"]), column: "y", task: .regression) },
      "a.csv: target column \"y\": expected different numbers to predict, found only 3.0 in all 2 training rows")
    XCTAssertEqual(
      errorLine { try TargetEncoder(fitting: self.table(["a", "", "b"]), column: "y") },
      "a.csv, line 3: target column \"y\": expected a value, found a missing one (1 of 3 rows)")
    XCTAssertEqual(
      errorLine { try TargetEncoder(fitting: self.table(["a", "b"]), column: "y", task: .regression) },
      "a.csv, line 2: target column \"y\": expected a number for a regression, found \"a\"")
    XCTAssertEqual(
      errorLine {
        try TargetEncoder(fitting: self.table(["1.5", "0"]), column: "y", task: .regression, isLogarithmic: true)
      },
      "a.csv, line 3: target column \"y\": expected a number above 0, for its logarithm, found 0.0")
    XCTAssertEqual(
      errorLine { try TargetEncoder(fitting: self.table(["1", "2"]), column: "Y") },
      "a.csv: no column \"Y\"; did you mean \"y\"?")
  }
}
