import Myelin

/// What a lesson says, by value: rendered to the terminal and to a page from the same description. In texts,
/// `` `code` `` and `**strong**` are marked up.
package struct Document: Sendable {
  package enum Block: Sendable {
    case heading(String)
    case text(String)
    case formula([String])
    case code(String)
    case list([String])
    case definitions([Definition])
    case table(TextTable)
    /// Pictures that belong together.
    case figure([Plot], caption: String)
    case note(String, [String])
  }

  package struct Definition: Sendable {
    package var term: String
    package var text: String
  }

  package var title: String
  package private(set) var blocks: [Block] = []

  package init(_ title: String) { self.title = title }

  package mutating func heading(_ text: String) { blocks.append(.heading(text)) }
  package mutating func text(_ text: String) { blocks.append(.text(text)) }
  package mutating func formula(_ lines: String...) { blocks.append(.formula(lines)) }
  package mutating func formula(_ lines: [String]) { blocks.append(.formula(lines)) }
  package mutating func code(_ text: String) { blocks.append(.code(text)) }
  package mutating func list(_ items: [String]) { blocks.append(.list(items)) }
  package mutating func table(_ table: TextTable) { blocks.append(.table(table)) }
  package mutating func figure(_ plots: Plot..., caption: String = "") {
    blocks.append(.figure(plots, caption: caption))
  }
  package mutating func figures(_ plots: [Plot], caption: String = "") {
    blocks.append(.figure(plots, caption: caption))
  }
  package mutating func note(_ title: String, _ paragraphs: String...) { blocks.append(.note(title, paragraphs)) }

  package mutating func definitions(_ pairs: [(String, String)]) {
    blocks.append(.definitions(pairs.map { Definition(term: $0.0, text: $0.1) }))
  }

  /// Ends a lesson: what to change and what to watch.
  package mutating func tryThis(_ items: [(command: String, text: String)]) {
    blocks.append(.note("Try", items.map { "`\($0.command)`: \($0.text)" }))
  }

  /// As text at most `width` columns wide.
  package func terminal(width: Int = 80, style: TerminalStyle = TerminalStyle()) -> String {
    let width = max(40, width)
    var parts = [style.bold(title) + "\n" + String(repeating: style.usesUnicode ? "═" : "=", count: title.count) + "\n"]
    func wrapped(_ text: String, indent: Int = 0, first: String? = nil) -> String {
      let blank = String(repeating: " ", count: indent)
      let lines = Self.wrapMarked(text, width: min(width, 96) - indent, style: style)
      return lines.enumerated().map { ($0.offset == 0 ? first ?? blank : blank) + $0.element }.joined(separator: "\n")
    }
    for block in blocks {
      switch block {
      case .heading(let text): parts.append("\n" + style.bold(text) + "\n")
      case .text(let text): parts.append(wrapped(text) + "\n")
      case .formula(let lines):
        parts.append(
          lines.flatMap { Self.broken($0, width: width - 4) }.map { "    " + $0 }.joined(separator: "\n") + "\n")
      case .code(let text):
        parts.append(
          text.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n")
            + "\n")
      case .list(let items):
        let bullet = style.usesUnicode ? "  • " : "  * "
        parts.append(items.map { wrapped($0, indent: 4, first: bullet) }.joined(separator: "\n") + "\n")
      case .definitions(let pairs):
        parts.append(
          pairs.map { "  " + style.bold($0.term) + "\n" + wrapped($0.text, indent: 6) }.joined(separator: "\n") + "\n")
      case .table(var table):
        table.rows = table.rows.map { $0.map(InlineMarkup.plain) }
        parts.append(table.terminal(width: width, style: style))
      case .figure(let plots, let caption):
        for plot in plots { parts.append(plot.terminal(width: min(width, 84), height: 20, style: style)) }
        if !caption.isEmpty { parts.append(wrapped(caption) + "\n") }
      case .note(let title, let paragraphs):
        parts.append(
          "\n" + style.bold(title) + "\n" + paragraphs.map { wrapped($0, indent: 2) }.joined(separator: "\n") + "\n")
      }
    }
    return parts.joined(separator: "\n")
  }

  /// As a self-contained page. `navigation` links to the neighbours in a book.
  package func html(navigation: [(text: String, target: String)] = []) -> String {
    var page = HTMLPage(title)
    if !navigation.isEmpty { page.navigation(navigation) }
    for block in blocks {
      switch block {
      case .heading(let text): page.heading(text)
      case .text(let text): page.markedParagraph(text)
      case .formula(let lines): page.formula(lines)
      case .code(let text): page.code(text)
      case .list(let items): page.list(items)
      case .definitions(let pairs): page.definitions(pairs.map { ($0.term, $0.text) })
      case .table(let table): page.table(table, isMarked: true)
      case .figure(let plots, let caption):
        if plots.count == 1 {
          page.figure(plots[0], caption: caption)
        } else {
          page.figures(plots, caption: caption)
        }
      case .note(let title, let paragraphs): page.note(title, paragraphs)
      }
    }
    if !navigation.isEmpty { page.navigation(navigation) }
    return page.html()
  }

  /// A formula on lines of at most `width` characters, broken at blanks; what continues is indented. Blanks inside stay,
  /// since they align one line with the next.
  private static func broken(_ line: String, width: Int) -> [String] {
    guard line.count > width, let blank = line.prefix(width + 1).lastIndex(of: " "),
      line[..<blank].contains(where: { $0 != " " })
    else { return [line] }
    let rest = line[blank...].drop { $0 == " " }
    return [String(line[..<blank])] + broken("    " + rest, width: width)
  }

  /// Lines of at most `width` visible characters, with `**strong**` and code shown as the terminal can.
  private static func wrapMarked(_ text: String, width: Int, style: TerminalStyle) -> [String] {
    var words: [(text: String, isStrong: Bool)] = []
    var joinsPrevious = false
    for piece in InlineMarkup.pieces(text) {
      let (content, isStrong): (String, Bool) =
        switch piece {
        case .plain(let text): (text, false)
        case .code(let text): (text, true)
        case .strong(let text): (text, true)
        }
      for (index, part) in content.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
        // A piece without a blank before it continues the word before it.
        if index == 0, joinsPrevious, !words.isEmpty, !part.isEmpty {
          words[words.count - 1].text += isStrong ? style.bold(String(part)) : String(part)
        } else if !part.isEmpty {
          words.append((isStrong ? style.bold(String(part)) : String(part), isStrong))
        }
      }
      joinsPrevious = content.last != " "
    }
    var lines: [String] = []
    var (line, length) = ("", 0)
    for word in words {
      let visible = visibleLength(word.text)
      if length > 0, length + 1 + visible > width {
        lines.append(line)
        (line, length) = ("", 0)
      }
      line += length == 0 ? word.text : " " + word.text
      length += (length == 0 ? 0 : 1) + visible
    }
    lines.append(line)
    return lines
  }

  private static func visibleLength(_ text: String) -> Int {
    var count = 0
    var isEscape = false
    for character in text {
      if character == "\u{1B}" {
        isEscape = true
      } else if isEscape {
        isEscape = character != "m"
      } else {
        count += 1
      }
    }
    return count
  }
}
