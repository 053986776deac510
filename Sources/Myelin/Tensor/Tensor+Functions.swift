// Functions of each element.

extension Tensor {
  /// y = f(x), noting dy/dx as a function of x and y.
  private func mapped(
    _ name: StaticString, _ operation: UnaryOperation,
    derivative: @escaping (_ x: Tensor, _ y: Tensor) -> Tensor
  ) -> Tensor {
    var result = Tensor(uninitialized: shape)
    Kernels.unary(operation, count, pointer, result.pointer)
    if let source {
      let (x, y) = (detached, result)
      result.record(name) { gradient, pass in
        pass.accumulateProduct(into: source, gradient, derivative(x, y))
      }
    }
    return result
  }

  fileprivate func applying(_ operation: UnaryOperation) -> Tensor {
    let result = Tensor(uninitialized: shape)
    Kernels.unary(operation, count, pointer, result.pointer)
    return result
  }

  fileprivate static func exponential(_ x: Tensor) -> Tensor { x.mapped("exp", .exp) { _, y in y } }
  fileprivate static func logarithm(_ x: Tensor) -> Tensor { x.mapped("log", .log) { x, _ in x.applying(.reciprocal) } }
  fileprivate static func squareRoot(_ x: Tensor) -> Tensor {
    x.mapped("sqrt", .sqrt) { _, y in y.applying(.reciprocal) * 0.5 }
  }
  fileprivate static func sine(_ x: Tensor) -> Tensor { x.mapped("sin", .sin) { x, _ in x.applying(.cos) } }
  fileprivate static func cosine(_ x: Tensor) -> Tensor { x.mapped("cos", .cos) { x, _ in -x.applying(.sin) } }

  /// |x|; derivative 0 at 0.
  public func absolute() -> Tensor { mapped("absolute", .absolute) { x, _ in x.applying(.sign) } }
  /// −1, 0 or 1. No gradient.
  public func sign() -> Tensor { applying(.sign) }
  /// x²
  public func squared() -> Tensor { mapped("squared", .square) { x, _ in x * 2 } }
  /// 1 / x
  public func reciprocal() -> Tensor { mapped("reciprocal", .reciprocal) { _, y in -y.applying(.square) } }
  /// 1 / √x
  public func reciprocalSquareRoot() -> Tensor {
    mapped("reciprocalSquareRoot", .rsqrt) { x, y in y * x.applying(.reciprocal) * -0.5 }
  }

  /// x between two bounds. The gradient is 0 outside.
  public func clipped(to range: ClosedRange<Float>) -> Tensor {
    minimum(maximum(self, Tensor(range.lowerBound)), Tensor(range.upperBound))
  }
}

/// eˣ of each element.
public func exp(_ x: Tensor) -> Tensor { .exponential(x) }
/// Natural logarithm.
public func log(_ x: Tensor) -> Tensor { .logarithm(x) }
/// The square root of each element; NaN below 0. The derivative at 0 is infinite.
public func sqrt(_ x: Tensor) -> Tensor { .squareRoot(x) }
/// The sine of each element, in radians.
public func sin(_ x: Tensor) -> Tensor { .sine(x) }
/// The cosine of each element, in radians.
public func cos(_ x: Tensor) -> Tensor { .cosine(x) }

extension Activation {
  /// f(x), element by element.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    if self == .identity { return x }
    var result = Tensor(uninitialized: x.shape)
    Kernels.activationForward(self, x.count, x.pointer, result.pointer)
    if let source = x.source {
      let saved = backwardNeedsInput ? x.detached : result
      result.record("activation") { [self] gradient, pass in
        pass.accumulate(into: source) {
          Kernels.activationBackward(self, gradient.count, saved.pointer, gradient.pointer, $0, $1)
        }
      }
    }
    return result
  }
}

/// max(x, 0); the derivative at 0 is 0.
public func relu(_ x: Tensor) -> Tensor { Activation.relu(x) }
/// x for x > 0, else slope · x (Maas et al. 2013).
public func leakyReLU(_ x: Tensor, slope: Float = 0.01) -> Tensor { Activation.leakyReLU(slope: slope)(x) }
/// 1 / (1 + e⁻ˣ)
public func sigmoid(_ x: Tensor) -> Tensor { Activation.sigmoid(x) }
/// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)
public func tanh(_ x: Tensor) -> Tensor { Activation.tanh(x) }
/// x Φ(x), exact (Hendrycks & Gimpel 2016).
public func gelu(_ x: Tensor) -> Tensor { Activation.gelu(x) }
/// x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
public func geluTanh(_ x: Tensor) -> Tensor { Activation.geluTanh(x) }
/// x σ(x) (Elfwing et al. 2018), also called swish.
public func silu(_ x: Tensor) -> Tensor { Activation.silu(x) }
/// x for x > 0, else α (eˣ − 1) (Clevert et al. 2016).
public func elu(_ x: Tensor, alpha: Float = 1) -> Tensor { Activation.elu(alpha: alpha)(x) }
/// log(1 + eˣ)
public func softplus(_ x: Tensor) -> Tensor { Activation.softplus(x) }
/// min(max(x/6 + 1/2, 0), 1)
public func hardSigmoid(_ x: Tensor) -> Tensor { Activation.hardSigmoid(x) }
/// 1 for x ≥ 0, else 0; the derivative is 0 everywhere.
public func step(_ x: Tensor) -> Tensor { Activation.step(x) }

/// eˣ / Σ eˣ over the last axis.
public func softmax(_ x: Tensor) -> Tensor {
  x.alongRows("softmax", forward: Kernels.softmaxForward, backward: Kernels.softmaxBackward)
}

/// x − log Σ eˣ over the last axis.
public func logSoftmax(_ x: Tensor) -> Tensor {
  x.alongRows("logSoftmax", forward: Kernels.logSoftmaxForward, backward: Kernels.logSoftmaxBackward)
}

extension Tensor {
  /// All axes but the last as rows.
  var rowsAndColumns: (rows: Int, columns: Int) {
    guard rank > 0 else { return (1, 1) }
    let columns = shape[rank - 1]
    return (shape.dropLast().reduce(1, *), columns)
  }

  fileprivate func alongRows(
    _ name: StaticString, forward: (Int, Int, FloatPointer, MutableFloatPointer) -> Void,
    backward: @escaping (Int, Int, FloatPointer, FloatPointer, MutableFloatPointer, WriteMode) -> Void
  ) -> Tensor {
    let (rows, columns) = rowsAndColumns
    var result = Tensor(uninitialized: shape)
    forward(rows, columns, pointer, result.pointer)
    if let source {
      let y = result
      result.record(name) { gradient, pass in
        pass.accumulate(into: source) { backward(rows, columns, y.pointer, gradient.pointer, $0, $1) }
      }
    }
    return result
  }
}
