/// Text from outside made safe for a terminal: names of columns, classes and files may hold escape sequences, which would
/// move the cursor, change colours or retitle the window, and marks that turn the direction of writing.
///
/// Such a character is shown as what it is, `\u{1b}`; everything else stays. With `keepsLines` line feeds stay too.
package func terminalText(_ text: String, keepsLines: Bool = false) -> String {
  func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A: keepsLines
    // C0, delete, C1; direction marks, embeddings, overrides and isolates; line and paragraph separators.
    case 0...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0x061C, 0xFEFF: false
    default: true
    }
  }
  guard !text.unicodeScalars.allSatisfy(isPlain) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if isPlain(scalar) {
      result.unicodeScalars.append(scalar)
    } else {
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    }
  }
  return result
}

extension Plot {
  /// All words of the picture made safe for a terminal.
  var terminalSafe: Plot {
    var plot = self
    plot.title = terminalText(title)
    for axis in [\Plot.xAxis, \Plot.yAxis] {
      plot[keyPath: axis].label = terminalText(self[keyPath: axis].label)
      plot[keyPath: axis].categories = self[keyPath: axis].categories?.map { terminalText($0) }
    }
    plot.marks = marks.map { mark in
      var mark = mark
      mark.label = mark.label.map { terminalText($0) }
      switch mark.shape {
      case .text(let words, let point, let placement): mark.shape = .text(terminalText(words), at: point, placement)
      case .heatmap(let grid, let annotations):
        mark.shape = .heatmap(grid, annotations: annotations.map { $0.map { terminalText($0) } })
      default: break
      }
      return mark
    }
    return plot
  }
}
