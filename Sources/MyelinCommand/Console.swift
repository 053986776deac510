import Foundation
import Myelin
import MyelinModels
import Synchronization

/// What the subcommands print, and how.
enum Console {
  static let output = ProgressDisplay.Output.standard

  /// The layers of a model: within the width of a terminal, a line each elsewhere.
  static func summary(_ summary: ModelSummary) {
    say(summary.text(width: output.isTerminal ? output.width : .max, style: output.style))
  }

  /// To standard error.
  static func complain(_ text: String) {
    let safe = terminalText(text, keepsLines: true) + "\n"
    try? FileHandle.standardError.write(contentsOf: Data(safe.utf8))
  }

  static func say(_ text: String = "") { write(text + "\n") }

  /// The error number of the first write to standard output that failed.
  private static let lostOutput = Atomic<Int32>(0)
  /// Whether the command goes on although its output is lost, until `finish`.
  private static let outlivesOutput = Atomic<Bool>(false)

  /// To standard output. Where it cannot be written (a full disk, a closed terminal) the command ends with code 1: an
  /// answer that is lost must not pass for one that was given.
  static func write(_ text: String) {
    guard lostOutput.load(ordering: .relaxed) == 0 else { return }
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      lostOutput.store(Int32(cause?.code ?? Int(EIO)), ordering: .relaxed)
      if !outlivesOutput.load(ordering: .relaxed) { finish() }
    }
  }

  /// A training is not lost with those who watch it: a closed pipe or a full disk at the other end is told at the end.
  static func outliveOutput() {
    signal(SIGPIPE, SIG_IGN)
    outlivesOutput.store(true, ordering: .relaxed)
  }

  /// Ends the command with code 1 where some of its output could not be written.
  static func finish() {
    // What `print` has kept back.
    if fflush(nil) != 0 { _ = lostOutput.compareExchange(expected: 0, desired: errno, ordering: .relaxed) }
    let cause = lostOutput.load(ordering: .relaxed)
    guard cause != 0 else { return }
    complain("error: standard output: cannot be written: \(DataFile.systemMessage(Int(cause)))")
    Foundation.exit(1)
  }

  static func json(_ value: some Encodable) throws { say(try JSONText.pretty(value)) }

  /// Names and values in two columns; long values go on below themselves.
  static func facts(_ facts: [TrainingReport.Fact]) {
    let indent = (facts.map(\.term.count).max() ?? 0) + 2
    let room = max(30, min(output.width, 120) - indent)
    for fact in facts {
      let lines = wrapped(terminalText(fact.text), room)
      let blank = String(repeating: " ", count: indent)
      let term = fact.term + String(repeating: " ", count: indent - fact.term.count)
      say(output.style.dim(term) + lines.joined(separator: "\n" + blank))
    }
  }

  private static func wrapped(_ text: String, _ width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      if !lines[lines.count - 1].isEmpty, lines[lines.count - 1].count + 1 + word.count > width { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    return lines
  }

  static func heading(_ text: String) { say("\n" + output.style.strong(text)) }

  /// `avx512, 2 threads (libomp 5.0)`, with what to install where there is no OpenMP.
  static func machineLine() {
    let threads = Runtime.threadCount
    say(
      "Myelin \(myelinVersion): \(Runtime.instructionSet), \(threads) thread\(threads == 1 ? "" : "s") on \(Runtime.processorName)"
    )
    if let hint = openMPHint { say(hint) }
  }

  static var openMPHint: String? {
    guard Runtime.openMP == "none" else { return nil }
    #if os(macOS)
      let install = "brew install libomp"
    #else
      let install = "apt-get install libomp-dev"
    #endif
    // SwiftPM remembers what the manifest found: without the second command it would not look for libomp again.
    return
      "Built without OpenMP, so on one thread. For all cores: `\(install)`, `swift package purge-cache`, build again."
  }

  /// Scores of a test, and the confusion matrix or the errors.
  static func test(_ test: TrainingReport.Test) {
    let scores = test.scores
    switch test.kind {
    case .classification(let confusion, let classes):
      let right = classes.indices.reduce(0) { $0 + confusion[$1, $1] }
      say(
        output.style.strong("\(test.name) accuracy \(Metric.accuracy.text(scores[.accuracy] ?? .nan))")
          + " (\(right) of \(confusion.total) rows)")
      facts(scoreFacts(scores, except: .accuracy))
      heading("Confusion matrix")
      say(ConfusionText(confusion, classes: classes).text(width: output.width, style: output.style))
    case .regression(_, _, let target):
      say(
        output.style.strong(
          "\(test.name) R² \(scores[.rSquared].map { PlotNumber.fixed($0, decimals: 4) } ?? "not defined")")
          + " for \(terminalText(target))")
      facts(scoreFacts(scores, except: .rSquared))
    case .measured(let headline, let tables):
      let value = scores[measurement: headline.name]?.text ?? "not defined"
      say(output.style.strong("test \(headline.title) \(value)"))
      facts(scoreFacts(scores, except: headline))
      for table in tables { say("\n" + table.text.terminal(width: output.width, style: output.style)) }
    }
  }

  /// How good a model of a table is beside simpler ones, and the columns that it goes by.
  static func assessment(_ assessment: TableAssessment?) {
    guard let assessment else { return }
    heading("Beside simpler models")
    write(assessment.comparison.terminal(width: output.width, style: output.style))
    for warning in assessment.warnings {
      say(wrapped(terminalText("warning: " + warning), min(output.width, 120)).joined(separator: "\n"))
    }
    facts(assessment.rules)
    let columns = assessment.importance.prefix(5).filter { $0.mean > 0 }
    if !columns.isEmpty {
      say("it goes most by \(columns.map { terminalText($0.column) }.joined(separator: ", ")) (more in the report)")
    }
  }

  static func scoreFacts(_ scores: Scores, except headline: Metric) -> [TrainingReport.Fact] {
    scores.all.filter { $0.metric != headline }.map { ($0.metric.title, $0.text) }
  }
}

extension TerminalStyle {
  func strong(_ text: String) -> String { usesColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  func dim(_ text: String) -> String { usesColor ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
}

/// JSON for programs: keys sorted, numbers that JSON does not know as null.
enum JSONText {
  static func pretty(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func scores(_ scores: Scores) -> [String: Double?] {
    Dictionary(uniqueKeysWithValues: scores.all.map { ($0.metric.name, finite($0.value)) })
  }

  private static func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
}
