// Activation functions as layers of their own. Where one follows a Dense layer, `Dense(…, activation:)` is faster.

/// An activation function without parameters of its own, as a layer.
public class ActivationLayer: Module, CustomStringConvertible {
  /// The function.
  public let activation: Activation

  /// A layer that applies `activation` to each element.
  public init(_ activation: Activation) { self.activation = activation }

  /// The function of each element, in x's shape.
  public final func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { activation(x) }
  }

  public var description: String { "\(type(of: self))" }
}

/// max(x, 0)
public final class ReLU: ActivationLayer {
  /// A layer without settings.
  public init() { super.init(.relu) }
}

/// x for x > 0, else slope · x (Maas et al. 2013).
public final class LeakyReLU: ActivationLayer {
  /// The factor of x below 0.
  public let slope: Float

  /// A layer with a fixed slope below 0.
  public init(slope: Float = 0.01) {
    self.slope = slope
    super.init(.leakyReLU(slope: slope))
  }

  public override var description: String { "LeakyReLU(\(slope))" }
}

/// 1 / (1 + e⁻ˣ)
public final class Sigmoid: ActivationLayer {
  /// A layer without settings.
  public init() { super.init(.sigmoid) }
}

/// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)
public final class Tanh: ActivationLayer {
  /// A layer without settings.
  public init() { super.init(.tanh) }
}

/// x Φ(x) (Hendrycks & Gimpel 2016), or its approximation x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))).
public final class GELU: ActivationLayer {
  /// Whether the form with tanh is computed.
  public let isApproximate: Bool

  /// The exact function, or the approximation with tanh.
  public init(approximate: Bool = false) {
    isApproximate = approximate
    super.init(approximate ? .geluTanh : .gelu)
  }

  public override var description: String { isApproximate ? "GELU(approximate)" : "GELU" }
}

/// x σ(x) (Elfwing et al. 2018), also called swish.
public final class SiLU: ActivationLayer {
  /// A layer without settings.
  public init() { super.init(.silu) }
}

/// x for x > 0, else α (eˣ − 1) (Clevert et al. 2016).
public final class ELU: ActivationLayer {
  /// −α is what large negative x tend to.
  public let alpha: Float

  /// A layer with a fixed α.
  public init(alpha: Float = 1) {
    self.alpha = alpha
    super.init(.elu(alpha: alpha))
  }

  public override var description: String { "ELU(\(alpha))" }
}

/// log(1 + eˣ)
public final class Softplus: ActivationLayer {
  /// A layer without settings.
  public init() { super.init(.softplus) }
}

/// min(max(x/6 + 1/2, 0), 1)
public final class HardSigmoid: ActivationLayer {
  /// A layer without settings.
  public init() { super.init(.hardSigmoid) }
}

/// 1 for x ≥ 0, else 0: Rosenblatt's threshold. Its derivative is 0, so nothing before it learns.
public final class Step: ActivationLayer {
  /// A layer without settings.
  public init() { super.init(.step) }
}

/// eˣ / Σ eˣ over the last axis. For training use ``softmaxCrossEntropy(_:_:classWeights:sampleWeights:labelSmoothing:)``
/// on what goes in here.
public final class Softmax: Module, CustomStringConvertible {
  /// A layer without settings.
  public init() {}

  /// The probabilities of each row, in x's shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { softmax(x) }
  }

  public var description: String { "Softmax" }
}

/// x − log Σ eˣ over the last axis.
public final class LogSoftmax: Module, CustomStringConvertible {
  /// A layer without settings.
  public init() {}

  /// The logarithms of each row's probabilities, in x's shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { logSoftmax(x) }
  }

  public var description: String { "LogSoftmax" }
}

/// [N, …] as [N, rest].
public final class Flatten: Module, CustomStringConvertible {
  /// A layer without settings.
  public init() {}

  /// x with all axes after the first as one.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { x.flattened() }
  }

  public var description: String { "Flatten" }
}
