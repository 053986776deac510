/// Layer normalisation (Ba et al. 2016): y = γ (x − μ) / √(σ² + ε) + β with mean and variance of each row, the last axis.
///
/// x is [..., features]; `weight` is γ, `bias` β.
public final class LayerNorm: Module, CustomStringConvertible {
  /// γ [features], 1 at first; nil without an affine part.
  public let weight: Parameter?
  /// β [features], 0 at first; nil without an affine part or without a bias.
  public let bias: Parameter?
  /// Size of x's last axis.
  public let features: Int
  /// ε, added to the variance.
  public let epsilon: Float

  /// - Parameters:
  ///   - features: size of x's last axis, at least 1.
  ///   - epsilon: ε, added to the variance.
  ///   - affine: whether there are γ and β.
  ///   - bias: whether there is a β beside γ.
  public init(_ features: Int, epsilon: Float = 1e-5, affine: Bool = true, bias: Bool = true) {
    require(features > 0, "LayerNorm(\(features)): there is at least one feature")
    self.features = features
    self.epsilon = epsilon
    weight = affine ? Parameter(Tensor(ones: Shape(features))) : nil
    self.bias = affine && bias ? Parameter(Tensor(zeros: Shape(features))) : nil
  }

  /// x normalised, in its shape. Precondition: x's last axis has the layer's features.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      require(x.rank >= 1 && x.shape[x.rank - 1] == features, "LayerNorm: input \(x.shape) for \(features) features")
      return layerNorm(x, weight?.value, bias?.value, epsilon: epsilon)
    }
  }

  public var description: String { "LayerNorm(\(features))" }
}

/// Root-mean-square normalisation (Zhang & Sennrich 2019): y = γ x / √(mean of x² + ε) of each row, the last axis.
///
/// x is [..., features]; `weight` is γ.
public final class RMSNorm: Module, CustomStringConvertible {
  /// γ [features], 1 at first; nil without an affine part.
  public let weight: Parameter?
  /// Size of x's last axis.
  public let features: Int
  /// ε, added to the mean square.
  public let epsilon: Float

  /// - Parameters:
  ///   - features: size of x's last axis, at least 1.
  ///   - epsilon: ε, added to the mean square.
  ///   - affine: whether there is a γ.
  public init(_ features: Int, epsilon: Float = 1e-6, affine: Bool = true) {
    require(features > 0, "RMSNorm(\(features)): there is at least one feature")
    self.features = features
    self.epsilon = epsilon
    weight = affine ? Parameter(Tensor(ones: Shape(features))) : nil
  }

  /// x normalised, in its shape. Precondition: x's last axis has the layer's features.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      require(x.rank >= 1 && x.shape[x.rank - 1] == features, "RMSNorm: input \(x.shape) for \(features) features")
      return rmsNorm(x, weight?.value, epsilon: epsilon)
    }
  }

  public var description: String { "RMSNorm(\(features))" }
}

/// Layer normalisation over the last axis: weight and bias [features], each of them or nil. Precondition: the sizes fit.
public func layerNorm(_ x: Tensor, _ weight: Tensor? = nil, _ bias: Tensor? = nil, epsilon: Float = 1e-5) -> Tensor {
  let (rows, columns) = x.rowsAndColumns
  requireFeatures("layerNorm", x, weight, bias)
  var result = Tensor(uninitialized: x.shape)
  let (mean, inverseDeviation) = (Tensor(uninitialized: Shape(rows)), Tensor(uninitialized: Shape(rows)))
  Kernels.layerNormForward(
    rows: rows, columns: columns, x.pointer, NormParameters(weight: weight?.pointer, bias: bias?.pointer),
    epsilon: epsilon, mean: mean.pointer, inverseDeviation: inverseDeviation.pointer, result.pointer)
  let (xNode, weightNode, biasNode) = (x.source, weight?.source, bias?.source)
  guard xNode != nil || weightNode != nil || biasNode != nil else { return result }
  let (x, weight) = (x.detached, weight?.detached)
  result.record("layerNorm") { gradient, pass in
    pass.accumulate(into: xNode, weightNode, biasNode) { dx, dweight, dbias in
      Kernels.layerNormBackward(
        rows: rows, columns: columns, x.pointer, weight: weight?.pointer, mean: mean.pointer,
        inverseDeviation: inverseDeviation.pointer, gradient.pointer, dx, dweight, dbias)
    }
  }
  return result
}

/// Root-mean-square normalisation over the last axis: weight [features] or nil. Precondition: the sizes fit.
public func rmsNorm(_ x: Tensor, _ weight: Tensor? = nil, epsilon: Float = 1e-6) -> Tensor {
  let (rows, columns) = x.rowsAndColumns
  requireFeatures("rmsNorm", x, weight, nil)
  var result = Tensor(uninitialized: x.shape)
  let inverseDeviation = Tensor(uninitialized: Shape(rows))
  Kernels.rmsNormForward(
    rows: rows, columns: columns, x.pointer, weight: weight?.pointer, epsilon: epsilon,
    inverseDeviation: inverseDeviation.pointer, result.pointer)
  let (xNode, weightNode) = (x.source, weight?.source)
  guard xNode != nil || weightNode != nil else { return result }
  let (x, weight) = (x.detached, weight?.detached)
  result.record("rmsNorm") { gradient, pass in
    pass.accumulate(into: xNode, weightNode) { dx, dweight, _ in
      Kernels.rmsNormBackward(
        rows: rows, columns: columns, x.pointer, weight: weight?.pointer, inverseDeviation: inverseDeviation.pointer,
        gradient.pointer, dx, dweight)
    }
  }
  return result
}

private func requireFeatures(_ name: StaticString, _ x: Tensor, _ weight: Tensor?, _ bias: Tensor?) {
  let columns = x.rowsAndColumns.columns
  require(
    x.rank >= 1 && (weight == nil || weight!.count == columns) && (bias == nil || bias!.count == columns),
    "\(name): input \(x.shape), weight \(weight?.shape.description ?? "none"), bias \(bias?.shape.description ?? "none")"
  )
}
