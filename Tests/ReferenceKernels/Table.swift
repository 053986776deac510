extension Reference {
  /// scale (pᵢ(t) − mean) of each row's columns: [rows, bins], with pᵢ(t) = min(max(t − i, 0), 1).
  public static func thermometer(
    _ positions: [Double], ld: Int, rows: Int, bins: [Int], means: [Double], scale: Double
  ) -> [Double] {
    var result: [Double] = []
    for row in 0..<rows {
      var bin = 0
      for (column, count) in bins.enumerated() {
        let position = positions[row * ld + column]
        for i in 0..<count {
          let share = position.isNaN ? 0 : min(max(position - Double(i), 0), 1)
          result.append(scale * (share - means[bin]))
          bin += 1
        }
      }
    }
    return result
  }
}
