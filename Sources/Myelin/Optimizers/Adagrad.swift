/// Adagrad (Duchi et al. 2011): s = s + g², w ← w − η g / (√s + ε). For sparse gradients, as of embeddings.
///
/// Weight decay λ adds λ w to g.
public final class Adagrad: Optimizer {
  /// ε, outside the square root.
  public let epsilon: Float

  /// An optimizer of these parameters, with s = 0. Precondition: at least one.
  public init(_ parameters: [Parameter], learningRate: Float = 1e-2, epsilon: Float = 1e-10, weightDecay: Float = 0) {
    self.epsilon = epsilon
    super.init(parameters, learningRate: learningRate, weightDecay: weightDecay)
  }

  override var kernelStateNames: [String] { ["squareSum"] }

  override func kernelStep(gradientScale: Float) -> OptimizerStep? {
    .adagrad(learningRate: learningRate, epsilon: epsilon, gradientScale: gradientScale)
  }
}
