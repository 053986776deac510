/// Dropout (Srivastava et al. 2014): while gradients are recorded, each element is 0 with the given probability and
/// otherwise divided by 1 − probability; inside ``withoutGradient(_:)`` nothing changes.
public final class Dropout: Module, CustomStringConvertible {
  /// The share of elements that become 0.
  public let probability: Float
  /// Drops also inside ``withoutGradient(_:)``: Monte Carlo dropout (Gal & Ghahramani 2016).
  public let isAlwaysActive: Bool

  /// Precondition: 0 ≤ probability < 1.
  public init(_ probability: Float, alwaysActive: Bool = false) {
    require(probability >= 0 && probability < 1, "Dropout(\(probability)): a probability in 0 ..< 1")
    self.probability = probability
    isAlwaysActive = alwaysActive
  }

  /// x with elements dropped and the others scaled up, or x itself where nothing is dropped.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { isAlwaysActive || isRecordingGradients ? dropout(x, probability: probability) : x }
  }

  public var description: String { "Dropout(\(probability))" }
}

/// Each element 0 with the given probability, else divided by 1 − probability, whether gradients are recorded or not.
///
/// The mask comes from ``RandomGenerator/shared`` and is drawn again on the way back, so that it needs no memory.
/// Precondition: 0 ≤ probability < 1.
public func dropout(_ x: Tensor, probability: Float) -> Tensor {
  require(probability >= 0 && probability < 1, "dropout: a probability of \(probability), not in 0 ..< 1")
  if probability == 0 { return x }
  let draw = RandomGenerator.shared.draw(x.count)
  var result = Tensor(uninitialized: x.shape)
  Kernels.dropout(x.count, probability: probability, draw, x.pointer, result.pointer)
  if let source = x.source {
    result.record("dropout") { gradient, pass in
      pass.accumulate(into: source) {
        Kernels.dropout(gradient.count, probability: probability, draw, gradient.pointer, $0, $1)
      }
    }
  }
  return result
}
