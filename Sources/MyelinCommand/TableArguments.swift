import ArgumentParser
import Foundation
import Myelin
import MyelinModels

/// How a CSV file is read. What is not given is found from the file, and told.
struct ReadingArguments: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("What stands between a CSV file's fields: , ; | or tab (default: found).", valueName: "sign"))
  var delimiter: DelimiterSign?

  @Option(
    name: .long,
    help: ArgumentHelp("The decimal sign: point or comma (default: found for each column).", valueName: "sign"))
  var decimal: DecimalMark?

  @Option(
    name: .long,
    help: ArgumentHelp("UTF-8, UTF-16, Latin-1 or Windows-1252 (default: found).", valueName: "name"))
  var encoding: TextEncoding?

  @Flag(inversion: .prefixedNo, help: "Whether the first row holds the columns' names (default: found).")
  var header: Bool?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The most bytes that a gzipped file may unpack to and a pipe may give, as 500M or 8G (default: \(ByteCount.text(Gzip.defaultLimit))).",
      valueName: "bytes"))
  var unpackedLimit: ByteCount?

  var options: TableOptions.Reading {
    var reading = TableOptions.Reading()
    reading.delimiter = delimiter?.byte
    reading.decimal = decimal
    reading.encoding = encoding
    reading.hasHeader = header
    reading.unpackedLimit = unpackedLimit?.bytes
    return reading
  }

  var given: [String] {
    [
      ("delimiter", delimiter != nil), ("decimal", decimal != nil), ("encoding", encoding != nil),
      (header == false ? "no-header" : "header", header != nil), ("unpacked-limit", unpackedLimit != nil),
    ].filter(\.1).map { "--\($0.0)" }
  }
}

/// What the columns of a CSV file are, and which rows are for testing.
struct ColumnArguments: ParsableArguments {
  @Option(
    name: .long, help: ArgumentHelp("Leave a column out; can be repeated, as can all of these.", valueName: "column"))
  var drop: [String] = []

  @Option(name: .long, help: ArgumentHelp("Use a column even if it names the rows.", valueName: "column"))
  var keep: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Copy a column through to the predictions, and do not learn from it.", valueName: "column"))
  var id: [String] = []

  @Option(name: .long, help: ArgumentHelp("A column of numbers; text in it is an error.", valueName: "column"))
  var numeric: [String] = []

  @Option(name: .long, help: ArgumentHelp("A column of categories, numbers though they may be.", valueName: "column"))
  var categorical: [String] = []

  @Option(name: .long, help: ArgumentHelp("A column of dates or times.", valueName: "column"))
  var date: [String] = []

  @Option(name: .long, help: ArgumentHelp("A column that is read by its words.", valueName: "column"))
  var text: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How test rows are chosen: random; time:COLUMN, the last ones; group:COLUMN, whole groups (default: random).",
      valueName: "way"))
  var split: RowDivision?

  /// All that was given, as a run keeps it.
  func options(_ reading: ReadingArguments, testFile: String?) -> TableOptions {
    var options = TableOptions()
    options.reading = reading.options
    options.dropped = drop
    options.kept = keep
    options.identifiers = id
    for (kind, names) in [
      (ColumnKind.number, numeric), (.category, categorical), (.date, date), (.text, text),
    ] { for name in names { options.kinds[name] = kind } }
    options.testFile = testFile.map { DataPath($0) }
    options.division = split ?? .random
    return options
  }

  /// - Throws: `ValidationError` for a column that is named twice in ways that exclude each other.
  func validate() throws {
    let kinds = [("numeric", numeric), ("categorical", categorical), ("date", date), ("text", text)]
    var seen: [String: String] = [:]
    for (option, names) in kinds + [("drop", drop), ("id", id)] {
      for name in names {
        if let other = seen.updateValue(option, forKey: name), other != option {
          throw ValidationError("--\(other) and --\(option) exclude each other for the column \"\(name)\".")
        }
      }
    }
    for name in keep where drop.contains(name) {
      throw ValidationError("--keep and --drop exclude each other for the column \"\(name)\".")
    }
  }

  var given: [String] {
    [
      ("drop", !drop.isEmpty), ("keep", !keep.isEmpty), ("id", !id.isEmpty), ("numeric", !numeric.isEmpty),
      ("categorical", !categorical.isEmpty), ("date", !date.isEmpty), ("text", !text.isEmpty), ("split", split != nil),
    ].filter(\.1).map { "--\($0.0)" }
  }
}

/// `;`, `tab`, `\t`, `comma`, ….
struct DelimiterSign: ExpressibleByArgument {
  let byte: UInt8

  init?(argument: String) {
    let names = ["tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|", "space": " "]
    let sign = names[argument.lowercased()] ?? argument
    guard sign.utf8.count == 1, let byte = sign.utf8.first, byte != UInt8(ascii: "\""), byte >= 32 || byte == 9,
      byte < 127
    else { return nil }
    self.byte = byte
  }
}

/// `4294967296`, `500M`, `8G`, `1.5GiB`: factors of 1024.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let units = ["": 1.0, "K": 1024, "M": 1_048_576, "G": 1_073_741_824, "T": 1_099_511_627_776]
    let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    var unit = argument.dropFirst(number.count).trimmingCharacters(in: .whitespaces).uppercased()
    for ending in ["IB", "B"] where unit.hasSuffix(ending) {
      unit.removeLast(ending.count)
      break
    }
    guard let value = Double(number), let factor = units[unit], value * factor >= 1, value * factor < 0x1p62 else {
      return nil
    }
    bytes = Int(value * factor)
  }

  static func text(_ bytes: Int) -> String { "\(bytes >> 20)M" }
}

extension DecimalMark: ExpressibleByArgument {
  public init?(argument: String) {
    switch argument.lowercased() {
    case ".", "point", "dot": self = .point
    case ",", "comma": self = .comma
    default: return nil
    }
  }
}

extension TextEncoding: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }
}

extension RowDivision: ExpressibleByArgument {
  public init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    switch (parts[0].lowercased(), parts.count > 1 && !parts[1].isEmpty) {
    case ("random", false) where parts.count == 1: self = .random
    case ("time", true): self = .time(parts[1])
    case ("group", true), ("groups", true): self = .groups(parts[1])
    default: return nil
    }
  }
}

/// A share of the rows, or a file of its own.
enum TestRows: ExpressibleByArgument {
  case share(Double)
  case file(String)

  init?(argument: String) { self = Double(argument).map(TestRows.share) ?? .file(argument) }

  var share: Double? { if case .share(let share) = self { share } else { nil } }
  var file: String? { if case .file(let file) = self { file } else { nil } }
}
