/// How far predictions are from targets; fed batch by batch, summed in Double.
public struct RegressionErrors: Sendable, Hashable, Codable {
  public private(set) var count = 0
  private var absoluteSum = 0.0
  private var squareSum = 0.0
  // The targets' mean and squared deviations from it, by Welford 1962: Σ t² − n mean² would cancel.
  private var targetMean = 0.0
  private var targetDeviations = 0.0

  public init() {}

  /// Precondition: as many predictions as targets.
  public mutating func add(_ predictions: Tensor, _ targets: Tensor) {
    require(
      predictions.count == targets.count,
      "RegressionErrors: predictions \(predictions.shape) with targets \(targets.shape)")
    predictions.withUnsafeBufferPointer { predictions in
      targets.withUnsafeBufferPointer { targets in
        for (prediction, target) in zip(predictions, targets) {
          let error = Double(prediction) - Double(target)
          count += 1
          absoluteSum += abs(error)
          squareSum += error * error
          let difference = Double(target) - targetMean
          targetMean += difference / Double(count)
          targetDeviations += difference * (Double(target) - targetMean)
        }
      }
    }
  }

  /// Σ |p − t| / n. Nil while nothing has been added, as the following.
  public var meanAbsoluteError: Double? { count == 0 ? nil : absoluteSum / Double(count) }
  /// Σ (p − t)² / n
  public var meanSquaredError: Double? { count == 0 ? nil : squareSum / Double(count) }
  /// √(Σ (p − t)² / n)
  public var rootMeanSquaredError: Double? { meanSquaredError.map { $0.squareRoot() } }
  /// R² = 1 − Σ (p − t)² / Σ (t − mean)²: the share of the variance that is explained. Nil where all targets are equal.
  public var rSquared: Double? { targetDeviations == 0 ? nil : 1 - squareSum / targetDeviations }
}

/// √(Σ (p − t)² / n). Nil without elements.
public func rootMeanSquaredError(_ predictions: Tensor, _ targets: Tensor) -> Double? {
  regressionErrors(predictions, targets).rootMeanSquaredError
}

/// 1 − Σ (p − t)² / Σ (t − mean)². Nil where all targets are equal.
public func rSquared(_ predictions: Tensor, _ targets: Tensor) -> Double? {
  regressionErrors(predictions, targets).rSquared
}

/// All of ``RegressionErrors`` at once.
public func regressionErrors(_ predictions: Tensor, _ targets: Tensor) -> RegressionErrors {
  var errors = RegressionErrors()
  errors.add(predictions, targets)
  return errors
}
