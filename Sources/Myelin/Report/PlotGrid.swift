extension Plot {
  /// Values on a rectangular grid, row 0 at the bottom. Rows shorter than the first are filled with NaN.
  struct Grid: Sendable {
    let rows: Int
    let columns: Int
    private let values: [Double]

    init(_ values: [[Double]]) {
      rows = values.count
      columns = values.first?.count ?? 0
      let width = columns
      self.values = values.flatMap { row in
        (0..<width).map { row.indices.contains($0) ? row[$0] : .nan }
      }
    }

    subscript(row: Int, column: Int) -> Double { values[row * columns + column] }

    /// The smallest and the largest of the finite values.
    var span: ClosedRange<Double>? {
      let finite = values.filter(\.isFinite)
      guard let low = finite.min(), let high = finite.max() else { return nil }
      return low...high
    }

    /// The value of the cell that holds the fraction (u, v) of the rectangle.
    func value(u: Double, v: Double) -> Double {
      guard rows > 0, columns > 0 else { return .nan }
      let column = min(columns - 1, max(0, Int(u * Double(columns))))
      let row = min(rows - 1, max(0, Int(v * Double(rows))))
      return self[row, column]
    }

    /// Line segments where the surface has the height `level`, in fractions of the rectangle: marching squares over
    /// the cell middles, with the two ambiguous cases settled by the mean of the corners.
    func contour(_ level: Double) -> [(from: Point, to: Point)] {
      guard rows > 1, columns > 1 else { return [] }
      var segments: [(from: Point, to: Point)] = []
      for row in 0..<(rows - 1) {
        for column in 0..<(columns - 1) {
          let corners = [
            self[row, column], self[row, column + 1], self[row + 1, column + 1], self[row + 1, column],
          ]
          guard corners.allSatisfy(\.isFinite) else { continue }
          let places = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
          var crossings: [Point] = []
          for edge in 0..<4 {
            let (a, b) = (corners[edge], corners[(edge + 1) % 4])
            guard (a < level) != (b < level) else { continue }
            let t = (level - a) / (b - a)
            let (p, q) = (places[edge], places[(edge + 1) % 4])
            crossings.append(
              Point(
                (Double(column) + 0.5 + p.0 + t * (q.0 - p.0)) / Double(columns),
                (Double(row) + 0.5 + p.1 + t * (q.1 - p.1)) / Double(rows)))
          }
          if crossings.count == 2 {
            segments.append((crossings[0], crossings[1]))
          } else if crossings.count == 4 {
            let isMiddleLow = corners.reduce(0, +) / 4 < level
            if isMiddleLow == (corners[0] < level) {
              segments.append((crossings[0], crossings[1]))
              segments.append((crossings[2], crossings[3]))
            } else {
              segments.append((crossings[3], crossings[0]))
              segments.append((crossings[1], crossings[2]))
            }
          }
        }
      }
      return segments
    }
  }
}

/// The bands of a filled field: each has a tone from 0 to 1 and a side of the boundary.
struct FieldBands {
  let levels: [Double]
  let boundary: Double?

  struct Band: Hashable {
    /// -1 below the boundary, 1 above it or where there is none.
    var side: Int
    /// The strength of the colour, in eighths.
    var tone: Int
  }

  /// `nil` for a value that is not finite.
  func band(of value: Double) -> Band? {
    guard !value.isNaN else { return nil }
    guard let boundary else {
      let index = levels.count { $0 <= value }
      return Band(side: 1, tone: levels.isEmpty ? 0 : Int((8 * Double(index) / Double(levels.count)).rounded()))
    }
    let isAbove = value >= boundary
    let side = levels.filter { isAbove ? $0 > boundary : $0 < boundary }
    let passed = side.count { isAbove ? $0 <= value : $0 > value }
    return Band(
      side: isAbove ? 1 : -1,
      tone: side.isEmpty ? 4 : Int((2 + 6 * Double(passed) / Double(side.count)).rounded()))
  }
}
