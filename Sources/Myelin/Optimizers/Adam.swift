/// Adam (Kingma & Ba 2015): m = β₁ m + (1 − β₁) g, v = β₂ v + (1 − β₂) g², w ← w − η m̂ / (√v̂ + ε).
///
/// Weight decay λ adds λ w to g; in ``AdamW`` it shrinks w by η λ instead.
public class Adam: Optimizer {
  /// β₁, the decay of the mean gradient.
  public let beta1: Float
  /// β₂, the decay of the mean squared gradient.
  public let beta2: Float
  /// ε, outside the square root and after the bias correction, as in the paper and PyTorch.
  public let epsilon: Float
  let decoupledWeightDecay: Bool

  /// An optimizer of these parameters, with m = v = 0. Precondition: at least one.
  public init(
    _ parameters: [Parameter], learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999,
    epsilon: Float = 1e-8, weightDecay: Float = 0
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    decoupledWeightDecay = false
    super.init(parameters, learningRate: learningRate, weightDecay: weightDecay)
  }

  init(
    _ parameters: [Parameter], learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float,
    decoupled: Bool
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    decoupledWeightDecay = decoupled
    super.init(parameters, learningRate: learningRate, weightDecay: weightDecay)
  }

  override var kernelStateNames: [String] { ["firstMoment", "secondMoment"] }

  override func kernelStep(gradientScale: Float) -> OptimizerStep? {
    .adam(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      decoupledWeightDecay: decoupledWeightDecay, gradientScale: gradientScale)
  }
}

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019): w ← w − η λ w before Adam's own step.
public final class AdamW: Adam {
  /// An optimizer of these parameters, with m = v = 0. Precondition: at least one.
  public override init(
    _ parameters: [Parameter], learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999,
    epsilon: Float = 1e-8, weightDecay: Float = 0.01
  ) {
    super.init(
      parameters, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
      decoupled: true)
  }
}
