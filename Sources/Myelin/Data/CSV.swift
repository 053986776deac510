import Foundation

/// How to read a CSV file. What is not said is found from the file's first rows, and told by `Table.dialect`.
public struct CSVOptions: Sendable {
  /// The byte between fields, for example `UInt8(ascii: ";")`; nil to find it: comma, semicolon, tab or bar.
  public var delimiter: UInt8?
  /// The decimal sign; nil to find it for each column.
  public var decimal: DecimalMark?
  /// How the bytes stand for characters; nil to find it.
  public var encoding: TextEncoding?
  /// Whether the first row holds the names of the columns; nil to find it. Without names they are `column_1`,
  /// `column_2`, ….
  public var hasHeader: Bool?
  /// Fields that stand for a missing value, compared without surrounding blanks.
  public var missing: Set<String> = CSVOptions.usualMissing
  /// Texts that stand for a missing value in one column alone.
  public var missingTexts: [String: Set<String>] = [:]
  /// The order of day and month in columns that leave it open.
  var dayFirst: [String: Bool] = [:]
  /// The decimal sign of a file that leaves it open.
  var usualDecimal: DecimalMark?
  /// What is known about columns, by name; the kinds of the others are inferred.
  public var kinds: [String: ColumnKind] = [:]

  /// Whether all columns are categories, whatever they hold: to copy a table as it stands. With no `missing` texts, even
  /// those are kept.
  public var readsTexts = false

  /// The columns to read; nil for all. The others are stepped over, whatever they hold.
  public var columns: Set<String>?

  /// The most bytes that a gzipped file may unpack to, and a pipe or device may give.
  public var unpackedLimit = Gzip.defaultLimit

  /// The usual marks of a missing value in columns of any kind. Among numbers and dates there are more: words like
  /// `unknown`, `n.a.`, `k.A.`, `.`, `--`, in any case.
  public static let usualMissing: Set<String> = [
    "", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "-nan", "NULL", "Null", "null", "None", "?", "-",
  ]

  /// All is found from the file, with the usual marks of missing values.
  public init() {}
}

extension Table {
  /// Reads a CSV file (RFC 4180 and what is usual beside it), plain or gzipped: fields between commas, semicolons, tabs
  /// or bars; quoted fields with doubled quotes and line breaks; any line ends; UTF-8, UTF-16 or Windows-1252; Excel's
  /// `sep=` line, comments (`#`) and a title above the header; or no header. Blanks around a value do not belong to it.
  ///
  /// A column whose values are all numbers is one of numbers, whichever decimal sign they have, with thousands set off,
  /// and with one unit (`$29.85`, `1.234,56 €`, `5%`, `12 kg`). One whose values are all dates or times is one of dates;
  /// whether `3/9/2023` is in March follows from the column's other values, else from the separators and the decimal
  /// sign. Others are categories.
  ///
  /// A word among numbers or dates that stands for a missing value, or one that is the only word in at least 19 of 20
  /// numbers and comes more than once, is a missing value. Other text among numbers is thrown as an error, unless it is
  /// more than a fifth of the values: then the column is one of categories. Texts that their number would not give back
  /// (`00501`, `0e46209`, whole numbers that a Double rounds) count as text in this, but are no mistake. `options.kinds`
  /// decides otherwise.
  ///
  /// Two columns of one name get numbers (`x`, `x_2`); one without a name is `column_1` after its place, and is left out
  /// where it has no values either.
  ///
  /// - Throws: `DataError` with the line: a row of another length than the header, text in a column of numbers, an
  ///   empty file, a header without rows, a quote that is not closed, bytes that are no text.
  public init(csv url: URL, options: CSVOptions = CSVOptions()) throws {
    try self.init(
      csv: DataFile.read(url, unpackedLimit: options.unpackedLimit, isText: true), source: DataFile.name(of: url),
      options: options)
  }

  /// Reads CSV data that is in memory; `source` is how errors name it.
  public init(csv bytes: [UInt8], source: String, options: CSVOptions = CSVOptions()) throws {
    guard !bytes.isEmpty else { throw DataError(source, "the file is empty", expected: "a CSV header") }
    let text = try DecodedText(bytes, as: options.encoding, source: source)
    self = try text.bytes.withUnsafeBufferPointer { buffer in
      let sniffer = try CSVSniffer(buffer, start: text.start, source: source, options: options, text: text)
      return try CSVReader(bytes: buffer, source: source, options: options, sniffer: sniffer).read()
    }
  }
}

/// Writing of CSV rows.
public enum CSV {
  /// One row with its line end; fields are quoted where RFC 4180 needs it.
  public static func row(_ fields: [String]) -> String {
    fields.map { field in
      let needsQuotes = field.utf8.contains { $0 == 0x22 || $0 == 0x2c || $0 == 0x0a || $0 == 0x0d }
      return needsQuotes ? "\"\(field.replacingOccurrences(of: "\"", with: "\"\""))\"" : field
    }.joined(separator: ",") + "\n"
  }
}
