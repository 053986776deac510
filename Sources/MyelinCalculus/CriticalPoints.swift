/// A point where the derivative, or the whole gradient, is zero.
public struct CriticalPoint: Sendable {
  /// What the second derivatives say of the point.
  public enum Kind: String, Sendable {
    /// All eigenvalues are positive.
    case minimum
    /// All eigenvalues are negative.
    case maximum
    /// There are eigenvalues of both signs.
    case saddle
    /// The second derivatives do not settle it: x³, x⁴ and −x⁴ at 0 all have f″ = 0.
    case undecided
  }

  /// Where it is.
  public var position: Vector
  /// The function's value there.
  public var value: Double
  /// Minimum, maximum, saddle, or undecided.
  public var kind: Kind
  /// The second derivatives there; of one variable, [[f″]].
  public var hessian: [[Double]]

  /// For one variable f″; for two variables rt − s², where r = ∂²f/∂x², s = ∂²f/∂x∂y, t = ∂²f/∂y²; else `nil`.
  public var discriminant: Double? { CriticalPoint.discriminant(hessian) }

  /// Of the Hessian, ascending.
  public var eigenvalues: [Double] { SymmetricEigenvalues(hessian).values }

  static func discriminant(_ hessian: [[Double]]) -> Double? {
    switch hessian.count {
    case 1: hessian[0][0]
    case 2: hessian[0][0] * hessian[1][1] - hessian[0][1] * hessian[0][1]
    default: nil
    }
  }

  /// The second-derivative test at a critical point, by the eigenvalues of the Hessian: all positive minimum, all
  /// negative maximum, both signs saddle, otherwise undecided.
  ///
  /// For one variable that is the sign of f″. For two it is the test of rt − s², the product of the two eigenvalues:
  /// positive with r > 0 minimum, with r < 0 maximum; negative saddle.
  /// - Parameter error: how far off the entries may be. An eigenvalue that could be zero with such entries, or by the
  ///   rounding of the eigenvalues themselves, has no sign.
  public static func classify(hessian: [[Double]], error: Double = 0) -> Kind {
    let values = SymmetricEigenvalues(hessian).values
    // A symmetric change of size e in each of n² entries moves an eigenvalue by n e at most (Weyl).
    return kind(of: values, errors: values.map { _ in Double(values.count) * error })
  }

  /// - Parameter errors: how far off each eigenvalue may be, beside its rounding.
  fileprivate static func kind(of eigenvalues: [Double], errors: [Double]) -> Kind {
    let size = eigenvalues.map { Swift.abs($0) }.max() ?? 0
    guard size.isFinite, !eigenvalues.isEmpty else { return .undecided }
    let rounding = 4 * Double(eigenvalues.count) * size.ulp
    // One number has no rounding of its own to speak of.
    let doubts = errors.map { $0 + (eigenvalues.count > 1 ? rounding : 0) }
    let isPositive = zip(eigenvalues, doubts).map { $0 > $1 }
    let isNegative = zip(eigenvalues, doubts).map { $0 < -$1 }
    if isPositive.allSatisfy({ $0 }) { return .minimum }
    if isNegative.allSatisfy({ $0 }) { return .maximum }
    return isPositive.contains(true) && isNegative.contains(true) ? .saddle : .undecided
  }
}

/// The critical points of a function of one variable in an interval, in order, classified.
///
/// f′ is looked at in `pieces` places; each change of sign is closed in on by Newton's method on f′ kept inside its
/// bracket, and each place where |f′| touches zero without changing sign is searched for too. Points that are closer
/// together than a piece can be missed.
public func criticalPoints(
  in interval: ClosedRange<Double>, pieces: Int = 1000, of f: (HyperDual) -> HyperDual
) -> [CriticalPoint] {
  require(pieces > 0, "criticalPoints: \(pieces) pieces")
  func evaluate(_ x: Double) -> (value: Double, first: Double, second: Double) {
    let y = f(HyperDual(x, first: 1, second: 1))
    return (y.value, y.first, y.mixed)
  }
  let (lower, upper) = (interval.lowerBound, interval.upperBound)
  let places = (0...pieces).map { $0 == pieces ? upper : lower + (upper - lower) * (Double($0) / Double(pieces)) }
  let samples = places.map(evaluate)
  let slopeScale = samples.map { Swift.abs($0.first) }.filter(\.isFinite).max() ?? 0
  guard slopeScale > 0 else { return [] }
  func doubt(_ x: Double) -> CurvatureDoubt {
    CurvatureDoubt(unit: max(x.ulp, (upper - lower) * 0x1p-53), limit: (upper - lower) / Double(pieces)) {
      let at = evaluate(x + $0)
      return (at.first, at.second)
    }
  }
  var found: [Double] = []
  for index in 0...pieces {
    let here = samples[index].first
    guard here.isFinite else { continue }
    if here == 0 {
      found.append(places[index])
      continue
    }
    guard index < pieces, samples[index + 1].first.isFinite else { continue }
    if (here < 0) != (samples[index + 1].first < 0), samples[index + 1].first != 0 {
      let root = bracketedRoot(places[index], places[index + 1], rising: here < 0, evaluate)
      // A pole of f′ and a jump change sign as well, without passing zero.
      let around = max(Swift.abs(here), Swift.abs(samples[index + 1].first))
      if Swift.abs(evaluate(root).first) < 1e-6 * around { found.append(root) }
    } else if index > 0, samples[index - 1].first.isFinite,
      (samples[index - 1].first < 0) == (here < 0), (samples[index + 1].first < 0) == (here < 0),
      Swift.abs(here) <= Swift.abs(samples[index - 1].first), Swift.abs(here) <= Swift.abs(samples[index + 1].first)
    {
      let touch = smallest(places[index - 1], places[index + 1]) { Swift.abs(evaluate($0).first) }
      let around = max(Swift.abs(samples[index - 1].first), Swift.abs(samples[index + 1].first))
      let rest = Swift.abs(evaluate(touch).first)
      if rest < 1e-12 * around || rest <= 8 * doubt(touch).noise { found.append(touch) }
    }
  }
  var result: [CriticalPoint] = []
  var lastReach = 0.0
  for x in found.sorted() {
    let doubt = doubt(x)
    // Rounding can split one zero of f′ into several.
    if let last = result.last, x - last.position[0] <= max(1e-9 * (upper - lower), lastReach, doubt.reach) { continue }
    lastReach = doubt.reach
    let at = evaluate(x)
    result.append(
      CriticalPoint(
        position: [x], value: at.value, kind: CriticalPoint.kind(of: [at.second], errors: [doubt.error]),
        hessian: [[at.second]]))
  }
  return result
}

/// A root of f′ between two places of opposite sign: Newton where it stays inside and is quick, else halving.
private func bracketedRoot(
  _ a: Double, _ b: Double, rising: Bool, _ evaluate: (Double) -> (value: Double, first: Double, second: Double)
) -> Double {
  var (low, high) = (a, b)
  var x = (a + b) / 2
  for _ in 0..<200 {
    let at = evaluate(x)
    if at.first == 0 { return x }
    if (at.first < 0) == rising { low = x } else { high = x }
    let newton = x - at.first / at.second
    let next = newton > low && newton < high ? newton : (low + high) / 2
    if next == x || high - low <= Swift.abs(x) * 1e-16 { return next }
    x = next
  }
  return x
}

/// Where a function with one dip between a and b is smallest (golden section).
private func smallest(_ a: Double, _ b: Double, _ f: (Double) -> Double) -> Double {
  let ratio = (5.0.squareRoot() - 1) / 2
  var (low, high) = (a, b)
  for _ in 0..<100 {
    let (c, d) = (high - ratio * (high - low), low + ratio * (high - low))
    if f(c) <= f(d) { high = d } else { low = c }
  }
  return (low + high) / 2
}

/// The critical points of a function of several variables that Newton's method on the gradient reaches from the
/// starting points, each once, classified by the signs of the Hessian's eigenvalues. Starting points from which it does
/// not converge give none.
public func criticalPoints(from starts: [Vector], of f: ([HyperDual]) -> HyperDual) -> [CriticalPoint] {
  var found: [CriticalPoint] = []
  for start in starts {
    guard let point = newtonOnGradient(from: start, f) else { continue }
    let isKnown = found.contains { ($0.position - point).magnitude <= 1e-6 * max(1, point.magnitude) }
    if isKnown { continue }
    let hessian = hessian(at: point, of: f)
    let eigen = SymmetricEigenvalues(hessian)
    let size = max(point.magnitude, (point - start).magnitude)
    let unit = (size > 0 ? size : 1).ulp
    let errors = eigen.vectors.map { direction in
      // Both infinitesimals along the direction: its slope and its curvature from one evaluation.
      CurvatureDoubt(unit: unit, limit: 1e12 * unit) { distance in
        let at = f(
          zip(point.components, direction.components).map { HyperDual($0 + distance * $1, first: $1, second: $1) })
        return (at.first, at.mixed)
      }.error
    }
    found.append(
      CriticalPoint(
        position: point, value: f(point.components.map { HyperDual($0) }).value,
        kind: CriticalPoint.kind(of: eigen.values, errors: errors), hessian: hessian))
  }
  return found
}

/// The point reached.
private func newtonOnGradient(from start: Vector, _ f: ([HyperDual]) -> HyperDual) -> Vector? {
  func gradient(_ x: Vector) -> Vector {
    Vector(
      x.components.indices.map { index in
        f(x.components.enumerated().map { HyperDual($0.element, first: $0.offset == index ? 1 : 0, second: 0) }).first
      })
  }
  var x = start
  var g = gradient(x)
  var scale = 0.0
  let firstSize = g.magnitude
  var remaining = Double.infinity
  for _ in 0..<200 {
    guard g.magnitude.isFinite else { return nil }
    let matrix = hessian(at: x, of: f)
    let size = matrix.joined().map { Swift.abs($0) }.max() ?? 0
    guard size.isFinite else { return nil }
    scale = max(scale, size)
    if g.magnitude == 0 {
      remaining = 0
      break
    }
    // Along directions without curvature Newton has no useful step; they are left out of it, but not of what remains.
    let eigen = SymmetricEigenvalues(matrix)
    let largest = eigen.values.map { Swift.abs($0) }.max() ?? 0
    var step = Vector(Array(repeating: 0, count: x.dimension))
    remaining = 0
    for (value, direction) in zip(eigen.values, eigen.vectors) {
      let slope = g.dot(direction)
      if slope != 0 { remaining = max(remaining, Swift.abs(slope / value)) }
      if Swift.abs(value) > 1e-14 * largest { step = step - (slope / value) * direction }
    }
    // Halved until the gradient gets smaller: plain Newton can jump away for ever.
    var (factor, next, nextGradient) = (1.0, x, g)
    repeat {
      next = x + factor * step
      nextGradient = gradient(next)
      factor /= 2
    } while !(nextGradient.magnitude < g.magnitude) && factor > 1e-10
    guard nextGradient.magnitude < g.magnitude else { break }
    (x, g) = (next, nextGradient)
  }
  // The gradient of eˣ gets as small as one likes far out, but the step to its zero stays as long as it was.
  let isSmall = g.magnitude <= 1e-9 * max(scale * max(1, x.magnitude), firstSize, .leastNormalMagnitude)
  return isSmall && remaining <= 1e-6 * max(1, x.magnitude) ? x : nil
}
