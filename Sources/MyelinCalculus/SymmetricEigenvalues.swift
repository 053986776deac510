/// Eigenvalues and eigenvectors of a real symmetric matrix by Jacobi's rotations (cyclic, Golub and Van Loan 8.5): slow
/// for large matrices, and accurate also for small eigenvalues. Only the upper triangle is read.
public struct SymmetricEigenvalues: Sendable {
  /// Ascending.
  public let values: [Double]
  /// `vectors[i]` belongs to `values[i]`; they are of length one and at right angles.
  public let vectors: [Vector]

  /// Those of a square matrix. Precondition: as many entries in every row as rows.
  public init(_ matrix: [[Double]]) {
    let n = matrix.count
    require(
      matrix.allSatisfy { $0.count == n }, "SymmetricEigenvalues: \(n) rows, but not \(n) entries in every row")
    var a = (0..<n).map { i in (0..<n).map { j in matrix[min(i, j)][max(i, j)] } }
    // Row i of v is the i-th vector.
    var v = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0.0 } }
    for _ in 0..<64 {
      var rotated = false
      for p in 0..<n {
        for q in (p + 1)..<max(n, p + 1) where q < n {
          // Below this an off-diagonal entry changes nothing in the diagonal.
          guard Swift.abs(a[p][q]) > 1e-17 * (Swift.abs(a[p][p]) + Swift.abs(a[q][q])), a[p][q].isFinite else {
            continue
          }
          rotated = true
          let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
          let t = (theta >= 0 ? 1.0 : -1.0) / (Swift.abs(theta) + (theta * theta + 1).squareRoot())
          let c = 1 / (t * t + 1).squareRoot()
          let s = t * c
          let shift = t * a[p][q]
          a[p][p] -= shift
          a[q][q] += shift
          a[p][q] = 0
          a[q][p] = 0
          for k in 0..<n where k != p && k != q {
            let (kp, kq) = (a[k][p], a[k][q])
            a[k][p] = c * kp - s * kq
            a[p][k] = a[k][p]
            a[k][q] = s * kp + c * kq
            a[q][k] = a[k][q]
          }
          for k in 0..<n {
            let (pk, qk) = (v[p][k], v[q][k])
            v[p][k] = c * pk - s * qk
            v[q][k] = s * pk + c * qk
          }
        }
      }
      if !rotated { break }
    }
    let order = (0..<n).sorted { a[$0][$0] < a[$1][$1] }
    values = order.map { a[$0][$0] }
    vectors = order.map { Vector(v[$0]) }
  }
}
