import Foundation

/// Where values of one axis lie, as a fraction from its lower to its upper end, and its ticks.
struct PlotScale {
  struct Tick: Equatable {
    var value: Double
    var label: String
  }

  let isLogarithmic: Bool
  /// In the logarithm's units where the axis is logarithmic.
  private(set) var lower: Double
  private(set) var upper: Double
  let categories: [String]?

  /// A scale that shows all of `values` that it can. Nothing to show gives 0…1, one value alone a small interval
  /// around it.
  init(axis: Plot.Axis, values: [Double], margin: Double) {
    isLogarithmic = axis.scale == .logarithmic
    categories = axis.categories
    let isLogarithmic = axis.scale == .logarithmic
    let transform: (Double) -> Double = { isLogarithmic ? log10($0) : $0 }
    let asked = axis.range.map { [$0.lowerBound, $0.upperBound] } ?? values
    let usable = asked.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }.map(transform)
    if let categories {
      (lower, upper) = (-0.5, max(1, Double(categories.count)) - 0.5)
    } else if let low = usable.min(), let high = usable.max() {
      if low == high {
        let half = isLogarithmic ? 0.5 : max(abs(low) * 0.1, low == 0 ? 1 : Double.leastNormalMagnitude)
        (lower, upper) = (low - half, high + half)
      } else {
        // Halves first: the span of ±greatestFiniteMagnitude overflows.
        let extra = axis.range == nil ? (high / 2 - low / 2) * 2 * margin : 0
        let (padLow, padHigh) = (low - extra, high + extra)
        (lower, upper) = padLow.isFinite && padHigh.isFinite ? (padLow, padHigh) : (low, high)
      }
    } else {
      (lower, upper) = (0, 1)
    }
    if !(upper - lower).isFinite || lower >= upper {
      let bound = Double.greatestFiniteMagnitude / 4
      (lower, upper) = (max(lower, -bound), min(upper, bound))
      if lower >= upper { (lower, upper) = (lower - 1, lower + 1) }
    }
    // Ticks need numbers between the ends.
    let least = 32 * max(abs(lower), abs(upper)).ulp
    if upper - lower < least { (lower, upper) = (lower - least / 2, upper + least / 2) }
  }

  /// Makes the axis span `length` times what it spans, about its middle.
  mutating func widen(by factor: Double) {
    let (middle, half) = ((lower + upper) / 2, (upper - lower) / 2)
    (lower, upper) = (middle - half * factor, middle + half * factor)
  }

  var length: Double { upper - lower }

  /// `nil` where the axis has no place for the value; outside 0…1 where it is beyond an end.
  func fraction(_ value: Double) -> Double? {
    guard value.isFinite, !isLogarithmic || value > 0 else { return nil }
    let result = ((isLogarithmic ? log10(value) : value) - lower) / (upper - lower)
    return result.isFinite ? result : nil
  }

  /// About `count` ticks, and at least three, at round numbers: steps of 1, 2 or 5 times a power of ten (Heckbert,
  /// Graphics Gems, 1990), powers of ten on a logarithmic axis. With categories every one has its tick.
  func ticks(about count: Int) -> [Tick] {
    if let categories { return categories.enumerated().map { Tick(value: Double($0.offset), label: $0.element) } }
    return isLogarithmic ? logarithmicTicks(count) : linearTicks(lower, upper, count)
  }

  private func linearTicks(_ lower: Double, _ upper: Double, _ count: Int) -> [Tick] {
    let rough = upper / Double(max(1, count)) - lower / Double(max(1, count))
    let power = pow(10, floor(log10(rough)))
    guard power > 0, power.isFinite else { return [] }
    // The smallest that is not below the rough one; a smaller one where that leaves fewer than three ticks.
    let steps = [10, 5, 2, 1, 0.5, 0.2, 0.1].map { $0 * power }
    let start = steps.lastIndex { $0 >= rough * 0.999 } ?? 0
    for step in steps[start...] {
      let first = (lower / step - 1e-9).rounded(.up)
      let last = (upper / step + 1e-9).rounded(.down)
      guard last - first >= 2, last - first < 1000 else { continue }
      let values = stride(from: first, through: last, by: 1).map { $0 * step }
      return zip(values, PlotScale.labels(values, step: step)).map { Tick(value: $0, label: $1) }
    }
    return []
  }

  /// As many digits as the step between the ticks needs.
  private static func labels(_ values: [Double], step: Double) -> [String] {
    let largest = max(step, values.map { abs($0) }.max() ?? 0)
    if largest >= 1e6 || step < 1e-5 {
      let digits = Int(floor(log10(largest) + 1e-9) - floor(log10(step) + 1e-9)) + 1
      return values.map { PlotNumber.short(abs($0) < step / 2 ? 0 : $0, digits: min(17, digits)) }
    }
    let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    return values.map { PlotNumber.fixed($0, decimals: decimals) }
  }

  private func logarithmicTicks(_ count: Int) -> [Tick] {
    let (first, last) = (Int(lower.rounded(.up)), Int(upper.rounded(.down)))
    let most = Double(max(1, count))
    let steps = [200, 100, 50, 20, 10, 5, 4, 3, 2, 1]
    // The coarsest that has enough, and at least three ticks.
    let start = steps.lastIndex { Double(last - first + 1) / Double($0) <= most } ?? 0
    let multiples: [[Double]] = [[1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]]
    let coarse = last >= first ? steps[start...].map { ($0, [1.0]) } : []
    for (step, multiples) in coarse + multiples.map({ (1, $0) }) {
      var values: [Double] = []
      for exponent in (first - 1)...max(first - 1, last) where exponent.isMultiple(of: step) {
        for multiple in multiples {
          let value = multiple * pow(10, Double(exponent))
          guard value.isFinite, let place = fraction(value), place >= -1e-9, place <= 1 + 1e-9 else { continue }
          values.append(value)
        }
      }
      guard values.count >= 3 else { continue }
      let isPlain = (values.min() ?? 0) >= 1e-4 && (values.max() ?? 0) < 1e6
      return values.map { Tick(value: $0, label: isPlain ? PlotNumber.short($0, digits: 7) : PlotScale.power($0)) }
    }
    // Less than a decade: as on a linear axis.
    return linearTicks(pow(10, lower), pow(10, upper), count)
  }

  /// 1e-05, 2e+07: always with an exponent, so that the ticks of one axis look alike.
  private static func power(_ value: Double) -> String {
    let exponent = Int(floor(log10(value) + 1e-9))
    return PlotNumber.short(value / pow(10, Double(exponent)), digits: 2) + "e\(exponent)"
  }

  /// `1e-05` as 10⁻⁵ and `2.5e6` as 2.5·10⁶; other texts as they are.
  static func superscripted(_ label: String) -> String {
    guard let e = label.lastIndex(of: "e"), let mantissa = Double(label[..<e]),
      let exponent = Int(label[label.index(after: e)...])
    else { return label }
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let raised =
      (exponent < 0 ? "⁻" : "")
      + exponent.magnitude.description.compactMap(\.wholeNumberValue).map { String(digits[$0]) }.joined()
    let power = "10\(raised)"
    return mantissa == 1 ? power : mantissa == -1 ? "-" + power : String(label[..<e]) + "·" + power
  }
}

extension Plot {
  /// The two axes of a picture whose plotting area is `width` by `height` (any unit that is the same both ways).
  func scales(width: Double, height: Double) -> (x: PlotScale, y: PlotScale) {
    var (xs, ys): ([Double], [Double]) = ([], [])
    var fillsArea = false
    var hasBars = false
    func take(_ point: Point) {
      guard point.isFinite else { return }
      xs.append(point.x)
      ys.append(point.y)
    }
    for mark in marks {
      switch mark.shape {
      case .line(let points, _, _), .scatter(let points): points.forEach(take)
      case .bars(let values):
        hasBars = true
        ys += values + [0]
        xs += values.isEmpty ? [] : [-0.5, Double(values.count) - 0.5]
      case .heatmap(let grid, _):
        fillsArea = true
        xs += [-0.5, Double(grid.columns) - 0.5]
        ys += [-0.5, Double(grid.rows) - 0.5]
      case .field(_, let x, let y, _, _), .regions(_, let x, let y):
        fillsArea = true
        xs += [x.lowerBound, x.upperBound]
        ys += [y.lowerBound, y.upperBound]
      case .arrows(let arrows):
        for arrow in arrows {
          take(arrow.from)
          take(arrow.to)
        }
      case .horizontal(let y): ys.append(y)
      case .vertical(let x): xs.append(x)
      case .text(_, let point, let placement):
        take(point)
        if case .along(let other) = placement { take(other) }
      }
    }
    var x = PlotScale(axis: xAxis, values: xs, margin: fillsArea || hasBars ? 0 : 0.03)
    var y = PlotScale(axis: yAxis, values: ys, margin: fillsArea ? 0 : 0.06)
    if hasEqualUnits, width > 0, height > 0, xAxis.scale == .linear, yAxis.scale == .linear {
      let (perX, perY) = (x.length / width, y.length / height)
      if perX < perY { x.widen(by: perY / perX) } else { y.widen(by: perX / perY) }
    }
    return (x, y)
  }

  /// Width over height of what a picture with equal units shows: its area takes this shape where there is room, so
  /// that the axes need not be widened.
  var areaShape: Double? {
    guard hasEqualUnits, xAxis.scale == .linear, yAxis.scale == .linear else { return nil }
    var free = self
    free.hasEqualUnits = false
    let (x, y) = free.scales(width: 1, height: 1)
    let shape = x.length / y.length
    return shape.isFinite ? min(20, max(0.05, shape)) : nil
  }

  /// The part of a segment inside the unit square (Liang and Barsky), or `nil`.
  static func clip(_ a: Point, _ b: Point) -> (from: Point, to: Point)? {
    var (enter, leave) = (0.0, 1.0)
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    guard dx.isFinite, dy.isFinite else { return nil }
    for (p, q) in [(-dx, a.x), (dx, 1 - a.x), (-dy, a.y), (dy, 1 - a.y)] {
      if p == 0 {
        if q < 0 { return nil }
      } else if p < 0 {
        enter = max(enter, q / p)
      } else {
        leave = min(leave, q / p)
      }
    }
    guard enter <= leave else { return nil }
    return (Point(a.x + enter * dx, a.y + enter * dy), Point(a.x + leave * dx, a.y + leave * dy))
  }

  /// The points of a line that are marked: the first, the last, and between them those that are nine pixels from all that
  /// are marked before, since markers on each other are a smear.
  static func apart(
    _ points: [Point], _ place: (Point) -> Point?, _ width: Double, _ height: Double
  ) -> [Point] {
    var result: [Point] = []
    var kept: [Point] = []
    for (index, point) in points.enumerated() {
      guard let here = place(point) else { continue }
      // The last ones: a path may come back to where it was.
      let isFree = kept.suffix(50).allSatisfy { hypot((here.x - $0.x) * width, (here.y - $0.y) * height) >= 9 }
      guard isFree || index == points.count - 1 else { continue }
      result.append(point)
      kept.append(here)
    }
    return result
  }

  /// A line as runs of points inside the unit square.
  static func clippedRuns(_ points: [Point], _ place: (Point) -> Point?) -> [[Point]] {
    var runs: [[Point]] = []
    var run: [Point] = []
    var previous: Point?
    func finish() {
      if !run.isEmpty { runs.append(run) }
      run = []
    }
    for point in points {
      guard let current = place(point) else {
        finish()
        previous = nil
        continue
      }
      if let previous {
        if let part = clip(previous, current) {
          if run.last != part.from {
            finish()
            run = [part.from]
          }
          run.append(part.to)
          if part.to != current { finish() }
        } else {
          finish()
        }
      } else if (0...1).contains(current.x), (0...1).contains(current.y) {
        run = [current]
      }
      previous = current
    }
    finish()
    return runs
  }
}
