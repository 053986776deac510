/// Text made safe for XML and HTML, in content and in attributes with double quotes.
package func escapedMarkup(_ text: String) -> String {
  var result = ""
  result.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
    // XML 1.0 has no way to write these.
    case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// The palette of Okabe and Ito (jfly.uni-koeln.de/color, 2008), darkened a little on light paper and lightened on
/// dark: neighbours in it can be told apart with each common form of colour blindness.
enum PlotPalette {
  static let light = ["#0072b2", "#d55e00", "#008a64", "#b3568e", "#b87a00", "#2f8fc4"]
  static let dark = ["#56b4e9", "#f08a4b", "#33c79b", "#e39ac4", "#f0b93a", "#9bd0f2"]
  /// The nearest colours of a 256-colour terminal that are readable on black and on white.
  static let terminal = [32, 166, 36, 169, 136, 74]

  static var count: Int { light.count }

  static func index(_ series: Int) -> Int { ((series % count) + count) % count }

  /// Rules for every picture; a page holds them once.
  static let css: String = {
    func variables(_ colors: [String], ink: String, quiet: String, grid: String, paper: String) -> String {
      colors.enumerated().map { "--s\($0.offset):\($0.element);" }.joined()
        + "--ink:\(ink);--quiet:\(quiet);--grid:\(grid);--paper:\(paper);"
    }
    let onLight = variables(light, ink: "#1c2024", quiet: "#5b6570", grid: "#e3e6ea", paper: "#ffffff")
    let onDark = variables(dark, ink: "#e8eaed", quiet: "#a4adb8", grid: "#343a42", paper: "#16191d")
    let series = (0..<count).map { ".myelin-plot .s\($0){--c:var(--s\($0))}" }.joined(separator: "\n")
    return """
      .myelin-plot{\(onLight)font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-size:12px}
      @media (prefers-color-scheme:dark){.myelin-plot{\(onDark)}}
      \(series)
      .myelin-plot .ink{--c:var(--ink)}
      .myelin-plot text{fill:var(--quiet)}
      .myelin-plot .title{fill:var(--ink);font-size:14px;font-weight:600}
      .myelin-plot .paper{fill:var(--paper)}
      .myelin-plot .grid{stroke:var(--grid);stroke-width:1;fill:none}
      .myelin-plot .axis{stroke:var(--quiet);stroke-width:1;fill:none}
      .myelin-plot .line{stroke:var(--c);stroke-width:2;fill:none;stroke-linejoin:round;stroke-linecap:round}
      .myelin-plot .thin{stroke:var(--c);stroke-width:1;fill:none;stroke-opacity:.55}
      .myelin-plot .area{fill:var(--c)}
      .myelin-plot .dot{fill:var(--c);stroke:var(--paper);stroke-width:1.4}
      .myelin-plot .note{fill:var(--c);stroke:var(--paper);stroke-width:3px;paint-order:stroke;stroke-linejoin:round}
      .myelin-plot .cell{fill:var(--ink);text-anchor:middle}
      .myelin-plot .oncolor{fill:var(--paper)}
      .myelin-plot .hit{fill:transparent;stroke:none}
      .myelin-plot .hit:hover{fill:var(--ink);fill-opacity:.22}
      """
  }()
}
