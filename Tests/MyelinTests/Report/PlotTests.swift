import Foundation
import Myelin
import XCTest

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Parses markup and collects what the tests ask about.
final class MarkupReader: NSObject, XMLParserDelegate {
  private(set) var elements: [String: Int] = [:]
  private(set) var attributes: [(name: String, value: String)] = []
  private(set) var text = ""
  private(set) var failure: String?

  init(_ markup: String) {
    super.init()
    let parser = XMLParser(data: Data(markup.utf8))
    parser.delegate = self
    if !parser.parse() {
      failure = "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "unknown")"
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements[name, default: 0] += 1
    self.attributes += attributes.map { ($0.key, $0.value) }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  /// Asserts that the markup is well-formed and loads nothing: no scripts, and no address but a name space, an anchor
  /// or a file of the same folder.
  static func assertSelfContained(_ markup: String, file: StaticString = #filePath, line: UInt = #line) {
    let reader = MarkupReader(markup)
    XCTAssertNil(reader.failure, file: file, line: line)
    for element in ["script", "img", "link", "iframe", "object", "embed", "use", "image", "foreignObject"] {
      XCTAssertNil(reader.elements[element], "<\(element)> in the page", file: file, line: line)
    }
    for (name, value) in reader.attributes where !name.hasPrefix("xmlns") {
      XCTAssertFalse(value.contains("//"), "\(name)=\"\(value)\"", file: file, line: line)
      XCTAssertFalse(name.hasPrefix("on"), "event attribute \(name)", file: file, line: line)
    }
    XCTAssertFalse(reader.text.contains("@import"), file: file, line: line)
    XCTAssertFalse(reader.text.contains("url("), file: file, line: line)
  }
}

final class PlotTests: XCTestCase {
  /// One picture with every mark.
  static let everything: Plot = {
    var plot = Plot(
      "Losses <a & b> \"quoted\" \u{1}", summary: "Every mark & more", x: Plot.Axis("epoch <n>"),
      y: Plot.Axis("loss & co"))
    plot.add(.field(x: -2...4, y: -1...3, resolution: 20, boundary: 0.5) { x, y in 1 / (1 + exp(-x * y)) })
    plot.add(.regions([[0, 1], [2, 1]], x: 0...1, y: 0...1))
    plot.add(.line([3, .nan, 2, 1, .infinity, 0.5], label: "train & co"))
    plot.add(.function(over: -2...4, label: "sine", isDashed: true, sin))
    plot.add(.scatter([Plot.Point(0, 0), Plot.Point(1, .nan)], label: "points"))
    plot.add(.bars([1, -2, 3], label: "bars"))
    plot.add(.vector(to: Plot.Point(1, 2), label: "vector"))
    plot.add(.horizontal(1, label: "target"))
    plot.add(.vertical(1))
    plot.add(.text("<here>", at: Plot.Point(1, 1)))
    return plot
  }()

  static let styles = [
    TerminalStyle(), TerminalStyle(usesColor: true), TerminalStyle(usesUnicode: false),
    TerminalStyle(usesUnicode: false, usesColor: true),
  ]

  func testSVGIsWellFormedSelfContainedAndAccessible() {
    let svg = Self.everything.svg()
    MarkupReader.assertSelfContained(svg)
    let reader = MarkupReader(svg)
    XCTAssertEqual(reader.elements["title"], 1)
    XCTAssertEqual(reader.elements["desc"], 1)
    XCTAssertTrue(reader.text.contains("Losses <a & b> \"quoted\" \u{FFFD}"))
    XCTAssertTrue(reader.text.contains("prefers-color-scheme:dark"))
    XCTAssertTrue(reader.text.contains("epoch <n>"))
    XCTAssertFalse(svg.contains("nan") || svg.contains("inf"))
  }

  func testTerminalFitsItsWidthInEveryStyle() {
    for style in Self.styles {
      for width in [24, 40, 80, 120] {
        let picture = Self.everything.terminal(width: width, height: 18, style: style)
        let plain = picture.replacingOccurrences(of: "\u{1B}\\[[0-9;]*m", with: "", options: .regularExpression)
        XCTAssertEqual(style.usesColor, plain != picture)
        for line in plain.split(separator: "\n", omittingEmptySubsequences: false) {
          XCTAssertLessThanOrEqual(line.count, width)
        }
        if !style.usesUnicode {
          XCTAssertTrue(plain.unicodeScalars.allSatisfy { $0.isASCII || $0 == "…" }, plain)
        }
      }
    }
  }

  func testDataThatHasNoExtentStillDraws() {
    let cases: [[Plot.Mark]] = [
      [], [.line([])], [.line([1])], [.line([2, 2, 2])], [.line([.nan, .nan])], [.line([.infinity])],
      [.scatter([Plot.Point(3, 3)])], [.bars([])], [.bars([0])], [.line([0, 0])], [.line([1e300, -1e300])],
      [.line([.greatestFiniteMagnitude, -.greatestFiniteMagnitude])], [.line([5e-308, 4e-308])],
      [.line([1e15, 1e15 + 1])], [.field([], x: 0...1, y: 0...1)], [.field([[.nan]], x: 0...1, y: 0...1)],
      [.field([[1]], x: 0...0, y: 0...0)], [.regions([], x: 0...1, y: 0...1)], [.regions([[]], x: 0...1, y: 0...1)],
      [.vector(to: Plot.Point(0, 0))], [.horizontal(.nan)], [.text("", at: Plot.Point(.nan, 0))],
    ]
    for (index, marks) in cases.enumerated() {
      for scale in [Plot.Scale.linear, .logarithmic] {
        for hasEqualUnits in [false, true] {
          let plot = Plot(
            "case \(index)", x: Plot.Axis("x", scale: scale), y: Plot.Axis("y", scale: scale),
            hasEqualUnits: hasEqualUnits, marks: marks)
          let svg = plot.svg()
          MarkupReader.assertSelfContained(svg)
          XCTAssertNil(svg.range(of: "[=\" ](nan|-?inf)", options: .regularExpression), "case \(index)")
          for style in Self.styles { XCTAssertFalse(plot.terminal(style: style).isEmpty) }
        }
      }
    }
    var narrow = Plot("", x: Plot.Axis(range: 0...1e-300), y: Plot.Axis(range: 0...1e-300))
    narrow.add(.bars([1, 2, .nan]))
    narrow.add(.vector(from: Plot.Point(-1e300, 0), to: Plot.Point(1e300, 1)))
    MarkupReader.assertSelfContained(narrow.svg())
    for style in Self.styles { XCTAssertFalse(narrow.terminal(width: 24, height: 8, style: style).isEmpty) }
    MarkupReader.assertSelfContained(Plot.heatmap("", values: [], rows: [], columns: []).svg())
    XCTAssertFalse(Plot.confusionMatrix(ConfusionMatrix([]), classes: []).terminal().isEmpty)
  }

  func testTicksAreRoundNumbers() {
    var plot = Plot("", x: Plot.Axis("x", range: 0...10), y: Plot.Axis("y", range: -1...1))
    plot.add(.line([0]))
    let text = MarkupReader(plot.svg()).text
    for tick in ["0", "2", "4", "6", "8", "10", "-1.0", "-0.5", "0.0", "0.5", "1.0"] {
      XCTAssertTrue(text.contains("\n\(tick)\n"), "tick \(tick) in \(text)")
    }
  }

  func testLogarithmicAxisHasPowersOfTenAndDropsWhatItCannotShow() {
    var plot = Plot("", y: Plot.Axis("loss", scale: .logarithmic))
    plot.add(.line([1000, 10, 0, -3, 0.001]))
    let text = MarkupReader(plot.svg()).text
    for tick in ["1000", "10", "0.1", "0.001"] { XCTAssertTrue(text.contains("\n\(tick)\n"), tick) }
    // The two values that have no logarithm split the line: a segment and a lone point.
    let path = plot.svg().split(separator: "\n").last { $0.contains("class=\"line s0\"") } ?? ""
    XCTAssertEqual(path.count { $0 == "M" }, 2)
  }

  func testLineIsClippedToItsAxes() {
    var plot = Plot("", x: Plot.Axis(range: 0...1), y: Plot.Axis(range: 0...1))
    plot.add(.line([Plot.Point(-1, -1), Plot.Point(2, 2)]))
    plot.add(.line([Plot.Point(2, 0), Plot.Point(3, 1)]))
    let svg = plot.svg(width: 400, height: 300)
    let paths = svg.split(separator: "\n").filter { $0.contains("class=\"line s") }
    XCTAssertEqual(paths.count, 1, "the second line is outside")
    let numbers = paths[0].split { !"0123456789.".contains($0) }.compactMap { Double($0) }.filter { $0 > 1 }
    XCTAssertTrue(numbers.allSatisfy { $0 <= 400 }, "\(numbers)")
  }

  func testConfusionMatrixShowsEveryCount() {
    let plot = Plot.confusionMatrix(ConfusionMatrix([[50, 2], [7, 41]]), classes: ["benign", "malignant"])
    for text in [MarkupReader(plot.svg()).text, plot.terminal(width: 60, height: 12)] {
      for part in ["50", "2", "7", "41", "benign", "malignant", "predicted", "true"] {
        XCTAssertTrue(text.contains(part), "\(part) in \(text)")
      }
    }
    XCTAssertTrue(plot.summary.contains("91 of 100"))
    let lines = plot.terminal(width: 60, height: 12).split(separator: "\n")
    let first = lines.firstIndex { $0.contains("50") } ?? -1
    XCTAssertTrue(first >= 0 && lines[first].contains("benign"), "the true class names its row")
    XCTAssertTrue(lines[first + 1].contains("41"), "first class on top")
  }

  func testContourOfACircleLiesOnIt() {
    var plot = Plot("", x: Plot.Axis(range: -1...1), y: Plot.Axis(range: -1...1))
    plot.add(.field(x: -1...1, y: -1...1, resolution: 200, levels: [0.25]) { x, y in x * x + y * y })
    let path = plot.svg(width: 1000, height: 1000).split(separator: "\n").first { $0.contains("thin ink") } ?? ""
    XCTAssertGreaterThan(path.count { $0 == "M" }, 100)
    // The frame of the plotting area gives pixels their meaning.
    let axis = plot.svg(width: 1000, height: 1000).split(separator: "\n").first { $0.contains("class=\"axis\"") } ?? ""
    let frame = axis.split { !"0123456789.".contains($0) }.compactMap { Double($0) }
    let (left, top, bottom, right) = (frame[0], frame[1], frame[2], frame[3])
    for segment in path.split(separator: "M").dropFirst() {
      let numbers = segment.split { !"0123456789.".contains($0) }.compactMap { Double($0) }
      let x = (numbers[0] - left) / (right - left) * 2 - 1
      let y = 1 - (numbers[1] - top) / (bottom - top) * 2
      XCTAssertEqual((x * x + y * y).squareRoot(), 0.5, accuracy: 0.002)
    }
  }

  func testStyleDetection() {
    let detect = TerminalStyle.detect(isTerminal:environment:)
    XCTAssertEqual(
      detect(true, ["TERM": "xterm", "LANG": "en_US.UTF-8"]), TerminalStyle(usesUnicode: true, usesColor: true))
    XCTAssertFalse(detect(true, ["TERM": "xterm", "NO_COLOR": "1"]).usesColor)
    XCTAssertFalse(detect(true, ["TERM": "dumb"]).usesColor)
    XCTAssertFalse(detect(false, ["TERM": "xterm"]).usesColor)
    XCTAssertFalse(detect(true, ["LANG": "C"]).usesUnicode)
    XCTAssertFalse(detect(true, ["LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"]).usesUnicode)
    XCTAssertTrue(detect(true, [:]).usesUnicode)
  }
}

final class HTMLPageTests: XCTestCase {
  func testPageIsWellFormedAndEscaped() {
    var page = HTMLPage("A <b> & \"c\"")
    page.heading("Section & <script>alert(1)</script>", id: "one")
    page.paragraph("x < y && y > z `not code`")
    page.markedParagraph("**strong <b>** and `a < b` and a lone ` mark **")
    page.formula(["σ′(x) = σ(x)(1 − σ(x))", "a < b"])
    page.code("if a < b && c { }")
    page.list(["one", "two & three"])
    page.definitions([("layer <1>", "784 × 512")])
    page.note("Try", ["`--eta 2`"])
    page.table(TextTable(["name", "value"], rows: [["a<b", "1.5"], ["c", "-2"], ["short"]], caption: "cap & tion"))
    page.figure(PlotTests.everything, caption: "All & sundry")
    page.figures([PlotTests.everything, PlotTests.everything])
    page.links([("Perceptron", "perceptron.html", "the first")], isOrdered: true)
    page.navigation([("back", "index.html"), ("next", "#one")])
    let html = page.html()
    XCTAssertTrue(html.hasPrefix("<!DOCTYPE html>"))
    MarkupReader.assertSelfContained(html)
    let reader = MarkupReader(html)
    XCTAssertTrue(reader.text.contains("Section & <script>alert(1)</script>"))
    XCTAssertTrue(reader.text.contains("a lone ` mark **"))
    XCTAssertEqual(reader.elements["svg"], 6, "each for wide windows and for telephones")
    XCTAssertEqual(reader.elements["style"], 1, "one style sheet for the page and its pictures")
    XCTAssertEqual(reader.elements["strong"], 2)
    XCTAssertEqual(reader.elements["td"], 6)
  }

  func testTableInTheTerminalAlignsNumbersAndFits() {
    let table = TextTable(["name", "value"], rows: [["a", "1.5"], ["longer", "-20.25"]])
    XCTAssertEqual(table.terminal(), "name     value\n──────  ──────\na          1.5\nlonger  -20.25\n")
    let wide = TextTable(["what", "text"], rows: [["x", String(repeating: "word ", count: 30)]])
    let lines = wide.terminal(width: 40).split(separator: "\n")
    XCTAssertTrue(lines.allSatisfy { $0.count <= 40 })
    XCTAssertGreaterThan(lines.count, 4)
    // A name stays whole while there are words to break between.
    let named = TextTable(["recipe", "data"], rows: [["forecast-elec-equip", String(repeating: "word ", count: 9)]])
    XCTAssertTrue(named.terminal(width: 36).contains("forecast-elec-equip  word"), named.terminal(width: 36))
    XCTAssertEqual(TextTable([]).terminal(), "")
  }
}
