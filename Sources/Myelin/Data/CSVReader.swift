/// Reads a whole CSV file in one pass over its bytes. What the columns are is guessed from the first rows; one whose later
/// values do not fit is read again as texts, and what it is follows from all of them.
struct CSVReader {
  let bytes: UnsafeBufferPointer<UInt8>
  let source: String
  let options: CSVOptions
  let missing: MissingTexts
  let sniffer: CSVSniffer

  init(bytes: UnsafeBufferPointer<UInt8>, source: String, options: CSVOptions, sniffer: CSVSniffer) {
    self.bytes = bytes
    self.source = source
    self.options = options
    self.sniffer = sniffer
    missing = MissingTexts(options.missing)
  }

  private static let sampledRows = 64

  func read() throws -> Table {
    let names = sniffer.names
    let wanted = options.kinds.keys.sorted() + options.missingTexts.keys.sorted() + (options.columns ?? []).sorted()
    for name in wanted where !names.contains(name) {
      throw DataError(source, "no column \"\(name)\"; \(DataError.suggestion(for: name, among: names))")
    }
    let isWanted = names.map { options.columns?.contains($0) ?? true }
    let first = CSVScanner(
      bytes: bytes, delimiter: sniffer.dialect.delimiter, source: source, position: sniffer.firstRow,
      line: sniffer.firstLine)

    let sample = CSVColumns(zip(names, isWanted).map { column($0, $1 ? .category : nil) })
    try rows(from: first, into: sample, limit: CSVReader.sampledRows)
    let columns = CSVColumns(
      zip(sample.all, isWanted).map { sampled, isWanted in
        guard isWanted else { return column(sampled.name, nil) }
        let (form, example) = guess(sampled)
        return column(sampled.name, form, example)
      })
    let lines = try rows(from: first, into: columns)
    guard !lines.isEmpty else { throw DataError(source, "the file has a header but no rows") }

    // Text among numbers or dates, or names that look like numbers: again as texts.
    let late = CSVColumns(
      columns.all.map { column in
        let holdsNames = options.kinds[column.name] == nil && column.inexactCount * 5 > column.numberCount
        return self.column(
          column.name, column.isTyped && (column.textCount > 0 || holdsNames) ? .category : nil)
      })
    if late.all.contains(where: { $0.form != nil }) { try rows(from: first, into: late) }
    var result: [Table.Column] = []
    var dialect = sniffer.dialect
    for index in columns.all.indices where columns.all[index].form != nil {
      let column = late.all[index].form == nil ? columns.all[index] : late.all[index]
      if sniffer.nameless.contains(index), column.missingCount == lines.count {
        dialect.remarks.append("column \(index + 1) left out, without a name or a value")
        continue
      }
      result.append(try finished(column, rows: lines.count))
      // A file of many rows fits only once into what its columns take.
      columns.all[index].free()
      late.all[index].free()
    }
    guard !result.isEmpty else { throw DataError(source, "no column has a name or a value") }
    return Table(source: source, columns: result, lines: lines, dialect: dialect)
  }

  private func column(_ name: String, _ form: ColumnForm?, _ example: String? = nil) -> CSVColumn {
    CSVColumn(name, form, delimiter: sniffer.dialect.delimiter, example: example)
  }

  private func census(_ column: CSVColumn) -> ColumnCensus {
    let file = sniffer.dialect.decimalMark
    let marks = options.decimal.map { [$0] } ?? [file, file == .point ? .comma : .point]
    return ColumnCensus(
      column.levels, declared: options.readsTexts ? .category : options.kinds[column.name], marks: marks,
      prefersDayFirst: options.dayFirst[column.name]
        ?? (file == .comma || sniffer.dialect.delimiter == UInt8(ascii: ";")),
      isOrderKnown: options.dayFirst[column.name] != nil,
      words: options.missingTexts[column.name] ?? [])
  }

  private func guess(_ sampled: CSVColumn) -> (form: ColumnForm, example: String?) {
    let census = census(sampled)
    // Only missing values so far: numbers are the fastest to give up.
    if census.form == .category, sampled.levels.isEmpty, options.kinds[sampled.name] == nil, !options.readsTexts {
      return (.number(NumberFormat(mark: sniffer.dialect.decimalMark)), nil)
    }
    return (census.form, census.example)
  }

  /// The column as all of its values say.
  private func finished(_ column: CSVColumn, rows: Int) throws -> Table.Column {
    guard column.form == .category else { return column.values(rows: rows, missingTexts: missing.texts) }
    let census = census(column)
    if let mistake = census.mistake {
      throw DataError(
        source, line: mistake.line, "column \(DataError.quoted(column.name))",
        expected: options.kinds[column.name] == nil
          ? "\(mistake.expected), as in \(mistake.others) other rows" : mistake.expected,
        found: DataError.quoted(mistake.text))
    }
    return try column.values(rows: rows, missingTexts: missing.texts, source: source, census: census)
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
        if index == width {
          // A delimiter at the line's end, which the first rows did not have.
          if scanner.isAtEmptyLastField {
            _ = scanner.nextField()
            break
          }
          throw ragged(&scanner, line: line, fields: index, expected: width)
        }
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
    switch column.pointee.reading {
    case .number:
      if let (number, isExact) = scanner.number(mark: column.pointee.plainMark) {
        column.pointee.append(number: number, row: row)
        column.pointee.numberCount &+= 1
        if !isExact { column.pointee.inexactCount &+= 1 }
      } else {
        try valueThatIsNoPlainNumber(&scanner, row: row, into: column)
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
    case .date: try valueThatIsNoPlainNumber(&scanner, row: row, into: column)
    case .none: _ = try scanner.field()
    }
  }

  /// A date, or a number that is quoted, padded or formatted, or a missing value, or text.
  @inline(never)
  private func valueThatIsNoPlainNumber(
    _ scanner: inout CSVScanner, row: Int, into column: UnsafeMutablePointer<CSVColumn>
  ) throws {
    let field = try scanner.field()
    let (start, end) = field.trimmed(bytes)
    if let (number, isExact) = column.pointee.parse(bytes, start..<end) {
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
    let text = UnsafeBufferPointer(rebasing: bytes[start..<end])
    if MissingTexts.isWord(text)
      || options.missingTexts[column.pointee.name]?.contains(String(decoding: text, as: UTF8.self)) == true
    {
      column.pointee.missingWords[String(decoding: text, as: UTF8.self), default: 0] += 1
    } else {
      column.pointee.textCount += 1
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
