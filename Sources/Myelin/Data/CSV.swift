import Foundation

/// How to read a CSV file.
public struct CSVOptions: Sendable {
  /// The byte between fields: a comma, or for example `UInt8(ascii: ";")`.
  public var delimiter = UInt8(ascii: ",")
  /// Whether the first row holds the names of the columns; else they are `column_1`, `column_2`, ….
  public var hasHeader = true
  /// Fields that stand for a missing value, compared without surrounding blanks.
  public var missing: Set<String> = ["", "NA", "NaN", "nan", "?"]
  /// What is known about columns, by name; the kinds of the others are inferred.
  public var kinds: [String: ColumnKind] = [:]

  /// The columns to read; nil for all. The others are stepped over, whatever they hold.
  public var columns: Set<String>?

  public init() {}
}

extension Table {
  /// Reads a CSV file (RFC 4180), plain or gzipped: quoted fields with doubled quotes and line breaks, LF or CRLF, an
  /// optional byte-order mark, one header row. Values keep their blanks; numbers may have some around them.
  ///
  /// A column whose values are all numbers is one of numbers. One with text among them is one of categories, unless at
  /// least four fifths of its values are numbers: then the text is taken for a mistake and thrown as an error.
  /// `options.kinds` decides otherwise.
  ///
  /// - Throws: `DataError` with the line: a row of another length than the header, text in a column of numbers, an
  ///   empty file, a header without rows, two columns of one name, a quote that is not closed, text that is not UTF-8.
  public init(csv url: URL, options: CSVOptions = CSVOptions()) throws {
    try self.init(csv: DataFile.read(url), source: DataFile.name(of: url), options: options)
  }

  /// Reads CSV data that is in memory; `source` is how errors name it.
  public init(csv bytes: [UInt8], source: String, options: CSVOptions = CSVOptions()) throws {
    self = try bytes.withUnsafeBufferPointer { buffer in
      try CSVReader(bytes: buffer, source: source, options: options).read()
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

/// Reads a whole CSV file in one pass over its bytes, or two when there are columns of categories: whether a column
/// is one is known only at its last row.
private struct CSVReader {
  let bytes: UnsafeBufferPointer<UInt8>
  let source: String
  let options: CSVOptions
  let missing: [[UInt8]]

  init(bytes: UnsafeBufferPointer<UInt8>, source: String, options: CSVOptions) {
    self.bytes = bytes
    self.source = source
    self.options = options
    missing = options.missing.map { Array($0.utf8) }.sorted { $0.count < $1.count }
  }

  func read() throws -> Table {
    var scanner = CSVScanner(bytes: bytes, delimiter: options.delimiter, source: source)
    try scanner.skipByteOrderMark()
    guard scanner.position < bytes.count else { throw DataError(source, "the file is empty", expected: "a CSV header") }
    var names = try header(&scanner)
    let start = scanner
    if !options.hasHeader {
      names = (1...names.count).map { "column_\($0)" }
      scanner = CSVScanner(bytes: bytes, delimiter: options.delimiter, source: source)
      try scanner.skipByteOrderMark()
    }
    let first = options.hasHeader ? start : scanner
    for name in options.kinds.keys.sorted() + (options.columns ?? []).sorted() where !names.contains(name) {
      throw DataError(source, "no column \"\(name)\"; \(DataError.suggestion(for: name, among: names))")
    }

    var columns = names.map { name in
      if let wanted = options.columns, !wanted.contains(name) { return CSVColumn.skipped(name) }
      return options.kinds[name] == .category ? CSVColumn.category(name) : CSVColumn.number(name)
    }
    let lines = try rows(from: first, into: columns)
    guard !lines.isEmpty else {
      throw DataError(source, "the file has a header but no rows")
    }
    var again = false
    for (index, column) in columns.enumerated() where column.textCount > 0 {
      if column.textCount * 5 <= column.textCount + column.numberCount {
        throw DataError(
          source, line: column.firstTextLine, "column \(DataError.quoted(column.name))",
          expected: "a number, as in \(column.numberCount) other rows", found: DataError.quoted(column.firstText))
      }
      columns[index] = .category(column.name)
      again = true
    }
    if again {
      // Columns of numbers are complete; skip them.
      let pending = columns.map { $0.isCategory && $0.count == 0 ? $0 : CSVColumn.skipped($0.name) }
      _ = try rows(from: first, into: pending)
    }
    return Table(
      source: source,
      columns: try columns.filter { $0.kind != nil }.map {
        try $0.finish(count: lines.count, source: source, lines: lines)
      },
      lines: lines)
  }

  private func header(_ scanner: inout CSVScanner) throws -> [String] {
    var names: [String] = []
    var seen: [String: Int] = [:]
    while true {
      let field = try scanner.field()
      guard let name = scanner.string(field) else {
        throw DataError(source, line: 1, "the name of column \(names.count + 1) is not UTF-8 text")
      }
      guard !name.contains("\0") else {
        throw DataError(source, line: 1, "not a text file", expected: "CSV in UTF-8", found: "a zero byte")
      }
      if options.hasHeader {
        if name.isEmpty { throw DataError(source, line: 1, "column \(names.count + 1) has no name") }
        if let other = seen.updateValue(names.count + 1, forKey: name) {
          throw DataError(source, line: 1, "columns \(other) and \(names.count + 1) are both named \"\(name)\"")
        }
      }
      names.append(name)
      if !scanner.nextField() { return names }
    }
  }

  /// Reads all rows into `columns`; returns the line on which each starts.
  private func rows(from start: CSVScanner, into columns: [CSVColumn]) throws -> [Int] {
    var scanner = start
    var lines: [Int] = []
    let width = columns.count
    let end = bytes.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") } ?? -1
    while scanner.position <= end {
      // A blank line is no row, but in a table of one column it is a missing value.
      if scanner.isAtLineEnd && width > 1 {
        _ = scanner.nextField()
        continue
      }
      let line = scanner.line
      let row = lines.count
      var index = 0
      while true {
        if index == width { throw ragged(&scanner, line: line, fields: index, expected: width) }
        try value(&scanner, row: row, line: line, into: columns[index])
        index += 1
        if !scanner.nextField() { break }
      }
      if index < width { throw ragged(&scanner, line: line, fields: index, expected: width, complete: true) }
      lines.append(line)
    }
    return lines
  }

  @inline(__always)
  private func value(_ scanner: inout CSVScanner, row: Int, line: Int, into column: CSVColumn) throws {
    switch column.kind {
    case .number:
      if let number = scanner.number() {
        column.append(number: number, row: row)
        column.numberCount += 1
        return
      }
      let field = try scanner.field()
      if let number = scanner.paddedNumber(field) {
        column.append(number: number, row: row)
        column.numberCount += 1
      } else {
        column.append(number: .nan, row: row)
        if scanner.isMissing(field, missing) { return }
        let text = scanner.string(field) ?? "text that is not UTF-8"
        if options.kinds[column.name] == .number {
          throw DataError(
            source, line: line, "column \(DataError.quoted(column.name))", expected: "a number",
            found: DataError.quoted(text))
        }
        if column.textCount == 0 {
          column.firstTextLine = line
          column.firstText = text
        }
        column.textCount += 1
      }
    case .category:
      let field = try scanner.field()
      if scanner.isMissing(field, missing) {
        column.append(code: -1, row: row)
      } else {
        column.append(code: scanner.withBytes(of: field) { column.levels!.code(of: $0, line: line) }, row: row)
      }
    case nil: _ = try scanner.field()
    }
  }

  private func ragged(
    _ scanner: inout CSVScanner, line: Int, fields: Int, expected: Int, complete: Bool = false
  ) -> DataError {
    var count = fields
    if !complete {
      repeat {
        guard (try? scanner.field()) != nil else { break }
        count += 1
      } while scanner.nextField()
    }
    return DataError(
      source, line: line, expected: "\(expected) field\(expected == 1 ? "" : "s"), as in the first row",
      found: "\(count)")
  }
}
