import Foundation

extension Reference {
  /// One element of a parameter and its optimizer state.
  public struct Element {
    public var value, state1, state2: Double

    public init(value: Double, state1: Double = 0, state2: Double = 0) {
      (self.value, self.state1, self.state2) = (value, state1, state2)
    }
  }

  public static func sgd(
    _ e: inout Element, gradient: Double, rate: Double, momentum: Double, dampening: Double, nesterov: Bool,
    first: Bool,
    decay: Double
  ) {
    let g = gradient + (decay == 0 ? 0 : decay * e.value)
    if momentum == 0 {
      e.value -= rate * g
      return
    }
    e.state1 = first ? g : momentum * e.state1 + (1 - dampening) * g
    e.value -= rate * (nesterov ? g + momentum * e.state1 : e.state1)
  }

  /// Kingma & Ba 2015, algorithm 1; decoupled decay as in Loshchilov & Hutter 2019, algorithm 2.
  public static func adam(
    _ e: inout Element, gradient: Double, rate: Double, beta1: Double, beta2: Double, epsilon: Double, step: Int,
    decay: Double, decoupled: Bool
  ) {
    var g = gradient
    if decay != 0 {
      if decoupled { e.value -= rate * decay * e.value } else { g += decay * e.value }
    }
    e.state1 = beta1 * e.state1 + (1 - beta1) * g
    e.state2 = beta2 * e.state2 + (1 - beta2) * g * g
    let m = e.state1 / (1 - pow(beta1, Double(step)))
    let v = e.state2 / (1 - pow(beta2, Double(step)))
    e.value -= rate * m / (v.squareRoot() + epsilon)
  }

  public static func rmsProp(
    _ e: inout Element, gradient: Double, rate: Double, alpha: Double, epsilon: Double, momentum: Double, decay: Double
  ) {
    let g = gradient + (decay == 0 ? 0 : decay * e.value)
    e.state1 = alpha * e.state1 + (1 - alpha) * g * g
    let u = g / (e.state1.squareRoot() + epsilon)
    e.state2 = momentum * e.state2 + u
    e.value -= rate * e.state2
  }

  public static func adagrad(_ e: inout Element, gradient: Double, rate: Double, epsilon: Double, decay: Double) {
    let g = gradient + (decay == 0 ? 0 : decay * e.value)
    e.state1 += g * g
    e.value -= rate * g / (e.state1.squareRoot() + epsilon)
  }
}
