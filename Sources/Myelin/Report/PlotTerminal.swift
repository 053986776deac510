import Foundation

extension Plot {
  /// The picture in characters, at most `width` columns and about `height` rows, axes and legend included.
  package func terminal(width: Int = 72, height: Int = 20, style: TerminalStyle = TerminalStyle()) -> String {
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
  var xTicks: [PlotScale.Tick] = []
  var yTicks: [PlotScale.Tick] = []
  var title: [String] = []
  /// Where names of columns do not fit under them, columns have numbers and this says which is which.
  var key: [String] = []
  var legendRows: [[(label: String, mark: Plot.Mark, color: Plot.Color)]] = []
  var canvas = TerminalCanvas(width: 0, height: 0, style: TerminalStyle())

  init(_ plot: Plot, width: Int, height: Int, style: TerminalStyle) {
    (self.plot, self.width, self.style) = (plot, width, style)
    (x, y) = plot.scales(width: 1, height: 1)
    layOut(height)
  }

  private mutating func layOut(_ height: Int) {
    title = plot.title.isEmpty ? [] : TextLayout.wrap(plot.title, width: width)
    var used = 0
    for (mark, color) in plot.coloredMarks {
      guard let label = mark.label.map({ Self.shortened($0, width - 3) }), !label.isEmpty else { continue }
      let needed = label.count + 6
      if used == 0 || used + needed - 3 > width { (legendRows, used) = (legendRows + [[]], 0) }
      legendRows[legendRows.count - 1].append((label, mark, color))
      used += needed
    }
    top = title.count + legendRows.count + (plot.yAxis.label.isEmpty ? 0 : 1)
    guard plot.hasAxes else {
      areaWidth = width - 1
      areaHeight = max(3, height - top)
      fitShape()
      (x, y) = plot.scales(width: Double(areaWidth), height: Double(areaHeight) * 2)
      canvas = TerminalCanvas(width: width, height: top + areaHeight, style: style)
      return
    }
    let below = 2 + (plot.xAxis.label.isEmpty ? 0 : 1)
    areaHeight = max(5, height - top - below)
    if let size = plot.heatmapSize { areaHeight = max(1, size.rows) }
    for _ in 0..<2 {
      layOutYTicks()
      left = (yTicks.map(\.label.count).max() ?? 0) + 2
      areaWidth = max(8, width - left - 1)
      if let size = plot.heatmapSize, size.columns > 0 {
        let longest = plot.xAxis.categories?.map(\.count).max() ?? 0
        let cell = max(1, min(areaWidth / size.columns, max(longest + 2, plot.longestAnnotation + 2, 2)))
        areaWidth = min(areaWidth, cell * size.columns)
      }
      fitShape()
      (x, y) = plot.scales(width: Double(areaWidth), height: Double(areaHeight) * 2)
    }
    layOutXTicks()
    canvas = TerminalCanvas(width: width, height: top + areaHeight + below + key.count, style: style)
  }

  /// A cell of a terminal is about twice as high as wide.
  private mutating func fitShape() {
    guard let shape = plot.areaShape else { return }
    areaWidth = min(areaWidth, max(Int(Double(areaHeight) * 2 * shape), areaWidth * 2 / 5))
  }

  private mutating func layOutYTicks() {
    if y.categories != nil {
      yTicks = y.ticks(about: 0)
      if plot.heatmapSize == nil {
        let step = (yTicks.count + areaHeight - 1) / areaHeight
        yTicks = stride(from: 0, to: yTicks.count, by: max(1, step)).map { yTicks[$0] }
      }
      yTicks = yTicks.map { .init(value: $0.value, label: Self.shortened($0.label, width / 3)) }
      return
    }
    for count in stride(from: max(3, areaHeight / 3), through: 3, by: -1) {
      let ticks = y.ticks(about: count).map(shown)
      let rows = ticks.map { Int(cell(Plot.Point(0, y.fraction($0.value) ?? 0)).y) }
      var last = -1
      yTicks = zip(ticks, rows).reversed().filter { _, row in
        defer { last = row }
        return row != last
      }.map(\.0).reversed()
      if yTicks.count == ticks.count { return }
    }
  }

  private func shown(_ tick: PlotScale.Tick) -> PlotScale.Tick {
    style.usesUnicode ? .init(value: tick.value, label: PlotScale.superscripted(tick.label)) : tick
  }

  /// Where the labels of these ticks begin, or nothing where two of them would touch.
  private func starts(_ ticks: [PlotScale.Tick]) -> [Int]? {
    var end = -2
    var result: [Int] = []
    for tick in ticks {
      let column = Int(cell(Plot.Point(x.fraction(tick.value) ?? 0, 0)).x)
      let start = max(0, min(column - tick.label.count / 2, width - tick.label.count))
      guard start > end + 1 || end < 0 else { return nil }
      result.append(start)
      end = start + tick.label.count - 1
    }
    return result
  }

  private mutating func layOutXTicks() {
    if let names = x.categories {
      xTicks = x.ticks(about: 0)
      guard starts(xTicks) == nil else { return }
      // Numbers in place of names, which follow below.
      let numbers = names.indices.map { PlotScale.Tick(value: Double($0), label: "\($0)") }
      for step in 1...max(1, names.count) {
        xTicks = stride(from: 0, to: names.count, by: step).map { numbers[$0] }
        if starts(xTicks) != nil { break }
      }
      if names != numbers.map(\.label) {
        let list = names.enumerated().map { "\($0.offset) \($0.element)" }.joined(separator: ", ")
        key = TextLayout.wrap(list, width: width)
      }
      return
    }
    for count in stride(from: max(3, areaWidth / 8), through: 3, by: -1) {
      xTicks = x.ticks(about: count).map(shown)
      if starts(xTicks) != nil { return }
    }
    // Every second of them, and so on.
    for step in 2...max(2, xTicks.count) {
      let some = stride(from: 0, to: xTicks.count, by: step).map { xTicks[$0] }
      if starts(some) != nil {
        xTicks = some
        return
      }
    }
  }

  private static func shortened(_ text: String, _ limit: Int) -> String {
    text.count > limit ? String(text.prefix(max(0, limit - 1))) + "…" : text
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
    for line in title {
      canvas.put(line, column: min(left, width - line.count), row: row, bold: true)
      row += 1
    }
    for entries in legendRows {
      let length = entries.reduce(-3) { $0 + $1.label.count + 6 }
      var column = max(0, min(left, width - length))
      for (label, mark, color) in entries {
        canvas.put(sample(mark, color), column: column, row: row, color: code(color))
        canvas.put(label, column: column + 3, row: row)
        column += label.count + 6
      }
      row += 1
    }
    if !plot.yAxis.label.isEmpty {
      let label = Self.shortened(plot.yAxis.label, width)
      canvas.put(label, column: max(0, min(left - 1, width - label.count)), row: row)
    }
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
    renderWords(colored)
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
    for tick in yTicks {
      guard let v = y.fraction(tick.value), (-1e-9...1 + 1e-9).contains(v) else { continue }
      let row = Int(cell(Plot.Point(0, v)).y)
      canvas.put(tick.label, column: left - 1 - tick.label.count - (plot.heatmapSize == nil ? 0 : 1), row: row)
      if plot.heatmapSize == nil { canvas.put(tickLeft, column: left - 1, row: row) }
    }
    for (tick, start) in zip(xTicks, starts(xTicks) ?? []) {
      canvas.put(tick.label, column: start, row: bottom + 1)
      guard x.categories == nil, let u = x.fraction(tick.value) else { continue }
      canvas.put(tickDown, column: Int(cell(Plot.Point(u, 0)).x), row: bottom)
    }
    if !plot.xAxis.label.isEmpty {
      let label = Self.shortened(plot.xAxis.label, width)
      let start = left + max(0, (areaWidth - label.count) / 2)
      canvas.put(label, column: min(start, width - label.count), row: bottom + 2)
    }
    for (index, line) in key.enumerated() { canvas.put(line, column: 0, row: canvas.height - key.count + index) }
  }

  /// Words last: a line must not cut through them, and they keep clear of marks and of each other.
  private mutating func renderWords(_ colored: [(mark: Plot.Mark, color: Plot.Color)]) {
    let box = LabelBox(
      x: Double(plot.hasAxes ? left : 0), y: Double(top), width: Double(plot.hasAxes ? areaWidth : width),
      height: Double(areaHeight))
    var placer = LabelPlacer(area: box)
    func at(_ place: Plot.Point) -> Plot.Point {
      let at = cell(place)
      return Plot.Point(at.x.rounded(.down) + 0.5, at.y.rounded(.down) + 0.5)
    }
    func addMarkers(_ points: [Plot.Point]) {
      for point in points.prefix(500) {
        guard let place = place(point), (0...1).contains(place.x), (0...1).contains(place.y) else { continue }
        placer.markers.append(LabelBox(x: at(place).x - 0.5, y: at(place).y - 0.5, width: 1, height: 1))
      }
    }
    for (mark, _) in colored {
      switch mark.shape {
      case .scatter(let points): addMarkers(points)
      case .line(let points, _, let showsPoints):
        for run in Plot.clippedRuns(points, place) {
          for (a, b) in zip(run, run.dropFirst()) { placer.segments.append(LabelBox(segment: at(a), at(b))) }
        }
        if showsPoints { addMarkers(points) }
      case .arrows(let arrows):
        for arrow in arrows {
          guard let from = place(arrow.from), let to = place(arrow.to), let part = Plot.clip(from, to) else { continue }
          placer.segments.append(LabelBox(segment: at(part.from), at(part.to)))
        }
      case .bars, .heatmap, .field, .regions, .horizontal, .vertical, .text: break
      }
    }
    for (mark, color) in colored {
      guard case .text(let words, let point, let placement) = mark.shape, let place = place(point),
        (0...1).contains(place.x), (0...1).contains(place.y), !words.isEmpty
      else { continue }
      // A blank beside each word, so that two never read as one.
      let size = Double(words.count + 1)
      var candidates: [LabelBox]
      switch placement {
      case .center: candidates = [LabelBox(x: at(place).x - size / 2, y: at(place).y - 0.5, width: size, height: 1)]
      case .along(let other):
        guard let end = self.place(other) else { continue }
        candidates = LabelPlacer.along(at(place), at(end), width: size, height: 1)
      case .beside: candidates = LabelPlacer.around(at(place), width: size, height: 1, gapX: 0.5, gapY: 0.5, up: -1)
      }
      // Whole cells only.
      candidates = candidates.map {
        LabelBox(x: ($0.minX + 0.5).rounded(.down), y: ($0.minY + 0.5).rounded(.down), width: size, height: 1)
      }
      guard let box = placer.place(candidates) else { continue }
      canvas.put(words, column: Int(box.minX), row: Int(box.minY), color: code(color))
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
