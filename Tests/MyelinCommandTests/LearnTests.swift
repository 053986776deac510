import Foundation
import MyelinLessons
import XCTest

final class LearnTests: XCTestCase {
  func testListsTheLessonsWithTheirOptions() throws {
    let result = try Shell(self).run("learn")
    XCTAssertEqual(result.status, 0, result.complaints)
    for lesson in Lessons.all {
      XCTAssertTrue(result.output.contains("\(lesson.name): \(lesson.summary)"), lesson.name)
      for option in lesson.options { XCTAssertTrue(result.output.contains("--\(option.name)"), option.name) }
    }
  }

  func testRunsALessonWithOtherNumbersWithinFiveSeconds() throws {
    let shell = try Shell(self)
    for lesson in Lessons.all {
      let start = Date()
      let result = try shell.run("learn", lesson.name)
      XCTAssertEqual(result.status, 0, result.complaints)
      XCTAssertTrue(result.output.contains(lesson.title))
      XCTAssertFalse(result.output.contains("\u{1B}"), "colours only on a terminal")
      XCTAssertLessThan(Date().timeIntervalSince(start), 5, lesson.name)
    }
    let changed = try shell.run("learn", "vectors", "--a", "0,0", "--b=3,4")
    XCTAssertTrue(changed.output.contains("√25 = 5"), changed.output)
  }

  /// Each family of the lesson has a command, and each command something that can be trained.
  func testFamiliesNameRecipesThatExist() throws {
    let shell = try Shell(self)
    let listed = try shell.run("models", "--json")
    let models = try XCTUnwrap(JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]])
    let names = models.compactMap { $0["name"] as? String }
    XCTAssertGreaterThan(names.count, 30)
    for model in models {
      let record = try XCTUnwrap(model["record"] as? [String: Any])
      XCTAssertTrue(record["chosenOn"] is String && record["parameters"] is Int && record["data"] is String)
      XCTAssertTrue((model["command"] as? String)?.hasPrefix("myelin train ") == true)
    }
    let table = try shell.run("models").output
    for name in names { XCTAssertTrue(table.contains(name), name) }

    XCTAssertEqual(try shell.run("learn", "families", "--html", "f.html").status, 0)
    let lesson = try shell.text("f.html")
    XCTAssertFalse(lesson.contains("not in the command"))
    let trained = lesson.components(separatedBy: "myelin train ").dropFirst().map { rest in
      String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" })
    }
    XCTAssertGreaterThan(Set(trained).count, 15)
    for name in trained { XCTAssertTrue(names.contains(name), name) }
  }

  func testWritesAPageAndABook() throws {
    let shell = try Shell(self)
    XCTAssertEqual(try shell.run("learn", "backprop", "--html", "page.html", "--eta", "0.5").status, 0)
    XCTAssertTrue(try shell.text("page.html").contains("η = 0.5"))
    XCTAssertEqual(try shell.run("learn", "--all", "--html", "book").status, 0)
    XCTAssertTrue(shell.exists("book/index.html"))
    for lesson in Lessons.all { XCTAssertTrue(shell.exists("book/\(lesson.name).html"), lesson.name) }
  }

  func testWrongUseGetsOneLineAndLeavesNothing() throws {
    let shell = try Shell(self)
    let cases: [(arguments: [String], status: Int32, line: String)] = [
      (["learn", "percepton"], 2, "error: unknown lesson \"percepton\"; did you mean \"perceptron\"?"),
      (["learn", "vectors", "--c", "1"], 2, "error: unknown option --c of lesson vectors"),
      (["learn", "vectors", "--a", "x", "--html", "page.html"], 2, "error: --a x: expected 2 numbers"),
      (["learn", "derivatives", "--function", "log(x)", "--at", "-1"], 2, "error: log(x) has no value at x = −1"),
      (
        ["learn", "vectors", "--html", "no/such/folder.html"], 1,
        "error: no/such/folder.html: cannot be written: no such file or folder"
      ),
    ]
    for (arguments, status, line) in cases {
      let result = try shell.start(arguments).finish()
      XCTAssertEqual(result.status, status, "\(arguments)")
      XCTAssertTrue(result.complaints.hasPrefix(line), result.complaints)
      XCTAssertEqual(result.complaints.split(separator: "\n").count, 1, result.complaints)
      XCTAssertEqual(result.output, "")
    }
    XCTAssertEqual(try shell.contents, [])
  }
}
