extension Reference {
  /// x with each set of elements normalised by its own mean and variance, (x − mean) r with r = 1 / √(variance + epsilon);
  /// about 0 where it is not centred.
  public static func normalize(_ x: [Double], together sets: [[Int]], epsilon: Double, centered: Bool = true)
    -> (values: [Double], mean: [Double], inverseDeviation: [Double])
  {
    var values = x
    var (means, factors): ([Double], [Double]) = ([], [])
    for set in sets {
      let count = Double(set.count)
      let mean = centered ? set.reduce(0) { $0 + x[$1] } / count : 0
      let variance = set.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / count
      let factor = 1 / (variance + epsilon).squareRoot()
      for i in set { values[i] = (x[i] - mean) * factor }
      means.append(mean)
      factors.append(factor)
    }
    return (values, means, factors)
  }

  /// dx = r (g − mean of g − n mean of g n) in each set, for the gradient g of the normalised n.
  public static func normalizeBackward(
    _ normalized: [Double], together sets: [[Int]], inverseDeviation: [Double], gradient: [Double],
    centered: Bool = true
  ) -> [Double] {
    var dx = gradient
    for (set, factor) in zip(sets, inverseDeviation) {
      let count = Double(set.count)
      let mean = centered ? set.reduce(0) { $0 + gradient[$1] } / count : 0
      let product = set.reduce(0) { $0 + gradient[$1] * normalized[$1] } / count
      for i in set { dx[i] = factor * (gradient[i] - mean - normalized[i] * product) }
    }
    return dx
  }
}
