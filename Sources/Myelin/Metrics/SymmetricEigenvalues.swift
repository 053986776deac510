import Foundation

/// Eigenvalues of a symmetric matrix, and its eigenvectors where they are asked for, in Double: Householder's reduction to
/// three diagonals, then QL steps with implicit shifts (Golub & Van Loan, Matrix Computations, 8.3).
struct SymmetricEigenvalues {
  /// In no order.
  private(set) var values: [Double]
  /// Row i is the eigenvector of value i, of length 1; empty where they were not asked for.
  private var vectors: [Double] = []

  /// - Parameters:
  ///   - matrix: row-major; its upper triangle is not read.
  ///   - order: rows and columns.
  ///   - wantsVectors: whether eigenvectors are computed.
  init(_ matrix: [Double], order: Int, wantsVectors: Bool = false) {
    require(order >= 1 && matrix.count == order * order, "SymmetricEigenvalues: \(matrix.count) values, order \(order)")
    values = [Double](repeating: 0, count: order)
    var beside = [Double](repeating: 0, count: order)
    var work = matrix
    if wantsVectors {
      vectors = [Double](repeating: 0, count: order * order)
      for place in 0..<order { vectors[place * (order + 1)] = 1 }
    }
    work.withUnsafeMutableBufferPointer { work in
      vectors.withUnsafeMutableBufferPointer { vectors in
        values.withUnsafeMutableBufferPointer { diagonal in
          beside.withUnsafeMutableBufferPointer { beside in
            SymmetricEigenvalues.reduce(work, order, diagonal, beside, wantsVectors ? vectors : nil)
            SymmetricEigenvalues.iterate(order, diagonal, beside, wantsVectors ? vectors : nil)
          }
        }
      }
    }
  }

  /// The symmetric square root of a matrix without negative eigenvalues, row-major: Σ √λᵢ vᵢ vᵢᵀ. Eigenvalues below 0 by
  /// rounding count as 0. The eigenvectors must have been asked for.
  var squareRoot: [Double] {
    let order = values.count
    require(vectors.count == order * order, "SymmetricEigenvalues: a square root needs the eigenvectors")
    var root = [Double](repeating: 0, count: order * order)
    root.withUnsafeMutableBufferPointer { root in
      vectors.withUnsafeBufferPointer { vectors in
        for (index, value) in values.enumerated() where value > 0 {
          let vector = vectors[index * order..<(index + 1) * order]
          let scale = value.squareRoot()
          let start = vector.startIndex
          for i in 0..<order {
            let factor = scale * vector[start + i]
            for j in 0..<order { root[i * order + j] += factor * vector[start + j] }
          }
        }
      }
    }
    return root
  }

  private typealias Values = UnsafeMutableBufferPointer<Double>

  /// A = Q T Qᵀ with T of three diagonals: its diagonal, and in `beside[i]` what stands between i and i + 1. The rows of
  /// `vectors` become those of Qᵀ.
  private static func reduce(_ a: Values, _ n: Int, _ diagonal: Values, _ beside: Values, _ vectors: Values?) {
    var (v, p) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
    for k in 0..<max(n - 2, 0) {
      var norm = 0.0
      for i in k + 1..<n { norm += a[i * n + k] * a[i * n + k] }
      norm = norm.squareRoot()
      let head = a[(k + 1) * n + k]
      let alpha = head > 0 ? -norm : norm
      beside[k] = alpha
      if norm == 0 { continue }
      // H = I − 2 v vᵀ turns the column below the diagonal into (alpha, 0, …).
      v[k + 1] = head - alpha
      for i in k + 2..<n { v[i] = a[i * n + k] }
      let length = (2 * norm * (norm + abs(head))).squareRoot()
      for i in k + 1..<n { v[i] /= length }
      // A − 2 v qᵀ − 2 q vᵀ with p = A v and q = p − (vᵀ p) v.
      var dot = 0.0
      for i in k + 1..<n {
        var sum = 0.0
        for j in k + 1..<n { sum += a[max(i, j) * n + min(i, j)] * v[j] }
        p[i] = sum
        dot += sum * v[i]
      }
      for i in k + 1..<n { p[i] -= dot * v[i] }
      for i in k + 1..<n { for j in k + 1...i { a[i * n + j] -= 2 * (v[i] * p[j] + p[i] * v[j]) } }
      guard let vectors else { continue }
      // Qᵀ ← H Qᵀ, a column at a time.
      for column in 0..<n {
        var sum = 0.0
        for i in k + 1..<n { sum += v[i] * vectors[i * n + column] }
        for i in k + 1..<n { vectors[i * n + column] -= 2 * sum * v[i] }
      }
    }
    if n >= 2 { beside[n - 2] = a[(n - 1) * n + n - 2] }
    for i in 0..<n { diagonal[i] = a[i * (n + 1)] }
  }

  private static func iterate(_ n: Int, _ diagonal: Values, _ beside: Values, _ vectors: Values?) {
    for first in 0..<n {
      // Quadratic convergence: some two steps a value; a matrix of NaN would not end.
      for _ in 0..<100 {
        var last = first
        while last + 1 < n {
          let scale = abs(diagonal[last]) + abs(diagonal[last + 1])
          if abs(beside[last]) <= .ulpOfOne * scale { break }
          last += 1
        }
        if last == first { break }
        step(first, last, n, diagonal, beside, vectors)
      }
    }
  }

  /// One implicit QL step on rows `first` … `last`, with Wilkinson's shift.
  private static func step(
    _ first: Int, _ last: Int, _ n: Int, _ diagonal: Values, _ beside: Values, _ vectors: Values?
  ) {
    let half = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first])
    let root = hypot(half, 1)
    let shift = diagonal[first] - beside[first] / (half + (half >= 0 ? root : -root))
    var g = diagonal[last] - shift
    var (sine, cosine, carried) = (1.0, 1.0, 0.0)
    for i in stride(from: last - 1, through: first, by: -1) {
      let f = sine * beside[i]
      let b = cosine * beside[i]
      let r = hypot(f, g)
      beside[i + 1] = r
      if r == 0 {
        // The matrix has fallen into two parts.
        diagonal[i + 1] -= carried
        beside[last] = 0
        return
      }
      (sine, cosine) = (f / r, g / r)
      g = diagonal[i + 1] - carried
      let t = (diagonal[i] - g) * sine + 2 * cosine * b
      carried = sine * t
      diagonal[i + 1] = g + carried
      g = cosine * t - b
      guard let vectors else { continue }
      for column in 0..<n {
        let (upper, lower) = (vectors[i * n + column], vectors[(i + 1) * n + column])
        vectors[(i + 1) * n + column] = sine * upper + cosine * lower
        vectors[i * n + column] = cosine * upper - sine * lower
      }
    }
    diagonal[first] -= carried
    beside[first] = g
    beside[last] = 0
  }
}
