extension Reference {
  /// The sums of the columns of a row-major matrix.
  public static func columnSums(_ values: [Double], _ columns: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: columns)
    for (i, value) in values.enumerated() { sums[i % columns] += value }
    return sums
  }

  /// The elements of `x` [outer, length, inner] along `length`, for each (outer, inner).
  public static func columns(outer: Int, length: Int, inner: Int, _ x: [Double]) -> [[Double]] {
    var columns: [[Double]] = []
    for o in 0..<outer {
      for i in 0..<inner {
        columns.append((0..<length).map { x[(o * length + $0) * inner + i] })
      }
    }
    return columns
  }

  /// The operations of `ck_reduction`, by its raw values: sum, mean, max, min, sum of squares.
  public static func reduce(_ operation: UInt32, _ values: [Double]) -> Double {
    switch operation {
    case 0: return values.reduce(0, +)
    case 1: return values.reduce(0, +) / Double(values.count)
    case 2: return values.reduce(-.infinity) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
    case 3: return values.reduce(.infinity) { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }
    default: return values.reduce(0) { $0 + $1 * $1 }
    }
  }

  /// The first largest; a NaN counts as the largest.
  public static func argmax(_ values: [Double]) -> Int {
    values.firstIndex { $0.isNaN } ?? values.firstIndex(of: values.max()!)!
  }

  /// Σ (x − mean)² / (count − correction).
  public static func variance(_ values: [Double], correction: Int) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(0, values.count - correction))
  }
}
