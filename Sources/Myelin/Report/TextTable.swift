/// Rows and columns of text, for the terminal and for a page.
package struct TextTable: Sendable {
  package var header: [String]
  package var rows: [[String]]
  package var caption: String

  package init(_ header: [String], rows: [[String]] = [], caption: String = "") {
    self.header = header
    self.rows = rows
    self.caption = caption
  }

  package mutating func add(_ row: [String]) { rows.append(row) }

  var columnCount: Int { max(header.count, rows.map(\.count).max() ?? 0) }

  /// Numbers stand at the right: columns where every filled cell begins with a digit, a sign or a point.
  func isNumeric(_ column: Int) -> Bool {
    let cells = rows.compactMap { $0.indices.contains(column) ? $0[column] : nil }.filter { !$0.isEmpty && $0 != "–" }
    return !cells.isEmpty
      && cells.allSatisfy { cell in
        guard let first = cell.first else { return false }
        let isNumberLike = first.isNumber || "+-−.".contains(first) || cell == "NaN" || cell == "∞"
        return isNumberLike && cell.count { $0.isLetter } <= 3 && !cell.contains("=")
      }
  }

  /// The table in characters. Columns are as wide as their widest cell; with a `width` the widest columns shrink until
  /// the table fits, and cells that no longer fit are broken between words.
  package func terminal(width: Int = .max, style: TerminalStyle = TerminalStyle()) -> String {
    let count = columnCount
    guard count > 0 else { return "" }
    let header = self.header.map { terminalText($0, keepsLines: true) }
    let rows = self.rows.map { $0.map { terminalText($0, keepsLines: true) } }
    func cell(_ row: [String], _ column: Int) -> String { row.indices.contains(column) ? row[column] : "" }
    var widths = (0..<count).map { column in ([header] + rows).map { cell($0, column).count }.max() ?? 0 }
    let gap = 2
    // Names are broken only where nothing else can be.
    let words = (0..<count).map { column in
      ([header] + rows).flatMap { cell($0, column).split(separator: " ") }.map(\.count).max() ?? 0
    }
    while width < .max, widths.reduce(0, +) + gap * (count - 1) > width, let widest = widths.max(), widest > 8 {
      let between = widths.indices.filter { widths[$0] > max(8, words[$0]) }
      let most = between.map { widths[$0] }.max() ?? widest
      widths[(between.isEmpty ? Array(widths.indices) : between).first { widths[$0] == most }!] -= 1
    }
    let isNumeric = (0..<count).map(self.isNumeric)
    func lines(_ row: [String], _ transform: (String) -> String) -> [String] {
      let broken = (0..<count).map { TextLayout.wrap(cell(row, $0), width: max(1, widths[$0])) }
      let height = broken.map(\.count).max() ?? 1
      return (0..<height).map { line in
        let cells = (0..<count).map { column -> String in
          let text = line < broken[column].count ? broken[column][line] : ""
          let blank = String(repeating: " ", count: max(0, widths[column] - text.count))
          return isNumeric[column] ? blank + text : text + blank
        }
        var joined = cells.joined(separator: String(repeating: " ", count: gap))
        while joined.last == " " { joined.removeLast() }
        return transform(joined)
      }
    }
    var result: [String] = []
    if !caption.isEmpty { result.append(style.faint(terminalText(caption))) }
    if !header.isEmpty {
      result += lines(header, style.bold)
      let rule: Character = style.usesUnicode ? "─" : "-"
      result.append(
        widths.map { String(repeating: rule, count: $0) }.joined(separator: String(repeating: " ", count: gap)))
    }
    for row in rows { result += lines(row) { $0 } }
    return result.joined(separator: "\n") + "\n"
  }
}

/// Breaking text into lines.
package enum TextLayout {
  /// Lines of at most `width` characters, broken between words; a word longer than a line is cut.
  package static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ", omittingEmptySubsequences: true) {
        var word = Substring(word)
        if !line.isEmpty, line.count + 1 + word.count > width {
          lines.append(line)
          line = ""
        }
        while word.count > width {
          lines.append(String(word.prefix(width)))
          word = word.dropFirst(width)
        }
        line += line.isEmpty ? String(word) : " " + word
      }
      lines.append(line)
    }
    return lines
  }
}
