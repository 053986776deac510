/// f′(x), exact to rounding.
public func derivative(at x: Double, of f: (Dual) -> Dual) -> Double {
  f(Dual(x, derivative: 1)).derivative
}

/// f″(x), exact to rounding.
public func secondDerivative(at x: Double, of f: (HyperDual) -> HyperDual) -> Double {
  f(HyperDual(x, first: 1, second: 1)).mixed
}

/// ∇f(x) = (∂f/∂x₁, …, ∂f/∂xₙ), one evaluation of f for each entry.
///
/// ```swift
/// gradient(at: [3, 1]) { v in 2 * v[0] * v[0] + 4 * v[1] }   // (12, 4)
/// ```
public func gradient(at x: Vector, of f: ([Dual]) -> Dual) -> Vector {
  Vector(
    x.components.indices.map { index in
      f(x.components.enumerated().map { Dual($0.element, derivative: $0.offset == index ? 1 : 0) }).derivative
    })
}

/// J[i][j] = ∂fᵢ/∂xⱼ: a row for each output of f.
public func jacobian(at x: Vector, of f: ([Dual]) -> [Dual]) -> [[Double]] {
  let columns = x.components.indices.map { index in
    f(x.components.enumerated().map { Dual($0.element, derivative: $0.offset == index ? 1 : 0) }).map(\.derivative)
  }
  guard let outputs = columns.first?.count else { return f([]).map { _ in [] } }
  return (0..<outputs).map { row in columns.map { $0[row] } }
}

/// H[i][j] = ∂²f/∂xᵢ∂xⱼ, symmetric by construction: n(n + 1)/2 evaluations of f.
public func hessian(at x: Vector, of f: ([HyperDual]) -> HyperDual) -> [[Double]] {
  let n = x.dimension
  var result = Array(repeating: Array(repeating: 0.0, count: n), count: n)
  for i in 0..<n {
    for j in i..<n {
      let point = x.components.enumerated().map {
        HyperDual($0.element, first: $0.offset == i ? 1 : 0, second: $0.offset == j ? 1 : 0)
      }
      result[i][j] = f(point).mixed
      result[j][i] = result[i][j]
    }
  }
  return result
}

/// The limit that defines the derivative, watched as h shrinks: (f(x + h) − f(x)) / h.
///
/// The error first falls in proportion to h (what the tangent leaves out, h f″/2) and then grows again like 1/h,
/// because f(x + h) and f(x) agree in ever more digits and only rounding is left of their difference.
public struct DifferenceQuotients: Sendable {
  /// The quotient for one h.
  public struct Row: Sendable, Equatable {
    /// h
    public var step: Double
    /// (f(x + h) − f(x)) / h
    public var quotient: Double
    /// |quotient − f′(x)|
    public var error: Double
  }

  /// One for each h, in the order of the steps.
  public var rows: [Row]
  /// f′(x) by dual numbers.
  public var exact: Double

  /// - Parameter steps: the values of h; by default 10⁻¹ … 10⁻¹⁵.
  public init(at x: Double, steps: [Double] = DifferenceQuotients.powersOfTen, of f: (Dual) -> Dual) {
    let exact = derivative(at: x, of: f)
    let here = f(Dual(x)).value
    rows = steps.map { step in
      let quotient = (f(Dual(x + step)).value - here) / step
      return Row(step: step, quotient: quotient, error: abs(quotient - exact))
    }
    self.exact = exact
  }

  /// 10⁻¹ … 10⁻¹⁵.
  public static let powersOfTen: [Double] = (1...15).map { Double("1e-\($0)")! }

  /// The row that comes closest.
  public var best: Row? { rows.filter { $0.error.isFinite }.min { $0.error < $1.error } }
}
