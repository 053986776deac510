import Foundation

extension Reference {
  public struct Loss {
    public var value: Double
    public var gradient: [Double]
    /// Each term without its weight.
    public var terms: [Double]
  }

  /// scale · Σ wᵢ lᵢ / Σ wᵢ and its derivative, from terms lᵢ and their derivatives.
  private static func mean(terms: [Double], derivatives: [Double], weights: [Double], scale: Double) -> Loss {
    let total = weights.reduce(0, +)
    guard total != 0 else {
      return Loss(value: 0, gradient: derivatives.map { _ in 0 }, terms: terms)
    }
    let perTerm = derivatives.count / max(terms.count, 1)
    return Loss(
      value: scale * zip(weights, terms).map { $0 == 0 ? 0 : $0 * $1 }.reduce(0, +) / total,
      gradient: derivatives.indices.map { i in
        let weight = weights[i / perTerm]
        return weight == 0 ? 0 : scale * weight * derivatives[i] / total
      },
      terms: terms)
  }

  /// Cross entropy of softmax against the smoothed target (1 − s) one-hot + s / classes; label −1 has no weight.
  public static func softmaxCrossEntropy(
    logits: [[Double]], labels: [Int], rowWeights: [Double]? = nil, classWeights: [Double]? = nil,
    smoothing: Double = 0, scale: Double = 1
  ) -> Loss {
    var terms: [Double] = []
    var derivatives: [Double] = []
    var weights: [Double] = []
    for (row, (logits, label)) in zip(logits, labels).enumerated() {
      let target = logits.indices.map { (1 - smoothing) * ($0 == label ? 1 : 0) + smoothing / Double(logits.count) }
      let logProbabilities = logSoftmax(logits)
      terms.append(label < 0 ? 0 : -zip(target, logProbabilities).map { $0 == 0 ? 0 : $0 * $1 }.reduce(0, +))
      derivatives += zip(logProbabilities, target).map { exp($0) - $1 }
      weights.append(label < 0 ? 0 : (rowWeights?[row] ?? 1) * (classWeights?[label] ?? 1))
    }
    return mean(terms: terms, derivatives: derivatives, weights: weights, scale: scale)
  }

  public enum PointLoss: CaseIterable, Sendable { case binaryCrossEntropy, squared, absolute, huber }

  /// A loss of one number against one number; `parameter` is the weight of the positive class or Huber's delta.
  public static func pointLoss(
    _ kind: PointLoss, predictions: [Double], targets: [Double], weights: [Double]? = nil, parameter: Double = 1,
    scale: Double = 1
  ) -> Loss {
    let pairs = zip(predictions, targets).map { p, t -> (term: Double, derivative: Double) in
      let error = p - t
      switch kind {
      case .binaryCrossEntropy:
        let against = max(p, 0) + log1p(exp(-abs(p)))  // −log(1 − σ(p))
        let inFavour = max(-p, 0) + log1p(exp(-abs(p)))  // −log σ(p)
        return ((1 - t) * against + parameter * t * inFavour, (1 - t) * sigmoid(p) - parameter * t * sigmoid(-p))
      case .squared: return (error * error, 2 * error)
      case .absolute: return (abs(error), error > 0 ? 1 : error < 0 ? -1 : error)
      case .huber:
        return abs(error) <= parameter
          ? (error * error / 2, error)
          : (parameter * (abs(error) - parameter / 2), error > 0 ? parameter : error < 0 ? -parameter : error)
      }
    }
    return mean(
      terms: pairs.map(\.term), derivatives: pairs.map(\.derivative),
      weights: weights ?? [Double](repeating: 1, count: pairs.count), scale: scale)
  }
}
