import Foundation

extension Reference {
  /// log Σ exp(x), with the largest taken out.
  public static func logSumExp(_ row: [Double]) -> Double {
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
    y.indices.map { i in
      y.indices.map { j in dy[j] * y[j] * ((i == j ? 1 : 0) - y[i]) }.reduce(0, +)
    }
  }

  /// dxᵢ = Σⱼ dyⱼ ([i = j] − exp yᵢ).
  public static func logSoftmaxBackward(y: [Double], dy: [Double]) -> [Double] {
    y.indices.map { i in y.indices.map { j in dy[j] * ((i == j ? 1 : 0) - exp(y[i])) }.reduce(0, +) }
  }
}
