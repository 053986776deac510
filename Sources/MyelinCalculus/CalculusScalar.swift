import Foundation

/// A number that a function written once can be evaluated with: `Double` gives its value, `Dual` also the first
/// derivative, `HyperDual` also the second.
///
/// ```swift
/// func f<S: CalculusScalar>(_ x: S) -> S { (pow(x, 4) + 2) * cos(x) }
/// f(2.0)                      // -7.49…
/// derivative(at: 2, of: f)    // exact to rounding
/// derivative(at: 2) { x in (pow(x, 4) + 2) * cos(x) }
/// ```
/// Arithmetic, literals, and the functions of this file work on every such number.
public protocol CalculusScalar: Sendable, Equatable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A constant.
  init(_ value: Double)

  /// The value, without its derivatives.
  var value: Double { get }

  /// The sum, with its derivatives.
  static func + (left: Self, right: Self) -> Self
  /// The difference, with its derivatives.
  static func - (left: Self, right: Self) -> Self
  /// The product, with its derivatives.
  static func * (left: Self, right: Self) -> Self
  /// The quotient, with its derivatives.
  static func / (left: Self, right: Self) -> Self
  /// The negative, with its derivatives.
  static prefix func - (operand: Self) -> Self

  /// g(self) by the chain rule, for a function g with this value and these derivatives at `self.value`.
  func chain(_ value: Double, _ first: @autoclosure () -> Double, _ second: @autoclosure () -> Double) -> Self
}

extension CalculusScalar {
  /// A constant: its derivatives are 0.
  public init(floatLiteral value: Double) { self.init(value) }
  /// A constant: its derivatives are 0.
  public init(integerLiteral value: Int) { self.init(Double(value)) }

  // A literal beside a number is of its type; these are for `Double` variables.
  /// The sum with a constant.
  @_disfavoredOverload public static func + (left: Double, right: Self) -> Self { Self(left) + right }
  /// The sum with a constant.
  @_disfavoredOverload public static func + (left: Self, right: Double) -> Self { left + Self(right) }
  /// The difference of a constant.
  @_disfavoredOverload public static func - (left: Double, right: Self) -> Self { Self(left) - right }
  /// The difference from a constant.
  @_disfavoredOverload public static func - (left: Self, right: Double) -> Self { left - Self(right) }
  /// The product with a constant.
  @_disfavoredOverload public static func * (left: Double, right: Self) -> Self { Self(left) * right }
  /// The product with a constant.
  @_disfavoredOverload public static func * (left: Self, right: Double) -> Self { left * Self(right) }
  /// The quotient of a constant.
  @_disfavoredOverload public static func / (left: Double, right: Self) -> Self { Self(left) / right }
  /// The quotient by a constant.
  @_disfavoredOverload public static func / (left: Self, right: Double) -> Self { left / Self(right) }
}

extension Double: CalculusScalar {
  public var value: Double { self }

  public func chain(
    _ value: Double, _ first: @autoclosure () -> Double, _ second: @autoclosure () -> Double
  ) -> Double { value }
}

// MARK: Elementary functions

/// eˣ; the derivative is eˣ.
public func exp<S: CalculusScalar>(_ x: S) -> S {
  let e = Foundation.exp(x.value)
  return x.chain(e, e, e)
}

/// The natural logarithm; the derivative is 1/x.
public func log<S: CalculusScalar>(_ x: S) -> S {
  let v = x.value
  return x.chain(Foundation.log(v), 1 / v, -1 / (v * v))
}

/// The sine, in radians; the derivative is cos x.
public func sin<S: CalculusScalar>(_ x: S) -> S {
  let s = Foundation.sin(x.value)
  return x.chain(s, Foundation.cos(x.value), -s)
}

/// The cosine, in radians; the derivative is −sin x.
public func cos<S: CalculusScalar>(_ x: S) -> S {
  let c = Foundation.cos(x.value)
  return x.chain(c, -Foundation.sin(x.value), -c)
}

/// The tangent, in radians; the derivative is 1 + tan² x.
public func tan<S: CalculusScalar>(_ x: S) -> S {
  let t = Foundation.tan(x.value)
  return x.chain(t, 1 + t * t, 2 * t * (1 + t * t))
}

/// (eˣ − e⁻ˣ) / 2; the derivative is cosh x.
public func sinh<S: CalculusScalar>(_ x: S) -> S {
  let s = Foundation.sinh(x.value)
  return x.chain(s, Foundation.cosh(x.value), s)
}

/// (eˣ + e⁻ˣ) / 2; the derivative is sinh x.
public func cosh<S: CalculusScalar>(_ x: S) -> S {
  let c = Foundation.cosh(x.value)
  return x.chain(c, Foundation.sinh(x.value), c)
}

/// sinh x / cosh x; the derivative is 1 − tanh² x.
public func tanh<S: CalculusScalar>(_ x: S) -> S {
  let t = Foundation.tanh(x.value)
  // 1/cosh² keeps its digits where 1 − t² cancels.
  let c = 1 / Foundation.cosh(x.value)
  return x.chain(t, c * c, -2 * t * c * c)
}

/// The arc tangent, in radians; the derivative is 1 / (1 + x²).
public func atan<S: CalculusScalar>(_ x: S) -> S {
  let v = x.value
  let d = 1 / (1 + v * v)
  return x.chain(Foundation.atan(v), d, -2 * v * d * d)
}

/// The square root; the derivative is 1 / (2√x), infinite at 0.
public func sqrt<S: CalculusScalar>(_ x: S) -> S {
  let root = x.value.squareRoot()
  return x.chain(root, 0.5 / root, -0.25 / (root * x.value))
}

/// xⁿ for a whole exponent, also for negative x.
public func pow<S: CalculusScalar>(_ x: S, _ exponent: Int) -> S {
  let (v, n) = (x.value, Double(exponent))
  // At x = 0 the general formula would give 0 · ∞ for these.
  switch exponent {
  case 0: return x.chain(1, 0, 0)
  case 1: return x.chain(v, 1, 0)
  default:
    return x.chain(
      Foundation.pow(v, n), n * Foundation.pow(v, n - 1), n * (n - 1) * (exponent == 2 ? 1 : Foundation.pow(v, n - 2)))
  }
}

/// xᵃ for a constant exponent; x must be positive unless the exponent is whole.
@_disfavoredOverload
public func pow<S: CalculusScalar>(_ x: S, _ exponent: Double) -> S {
  if let whole = Int(exactly: exponent) { return pow(x, whole) }
  let v = x.value
  return x.chain(
    Foundation.pow(v, exponent), exponent * Foundation.pow(v, exponent - 1),
    exponent * (exponent - 1) * Foundation.pow(v, exponent - 2))
}

/// xʸ = exp(y log x) for positive x.
@_disfavoredOverload
public func pow<S: CalculusScalar>(_ x: S, _ exponent: S) -> S { exp(exponent * log(x)) }

/// |x|, with derivative 0 at 0, where it has none.
public func abs<S: CalculusScalar>(_ x: S) -> S {
  let v = x.value
  return x.chain(Swift.abs(v), v > 0 ? 1 : v < 0 ? -1 : 0, 0)
}

/// σ(x) = 1 / (1 + e⁻ˣ), σ′ = σ(1 − σ), without overflow for large |x|.
public func sigmoid<S: CalculusScalar>(_ x: S) -> S {
  let e = Foundation.exp(-Swift.abs(x.value))
  let (s, rest) = x.value >= 0 ? (1 / (1 + e), e / (1 + e)) : (e / (1 + e), 1 / (1 + e))
  return x.chain(s, s * rest, s * rest * (rest - s))
}

/// max(0, x), with derivative 0 at 0.
public func relu<S: CalculusScalar>(_ x: S) -> S { leakyReLU(x, slope: 0) }

/// x for x > 0, else slope · x.
public func leakyReLU<S: CalculusScalar>(_ x: S, slope: Double) -> S {
  let v = x.value
  return v > 0 || v.isNaN ? x.chain(v, 1, 0) : x.chain(slope * v, slope, 0)
}

/// softmax(x)ᵢ = exp(xᵢ) / Σⱼ exp(xⱼ), computed from xᵢ − max x so that nothing overflows.
public func softmax<S: CalculusScalar>(_ x: [S]) -> [S] {
  guard let largest = x.map(\.value).max() else { return [] }
  let powers = x.map { exp($0 - S(largest)) }
  let sum = powers.dropFirst().reduce(powers[0], +)
  return powers.map { $0 / sum }
}
