import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// `myelin predict`
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a trained model answer for new rows.",
    discussion: """
      The input needs the columns that the model was trained on, in any order; other columns are stepped over. For a \
      model of images it is PNG and JPEG pictures, folders of such, or one IDX, NPY or NPZ file. The answer is a CSV file \
      with a row for each row or picture of the input: the path of a picture, the prediction, and for a classification \
      the probability of each class; or, from a model that finds things in pictures, a row for each of them with its class, \
      its score and its box in pixels. Columns that `train --id` named come first, and with --keep-input all columns of the \
      input.

      EXAMPLES:
        myelin predict runs/digits-1 --input new.csv
        myelin predict runs/ames-1 --input houses.csv --output prices.csv
        myelin predict runs/flats-1 --input new.csv --interval 0.9
        myelin predict runs/fashion-mnist-1 --input t10k-images-idx3-ubyte.gz --json
        myelin predict runs/pets-1 --input new/*.jpg more-pets
        myelin predict runs/sales-1 --horizon 12
      """)

  @Argument(help: ArgumentHelp("The folder that `myelin train` wrote.", valueName: "run"), completion: .runs)
  var runPath: String

  @Option(
    name: .shortAndLong, parsing: .upToNextOption,
    help: ArgumentHelp(
      "A CSV file, plain or gzipped, or - for standard input; or pictures and folders of pictures.", valueName: "file"),
    completion: .file()
  )
  var input: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of a model of series: steps ahead (default: as many as it has learned). Without --input it goes on from where its data ended.",
      valueName: "steps"))
  var horizon: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of a model of a graph's nodes: the file of edges (default: the run's own).", valueName: "file"),
    completion: .file())
  var edges: String?

  @Option(name: .long, help: "Pictures that are damaged, empty or too large: refuse or skip.")
  var badFiles = BadFiles.refuse

  @Flag(
    inversion: .prefixedNo,
    help: "Answer by the mean over a picture and its mirror image (default: as the model was trained).")
  var testFlips: Bool?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where the answers go (default: standard output).", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("Copy a column of the input to the answers; can be repeated.", valueName: "column"))
  var id: [String] = []

  @Flag(name: .long, help: "Copy all columns of the input to the answers.")
  var keepInput = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Add an interval to each number, in which the truth lies with this chance: 0.9. From the errors on rows that the networks held out.",
      valueName: "chance"))
  var interval: Double?

  @OptionGroup(title: "How a CSV file is read")
  var reading: ReadingArguments

  @Flag(name: .long, help: "Answers as JSON instead of CSV.")
  var json = false

  func validate() throws {
    if let horizon, !(1...100_000).contains(horizon) {
      throw ValidationError("--horizon must be 1 to 100000, not \(horizon).")
    }
    if let interval, !(interval > 0 && interval < 1) {
      throw ValidationError("--interval must be above 0 and below 1, not \(interval).")
    }
    let copies = (id.isEmpty ? [] : ["--id"]) + (keepInput ? ["--keep-input"] : [])
    if let option = copies.first {
      if input == ["-"] { throw ValidationError("\(option) reads the input twice: give a file, not standard input.") }
      if json { throw ValidationError("\(option) does nothing with --json.") }
    }
  }

  private struct Row: Encodable {
    /// Of a picture.
    let path: String?
    let prediction: String?
    let value: Double?
    var lower: Double?
    var upper: Double?
    let probabilities: [String: Float]?
    /// Times and intervals of a forecast.
    var columns: [String: String]?
    /// Of a thing that was found.
    var score: Float?
    var box: Box?
    /// Of a model of several columns: what it says of each.
    var targets: [String: Row]?
  }

  func run() throws {
    let folder = try RunFolder.existing(runPath)
    var model = try RunModels.read(folder.model)
    try DataFile.check(
      output: output,
      isNoneOf: input + [edges].compactMap(\.self) + folder.files + model.options.source.files(near: folder))
    let isForecast = model.description.task == "forecast"
    if !isForecast {
      if input.isEmpty { throw ValidationError("Say with --input what to answer for.") }
      if horizon != nil { throw ValidationError("--horizon does nothing with a model that forecasts no series.") }
    }
    if let testFlips { model = try model.answering(testFlips: testFlips) }
    let answers = try model.answers(
      of: input,
      InputOptions(
        table: reading.options, badFiles: badFiles, interval: interval, edges: edges, horizon: horizon)
    ) {
      Console.complain("warning: \($0)")
    }
    if let row = answers.firstRowBeyondNumbers {
      throw DataError(
        answers.paths.isEmpty ? input.first ?? runPath : answers.paths[row], "row \(row + 1)",
        expected: "values for which the answer is a finite number")
    }
    let text = try json ? JSONText.pretty(rows(answers)) + "\n" : csv(answers, beside: copiedColumns(model))
    guard let output else {
      // Names of classes are somebody's data: a file gets them as they are, a terminal not.
      Console.write(Console.output.isTerminal ? terminalText(text, keepsLines: true) : text)
      return
    }
    let url = URL(fileURLWithPath: output)
    DataFile.removeAbandonedTemporaries(in: url.deletingLastPathComponent(), of: url.lastPathComponent)
    try DataFile.write(Array(text.utf8), to: url)
    Console.say("\(answers.count) answers in \(output)")
  }

  private func rows(_ answers: Answers) -> [Row] {
    if !answers.targets.isEmpty {
      let columns = answers.targets.map { (name: $0.targetName, rows: rows($0)) }
      return (0..<answers.count).map { row in
        Row(
          path: nil, prediction: nil, value: nil, probabilities: nil,
          targets: Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.rows[row]) }))
      }
    }
    return (0..<answers.count).map { row in
      if answers.isDetection {
        let found = answers.detections[row]
        return Row(
          path: answers.paths[row], prediction: answers.predictions[row], value: nil, probabilities: nil,
          score: found.score, box: found.box)
      }
      if answers.probabilities.isEmpty, answers.values.isEmpty {
        return Row(path: nil, prediction: answers.predictions[row], value: nil, probabilities: nil)
      }
      if answers.probabilities.isEmpty {
        let interval = answers.intervals.isEmpty ? nil : answers.intervals[row]
        return Row(
          path: nil, prediction: nil, value: answers.values[row], lower: interval?.lowerBound,
          upper: interval?.upperBound, probabilities: nil, columns: answers.namedFields(row))
      }
      let shares = zip(answers.classNames, answers.probabilities[row])
      return Row(
        path: answers.paths.isEmpty ? nil : answers.paths[row],
        prediction: answers.predictions[row], value: nil, lower: nil, upper: nil,
        probabilities: Dictionary(uniqueKeysWithValues: shares))
    }
  }

  /// The columns that go from the input to the answers, as they stand there.
  private func copiedColumns(_ model: any RunModel) throws -> Table? {
    let ofRun = json || input == ["-"] ? [] : model.options.source.table?.identifiers ?? []
    guard !input.isEmpty, keepInput || !id.isEmpty || !ofRun.isEmpty else { return nil }
    var options = reading.options.applied(to: CSVOptions())
    options.readsTexts = true
    options.missing = []
    let table = try Table(csv: URL(fileURLWithPath: input[0]), options: options)
    if keepInput { return table }
    for name in id { _ = try table.column(named: name) }
    let absent = ofRun.filter { !table.columnNames.contains($0) }
    for name in absent { Console.complain("warning: \(input[0]): no column \(DataError.quoted(name)) to copy") }
    let wanted = Set(id + ofRun)
    let columns = table.columns.filter { wanted.contains($0.name) }
    return columns.isEmpty ? nil : Table(source: table.source, columns: columns)
  }

  /// A million rows a second are wanted of a small network: bytes, and no text of a line.
  private func csv(_ answers: Answers, beside copied: Table?) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(answers.count * 16 * answers.csvHeader.count)
    func add(_ fields: [String]) {
      for (index, field) in fields.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        addQuoted(field, to: &bytes)
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    add((copied?.columnNames ?? []) + answers.csvHeader)
    for row in 0..<answers.count {
      let texts = (copied?.columns ?? []).map { column -> String in
        guard case .categories(let levels, let codes) = column.values, codes[row] >= 0 else { return "" }
        return levels[Int(codes[row])]
      }
      add(texts + answers.csvFields(row))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// RFC 4180: quotes where a field holds a comma, a quote or a line break.
  private func addQuoted(_ field: String, to bytes: inout [UInt8]) {
    let quote = UInt8(ascii: "\"")
    let isPlain = !field.utf8.contains { $0 == UInt8(ascii: ",") || $0 == quote || $0 == 10 || $0 == 13 }
    if isPlain { return bytes.append(contentsOf: field.utf8) }
    bytes.append(quote)
    for byte in field.utf8 {
      if byte == quote { bytes.append(quote) }
      bytes.append(byte)
    }
    bytes.append(quote)
  }
}
