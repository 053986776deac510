import Foundation
import Myelin

extension Tuning {
  /// The trials, those of the last round first and the best of each first.
  package func table(limit: Int = .max) -> TextTable {
    var table = TextTable(["trial", "epochs", "held-out loss", "score", "settings", "seconds"])
    let order = trials.sorted {
      ($1.round, $0.loss ?? .infinity, $0.candidate) < ($0.round, $1.loss ?? .infinity, $1.candidate)
    }
    for trial in order.prefix(limit) {
      table.add([
        "\(trial.candidate)", Tuning.roundNames[trial.round], trial.loss.map { PlotNumber.short($0) } ?? "diverged",
        trial.score.map { "\($0.metric.title) \($0.text)" } ?? "–", Tuning.text(trial.settings, hasLayers: hasLayers),
        PlotNumber.short(trial.seconds, digits: 3),
      ])
    }
    return table
  }

  private static let roundNames = ["a ninth", "a third", "all"]

  private var hasLayers: Bool { (try? Recipes.of(options.source))?.network == nil }

  /// In the words of the command line, those that a search changes.
  package static func text(_ settings: TrainingSettings, hasLayers: Bool) -> String {
    var parts = ["rate \(settings.learningRate)", "decay \(settings.weightDecay)", "batch \(settings.batchSize)"]
    if hasLayers {
      parts.insert(
        "layers \(settings.hiddenSizes.map(String.init).joined(separator: ",")) \(settings.activation)", at: 0)
      parts.append("dropout \(settings.dropout)")
    } else if settings.labelSmoothing > 0 {
      parts.append("label smoothing \(settings.labelSmoothing)")
    }
    if let ensemble = settings.ensemble {
      parts.append("\(ensemble.binCount) bins of strength \(ensemble.binStrength)")
    }
    return parts.joined(separator: ", ")
  }

  func html() -> String {
    var page = HTMLPage("Search on \(options.source.name)")
    if let best {
      page.markedParagraph(
        "Best so far of \(Set(trials.map(\.candidate)).count) settings: **held-out loss "
          + "\(best.loss.map { PlotNumber.short($0) } ?? "–")** with \(Tuning.text(best.settings, hasLayers: hasLayers)). "
          + "Trial 0 are the settings that suit the data without a search; losses compare only at the same epochs.")
    }
    let known = trials.filter { $0.loss != nil }
    if known.count > 2 {
      page.figures(
        [
          plot("learning rate", isLogarithmic: true, known) { Double($0.learningRate) },
          plot("weight decay", isLogarithmic: true, known) { Double($0.weightDecay) },
        ]
          + (hasLayers
            ? [
              plot("dropout", known) { Double($0.dropout) },
              plot("units of a layer", known) { Double($0.hiddenSizes.first ?? 0) },
            ] : []),
        caption: "Each point is a trial; the colour is how many of the epochs it had.", width: 300, height: 260)
    }
    page.table(table())
    page.heading("Data")
    page.definitions(facts)
    return page.html()
  }

  private func plot(
    _ title: String, isLogarithmic: Bool = false, _ trials: [Trial], _ value: (TrainingSettings) -> Double
  ) -> Plot {
    var plot = Plot(
      title, summary: "Held-out loss by \(title)", x: Plot.Axis(title, scale: isLogarithmic ? .logarithmic : .linear),
      y: Plot.Axis("held-out loss"))
    // A few that went wrong must not press all others together.
    let losses = trials.compactMap(\.loss).sorted()
    let limit = losses[(losses.count - 1) * 9 / 10] * 1.5
    for round in 0..<Tuning.rounds {
      let points = trials.filter { $0.round == round && $0.loss! <= max(limit, losses[0]) }
        .map { Plot.Point(value($0.settings), $0.loss!) }
      if !points.isEmpty { plot.add(.scatter(points, label: Tuning.roundNames[round], color: .series(round))) }
    }
    return plot
  }
}
