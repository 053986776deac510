extension Reference {
  /// A row-major matrix stored `[rows, columns]` with a leading dimension, and whether it enters a product transposed.
  public struct Operand {
    public var values: [Float]
    public var leading: Int
    public var transposed: Bool

    public init(_ values: [Float], leading: Int, transposed: Bool = false) {
      self.values = values
      self.leading = leading
      self.transposed = transposed
    }

    /// The element in `row`, `column` of op(matrix).
    public func at(_ row: Int, _ column: Int) -> Double {
      Double(transposed ? values[column * leading + row] : values[row * leading + column])
    }
  }

  /// An exact enough product, and the sum of the magnitudes of its terms, to which the rounding error is proportional.
  public struct Product {
    public var values: [Double]
    public var magnitudes: [Double]
  }

  /// `alpha op(A) op(B) + beta C + bias`, contiguous `[m, n]`. `beta` 0 does not read C.
  public static func gemm(
    m: Int, n: Int, k: Int, alpha: Float = 1, a: Operand, b: Operand, beta: Float = 0, c: Operand,
    bias: [Float]? = nil
  ) -> Product {
    var product = Product(values: [], magnitudes: [])
    product.values.reserveCapacity(m * n)
    product.magnitudes.reserveCapacity(m * n)
    for i in 0..<m {
      for j in 0..<n {
        var sum = 0.0
        var magnitude = 0.0
        for p in 0..<k {
          let term = Double(alpha) * a.at(i, p) * b.at(p, j)
          sum += term
          magnitude += abs(term)
        }
        if beta != 0 {
          let term = Double(beta) * c.at(i, j)
          sum += term
          magnitude += abs(term)
        }
        if let bias {
          sum += Double(bias[j])
          magnitude += abs(Double(bias[j]))
        }
        product.values.append(sum)
        product.magnitudes.append(magnitude)
      }
    }
    return product
  }
}
