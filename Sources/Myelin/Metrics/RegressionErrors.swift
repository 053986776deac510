/// How far predictions are from targets; fed batch by batch, summed in Double.
public struct RegressionErrors: MetricAccumulator, Hashable {
  /// Σ wᵢ: the number of elements where no weights are given.
  public private(set) var count = 0.0
  private var absoluteSum = 0.0
  private var squareSum = 0.0
  // The targets' mean and squared deviations from it, by West 1979: Σ t² − n mean² would cancel.
  private var targetMean = 0.0
  private var targetDeviations = 0.0

  /// Without any errors yet.
  public init() {}

  /// Adds predictions and targets, as many of both.
  /// - Parameters:
  ///   - predictions: the model's numbers.
  ///   - targets: what they should be.
  ///   - weights: how much each counts: one an element, or one a row (the first axis); nil counts each once.
  public mutating func add(_ predictions: Tensor, _ targets: Tensor, weights: Tensor? = nil) {
    require(
      predictions.count == targets.count,
      "RegressionErrors: predictions \(predictions.shape) with targets \(targets.shape)")
    let rows = predictions.rank == 0 ? 1 : predictions.shape[0]
    require(
      weights == nil || weights!.count == predictions.count || weights!.count == rows,
      "RegressionErrors: weights \(weights!.shape) for predictions \(predictions.shape)")
    let width = weights.map { $0.count == predictions.count || rows == 0 ? 1 : predictions.count / rows } ?? 1
    let weights = weights?.scalars
    predictions.withUnsafeBufferPointer { predictions in
      targets.withUnsafeBufferPointer { targets in
        for index in 0..<predictions.count {
          add(
            Double(predictions[index]), Double(targets[index]), weight: weights.map { Double($0[index / width]) } ?? 1)
        }
      }
    }
  }

  /// Adds one prediction with its target.
  public mutating func add(_ prediction: Double, _ target: Double, weight: Double = 1) {
    guard weight != 0 else { return }
    let error = prediction - target
    count += weight
    absoluteSum += weight * abs(error)
    squareSum += weight * error * error
    let difference = target - targetMean
    targetMean += difference * weight / count
    targetDeviations += weight * difference * (target - targetMean)
  }

  public mutating func merge(_ other: RegressionErrors) {
    guard other.count != 0 else { return }
    // Chan, Golub & LeVeque 1979.
    let total = count + other.count
    let difference = other.targetMean - targetMean
    targetDeviations += other.targetDeviations + difference * difference * count * other.count / total
    targetMean += difference * other.count / total
    absoluteSum += other.absoluteSum
    squareSum += other.squareSum
    count = total
  }

  public var measurements: [(metric: Metric, value: Double?)] {
    [(.meanAbsoluteError, meanAbsoluteError), (.rootMeanSquaredError, rootMeanSquaredError), (.rSquared, rSquared)]
  }

  /// Σ |p − t| / n. Nil while nothing has been added, as the following.
  public var meanAbsoluteError: Double? { count == 0 ? nil : absoluteSum / count }
  /// Σ (p − t)² / n
  public var meanSquaredError: Double? { count == 0 ? nil : squareSum / count }
  /// √(Σ (p − t)² / n)
  public var rootMeanSquaredError: Double? { meanSquaredError.map { $0.squareRoot() } }
  /// R² = 1 − Σ (p − t)² / Σ (t − mean)²: the share of the variance that is explained. Nil where all targets are equal,
  /// but for rounding.
  public var rSquared: Double? {
    let rounding = 1e-28 * targetMean * targetMean * count
    return targetDeviations <= rounding ? nil : 1 - squareSum / targetDeviations
  }
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
