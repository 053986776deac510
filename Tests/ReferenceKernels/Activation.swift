import Foundation

extension Reference {
  /// The activation functions, numbered as in the C header.
  public enum Activation: Int, CaseIterable, Sendable {
    case identity, relu, leakyReLU, sigmoid, tanh, gelu, geluTanh, silu, elu, softplus, hardSigmoid, step

    public var backwardNeedsInput: Bool { [.gelu, .geluTanh, .silu, .softplus].contains(self) }
  }

  /// 1 / (1 + exp(−x)), to full relative accuracy on both sides.
  public static func sigmoid(_ x: Double) -> Double {
    x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))
  }

  /// P(X ≤ x) of the standard normal distribution.
  public static func normalCumulative(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

  /// f(x), or its limit at ±infinity.
  public static func activation(_ kind: Activation, _ p: Double, _ x: Double) -> Double {
    if x == -.infinity, kind == .gelu || kind == .geluTanh || kind == .silu { return 0 }
    switch kind {
    case .identity: return x
    case .relu: return x.isNaN ? x : max(x, 0)
    case .leakyReLU: return x > 0 || x.isNaN ? x : p * x
    case .sigmoid: return sigmoid(x)
    case .tanh: return Foundation.tanh(x)
    case .gelu: return x * normalCumulative(x)
    case .geluTanh: return x * sigmoid(2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))
    case .silu: return x * sigmoid(x)
    case .elu: return x > 0 || x.isNaN ? x : p * expm1(x)
    case .softplus: return max(x, 0) + log1p(exp(-abs(x)))
    case .hardSigmoid: return x.isNaN ? x : min(max(x / 6 + 0.5, 0), 1)
    case .step: return x >= 0 ? 1 : 0
    }
  }

  /// f′(x), written down from the formula of f, not from y, or its limit at large |x|. At NaN, ReLU, leaky ReLU and ELU
  /// have the slope of positive numbers.
  public static func activationDerivative(_ kind: Activation, _ p: Double, _ x: Double) -> Double {
    if abs(x) > 1000, kind.backwardNeedsInput { return x > 0 ? 1 : 0 }
    switch kind {
    case .identity: return 1
    case .relu: return x <= 0 ? 0 : 1
    case .leakyReLU: return x <= 0 ? p : 1
    case .sigmoid: return sigmoid(x) * sigmoid(-x)
    case .tanh: return 1 / (cosh(x) * cosh(x))
    case .gelu: return normalCumulative(x) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    case .geluTanh:
      let scale = (2 / Double.pi).squareRoot()
      let u = scale * (x + 0.044715 * x * x * x)
      return sigmoid(2 * u) + 0.5 * x / (cosh(u) * cosh(u)) * scale * (1 + 3 * 0.044715 * x * x)
    case .silu: return sigmoid(x) * (1 + x * sigmoid(-x))
    case .elu: return x <= 0 ? p * exp(x) : 1
    case .softplus: return sigmoid(x)
    case .hardSigmoid: return abs(x) < 3 ? 1.0 / 6 : 0
    case .step: return 0
    }
  }

  /// dy f′(x): 0 where f is flat, whatever dy is.
  public static func activationBackward(_ kind: Activation, _ p: Double, x: Double, dy: Double) -> Double {
    switch kind {
    case .relu, .hardSigmoid, .step:
      let slope = activationDerivative(kind, p, x)
      return slope == 0 ? 0 : dy * slope
    default: return dy * activationDerivative(kind, p, x)
    }
  }
}
