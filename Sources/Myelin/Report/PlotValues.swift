/// What a picture tells where the pointer rests: places over its marks that nobody sees, each with its value as the title
/// that browsers show.
extension SVGRenderer {
  /// More points of one mark than this tell nothing: they lie on each other, and the page would grow.
  private static let most = 400

  mutating func renderValues(_ marks: [Plot.Mark]) {
    let bars = marks.count { if case .bars = $0.shape { true } else { false } }
    var bar = 0
    for mark in marks {
      let name = mark.label.map { "\($0): " } ?? ""
      switch mark.shape {
      case .line(let points, _, _):
        renderPoints(Plot.apart(points, place, areaWidth, areaHeight), name)
      case .scatter(let points): renderPoints(points, name)
      case .bars(let values):
        renderBars(values, name, series: bar, of: bars)
        bar += 1
      case .heatmap(let grid, let annotations): renderCells(grid, annotations)
      case .field, .regions, .arrows, .horizontal, .vertical, .text: break
      }
    }
  }

  private func text(_ value: Double, on axis: Plot.Axis) -> String {
    if let names = axis.categories {
      let place = Int(value.rounded())
      return names.indices.contains(place) ? names[place] : ""
    }
    return PlotNumber.short(value)
  }

  private mutating func renderPoints(_ points: [Plot.Point], _ name: String) {
    guard points.count <= SVGRenderer.most else { return }
    for point in points {
      guard let at = visiblePlace(point).map(pixel) else { continue }
      let words = "\(name)\(text(point.x, on: plot.xAxis)), \(text(point.y, on: plot.yAxis))"
      output += "<circle class=\"hit\" cx=\"\(at.x)\" cy=\"\(at.y)\" r=\"7\">\(title(words))</circle>\n"
    }
  }

  private mutating func renderBars(_ values: [Double], _ name: String, series: Int, of count: Int) {
    guard values.count <= SVGRenderer.most else { return }
    let thickness = 0.8 / Double(max(1, count))
    for (index, value) in values.enumerated() {
      let start = Double(index) - 0.4 + thickness * Double(series)
      guard let from = x.fraction(start), let to = x.fraction(start + thickness) else { continue }
      let corner = pixel(Plot.Point(from, 1))
      output +=
        "<rect class=\"hit\" x=\"\(corner.x)\" y=\"\(corner.y)\" width=\"\(number((to - from) * areaWidth))\" "
        + "height=\"\(number(areaHeight))\">"
        + "\(title("\(name)\(text(Double(index), on: plot.xAxis)), \(PlotNumber.short(value))"))</rect>\n"
    }
  }

  private mutating func renderCells(_ grid: Plot.Grid, _ annotations: [[String]]) {
    guard grid.rows * grid.columns <= SVGRenderer.most else { return }
    for row in 0..<grid.rows {
      for column in 0..<grid.columns {
        guard let from = place(Plot.Point(Double(column) - 0.5, Double(row) + 0.5)),
          let to = place(Plot.Point(Double(column) + 0.5, Double(row) - 0.5))
        else { continue }
        let corner = pixel(from)
        let noted = annotations.indices.contains(row) && annotations[row].indices.contains(column)
        let note =
          noted && !annotations[row][column].isEmpty ? annotations[row][column] : PlotNumber.short(grid[row, column])
        let words =
          "\(plot.yAxis.label) \(text(Double(row), on: plot.yAxis)), \(plot.xAxis.label) \(text(Double(column), on: plot.xAxis)): \(note)"
        output +=
          "<rect class=\"hit\" x=\"\(corner.x)\" y=\"\(corner.y)\" width=\"\(number((to.x - from.x) * areaWidth))\" "
          + "height=\"\(number((from.y - to.y) * areaHeight))\">\(title(words))</rect>\n"
      }
    }
  }

  private func title(_ words: String) -> String { "<title>\(escapedMarkup(words))</title>" }
}
