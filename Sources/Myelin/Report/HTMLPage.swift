/// A self-contained HTML page: style and pictures inside, no scripts, nothing loaded from elsewhere. It follows the
/// reader's light or dark setting and is well-formed XML after its first line. All text is escaped.
///
/// ```swift
/// var page = HTMLPage("Run 12")
/// page.heading("Loss")
/// page.figure(plot)
/// page.table(TextTable(["epoch", "loss"], rows: [["1", "0.43"]]))
/// try page.html().write(to: file, atomically: true, encoding: .utf8)
/// ```
package struct HTMLPage: Sendable {
  package var title: String
  package var language: String
  private var body = ""

  package init(_ title: String, language: String = "en") {
    self.title = title
    self.language = language
    body = "<h1>\(escapedMarkup(title))</h1>\n"
  }

  /// A heading of level 2 (a section) to 6, with an anchor where `id` names one.
  package mutating func heading(_ text: String, level: Int = 2, id: String? = nil) {
    let level = min(6, max(2, level))
    let anchor = id.map { " id=\"\(escapedMarkup($0))\"" } ?? ""
    body += "<h\(level)\(anchor)>\(escapedMarkup(text))</h\(level)>\n"
  }

  package mutating func paragraph(_ text: String) {
    body += "<p>\(escapedMarkup(text))</p>\n"
  }

  /// A paragraph in which `` `code` `` and `**strong**` are marked up.
  package mutating func markedParagraph(_ text: String) {
    body += "<p>\(InlineMarkup.html(text))</p>\n"
  }

  /// A formula on lines of its own, in Unicode.
  package mutating func formula(_ lines: [String]) {
    body += "<div class=\"formula\">\(lines.map(escapedMarkup).joined(separator: "<br/>"))</div>\n"
  }

  /// What only some readers want: a line that opens it, and what `add` puts on the page.
  package mutating func folded(_ summary: String, _ add: (inout HTMLPage) -> Void) {
    body += "<details><summary>\(escapedMarkup(summary))</summary>\n"
    add(&self)
    body += "</details>\n"
  }

  /// Bars that lie side by side with their names and values: `share` is the length in 0...1, `note` is shown beside it.
  package mutating func bars(_ bars: [(label: String, share: Double, note: String)]) {
    body += "<div class=\"bars\">\n"
    for bar in bars {
      let width = PlotNumber.fixed(100 * min(1, max(0, bar.share.isFinite ? bar.share : 0)), decimals: 1)
      body += "<span title=\"\(escapedMarkup(bar.label))\">\(escapedMarkup(bar.label))</span>"
      body += "<span class=\"track\" title=\"\(escapedMarkup(bar.note))\"><i style=\"width:\(width)%\"></i></span>"
      body += "<span class=\"number\">\(escapedMarkup(bar.note))</span>\n"
    }
    body += "</div>\n"
  }

  package mutating func code(_ text: String) {
    body += "<pre><code>\(escapedMarkup(text))</code></pre>\n"
  }

  /// Items in which `` `code` `` and `**strong**` are marked up.
  package mutating func list(_ items: [String]) {
    body += "<ul>\n" + items.map { "<li>\(InlineMarkup.html($0))</li>\n" }.joined() + "</ul>\n"
  }

  /// Names with what they mean or hold.
  package mutating func definitions(_ pairs: [(term: String, text: String)]) {
    body += "<dl>\n"
    for (term, text) in pairs { body += "<dt>\(escapedMarkup(term))</dt><dd>\(escapedMarkup(text))</dd>\n" }
    body += "</dl>\n"
  }

  /// A box that stands out.
  package mutating func note(_ title: String, _ paragraphs: [String]) {
    body += "<aside><strong>\(escapedMarkup(title))</strong>\n"
    for text in paragraphs { body += "<p>\(InlineMarkup.html(text))</p>\n" }
    body += "</aside>\n"
  }

  /// With `isMarked`, `` `code` `` and `**strong**` in cells are marked up; data from outside is better left plain.
  package mutating func table(_ table: TextTable, isMarked: Bool = false) {
    let numeric = (0..<table.columnCount).map(table.isNumeric)
    func row(_ cells: [String], _ tag: String) -> String {
      (0..<table.columnCount).map { column in
        let text = cells.indices.contains(column) ? cells[column] : ""
        return
          "<\(tag)\(numeric[column] ? " class=\"number\"" : "")>\(isMarked ? InlineMarkup.html(text) : escapedMarkup(text))</\(tag)>"
      }.joined()
    }
    body += "<div class=\"wide\"><table>\n"
    if !table.caption.isEmpty { body += "<caption>\(escapedMarkup(table.caption))</caption>\n" }
    if !table.header.isEmpty { body += "<thead><tr>\(row(table.header, "th"))</tr></thead>\n" }
    body += "<tbody>\n"
    for cells in table.rows { body += "<tr>\(row(cells, "td"))</tr>\n" }
    body += "</tbody></table></div>\n"
  }

  package mutating func figure(_ plot: Plot, caption: String = "", width: Int = 640, height: Int = 380) {
    figures([plot], caption: caption, width: width, height: height)
  }

  /// Pictures side by side where the window is wide enough.
  package mutating func figures(_ plots: [Plot], caption: String = "", width: Int = 430, height: Int = 320) {
    body += "<figure>\n<div class=\"row\">\n"
    for plot in plots { body += plot.svgForPage(width: width, height: height) }
    body += "</div>\n"
    if !caption.isEmpty { body += "<figcaption>\(InlineMarkup.html(caption))</figcaption>\n" }
    body += "</figure>\n"
  }

  /// Small pictures in a grid, each at least `width` letters' heights wide.
  mutating func tiles(_ tiles: [(source: String, label: String, note: String)], width: Double) {
    body += "<div class=\"tiles\" style=\"--tile:\(width)rem\">\n"
    for tile in tiles {
      let note = tile.note.isEmpty ? "" : escapedMarkup(tile.note)
      body += "<figure><img src=\"\(escapedMarkup(tile.source))\" alt=\"\(escapedMarkup(tile.label))\"/>"
      body += "<figcaption><b>\(escapedMarkup(tile.label))</b>\(note)</figcaption></figure>\n"
    }
    body += "</div>\n"
  }

  /// Links to other pages of the same folder, or to anchors of this one.
  package mutating func links(_ links: [(text: String, target: String, note: String)], isOrdered: Bool = false) {
    let tag = isOrdered ? "ol" : "ul"
    body += "<\(tag)>\n"
    for link in links {
      let note = link.note.isEmpty ? "" : " " + escapedMarkup(link.note)
      body += "<li><a href=\"\(escapedMarkup(link.target))\">\(escapedMarkup(link.text))</a>\(note)</li>\n"
    }
    body += "</\(tag)>\n"
  }

  /// One line of links, for going from page to page.
  package mutating func navigation(_ links: [(text: String, target: String)]) {
    body += "<nav>"
    body += links.map { "<a href=\"\(escapedMarkup($0.target))\">\(escapedMarkup($0.text))</a>" }.joined(
      separator: " · ")
    body += "</nav>\n"
  }

  package func html() -> String {
    """
    <!DOCTYPE html>
    <html xmlns="http://www.w3.org/1999/xhtml" lang="\(escapedMarkup(language))">
    <head>
    <meta charset="utf-8"/>
    <meta name="viewport" content="width=device-width, initial-scale=1"/>
    <meta name="color-scheme" content="light dark"/>
    <title>\(escapedMarkup(title))</title>
    <style>
    \(Self.css)
    \(PlotPalette.css)
    </style>
    </head>
    <body>
    <main>
    \(body)</main>
    </body>
    </html>

    """
  }

  /// What a window of 390 pixels leaves for a picture.
  static let phoneWidth = 350.0

  private static let css = """
    :root{--ink:#1c2024;--quiet:#5b6570;--rule:#d9dde2;--soft:#f4f6f8;--paper:#ffffff;--link:#0b62a3}
    @media (prefers-color-scheme:dark){
    :root{--ink:#e8eaed;--quiet:#a4adb8;--rule:#3a4149;--soft:#20252b;--paper:#16191d;--link:#7cc4f5}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);line-height:1.55;
    font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
    main{max-width:58rem;margin:0 auto;padding:2rem 1.25rem 4rem}
    h1{font-size:1.9rem;line-height:1.2;margin:0 0 1rem;overflow-wrap:anywhere}
    h2{font-size:1.3rem;margin:2.2rem 0 .6rem;padding-top:.6rem;border-top:1px solid var(--rule)}
    h3{font-size:1.08rem;margin:1.6rem 0 .4rem}
    p,li,dd{max-width:44rem}
    a{color:var(--link)}
    nav{color:var(--quiet);font-size:.92rem;margin:1rem 0}
    code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.92em;background:var(--soft);
    padding:.08em .28em;border-radius:3px}
    pre{background:var(--soft);border:1px solid var(--rule);border-radius:6px;padding:.8rem 1rem;overflow-x:auto}
    pre code{padding:0;background:none}
    .formula{font-family:"STIX Two Math","Cambria Math",Georgia,serif;font-size:1.12rem;margin:1rem 0;
    padding:.6rem 1.1rem;border-left:3px solid var(--rule);overflow-x:auto;white-space:pre-wrap}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;margin:.8rem 0;font-size:.94rem;font-variant-numeric:tabular-nums}
    caption{text-align:left;color:var(--quiet);padding-bottom:.3rem}
    th,td{padding:.3rem 1.1rem .3rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
    th{border-bottom:2px solid var(--rule)}
    .number{text-align:right;white-space:nowrap}
    figure{margin:1.2rem 0}
    details{margin:1.4rem 0}
    summary{cursor:pointer;color:var(--link)}
    .bars{display:grid;grid-template-columns:minmax(5rem,max-content) minmax(3rem,1fr) max-content;gap:.25rem .8rem;
    align-items:center;max-width:44rem;margin:.8rem 0;font-size:.94rem;font-variant-numeric:tabular-nums}
    .bars span:first-child,.bars .number+span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:14rem}
    .track{background:var(--soft);border-radius:3px;height:.9rem;display:block}
    .track i{display:block;height:100%;background:var(--link);border-radius:3px}
    .row{display:flex;flex-wrap:wrap;gap:1rem;overflow-x:auto}
    .row svg{max-width:100%;height:auto;border:1px solid var(--rule);border-radius:6px}
    .row svg.whole{max-width:none;flex:none}
    .row svg.on-phone{display:none}
    @media (max-width:640px){.row svg.on-desk{display:none}.row svg.on-phone{display:block}
    table{font-size:.84rem}th,td{padding-right:.55rem}
    .bars{font-size:.84rem;gap:.25rem .5rem}.bars span:first-child,.bars .number+span{max-width:8.5rem}}
    .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(var(--tile),100%),1fr));gap:.9rem .7rem;margin:1rem 0}
    .tiles figure{margin:0}
    .tiles img{display:block;width:100%;height:auto;image-rendering:pixelated;border-radius:4px}
    .tiles figcaption{font-size:.78rem;line-height:1.3;overflow-wrap:anywhere}
    .tiles b{display:block;color:var(--ink)}
    figcaption{color:var(--quiet);font-size:.94rem;max-width:44rem;margin-top:.4rem}
    dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.25rem 1.2rem}
    dt{font-weight:600}
    dd{margin:0;overflow-wrap:anywhere}
    aside{background:var(--soft);border-radius:6px;padding:.8rem 1.1rem;margin:1.4rem 0}
    aside p{margin:.4rem 0}
    @media print{main{max-width:none}figure,table{break-inside:avoid}}
    """
}

/// `` `code` `` and `**strong**` inside a line of text; a mark without its partner is text.
package enum InlineMarkup {
  package enum Piece: Equatable {
    case plain(String)
    case code(String)
    case strong(String)
  }

  package static func pieces(_ text: String) -> [Piece] {
    var result: [Piece] = []
    var plain = ""
    var rest = Substring(text)
    while let first = rest.first {
      let mark = first == "`" ? "`" : rest.hasPrefix("**") ? "**" : nil
      if let mark {
        let inside = rest.dropFirst(mark.count)
        if let end = inside.firstRange(of: mark), end.lowerBound > inside.startIndex {
          if !plain.isEmpty { result.append(.plain(plain)) }
          plain = ""
          let content = String(inside[..<end.lowerBound])
          result.append(mark == "`" ? .code(content) : .strong(content))
          rest = inside[end.upperBound...]
          continue
        }
      }
      plain.append(first)
      rest = rest.dropFirst()
    }
    if !plain.isEmpty { result.append(.plain(plain)) }
    return result
  }

  /// The text without its marks.
  package static func plain(_ text: String) -> String {
    pieces(text).map { piece in
      switch piece {
      case .plain(let text), .code(let text), .strong(let text): text
      }
    }.joined()
  }

  static func html(_ text: String) -> String {
    pieces(text).map { piece in
      switch piece {
      case .plain(let text): escapedMarkup(text)
      case .code(let text): "<code>\(escapedMarkup(text))</code>"
      case .strong(let text): "<strong>\(escapedMarkup(text))</strong>"
      }
    }.joined()
  }
}
