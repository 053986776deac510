extension Tensor {
  /// a + b, element by element; axes of size 1 and missing outer axes are repeated. Precondition: the shapes agree but
  /// for those.
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    var result = combine("+", .add, a, b)
    let (first, second) = (a.source, b.source)
    if first != nil || second != nil {
      result.record("add") { gradient, pass in
        if let first { pass.accumulate(into: first, gradient.reducedSum(to: first.shape)) }
        if let second { pass.accumulate(into: second, gradient.reducedSum(to: second.shape)) }
      }
    }
    return result
  }

  /// a − b, with shapes as in a + b.
  public static func - (a: Tensor, b: Tensor) -> Tensor {
    var result = combine("-", .subtract, a, b)
    let (first, second) = (a.source, b.source)
    if first != nil || second != nil {
      result.record("subtract") { gradient, pass in
        if let first { pass.accumulate(into: first, gradient.reducedSum(to: first.shape)) }
        if let second {
          let reduced = gradient.reducedSum(to: second.shape)
          pass.accumulate(into: second) { Kernels.scale(reduced.count, -1, reduced.pointer, $0, $1) }
        }
      }
    }
    return result
  }

  /// a b, element by element, with shapes as in a + b; a product of matrices is ``matmul(_:_:)``.
  public static func * (a: Tensor, b: Tensor) -> Tensor {
    var result = combine("*", .multiply, a, b)
    let (first, second) = (a.source, b.source)
    if first != nil || second != nil {
      let (a, b) = (a.detached, b.detached)
      result.record("multiply") { gradient, pass in
        if let first { pass.accumulateProduct(into: first, gradient, b) }
        if let second { pass.accumulateProduct(into: second, gradient, a) }
      }
    }
    return result
  }

  /// a / b, element by element, with shapes as in a + b.
  public static func / (a: Tensor, b: Tensor) -> Tensor {
    var result = combine("/", .divide, a, b)
    let (first, second) = (a.source, b.source)
    if first != nil || second != nil {
      let (b, quotient) = (b.detached, result)
      result.record("divide") { gradient, pass in
        let overB = combine("/", .divide, gradient, b)
        if let second {
          // d(a/b)/db = -(a/b)/b
          pass.accumulateProduct(into: second, overB, combine("*", .multiply, quotient, Tensor(-1)))
        }
        if let first { pass.accumulate(into: first, overB.reducedSum(to: first.shape)) }
      }
    }
    return result
  }

  /// −a
  public static prefix func - (x: Tensor) -> Tensor { x.scaled(by: -1, plus: 0, "negate") }

  /// a + b for each element of a.
  public static func + (a: Tensor, b: Float) -> Tensor { a.scaled(by: 1, plus: b, "add") }
  /// a + b for each element of b.
  public static func + (a: Float, b: Tensor) -> Tensor { b.scaled(by: 1, plus: a, "add") }
  /// a − b for each element of a.
  public static func - (a: Tensor, b: Float) -> Tensor { a.scaled(by: 1, plus: -b, "subtract") }
  /// a − b for each element of b.
  public static func - (a: Float, b: Tensor) -> Tensor { b.scaled(by: -1, plus: a, "subtract") }
  /// a b for each element of a.
  public static func * (a: Tensor, b: Float) -> Tensor { a.scaled(by: b, plus: 0, "multiply") }
  /// a b for each element of b.
  public static func * (a: Float, b: Tensor) -> Tensor { b.scaled(by: a, plus: 0, "multiply") }
  /// a / b for each element of a: its product with 1 / b.
  public static func / (a: Tensor, b: Float) -> Tensor { a.scaled(by: 1 / b, plus: 0, "divide") }
  /// a / b for each element of b.
  public static func / (a: Float, b: Tensor) -> Tensor { Tensor(a) / b }

  /// a = a + b, recorded as that.
  public static func += (a: inout Tensor, b: Tensor) { a = a + b }
  /// a = a − b, recorded as that.
  public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
  /// a = a b, element by element, recorded as that.
  public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
  /// a = a / b, element by element, recorded as that.
  public static func /= (a: inout Tensor, b: Tensor) { a = a / b }

  /// 1 where a < b, else 0; broadcast. No gradient.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { combine(".<", .less, a, b) }
  /// 1 where a ≤ b, else 0, with shapes as in a + b; without a gradient.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { combine(".<=", .lessEqual, a, b) }
  /// 1 where a > b, else 0, with shapes as in a + b; without a gradient.
  public static func .> (a: Tensor, b: Tensor) -> Tensor { combine(".>", .less, b, a) }
  /// 1 where a ≥ b, else 0, with shapes as in a + b; without a gradient.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor { combine(".>=", .lessEqual, b, a) }
  /// 1 where a = b, else 0, with shapes as in a + b; without a gradient.
  public static func .== (a: Tensor, b: Tensor) -> Tensor { combine(".==", .equal, a, b) }

  /// The values of a broadcast operation; nothing is noted.
  static func combine(_ name: StaticString, _ operation: BinaryOperation, _ a: Tensor, _ b: Tensor) -> Tensor {
    guard let shape = a.shape.broadcast(with: b.shape) else {
      misuse("\(name): shapes \(a.shape) and \(b.shape) do not broadcast")
    }
    let result = Tensor(uninitialized: shape)
    Kernels.binary(operation, shape, a.pointer, a.shape, b.pointer, b.shape, result.pointer)
    return result
  }

  private func scaled(by factor: Float, plus constant: Float, _ name: StaticString) -> Tensor {
    var result = Tensor(uninitialized: shape)
    Kernels.scaleShift(count, factor, pointer, constant, result.pointer)
    if let source {
      result.record(name) { gradient, pass in
        if factor == 1 {
          pass.accumulate(into: source, gradient)
        } else {
          pass.accumulate(into: source) { Kernels.scale(gradient.count, factor, gradient.pointer, $0, $1) }
        }
      }
    }
    return result
  }

  /// The sum over the axes along which `shape` was broadcast to this one: the gradient of broadcasting.
  func reducedSum(to shape: Shape) -> Tensor {
    if shape == self.shape { return self }
    var result = self
    // Axes that the smaller shape lacks are all in front, then runs of neighbouring axes of size 1.
    let extra = rank - shape.rank
    var axis = 0
    while axis < rank {
      func isSummed(_ axis: Int) -> Bool { (axis < extra ? 1 : shape[axis - extra]) == 1 && self.shape[axis] != 1 }
      guard isSummed(axis) else {
        axis += 1
        continue
      }
      var end = axis + 1
      while end < rank, isSummed(end) { end += 1 }
      // `result` has the sizes of `self` from `axis` on, and reduced ones before.
      let inner = self.shape[end..<rank].reduce(1, *)
      let length = self.shape[axis..<end].reduce(1, *)
      let outer = length * inner == 0 ? 0 : result.count / (length * inner)
      let reduced = Storage(count: outer * inner)
      if outer * inner > 0 {
        Kernels.reduce(.sum, outer: outer, length: length, inner: inner, result.pointer, reduced.floats)
      } else {
        reduced.floats.update(repeating: 0, count: reduced.count)
      }
      result = Tensor(storage: reduced, shape: Shape(outer * inner))
      axis = end
    }
    if result.count != shape.elementCount { return Tensor(zeros: shape) }
    return Tensor(storage: result.storage, shape: shape)
  }
}

infix operator .< : ComparisonPrecedence
infix operator .<= : ComparisonPrecedence
infix operator .> : ComparisonPrecedence
infix operator .>= : ComparisonPrecedence
infix operator .== : ComparisonPrecedence

extension BackwardPass {
  /// Adds the sum of `gradient · factor` over broadcast axes to `node`.
  func accumulateProduct(into node: GradientNode, _ gradient: Tensor, _ factor: Tensor) {
    if factor.shape == gradient.shape && node.shape == gradient.shape {
      accumulate(into: node) {
        Kernels.multiplyAdd(gradient.count, gradient.pointer, factor.pointer, 1, $0, $1)
      }
    } else {
      accumulate(into: node, Tensor.combine("*", .multiply, gradient, factor).reducedSum(to: node.shape))
    }
  }
}

/// The larger of two, element by element. The gradient goes to the larger one, to the first where they are equal.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { extreme("maximum", .maximum, a, b, aWins: (b .<= a)) }

/// The smaller of two, element by element. The gradient goes to the smaller one, to the first where they are equal.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { extreme("minimum", .minimum, a, b, aWins: (a .<= b)) }

private func extreme(
  _ name: StaticString, _ operation: BinaryOperation, _ a: Tensor, _ b: Tensor, aWins: @autoclosure () -> Tensor
) -> Tensor {
  var result = Tensor.combine(name, operation, a, b)
  let (first, second) = (a.source, b.source)
  if first != nil || second != nil {
    let mask = aWins()
    result.record(name) { gradient, pass in
      if let first { pass.accumulateProduct(into: first, gradient, mask) }
      if let second { pass.accumulateProduct(into: second, gradient, 1 - mask) }
    }
  }
  return result
}

/// aᵇ element by element, broadcast. The gradient of b needs a > 0; at a = 0 it is 0 for b ≥ 0. That of a is 0 for b = 0.
@_disfavoredOverload
public func pow(_ a: Tensor, _ b: Tensor) -> Tensor {
  var result = Tensor.combine("pow", .power, a, b)
  let (first, second) = (a.source, b.source)
  if first != nil || second != nil {
    let (a, b, power) = (a.detached, b.detached, result)
    result.record("pow") { gradient, pass in
      if let first {
        // b aᵇ⁻¹ is 0 for b = 0 also where aᵇ⁻¹ is infinite.
        let factor = b * Tensor.combine("pow", .power, a, b - 1)
        pass.accumulateProduct(into: first, gradient, factor.zero(where: b .== 0))
      }
      if let second {
        // aᵇ log a goes to 0 with a for b > 0; for a = b = 0 it is taken as 0 too.
        let factor = (power * log(a)).zero(where: (a .== 0) * (b .>= 0))
        pass.accumulateProduct(into: second, gradient, factor)
      }
    }
  }
  return result
}

/// a to a power, element by element; NaN for a < 0 and a power that is no whole number.
public func pow(_ a: Tensor, _ exponent: Float) -> Tensor { pow(a, Tensor(exponent)) }

extension Tensor {
  /// These elements, but 0 where `condition`, of a shape that broadcasts to this one, is not 0.
  fileprivate func zero(where condition: Tensor) -> Tensor {
    let zeros = Tensor(zeros: shape)
    return select(condition.shape == shape ? condition : condition + zeros, zeros, self)
  }
}

/// `condition` ≠ 0 ? a : b, element by element. All three have one shape.
public func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
  require(
    condition.shape == a.shape && a.shape == b.shape,
    "select: a condition of shape \(condition.shape) for values of \(a.shape) and \(b.shape)")
  var result = Tensor(uninitialized: a.shape)
  Kernels.select(a.count, condition.pointer, a.pointer, b.pointer, result.pointer)
  let (first, second) = (a.source, b.source)
  if first != nil || second != nil {
    let condition = condition.detached
    result.record("select") { gradient, pass in
      let zero = Tensor(zeros: gradient.shape)
      if let first { pass.accumulate(into: first, select(condition, gradient, zero)) }
      if let second { pass.accumulate(into: second, select(condition, zero, gradient)) }
    }
  }
  return result
}
