/// A run on one page: what was learned from what, how it went, and how good it is. `html()` gives a self-contained file
/// with its pictures inside.
public struct TrainingReport: Sendable {
  /// One line of a list: a term and what is said of it.
  public typealias Fact = (term: String, text: String)

  /// The page's heading.
  public var title: String
  /// The result in a sentence or two; `**strong**` and code between backquotes are marked up.
  public var result: String
  /// What was learned from.
  public var data: [Fact]
  /// The columns of a table, and what became of them; empty for other data.
  public var columns: [ColumnSummary] = []
  /// The layers.
  public var model: ModelSummary
  /// How it was trained.
  public var options: [Fact]
  /// What the curves are drawn from.
  public var history: [EpochRecord]
  /// The epoch whose weights were kept; nil for the last one.
  public var keptEpoch: Int?
  /// What the rows are that the scores after each epoch come from: `validation`, or `test`.
  public var heldOutName: String
  /// How good the model is in the end; nil where nothing was held out.
  public var test: Test?
  /// Some of what was learned from, where it is pictures.
  public var samples: PictureGroup?
  /// What the first layer looks for, where the model sees pictures.
  public var filters: PictureGroup?
  /// What it ran on.
  public var machine: [Fact]
  /// What tells whether the model can be used, where it is of a table.
  package var assessment: TableAssessment?

  /// How the finished model does on rows that it has not seen.
  public struct Test: Sendable {
    /// Loss and metrics.
    public var scores: Scores
    /// What the picture shows.
    public var kind: Kind
    /// Samples worth a look, where they are pictures: the worst mistakes, and others.
    public var pictures: [PictureGroup]
    /// What else is told of them, in rows and columns.
    public var tables: [ScoreTable]
    /// Further pictures of the answers: series with their forecasts.
    package var plots: [Plot] = []
    /// What the rows are: `test`, or `held-out` where none were kept for the test.
    public var name = "test"

    /// The answers beside the truth.
    public enum Kind: Sendable {
      /// `confusion[true][predicted]`
      case classification(confusion: ConfusionMatrix, classes: [String])
      /// Numbers, row by row, in the target's own unit.
      case regression(truth: [Double], predicted: [Double], target: String)
      /// Answers of another form: the metric that says most of them, and tables of what it is made of.
      case measured(headline: Metric, tables: [ScoreTable])
    }

    /// Figures in rows and columns.
    public struct ScoreTable: Sendable {
      /// A title for each column.
      public var header: [String]
      /// As many texts in each as the header has.
      public var rows: [[String]]

      /// A table of these rows.
      public init(_ header: [String], rows: [[String]]) {
        self.header = header
        self.rows = rows
      }

      package var text: TextTable { TextTable(header, rows: rows) }
    }

    /// Scores, and the answers that the picture shows.
    public init(scores: Scores, kind: Kind, pictures: [PictureGroup] = [], tables: [ScoreTable] = []) {
      self.scores = scores
      self.kind = kind
      self.pictures = pictures
      self.tables = tables
    }
  }

  /// A report of these parts; `html()` puts them on a page.
  public init(
    title: String, result: String, data: [Fact], model: ModelSummary, options: [Fact], history: [EpochRecord],
    keptEpoch: Int? = nil, heldOutName: String = "validation", test: Test? = nil,
    samples: PictureGroup? = nil,
    machine: [Fact] = TrainingReport.machineFacts
  ) {
    self.title = title
    self.result = result
    self.data = data
    self.model = model
    self.options = options
    self.history = history
    self.keptEpoch = keptEpoch
    self.heldOutName = heldOutName
    self.test = test
    self.samples = samples
    self.machine = machine
  }

  /// Processor, instruction set, threads and caches of this machine.
  public static var machineFacts: [Fact] {
    let caches = (1...3).map { "L\($0) \(byteText(Runtime.cacheSize(level: $0)))" }
    return [
      ("processor", Runtime.processorName), ("instruction set", Runtime.instructionSet),
      ("threads", "\(Runtime.threadCount)"), ("OpenMP", Runtime.openMP),
      ("data caches", caches.joined(separator: ", ")), ("Myelin", myelinVersion),
    ]
  }

  static func byteText(_ bytes: Int) -> String {
    bytes >= 1 << 20
      ? "\(PlotNumber.short(Double(bytes) / 1_048_576)) MiB" : "\(PlotNumber.short(Double(bytes) / 1024)) KiB"
  }

  /// The whole page: one file that needs no other.
  public func html() -> String {
    var page = HTMLPage(title)
    page.markedParagraph(result)
    if let assessment { addVerdict(assessment, to: &page) }
    if let test { addTest(test, to: &page) }
    if let assessment { addInsight(assessment, to: &page) }
    if !history.isEmpty {
      page.heading("Training")
      page.figures(curves, caption: curvesCaption)
    }
    page.heading("Data")
    page.definitions(data)
    if !columns.isEmpty { page.table(ColumnSummary.table(columns)) }
    if let samples { page.pictures(samples) }
    page.heading("Model")
    page.table(modelTable)
    if let filters { page.pictures(filters) }
    page.heading("Options")
    page.definitions(options)
    page.heading("Machine")
    page.definitions(machine)
    if !history.isEmpty {
      page.folded("Every epoch") { $0.table(epochTable) }
    }
    return page.html()
  }

  /// The loss and each metric over the epochs, training and validation in one picture.
  var curves: [Plot] {
    let metrics = history.first.map { ($0.validation ?? $0.training).all.map(\.metric) } ?? [.loss]
    return metrics.map { metric in
      let name = metric.name
      let training = history.map { $0.training[name] ?? .nan }
      let validation = history.map { $0.validation?[name] ?? .nan }
      let values = (training + validation).filter(\.isFinite)
      // A loss that falls by more than a factor of ten shows its end only on a logarithmic axis.
      let isLogarithmic =
        metric == .loss && values.allSatisfy { $0 > 0 } && (values.max() ?? 1) > 10 * (values.min() ?? 1)
      var plot = Plot(
        name, summary: "\(name) by epoch", x: Plot.Axis("epoch"),
        y: Plot.Axis(name, scale: isLogarithmic ? .logarithmic : .linear))
      let showsPoints = history.count < 12
      if training.contains(where: \.isFinite) {
        plot.add(.line(training, label: "training", color: .series(0), showsPoints: showsPoints))
      }
      if validation.contains(where: \.isFinite) {
        plot.add(.line(validation, label: heldOutName, color: .series(1), showsPoints: showsPoints))
      }
      if let keptEpoch { plot.add(.vertical(Double(keptEpoch), label: "kept")) }
      return plot
    }
  }

  private var curvesCaption: String {
    var text = "Training scores are means over an epoch, while the weights change and dropout drops"
    text += history.contains { $0.validation != nil } ? "; \(heldOutName) scores are taken after it." : "."
    if let keptEpoch { text += " The weights of epoch \(keptEpoch) were kept." }
    return text
  }

  private var epochTable: TextTable {
    let training = history[0].training.all.map(\.metric)
    let validation = history[0].validation?.all.map(\.metric) ?? []
    var table = TextTable(
      ["epoch", "step", "learning rate"] + training.map(\.name) + validation.map { "\(heldOutName) \($0.name)" })
    for record in history {
      var row = ["\(record.epoch)", "\(record.step)", PlotNumber.short(Double(record.learningRate), digits: 3)]
      row += training.map { record.training[measurement: $0.name]?.text ?? "–" }
      row += validation.map { record.validation?[measurement: $0.name]?.text ?? "–" }
      table.add(row)
    }
    return table
  }

  private var modelTable: TextTable {
    let hasShapes = model.rows.contains { $0.outputShape != nil }
    var table = TextTable(["layer", "type"] + (hasShapes ? ["output"] : []) + ["parameters"])
    for row in model.rows {
      let shape = row.outputShape.map { "\($0)" } ?? "–"
      table.add([row.name, row.type] + (hasShapes ? [shape] : []) + ["\(row.parameterCount)"])
    }
    table.caption = "\(model.parameterCount) parameters"
    return table
  }
}
