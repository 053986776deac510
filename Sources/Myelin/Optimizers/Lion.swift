/// Lion (Chen et al. 2023): w ← w − η (sign(β₁ m + (1 − β₁) g) + λ w), then m = β₂ m + (1 − β₂) g. One state a parameter; η is some
/// three to ten times smaller than for ``AdamW``, λ as much larger.
///
/// With cautious decay (Liang et al. 2025) λ w counts only where the step already goes towards 0.
public final class Lion: Optimizer {
  /// β₁, the share of m in the step.
  public let beta1: Float
  /// β₂, the decay of m.
  public let beta2: Float
  /// Whether weights decay only where the step already goes towards 0.
  public let isDecayCautious: Bool

  /// An optimizer of these parameters, with m = 0.
  ///
  /// - Parameters:
  ///   - parameters: what it changes; at least one, none twice.
  ///   - learningRate: η.
  ///   - beta1: β₁, the share of m in the step.
  ///   - beta2: β₂, the decay of m.
  ///   - weightDecay: λ of all parameters.
  ///   - cautiousDecay: whether weights decay only where the step already goes towards 0.
  public init(
    _ parameters: [Parameter], learningRate: Float = 1e-4, beta1: Float = 0.9, beta2: Float = 0.99,
    weightDecay: Float = 0, cautiousDecay: Bool = false
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    isDecayCautious = cautiousDecay
    super.init(parameters, learningRate: learningRate, weightDecay: weightDecay)
  }

  /// What a parameter begins with: zeros.
  public override func makeState(for parameter: Parameter) -> [String: Tensor] {
    ["momentum": Tensor(zeros: parameter.shape)]
  }

  /// One step of one parameter.
  public override func update(_ parameter: Parameter, gradient: Tensor, state: inout State) {
    let direction = (beta1 * state["momentum"] + (1 - beta1) * gradient).sign()
    state["momentum"] = beta2 * state["momentum"] + (1 - beta2) * gradient
    let value = parameter.value
    parameter.value = value - state.learningRate * decayed(direction, value, state.weightDecay, isDecayCautious)
  }
}

/// u + λ w, or where it is to be cautious λ w only where u and w have one sign.
func decayed(_ direction: Tensor, _ value: Tensor, _ decay: Float, _ isCautious: Bool) -> Tensor {
  if decay == 0 { return direction }
  if !isCautious { return direction + decay * value }
  return direction + select(Tensor(0) .< direction * value, decay * value, Tensor(zeros: value.shape))
}
