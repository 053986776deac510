import Foundation
import Myelin
import MyelinLessons
import PictureChecks
import XCTest

#if canImport(FoundationXML)
  import FoundationXML
#endif

final class LessonTests: XCTestCase {
  func testEveryLessonRendersInBothFormsAndIsSelfContained() throws {
    for lesson in Lessons.all {
      let start = Date()
      let document = try lesson.document()
      let html = document.html()
      XCTAssertLessThan(Date().timeIntervalSince(start), 5, "seconds for \(lesson.name)")
      assertSelfContained(html, lesson.name)
      XCTAssertTrue(html.contains("<svg"), "\(lesson.name) has no picture")
      XCTAssertTrue(html.contains("<strong>Try</strong>"), "\(lesson.name) has nothing to try")
      XCTAssertEqual(PictureText.pictures(in: html).flatMap(\.clashes), [], lesson.name)
      XCTAssertFalse(html.contains("NaN") || html.contains(">nan"), lesson.name)
      for style in [TerminalStyle(), TerminalStyle(usesColor: true), TerminalStyle(usesUnicode: false)] {
        let text = document.terminal(width: 80, style: style)
        XCTAssertTrue(text.contains("Try"))
        XCTAssertEqual(text.contains("\u{1B}"), style.usesColor)
        for line in text.split(separator: "\n") where !style.usesColor {
          XCTAssertLessThanOrEqual(line.count, 80, "\(lesson.name): \(line)")
        }
      }
      // What a lesson proposes must be possible.
      for command in Self.commands(document) {
        let words = Self.words(command)
        guard words.count > 2, words[1] == "learn" else { continue }
        let other = try Lessons.named(words[2])
        XCTAssertNoThrow(try other.parse(Array(words.dropFirst(3))), command)
      }
    }
  }

  func testWhatALessonProposesRuns() throws {
    var refused: [String] = []
    // XOR trains a hundred networks each time; its options are read in the test above.
    for lesson in Lessons.all where lesson.name != "xor" {
      for command in Self.commands(try lesson.document()) {
        let words = Self.words(command)
        guard words.count > 2, words[1] == "learn" else { continue }
        let other = try Lessons.named(words[2])
        do {
          let html = try other.document(other.parse(Array(words.dropFirst(3)))).html()
          assertSelfContained(html, command)
          XCTAssertEqual(PictureText.pictures(in: html).flatMap(\.clashes), [], command)
        } catch let error as LessonError {
          XCTAssertFalse(error.description.contains("\n"))
          refused.append(error.description)
        }
      }
    }
    XCTAssertEqual(refused, ["sqrt(x) has no value at x = −1"], "only the one that shows the domain")
  }

  func testBookIsLinkedAndComplete() throws {
    let pages = try Lessons.book()
    XCTAssertEqual(pages.map(\.file), ["index.html"] + Lessons.all.map { "\($0.name).html" })
    for page in pages {
      assertSelfContained(page.html, page.file)
      for target in page.html.components(separatedBy: "href=\"").dropFirst().map({ $0.prefix { $0 != "\"" } }) {
        XCTAssertTrue(pages.contains { $0.file == target }, "\(page.file) links to \(target)")
      }
    }
    XCTAssertEqual(pages[0].html.components(separatedBy: "<li>").count - 1, Lessons.all.count)
  }

  func testWrongUseGetsOneLine() {
    func message(_ name: String, _ arguments: [String]) -> String {
      do {
        let lesson = try Lessons.named(name)
        _ = try lesson.document(lesson.parse(arguments))
        return ""
      } catch { return "\(error)" }
    }
    XCTAssertTrue(
      message("percepton", []).hasPrefix("unknown lesson \"percepton\"; did you mean \"perceptron\"?"))
    XCTAssertTrue(
      message("vectors", ["--c", "1"]).hasPrefix("unknown option --c of lesson vectors: expected one of --a, --b, --k"))
    XCTAssertEqual(message("vectors", ["--a"]), "option --a of lesson vectors needs a value")
    XCTAssertEqual(
      message("vectors", ["3"]), "unexpected \"3\": expected an option of lesson vectors, such as --name value")
    XCTAssertEqual(
      message("vectors", ["--a", "1,x"]),
      "--a 1,x: expected 2 numbers from −1e+06 to 1e+06 with commas between them")
    XCTAssertEqual(message("vectors", ["--k=inf"]), "--k inf: expected a number from −1000 to 1000")
    XCTAssertEqual(message("perceptron", ["--gate", "if"]), "--gate if: expected one of and, or, nand, nor, xor")
    XCTAssertEqual(message("perceptron", ["--epochs", "0"]), "--epochs 0: expected a whole number from 1 to 10000")
    XCTAssertEqual(
      message("derivatives", ["--function", "log(x)", "--at", "-2"]), "log(x) has no value at x = −2")
    XCTAssertEqual(
      message("derivatives", ["--function", "sqrt(x)", "--at", "0"]), "sqrt(x) has no derivative at x = 0")
    XCTAssertEqual(
      message("gradients", ["--function", "x/y", "--at", "1,0"]), "x/y has no value at (1, 0)")
    XCTAssertEqual(
      message("extrema", ["--function", "log(x)", "--from", "-3", "--to", "-1"]),
      "log(x) has no value from −3 to −1")
    XCTAssertEqual(
      message("extrema", ["--function", "x +* 2"]),
      "--function \"x +* 2\", character 4: expected a number, x, y or a function such as sin(x), found \"*\"")
  }

  // MARK: The numbers of the notes

  private func text(_ name: String, _ values: [String: String] = [:]) throws -> String {
    try Lessons.named(name).document(values).terminal(width: 120)
  }

  func testPerceptronLesson() throws {
    let text = try text("perceptron")
    for line in [
      "x = (1, 0):  1.2·1 + 0.6·0 = 1.2 ≥ 1, so y = 1; error 0 − 1 = −1", "w₁ = 1.2 + 0.5·(−1)·1 = 0.7",
      "w₂ = 0.6 + 0.5·(−1)·0 = 0.6        its input was 0: it stays", "That would give w = (0.7, 0.1)",
      "It fails on (1, 1)", "in epoch 2 all four cases are right. It has settled at w = (0.7, 0.6)",
      "Not learned", "from here everything repeats for ever; no line separates the classes",
    ] { XCTAssertTrue(text.contains(line), line) }
    XCTAssertTrue(try self.text("perceptron", ["gate": "nand"]).contains("with this threshold and no trained bias"))
  }

  func testVectorsLesson() throws {
    let text = try text("vectors")
    for line in ["AB = OB − OA = (3 − 1, 2 − 1) = (2, 1)", "√5 = 2.236068", "CD = (2, 1), which equals AB"] {
      XCTAssertTrue(text.contains(line), line)
    }
    XCTAssertTrue(try self.text("vectors", ["a": "0,0", "b": "3,4"]).contains("√25 = 5\n"))
    XCTAssertTrue(try self.text("vectors", ["a": "2,2", "b": "2,2"]).contains("no direction"))
  }

  func testDerivativesAndGradientsLessons() throws {
    let text = try text("derivatives", ["at": "2"])
    XCTAssertTrue(text.contains("5·2⁴ = 80"))
    // 4·8 cos 2 − 18 sin 2
    let exact = 32 * Foundation.cos(2.0) - 18 * Foundation.sin(2.0)
    let written = PlotNumber.short(exact, digits: 10).replacingOccurrences(of: "-", with: "−")
    XCTAssertEqual(text.components(separatedBy: written).count - 1, 2, "by the rule and by dual numbers: \(written)")
    let gradients = try self.text("gradients", ["at": "3,-1"])
    XCTAssertTrue(gradients.contains("(4·3, 4) = (12, 4)"))
    XCTAssertEqual(gradients.components(separatedBy: "−108").count - 1, 2, "4·27·(−1), twice")
  }

  func testExtremaLesson() throws {
    let text = try text("extrema")
    for (function, kind) in [
      ("x² − 2x", "minimum"), ("4x − x²", "maximum"), ("x³  ", "undecided"), ("x⁴  ", "undecided"),
      ("−x⁴", "undecided"),
      ("x² + y²", "minimum"), ("−x² − y²", "maximum"), ("x² − y²", "saddle"), ("x⁴ + y⁴", "undecided"),
    ] {
      let line = text.split(separator: "\n").first { $0.hasPrefix(function) && $0.contains("  ") }
      XCTAssertTrue(line?.contains(kind) ?? false, "\(function): \(line ?? "no row")")
    }
    XCTAssertEqual(
      text.split(separator: "\n").filter { $0.hasPrefix("x³ − 3x + y³ − 3y  ") }.map { line in
        ["minimum", "maximum", "saddle"].first { line.contains($0) } ?? ""
      }, ["maximum", "saddle", "saddle", "minimum"])
    XCTAssertTrue(try self.text("extrema", ["function": "exp(x)"]).contains("no critical point"))
  }

  func testActivationsLesson() throws {
    let text = try text("activations", ["at": "2"])
    let s = 1 / (1 + Foundation.exp(-2.0))
    let written = PlotNumber.short(s * (1 - s), digits: 8)
    XCTAssertEqual(
      text.components(separatedBy: written).count - 1, 3, "the product, σ(1 − σ) and the dual number: \(written)")
    let rows = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    XCTAssertTrue(rows.contains("ReLU (0, 0) 14 14 (0.5, −2)"), "no gradient, no change")
    XCTAssertTrue(rows.contains("sum 1"))
    for line in ["softmax(2, 1)₁ = 0.7310585786", "σ(2 − 1) = 0.7310585786"] {
      XCTAssertTrue(text.contains(line), line)
    }
  }

  func testForwardLessonAgreesWithTheLibraryByHand() throws {
    let text = try text("forward")
    let σ = { (x: Double) in 1 / (1 + Foundation.exp(-x)) }
    let h = [σ(0.2 * 0.5 + 0.4 + 0.1), σ(0.7 * 0.5 - 0.1), σ(-0.25 - 0.3 - 0.2)]
    let y = σ(0.6 * h[0] - 0.3 * h[1] + 0.8 * h[2] + 0.05)
    for (name, value) in [("h₁", h[0]), ("h₂", h[1]), ("h₃", h[2]), ("y", y)] {
      let row = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }?.split(separator: " ")
      XCTAssertEqual(Double(row?[1] ?? "") ?? .nan, value, accuracy: 1e-8, name)
      XCTAssertEqual(Double(row?[2] ?? "") ?? .nan, value, accuracy: 2e-7, "\(name) of the library")
    }
  }

  func testBackpropLessonGivesTheSameGradientThreeTimes() throws {
    for weights in ["0.8,-1.4", "-2,3", "0.1,0.1", "5,-1"] {
      let text = try text("backprop", ["weights": weights])
      for name in ["∂E/∂w₁", "∂E/∂w₂"] {
        let rows = text.split(separator: "\n").filter { $0.hasPrefix(name) }.map {
          $0.replacingOccurrences(of: "−", with: "-").split(separator: " ").compactMap { Double($0) }
        }
        let product = try XCTUnwrap(rows.first { $0.count == 1 }?.first, "the product of the factors")
        let answers = try XCTUnwrap(rows.first { $0.count == 3 })
        let size = max(abs(product), 1e-3)
        XCTAssertEqual(answers[0], product, accuracy: 1e-7 * size, "\(name) at \(weights)")
        // σ′ = a(1 − a) near a = 1 has lost digits in 32 bits.
        XCTAssertEqual(answers[1], product, accuracy: 3e-7, "tape, \(name) at \(weights)")
        XCTAssertEqual(answers[2], product, accuracy: 1e-6 * size, "difference, \(name) at \(weights)")
      }
    }
    XCTAssertTrue(try text("backprop").contains("After 40 updates E has fallen from 0.5561 to 0.00512"))
  }

  func testXORLesson() throws {
    let text = try text("xor", ["runs": "2"])
    XCTAssertTrue(text.contains("Solved, with 4 hidden neurons: 17 weights and biases."))
    XCTAssertEqual(text.components(separatedBy: " right\n").count - 1, 4)
    let identity = text.split(separator: "\n").first { $0.hasPrefix("identity ") }
    XCTAssertTrue(identity?.contains("0 of 2") ?? false, "no layer of sums alone can do it")
  }

  func testGradientDescentLesson() throws {
    let text = try text("gradient-descent", ["eta": "0.11"])
    XCTAssertTrue(text.split(separator: "\n").contains { $0.hasPrefix("plain") && $0.contains("0.11") })
    // On x² + y², 40 steps of η = 0.1 from (1.5, 1) leave 3.25 · 0.8⁸⁰.
    let rest = PlotNumber.short(3.25 * Foundation.pow(0.8, 80), digits: 3).replacingOccurrences(of: "-", with: "−")
    XCTAssertTrue(text.split(separator: "\n").contains { $0.hasPrefix(" 0.1 ") && $0.contains(rest) }, rest)
    XCTAssertTrue(text.contains("(0, 1.4142)"), "past the saddle to the minimum")
  }

  // MARK: Reading markup

  private static func commands(_ document: Document) -> [String] {
    document.blocks.flatMap { block -> [String] in
      guard case .note("Try", let lines) = block else { return [] }
      return lines.compactMap { $0.split(separator: "`").first.map(String.init) }
    }
  }

  /// As a shell would split it, double quotes kept together.
  private static func words(_ command: String) -> [String] {
    command.components(separatedBy: "\"").enumerated().flatMap { index, part in
      index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [part]
    }
  }

  private func assertSelfContained(_ html: String, _ name: String, line: UInt = #line) {
    XCTAssertTrue(html.hasPrefix("<!DOCTYPE html>"), name, line: line)
    let parser = XMLParser(data: Data(html.utf8))
    let reader = ReferenceReader()
    parser.delegate = reader
    XCTAssertTrue(
      parser.parse(), "\(name), line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "")", line: line)
    XCTAssertEqual(reader.forbidden, [], name, line: line)
    XCTAssertFalse(html.contains("@import") || html.contains("url("), name, line: line)
  }
}

/// Collects what would load something or run something.
private final class ReferenceReader: NSObject, XMLParserDelegate {
  var forbidden: [String] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    if ["script", "img", "link", "iframe", "object", "embed", "use", "image"].contains(name) { forbidden.append(name) }
    for (key, value) in attributes where !key.hasPrefix("xmlns") && (value.contains("//") || key.hasPrefix("on")) {
      forbidden.append("\(key)=\(value)")
    }
  }
}
