/// The smallest network with depth: one neuron a layer. zₗ = wₗ aₗ₋₁ + bₗ, aₗ = f(zₗ), E = (y − a_L)².
///
/// Back-propagation through it can be read off line by line: ∂E/∂wₗ is a product of local derivatives, and the
/// products for two layers share all factors above the upper one.
public struct ScalarChain: Sendable, Equatable {
  /// wₗ of each layer.
  public var weights: [Double]
  /// bₗ of each layer.
  public var biases: [Double]
  /// σ, the same in each layer.
  public var activation: ScalarActivation
  /// a₀
  public var input: Double
  /// y
  public var target: Double

  /// A chain of as many layers as weights; without biases they are 0. Precondition: at least one, and as many biases.
  public init(
    weights: [Double], biases: [Double]? = nil, activation: ScalarActivation = .sigmoid, input: Double, target: Double
  ) {
    require(
      !weights.isEmpty && (biases ?? weights).count == weights.count,
      "ScalarChain: \(weights.count) weights and \((biases ?? weights).count) biases")
    self.weights = weights
    self.biases = biases ?? Array(repeating: 0, count: weights.count)
    self.activation = activation
    self.input = input
    self.target = target
  }

  /// All values on the way: `sums[l]` is zₗ₊₁, `outputs[l]` is aₗ with outputs[0] = a₀.
  public struct Forward: Sendable, Equatable {
    /// z₁ … z_L
    public var sums: [Double]
    /// a₀ … a_L
    public var outputs: [Double]
    /// E
    public var error: Double
  }

  /// Goes through the layers and keeps what it meets.
  public func forward() -> Forward {
    var outputs = [input]
    var sums: [Double] = []
    for (weight, bias) in zip(weights, biases) {
      sums.append(weight * outputs[outputs.count - 1] + bias)
      outputs.append(activation(sums[sums.count - 1]))
    }
    let difference = target - outputs[outputs.count - 1]
    return Forward(sums: sums, outputs: outputs, error: difference * difference)
  }

  /// One local derivative of the chain rule.
  public struct Factor: Sendable, Equatable {
    /// Such as ∂a₂/∂z₂
    public var name: String
    /// What it is for this network, such as σ′(z₂) or w₂
    public var formula: String
    /// The derivative's value there.
    public var value: Double
  }

  /// The factors of ∂E/∂w of a layer (1 is the first), from the error downwards; their product is the derivative.
  public func factors(ofWeight layer: Int) -> [Factor] {
    require((1...weights.count).contains(layer), "ScalarChain: layer \(layer) of \(weights.count)")
    let values = forward()
    let last = weights.count
    let prime = activation == .sigmoid ? "σ′" : "f′"
    var result = [
      Factor(
        name: "∂E/∂a\(lowered(last))", formula: "−2(y − a\(lowered(last)))",
        value: -2 * (target - values.outputs[last]))
    ]
    for l in stride(from: last, through: layer, by: -1) {
      result.append(
        Factor(
          name: "∂a\(lowered(l))/∂z\(lowered(l))", formula: "\(prime)(z\(lowered(l)))",
          value: activation.derivative(at: values.sums[l - 1])))
      if l > layer {
        result.append(
          Factor(
            name: "∂z\(lowered(l))/∂a\(lowered(l - 1))", formula: "w\(lowered(l))", value: weights[l - 1]))
      }
    }
    result.append(
      Factor(
        name: "∂z\(lowered(layer))/∂w\(lowered(layer))", formula: "a\(lowered(layer - 1))",
        value: values.outputs[layer - 1]))
    return result
  }

  /// ∂E/∂w and ∂E/∂b of every layer, by back-propagation.
  public func gradient() -> (weights: [Double], biases: [Double]) {
    let values = forward()
    let last = weights.count
    var (weightGradient, biasGradient) = (weights, biases)
    var flowing = -2 * (target - values.outputs[last])
    for l in stride(from: last, through: 1, by: -1) {
      flowing *= activation.derivative(at: values.sums[l - 1])
      weightGradient[l - 1] = flowing * values.outputs[l - 1]
      biasGradient[l - 1] = flowing
      flowing *= weights[l - 1]
    }
    return (weightGradient, biasGradient)
  }

  /// After one step of gradient descent on the weights, and on the biases if asked.
  public func updated(learningRate: Double, includingBiases: Bool = false) -> ScalarChain {
    let gradient = gradient()
    var result = self
    for l in weights.indices {
      result.weights[l] -= learningRate * gradient.weights[l]
      if includingBiases { result.biases[l] -= learningRate * gradient.biases[l] }
    }
    return result
  }

  private func lowered(_ index: Int) -> String { String(index).subscripted }
}

extension String {
  /// The digits of the text as Unicode subscripts: "12" becomes "₁₂".
  package var subscripted: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { scalar in
          ("0"..."9").contains(scalar) ? Unicode.Scalar(scalar.value - 0x30 + 0x2080)! : scalar
        }))
  }
}
