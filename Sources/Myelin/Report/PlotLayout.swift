/// Where everything of a picture in SVG goes, in pixels from the upper left corner.
///
/// No text may be cut or lie on another: titles, axis labels and legends are broken into lines or shortened; ticks get
/// fewer (never below three); names of categories are turned when they do not fit side by side.
struct PlotLayout {
  let plot: Plot
  var width: Double
  var height: Double
  var left = 0.0
  var top = 0.0
  var areaWidth = 0.0
  var areaHeight = 0.0
  var x: PlotScale
  var y: PlotScale
  var title: [String] = []
  var legend: [[LegendEntry]] = []
  var xTicks: [PlotScale.Tick] = []
  var yTicks: [PlotScale.Tick] = []
  /// How the labels under the x axis are turned: 0, −45 or −90 degrees.
  var xTickAngle = 0.0
  var xLabel: [String] = []
  var yLabel: [String] = []

  struct LegendEntry {
    var label: String
    var mark: Plot.Mark
    var color: Plot.Color
    var width: Double
  }

  /// Room of the labels under the x axis: below it, and beyond its ends.
  private struct TickRoom {
    var below = 0.0
    var left = 0.0
    var right = 0.0
  }

  private static let gap = 8.0
  private static let line = TextMetrics.lineHeight

  init(_ plot: Plot, width: Double, height: Double) {
    self.plot = plot
    self.width = max(200, width)
    self.height = max(140, height)
    (x, y) = plot.scales(width: 1, height: 1)
    let wholeWidth = self.width
    title = TextMetrics.lines(plot.title, width: wholeWidth - 24, count: 3, size: TextMetrics.titleSize, isBold: true)
    layOutLegend(within: wholeWidth - 28)
    top = 16 + (title.isEmpty ? 0 : 6 + 18 * Double(title.count)) + 18 * Double(legend.count)
    guard plot.hasAxes else {
      (left, areaWidth) = (12, wholeWidth - 24)
      areaHeight = max(60, self.height - top - 12)
      shrinkToShape()
      (x, y) = plot.scales(width: areaWidth, height: areaHeight)
      self.height = top + areaHeight + 12
      self.width = max(areaWidth + 24, legendWidth + 12, titleWidth + 24)
      return
    }
    layOutAxes(wholeWidth: wholeWidth, wholeHeight: self.height)
  }

  private var legendWidth: Double { legend.map { $0.reduce(0) { $0 + $1.width } }.max() ?? 0 }

  private var titleWidth: Double {
    title.map { TextMetrics.width($0, size: TextMetrics.titleSize, isBold: true) }.max() ?? 0
  }

  private mutating func layOutLegend(within room: Double) {
    var row: [LegendEntry] = []
    var used = 0.0
    for (mark, color) in plot.coloredMarks {
      guard let label = mark.label, !label.isEmpty else { continue }
      let shown = TextMetrics.shortened(label, width: room - 28)
      let entry = LegendEntry(label: shown, mark: mark, color: color, width: 28 + TextMetrics.width(shown) + 16)
      if used + entry.width - 16 > room, !row.isEmpty {
        legend.append(row)
        (row, used) = ([], 0)
      }
      row.append(entry)
      used += entry.width
    }
    if !row.isEmpty { legend.append(row) }
  }

  /// Each side's room depends on the other's: four rounds settle it.
  private mutating func layOutAxes(wholeWidth: Double, wholeHeight: Double) {
    (left, areaWidth, areaHeight) = (60, wholeWidth - 80, wholeHeight - top - 46)
    var room = TickRoom()
    for _ in 0..<4 {
      if plot.areaShape == nil { (x, y) = plot.scales(width: areaWidth, height: areaHeight) }
      room = layOutXTicks()
      xLabel = TextMetrics.lines(plot.xAxis.label, width: max(80, areaWidth + left - 12), count: 2)
      let below = room.below + (xLabel.isEmpty ? 6 : 8 + Self.line * Double(xLabel.count))
      areaHeight = max(66, wholeHeight - top - below)
      fitHeatmap()
      layOutYTicks(limit: wholeWidth * 0.35)
      let labelWidth = yTicks.map { TextMetrics.width($0.label) }.max() ?? 0
      yLabel = TextMetrics.lines(plot.yAxis.label, width: max(66, areaHeight + 10), count: 2)
      left = max(labelWidth + Self.gap, room.left) + (yLabel.isEmpty ? 8 : 12 + Self.line * Double(yLabel.count))
      areaWidth = max(80, wholeWidth - left - max(16, room.right + 4))
      fitHeatmap()
      shrinkToShape()
      (x, y) = plot.scales(width: areaWidth, height: areaHeight)
      height = top + areaHeight + below
    }
    width = max(wholeWidth, left + areaWidth + max(16, room.right + 4))
    if plot.areaShape != nil || plot.heatmapSize != nil {
      // No blank paper beside a square, and room for many cells.
      width = max(left + areaWidth + max(16, room.right + 4), legendWidth + 12, titleWidth + 24)
    }
  }

  private mutating func fitHeatmap() {
    guard let (rows, columns) = plot.heatmapSize, rows > 0, columns > 0 else { return }
    let note = plot.widestAnnotation
    let least = note > 0 ? max(18, note + 6) : 4
    let cell = max(least, min(areaWidth / Double(columns), 64))
    areaWidth = cell * Double(columns)
    areaHeight = max(note > 0 ? 18 : 4, min(cell, max(areaHeight / Double(rows), 26))) * Double(rows)
  }

  private mutating func shrinkToShape() {
    guard let shape = plot.areaShape else { return }
    areaWidth = min(areaWidth, max(areaHeight * shape, areaWidth * 0.4))
    // No blank paper under a flat picture either.
    areaHeight = min(areaHeight, max(areaWidth / shape, areaHeight * 0.4, 66))
  }

  private mutating func layOutXTicks() -> TickRoom {
    xTickAngle = 0
    func center(_ tick: PlotScale.Tick) -> Double { (x.fraction(tick.value) ?? 0) * areaWidth }
    func flat(_ ticks: [PlotScale.Tick]) -> TickRoom {
      var room = TickRoom(below: 21)
      for tick in ticks {
        let half = TextMetrics.width(tick.label) / 2
        room.left = max(room.left, half - center(tick))
        room.right = max(room.right, center(tick) + half - areaWidth)
      }
      return room
    }
    var candidates: [PlotScale.Tick]
    if x.categories != nil {
      candidates = x.ticks(about: 0).map {
        PlotScale.Tick(value: $0.value, label: TextMetrics.shortened($0.label, width: 150))
      }
      if Self.areApart(candidates, center, { TextMetrics.width($0.label) + Self.gap }) {
        xTicks = candidates
        return flat(candidates)
      }
    } else {
      candidates = []
      for count in stride(from: max(3, Int(areaWidth / 60)), through: 3, by: -1) {
        candidates = x.ticks(about: count).map { .init(value: $0.value, label: PlotScale.superscripted($0.label)) }
        let fitting = fitting(candidates, x, center) { TextMetrics.width($0.label) + Self.gap }
        if fitting.count == candidates.count || (count == 3 && fitting.count >= 3) {
          xTicks = fitting
          return flat(fitting)
        }
      }
    }
    // Turned by 45° labels need 17 pixels from one to the next, upright 14.
    let spacing = candidates.count > 1 ? abs(center(candidates[1]) - center(candidates[0])) : areaWidth
    xTickAngle = spacing >= 20 ? -45 : -90
    if spacing < 14 { candidates = Self.thinned(candidates, center) { _ in 14 } }
    xTicks = candidates
    var room = TickRoom()
    for tick in candidates {
      let length = TextMetrics.width(tick.label)
      let slanted = xTickAngle == -45 ? 0.7072 : 1
      room.below = max(room.below, 12 + length * slanted + (xTickAngle == -45 ? 6 : 0))
      if xTickAngle == -45 { room.left = max(room.left, length * 0.7072 + 10 - center(tick)) }
    }
    return room
  }

  private mutating func layOutYTicks(limit: Double) {
    func center(_ tick: PlotScale.Tick) -> Double { (y.fraction(tick.value) ?? 0) * areaHeight }
    if y.categories != nil {
      yTicks = Self.thinned(y.ticks(about: 0), center) { _ in 14 }.map {
        PlotScale.Tick(value: $0.value, label: TextMetrics.shortened($0.label, width: limit))
      }
      return
    }
    for count in stride(from: max(3, Int(areaHeight / 46)), through: 3, by: -1) {
      let ticks = y.ticks(about: count).map {
        PlotScale.Tick(value: $0.value, label: PlotScale.superscripted($0.label))
      }
      yTicks = fitting(ticks, y, center) { _ in 16 }
      if yTicks.count == ticks.count { return }
    }
  }

  /// As many as fit without touching: on a linear axis at even distances.
  private func fitting(
    _ ticks: [PlotScale.Tick], _ scale: PlotScale, _ center: (PlotScale.Tick) -> Double,
    _ size: (PlotScale.Tick) -> Double
  ) -> [PlotScale.Tick] {
    if !scale.isLogarithmic {
      for step in 1...3 {
        let some = stride(from: 0, to: ticks.count, by: step).map { ticks[$0] }
        if some.count >= 3, Self.areApart(some, center, size) { return some }
      }
    }
    return Self.thinned(ticks, center, size)
  }

  private static func areApart(
    _ ticks: [PlotScale.Tick], _ center: (PlotScale.Tick) -> Double, _ size: (PlotScale.Tick) -> Double
  ) -> Bool {
    thinned(ticks, center, size).count == ticks.count
  }

  /// The ticks whose labels do not touch, powers of ten first.
  private static func thinned(
    _ ticks: [PlotScale.Tick], _ center: (PlotScale.Tick) -> Double, _ size: (PlotScale.Tick) -> Double
  ) -> [PlotScale.Tick] {
    let order = ticks.indices.sorted { a, b in
      let (first, second) = (isRound(ticks[a]), isRound(ticks[b]))
      return first == second ? a < b : first
    }
    var kept: [Int] = []
    // Ticks are in order, so that only neighbours can touch.
    for index in order {
      let place = kept.firstIndex { $0 > index } ?? kept.count
      let neighbours = [place > 0 ? kept[place - 1] : nil, place < kept.count ? kept[place] : nil].compactMap { $0 }
      let isFree = neighbours.allSatisfy {
        abs(center(ticks[$0]) - center(ticks[index])) >= (size(ticks[$0]) + size(ticks[index])) / 2
      }
      if isFree { kept.insert(index, at: place) }
    }
    return kept.map { ticks[$0] }
  }

  private static func isRound(_ tick: PlotScale.Tick) -> Bool {
    tick.label.hasPrefix("1") && tick.label.allSatisfy { !"23456789".contains($0) }
  }
}

extension Plot {
  /// Rows and columns of the first heat map.
  var heatmapSize: (rows: Int, columns: Int)? {
    for mark in marks {
      if case .heatmap(let grid, _) = mark.shape { return (grid.rows, grid.columns) }
    }
    return nil
  }

  /// In pixels.
  var widestAnnotation: Double {
    var widest = 0.0
    for mark in marks {
      guard case .heatmap(_, let annotations) = mark.shape else { continue }
      // Of all that have the same length, the width differs little: measure one of each, and a little more.
      var seen: Set<Int> = []
      for note in annotations.joined() where seen.insert(note.count).inserted {
        widest = max(widest, TextMetrics.width(note))
      }
    }
    return widest
  }
}
