import Foundation

/// How numbers are written on axes and in tables.
public enum PlotNumber {
  /// At most `digits` significant digits, without trailing zeros: 0.25, 1200, 3.1e-07.
  public static func short(_ value: Double, digits: Int = 4) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-∞" : "∞" }
    let text = NumberText.general(value, digits: digits)
    return text == "-0" ? "0" : text
  }

  /// Exactly `decimals` digits after the point.
  public static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return short(value) }
    let text = NumberText.fixed(value, decimals: decimals)
    return text.hasPrefix("-") && !text.contains(where: { ("1"..."9").contains($0) }) ? String(text.dropFirst()) : text
  }

  /// A tick's number, with as many decimals as the step between ticks needs.
  static func tick(_ value: Double, step: Double) -> String {
    let magnitude = max(abs(value), step)
    if magnitude >= 1e6 || step < 1e-5 { return short(abs(value) < step / 2 ? 0 : value, digits: 6) }
    let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    return fixed(value, decimals: decimals)
  }
}

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

  /// About `count` ticks at round numbers: steps of 1, 2 or 5 times a power of ten (Heckbert, Graphics Gems, 1990),
  /// powers of ten on a logarithmic axis.
  func ticks(about count: Int) -> [Tick] {
    if let categories {
      let step = max(1, Int((Double(categories.count) / Double(max(1, count))).rounded(.up)))
      return stride(from: 0, to: categories.count, by: step).map { Tick(value: Double($0), label: categories[$0]) }
    }
    return isLogarithmic ? logarithmicTicks(count) : linearTicks(count)
  }

  private func linearTicks(_ count: Int) -> [Tick] {
    let rough = length / Double(max(1, count))
    let power = pow(10, floor(log10(rough)))
    guard power > 0, power.isFinite else { return [] }
    let step = power * ([1.0, 2, 5].first { $0 * power >= rough * 0.999 } ?? 10)
    let first = (lower / step - 1e-9).rounded(.up)
    let last = (upper / step + 1e-9).rounded(.down)
    // An interval far from zero and narrower than the spacing of doubles there has no ticks.
    guard first <= last, last - first < 1000 else { return [] }
    return stride(from: first, through: last, by: 1).map { index in
      let value = index * step
      return Tick(value: value, label: PlotNumber.tick(value, step: step))
    }
  }

  private func logarithmicTicks(_ count: Int) -> [Tick] {
    let (first, last) = (Int(lower.rounded(.up)), Int(upper.rounded(.down)))
    let multiples: [Double] = length < 0.7 ? [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9] : length < 2.2 ? [1, 2, 5] : [1]
    let stepping = max(1, (last - first + 1) / max(1, count))
    var result: [Tick] = []
    for exponent in (first - 1)...max(first - 1, last) where (exponent - first) % stepping == 0 || stepping == 1 {
      for multiple in multiples {
        let value = multiple * pow(10, Double(exponent))
        guard let place = fraction(value), place >= -1e-9, place <= 1 + 1e-9 else { continue }
        result.append(Tick(value: value, label: PlotNumber.short(value)))
      }
    }
    return result
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
      case .text(_, let point): take(point)
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
