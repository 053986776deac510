/// How far the tape's gradients are from numerical ones.
public struct GradientCheck: Sendable {
  /// One compared derivative.
  public struct Difference: Sendable {
    /// The parameter's name; empty where no model has named it.
    public let parameter: String
    /// Which element of it, in row-major order.
    public let element: Int
    /// The derivative by the tape.
    public let backward: Float
    /// (f(w + h) − f(w − h)) / 2h.
    public let numerical: Float
    /// |backward − numerical| / max(1, |backward|, |numerical|)
    public let error: Float
  }
  /// The worst one found.
  public let worst: Difference
  /// How many derivatives were compared.
  public let comparisons: Int

  /// Whether the worst error is at most `tolerance`; false where it is NaN.
  public func isWithin(_ tolerance: Float) -> Bool { worst.error <= tolerance }
}

/// As ``checkGradients(of:step:limit:_:)``, for parameters and buffers that are no model.
public func checkGradients(
  of parameters: [Parameter], buffers: [Buffer] = [], step: Float = 1e-2, limit: Int = 64, _ function: () -> Tensor
) -> GradientCheck {
  require(!parameters.isEmpty, "checkGradients needs parameters")
  let snapshot = ModelSnapshot(buffers)
  defer { snapshot.putBack() }
  for parameter in parameters { parameter.gradient = nil }
  function().backward()
  let gradients = parameters.map { $0.gradient ?? Tensor(zeros: $0.shape) }
  for parameter in parameters { parameter.gradient = nil }

  var worst: GradientCheck.Difference?
  var comparisons = 0
  for (parameter, gradient) in zip(parameters, gradients) {
    let stride = max(1, parameter.count / max(limit, 1))
    for element in Swift.stride(from: 0, to: parameter.count, by: stride) {
      let original = parameter.mutablePointer()[element]
      func value(at shifted: Float) -> Float {
        parameter.mutablePointer()[element] = shifted
        snapshot.putBack()
        // Recording stays on, so that layers behave as in training.
        return function().scalar
      }
      let (upper, lower) = (original + step, original - step)
      let numerical = (value(at: upper) - value(at: lower)) / (upper - lower)
      parameter.mutablePointer()[element] = original
      let backward = gradient.pointer[element]
      let error = abs(backward - numerical) / max(1, abs(backward), abs(numerical))
      comparisons += 1
      // `!(<=)` so that a NaN counts as the worst.
      if worst == nil || !(error <= worst!.error) {
        worst = .init(
          parameter: parameter.name, element: element, backward: backward, numerical: numerical, error: error)
      }
    }
  }
  return GradientCheck(worst: worst!, comparisons: comparisons)
}
