/// A picture described by value: what is drawn, not how. `svg()` and `terminal(...)` render the same description.
///
/// ```swift
/// var plot = Plot("Training loss", x: Plot.Axis("epoch"), y: Plot.Axis("loss", scale: .logarithmic))
/// plot.add(.line([0.9, 0.4, 0.2], label: "train"))
/// plot.add(.line([1.0, 0.6, 0.5], label: "validation"))
/// try plot.svg().write(to: file, atomically: true, encoding: .utf8)
/// print(plot.terminal(width: 72, height: 18, style: .detect()))
/// ```
/// Values that are not finite are left out and break a line; on a logarithmic axis so are values that are not positive.
package struct Plot: Sendable {
  package var title: String
  /// What the picture shows, in a sentence, for those who cannot see it (`desc` in SVG).
  package var summary: String
  package var xAxis: Axis
  package var yAxis: Axis
  package var marks: [Mark] = []
  /// One unit is as long on both axes: right angles and circles look like what they are.
  package var hasEqualUnits: Bool
  /// Without axes it is a diagram: coordinates place things and mean nothing else.
  package var hasAxes = true

  package init(
    _ title: String, summary: String = "", x: Axis = Axis(), y: Axis = Axis(), hasEqualUnits: Bool = false,
    marks: [Mark] = []
  ) {
    self.title = title
    self.summary = summary
    self.xAxis = x
    self.yAxis = y
    self.hasEqualUnits = hasEqualUnits
    self.marks = marks
  }

  package mutating func add(_ mark: Mark) { marks.append(mark) }

  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }

    var isFinite: Bool { x.isFinite && y.isFinite }
  }

  package enum Scale: Sendable { case linear, logarithmic }

  package struct Axis: Sendable {
    package var label: String
    package var scale: Scale
    /// What the axis spans; `nil` spans the data.
    package var range: ClosedRange<Double>?
    /// Names for the positions 0, 1, 2, … in place of numbers.
    package var categories: [String]?

    package init(
      _ label: String = "", scale: Scale = .linear, range: ClosedRange<Double>? = nil, categories: [String]? = nil
    ) {
      self.label = label
      self.scale = scale
      self.range = range
      self.categories = categories
    }
  }

  /// A place in the palette, which is safe for the common forms of colour blindness, or the colour of the text.
  package enum Color: Sendable, Equatable {
    case series(Int)
    case text
  }

  /// One layer of a picture; later ones are drawn over earlier ones.
  package struct Mark: Sendable {
    var shape: Shape
    /// The name in the legend; without one the mark is not in the legend.
    package var label: String?
    /// `nil` takes the next colour of the palette.
    package var color: Color?

    enum Shape: Sendable {
      case line([Point], isDashed: Bool, showsPoints: Bool)
      case scatter([Point])
      case bars([Double])
      case heatmap(Grid, annotations: [[String]])
      case field(Grid, x: ClosedRange<Double>, y: ClosedRange<Double>, levels: [Double], boundary: Double?)
      case regions([[Int]], x: ClosedRange<Double>, y: ClosedRange<Double>)
      case arrows([Arrow])
      case horizontal(Double)
      case vertical(Double)
      case text(String, at: Point, Placement)
    }

    /// Whether it takes a colour of the palette by itself.
    var takesColor: Bool {
      switch shape {
      case .line, .scatter, .bars, .arrows: true
      case .heatmap, .field, .regions, .horizontal, .vertical, .text: false
      }
    }
  }

  /// Where words stand that belong to a point.
  package enum Placement: Sendable, Equatable {
    /// Beside it, where they hide the least.
    case beside
    /// With their middle on it.
    case center
    /// Somewhere on the line from it to this other point, where they hide the least: the weight of a connection.
    case along(Point)
  }

  struct Arrow: Sendable {
    var from: Point
    var to: Point
  }

  /// Marks with their colours settled, in drawing order.
  var coloredMarks: [(mark: Mark, color: Color)] {
    var next = 0
    return marks.map { mark in
      if let color = mark.color { return (mark, color) }
      guard mark.takesColor else { return (mark, .text) }
      defer { next += 1 }
      return (mark, .series(next))
    }
  }
}

extension Plot.Mark {
  /// A line through points, broken where one is not finite.
  package static func line(
    _ points: [Plot.Point], label: String? = nil, color: Plot.Color? = nil, isDashed: Bool = false,
    showsPoints: Bool = false
  ) -> Plot.Mark {
    Plot.Mark(shape: .line(points, isDashed: isDashed, showsPoints: showsPoints), label: label, color: color)
  }

  /// A line through `values` at x = `start`, `start` + 1, …: a curve over epochs or steps.
  package static func line(
    _ values: [Double], start: Double = 1, label: String? = nil, color: Plot.Color? = nil, isDashed: Bool = false,
    showsPoints: Bool = false
  ) -> Plot.Mark {
    .line(
      values.enumerated().map { Plot.Point(start + Double($0.offset), $0.element) }, label: label, color: color,
      isDashed: isDashed, showsPoints: showsPoints)
  }

  /// The graph of a function over an interval.
  package static func function(
    over interval: ClosedRange<Double>, samples: Int = 241, label: String? = nil, color: Plot.Color? = nil,
    isDashed: Bool = false, _ value: (Double) -> Double
  ) -> Plot.Mark {
    let points = stride(from: 0, through: max(1, samples - 1), by: 1).map { index in
      let x = interval.position(at: Double(index) / Double(max(1, samples - 1)))
      return Plot.Point(x, value(x))
    }
    return .line(points, label: label, color: color, isDashed: isDashed)
  }

  package static func scatter(_ points: [Plot.Point], label: String? = nil, color: Plot.Color? = nil) -> Plot.Mark {
    Plot.Mark(shape: .scatter(points), label: label, color: color)
  }

  /// Bars at 0, 1, 2, …; several of them stand side by side. Name the positions with the axis' `categories`.
  package static func bars(_ values: [Double], label: String? = nil, color: Plot.Color? = nil) -> Plot.Mark {
    Plot.Mark(shape: .bars(values), label: label, color: color)
  }

  /// The heights `values[row][column]` of a surface: row 0 at the bottom, each value at the middle of its cell.
  /// Filled between `levels` (chosen when empty) with contour lines at them. With a `boundary` the sides of it have
  /// two colours and it is drawn strong: the decision boundary of a classifier at 0.5.
  package static func field(
    _ values: [[Double]], x: ClosedRange<Double>, y: ClosedRange<Double>, levels: [Double] = [],
    boundary: Double? = nil
  ) -> Plot.Mark {
    let grid = Plot.Grid(values)
    var levels = levels.sorted()
    if levels.isEmpty, let span = grid.span, span.lowerBound < span.upperBound {
      levels = (1..<8).map { span.position(at: Double($0) / 8) }
    }
    return Plot.Mark(shape: .field(grid, x: x, y: y, levels: levels, boundary: boundary), label: nil, color: nil)
  }

  /// As `field`, with the surface computed on a grid of `resolution` × `resolution` cells.
  package static func field(
    x: ClosedRange<Double>, y: ClosedRange<Double>, resolution: Int = 64, levels: [Double] = [],
    boundary: Double? = nil, _ value: (Double, Double) -> Double
  ) -> Plot.Mark {
    .field(
      Plot.sample(x: x, y: y, resolution: resolution, value), x: x, y: y, levels: levels, boundary: boundary)
  }

  /// The class `classes[row][column]` of each cell, row 0 at the bottom, in the colour of the palette with that number.
  package static func regions(_ classes: [[Int]], x: ClosedRange<Double>, y: ClosedRange<Double>) -> Plot.Mark {
    Plot.Mark(shape: .regions(classes, x: x, y: y), label: nil, color: nil)
  }

  package static func vector(
    from: Plot.Point = Plot.Point(0, 0), to: Plot.Point, label: String? = nil, color: Plot.Color? = nil
  ) -> Plot.Mark {
    Plot.Mark(shape: .arrows([Plot.Arrow(from: from, to: to)]), label: label, color: color)
  }

  package static func vectors(
    _ arrows: [(from: Plot.Point, to: Plot.Point)], label: String? = nil, color: Plot.Color? = nil
  ) -> Plot.Mark {
    Plot.Mark(shape: .arrows(arrows.map { Plot.Arrow(from: $0.from, to: $0.to) }), label: label, color: color)
  }

  /// A dashed line across the picture at this y.
  package static func horizontal(_ y: Double, label: String? = nil, color: Plot.Color = .text) -> Plot.Mark {
    Plot.Mark(shape: .horizontal(y), label: label, color: color)
  }

  /// A dashed line from bottom to top at this x.
  package static func vertical(_ x: Double, label: String? = nil, color: Plot.Color = .text) -> Plot.Mark {
    Plot.Mark(shape: .vertical(x), label: label, color: color)
  }

  /// Words that belong to a point.
  package static func text(
    _ text: String, at point: Plot.Point, placement: Plot.Placement = .beside, color: Plot.Color = .text
  ) -> Plot.Mark {
    Plot.Mark(shape: .text(text, at: point, placement), label: nil, color: color)
  }
}

extension Plot {
  /// Cells coloured by value, row 0 at the top, with the values written in them where `format` gives one.
  package static func heatmap(
    _ title: String, summary: String = "", values: [[Double]], rows: [String], columns: [String],
    rowTitle: String = "", columnTitle: String = "", format: (Double) -> String = { PlotNumber.short($0) }
  ) -> Plot {
    var plot = Plot(
      title, summary: summary, x: Axis(columnTitle, categories: columns),
      y: Axis(rowTitle, categories: rows.reversed()))
    plot.add(
      Mark(
        shape: .heatmap(Grid(values.reversed()), annotations: values.reversed().map { $0.map(format) }), label: nil,
        color: nil))
    return plot
  }

  /// True classes by predicted ones; the colour is the share of the true class, so that rare classes show. Zeros
  /// are not written. Of more than 50 classes it shows the 50 that are confused most.
  package static func confusionMatrix(
    _ matrix: ConfusionMatrix, classes: [String]
  ) -> Plot {
    let pairs = ConfusionPairs(matrix, limit: 0)
    let (right, all) = (pairs.correct.reduce(0, +), pairs.support.reduce(0, +))
    var summary = "Rows are true classes, columns predicted ones; \(right) of \(all) are on the diagonal."
    var shown = Array(classes.indices)
    if classes.count > ConfusionPairs.largestMatrix {
      func wrong(_ index: Int) -> Int { pairs.support[index] + pairs.predicted[index] - 2 * pairs.correct[index] }
      shown = shown.sorted { (wrong($1), $0) < (wrong($0), $1) }.prefix(ConfusionPairs.largestMatrix).sorted()
      summary += " Of \(classes.count) classes the \(shown.count) that are confused most are shown."
    }
    let names = shown.map { classes[$0] }
    var plot = Plot(
      "Confusion matrix", summary: summary, x: Axis("predicted", categories: names),
      y: Axis("true", categories: names.reversed()))
    let shares = shown.map { row in
      shown.map { pairs.support[row] == 0 ? 0 : Double(matrix[row, $0]) / Double(pairs.support[row]) }
    }
    let notes = shown.map { row in shown.map { matrix[row, $0] == 0 ? "" : "\(matrix[row, $0])" } }
    plot.add(
      Mark(shape: .heatmap(Grid(shares.reversed()), annotations: notes.reversed()), label: nil, color: nil))
    return plot
  }

  /// `value` at the middle of each cell of a grid over the rectangle, row 0 at the bottom.
  package static func sample(
    x: ClosedRange<Double>, y: ClosedRange<Double>, resolution: Int, _ value: (Double, Double) -> Double
  ) -> [[Double]] {
    let places = (0..<max(1, resolution)).map { (Double($0) + 0.5) / Double(max(1, resolution)) }
    return places.map { v in places.map { u in value(x.position(at: u), y.position(at: v)) } }
  }
}

extension ClosedRange<Double> {
  /// The value at a fraction of the way from the lower bound to the upper.
  func position(at fraction: Double) -> Double {
    fraction == 1 ? upperBound : lowerBound + fraction * (upperBound - lowerBound)
  }
}
