/// Stochastic gradient descent: w ← w − η v, with v = μ v + (1 − dampening) g (v = g at a
/// parameter's first step), or with Nesterov w ← w − η (g + μ v).
///
/// Weight decay λ adds λ w to g.
public final class SGD: Optimizer {
  /// μ; 0 for none.
  public let momentum: Float
  /// What of a gradient is kept out of v, from the second step on.
  public let dampening: Float
  /// Whether the gradient is looked at one step ahead (Nesterov 1983).
  public let nesterov: Bool

  /// An optimizer of these parameters. Preconditions: at least one; Nesterov with a momentum and no dampening.
  public init(
    _ parameters: [Parameter], learningRate: Float, momentum: Float = 0, dampening: Float = 0, nesterov: Bool = false,
    weightDecay: Float = 0
  ) {
    require(!nesterov || (momentum > 0 && dampening == 0), "Nesterov needs a momentum and no dampening")
    self.momentum = momentum
    self.dampening = dampening
    self.nesterov = nesterov
    super.init(parameters, learningRate: learningRate, weightDecay: weightDecay)
  }

  override var kernelStateNames: [String] { momentum == 0 ? [] : ["momentum"] }

  override func kernelStep(gradientScale: Float) -> OptimizerStep? {
    .sgd(
      learningRate: learningRate, momentum: momentum, dampening: dampening, nesterov: nesterov,
      gradientScale: gradientScale)
  }
}
