/// How a step follows from the gradient g at the point x, with learning rate η.
public enum DescentRule: Sendable, Hashable {
  /// x ← x − η g
  case plain
  /// v ← μ v + g, x ← x − η v (Polyak's heavy ball, 1964)
  case momentum(Double = 0.9)
  /// Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
  case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
}

/// A way down a function, point by point.
public struct DescentPath: Sendable {
  /// Why the way ended.
  public enum Outcome: String, Sendable {
    /// The gradient got shorter than the tolerance.
    case converged
    /// The steps were used up.
    case stepLimit = "not there yet"
    /// The point left every bound, or the function has no value there.
    case diverged
  }

  /// The start, then the point after each step.
  public var points: [Vector]
  /// The function's value at each point.
  public var values: [Double]
  /// Why it ended.
  public var outcome: Outcome

  /// Steps made.
  public var steps: Int { points.count - 1 }
}

/// Goes down `f` from `start` by exact gradients until the gradient's magnitude is at most `tolerance`, the point
/// diverges, or `steps` are made.
public func gradientDescent(
  from start: Vector, learningRate: Double, rule: DescentRule = .plain, steps: Int = 100, tolerance: Double = 1e-8,
  of f: ([Dual]) -> Dual
) -> DescentPath {
  func value(_ x: Vector) -> Double { f(x.components.map { Dual($0) }).value }
  var x = start
  var path = DescentPath(points: [x], values: [value(x)], outcome: .stepLimit)
  var velocity = Vector(Array(repeating: 0, count: x.dimension))
  var square = velocity
  // βᵗ of Adam's bias correction.
  var (power1, power2) = (1.0, 1.0)
  for _ in 0..<max(0, steps) {
    let g = gradient(at: x, of: f)
    guard g.components.allSatisfy(\.isFinite) else {
      path.outcome = .diverged
      return path
    }
    if g.magnitude <= tolerance {
      path.outcome = .converged
      return path
    }
    switch rule {
    case .plain: x = x - learningRate * g
    case .momentum(let keep):
      velocity = keep * velocity + g
      x = x - learningRate * velocity
    case .adam(let beta1, let beta2, let epsilon):
      velocity = beta1 * velocity + (1 - beta1) * g
      square = beta2 * square + (1 - beta2) * Vector(g.components.map { $0 * $0 })
      (power1, power2) = (power1 * beta1, power2 * beta2)
      x = Vector(
        x.components.indices.map { index in
          let first = velocity[index] / (1 - power1)
          let second = square[index] / (1 - power2)
          return x[index] - learningRate * first / (second.squareRoot() + epsilon)
        })
    }
    let here = value(x)
    guard here.isFinite, x.magnitude < 1e12 else {
      path.outcome = .diverged
      return path
    }
    path.points.append(x)
    path.values.append(here)
  }
  if gradient(at: x, of: f).magnitude <= tolerance { path.outcome = .converged }
  return path
}
