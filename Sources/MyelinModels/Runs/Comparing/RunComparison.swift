import Foundation
import Myelin

/// Runs side by side: their scores, what differs in their options, their curves.
package struct RunComparison {
  fileprivate struct Line {
    let name: String
    let model: any RunModel
    let result: RunResult?
    let test: [Scores.Measurement]
    let history: [EpochRecord]
  }

  private let lines: [Line]
  /// What makes scores no fair comparison, a line each.
  package let warnings: [String]

  /// Reads the runs in these folders; one that left no result is evaluated on its data.
  ///
  /// - Throws: `DataError` where there is no run, or its data is gone.
  package init(_ paths: [String]) throws {
    var lines: [Line] = []
    for path in paths {
      let folder = try RunFolder.existing(path)
      let model = try RunModels.read(folder.model)
      let result = RunResult(contentsOf: folder.result)
      let test = try result?.test ?? model.evaluation(of: nil, near: folder).test.scores.all
      let checkpoint = try? Checkpoint(contentsOf: folder.checkpoint)
      lines.append(
        Line(name: path, model: model, result: result, test: test, history: checkpoint?.state.history ?? []))
    }
    self.lines = lines
    var warnings: [String] = []
    let descriptions = lines.map(\.model.description)
    if descriptions.contains(where: { $0.task != descriptions[0].task || $0.target != descriptions[0].target }) {
      warnings.append("the runs predict different things: their scores say nothing of each other")
    } else if Set(lines.map(\.dataKey)).count > 1 {
      warnings.append(
        "the runs are tested on different rows (other data, seed or test share): small differences are chance")
    }
    self.warnings = warnings
  }

  /// A line a run: its scores, the best of each marked, and what it cost.
  package var table: TextTable {
    var metrics: [Metric] = []
    for measurement in lines.flatMap(\.test) where !metrics.contains(measurement.metric) {
      metrics.append(measurement.metric)
    }
    var table = TextTable(["run", "parameters", "epochs", "seconds"] + metrics.map(\.title))
    let best = metrics.map { metric in
      lines.indices.filter { lines[$0].value(metric)?.isFinite == true }
        .max { metric.gain(of: lines[$0].value(metric)!, over: lines[$1].value(metric)!) < 0 }
        .flatMap { lines[$0].value(metric) }
    }
    for line in lines {
      table.add(
        [
          line.name, "\(line.model.network.parameterCount)", line.result.map { "\($0.epochs)" } ?? "–",
          line.result.map { PlotNumber.short($0.seconds, digits: 3) } ?? "–",
        ]
          + metrics.indices.map { index in
            guard let value = line.value(metrics[index]) else { return "–" }
            return metrics[index].text(value) + (lines.count > 1 && value == best[index] ? " *" : "")
          })
    }
    table.caption = "scores of the test rows; * is the best"
    return table
  }

  /// What differs in the options, a line an option; nothing where all are the same.
  package var differences: TextTable {
    let facts = lines.map { line in
      Dictionary(
        [
          ("data", line.model.options.source.name), ("target", line.model.description.target),
          ("quantiles", line.model.options.source.quantiles.map { $0.map { "\($0)" }.joined(separator: ", ") } ?? "–"),
          ("threshold", line.model.options.threshold?.text ?? "–"),
        ] + line.model.options.facts.map { ($0.term, $0.text) }, uniquingKeysWith: { first, _ in first })
    }
    var terms = ["data", "target", "quantiles", "threshold"]
    for term in lines.flatMap({ $0.model.options.facts.map(\.term) }) where !terms.contains(term) { terms.append(term) }
    var table = TextTable(["option"] + lines.map(\.name))
    for term in terms where Set(facts.map { $0[term] ?? "–" }).count > 1 {
      table.add([term] + facts.map { $0[term] ?? "–" })
    }
    return table
  }

  /// One page that needs no other.
  package func html() -> String {
    var page = HTMLPage("\(lines.count) runs compared")
    if !warnings.isEmpty { page.note("Mind", warnings) }
    page.table(table)
    let plots = bars + curves
    if !plots.isEmpty { page.figures(plots) }
    if !differences.rows.isEmpty {
      page.heading("What differs")
      page.table(differences)
    }
    let commands = lines.compactMap { $0.result?.command }
    if !commands.isEmpty {
      page.heading("How each was trained")
      page.code(commands.joined(separator: "\n"))
    }
    return page.html()
  }

  private var bars: [Plot] {
    let metrics = lines[0].test.map(\.metric).filter { metric in lines.allSatisfy { $0.value(metric) != nil } }
    return metrics.prefix(3).map { metric in
      var plot = Plot(
        metric.title, summary: "\(metric.title) of the test rows by run",
        x: Plot.Axis("", categories: lines.map { URL(fileURLWithPath: $0.name).lastPathComponent }),
        y: Plot.Axis(metric.title))
      plot.add(.bars(lines.map { $0.value(metric)! }))
      return plot
    }
  }

  private var curves: [Plot] {
    guard lines.contains(where: { !$0.history.isEmpty }) else { return [] }
    var plot = Plot(
      "Held-out loss", summary: "The loss of held-out rows by epoch and run", x: Plot.Axis("epoch"),
      y: Plot.Axis("loss"))
    for (index, line) in lines.enumerated() where !line.history.isEmpty {
      plot.add(
        .line(
          line.history.map { ($0.validation ?? $0.training).loss },
          label: URL(fileURLWithPath: line.name).lastPathComponent, color: .series(index)))
    }
    return [plot]
  }
}

extension RunComparison.Line {
  func value(_ metric: Metric) -> Double? { test.first { $0.metric == metric }?.value }

  /// What the test rows follow from.
  var dataKey: String {
    let options = model.options
    return "\(options.source.name) \(options.source.target ?? "") \(options.seed) \(options.testShare) "
      + "\(options.validationShare) \(options.source.table?.testFile?.given ?? "")"
  }
}
