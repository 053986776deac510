import Foundation

/// How much noise pictures have at a time t of a diffusion, from 0 (nearly none) to 1 (nearly nothing else).
///
/// A picture x₀ at time t is x_t = α x₀ + σ ε with ε ~ N(0, I) and α² + σ² = 1, so that q(x_t | x₀) = N(α x₀, σ² I)
/// (Ho et al. 2020, in the continuous form of Kingma et al. 2021). All follows from the logarithm of the ratio of signal to
/// noise, λ = log(α² / σ²): α² = 1 / (1 + e^−λ) and σ² = 1 / (1 + e^λ). A schedule is λ as a function of t:
///
/// - cosine (Nichol & Dhariwal 2021): λ = −2 log tan(π/2 · t′), so that α = cos(π/2 · t′);
/// - log-linear: λ falls by equal steps, and σ / α grows by equal factors.
///
/// t′ is t on the part of the curve where λ is in the schedule's range.
///
/// ```swift
/// let level = NoiseSchedule.cosine.logSNR(at: 0.3)
/// let (noised, velocity) = NoiseSchedule.noised(pictures, noise, logSNR: [Float](repeating: level, count: pictures.shape[0]))
/// ```
public struct NoiseSchedule: Hashable, Sendable, Codable {
  /// The curve of λ over t.
  public enum Form: String, Hashable, Sendable, Codable, CaseIterable {
    /// α is a cosine of t.
    case cosine
    /// λ is linear in t.
    case logLinear = "log-linear"
  }

  /// The curve of λ over t.
  public let form: Form
  /// λ at t = 1.
  public let lowest: Float
  /// λ at t = 0.
  public let highest: Float

  /// The cosine schedule with λ from 10 to −10.
  public static let cosine = NoiseSchedule(.cosine)
  /// The log-linear schedule with λ from 10 to −10.
  public static let logLinear = NoiseSchedule(.logLinear)

  /// - Parameters:
  ///   - form: the curve of λ over t.
  ///   - logSNR: λ at t = 1 and at t = 0. Precondition: the bounds differ and are within ±40, beyond which e^λ is no
  ///     number to compute with.
  public init(_ form: Form, logSNR: ClosedRange<Float> = -10...10) {
    self.form = form
    lowest = logSNR.lowerBound
    highest = logSNR.upperBound
    require(isConsistent, "NoiseSchedule: logarithms of signal to noise from \(highest) to \(lowest)")
  }

  /// Whether it can be computed with; one read from a file may be anything.
  package var isConsistent: Bool { lowest < highest && lowest >= -40 && highest <= 40 }

  /// λ at time t in 0…1.
  public func logSNR(at time: Double) -> Float {
    switch form {
    case .logLinear: return Float(Double(highest) + (Double(lowest) - Double(highest)) * time)
    case .cosine:
      let first = atan(exp(-Double(highest) / 2))
      let last = atan(exp(-Double(lowest) / 2))
      return Float(-2 * log(tan(first + (last - first) * time)))
    }
  }

  /// α and σ of a λ.
  public static func scales(_ logSNR: Float) -> (signal: Float, noise: Float) {
    (Float(1 / (1 + exp(-Double(logSNR))).squareRoot()), Float(1 / (1 + exp(Double(logSNR))).squareRoot()))
  }

  /// x_t = α x₀ + σ ε of each picture, and what a network learns to tell from it: the velocity v = α ε − σ x₀ (Salimans &
  /// Ho 2022), from which x₀ = α x_t − σ v and ε = σ x_t + α v.
  ///
  /// - Parameters:
  ///   - pictures: x₀ [N, …].
  ///   - noise: ε, normal, of the same shape.
  ///   - logSNR: λ of each of the N pictures.
  public static func noised(_ pictures: Tensor, _ noise: Tensor, logSNR: [Float]) -> (noised: Tensor, velocity: Tensor)
  {
    require(
      pictures.rank >= 1 && pictures.shape == noise.shape && pictures.shape[0] == logSNR.count,
      "NoiseSchedule.noised: pictures \(pictures.shape) with noise \(noise.shape) and \(logSNR.count) levels")
    let shape = Shape([logSNR.count] + [Int](repeating: 1, count: pictures.rank - 1))
    let scales = logSNR.map(NoiseSchedule.scales)
    let signal = Tensor(scales.map(\.signal), shape: shape)
    let deviation = Tensor(scales.map(\.noise), shape: shape)
    return (pictures * signal + noise * deviation, noise * signal - pictures * deviation)
  }
}
