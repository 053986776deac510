extension Reference {
  /// The element steps of a dense row-major array.
  public static func strides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in stride(from: shape.count - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    return strides
  }

  /// Axis i of the result is axis `permutation[i]` of `x`.
  public static func permute(_ x: [Double], shape: [Int], _ permutation: [Int]) -> [Double] {
    let steps = strides(shape)
    var y: [Double] = []
    forEachIndex(permutation.map { shape[$0] }) { index in
      y.append(x[zip(index, permutation).map { $0 * steps[$1] }.reduce(0, +)])
    }
    return y
  }

  /// The sum of those rows of `x` that go to each row: the gradient of gathering rows.
  public static func scatterAddRows(rows: Int, width: Int, _ indices: [Int], _ x: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: rows * width)
    for (i, row) in indices.enumerated() {
      for j in 0..<width { sums[row * width + j] += x[i * width + j] }
    }
    return sums
  }
}
