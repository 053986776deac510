import Foundation
import MyelinModels
import PictureChecks
import XCTest

@testable import Myelin

#if canImport(FoundationXML)
  import FoundationXML
#endif

final class TrainingReportTests: XCTestCase {
  private func report(_ test: TrainingReport.Test?) -> TrainingReport {
    let history = (1...3).map { epoch in
      EpochRecord(
        epoch: epoch, step: 10 * epoch, learningRate: 0.01,
        training: Scores(loss: 1 / Double(epoch), metrics: [.init(.accuracy, 0.5)]),
        validation: Scores(loss: 2 / Double(epoch), metrics: [.init(.accuracy, 0.6)]))
    }
    return TrainingReport(
      title: "A <b>run</b>", result: "**good**", data: [("rows", "3 & more")],
      model: MLP([2, 3, 2], dropout: 0.5).summary(inputShape: [1, 2]), options: [("seed", "1")], history: history,
      keptEpoch: 2, test: test)
  }

  func testIsOneWellFormedPage() throws {
    let test = TrainingReport.Test(
      scores: Scores(loss: 0.5, metrics: [.init(.macroF1, 0.75)]),
      kind: .classification(confusion: ConfusionMatrix([[3, 1], [0, 4]]), classes: ["<a>", "b"]))
    let html = report(test).html()
    let body = html.split(separator: "\n").dropFirst().joined(separator: "\n")
    XCTAssertTrue(XMLParser(data: Data(body.utf8)).parse(), "well-formed after the first line")
    let pictures = Set(PictureText.pictures(in: html).map(\.title))
    XCTAssertEqual(pictures, ["loss", "accuracy", "Confusion matrix"])
    for text in [
      "A &lt;b&gt;run&lt;/b&gt;", "3 &amp; more", "macro F1", "layers.0", "instruction set", "validation accuracy",
      "The weights of epoch 2 were kept", "75.00%",
    ] {
      XCTAssertTrue(html.contains(text), text)
    }
    XCTAssertFalse(html.contains("<script") || html.contains("http-equiv") || html.contains("src="))
  }

  func testRegressionShowsPredictedAgainstTrue() throws {
    let truth = (0..<50).map(Double.init)
    let test = TrainingReport.Test(
      scores: Scores(loss: 0.1, metrics: [.init(.rSquared, 0.9)]),
      kind: .regression(truth: truth, predicted: truth.map { $0 + 1 }, target: "price"))
    let html = report(test).html()
    XCTAssertTrue(html.contains("true price") && html.contains("Predicted against true") && html.contains("Errors"))
    // All the same, or none at all, is no reason to stop.
    for values in [[], [1], [2, 2]] as [[Double]] {
      let odd = TrainingReport.Test(
        scores: Scores(loss: 0), kind: .regression(truth: values, predicted: values, target: "t"))
      XCTAssertTrue(report(odd).html().contains("</html>"))
    }
  }

  func testConfusionMatrixInTheTerminal() {
    let style = TerminalStyle(usesUnicode: false)
    let small = ConfusionText(ConfusionMatrix([[3, 1], [0, 4]]), classes: ["cat", "dog"]).text(style: style)
    XCTAssertEqual(
      small,
      """
      true  cat dog   recall
      cat     3   1    75.0%
      dog     .   4   100.0%
      """)
    let names = (0..<10).map { "a rather long name \($0)" }
    let counts = (0..<10).map { row in (0..<10).map { row == $0 ? 9 : 0 } }
    let long = ConfusionText(ConfusionMatrix(counts), classes: names).text(style: style)
    XCTAssertTrue(long.contains("3  a rather long name"), long)
    XCTAssertTrue(long.split(separator: "\n").allSatisfy { $0.count <= 80 }, long)
    var many = (0..<60).map { row in (0..<60).map { row == $0 ? 9 : 0 } }
    many[7][3] = 5
    let list = ConfusionText(ConfusionMatrix(many), classes: (0..<60).map { "c\($0)" }).text(style: style)
    XCTAssertTrue(list.contains("c7") && list.contains("5"), list)
    XCTAssertEqual(list.split(separator: "\n").count, 4)
  }
}
