import Foundation

/// Makes pictures of noise with a network that tells a noised picture's velocity: the deterministic way back from t = 1 to
/// t = 0, of which the noise at the beginning is all that is random.
///
/// At a noise level λ with α and σ the network's velocity v gives a guess of the picture, x̂ = α x − σ v. From there to the
/// next level λ′ with α′ and σ′
///
/// x′ = (σ′/σ) x + (α′ − α σ′/σ) D,
///
/// where D is x̂ in DDIM (Song et al. 2020). The multistep solver of second order, DPM-Solver++(2M) (Lu et al. 2022), goes on
/// in the direction in which the guess has moved since the level before: D = x̂ + (x̂ − x̂₋₁) h / (2 h₋₁), h being half the step
/// in λ. Both ask the network once a step; the last guess is the result.
///
/// ```swift
/// let sampler = DiffusionSampler(.cosine, steps: 20)
/// let pictures = sampler(from: RandomGenerator.shared.normal([16, 28, 28, 1])) { noised, logSNR in
///   network(noised, logSNR)
/// }
/// ```
public struct DiffusionSampler: Sendable {
  /// How a step uses the network's guesses.
  public enum Method: String, Sendable, CaseIterable {
    /// The last guess alone: of first order.
    case ddim
    /// The last two guesses: of second order.
    case multistep
  }

  /// The noise at each of the steps, which are equal in t.
  public var schedule: NoiseSchedule
  /// How often the network is asked.
  public var steps: Int
  /// How a step uses the guesses.
  public var method: Method
  /// What the values of pictures can be; guesses beyond are cut. Nil for any.
  public var range: ClosedRange<Float>?

  /// - Parameters:
  ///   - schedule: the noise at each step. It may be another one than that of the training.
  ///   - steps: how often the network is asked, at least once.
  ///   - method: how a step uses the guesses.
  ///   - range: what the values of pictures can be; nil for any.
  public init(
    _ schedule: NoiseSchedule, steps: Int, method: Method = .multistep, range: ClosedRange<Float>? = nil
  ) {
    require(steps >= 1, "DiffusionSampler: \(steps) steps")
    self.schedule = schedule
    self.steps = steps
    self.method = method
    self.range = range
  }

  /// The pictures that come of normal noise, without gradients.
  ///
  /// - Parameters:
  ///   - noise: x at t = 1, of the pictures' shape.
  ///   - velocity: v for pictures x at the level λ, of x's shape.
  public func callAsFunction(from noise: Tensor, velocity: (_ noised: Tensor, _ logSNR: Float) -> Tensor) -> Tensor {
    withoutGradient {
      let levels = (0..<steps).map { schedule.logSNR(at: 1 - Double($0) / Double(steps)) }
      var x = noise
      var before: Tensor?
      for (step, level) in levels.enumerated() {
        let (signal, deviation) = NoiseSchedule.scales(level)
        let guess = clipped(x * signal - velocity(x, level) * deviation)
        guard step + 1 < steps else { return guess }
        var direction = guess
        if method == .multistep, let before {
          direction += (guess - before) * ((levels[step + 1] - level) / (2 * (level - levels[step - 1])))
        }
        before = guess
        let next = NoiseSchedule.scales(levels[step + 1])
        let kept = next.noise / deviation
        x = x * kept + direction * (next.signal - signal * kept)
      }
      return x
    }
  }

  private func clipped(_ guess: Tensor) -> Tensor { range.map { guess.clipped(to: $0) } ?? guess }

  /// Guidance without a classifier (Ho & Salimans 2022): what a network says of pictures of a class, led further away from
  /// what it says of pictures of any, v = v_any + scale · (v_class − v_any). A scale of 1 is the class's own, above 1
  /// pictures are more typical and less varied.
  ///
  /// - Parameters:
  ///   - conditional: v_class.
  ///   - unconditional: v_any, of the same shape.
  ///   - scale: how far to go.
  public static func guided(_ conditional: Tensor, _ unconditional: Tensor, scale: Float) -> Tensor {
    require(
      conditional.shape == unconditional.shape,
      "DiffusionSampler.guided: shapes \(conditional.shape) and \(unconditional.shape)")
    return unconditional + (conditional - unconditional) * scale
  }
}
