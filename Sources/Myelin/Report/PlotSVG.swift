extension Plot {
  /// The picture as SVG: one element, no scripts, nothing loaded from elsewhere. It follows the reader's light or dark
  /// setting. `includesStyle: false` leaves the style sheet out, for a page that has it (`HTMLPage` does).
  package func svg(width: Int = 640, height: Int = 380, includesStyle: Bool = true) -> String {
    var renderer = SVGRenderer(self, width: Double(width), height: Double(height))
    return renderer.render(classes: "myelin-plot", includesStyle: includesStyle)
  }

  /// The picture for a page: where it is wider than a telephone, once more as it looks best there. The page's style
  /// sheet shows one of the two.
  func svgForPage(width: Int, height: Int) -> String {
    var wide = SVGRenderer(self, width: Double(width), height: Double(height), showsValues: true)
    let phone = HTMLPage.phoneWidth
    if wide.layout.width <= phone { return wide.render(classes: "myelin-plot", includesStyle: false) }
    var narrow = SVGRenderer(self, width: phone, height: min(Double(height), 300), showsValues: true)
    // What does not fit there either (a matrix of many classes) is moved sideways, not shrunk.
    let isWhole = narrow.layout.width <= phone
    return wide.render(classes: "myelin-plot on-desk", includesStyle: false)
      + narrow.render(classes: "myelin-plot on-phone" + (isWhole ? "" : " whole"), includesStyle: false)
  }
}

/// Draws one picture where `PlotLayout` puts it.
struct SVGRenderer {
  let plot: Plot
  let layout: PlotLayout
  /// Whether marks tell their values where the pointer rests on them.
  let showsValues: Bool
  var output = ""

  init(_ plot: Plot, width: Double, height: Double, showsValues: Bool = false) {
    self.plot = plot
    self.showsValues = showsValues
    layout = PlotLayout(plot, width: width, height: height)
  }

  var left: Double { layout.left }
  var top: Double { layout.top }
  var areaWidth: Double { layout.areaWidth }
  var areaHeight: Double { layout.areaHeight }
  var x: PlotScale { layout.x }
  var y: PlotScale { layout.y }

  func number(_ value: Double) -> String {
    // What lies that far outside is not seen; what is no number has no place.
    let value = value.isNaN ? 0 : min(1e6, max(-1e6, value))
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)
  }

  func pixel(_ place: Plot.Point) -> (x: String, y: String) {
    (number(left + place.x * areaWidth), number(top + (1 - place.y) * areaHeight))
  }

  /// The fraction of the plotting area at which a point lies.
  func place(_ point: Plot.Point) -> Plot.Point? {
    guard let u = x.fraction(point.x), let v = y.fraction(point.y) else { return nil }
    return Plot.Point(u, v)
  }

  func visiblePlace(_ point: Plot.Point) -> Plot.Point? {
    guard let place = place(point), (-1e-9...1 + 1e-9).contains(place.x), (-1e-9...1 + 1e-9).contains(place.y)
    else { return nil }
    return place
  }

  func colorClass(_ color: Plot.Color) -> String {
    switch color {
    case .series(let index): "s\(PlotPalette.index(index))"
    case .text: "ink"
    }
  }

  mutating func render(classes: String, includesStyle: Bool) -> String {
    let (width, height) = (number(layout.width), number(layout.height))
    output = """
      <svg xmlns="http://www.w3.org/2000/svg" class="\(classes)" role="img" viewBox="0 0 \(width) \(height)" \
      width="\(width)" height="\(height)">
      <title>\(escapedMarkup(plot.title))</title>
      <desc>\(escapedMarkup(plot.summary))</desc>

      """
    if includesStyle { output += "<style>\n\(PlotPalette.css)\n</style>\n" }
    output += "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n"
    for (index, line) in layout.title.enumerated() {
      text(line, x: 12, y: 24 + 18 * Double(index), classes: "title")
    }
    renderLegend()
    let colored = plot.coloredMarks
    let barSeries = colored.count { if case .bars = $0.mark.shape { true } else { false } }
    var bar = 0
    let isFilled = { (mark: Plot.Mark) in
      switch mark.shape {
      case .heatmap, .field, .regions: true
      default: false
      }
    }
    for (mark, _) in colored where isFilled(mark) { renderFilled(mark) }
    renderAxes(hidesGrid: colored.contains { isFilled($0.mark) })
    for (mark, color) in colored {
      if case .bars(let values) = mark.shape {
        renderBars(values, series: bar, of: barSeries, color: color)
        bar += 1
      } else {
        renderDrawn(mark, color: color)
      }
    }
    renderWords(colored)
    if showsValues { renderValues(colored.map(\.mark)) }
    return output + "</svg>\n"
  }

  private mutating func text(
    _ text: String, x: Double, y: Double, anchor: String = "start", classes: String = "", extra: String = ""
  ) {
    let anchorText = anchor == "start" ? "" : " text-anchor=\"\(anchor)\""
    let classText = classes.isEmpty ? "" : " class=\"\(classes)\""
    output +=
      "<text x=\"\(number(x))\" y=\"\(number(y))\"\(anchorText)\(classText)\(extra)>\(escapedMarkup(text))</text>\n"
  }

  private mutating func renderLegend() {
    var baseline = 22 + (layout.title.isEmpty ? 0 : 4 + 18 * Double(layout.title.count))
    for row in layout.legend {
      var start = 14.0
      for entry in row {
        let middle = baseline - 4
        let color = colorClass(entry.color)
        switch entry.mark.shape {
        case .scatter:
          output += marker(series(entry.color), x: start + 11, y: middle, classes: "dot \(color)")
        case .bars:
          output +=
            "<rect class=\"area \(color)\" x=\"\(number(start + 5))\" y=\"\(number(middle - 5))\" width=\"12\" height=\"10\"/>\n"
        default:
          output +=
            "<path class=\"line \(color)\"\(dash(entry.mark, entry.color)) "
            + "d=\"M\(number(start)) \(number(middle))h22\"/>\n"
        }
        text(entry.label, x: start + 28, y: baseline)
        start += entry.width
      }
      baseline += 18
    }
  }

  private func series(_ color: Plot.Color) -> Int {
    if case .series(let index) = color { index } else { 0 }
  }

  private func dash(_ mark: Plot.Mark, _ color: Plot.Color) -> String {
    switch mark.shape {
    case .line(_, let isDashed, _):
      // Past the end of the palette colours come again: then the dashes tell lines apart.
      let round = series(color) / PlotPalette.count
      if isDashed { return " stroke-dasharray=\"6 5\"" }
      return round == 0 ? "" : " stroke-dasharray=\"\(2 + 6 * round) 5\""
    case .horizontal, .vertical: return " stroke-dasharray=\"4 4\" stroke-opacity=\"0.7\""
    default: return ""
    }
  }

  private mutating func renderAxes(hidesGrid: Bool) {
    guard plot.hasAxes else { return }
    let (right, bottom) = (left + areaWidth, top + areaHeight)
    var grid = ""
    for tick in layout.xTicks {
      guard let place = x.fraction(tick.value) else { continue }
      let position = left + place * areaWidth
      if !hidesGrid, x.categories == nil { grid += "M\(number(position)) \(number(top))V\(number(bottom))" }
      if layout.xTickAngle == 0 {
        text(tick.label, x: position, y: bottom + 17, anchor: "middle")
      } else {
        let (px, py) = layout.xTickAngle == -90 ? (position + 4, bottom + 8) : (position + 5, bottom + 14)
        text(
          tick.label, x: px, y: py, anchor: "end",
          extra: " transform=\"rotate(\(number(layout.xTickAngle)) \(number(px)) \(number(py)))\"")
      }
    }
    for tick in layout.yTicks {
      guard let place = y.fraction(tick.value) else { continue }
      let position = top + (1 - place) * areaHeight
      if !hidesGrid, y.categories == nil { grid += "M\(number(left)) \(number(position))H\(number(right))" }
      text(tick.label, x: left - 8, y: position + 4, anchor: "end")
    }
    if !grid.isEmpty { output += "<path class=\"grid\" d=\"\(grid)\"/>\n" }
    output +=
      "<path class=\"axis\" d=\"M\(number(left)) \(number(top))V\(number(bottom))H\(number(right))\"/>\n"
    let firstLine = layout.height - 10 - TextMetrics.lineHeight * Double(layout.xLabel.count - 1)
    for (index, line) in layout.xLabel.enumerated() {
      // In the middle of the axis, unless it would not fit there.
      let half = TextMetrics.width(line) / 2
      let middle = max(6 + half, min(layout.width - 6 - half, left + areaWidth / 2))
      text(line, x: middle, y: firstLine + TextMetrics.lineHeight * Double(index), anchor: "middle")
    }
    for (index, line) in layout.yLabel.enumerated() {
      let half = TextMetrics.width(line) / 2
      let middle = max(6 + half, min(layout.height - 6 - half, top + areaHeight / 2))
      let place = (x: number(16 + TextMetrics.lineHeight * Double(index)), y: number(middle))
      output +=
        "<text transform=\"translate(\(place.x) \(place.y)) rotate(-90)\" text-anchor=\"middle\">"
        + "\(escapedMarkup(line))</text>\n"
    }
  }

  // MARK: Filled marks

  private mutating func renderFilled(_ mark: Plot.Mark) {
    switch mark.shape {
    case .heatmap(let grid, let annotations): renderHeatmap(grid, annotations)
    case .field(let grid, let xs, let ys, let levels, let boundary):
      let bands = FieldBands(levels: levels, boundary: boundary)
      renderCells(
        rows: grid.rows, columns: grid.columns, x: xs, y: ys,
        key: { bands.band(of: grid[$0, $1]) },
        paint: { band in
          ("area \(band.side < 0 ? "s0" : boundary == nil ? "s0" : "s1")", 0.03 + 0.06 * Double(band.tone))
        })
      renderContours(grid, x: xs, y: ys, levels: levels.filter { $0 != boundary }, classes: "thin ink")
      if let boundary { renderContours(grid, x: xs, y: ys, levels: [boundary], classes: "line ink") }
    case .regions(let classes, let xs, let ys):
      renderCells(
        rows: classes.count, columns: classes.first?.count ?? 0, x: xs, y: ys,
        key: { row, column in classes[row].indices.contains(column) ? classes[row][column] : nil },
        paint: { ("area s\(PlotPalette.index($0))", 0.28) })
    default: break
    }
  }

  /// Equal neighbours in a row become one rectangle and each paint one path: a tenth of the size of cell by cell.
  private mutating func renderCells<Key: Hashable>(
    rows: Int, columns: Int, x xs: ClosedRange<Double>, y ys: ClosedRange<Double>, key: (Int, Int) -> Key?,
    paint: (Key) -> (classes: String, opacity: Double)
  ) {
    var paths: [Key: String] = [:]
    var order: [Key] = []
    func corner(_ row: Int, _ column: Int) -> (x: String, y: String)? {
      place(
        Plot.Point(
          xs.position(at: Double(column) / Double(columns)), ys.position(at: Double(row) / Double(rows)))
      ).map { pixel(Plot.Point(min(1, max(0, $0.x)), min(1, max(0, $0.y)))) }
    }
    for row in 0..<rows {
      var start = 0
      while start < columns {
        let current = key(row, start)
        var end = start + 1
        while end < columns, key(row, end) == current { end += 1 }
        if let current, let from = corner(row, start), let to = corner(row + 1, end) {
          if paths[current] == nil { order.append(current) }
          paths[current, default: ""] += "M\(from.x) \(from.y)H\(to.x)V\(to.y)H\(from.x)z"
        }
        start = end
      }
    }
    for key in order {
      let (classes, opacity) = paint(key)
      output +=
        "<path class=\"\(classes)\" fill-opacity=\"\(PlotNumber.short(opacity))\" shape-rendering=\"crispEdges\" "
        + "d=\"\(paths[key] ?? "")\"/>\n"
    }
  }

  private mutating func renderContours(
    _ grid: Plot.Grid, x xs: ClosedRange<Double>, y ys: ClosedRange<Double>, levels: [Double], classes: String
  ) {
    var path = ""
    for level in levels {
      for segment in grid.contour(level) {
        guard let a = place(Plot.Point(xs.position(at: segment.from.x), ys.position(at: segment.from.y))),
          let b = place(Plot.Point(xs.position(at: segment.to.x), ys.position(at: segment.to.y))),
          let part = Plot.clip(a, b)
        else { continue }
        let (from, to) = (pixel(part.from), pixel(part.to))
        path += "M\(from.x) \(from.y)L\(to.x) \(to.y)"
      }
    }
    if !path.isEmpty { output += "<path class=\"\(classes)\" d=\"\(path)\"/>\n" }
  }

  private mutating func renderHeatmap(_ grid: Plot.Grid, _ annotations: [[String]]) {
    let span = grid.span ?? 0...1
    // Shares and counts start at nothing; other values at their smallest.
    let low = span.lowerBound >= 0 ? 0 : span.lowerBound
    let range = span.upperBound - low
    for row in 0..<grid.rows {
      for column in 0..<grid.columns {
        let value = grid[row, column]
        guard let from = place(Plot.Point(Double(column) - 0.5, Double(row) + 0.5)),
          let to = place(Plot.Point(Double(column) + 0.5, Double(row) - 0.5))
        else { continue }
        let share = value.isFinite && range > 0 ? (value - low) / range : 0
        let corner = pixel(from)
        let cellWidth = (to.x - from.x) * areaWidth
        let cellHeight = (from.y - to.y) * areaHeight
        output +=
          "<rect class=\"area s0\" fill-opacity=\"\(PlotNumber.short(0.03 + 0.87 * share, digits: 3))\" x=\"\(corner.x)\" "
          + "y=\"\(corner.y)\" width=\"\(number(cellWidth))\" height=\"\(number(cellHeight))\"/>\n"
        guard annotations.indices.contains(row), annotations[row].indices.contains(column) else { continue }
        let note = annotations[row][column]
        guard !note.isEmpty else { continue }
        text(
          note, x: left + (from.x + to.x) / 2 * areaWidth, y: top + (1 - (from.y + to.y) / 2) * areaHeight + 4,
          classes: share > 0.55 ? "cell oncolor" : "cell")
      }
    }
  }

  // MARK: Drawn marks

  private mutating func renderBars(_ values: [Double], series: Int, of count: Int, color: Plot.Color) {
    let thickness = 0.8 / Double(max(1, count))
    var path = ""
    for (index, value) in values.enumerated() {
      let start = Double(index) - 0.4 + thickness * Double(series)
      let base = y.isLogarithmic ? nil : y.fraction(0)
      guard let u0 = x.fraction(start), let u1 = x.fraction(start + thickness), let v = y.fraction(value) else {
        continue
      }
      let ends = [min(1, max(0, v)), min(1, max(0, base ?? 0))]
      let (a, b) = (pixel(Plot.Point(u0, ends[0])), pixel(Plot.Point(u1, ends[1])))
      path += "M\(a.x) \(a.y)H\(b.x)V\(b.y)H\(a.x)z"
    }
    if !path.isEmpty { output += "<path class=\"area \(colorClass(color))\" d=\"\(path)\"/>\n" }
  }

  private mutating func renderDrawn(_ mark: Plot.Mark, color: Plot.Color) {
    let colors = colorClass(color)
    switch mark.shape {
    case .line(let points, _, let showsPoints):
      let path = Plot.clippedRuns(points, place).map { run in
        run.enumerated().map { index, point in
          let at = pixel(point)
          return (index == 0 ? "M" : "L") + "\(at.x) \(at.y)"
        }.joined() + (run.count == 1 ? "h0" : "")
      }.joined()
      if !path.isEmpty { output += "<path class=\"line \(colors)\"\(dash(mark, color)) d=\"\(path)\"/>\n" }
      if showsPoints { renderMarkers(Plot.apart(points, place, areaWidth, areaHeight), color) }
    case .scatter(let points): renderMarkers(points, color)
    case .arrows(let arrows): for arrow in arrows { renderArrow(arrow, colors) }
    case .horizontal(let value):
      guard let v = y.fraction(value), (0...1).contains(v) else { return }
      let at = pixel(Plot.Point(0, v))
      output += "<path class=\"line \(colors)\"\(dash(mark, color)) d=\"M\(at.x) \(at.y)h\(number(areaWidth))\"/>\n"
    case .vertical(let value):
      guard let u = x.fraction(value), (0...1).contains(u) else { return }
      let at = pixel(Plot.Point(u, 1))
      output += "<path class=\"line \(colors)\"\(dash(mark, color)) d=\"M\(at.x) \(at.y)v\(number(areaHeight))\"/>\n"
    case .bars, .heatmap, .field, .regions, .text: break
    }
  }

  /// Words last: no line must cut through them. Where they may choose, they keep clear of marks and of each other.
  private mutating func renderWords(_ colored: [(mark: Plot.Mark, color: Plot.Color)]) {
    let area =
      plot.hasAxes
      ? LabelBox(x: left, y: top, width: areaWidth, height: areaHeight)
      : LabelBox(x: 4, y: top, width: layout.width - 8, height: layout.height - top - 4)
    var placer = LabelPlacer(area: area)
    for (mark, _) in colored { addObstacles(mark, to: &placer) }
    for (mark, color) in colored {
      guard case .text(let words, let point, let placement) = mark.shape, let place = visiblePlace(point),
        !words.isEmpty
      else { continue }
      let at = Plot.Point(left + place.x * areaWidth, top + (1 - place.y) * areaHeight)
      let (width, height) = (
        TextMetrics.width(words) + 2, TextMetrics.size * (TextMetrics.ascent + TextMetrics.descent)
      )
      var candidates: [LabelBox]
      switch placement {
      case .center: candidates = [LabelBox(x: at.x - width / 2, y: at.y - height / 2, width: width, height: height)]
      case .along(let other):
        guard let end = self.place(other) else { continue }
        candidates = LabelPlacer.along(
          at, Plot.Point(left + end.x * areaWidth, top + (1 - end.y) * areaHeight), width: width, height: height)
      case .beside:
        candidates = LabelPlacer.around(at, width: width, height: height, gapX: 6, gapY: 4, up: -1)
      }
      guard let box = placer.place(candidates) else { continue }
      if case .along = placement {
        // On the line, which must not strike it through.
        output +=
          "<rect class=\"paper\" x=\"\(number(box.minX))\" y=\"\(number(box.minY))\" "
          + "width=\"\(number(box.maxX - box.minX))\" height=\"\(number(box.maxY - box.minY))\"/>\n"
      }
      text(
        words, x: (box.minX + box.maxX) / 2, y: box.minY + TextMetrics.size * TextMetrics.ascent, anchor: "middle",
        classes: "note \(colorClass(color))")
    }
  }

  private func addObstacles(_ mark: Plot.Mark, to placer: inout LabelPlacer) {
    func pixels(_ place: Plot.Point) -> Plot.Point {
      Plot.Point(left + place.x * areaWidth, top + (1 - place.y) * areaHeight)
    }
    func addMarkers(_ points: [Plot.Point]) {
      // Among thousands there is no free place to look for.
      for point in points.prefix(500) {
        guard let at = visiblePlace(point).map(pixels) else { continue }
        placer.markers.append(LabelBox(x: at.x - 4, y: at.y - 4, width: 8, height: 8))
      }
    }
    switch mark.shape {
    case .line(let points, _, let showsPoints):
      for run in Plot.clippedRuns(points, place) {
        for (a, b) in zip(run, run.dropFirst()) { placer.segments.append(LabelBox(segment: pixels(a), pixels(b))) }
      }
      if showsPoints { addMarkers(points) }
    case .scatter(let points): addMarkers(points)
    case .arrows(let arrows):
      for arrow in arrows {
        guard let from = place(arrow.from), let to = place(arrow.to), let part = Plot.clip(from, to) else { continue }
        placer.segments.append(LabelBox(segment: pixels(part.from), pixels(part.to)))
      }
    case .horizontal(let value):
      if let v = y.fraction(value) {
        placer.segments.append(LabelBox(segment: pixels(Plot.Point(0, v)), pixels(Plot.Point(1, v))))
      }
    case .vertical(let value):
      if let u = x.fraction(value) {
        placer.segments.append(LabelBox(segment: pixels(Plot.Point(u, 0)), pixels(Plot.Point(u, 1))))
      }
    case .bars, .heatmap, .field, .regions, .text: break
    }
  }

  private mutating func renderMarkers(_ points: [Plot.Point], _ color: Plot.Color) {
    output += "<g class=\"dot \(colorClass(color))\">\n"
    for point in points {
      guard let place = visiblePlace(point) else { continue }
      output += marker(
        series(color), x: left + place.x * areaWidth, y: top + (1 - place.y) * areaHeight, classes: nil)
    }
    output += "</g>\n"
  }

  /// A shape for each series as well as a colour.
  private func marker(_ series: Int, x: Double, y: Double, classes: String?) -> String {
    let classText = classes.map { " class=\"\($0)\"" } ?? ""
    let at = "M\(number(x)) \(number(y))"
    switch series % 5 {
    case 0: return "<circle\(classText) cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"4.4\"/>\n"
    case 1: return "<path\(classText) d=\"\(at)m-3.6 -3.6h7.2v7.2h-7.2z\"/>\n"
    case 2: return "<path\(classText) d=\"\(at)m0 -4.8l4.6 8.2h-9.2z\"/>\n"
    case 3: return "<path\(classText) d=\"\(at)m0 -5.2l5.2 5.2l-5.2 5.2l-5.2 -5.2z\"/>\n"
    default: return "<path\(classText) d=\"\(at)m0 4.8l4.6 -8.2h-9.2z\"/>\n"
    }
  }

  private mutating func renderArrow(_ arrow: Plot.Arrow, _ colors: String) {
    guard let from = place(arrow.from), let to = place(arrow.to), let part = Plot.clip(from, to) else { return }
    let (x0, y0) = (left + part.from.x * areaWidth, top + (1 - part.from.y) * areaHeight)
    let (x1, y1) = (left + part.to.x * areaWidth, top + (1 - part.to.y) * areaHeight)
    let (dx, dy) = (x1 - x0, y1 - y0)
    let length = (dx * dx + dy * dy).squareRoot()
    var path = "M\(number(x0)) \(number(y0))L\(number(x1)) \(number(y1))"
    // A head only where the tip is in the picture and the arrow long enough to have a direction.
    if part.to == to, length > 1 {
      let size = min(9, length * 0.6)
      let (ux, uy) = (dx / length * size, dy / length * size)
      for turn in [0.45, -0.45] {
        path += "M\(number(x1)) \(number(y1))L\(number(x1 - ux + turn * uy)) \(number(y1 - uy - turn * ux))"
      }
    }
    output += "<path class=\"line \(colors)\" d=\"\(path)\"/>\n"
  }
}
