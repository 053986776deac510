import Foundation

extension Reference {
  /// log Σ exp(x), with the largest taken out. NaN of a NaN, and of a +∞, of which it would take itself away.
  public static func logSumExp(_ row: [Double]) -> Double {
    if row.contains(where: { $0.isNaN || $0 == .infinity }) { return .nan }
    guard let largest = row.max(), largest > -.infinity else { return -.infinity }
    return largest + log(row.map { exp($0 - largest) }.reduce(0, +))
  }

  public static func softmax(_ row: [Double]) -> [Double] {
    let normaliser = logSumExp(row)
    return row.map { exp($0 - normaliser) }
  }

  public static func logSoftmax(_ row: [Double]) -> [Double] {
    let normaliser = logSumExp(row)
    return row.map { $0 - normaliser }
  }

  /// dxᵢ = Σⱼ dyⱼ ∂yⱼ/∂xᵢ with ∂yⱼ/∂xᵢ = yⱼ ([i = j] − yᵢ).
  public static func softmaxBackward(y: [Double], dy: [Double]) -> [Double] {
    let sum = zip(y, dy).map(*).reduce(0, +)
    return zip(y, dy).map { $0 * ($1 - sum) }
  }

  /// dxᵢ = Σⱼ dyⱼ ([i = j] − exp yᵢ).
  public static func logSoftmaxBackward(y: [Double], dy: [Double]) -> [Double] {
    let sum = dy.reduce(0, +)
    return zip(y, dy).map { $1 - exp($0) * sum }
  }
}
