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
  public static func permute(_ x: [Float], shape: [Int], _ permutation: [Int]) -> [Float] {
    let steps = strides(shape)
    var y: [Float] = []
    forEachIndex(permutation.map { shape[$0] }) { index in
      y.append(x[zip(index, permutation).map { $0 * steps[$1] }.reduce(0, +)])
    }
    return y
  }

  /// `y[indices[i]] += x[i]`, row by row in order.
  public static func scatterAddRows(_ y: [Float], width: Int, _ indices: [Int32], _ x: [Float]) -> [Double] {
    var sums = y.map(Double.init)
    for (i, row) in indices.enumerated() {
      for j in 0..<width { sums[Int(row) * width + j] += Double(x[i * width + j]) }
    }
    return sums
  }
}
