// Looking at all gradients, and bounding them, between `backward()` and `step()`.

extension Optimizer {
  /// The Euclidean norm of all gradients together; inf or NaN where one of them is.
  public var gradientNorm: Float {
    fillTable(forStep: false)
    return Kernels.gradientNorm(table)
  }

  /// Scales all gradients together so that their Euclidean norm is at most `limit` (Pascanu et al. 2013).
  ///
  /// - Returns: the norm before. Where it is not finite, nothing is changed: look before the next step.
  @discardableResult
  public func clipGradients(norm limit: Float) -> Float {
    require(limit > 0, "clipGradients: a norm of at most \(limit)")
    let norm = gradientNorm
    if norm.isFinite && norm > limit {
      for (gradient, count) in presentGradients { Kernels.scaleShift(count, limit / norm, gradient, 0, gradient) }
    }
    return norm
  }

  /// Limits each element of the gradients to ± `limit`. NaN stays.
  public func clipGradients(value limit: Float) {
    require(limit > 0, "clipGradients: values of at most \(limit)")
    let (upper, lower) = (Tensor(limit), Tensor(-limit))
    for (gradient, count) in presentGradients {
      let shape = Shape(count)
      Kernels.binary(.minimum, shape, gradient, shape, upper.pointer, upper.shape, gradient)
      Kernels.binary(.maximum, shape, gradient, shape, lower.pointer, lower.shape, gradient)
    }
  }

  /// Names of the parameters whose gradient has an element that is infinite or no number.
  public var parametersWithNonFiniteGradients: [String] {
    parameters.filter { parameter in
      guard parameter.node.hasGradient, let gradient = parameter.node.gradient, parameter.count > 0 else {
        return false
      }
      // Both are NaN where one element is. A norm would not do: it overflows where each element is still finite.
      var extremes: (max: Float, min: Float) = (0, 0)
      Kernels.reduce(.max, outer: 1, length: parameter.count, inner: 1, gradient.floats, &extremes.max)
      Kernels.reduce(.min, outer: 1, length: parameter.count, inner: 1, gradient.floats, &extremes.min)
      return !(extremes.max.isFinite && extremes.min.isFinite)
    }.map(\.name)
  }

  private var presentGradients: [(gradient: MutableFloatPointer, count: Int)] {
    parameters.indices.compactMap { index in
      presentGradient(index).map { ($0.floats, parameters[index].count) }
    }
  }
}
