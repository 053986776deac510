import ArgumentParser
import Foundation
import Myelin
import MyelinModels

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Measures how fast a table's model answers: one row, and the rows of a CSV file.",
    discussion: """
      Networks with the weights they begin with, on rows of a shipped table, repeated: one small network (64 units), and the \
      eight networks that a table is learned by where nothing else is asked for. Encoded rows are what a program has that \
      asks the library; a CSV file is read, encoded and answered as by `myelin predict`.

      EXAMPLES
        bench predict
        bench predict --json --threads 1
      """)

  @OptionGroup var options: MeasureOptions

  func run() throws {
    let report = options.begin()
    try Self.measure(sampler: options.sampler(samples: 5, seconds: 1), report)
  }

  static func measure(sampler: Sampler, _ report: Report) throws {
    report.table(
      "Answers for rows of a table, \(Machine.threads) threads",
      columns: [("model", 26), ("what", 22), ("rows", 8), ("median ms", 10), ("rows/s", 9)])
    let table = TableRecipe.churn.table
    let rows = 100_000
    let file = try repeated(table, rows: rows)
    defer { try? FileManager.default.removeItem(at: file) }
    for (title, options) in [("one network, 64 units", small), ("eight networks", suited)] {
      guard let model = try TrainingRun(options(file, table.target)).model as? SavedModel else { continue }
      func row(_ what: String, _ count: Int, _ timing: Timing) {
        report.row(
          [title, what, String(count), compact(timing.median * 1e3), compact(Double(count) / timing.median)],
          json: [
            "bench": "predict", "model": .text(title), "what": .text(what), "rows": .integer(count),
            "threads": .integer(Machine.threads), "isa": .text(Machine.isa),
            "median_ms": .number(timing.median * 1e3, decimals: 4),
            "rows_per_s": .number(Double(count) / timing.median, decimals: 0),
          ])
      }
      let inputs = try model.preprocessing.inputs(of: file.path)
      let one = inputs.sliced(0..<1)
      row("encoded rows", 1, sampler.time { _ = model.answers(for: one) })
      row("encoded rows", rows, sampler.time { _ = model.answers(for: inputs) })
      var failure: (any Error)?
      row(
        "a CSV file", rows,
        sampler.time {
          do { _ = try model.answers(of: [file.path], InputOptions()) { _ in } } catch { failure = error }
        })
      if let failure { throw failure }
    }
  }

  /// A CSV file of so many rows of a shipped table.
  private static func repeated(_ table: ShippedTable, rows: Int) throws -> URL {
    let lines = String(decoding: try DataFile.read(ShippedData.file(table.fileName)), as: UTF8.self).split(
      separator: "\n")
    var text = lines[0] + "\n"
    for row in 0..<rows { text += lines[1 + row % (lines.count - 1)] + "\n" }
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("bench-predict-\(getpid()).csv")
    try Data(text.utf8).write(to: url)
    return url
  }

  private static func source(_ file: URL, _ target: String) -> RunSource {
    RunSource(own: CSVData(), path: DataPath(file.path), target: target)
  }

  private static func suited(_ file: URL, _ target: String) throws -> RunOptions {
    var options = try RunOptions.suited(to: source(file, target))
    options.settings = Preset.balanced.settings(rows: 5000)
    options.preset = nil
    return options
  }

  private static func small(_ file: URL, _ target: String) throws -> RunOptions {
    var settings = TrainingSettings()
    settings.hiddenSizes = [64]
    return RunOptions(source: source(file, target), settings: settings)
  }
}
