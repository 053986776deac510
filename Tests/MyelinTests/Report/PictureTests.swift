import Foundation
import MyelinModels
import PictureChecks
import XCTest

@testable import Myelin

/// No text of a picture lies on another or is cut, whatever the data.
final class PictureTests: XCTestCase {
  private func assertClear(_ markup: String, _ name: String, line: UInt = #line) {
    let pictures = PictureText.pictures(in: markup)
    XCTAssertFalse(pictures.isEmpty, "\(name): no picture", line: line)
    XCTAssertEqual(pictures.flatMap(\.clashes), [], name, line: line)
  }

  private func page(_ test: TrainingReport.Test, metrics: [Metric] = [.accuracy], scale: Double = 1) -> String {
    let history = (1...12).map { epoch in
      let loss = scale / Double(epoch)
      return EpochRecord(
        epoch: epoch, step: 10 * epoch, learningRate: 0.01,
        training: Scores(loss: loss, metrics: metrics.map { .init($0, loss) }),
        validation: Scores(loss: 2 * loss, metrics: metrics.map { .init($0, loss) }))
    }
    return TrainingReport(
      title: "A run", result: "good", data: [("rows", "3")], model: MLP([2, 3, 2]).summary(inputShape: [1, 2]),
      options: [], history: history, keptEpoch: 2, test: test
    ).html()
  }

  /// Counts that look like a classifier's: most on the diagonal, some large, many zeros.
  private func confusion(_ classes: Int, largest: Int = 900) -> [[Int]] {
    (0..<classes).map { row in
      (0..<classes).map { column in
        row == column ? largest - row : (row * 7 + column * 13) % 5 == 0 ? (row * 31 + column * 17) % 40 : 0
      }
    }
  }

  func testReportsOfAnyNumberOfClasses() {
    let long = "a class with a rather long name, as they come from a file of descriptions number "
    for classes in [2, 3, 10, 30, 50, 77, 500] {
      for (kind, names) in [
        ("numbers", (0..<classes).map { "\($0)" }), ("names", (0..<classes).map { "class \($0)" }),
        ("long", (0..<classes).map { long + "\($0)" }), ("wide", (0..<classes).map { "日本語の名前\($0)" }),
      ] {
        let test = TrainingReport.Test(
          scores: Scores(loss: 0.5),
          kind: .classification(confusion: ConfusionMatrix(confusion(classes)), classes: names))
        let html = page(test)
        assertClear(html, "\(classes) \(kind)")
        XCTAssertEqual(html.contains("Confusion matrix"), classes <= 50)
        XCTAssertLessThan(html.utf8.count, 2_000_000)
        if classes <= 50 {
          let matrix = PictureText.pictures(in: html).filter { $0.title == "Confusion matrix" }
          for picture in matrix {
            let texts = picture.labels.map(\.text)
            // A name at its row and one at its column, and every count but zero.
            if kind == "numbers" || kind == "names" {
              for name in names { XCTAssertGreaterThanOrEqual(texts.count { $0 == name }, 2, "\(name) of \(classes)") }
            }
            XCTAssertEqual(texts.count { $0 == "\(900 - 1)" }, 1)
            XCTAssertFalse(kind != "numbers" && texts.contains("0"), "zeros are not written")
          }
        }
      }
    }
  }

  func testFiveThousandClasses() {
    let classes = 5000
    var counts = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for row in 0..<classes {
      counts[row][row] = 3
      counts[row][(row * 31 + 7) % classes] += 1
    }
    counts[4321][1234] = 99
    let names = (0..<classes).map { "species \($0)" }
    let html = page(
      .init(scores: Scores(loss: 1), kind: .classification(confusion: ConfusionMatrix(counts), classes: names)),
      metrics: [])
    XCTAssertLessThan(html.utf8.count, 300_000)
    XCTAssertTrue(html.contains("<td class=\"number\">99</td><td>species 4321</td><td>species 1234</td>"))
    XCTAssertTrue(html.contains("the 200 classes of 5000 with the lowest F1"))
    let text = ConfusionText(ConfusionMatrix(counts), classes: names).text()
    XCTAssertTrue(text.contains("  99  species 4321  species 1234"), text)
    XCTAssertLessThan(text.utf8.count, 2000)
  }

  func testMatrixOfManyClassesShowsThoseThatAreConfused() {
    var counts = (0..<300).map { row in (0..<300).map { row == $0 ? 5 : 0 } }
    counts[217][123] = 99
    let svg = Plot.confusionMatrix(ConfusionMatrix(counts), classes: (0..<300).map { "species \($0)" }).svg()
    assertClear(svg, "300 classes")
    XCTAssertLessThan(svg.utf8.count, 500_000)
    XCTAssertTrue(svg.contains("species 217") && svg.contains(">99<"))
    XCTAssertTrue(svg.contains("Of 300 classes the 50 that are confused most are shown"))
  }

  func testRegressionsOfAnySize() {
    let target = "a target column whose name goes on for longer than the axis that it names has room for"
    for scale in [1e-300, 1e-12, 1e-3, 1, 12345.678, 1e9, 1e15, 1e300] {
      for offset in [0, 1, -1e3] {
        for name in ["price", target, ""] {
          let truth = (0..<200).map { scale * (offset + Double($0 % 37)) }
          let predicted = truth.enumerated().map { $1 + scale * Foundation.sin(Double($0)) * ($0 == 7 ? 1000 : 1) }
          let test = TrainingReport.Test(
            scores: Scores(loss: 1), kind: .regression(truth: truth, predicted: predicted, target: name))
          assertClear(
            page(test, metrics: [.rSquared, .meanAbsoluteError], scale: scale),
            "scale \(scale), offset \(offset), \(name)")
        }
      }
    }
  }

  func testHistogramSaysWhatLiesBeyond() {
    let truth = [Double](repeating: 0, count: 1000)
    var predicted = (0..<1000).map { Double($0 % 21) / 10 - 1 }
    for index in 0..<5 { predicted[index * 100] = 500 + Double(index) }
    for index in 0..<3 { predicted[index * 100 + 50] = -400 }
    let plot = TrainingReport.errorHistogram(truth, predicted, "t")
    assertClear(plot.svg(), "histogram")
    let words = PictureText.pictures(in: plot.svg())[0].labels.map(\.text)
    XCTAssertTrue(words.contains("5 further right") && words.contains("3 further left"), "\(words)")
    guard case .line(let outline, _, _) = plot.marks[0].shape else { return XCTFail("no outline") }
    // 992 errors lie within; each bin is drawn by two points.
    XCTAssertEqual(outline.dropFirst().dropLast().reduce(0) { $0 + $1.y } / 2, 992)
    let none = TrainingReport.errorHistogram([0, 0], [1, -1], "t")
    XCTAssertFalse(none.svg().contains("further"))
  }

  func testLegendsTitlesAndWordsKeepClear() {
    let long = "a label that is so long that it needs a line of its own or more than that"
    for width in [200, 350, 640, 1000] {
      var plot = Plot(
        long + " and " + long, x: Plot.Axis(long + long), y: Plot.Axis(long + long, scale: .logarithmic))
      for index in 0..<7 {
        plot.add(
          .line(
            (1...20).map { Foundation.exp(Double($0 * (index - 3))) },
            label: index == 2 ? long + long : "m\(index)omentum"))
      }
      // Many words at almost the same place.
      for index in 0..<6 { plot.add(.text("point \(index)", at: Plot.Point(10 + 0.1 * Double(index), 1))) }
      assertClear(plot.svg(width: width, height: 420), "width \(width)")
      var bars = Plot(long, x: Plot.Axis("x", categories: (0..<40).map { "category \($0)" }))
      bars.add(.bars((0..<40).map(Double.init), label: long))
      assertClear(bars.svg(width: width, height: 300), "bars, width \(width)")
      let heat = Plot.heatmap(
        long, values: (0..<5).map { row in (0..<9).map { Double(row * $0) * 123.456 } },
        rows: (0..<5).map { "row \($0) \(long)" }, columns: (0..<9).map { "column \($0)" })
      assertClear(heat.svg(width: width, height: 300), "heat map, width \(width)")
    }
  }

  func testAxesHaveThreeTicksOrMore() {
    for scale in [Plot.Scale.linear, .logarithmic] {
      for (low, high) in [
        (0.0, 1.0), (1, 9.9), (-0.4, 1.4), (0.97, 1.04), (1e-300, 2e-300), (1e299, 1e300), (5, 5), (0, 0),
        (1e15, 1e15 + 1),
        (99.9999999, 100), (1e-9, 1e9), (1e-15, 0.1), (-1e308, 1e308), (0.02, 0.03), (3, 29), (1.01, 1.02),
        (1e6, 1.2e6),
      ] where scale == .linear || low > 0 {
        for (width, height) in [(200.0, 140.0), (350, 300), (640, 380)] {
          var plot = Plot("t", x: Plot.Axis("x", scale: scale), y: Plot.Axis("y", scale: scale))
          plot.add(.line([Plot.Point(low, low), Plot.Point(high, high)]))
          let layout = PlotLayout(plot, width: width, height: height)
          for ticks in [layout.xTicks, layout.yTicks] {
            let name = "\(scale) \(low)…\(high) in \(width)"
            XCTAssertGreaterThanOrEqual(ticks.count, 3, name)
            XCTAssertEqual(Set(ticks.map(\.label)).count, ticks.count, "\(name): \(ticks.map(\.label))")
          }
          assertClear(plot.svg(width: Int(width), height: Int(height)), "\(scale) \(low)…\(high)")
        }
      }
    }
  }

  func testWordsInTheTerminalKeepClear() {
    for style in PlotTests.styles {
      var plot = Plot("words", x: Plot.Axis("x"), y: Plot.Axis("y"))
      plot.add(.line([1, 2, 3]))
      for index in 0..<5 { plot.add(.text("word\(index)", at: Plot.Point(2, 2))) }
      let text = plot.terminal(width: 80, height: 20, style: style)
      for index in 0..<5 { XCTAssertTrue(text.contains("word\(index)"), text) }
      // Names that do not fit under their columns get numbers and a key.
      let names = (0..<12).map { "a name of some length \($0)" }
      let heat = Plot.confusionMatrix(ConfusionMatrix(confusion(12)), classes: names).terminal(width: 80, style: style)
      for index in names.indices { XCTAssertTrue(heat.contains("\(index) a name of"), heat) }
    }
  }
}
