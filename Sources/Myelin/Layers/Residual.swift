/// x + body(x), and what follows (He et al. 2016): activation(body(x) + shortcut(x)).
///
/// ```swift
/// let block = Residual(activation: .relu) {
///   Dense(64, 64, activation: .relu)
///   Dense(64, 64)
/// }
/// ```
public struct Residual<Body: Module<Tensor, Tensor>>: Module {
  /// What is added to x.
  public let body: Body
  /// What x goes through beside the body, where its shape changes; nil for x itself.
  public let shortcut: (any Module<Tensor, Tensor>)?
  /// What is applied to the sum.
  public let activation: Activation

  /// A block around a body of any kind.
  public init(_ body: Body, shortcut: (any Module<Tensor, Tensor>)? = nil, activation: Activation = .identity) {
    self.body = body
    self.shortcut = shortcut
    self.activation = activation
  }

  /// activation(body(x) + shortcut(x)). Precondition: both have one shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let sum = body(x)
    let beside = shortcut.map { $0(x) } ?? x
    require(
      sum.shape == beside.shape, "Residual: the body gives \(sum.shape), the way beside it \(beside.shape)")
    return activation(sum + beside)
  }
}

extension Residual where Body == Sequential<Tensor, Tensor> {
  /// A block around the listed layers.
  public init(
    shortcut: (any Module<Tensor, Tensor>)? = nil, activation: Activation = .identity,
    @LayerBuilder _ layers: () -> LayerLink<Tensor, Tensor>
  ) {
    self.init(Sequential(layers), shortcut: shortcut, activation: activation)
  }
}

/// Squeeze and excitation (Hu et al. 2018): each channel of an image times a factor in 0 … 1 that a small network makes of
/// the means of all: y = x σ(W₂ relu(W₁ mean(x))).
///
/// x is [batch, height, width, channels].
public final class SqueezeExcitation: Module, CustomStringConvertible {
  /// W₁ with its bias: channels to channels / reduction.
  public let squeeze: Dense
  /// W₂ with its bias: back to a factor a channel.
  public let excitation: Dense
  /// Size of x's last axis.
  public let channels: Int

  /// - Parameters:
  ///   - channels: size of x's last axis.
  ///   - reduction: how many times fewer numbers are between the two layers, at least one.
  ///   - generator: what the initial weights are drawn from.
  public init(_ channels: Int, reduction: Int = 16, generator: RandomGenerator = .shared) {
    require(channels > 0 && reduction > 0, "SqueezeExcitation(\(channels), reduction: \(reduction)): sizes start at 1")
    self.channels = channels
    let between = max(1, channels / reduction)
    squeeze = Dense(channels, between, activation: .relu, generator: generator)
    excitation = Dense(between, channels, activation: .sigmoid, generator: generator)
  }

  /// x with each channel of each image scaled. Precondition: four axes, the last of the layer's channels.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      require(x.rank == 4 && x.shape[3] == channels, "SqueezeExcitation: input \(x.shape) for \(channels) channels")
      let means = x.reshaped([x.shape[0], x.shape[1] * x.shape[2], channels]).mean(axis: 1)
      return x * excitation(squeeze(means)).reshaped([x.shape[0], 1, 1, channels])
    }
  }

  public var description: String { "SqueezeExcitation(\(channels))" }
}
