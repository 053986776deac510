import Foundation

extension Plot {
  /// The picture in characters, at most `width` columns and about `height` rows, axes and legend included.
  public func terminal(width: Int = 72, height: Int = 20, style: TerminalStyle = TerminalStyle()) -> String {
    var renderer = TerminalRenderer(terminalSafe, width: max(24, width), height: max(8, height), style: style)
    return renderer.render()
  }
}

/// Draws one picture on a canvas of character cells.
private struct TerminalRenderer {
  let plot: Plot
  let style: TerminalStyle
  let width: Int
  var left = 0
  var top = 0
  var areaWidth = 0
  var areaHeight = 0
  var x: PlotScale
  var y: PlotScale
  var yTicks: [PlotScale.Tick] = []
  var legendRows: [[(label: String, mark: Plot.Mark, color: Plot.Color)]] = []
  var canvas = TerminalCanvas(width: 0, height: 0, style: TerminalStyle())

  init(_ plot: Plot, width: Int, height: Int, style: TerminalStyle) {
    (self.plot, self.width, self.style) = (plot, width, style)
    (x, y) = plot.scales(width: 1, height: 1)
    layOut(height)
  }

  private mutating func layOut(_ height: Int) {
    var used = 0
    for (mark, color) in plot.coloredMarks {
      guard let label = mark.label, !label.isEmpty else { continue }
      let needed = label.count + 6
      if used == 0 || used + needed > width { (legendRows, used) = (legendRows + [[]], 0) }
      legendRows[legendRows.count - 1].append((label, mark, color))
      used += needed
    }
    top = (plot.title.isEmpty ? 0 : 1) + legendRows.count + (plot.yAxis.label.isEmpty ? 0 : 1)
    let below = plot.hasAxes ? 2 + (plot.xAxis.label.isEmpty ? 0 : 1) : 0
    areaHeight = max(3, height - top - below)
    if let size = plot.heatmapSize, size.rows <= areaHeight * 2 { areaHeight = max(1, size.rows) }
    yTicks = plot.scales(width: 2, height: 1).y.ticks(about: max(2, areaHeight / 3))
    let labelWidth = min(width / 3, yTicks.map(\.label.count).max() ?? 0)
    left = plot.hasAxes ? labelWidth + 2 : 0
    areaWidth = max(8, width - left - 1)
    if let size = plot.heatmapSize, size.columns > 0 {
      let longest = plot.xAxis.categories?.map(\.count).max() ?? 0
      let cell = max(1, min(areaWidth / size.columns, max(longest + 1, plot.longestAnnotation + 2, 2)))
      areaWidth = min(areaWidth, cell * size.columns)
    }
    // A cell of a terminal is about twice as high as wide.
    if let shape = plot.areaShape {
      areaWidth = min(areaWidth, max(Int(Double(areaHeight) * 2 * shape), areaWidth * 2 / 5))
    }
    (x, y) = plot.scales(width: Double(areaWidth), height: Double(areaHeight) * 2)
    yTicks = y.ticks(about: plot.heatmapSize == nil ? max(2, areaHeight / 3) : areaHeight)
    canvas = TerminalCanvas(width: width, height: top + areaHeight + below, style: style)
  }

  private func code(_ color: Plot.Color) -> Int? {
    switch color {
    case .series(let index): PlotPalette.terminal[PlotPalette.index(index)]
    case .text: nil
    }
  }

  private func series(_ color: Plot.Color) -> Int {
    if case .series(let index) = color { index } else { 5 }
  }

  private func letter(_ color: Plot.Color) -> Character {
    Array("*+o#x.")[PlotPalette.index(series(color))]
  }

  /// Without colour, lines of different series differ by their dots.
  private func texture(_ color: Plot.Color) -> TerminalCanvas.Pattern {
    guard !style.usesColor, plot.hasAxes, case .series(let index) = color else { return .solid }
    let patterns = [(1, 1), (2, 1), (8, 6), (4, 1), (5, 3), (12, 8)]
    let (period, on) = patterns[PlotPalette.index(index)]
    return TerminalCanvas.Pattern(period: period, on: on)
  }

  /// The line of the legend, textured alike.
  private func texturedSample(_ color: Plot.Color) -> String {
    guard !style.usesColor, case .series(let index) = color else { return "──" }
    return ["──", "┄┄", "─ ", "· ", "╌╌", "━ "][PlotPalette.index(index)]
  }

  private func marker(_ color: Plot.Color) -> Character {
    Array(style.usesUnicode ? "●■▲◆▼" : "o#^*v")[((series(color) % 5) + 5) % 5]
  }

  private func place(_ point: Plot.Point) -> Plot.Point? {
    guard let u = x.fraction(point.x), let v = y.fraction(point.y) else { return nil }
    return Plot.Point(u, v)
  }

  /// Cells from the left and the top of the canvas; the far ends of the axes are inside their last cells.
  private func cell(_ place: Plot.Point) -> (x: Double, y: Double) {
    let (w, h) = (Double(areaWidth), Double(areaHeight))
    return (
      Double(left) + min(w - 0.01, max(0, place.x * w)), Double(top) + min(h - 0.01, max(0, (1 - place.y) * h))
    )
  }

  mutating func render() -> String {
    var row = 0
    if !plot.title.isEmpty {
      canvas.put(plot.title, column: left, row: 0, bold: true)
      row = 1
    }
    for entries in legendRows {
      var column = left
      for (label, mark, color) in entries {
        canvas.put(sample(mark, color), column: column, row: row, color: code(color))
        canvas.put(label, column: column + 3, row: row)
        column += label.count + 6
      }
      row += 1
    }
    if !plot.yAxis.label.isEmpty { canvas.put(plot.yAxis.label, column: max(0, left - 1), row: row) }
    let colored = plot.coloredMarks
    for (mark, _) in colored { renderFilled(mark) }
    let barSeries = colored.count { if case .bars = $0.mark.shape { true } else { false } }
    var bar = 0
    for (mark, color) in colored {
      if case .bars(let values) = mark.shape {
        renderBars(values, series: bar, of: barSeries, color: color)
        bar += 1
      } else {
        renderDrawn(mark, color)
      }
    }
    // Words last: a line must not cut through them.
    for (mark, color) in colored {
      guard case .text(let words, let point) = mark.shape, let place = place(point),
        (0...1).contains(place.x), (0...1).contains(place.y)
      else { continue }
      let at = cell(place)
      let start = Int(at.x) + 2 + words.count > left + areaWidth ? Int(at.x) - 1 - words.count : Int(at.x) + 2
      canvas.put(words, column: max(left, start), row: Int(at.y), color: code(color))
    }
    renderAxes()
    return canvas.lines().joined(separator: "\n") + "\n"
  }

  private func sample(_ mark: Plot.Mark, _ color: Plot.Color) -> String {
    switch mark.shape {
    case .scatter: " " + String(marker(color))
    case .bars: style.usesUnicode ? "██" : "##"
    case .line(_, let isDashed, _) where isDashed: style.usesUnicode ? "╌╌" : "\(letter(color)) "
    case .horizontal, .vertical: style.usesUnicode ? "╌╌" : "\(letter(color)) "
    case .arrows: style.usesUnicode ? "─→" : "->"
    default: style.usesUnicode ? texturedSample(color) : String(repeating: letter(color), count: 2)
    }
  }

  private mutating func renderAxes() {
    guard plot.hasAxes else { return }
    let bottom = top + areaHeight
    let (vertical, corner, horizontal, tickDown, tickLeft): (Character, Character, Character, Character, Character) =
      style.usesUnicode ? ("│", "└", "─", "┬", "┤") : ("|", "+", "-", "+", "+")
    for row in top..<bottom { canvas.put(vertical, column: left - 1, row: row) }
    canvas.put(corner, column: left - 1, row: bottom)
    for column in left..<(left + areaWidth) { canvas.put(horizontal, column: column, row: bottom) }
    var usedRow = -1
    for tick in yTicks.reversed() {
      guard let v = y.fraction(tick.value), (-1e-9...1 + 1e-9).contains(v) else { continue }
      let row = Int(cell(Plot.Point(0, v)).y)
      guard row != usedRow else { continue }
      usedRow = row
      let label = tick.label.count > left - 2 ? String(tick.label.prefix(max(0, left - 3))) + "…" : tick.label
      canvas.put(label, column: left - 1 - label.count - (plot.heatmapSize == nil ? 0 : 1), row: row)
      if plot.heatmapSize == nil { canvas.put(tickLeft, column: left - 1, row: row) }
    }
    let widest = x.ticks(about: 8).map(\.label.count).max() ?? 4
    let room = max(2, areaWidth / max(6, widest + 2))
    var end = -1
    for tick in x.ticks(about: x.categories == nil ? room : max(1, areaWidth / max(2, min(widest + 1, 14)))) {
      guard let u = x.fraction(tick.value), (-1e-9...1 + 1e-9).contains(u) else { continue }
      let column = Int(cell(Plot.Point(u, 0)).x)
      let limit = x.categories == nil ? tick.label.count : 13
      let label = tick.label.count > limit ? String(tick.label.prefix(limit - 1)) + "…" : tick.label
      let start = min(max(0, column - label.count / 2), width - label.count)
      guard start > end else { continue }
      canvas.put(label, column: start, row: bottom + 1)
      if x.categories == nil { canvas.put(tickDown, column: column, row: bottom) }
      end = start + label.count
    }
    if !plot.xAxis.label.isEmpty {
      let start = left + max(0, (areaWidth - plot.xAxis.label.count) / 2)
      canvas.put(plot.xAxis.label, column: start, row: bottom + 2)
    }
  }

  // MARK: Filled marks

  private var shades: [Character] { Array(style.usesUnicode ? " ░▒▓█" : " .:=#") }

  private mutating func renderFilled(_ mark: Plot.Mark) {
    let (shades, usesColor) = (self.shades, style.usesColor)
    switch mark.shape {
    case .heatmap(let grid, let annotations): renderHeatmap(grid, annotations)
    case .field(let grid, let xs, let ys, let levels, let boundary):
      let bands = FieldBands(levels: levels, boundary: boundary)
      fill(xs, ys) { u, v in
        guard let band = bands.band(of: grid.value(u: u, v: v)) else { return nil }
        if boundary == nil { return (shades[min(4, band.tone / 2)], 0) }
        // Without colour the two sides must differ by their shade alone.
        if !usesColor { return (band.side < 0 ? shades[0] : shades[1 + min(2, band.tone / 4)], 0) }
        return (shades[1 + min(2, band.tone / 4)], band.side < 0 ? 0 : 1)
      }
      for level in boundary.map({ [$0] }) ?? [] {
        for segment in grid.contour(level) {
          guard let a = place(Plot.Point(xs.position(at: segment.from.x), ys.position(at: segment.from.y))),
            let b = place(Plot.Point(xs.position(at: segment.to.x), ys.position(at: segment.to.y))),
            let part = Plot.clip(a, b)
          else { continue }
          canvas.line(from: cell(part.from), to: cell(part.to), color: nil, letter: "%", pattern: .solid)
        }
      }
    case .regions(let classes, let xs, let ys):
      let rows = classes.count
      fill(xs, ys) { u, v in
        let row = min(rows - 1, Int(v * Double(rows)))
        guard row >= 0, !classes[row].isEmpty else { return nil }
        let label = classes[row][min(classes[row].count - 1, Int(u * Double(classes[row].count)))]
        let place = ((label % 5) + 5) % 5
        return (usesColor ? shades[1] : shades[[0, 2, 1, 3, 4][place]], label)
      }
    default: break
    }
  }

  /// Gives each cell of the area inside the rectangle a shade and a colour, by the cell's middle.
  private mutating func fill(
    _ xs: ClosedRange<Double>, _ ys: ClosedRange<Double>, _ paint: (Double, Double) -> (Character, Int)?
  ) {
    guard let x0 = x.fraction(xs.lowerBound), let x1 = x.fraction(xs.upperBound), x1 > x0,
      let y0 = y.fraction(ys.lowerBound), let y1 = y.fraction(ys.upperBound), y1 > y0
    else { return }
    for row in 0..<areaHeight {
      for column in 0..<areaWidth {
        let u = ((Double(column) + 0.5) / Double(areaWidth) - x0) / (x1 - x0)
        let v = (1 - (Double(row) + 0.5) / Double(areaHeight) - y0) / (y1 - y0)
        guard (0..<1).contains(u), (0..<1).contains(v), let (shade, color) = paint(u, v) else { continue }
        canvas.put(shade, column: left + column, row: top + row, color: code(.series(color)))
      }
    }
  }

  private mutating func renderHeatmap(_ grid: Plot.Grid, _ annotations: [[String]]) {
    guard let span = grid.span else { return }
    let low = span.lowerBound >= 0 ? 0 : span.lowerBound
    let range = span.upperBound - low
    let cellWidth = areaWidth / max(1, grid.columns)
    for row in 0..<areaHeight {
      for column in 0..<areaWidth {
        let u = (Double(column) + 0.5) / Double(areaWidth)
        let value = grid.value(u: u, v: 1 - (Double(row) + 0.5) / Double(areaHeight))
        guard value.isFinite, range > 0 else { continue }
        let tone = min(4, Int(((value - low) / range * 4).rounded(.up)))
        canvas.put(shades[tone], column: left + column, row: top + row, color: code(.series(0)))
      }
    }
    for row in 0..<grid.rows {
      for column in 0..<grid.columns {
        guard annotations.indices.contains(row), annotations[row].indices.contains(column) else { continue }
        let note = annotations[row][column]
        guard !note.isEmpty, note.count <= cellWidth else { continue }
        let at = (
          x: left + column * areaWidth / grid.columns + (areaWidth / grid.columns - note.count + 1) / 2,
          y: top + (grid.rows - 1 - row) * areaHeight / grid.rows
        )
        canvas.put(
          note.count + 2 <= cellWidth ? " \(note) " : note, column: note.count + 2 <= cellWidth ? at.x - 1 : at.x,
          row: at.y)
      }
    }
  }

  // MARK: Drawn marks

  private mutating func renderBars(_ values: [Double], series: Int, of count: Int, color: Plot.Color) {
    let thickness = 0.8 / Double(max(1, count))
    let eighths = Array(" ▁▂▃▄▅▆▇█")
    for (index, value) in values.enumerated() {
      let start = Double(index) - 0.4 + thickness * Double(series)
      guard let u0 = x.fraction(start), let u1 = x.fraction(start + thickness), let v = y.fraction(value) else {
        continue
      }
      guard u1 > 0, u0 < 1 else { continue }
      let base = y.isLogarithmic ? 0 : min(1, max(0, y.fraction(0) ?? 0))
      let first = left + Int((max(0, u0) * Double(areaWidth)).rounded())
      let last = max(first, left + Int((min(1, u1) * Double(areaWidth)).rounded()) - 1)
      let (low, high) = (min(v, base) * Double(areaHeight), min(1, max(v, base)) * Double(areaHeight))
      for row in 0..<areaHeight {
        // Cells counted from the bottom; a bar below zero hangs, which has no eighths: whole cells there.
        let covered = v >= base ? min(1, max(0, high - Double(row))) : 1
        guard Double(row) + 0.5 > low - 0.01, Double(row) < high else { continue }
        let filled: Character =
          style.usesUnicode ? eighths[max(1, Int((covered * 8).rounded()))] : covered >= 0.5 ? "#" : " "
        for column in first...last {
          canvas.put(filled, column: column, row: top + areaHeight - 1 - row, color: code(color))
        }
      }
    }
  }

  private mutating func renderDrawn(_ mark: Plot.Mark, _ color: Plot.Color) {
    switch mark.shape {
    case .line(let points, let isDashed, let showsPoints):
      for run in Plot.clippedRuns(points, place) {
        if run.count == 1 { line(run[0], run[0], color, isDashed: false) }
        for (a, b) in zip(run, run.dropFirst()) { line(a, b, color, isDashed: isDashed) }
      }
      if showsPoints { renderMarkers(points, color) }
    case .scatter(let points): renderMarkers(points, color)
    case .arrows(let arrows):
      for arrow in arrows {
        guard let from = place(arrow.from), let to = place(arrow.to), let part = Plot.clip(from, to) else { continue }
        canvas.line(
          from: cell(part.from), to: cell(part.to), color: code(color), letter: letter(color), pattern: .solid)
        if part.to == to { renderHead(part.from, part.to, color) }
      }
    case .horizontal(let value):
      if let v = y.fraction(value), (0...1).contains(v) {
        line(Plot.Point(0, v), Plot.Point(1, v), color, isDashed: true)
      }
    case .vertical(let value):
      if let u = x.fraction(value), (0...1).contains(u) {
        line(Plot.Point(u, 0), Plot.Point(u, 1), color, isDashed: true)
      }
    case .bars, .heatmap, .field, .regions, .text: break
    }
  }

  private mutating func line(_ a: Plot.Point, _ b: Plot.Point, _ color: Plot.Color, isDashed: Bool) {
    canvas.line(
      from: cell(a), to: cell(b), color: code(color), letter: letter(color),
      pattern: isDashed ? .dashed : texture(color))
  }

  private mutating func renderMarkers(_ points: [Plot.Point], _ color: Plot.Color) {
    for point in points {
      guard let place = place(point), (0...1).contains(place.x), (0...1).contains(place.y) else { continue }
      let at = cell(place)
      canvas.put(marker(color), column: Int(at.x), row: Int(at.y), color: code(color))
    }
  }

  private mutating func renderHead(_ from: Plot.Point, _ to: Plot.Point, _ color: Plot.Color) {
    let (a, b) = (cell(from), cell(to))
    // Rows are twice as high as columns are wide; y counts downwards.
    let (dx, dy) = (b.x - a.x, (a.y - b.y) * 2)
    guard dx != 0 || dy != 0 else { return }
    let heads: [Character] = Array(style.usesUnicode ? "→↗↑↖←↙↓↘" : ">/^\\</v\\")
    let turn = (atan2(dy, dx) / (Double.pi / 4)).rounded()
    canvas.put(heads[(Int(turn) + 8) % 8], column: Int(b.x), row: Int(b.y), color: code(color))
  }
}

extension Plot {
  /// The longest text written in a cell of a heat map.
  var longestAnnotation: Int {
    for mark in marks {
      if case .heatmap(_, let annotations) = mark.shape {
        return annotations.flatMap { $0 }.map(\.count).max() ?? 0
      }
    }
    return 0
  }
}
