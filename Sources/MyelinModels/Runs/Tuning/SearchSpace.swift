import Foundation
import Myelin

/// The settings that a search draws from: those that suit the data, each changed at random within what is usual.
struct SearchSpace {
  /// What suits the data.
  let usual: TrainingSettings
  /// Whether layers, activation and dropout are the network's to choose.
  let hasLayers: Bool

  /// The settings of a candidate: the usual ones for the first, drawn from its number and the seed for the others.
  func settings(_ candidate: Int, seed: UInt64) -> TrainingSettings {
    if candidate == 0 { return usual }
    var settings = usual
    let draws = RandomGenerator(seed: seed &* 1_000_003 &+ UInt64(candidate)).uniform([16]).scalars.map(Double.init)
    var next = 0
    func share() -> Double {
      defer { next += 1 }
      return min(draws[next], 0.999_999)
    }
    func one<Value>(of values: [Value]) -> Value { values[Int(share() * Double(values.count))] }
    /// Between the two, each order of magnitude as likely.
    func between(_ low: Double, _ high: Double) -> Double { low * pow(high / low, share()) }
    /// With two significant digits, so that it can be read and written.
    func short(_ value: Double) -> Float {
      let scale = pow(10, (log10(value)).rounded(.down) - 1)
      return Float((value / scale).rounded() * scale)
    }
    settings.learningRate = short(Double(usual.learningRate) * between(0.3, 3))
    settings.weightDecay = short(max(Double(usual.weightDecay), 1e-3) * between(0.1, 5))
    settings.batchSize = one(of: [usual.batchSize / 2, usual.batchSize, usual.batchSize, usual.batchSize * 2])
    settings.batchSize = max(settings.batchSize, 8)
    guard hasLayers else {
      settings.labelSmoothing = one(of: [0, 0, 0.05, 0.1])
      return settings
    }
    let width = one(of: [64, 128, 192, 256, 384])
    settings.hiddenSizes = Array(repeating: width, count: one(of: [1, 2, 2, 3]))
    settings.activation = one(of: [.relu, .silu])
    settings.dropout = short(between(0.05, 0.4))
    if var ensemble = usual.ensemble {
      ensemble.binStrength = short(Double(ensemble.binStrength) * between(0.2, 4))
      ensemble.softens = false
      ensemble.binCount = one(of: [16, 32, 64, 128])
      settings.ensemble = ensemble
    }
    return settings
  }
}
