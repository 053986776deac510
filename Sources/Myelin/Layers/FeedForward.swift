/// What follows attention in a transformer's block: two dense layers, the first one wider, with a bend between them.
///
/// x [..., features] gives [..., features].
public final class FeedForward: Module, CustomStringConvertible {
  /// The bend.
  public enum Form: String, Codable, Hashable, Sendable, CaseIterable {
    /// W₂ gelu(W₁ x), exact (Hendrycks & Gimpel 2016)
    case gelu
    /// W₂ gelu(W₁ x) by tanh, as GPT-2 has it
    case geluTanh
    /// W₂ max(W₁ x, 0)
    case relu
    /// W₂ max(W₁ x, 0)² (So et al. 2021)
    case reluSquared
    /// W₂ (silu(W₃ x) · W₁ x) (Shazeer 2020)
    case swiGLU

    fileprivate var activation: Activation {
      switch self {
      case .gelu: .gelu
      case .geluTanh: .geluTanh
      case .relu, .reluSquared: .relu
      case .swiGLU: .identity
      }
    }
  }

  /// W₁.
  public let expansion: Dense
  /// W₃; nil but for SwiGLU.
  public let gate: Dense?
  /// W₂.
  public let contraction: Dense
  /// The bend.
  public let form: Form

  /// - Parameters:
  ///   - features: size of x's last axis.
  ///   - hidden: features between the two layers.
  ///   - form: the bend.
  ///   - bias: whether the dense layers have one.
  ///   - initializer: how the weights start; nil for the usual start.
  ///   - outputInitializer: how the last layer's weights start; nil for as the others.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ features: Int, hidden: Int, form: Form = .gelu, bias: Bool = true, initializer: Initializer? = nil,
    outputInitializer: Initializer? = nil, generator: RandomGenerator = .shared
  ) {
    self.form = form
    expansion = Dense(
      features, hidden, activation: form.activation, bias: bias, initializer: initializer, generator: generator)
    gate =
      form == .swiGLU
      ? Dense(features, hidden, activation: .silu, bias: bias, initializer: initializer, generator: generator) : nil
    contraction = Dense(
      hidden, features, bias: bias, initializer: outputInitializer ?? initializer, generator: generator)
  }

  /// x [..., features] to [..., features].
  public func callAsFunction(_ x: Tensor) -> Tensor {
    var y = expansion(x)
    if let gate { y = gate(x) * y }
    if form == .reluSquared { y = y.squared() }
    return contraction(y)
  }

  public var description: String { "FeedForward(\(expansion.inputs), hidden: \(expansion.outputs), \(form.rawValue))" }
}
