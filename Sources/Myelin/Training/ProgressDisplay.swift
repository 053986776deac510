import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Shows a run as it goes: a line of scores for each epoch and, on a terminal, a bar below them with the time left and
/// samples a second.
///
/// Where the output is a file or a pipe there is no bar, only lines: those of the epochs, and one every ten seconds
/// within a long epoch.
public final class ProgressDisplay: TrainingObserver {
  /// What the display writes on.
  public struct Output: Sendable {
    /// Whether lines can be overwritten.
    public var isTerminal: Bool
    /// Characters in a line of the terminal.
    public var width: Int
    /// Unicode and colours, or plain text.
    public var style: TerminalStyle
    /// Where text goes; called on the training thread.
    public var write: @Sendable (String) -> Void

    /// An output of your own: a window, a log, a test.
    public init(
      isTerminal: Bool, width: Int = 80, style: TerminalStyle, write: @escaping @Sendable (String) -> Void
    ) {
      self.isTerminal = isTerminal
      self.width = width
      self.style = style
      self.write = write
    }

    /// The process's standard output.
    public static var standard: Output {
      let isTerminal = isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
      var size = winsize()
      let hasSize = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      return Output(
        isTerminal: isTerminal, width: hasSize ? Int(size.ws_col) : 80, style: .detect(isTerminal: isTerminal)
      ) {
        // A display that nobody can see any more is no reason to lose the training.
        try? FileHandle.standardOutput.write(contentsOf: Data($0.utf8))
      }
    }
  }

  private let output: Output
  private let heldOutName: String
  private var lastUpdate = 0.0
  private var hasBar = false
  private var columns: [(name: String, width: Int)] = []

  /// - Parameters:
  ///   - output: where lines and the bar go.
  ///   - heldOutName: what the columns of the validation scores are called.
  public init(_ output: Output = .standard, heldOutName: String = "valid") {
    self.output = output
    self.heldOutName = heldOutName
  }

  public func trainingWillStart(_ trainer: AnyTrainer, _ progress: TrainingProgress) {
    lastUpdate = 0
    columns = []
  }

  public func batchDidEnd(_ trainer: AnyTrainer, _ progress: TrainingProgress) {
    // Asking the clock costs 20 ns; drawing is limited to 10 times a second.
    let seconds = progress.seconds
    if seconds - lastUpdate < (output.isTerminal ? 0.1 : 10) { return }
    lastUpdate = seconds
    let text = bar(progress, seconds)
    if output.isTerminal {
      output.write("\r\u{1B}[K" + text)
      hasBar = true
    } else {
      output.write(text + "\n")
    }
  }

  public func epochDidEnd(_ trainer: AnyTrainer, _ record: EpochRecord, _ progress: TrainingProgress) {
    clear()
    let cells = self.cells(record, progress)
    if columns.isEmpty {
      columns = ProgressDisplay.fitted(cells, width: output.width)
      output.write(output.style.bold(line(columns.map { ($0.name, $0.width) })) + "\n")
    }
    let shown = columns.compactMap { column in cells.first { $0.name == column.name }.map { ($0.text, column.width) } }
    output.write(line(shown) + "\n")
    lastUpdate = progress.seconds
  }

  public func trainingDidStop(_ trainer: AnyTrainer, _ progress: TrainingProgress, _ reason: StopReason) {
    clear()
    switch reason {
    case .finished: break
    case .noGain:
      output.write("no gain for \(trainer.options.earlyStopping?.patience ?? 0) epochs: stopped\n")
    case .timeLimit:
      output.write(
        "the time was up in epoch \(progress.epoch) of \(progress.epochs), after batch \(progress.batch) of "
          + "\(progress.batches)\n")
    case .interrupted:
      output.write("stopped in epoch \(progress.epoch) after batch \(progress.batch) of \(progress.batches)\n")
    }
  }

  private func clear() {
    if hasBar { output.write("\r\u{1B}[K") }
    hasBar = false
  }

  typealias Cell = (name: String, text: String, width: Int)

  /// The columns that fit into a line, and how wide they are: all as they would like to be; or all, with nothing to spare;
  /// or without the speed, the learning rate, then the training scores and the last of the others, until they fit.
  static func fitted(_ cells: [Cell], width: Int) -> [(name: String, width: Int)] {
    func total(_ columns: [(name: String, width: Int)]) -> Int {
      columns.reduce(0) { $0 + $1.width } + 2 * (columns.count - 1)
    }
    var columns = cells.map { ($0.name, $0.width) }
    if total(columns) <= width { return columns }
    // A loss may come to be `1.234e-05` and a rate `9.98e-05`; the epoch is as wide as at the end of the run.
    columns = cells.map { cell in
      let room =
        switch cell.name {
        case "epoch": 2 * (cell.text.split(separator: "/").last?.count ?? 0) + 1
        case "rate": 8
        default: cell.name.hasSuffix("loss") ? 9 : 0
        }
      return (cell.name, max(cell.name.count, cell.text.count, room))
    }
    let spare = ["samples/s", "rate"] + cells.map(\.name).filter { $0 != "epoch" && !$0.contains(" ") && $0 != "loss" }
    for name in spare {
      if total(columns) <= width { break }
      columns.removeAll { $0.0 == name }
    }
    // Of many held-out scores those that the objective names first stay.
    for name in cells.map(\.name).reversed() where name.contains(" ") && !name.hasSuffix(" loss") {
      if total(columns) <= width { break }
      columns.removeAll { $0.0 == name }
    }
    return columns
  }

  private func cells(_ record: EpochRecord, _ progress: TrainingProgress) -> [Cell] {
    var cells: [Cell] = [("epoch", "\(record.epoch)/\(progress.epochs)", 9)]
    func add(_ prefix: String, _ scores: Scores) {
      for measurement in scores.all { cells.append((prefix + measurement.metric.name, measurement.text, 10)) }
    }
    add("", record.training)
    if let validation = record.validation { add("\(heldOutName) ", validation) }
    cells.append(("rate", PlotNumber.short(Double(record.learningRate), digits: 3), 9))
    let rate = progress.epochSeconds > 0 ? Double(progress.epochSamples) / progress.epochSeconds : 0
    cells.append(("samples/s", ProgressDisplay.count(rate), 9))
    return cells.map { ($0.name, $0.text, max($0.width, $0.name.count, $0.text.count)) }
  }

  private func line(_ cells: [(text: String, width: Int)]) -> String {
    cells.map { String(repeating: " ", count: max(0, $0.width - $0.text.count)) + $0.text }.joined(separator: "  ")
  }

  /// `epoch 3/20 ━━━━━━━━────── 45/90  loss 0.123  accuracy 97.10%  152k samples/s  0:12 left`
  ///
  /// Where the line is too short the metrics go first, then the bar.
  func bar(_ progress: TrainingProgress, _ seconds: Double) -> String {
    let left = "epoch \(progress.epoch)/\(progress.epochs) "
    let rate = seconds > 0 ? Double(progress.samples) / seconds : 0
    let scores = progress.running
    let start = " \(progress.batch)/\(progress.batches)  loss \(Metric.loss.text(scores.loss))"
    let metrics = scores.metrics.map { "  \($0.metric.name) \($0.text)" }.joined()
    var end = "  \(ProgressDisplay.count(rate)) samples/s"
    let samplesPerBatch = progress.batchesDone == 0 ? 0 : Double(progress.samples) / Double(progress.batchesDone)
    let batchesLeft = Double(progress.epochs - progress.epoch + 1) * Double(progress.batches) - Double(progress.batch)
    if rate > 0, samplesPerBatch > 0 {
      end += "  \(ProgressDisplay.duration(batchesLeft * samplesPerBatch / rate)) left"
    }
    func room(_ right: String) -> Int { min(30, output.width - left.count - right.count - 1) }
    let right = room(start + metrics + end) >= 12 ? start + metrics + end : start + end
    let width = room(right)
    guard width >= 5 else { return String((left + right).prefix(max(1, output.width - 1))) }
    let share = progress.batches == 0 ? 1 : Double(progress.batch) / Double(progress.batches)
    let filled = Int((share * Double(width)).rounded())
    let (full, empty) = output.style.usesUnicode ? ("━", "─") : ("=", "-")
    let rest = output.style.faint(String(repeating: empty, count: width - filled))
    return left + String(repeating: full, count: filled) + rest + right
  }

  /// `0:07`, `12:30`, `1:02:03`
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e8 else { return "?" }
    let total = Int(seconds.rounded(.up))
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    let tail = rest < 10 ? "0\(rest)" : "\(rest)"
    return hours == 0 ? "\(minutes):\(tail)" : "\(hours):\(minutes < 10 ? "0" : "")\(minutes):\(tail)"
  }

  /// `950`, `15.2k`, `1.31M`
  package static func count(_ value: Double) -> String {
    switch value {
    case ..<999.5: String(Int(value.rounded()))
    case ..<999_500: PlotNumber.short(value / 1e3, digits: 3) + "k"
    default: PlotNumber.short(value / 1e6, digits: 3) + "M"
    }
  }
}
