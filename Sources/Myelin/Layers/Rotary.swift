#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rotary positions (Su et al. 2021): before queries meet keys, features i and i + d/2 of each head are turned by the angle
/// t · base^(−2i/d) at place t, so that their product depends on the distance of the two places. There is nothing to learn.
public final class RotaryPositions: Sendable {
  /// Features of a head, an even number.
  public let headSize: Int
  /// The slowest wave is some 2π · base steps long.
  public let base: Float
  /// Places that there are angles for.
  public let capacity: Int
  let cosines: Tensor
  let sines: Tensor

  /// - Parameters:
  ///   - headSize: features of a head, an even number.
  ///   - capacity: places that there are angles for, at least 1.
  ///   - base: how long the slowest wave is, above 1.
  public init(headSize: Int, capacity: Int, base: Float = 10_000) {
    require(
      headSize >= 2 && headSize % 2 == 0 && capacity >= 1 && base > 1,
      "RotaryPositions(headSize: \(headSize), capacity: \(capacity), base: \(base)): an even number, places, a base above 1"
    )
    (self.headSize, self.capacity, self.base) = (headSize, capacity, base)
    let half = headSize / 2
    let rates = (0..<half).map { pow(Double(base), -Double($0) / Double(half)) }
    cosines = Tensor(shape: Shape(capacity, half)) {
      for i in $0.indices { $0[i] = Float(cos(Double(i / half) * rates[i % half])) }
    }
    sines = Tensor(shape: Shape(capacity, half)) {
      for i in $0.indices { $0[i] = Float(sin(Double(i / half) * rates[i % half])) }
    }
  }
}

/// The first `rotated` heads of each step of x [batch, T, heads, d], normalised by their root mean square where there is an
/// `epsilon` (QK norm, Henry et al. 2020) and then turned to the places `start` ..< `start` + T; the others as they are. One pass each way.
///
/// - Parameters:
///   - x: [batch, T, heads, d].
///   - positions: the angles, for heads of d features; nil for no turn.
///   - start: the place of the first step.
///   - rotated: how many heads; nil for all.
///   - epsilon: what is added to the mean square; nil for no normalisation.
///
/// Precondition: the shapes fit, and there are angles for all places.
public func rotary(
  _ x: Tensor, _ positions: RotaryPositions?, from start: Int = 0, rotated: Int? = nil, epsilon: Float? = nil
) -> Tensor {
  require(x.rank == 4, "rotary: input \(x.shape), not [batch, steps, heads, d]")
  let (batch, steps, heads, d) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
  let rotated = rotated ?? heads
  require(rotated >= 0 && rotated <= heads, "rotary: \(rotated) of \(heads) heads")
  if let positions {
    require(
      positions.headSize == d && start >= 0 && start + steps <= positions.capacity,
      "rotary: places \(start) ..< \(start + steps) of heads of \(d) features, with angles for \(positions.capacity) places of "
        + "\(positions.headSize)")
  }
  var result = Tensor(uninitialized: x.shape)
  let deviations = epsilon == nil ? nil : Tensor(uninitialized: Shape([batch, steps, rotated]))
  let offset = start * d / 2
  Kernels.rotaryForward(
    batch: batch, steps: steps, heads: heads, rotated: rotated, headSize: d, x.pointer, epsilon: epsilon,
    cosines: positions.map { $0.cosines.pointer + offset }, sines: positions.map { $0.sines.pointer + offset },
    inverseDeviation: deviations?.pointer, result.pointer)
  guard let source = x.source else { return result }
  let saved = epsilon == nil ? nil : x.detached
  result.record("rotary") { gradient, pass in
    pass.accumulate(into: source) {
      Kernels.rotaryBackward(
        batch: batch, steps: steps, heads: heads, rotated: rotated, headSize: d, saved.map { FloatPointer($0.pointer) },
        cosines: positions.map { $0.cosines.pointer + offset }, sines: positions.map { $0.sines.pointer + offset },
        inverseDeviation: deviations.map { FloatPointer($0.pointer) }, gradient.pointer, $0, $1)
    }
  }
  return result
}
