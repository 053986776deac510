import Foundation

/// An activation function of one number: its value, derivative, range, and where it saturates. What networks train
/// with are the layers; these are the definitions to compute with by hand.
public enum ScalarActivation: Sendable, Hashable {
  /// 1 from 0 on, else 0.
  case step
  /// σ(x) = 1 / (1 + e⁻ˣ)
  case sigmoid
  /// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)
  case tanh
  /// max(0, x)
  case relu
  /// x for x > 0, else slope · x, with a small fixed slope.
  case leakyReLU(slope: Double = 0.01)
  /// As leaky, with a slope that is trained.
  case parametricReLU(slope: Double)
  /// As leaky, with a slope drawn anew in training from lower…upper; the mean of both outside training
  /// (Xu et al., "Empirical evaluation of rectified activations", 2015).
  case randomizedReLU(lower: Double = 1.0 / 8, upper: Double = 1.0 / 3)
  /// x, for a regression's output.
  case identity

  /// One of each, with the customary slopes.
  public static let all: [ScalarActivation] = [
    .step, .sigmoid, .tanh, .relu, .leakyReLU(), .parametricReLU(slope: 0.25), .randomizedReLU(),
  ]

  /// As people write it: `leaky ReLU`.
  public var name: String {
    switch self {
    case .step: "step"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .relu: "ReLU"
    case .leakyReLU: "leaky ReLU"
    case .parametricReLU: "parametric ReLU"
    case .randomizedReLU: "randomised ReLU"
    case .identity: "identity"
    }
  }

  /// The definition in one line, its slope put in.
  public var formula: String {
    switch self {
    case .step: "1 if x ≥ 0, else 0"
    case .sigmoid: "1 / (1 + e⁻ˣ)"
    case .tanh: "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)"
    case .relu: "max(0, x)"
    case .leakyReLU(let slope): "x if x > 0, else \(slope.text(digits: 4)) x"
    case .parametricReLU(let slope): "x if x > 0, else a x; a is trained, here \(slope.text(digits: 4))"
    case .randomizedReLU(let lower, let upper):
      "x if x > 0, else a x; a drawn from \(lower.text(digits: 3))…\(upper.text(digits: 3))"
    case .identity: "x"
    }
  }

  /// The derivative in one line.
  public var derivativeFormula: String {
    switch self {
    case .step: "0 (none at 0)"
    case .sigmoid: "σ(x)(1 − σ(x))"
    case .tanh: "1 − tanh² x"
    case .relu: "1 if x > 0, else 0"
    case .leakyReLU(let slope): "1 if x > 0, else \(slope.text(digits: 4))"
    case .parametricReLU, .randomizedReLU: "1 if x > 0, else a"
    case .identity: "1"
    }
  }

  /// The values that it takes, as an interval: `(0, 1)`.
  public var range: String {
    switch self {
    case .step: "{0, 1}"
    case .sigmoid: "(0, 1)"
    case .tanh: "(−1, 1)"
    case .relu: "[0, ∞)"
    case .leakyReLU(let slope), .parametricReLU(let slope): slope > 0 ? "(−∞, ∞)" : "[0, ∞)"
    case .randomizedReLU, .identity: "(−∞, ∞)"
    }
  }

  /// The function at x, with the derivatives that x carries.
  public func callAsFunction<S: CalculusScalar>(_ x: S) -> S {
    switch self {
    case .step: x.chain(x.value.isNaN ? .nan : x.value >= 0 ? 1 : 0, 0, 0)
    case .sigmoid: MyelinCalculus.sigmoid(x)
    case .tanh: MyelinCalculus.tanh(x)
    case .relu: MyelinCalculus.relu(x)
    case .leakyReLU(let slope), .parametricReLU(let slope): MyelinCalculus.leakyReLU(x, slope: slope)
    case .randomizedReLU(let lower, let upper): MyelinCalculus.leakyReLU(x, slope: (lower + upper) / 2)
    case .identity: x
    }
  }

  /// f′(x), by dual numbers.
  public func derivative(at x: Double) -> Double { MyelinCalculus.derivative(at: x) { self($0) } }

  /// Where the function saturates: the places beyond which |f′| stays under `share` of its largest value, so that a
  /// neuron there hardly learns. `nil` on a side that does not saturate.
  public func saturation(share: Double = 0.01) -> (below: Double?, above: Double?) {
    let far = 100.0
    let places = (0...4000).map { -far + Double($0) / 20 }
    let largest = places.map { Swift.abs(derivative(at: $0)) }.max() ?? 0
    let isFlat = { (x: Double) in Swift.abs(derivative(at: x)) < share * largest || largest == 0 }
    func end(_ sign: Double) -> Double? {
      guard isFlat(sign * far) else { return nil }
      guard let inner = places.filter({ !isFlat($0) }).max(by: { sign * $0 < sign * $1 }) else { return 0 }
      var (low, high) = (inner, inner + sign * 0.05)
      for _ in 0..<60 {
        let middle = (low + high) / 2
        if isFlat(middle) { high = middle } else { low = middle }
      }
      return high
    }
    return (end(-1), end(1))
  }
}
