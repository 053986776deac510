// Rectifiers whose slope below 0 is learned or drawn.

/// Parametric ReLU (He et al. 2015): x for x > 0, else slope · x, with a learned slope.
public final class PReLU: Module, CustomStringConvertible {
  /// [channels], or [1] for one slope everywhere.
  public let slope: Parameter

  /// - Parameters:
  ///   - channels: size of the last axis, for a slope of its own each; nil for one slope.
  ///   - initial: where the slopes start. The paper's authors used no weight decay on them.
  public init(channels: Int? = nil, initial: Float = 0.25) {
    require(channels == nil || channels! > 0, "PReLU: \(channels!) channels")
    slope = Parameter(Tensor(repeating: initial, shape: Shape(channels ?? 1)))
  }

  /// x for x > 0, else slope · x; with one slope a channel, [..., channels].
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { prelu(x, slope: slope.value) }
  }

  public var description: String { slope.count == 1 ? "PReLU" : "PReLU(\(slope.count))" }
}

/// Randomised leaky ReLU (Xu et al. 2015): x for x > 0, else s · x. While gradients are recorded, s is uniform in
/// `lower ..< upper` for each element; inside ``withoutGradient(_:)`` it is their mean.
public final class RReLU: Module, CustomStringConvertible {
  /// The least slope below 0.
  public let lower: Float
  /// The largest slope below 0, which is not reached.
  public let upper: Float

  /// Precondition: lower ≤ upper.
  public init(lower: Float = 1 / 8, upper: Float = 1 / 3) {
    require(lower <= upper, "RReLU: slopes from \(lower) to \(upper)")
    self.lower = lower
    self.upper = upper
  }

  /// x for x > 0, else s · x, with s drawn for each element or the mean slope.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      isRecordingGradients ? rrelu(x, lower: lower, upper: upper) : leakyReLU(x, slope: (lower + upper) / 2)
    }
  }

  public var description: String { "RReLU(\(lower), \(upper))" }
}

/// x for x > 0, else slope · x. `slope` has one element, or one for each position of x's last axis.
public func prelu(_ x: Tensor, slope: Tensor) -> Tensor {
  let (rows, columns) = x.rowsAndColumns
  let slopes = slope.count
  require(slopes == 1 || slopes == columns, "prelu: slopes of shape \(slope.shape) for input \(x.shape)")
  var result = Tensor(uninitialized: x.shape)
  Kernels.preluForward(rows: rows, columns: columns, x.pointer, slopes: slopes, slope.pointer, result.pointer)
  let (xNode, slopeNode) = (x.source, slope.source)
  if xNode != nil || slopeNode != nil {
    let (x, slope) = (x.detached, slope.detached)
    result.record("prelu") { gradient, pass in
      pass.accumulate(into: xNode, slopeNode) { dx, dSlope, _ in
        Kernels.preluBackward(
          rows: rows, columns: columns, x.pointer, slopes: slopes, slope.pointer, gradient.pointer, dx.pointer, dx.mode,
          dSlope.pointer, dSlope.mode)
      }
    }
  }
  return result
}

/// x for x > 0, else s · x with s uniform in `lower ..< upper` for each element, from ``RandomGenerator/shared``; the
/// slopes are drawn again on the way back.
public func rrelu(_ x: Tensor, lower: Float = 1 / 8, upper: Float = 1 / 3) -> Tensor {
  require(lower <= upper, "rrelu: slopes from \(lower) to \(upper)")
  let draw = RandomGenerator.shared.draw(x.count)
  var result = Tensor(uninitialized: x.shape)
  Kernels.rreluForward(x.count, lower: lower, upper: upper, draw, x.pointer, result.pointer)
  if let source = x.source {
    let x = x.detached
    result.record("rrelu") { gradient, pass in
      pass.accumulate(into: source) {
        Kernels.rreluBackward(
          x.count, lower: lower, upper: upper, draw, x.pointer, gradient.pointer, $0, $1)
      }
    }
  }
  return result
}
