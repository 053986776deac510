/// Stochastic gradient descent: w ← w − η v, with v = μ v + (1 − dampening) g (v = g at a
/// parameter's first step), or with Nesterov w ← w − η (g + μ v).
///
/// Weight decay λ adds λ w to g.
public final class SGD: Optimizer {
  public let momentum: Float
  public let dampening: Float
  public let nesterov: Bool

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
