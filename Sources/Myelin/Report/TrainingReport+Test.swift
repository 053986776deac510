extension TrainingReport {
  func addTest(_ test: Test, to page: inout HTMLPage) {
    page.heading("Test")
    page.definitions(test.scores.all.map { (term: $0.metric.title, text: $0.text) })
    switch test.kind {
    case .classification(let confusion, let classes):
      addConfusion(confusion, classes, to: &page)
    case .regression(let truth, let predicted, let target):
      page.figures(
        [
          TrainingReport.predictedAgainstTrue(truth, predicted, target),
          TrainingReport.residuals(truth, predicted, target),
          TrainingReport.errorHistogram(truth, predicted, target),
        ],
        caption: "On the dashed lines a prediction is right. Each point is one row of the test part"
          + (truth.count > TrainingReport.mostPoints
            ? ", of which \(TrainingReport.mostPoints) are shown, spread over all." : "."))
    case .measured(_, let tables):
      for table in tables { page.table(table.text) }
    }
    for table in test.tables { page.table(table.text) }
    for plot in test.plots { page.figure(plot, caption: plot.summary, width: 900, height: 380) }
    for group in test.pictures { page.pictures(group) }
  }

  private func addConfusion(_ confusion: ConfusionMatrix, _ classes: [String], to page: inout HTMLPage) {
    let pairs = ConfusionPairs(confusion, limit: ConfusionPairs.largestMatrix)
    if classes.count <= ConfusionPairs.largestMatrix {
      page.figure(
        .confusionMatrix(confusion, classes: classes),
        caption: "Rows are true classes, columns predicted ones. The colour is the share of the true class.",
        width: min(860, 240 + 48 * classes.count), height: min(760, 150 + 40 * classes.count))
    } else if pairs.pairCount > 0 {
      page.table(pairs.table(classes))
    } else {
      page.paragraph("No row was classified wrong.")
    }
    page.table(TrainingReport.classTable(pairs, classes))
  }

  /// Precision, recall and F1 of each class; of more than 200 classes of those with the lowest F1.
  static func classTable(_ pairs: ConfusionPairs, _ classes: [String]) -> TextTable {
    var table = TextTable(["class", "rows", "precision", "recall", "F1"])
    var shown = Array(classes.indices)
    if shown.count > 200 {
      let f1 = shown.map { pairs.scores($0).f1 ?? 2 }
      shown = Array(shown.sorted { (f1[$0], $0) < (f1[$1], $1) }.prefix(200))
      table.caption = "the 200 classes of \(classes.count) with the lowest F1"
    }
    for index in shown {
      let scores = pairs.scores(index)
      table.add(
        [classes[index], "\(pairs.support[index])"]
          + [scores.precision, scores.recall, scores.f1].map { $0.map { Metric.accuracy.text($0) } ?? "–" })
    }
    return table
  }

  static func predictedAgainstTrue(_ truth: [Double], _ predicted: [Double], _ target: String) -> Plot {
    var plot = Plot(
      "Predicted against true", summary: "\(target): the prediction for each test row over its true value",
      x: Plot.Axis("true \(target)"), y: Plot.Axis("predicted"), hasEqualUnits: true)
    plot.add(.scatter(shown(truth.count).map { Plot.Point(truth[$0], predicted[$0]) }))
    let values = (truth + predicted).filter(\.isFinite)
    if let low = values.min(), let high = values.max(), low < high {
      plot.add(.line([Plot.Point(low, low), Plot.Point(high, high)], color: .text, isDashed: true))
    }
    return plot
  }

  /// Points of a picture: more lie on each other, and the page would grow.
  static let mostPoints = 1000

  /// Rows that are spread over all of so many.
  private static func shown(_ count: Int) -> [Int] {
    count <= mostPoints ? Array(0..<count) : (0..<mostPoints).map { $0 * count / mostPoints }
  }

  static func residuals(_ truth: [Double], _ predicted: [Double], _ target: String) -> Plot {
    var plot = Plot(
      "Residuals", summary: "\(target): how far each test row is from its prediction", x: Plot.Axis("predicted"),
      y: Plot.Axis("true − predicted"))
    plot.add(.scatter(shown(truth.count).map { Plot.Point(predicted[$0], truth[$0] - predicted[$0]) }))
    plot.add(.horizontal(0))
    return plot
  }

  /// How often the errors are of which size, in 21 bins over the central 98 per cent; how many lie beyond stands at the
  /// ends and in the summary.
  static func errorHistogram(_ truth: [Double], _ predicted: [Double], _ target: String) -> Plot {
    let errors = zip(predicted, truth).map { $0 - $1 }.filter(\.isFinite)
    let sizes = errors.map(abs).sorted()
    let reach = sizes.isEmpty ? 1 : max(sizes[min(sizes.count - 1, sizes.count * 98 / 100)], .leastNormalMagnitude)
    let bins = 21
    var counts = [Double](repeating: 0, count: bins)
    for error in errors where abs(error) <= reach {
      // Halves: twice the largest number is infinite.
      let place = ((error / reach + 1) / 2 * Double(bins)).rounded(.down)
      counts[Int(min(Double(bins - 1), max(0, place)))] += 1
    }
    var outline = [Plot.Point(-reach, 0)]
    for (bin, count) in counts.enumerated() {
      let edges = [bin, bin + 1].map { (2 * Double($0) / Double(bins) - 1) * reach }
      outline += edges.map { Plot.Point($0, count) }
    }
    outline.append(Plot.Point(reach, 0))
    let (below, above) = (errors.count { $0 < -reach }, errors.count { $0 > reach })
    var plot = Plot(
      "Errors", summary: "How many test rows have an error of which size", x: Plot.Axis("predicted − true"),
      y: Plot.Axis("rows"))
    plot.add(.line(outline))
    plot.add(.vertical(0))
    let top = counts.max() ?? 0
    if below > 0 { plot.add(.text("\(below) further left", at: Plot.Point(-reach, top))) }
    if above > 0 { plot.add(.text("\(above) further right", at: Plot.Point(reach, top))) }
    if below + above > 0 {
      plot.summary += "; \(below) below −\(PlotNumber.short(reach)), \(above) above \(PlotNumber.short(reach))"
    }
    return plot
  }
}
