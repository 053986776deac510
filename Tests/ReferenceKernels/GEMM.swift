extension Reference {
  /// A row-major matrix stored `[rows, columns]` with a leading dimension, and whether it enters a product transposed.
  public struct Operand {
    public var values: [Double]
    public var leading: Int
    public var transposed: Bool

    public init(_ values: [Double], leading: Int, transposed: Bool = false) {
      self.values = values
      self.leading = leading
      self.transposed = transposed
    }

    /// The element in `row`, `column` of op(matrix).
    public func at(_ row: Int, _ column: Int) -> Double {
      transposed ? values[column * leading + row] : values[row * leading + column]
    }
  }

  /// The nearest bfloat16 of a float, ties to even: 8 significant bits and the exponents of a float.
  public static func bfloat16(_ x: Double) -> Double {
    let bits = Float(x).bitPattern
    guard x.isFinite else { return x }
    return Double(Float(bitPattern: (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff_0000))
  }

  /// An exact enough product, and the sum of the magnitudes of its terms, to which the rounding error is proportional.
  public struct Product {
    public var values: [Double]
    public var magnitudes: [Double]
  }

  /// `alpha op(A) op(B) + beta C + bias`, contiguous `[m, n]`. `beta` 0 does not read C.
  public static func gemm(
    m: Int, n: Int, k: Int, alpha: Float = 1, a: Operand, b: Operand, beta: Float = 0, c: Operand,
    bias: [Double]? = nil
  ) -> Product {
    var product = Product(values: [], magnitudes: [])
    product.values.reserveCapacity(m * n)
    product.magnitudes.reserveCapacity(m * n)
    // A row of C at a time, so that a B that is not transposed is read along its rows.
    let columns = b.transposed ? Operand((0..<k * n).map { b.at($0 / n, $0 % n) }, leading: n) : b
    for i in 0..<m {
      var sums = [Double](repeating: 0, count: n)
      var magnitudes = sums
      for p in 0..<k {
        let factor = Double(alpha) * a.at(i, p)
        for j in 0..<n {
          let term = factor * columns.values[p * columns.leading + j]
          sums[j] += term
          magnitudes[j] += abs(term)
        }
      }
      for j in 0..<n {
        for term in [beta == 0 ? 0 : Double(beta) * c.at(i, j), bias?[j] ?? 0] {
          sums[j] += term
          magnitudes[j] += abs(term)
        }
      }
      product.values += sums
      product.magnitudes += magnitudes
    }
    return product
  }
}
