extension TrainingReport {
  func addTest(_ test: Test, to page: inout HTMLPage) {
    page.heading("Test")
    page.definitions(test.scores.all.map { (term: $0.metric.title, text: $0.text) })
    switch test.kind {
    case .classification(let confusion, let classes):
      page.figure(
        .confusionMatrix(counts: confusion, classes: classes),
        caption: "Rows are true classes, columns predicted ones. The colour is the share of the true class.",
        width: min(860, 240 + 48 * classes.count), height: min(760, 150 + 40 * classes.count))
      page.table(TrainingReport.classTable(confusion, classes))
    case .regression(let truth, let predicted, let target):
      page.figures(
        [
          TrainingReport.predictedAgainstTrue(truth, predicted, target),
          TrainingReport.errorHistogram(truth, predicted, target),
        ], caption: "On the dashed line a prediction is right. Each point is one row of the test part.")
    }
  }

  /// Precision, recall and F1 of each class.
  static func classTable(_ confusion: [[Int]], _ classes: [String]) -> TextTable {
    var table = TextTable(["class", "rows", "precision", "recall", "F1"])
    for (index, name) in classes.enumerated() {
      let right = Double(confusion[index][index])
      let rows = confusion[index].reduce(0, +)
      let predicted = confusion.reduce(0) { $0 + $1[index] }
      let precision = predicted == 0 ? Double.nan : right / Double(predicted)
      let recall = rows == 0 ? Double.nan : right / Double(rows)
      let f1 = 2 * right / Double(rows + predicted)
      table.add([name, "\(rows)"] + [precision, recall, f1].map { $0.isNaN ? "–" : Metric.accuracy.text($0) })
    }
    return table
  }

  static func predictedAgainstTrue(_ truth: [Double], _ predicted: [Double], _ target: String) -> Plot {
    var plot = Plot(
      "Predicted against true", summary: "\(target): the prediction for each test row over its true value",
      x: Plot.Axis("true \(target)"), y: Plot.Axis("predicted"), hasEqualUnits: true)
    plot.add(.scatter(zip(truth, predicted).map { Plot.Point($0, $1) }))
    let values = (truth + predicted).filter(\.isFinite)
    if let low = values.min(), let high = values.max(), low < high {
      plot.add(.line([Plot.Point(low, low), Plot.Point(high, high)], color: .text, isDashed: true))
    }
    return plot
  }

  /// How often the errors are of which size, in 21 bins over the central 98 per cent.
  static func errorHistogram(_ truth: [Double], _ predicted: [Double], _ target: String) -> Plot {
    let errors = zip(predicted, truth).map { $0 - $1 }.filter(\.isFinite)
    let sizes = errors.map(abs).sorted()
    let reach = sizes.isEmpty ? 1 : max(sizes[min(sizes.count - 1, sizes.count * 98 / 100)], .leastNormalMagnitude)
    let bins = 21
    var counts = [Double](repeating: 0, count: bins)
    for error in errors {
      let place = ((error + reach) / (2 * reach) * Double(bins)).rounded(.down)
      counts[Int(min(Double(bins - 1), max(0, place)))] += 1
    }
    var outline = [Plot.Point(-reach, 0)]
    for (bin, count) in counts.enumerated() {
      let left = -reach + 2 * reach * Double(bin) / Double(bins)
      outline.append(Plot.Point(left, count))
      outline.append(Plot.Point(left + 2 * reach / Double(bins), count))
    }
    outline.append(Plot.Point(reach, 0))
    var plot = Plot(
      "Errors", summary: "How many test rows have an error of which size", x: Plot.Axis("predicted − true"),
      y: Plot.Axis("rows"))
    plot.add(.line(outline))
    plot.add(.vertical(0))
    return plot
  }
}
