#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// LAMB (You et al. 2020), for large batches: Adam's step u = m̂ / (√v̂ + ε) + λ w of each parameter, at a length that goes with the
/// parameter's own: w ← w − η (‖w‖ / ‖u‖) u, with 1 in the place of a ratio of 0 or by 0.
public final class LAMB: Optimizer {
  /// β₁, the decay of the mean gradient.
  public let beta1: Float
  /// β₂, the decay of the mean squared gradient.
  public let beta2: Float
  /// ε, outside the square root.
  public let epsilon: Float

  /// An optimizer of these parameters, with m = v = 0.
  ///
  /// - Parameters:
  ///   - parameters: what it changes; at least one, none twice.
  ///   - learningRate: η.
  ///   - beta1: β₁, the decay of the mean gradient.
  ///   - beta2: β₂, the decay of the mean squared gradient.
  ///   - epsilon: ε, outside the square root.
  ///   - weightDecay: λ of all parameters.
  public init(
    _ parameters: [Parameter], learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999,
    epsilon: Float = 1e-6, weightDecay: Float = 0.01
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    super.init(parameters, learningRate: learningRate, weightDecay: weightDecay)
  }

  /// What a parameter begins with: zeros.
  public override func makeState(for parameter: Parameter) -> [String: Tensor] {
    ["firstMoment": Tensor(zeros: parameter.shape), "secondMoment": Tensor(zeros: parameter.shape)]
  }

  /// One step of one parameter.
  public override func update(_ parameter: Parameter, gradient: Tensor, state: inout State) {
    let step = adamDirection(gradient, &state, beta1: beta1, beta2: beta2, epsilon: epsilon)
    let value = parameter.value
    let direction = step + state.weightDecay * value
    let (length, wanted) = (direction.norm().scalar, value.norm().scalar)
    let ratio = length > 0 && wanted > 0 ? wanted / length : 1
    parameter.value = value - (state.learningRate * ratio) * direction
  }
}

/// m̂ / (√v̂ + ε), with the states `firstMoment` and `secondMoment` brought on by the gradient.
func adamDirection(
  _ gradient: Tensor, _ state: inout Optimizer.State, beta1: Float, beta2: Float, epsilon: Float
) -> Tensor {
  let first = beta1 * state["firstMoment"] + (1 - beta1) * gradient
  let second = beta2 * state["secondMoment"] + (1 - beta2) * gradient.squared()
  (state["firstMoment"], state["secondMoment"]) = (first, second)
  let step = Double(state.step)
  let firstShare = Float(1 - pow(Double(beta1), step)), secondShare = Float(1 - pow(Double(beta2), step))
  return first * (1 / firstShare) / (sqrt(second * (1 / secondShare)) + epsilon)
}
