/// A confusion matrix for the terminal: rows are true classes, columns predicted ones.
package struct ConfusionText: Sendable {
  private let matrix: ConfusionMatrix
  let classes: [String]

  /// Precondition: as many names as classes.
  package init(_ matrix: ConfusionMatrix, classes: [String]) {
    require(
      matrix.classCount == classes.count,
      "ConfusionText: a matrix of \(matrix.classCount) classes for \(classes.count) names")
    self.matrix = matrix
    self.classes = classes.map { terminalText($0) }
  }

  /// The matrix, with the recall of each class; where it is wider than `width`, the pairs that are confused most.
  package func text(width: Int = 80, style: TerminalStyle = TerminalStyle()) -> String {
    grid(width: width, style: style) ?? list(width: width)
  }

  private func grid(width: Int, style: TerminalStyle) -> String? {
    guard !classes.isEmpty, classes.count <= ConfusionPairs.largestMatrix else { return nil }
    let counts = matrix.counts
    // Long names stand at the rows only, and columns get numbers.
    let names = classes.map { String($0.prefix(20)) }
    let widest = counts.joined().map { "\($0)".count }.max() ?? 1
    let hasShortNames = names.allSatisfy { $0.count <= 6 } || names.map(\.count).reduce(0, +) < 40
    let labels = hasShortNames ? names : names.enumerated().map { "\($0.offset)  \($0.element)" }
    let heads = hasShortNames ? names : names.indices.map { "\($0)" }
    let cell = max(widest, 3)
    let columnWidths = heads.map { max($0.count, cell) }
    let label = max(labels.map(\.count).max() ?? 0, "true".count)
    let total = label + columnWidths.reduce(0) { $0 + $1 + 1 } + 10
    guard total <= width else { return nil }

    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    func left(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    let empty = style.usesUnicode ? "·" : "."
    var lines = [
      left("true", label) + " " + zip(heads, columnWidths).map { " " + right($0, $1) }.joined() + "   recall"
    ]
    for (row, name) in labels.enumerated() {
      let cells = counts[row].indices.map { column in
        let count = counts[row][column]
        let text = " " + right(count == 0 ? empty : "\(count)", columnWidths[column])
        if count == 0 { return style.faint(text) }
        return row == column ? style.bold(text) : style.colored(text, 1)
      }
      let rows = counts[row].reduce(0, +)
      let recall = rows == 0 ? "–" : PlotNumber.fixed(100 * Double(counts[row][row]) / Double(rows), decimals: 1) + "%"
      lines.append(left(name, label) + " " + cells.joined() + "  " + right(recall, 7))
    }
    return lines.joined(separator: "\n")
  }

  private func list(width: Int) -> String {
    let pairs = ConfusionPairs(matrix, limit: 15)
    guard pairs.pairCount > 0 else { return "no row was classified wrong" }
    let table = pairs.table(classes)
    var text = table.terminal(width: width)
    if text.hasSuffix("\n") { text.removeLast() }
    return text
  }
}
