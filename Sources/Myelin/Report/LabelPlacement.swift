import Foundation

/// A rectangle, perhaps turned, or a line segment: what may not lie on what else.
package struct LabelBox: Sendable {
  /// Two or four corners in order.
  package var corners: [Plot.Point]

  /// Upright, y downwards or upwards.
  package init(x: Double, y: Double, width: Double, height: Double) {
    corners = [
      Plot.Point(x, y), Plot.Point(x + width, y), Plot.Point(x + width, y + height), Plot.Point(x, y + height),
    ]
  }

  package init(segment a: Plot.Point, _ b: Plot.Point) { corners = [a, b] }

  /// Turned by `degrees` about a point, as SVG's `rotate`.
  package func rotated(_ degrees: Double, about center: Plot.Point) -> LabelBox {
    let angle = degrees / 180 * Double.pi
    let (c, s) = (cos(angle), sin(angle))
    var result = self
    result.corners = corners.map { corner in
      let (dx, dy) = (corner.x - center.x, corner.y - center.y)
      return Plot.Point(center.x + c * dx - s * dy, center.y + s * dx + c * dy)
    }
    return result
  }

  package var minX: Double { corners.map(\.x).min() ?? 0 }
  package var maxX: Double { corners.map(\.x).max() ?? 0 }
  package var minY: Double { corners.map(\.y).min() ?? 0 }
  package var maxY: Double { corners.map(\.y).max() ?? 0 }

  /// Whether both have a point in common, by the theorem of the separating axis.
  package func overlaps(_ other: LabelBox) -> Bool {
    // Most pairs are far apart.
    if maxX <= other.minX || other.maxX <= minX || maxY <= other.minY || other.maxY <= minY { return false }
    for shape in [self, other] {
      for (a, b) in zip(shape.corners, shape.corners.dropFirst() + shape.corners.prefix(1)) {
        let (nx, ny) = (a.y - b.y, b.x - a.x)
        guard nx != 0 || ny != 0 else { continue }
        let mine = corners.map { $0.x * nx + $0.y * ny }
        let theirs = other.corners.map { $0.x * nx + $0.y * ny }
        if mine.max()! <= theirs.min()! || theirs.max()! <= mine.min()! { return false }
      }
    }
    return true
  }
}

/// Finds room for labels, one after the other, in the unit of whoever draws (pixels with y downwards, or cells).
struct LabelPlacer {
  /// Where labels have to lie.
  var area: LabelBox
  var labels: [LabelBox] = []
  var markers: [LabelBox] = []
  var segments: [LabelBox] = []

  /// The first of the places that hides least: other labels first of all, then marks, then lines.
  mutating func place(_ candidates: [LabelBox]) -> LabelBox? {
    var best: (cost: Double, box: LabelBox)?
    for (rank, box) in candidates.enumerated() {
      var cost = Double(rank)
      if box.minX < area.minX || box.maxX > area.maxX || box.minY < area.minY || box.maxY > area.maxY { cost += 1e7 }
      cost += 1e5 * Double(labels.count { $0.overlaps(box) })
      cost += 300 * Double(markers.count { $0.overlaps(box) })
      cost += 40 * Double(min(10, segments.count { $0.overlaps(box) }))
      if cost < best?.cost ?? .infinity { best = (cost, box) }
    }
    if let best { labels.append(best.box) }
    return best?.box
  }

  /// Places for a label of this size about a point, the nearest first; `up` is the direction of y in which is up.
  static func around(
    _ point: Plot.Point, width: Double, height: Double, gapX: Double, gapY: Double, up: Double
  ) -> [LabelBox] {
    let directions: [(Double, Double)] = [(1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0)]
    return [1.0, 2, 3.5, 6, 10, 16].flatMap { ring in
      directions.map { dx, dy in
        let centerX = point.x + dx * (width / 2 + gapX * ring)
        let centerY = point.y + up * dy * (height / 2 + gapY * ring)
        return LabelBox(x: centerX - width / 2, y: centerY - height / 2, width: width, height: height)
      }
    }
  }

  /// Places with their middle on a segment, the middle of it first.
  static func along(_ a: Plot.Point, _ b: Plot.Point, width: Double, height: Double) -> [LabelBox] {
    (0..<17).map { index in
      let t = 0.5 + (index.isMultiple(of: 2) ? -1 : 1) * 0.04 * Double((index + 1) / 2)
      return LabelBox(
        x: a.x + t * (b.x - a.x) - width / 2, y: a.y + t * (b.y - a.y) - height / 2, width: width, height: height)
    }
  }
}
