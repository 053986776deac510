import XCTest

@testable import Myelin

final class TerminalTextTests: XCTestCase {
  private let hostile = "\u{1B}]0;title\u{07}\u{1B}[31mred\u{9B}2J\u{7F}\r\n\t\u{202E}abc\u{2028}"

  /// What a terminal would act on, apart from line feeds.
  private func active(_ text: String) -> [Unicode.Scalar] {
    text.unicodeScalars.filter { scalar in
      scalar != "\n" && (scalar.properties.generalCategory == .control || [0x202E, 0x2028].contains(scalar.value))
    }
  }

  func testControlCharactersAreShown() {
    XCTAssertEqual(terminalText("a\u{1B}[31mb"), "a\\u{1b}[31mb")
    XCTAssertEqual(terminalText("a\r\nb"), "a\\u{d}\\u{a}b")
    XCTAssertEqual(terminalText("a\r\nb", keepsLines: true), "a\\u{d}\nb")
    for plain in ["", "naïve 日本語 👩‍👩‍👧 σ′(z₂)", "tick 10⁻³"] { XCTAssertEqual(terminalText(plain), plain) }
    XCTAssertEqual(active(terminalText(hostile)), [])
  }

  func testNoPictureOrTableLetsThemThrough() {
    var plot = Plot(
      hostile, x: Plot.Axis(hostile, categories: [hostile, "b"]), y: Plot.Axis(hostile, categories: [hostile]))
    plot.add(.bars([1, 2], label: hostile))
    plot.add(.text(hostile, at: Plot.Point(0, 0)))
    let classes = [hostile, "b"]
    let pairs = (0..<60).map { row in (0..<60).map { $0 == (row + 1) % 60 ? 1 : 0 } }
    for text in [
      plot.terminal(width: 200),
      Plot.heatmap(hostile, values: [[1]], rows: [hostile], columns: [hostile], format: { _ in hostile })
        .terminal(width: 200),
      Plot.confusionMatrix(ConfusionMatrix([[1, 2], [3, 4]]), classes: classes).terminal(),
      TextTable([hostile], rows: [[hostile], ["x"]], caption: hostile).terminal(width: 60),
      ConfusionText(ConfusionMatrix([[1, 2], [3, 4]]), classes: classes).text(),
      ConfusionText(ConfusionMatrix(pairs), classes: (0..<60).map { "\(hostile)\($0)" }).text(),
    ] {
      XCTAssertEqual(active(text), [], text)
      XCTAssertTrue(text.contains("\\u{1b}"), text)
    }
  }
}
