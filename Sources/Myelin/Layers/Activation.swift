/// An activation function that a layer applies to its result, fused into the layer's own kernel.
///
/// At a kink the derivative is the one from the left (0 for ReLU at 0).
public enum Activation: Sendable, Hashable {
  /// x
  case identity
  /// max(x, 0)
  case relu
  /// x for x > 0, else slope · x
  case leakyReLU(slope: Float = 0.01)
  /// 1 / (1 + e⁻ˣ)
  case sigmoid
  case tanh
  /// x Φ(x), exact (Hendrycks & Gimpel 2016)
  case gelu
  /// x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))
  case geluTanh
  /// x σ(x), also called swish
  case silu
  /// x for x > 0, else α (eˣ − 1) (Clevert et al. 2016)
  case elu(alpha: Float = 1)
  /// log(1 + eˣ)
  case softplus
  /// min(max(x/6 + 1/2, 0), 1)
  case hardSigmoid
  /// 1 for x ≥ 0, else 0; its derivative is 0, so nothing learns through it
  case step
}
