import Myelin

/// A multilayer perceptron: dense layers, each but the last followed by an activation and dropout.
///
/// ```swift
/// let model = MLP([64, 128, 10])                                 // 64 inputs, 128 hidden units, 10 outputs
/// let model = MLP([784, 512, 256, 10], activation: .gelu, dropout: 0.2)
/// ```
/// x [N, …] is flattened to [N, inputs]; the result [N, outputs] has no activation.
public final class MLP: StoredNetwork {
  /// All that makes an MLP: written beside its weights, it builds the same network again.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = MLP
    /// How a model's file names it.
    public static let kind = "mlp"

    /// Inputs, hidden layers, outputs.
    public var sizes: [Int]
    /// After each layer but the last.
    public var activation: Activation
    /// Probability of dropping the output of a hidden unit.
    public var dropout: Float
    /// Probability of dropping an input.
    public var inputDropout: Float

    /// Settings of an MLP; they are checked when it is made.
    public init(sizes: [Int], activation: Activation = .relu, dropout: Float = 0, inputDropout: Float = 0) {
      self.sizes = sizes
      self.activation = activation
      self.dropout = dropout
      self.inputDropout = inputDropout
    }

    /// Scalars in all weights and biases; nil beyond what an Int can count.
    public var parameterCount: Int? {
      var sum = 0
      for (inputs, outputs) in zip(sizes, sizes.dropFirst()) {
        // A row of weights for each input, and one of biases.
        let (product, isTooLarge) = (inputs + 1).multipliedReportingOverflow(by: outputs)
        let (next, isSumTooLarge) = sum.addingReportingOverflow(product)
        if isTooLarge || isSumTooLarge { return nil }
        sum = next
      }
      return sum
    }

    /// Numbers that it takes for a row.
    public var inputCount: Int { sizes.first ?? 0 }

    /// Numbers that it gives for a row.
    public var outputCount: Int { sizes.last ?? 0 }

    /// What it takes in memory.
    public var size: NetworkSize {
      let layers = sizes.dropFirst().dropLast().map(String.init).joined(separator: ",")
      return NetworkSize(
        parameterCount: parameterCount, activationCount: sizes.reduce(0, +),
        description: "layers \(layers.isEmpty ? "0" : layers)")
    }

    /// Whether a network can be built of it; one read from a file may be anything.
    public var isConsistent: Bool {
      sizes.count >= 2 && sizes.allSatisfy { $0 > 0 && $0 <= 1 << 24 } && (0..<1).contains(dropout)
        && (0..<1).contains(inputDropout) && parameterCount != nil
    }
  }

  /// The dense layers, from the input to the output.
  public let layers: [Dense]
  /// What it was made of.
  public let configuration: Configuration
  private let inputDropout: Dropout?
  private let dropout: Dropout?

  /// Precondition: at least two sizes, each at least 1; probabilities in 0 ..< 1.
  public init(_ configuration: Configuration) {
    let sizes = configuration.sizes
    require(sizes.count >= 2, "MLP: sizes \(sizes) need an input and an output")
    self.configuration = configuration
    layers = zip(sizes, sizes.dropFirst()).enumerated().map { index, size in
      Dense(size.0, size.1, activation: index == sizes.count - 2 ? .identity : configuration.activation)
    }
    inputDropout = configuration.inputDropout == 0 ? nil : Dropout(configuration.inputDropout)
    dropout = configuration.dropout == 0 ? nil : Dropout(configuration.dropout)
  }

  /// As `init(_:)` with a configuration of these settings.
  public convenience init(
    _ sizes: [Int], activation: Activation = .relu, dropout: Float = 0, inputDropout: Float = 0
  ) {
    self.init(.init(sizes: sizes, activation: activation, dropout: dropout, inputDropout: inputDropout))
  }

  /// x [N, …] to [N, outputs], without an activation at the end: logits, or a regression's numbers.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    var value = x.rank == 2 ? x : x.flattened()
    if let inputDropout { value = inputDropout(value) }
    for (index, layer) in layers.enumerated() {
      value = layer(value)
      if index < layers.count - 1, let dropout { value = dropout(value) }
    }
    return value
  }
}
