/// a + b·ε with ε² = 0: a value and its derivative, carried through a computation together (forward-mode
/// differentiation). Exact to rounding: nothing is approximated by a difference.
public struct Dual: CalculusScalar {
  /// a
  public var value: Double
  /// The coefficient of ε: the derivative along the direction the inputs were given.
  public var derivative: Double

  public init(_ value: Double) { self.init(value, derivative: 0) }

  /// A value with its derivative: 1 for the variable itself, 0 for a constant.
  public init(_ value: Double, derivative: Double) {
    self.value = value
    self.derivative = derivative
  }

  /// The sum rule.
  public static func + (left: Dual, right: Dual) -> Dual {
    Dual(left.value + right.value, derivative: left.derivative + right.derivative)
  }

  /// The sum rule, with the second negated.
  public static func - (left: Dual, right: Dual) -> Dual {
    Dual(left.value - right.value, derivative: left.derivative - right.derivative)
  }

  /// The product rule.
  public static func * (left: Dual, right: Dual) -> Dual {
    Dual(left.value * right.value, derivative: left.derivative * right.value + left.value * right.derivative)
  }

  /// The quotient rule, as (u′ − q v′) / v.
  public static func / (left: Dual, right: Dual) -> Dual {
    let quotient = left.value / right.value
    return Dual(quotient, derivative: (left.derivative - quotient * right.derivative) / right.value)
  }

  /// −a − b·ε
  public static prefix func - (operand: Dual) -> Dual {
    Dual(-operand.value, derivative: -operand.derivative)
  }

  public func chain(
    _ value: Double, _ first: @autoclosure () -> Double, _ second: @autoclosure () -> Double
  ) -> Dual {
    // A constant stays one where the outer derivative is infinite.
    Dual(value, derivative: derivative == 0 ? 0 : first() * derivative)
  }
}

/// a + b·ε₁ + c·ε₂ + d·ε₁ε₂ with ε₁² = ε₂² = 0: a value, two first derivatives and the second derivative along both
/// directions (Fike and Alonso, "The development of hyper-dual numbers", 2011). Exact to rounding.
public struct HyperDual: CalculusScalar {
  /// a
  public var value: Double
  /// The coefficient of ε₁: the derivative along the first direction.
  public var first: Double
  /// The coefficient of ε₂: the derivative along the second direction.
  public var second: Double
  /// The coefficient of ε₁ε₂.
  public var mixed: Double

  public init(_ value: Double) { self.init(value, first: 0, second: 0) }

  /// A value with its derivatives: `first` and `second` are 1 for a variable along its own directions.
  public init(_ value: Double, first: Double, second: Double, mixed: Double = 0) {
    self.value = value
    self.first = first
    self.second = second
    self.mixed = mixed
  }

  /// The sum, part by part.
  public static func + (left: HyperDual, right: HyperDual) -> HyperDual {
    HyperDual(
      left.value + right.value, first: left.first + right.first, second: left.second + right.second,
      mixed: left.mixed + right.mixed)
  }

  /// The difference, part by part.
  public static func - (left: HyperDual, right: HyperDual) -> HyperDual {
    left + -right
  }

  /// The product rule, twice.
  public static func * (left: HyperDual, right: HyperDual) -> HyperDual {
    HyperDual(
      left.value * right.value, first: left.first * right.value + left.value * right.first,
      second: left.second * right.value + left.value * right.second,
      mixed: left.mixed * right.value + left.first * right.second + left.second * right.first
        + left.value * right.mixed)
  }

  /// From q v = u: each part of q follows from the parts before it.
  public static func / (left: HyperDual, right: HyperDual) -> HyperDual {
    let q = left.value / right.value
    let first = (left.first - q * right.first) / right.value
    let second = (left.second - q * right.second) / right.value
    let mixed = (left.mixed - first * right.second - second * right.first - q * right.mixed) / right.value
    return HyperDual(q, first: first, second: second, mixed: mixed)
  }

  /// The negative, part by part.
  public static prefix func - (operand: HyperDual) -> HyperDual {
    HyperDual(-operand.value, first: -operand.first, second: -operand.second, mixed: -operand.mixed)
  }

  public func chain(
    _ value: Double, _ first: @autoclosure () -> Double, _ second: @autoclosure () -> Double
  ) -> HyperDual {
    if self.first == 0, self.second == 0, mixed == 0 { return HyperDual(value) }
    let outer = first()
    let product = self.first * self.second
    return HyperDual(
      value, first: self.first == 0 ? 0 : outer * self.first, second: self.second == 0 ? 0 : outer * self.second,
      mixed: (mixed == 0 ? 0 : outer * mixed) + (product == 0 ? 0 : second() * product))
  }
}
