import Foundation

/// Mean and covariance of vectors, in Double: what the Fréchet distance compares.
///
/// ```swift
/// let distance = FeatureMoments(network.features(samples)).frechetDistance(to: FeatureMoments(network.features(pictures)))
/// ```
public struct FeatureMoments: Sendable {
  /// How many vectors.
  public let count: Int
  /// Their mean [features].
  public let mean: [Double]
  /// Their unbiased covariance [features × features], row-major.
  public let covariance: [Double]

  /// Moments of the rows of `features` [N, features]. Precondition: there are two rows at least.
  public init(_ features: Tensor) {
    require(
      features.rank == 2 && features.shape[0] >= 2 && features.shape[1] >= 1,
      "FeatureMoments: features \(features.shape), not [two or more, features]")
    let (rows, width) = (features.shape[0], features.shape[1])
    count = rows
    var mean = [Double](repeating: 0, count: width)
    var covariance = [Double](repeating: 0, count: width * width)
    features.withUnsafeBufferPointer { values in
      mean.withUnsafeMutableBufferPointer { mean in
        for row in 0..<rows { for column in 0..<width { mean[column] += Double(values[row * width + column]) } }
        for column in 0..<width { mean[column] /= Double(rows) }
        covariance.withUnsafeMutableBufferPointer { covariance in
          var centred = [Double](repeating: 0, count: width)
          for row in 0..<rows {
            for column in 0..<width { centred[column] = Double(values[row * width + column]) - mean[column] }
            centred.withUnsafeBufferPointer { centred in
              for i in 0..<width { for j in 0...i { covariance[i * width + j] += centred[i] * centred[j] } }
            }
          }
          for i in 0..<width {
            for j in 0...i {
              covariance[i * width + j] /= Double(rows - 1)
              covariance[j * width + i] = covariance[i * width + j]
            }
          }
        }
      }
    }
    self.mean = mean
    self.covariance = covariance
  }

  /// The Fréchet distance of two normal distributions with these moments (Dowson & Landau 1982),
  /// |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁^½ Σ₂ Σ₁^½)^½): of features of pictures a measure of how alike two sets of pictures are
  /// (Heusel et al. 2017). 0 for equal moments; of few pictures it is too large, so that only distances of equal numbers of
  /// pictures can be compared.
  ///
  /// Precondition: as many features.
  public func frechetDistance(to other: FeatureMoments) -> Double {
    let width = mean.count
    require(width == other.mean.count, "frechetDistance: \(width) and \(other.mean.count) features")
    var distance = 0.0
    for (a, b) in zip(mean, other.mean) { distance += (a - b) * (a - b) }
    for place in 0..<width { distance += covariance[place * (width + 1)] + other.covariance[place * (width + 1)] }
    let root = SymmetricEigenvalues(covariance, order: width, wantsVectors: true).squareRoot
    let inner = product(product(root, other.covariance, width), root, width)
    // Rounding may leave a little below 0 where an eigenvalue is 0.
    for value in SymmetricEigenvalues(inner, order: width).values { distance -= 2 * max(value, 0).squareRoot() }
    return max(distance, 0)
  }
}

/// Of square matrices, row-major.
private func product(_ a: [Double], _ b: [Double], _ order: Int) -> [Double] {
  var result = [Double](repeating: 0, count: order * order)
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      result.withUnsafeMutableBufferPointer { result in
        for i in 0..<order {
          for k in 0..<order {
            let factor = a[i * order + k]
            for j in 0..<order { result[i * order + j] += factor * b[k * order + j] }
          }
        }
      }
    }
  }
  return result
}
