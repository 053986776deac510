/// RMSProp (Tieleman & Hinton 2012): v = α v + (1 − α) g², u = g / (√v + ε), w ← w − η u, or with momentum μ
/// b = μ b + u, w ← w − η b.
///
/// Weight decay λ adds λ w to g.
public final class RMSProp: Optimizer {
  /// α, the decay of the mean squared gradient.
  public let alpha: Float
  /// ε, outside the square root.
  public let epsilon: Float
  /// μ; 0 for none.
  public let momentum: Float

  /// An optimizer of these parameters, with v = b = 0. Precondition: at least one.
  public init(
    _ parameters: [Parameter], learningRate: Float = 1e-2, alpha: Float = 0.99, epsilon: Float = 1e-8,
    momentum: Float = 0, weightDecay: Float = 0
  ) {
    self.alpha = alpha
    self.epsilon = epsilon
    self.momentum = momentum
    super.init(parameters, learningRate: learningRate, weightDecay: weightDecay)
  }

  override var kernelStateNames: [String] {
    momentum == 0 ? ["squareAverage"] : ["squareAverage", "momentum"]
  }

  override func kernelStep(gradientScale: Float) -> OptimizerStep? {
    .rmsprop(
      learningRate: learningRate, alpha: alpha, epsilon: epsilon, momentum: momentum, gradientScale: gradientScale)
  }
}
