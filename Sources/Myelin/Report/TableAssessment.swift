/// What tells whether a model of a table can be used: how good it is beside simpler ones, what it goes by, where it errs.
package struct TableAssessment: Sendable {
  /// A model, or what stands in for one, and its scores.
  package struct Judged: Sendable {
    package var name: String
    package var scores: [Scores.Measurement]

    package init(_ name: String, _ scores: [Scores.Measurement]) {
      self.name = name
      self.scores = scores
    }
  }

  /// How much worse the answers are where a column's values are dealt out to other rows.
  package struct Importance: Sendable {
    package var column: String
    /// Over the repetitions.
    package var mean: Double
    package var deviation: Double

    package init(column: String, mean: Double, deviation: Double) {
      self.column = column
      self.mean = mean
      self.deviation = deviation
    }
  }

  /// The mean answer where a column has one value in all rows, for several values of it.
  package struct Dependence: Sendable {
    package enum Values: Sendable {
      case numbers([Double])
      case names([String])
    }

    package var column: String
    package var values: Values
    /// What is answered, on the axis.
    package var answer: String
    /// A line for each class that is shown, or for the number.
    package var curves: [(name: String?, answers: [Double])]

    package init(column: String, values: Values, answer: String, curves: [(name: String?, answers: [Double])]) {
      self.column = column
      self.values = values
      self.answer = answer
      self.curves = curves
    }
  }

  /// The curves of a classification.
  package struct Curves: Sendable {
    /// The class whose probability it is about; nil where it is that of the predicted one.
    package var positive: String?
    /// x, y; empty with more than two classes.
    package var roc: [Plot.Point] = []
    package var precisionRecall: [Plot.Point] = []
    /// Probability and share of rows, of rows of nearly one probability.
    package var calibration: [Plot.Point] = []
    /// The places on both curves where the class is told apart, and what it is.
    package var threshold: (value: Double, roc: Plot.Point, precisionRecall: Plot.Point)?

    package init(positive: String?) { self.positive = positive }
  }

  /// How often the truth lies in an interval that was to hold it so often.
  package struct Coverage: Sendable {
    package var level: Double
    package var share: Double
    /// The median over the rows.
    package var width: Double

    package init(level: Double, share: Double, width: Double) {
      self.level = level
      self.share = share
      self.width = width
    }
  }

  /// In a sentence or two.
  package var verdict = ""
  package var judged: [Judged] = []
  package var warnings: [String] = []
  /// The line that trains the same model again.
  package var command: String?
  package var importance: [Importance] = []
  /// What is lost, and on how many rows it was found.
  package var importanceCaption = ""
  package var dependence: [Dependence] = []
  package var curves: Curves?
  /// Rows that were answered worst.
  package var worst: TextTable?
  package var coverage: [Coverage] = []
  /// How outputs become answers, where that was chosen.
  package var rules: [TrainingReport.Fact] = []

  package init() {}

  /// The first table: a line a model, a column a metric.
  package var comparison: TextTable {
    let metrics = judged.first?.scores.map(\.metric) ?? []
    var table = TextTable([""] + metrics.map(\.title))
    for line in judged {
      table.add([line.name] + metrics.map { metric in line.scores.first { $0.metric == metric }?.text ?? "–" })
    }
    return table
  }
}

extension TrainingReport {
  /// The block that is read first.
  func addVerdict(_ assessment: TableAssessment, to page: inout HTMLPage) {
    if !assessment.verdict.isEmpty || !assessment.warnings.isEmpty {
      page.note("Can it be used?", [assessment.verdict] + assessment.warnings.map { "**Warning:** \($0)" })
    }
    if !assessment.judged.isEmpty { page.table(assessment.comparison) }
    if !assessment.rules.isEmpty { page.definitions(assessment.rules) }
    if let command = assessment.command { page.code(command) }
  }

  func addInsight(_ assessment: TableAssessment, to page: inout HTMLPage) {
    if let curves = assessment.curves { addCurves(curves, to: &page) }
    if !assessment.coverage.isEmpty {
      page.heading("Intervals", level: 3)
      var table = TextTable(["asked for", "test rows inside", "median width"])
      for line in assessment.coverage {
        table.add([
          Metric.accuracy.text(line.level), Metric.accuracy.text(line.share), Metric.loss.text(line.width),
        ])
      }
      page.table(table)
    }
    if let worst = assessment.worst, !worst.rows.isEmpty {
      page.heading("The worst errors", level: 3)
      page.table(worst)
    }
    if !assessment.importance.isEmpty {
      page.heading("What it goes by")
      page.paragraph(assessment.importanceCaption)
      let largest = assessment.importance.map(\.mean).max() ?? 0
      let shown = 20
      func bar(_ line: TableAssessment.Importance) -> (label: String, share: Double, note: String) {
        (
          line.column, largest > 0 ? line.mean / largest : 0,
          "\(PlotNumber.fixed(line.mean, decimals: 4)) ± \(PlotNumber.fixed(line.deviation, decimals: 4))"
        )
      }
      page.bars(assessment.importance.prefix(shown).map(bar))
      if assessment.importance.count > shown {
        page.folded("\(assessment.importance.count - shown) more columns") {
          $0.bars(assessment.importance.dropFirst(shown).map(bar))
        }
      }
    }
    if !assessment.dependence.isEmpty {
      page.figures(
        assessment.dependence.map(TrainingReport.plot),
        caption:
          "The mean answer where all rows have this value in the column and keep what they have in the others: what the "
          + "model has learned, which need not be what causes what.", width: 300, height: 240)
    }
  }

  private static func plot(_ dependence: TableAssessment.Dependence) -> Plot {
    var plot = Plot(
      dependence.column, summary: "The mean answer by \(dependence.column)", x: Plot.Axis(dependence.column),
      y: Plot.Axis(dependence.answer))
    for (index, curve) in dependence.curves.enumerated() {
      switch dependence.values {
      case .numbers(let values):
        plot.add(
          .line(
            zip(values, curve.answers).map { Plot.Point($0, $1) }, label: curve.name, color: .series(index),
            showsPoints: values.count <= 12))
      case .names(let names):
        plot.xAxis.categories = names
        plot.add(.bars(curve.answers, label: curve.name, color: .series(index)))
      }
    }
    return plot
  }

  private func addCurves(_ curves: TableAssessment.Curves, to page: inout HTMLPage) {
    var plots: [Plot] = []
    let one = 0.0...1.0
    if !curves.roc.isEmpty {
      var roc = Plot(
        "ROC",
        summary: "The share of \(curves.positive ?? "") that is found over the share of others that is taken for it",
        x: Plot.Axis("false positives", range: one), y: Plot.Axis("true positives", range: one))
      roc.add(.line(curves.roc, color: .series(0)))
      roc.add(.line([Plot.Point(0, 0), Plot.Point(1, 1)], color: .text, isDashed: true))
      if let threshold = curves.threshold { roc.add(.scatter([threshold.roc], color: .series(1))) }
      plots.append(roc)
      var precision = Plot(
        "Precision and recall", summary: "The share that is right among those told to be \(curves.positive ?? "")",
        x: Plot.Axis("recall", range: one), y: Plot.Axis("precision", range: one))
      precision.add(.line(curves.precisionRecall, color: .series(0)))
      if let threshold = curves.threshold { precision.add(.scatter([threshold.precisionRecall], color: .series(1))) }
      plots.append(precision)
    }
    var calibration = Plot(
      "Calibration", summary: "How often it is true over how probable it was said to be",
      x: Plot.Axis("probability", range: one), y: Plot.Axis("share that is true", range: one))
    calibration.add(.line([Plot.Point(0, 0), Plot.Point(1, 1)], color: .text, isDashed: true))
    calibration.add(.line(curves.calibration, color: .series(0), showsPoints: true))
    plots.append(calibration)
    var caption =
      curves.positive.map { "Of the class `\($0)`." } ?? "Calibration is that of the class that is predicted."
    if let threshold = curves.threshold {
      caption += " The mark is where the class is told: from a probability of \(PlotNumber.short(threshold.value))."
    }
    page.figures(
      plots, caption: caption + " On the dashed diagonal a probability is what it says.", width: 300, height: 280)
  }
}
