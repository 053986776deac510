import Foundation

/// How to read a CSV file.
public struct CSVOptions: Sendable {
  /// The byte between fields: a comma, or for example `UInt8(ascii: ";")`.
  public var delimiter = UInt8(ascii: ",")
  /// Whether the first row holds the names of the columns; else they are `column_1`, `column_2`, ….
  public var hasHeader = true
  /// Fields that stand for a missing value, compared without surrounding blanks.
  public var missing: Set<String> = [
    "", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "-nan", "NULL", "Null", "null", "None", "?", "-",
  ]
  /// What is known about columns, by name; the kinds of the others are inferred.
  public var kinds: [String: ColumnKind] = [:]

  /// The columns to read; nil for all. The others are stepped over, whatever they hold.
  public var columns: Set<String>?

  /// The most bytes that a gzipped file may unpack to.
  public var unpackedLimit = Gzip.defaultLimit

  /// Commas, a header row, the usual marks of missing values; kinds inferred.
  public init() {}
}

extension Table {
  /// Reads a CSV file (RFC 4180), plain or gzipped: quoted fields with doubled quotes and line breaks, LF or CRLF, an
  /// optional byte-order mark, one header row. Blanks around a value do not belong to it.
  ///
  /// A column whose values are all numbers is one of numbers. One with text among them is one of categories, unless at
  /// least four fifths of its values are numbers: then the text is taken for a mistake and thrown as an error.
  /// Texts that their number would not give back (`00501`, `0e46209`, whole numbers that a Double rounds) count as text
  /// in this, but are no mistake. `options.kinds` decides otherwise.
  ///
  /// - Throws: `DataError` with the line: a row of another length than the header, text in a column of numbers, an
  ///   empty file, a header without rows, two columns of one name, a quote that is not closed, text that is not UTF-8.
  public init(csv url: URL, options: CSVOptions = CSVOptions()) throws {
    try self.init(
      csv: DataFile.read(url, unpackedLimit: options.unpackedLimit), source: DataFile.name(of: url), options: options)
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

/// Reads a whole CSV file in one pass over its bytes. The kinds of columns are guessed from the first rows; a column of
/// numbers in which text stands later is read again.
private struct CSVReader {
  let bytes: UnsafeBufferPointer<UInt8>
  let source: String
  let options: CSVOptions
  let missing: MissingFields

  init(bytes: UnsafeBufferPointer<UInt8>, source: String, options: CSVOptions) {
    self.bytes = bytes
    self.source = source
    self.options = options
    missing = MissingFields(options.missing)
  }

  func read() throws -> Table {
    var scanner = CSVScanner(bytes: bytes, delimiter: options.delimiter, source: source)
    try scanner.skipByteOrderMark()
    guard scanner.position < bytes.count else { throw DataError(source, "the file is empty", expected: "a CSV header") }
    let start = scanner
    var names = try header(&scanner)
    if !options.hasHeader {
      names = (1...names.count).map { "column_\($0)" }
      scanner = start
    }
    for name in options.kinds.keys.sorted() + (options.columns ?? []).sorted() where !names.contains(name) {
      throw DataError(source, "no column \"\(name)\"; \(DataError.suggestion(for: name, among: names))")
    }
    let first = scanner
    let declared = CSVColumns(
      names.map { name in
        if let wanted = options.columns, !wanted.contains(name) { return CSVColumn(name, nil, isDeclared: true) }
        return CSVColumn(name, options.kinds[name] ?? .number, isDeclared: options.kinds[name] != nil)
      })
    try rows(from: first, into: declared, limit: 64)
    let columns = CSVColumns(
      declared.all.map { CSVColumn($0.name, $0.textCount > 0 ? .category : $0.kind, isDeclared: $0.isDeclared) })
    let lines = try rows(from: first, into: columns)
    guard !lines.isEmpty else { throw DataError(source, "the file has a header but no rows") }

    let late = CSVColumns(
      columns.all.map { column in
        let isText =
          column.textCount > 0 || !column.isDeclared && holdsNames(column.inexactCount, of: column.numberCount)
        return CSVColumn(column.name, column.kind == .number && isText ? .category : nil, isDeclared: true)
      })
    for column in columns.all where !column.isDeclared {
      if column.kind == .category {
        let census = column.levels.census()
        try check(
          column.name, census.numbers, census.inexact, census.texts, census.firstText, census.firstTextLine)
      } else {
        try check(
          column.name, column.numberCount, column.inexactCount, column.textCount, column.firstText,
          column.firstTextLine)
      }
    }
    if late.all.contains(where: { $0.kind != nil }) { try rows(from: first, into: late) }
    var result: [Table.Column] = []
    for index in columns.all.indices where columns.all[index].kind != nil {
      let column = late.all[index].kind == nil ? columns.all[index] : late.all[index]
      result.append(try column.finish(rows: lines.count, source: source, missingTexts: missing.texts))
    }
    return Table(source: source, columns: result, lines: lines)
  }

  /// More than a fifth of the values are not given back by their numbers.
  private func holdsNames(_ inexact: Int, of values: Int) -> Bool { inexact * 5 > values }

  /// A few texts among many numbers are a mistake in the file.
  private func check(
    _ name: String, _ numbers: Int, _ inexact: Int, _ texts: Int, _ text: String, _ line: Int
  ) throws {
    if texts > 0, !holdsNames(texts + inexact, of: texts + numbers) {
      throw DataError(
        source, line: line, "column \(DataError.quoted(name))", expected: "a number, as in \(numbers) other rows",
        found: DataError.quoted(text))
    }
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

  /// Reads rows into `columns`, at most `limit`; returns the line on which each starts.
  @discardableResult
  private func rows(from start: CSVScanner, into columns: CSVColumns, limit: Int = .max) throws -> [Int] {
    var scanner = start
    var lines: [Int] = []
    let all = columns.all
    let width = all.count
    let end = bytes.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") } ?? -1
    while scanner.position <= end, lines.count < limit {
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
        try value(&scanner, row: row, line: line, into: all.baseAddress.unsafelyUnwrapped + index)
        index += 1
        if !scanner.nextField() { break }
      }
      if index < width { throw ragged(&scanner, line: line, fields: index, expected: width, complete: true) }
      lines.append(line)
    }
    return lines
  }

  @inline(__always)
  private func value(
    _ scanner: inout CSVScanner, row: Int, line: Int, into column: UnsafeMutablePointer<CSVColumn>
  ) throws {
    switch column.pointee.kind {
    case .number:
      if let (number, isExact) = scanner.number() {
        column.pointee.append(number: number, row: row)
        column.pointee.numberCount &+= 1
        if !isExact { column.pointee.inexactCount &+= 1 }
      } else {
        try valueThatIsNoPlainNumber(&scanner, row: row, line: line, into: column)
      }
    case .category:
      let field = try scanner.field()
      if let candidate = missing.find(field, bytes) {
        column.pointee.append(code: -1, row: row)
        column.pointee.countMissing(candidate, of: missing.texts.count)
      } else {
        let (start, end) = field.trimmed(bytes)
        let field = CSVScanner.Field(start: start, end: end, hasDoubledQuotes: field.hasDoubledQuotes)
        let code = scanner.withBytes(of: field) { column.pointee.levels.code(of: $0, line: line) }
        column.pointee.append(code: code, row: row)
      }
    case nil: _ = try scanner.field()
    }
  }

  /// Quoted, padded, missing, or text.
  @inline(never)
  private func valueThatIsNoPlainNumber(
    _ scanner: inout CSVScanner, row: Int, line: Int, into column: UnsafeMutablePointer<CSVColumn>
  ) throws {
    let field = try scanner.field()
    if let (number, isExact) = scanner.paddedNumber(field) {
      column.pointee.append(number: number, row: row)
      column.pointee.numberCount += 1
      if !isExact { column.pointee.inexactCount += 1 }
      return
    }
    column.pointee.append(number: .nan, row: row)
    if let candidate = missing.find(field, bytes) {
      column.pointee.countMissing(candidate, of: missing.texts.count)
      return
    }
    column.pointee.textCount += 1
    guard column.pointee.textCount == 1 else { return }
    column.pointee.firstTextLine = line
    column.pointee.firstText = scanner.string(field) ?? "text that is not UTF-8"
    if column.pointee.isDeclared {
      throw DataError(
        source, line: line, "column \(DataError.quoted(column.pointee.name))", expected: "a number",
        found: DataError.quoted(column.pointee.firstText))
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

/// The fields that stand for a missing value. Most others are told apart by their length or first byte.
private struct MissingFields {
  /// Sorted, so that the empty one is the first.
  let texts: [String]
  private let candidates: [[UInt8]]
  private let longest: Int
  private let includesEmpty: Bool
  /// For each first byte the candidates that have it.
  private let byFirstByte: [[Int]]

  init(_ fields: Set<String>) {
    texts = fields.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    candidates = texts.map { Array($0.utf8) }
    longest = candidates.map(\.count).max() ?? -1
    includesEmpty = fields.contains("")
    var byFirstByte = [[Int]](repeating: [], count: 256)
    for (index, candidate) in candidates.enumerated() {
      if let first = candidate.first { byFirstByte[Int(first)].append(index) }
    }
    self.byFirstByte = byFirstByte
  }

  /// Which of `texts` the field is, blanks around it aside.
  func find(_ field: CSVScanner.Field, _ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let (start, end) = field.trimmed(bytes)
    if start == end { return includesEmpty ? 0 : nil }
    guard end - start <= longest else { return nil }
    return byFirstByte[Int(bytes[start])].first { candidates[$0].elementsEqual(bytes[start..<end]) }
  }
}
