import Myelin

/// Changes of exchange rates with what was known on the evening before, day by day and in it currency by currency.
package struct VolatilitySamples: Dataset, HashedContent {
  /// All of them, from which the features are.
  let returns: RateReturns
  /// Places of the days that these samples are of.
  let days: Range<Int>
  /// Inputs [N, features], and targets [N, 2]: the change in per cent, and the logarithm of the variance that the network
  /// corrects.
  let data: TensorDataset

  init(_ returns: RateReturns, _ features: VolatilityFeatures, _ encoding: VolatilityEncoding, days: Range<Int>) {
    let (currencies, width) = (returns.currencies.count, VolatilityFeatures.count)
    let rows = days.lowerBound * currencies..<days.upperBound * currencies
    let inputs = Tensor(shape: [rows.count, width]) { target in
      for (place, at) in (rows.lowerBound * width..<rows.upperBound * width).enumerated() {
        target[place] = (features.values[at] - encoding.means[at % width]) / encoding.deviations[at % width]
      }
    }
    let targets = Tensor(shape: [rows.count, 2]) { target in
      for (place, row) in rows.enumerated() {
        target[2 * place] = row < returns.values.count ? Float(returns.values[row]) : 0
        target[2 * place + 1] = features.base[row]
      }
    }
    self.returns = returns
    self.days = days
    data = TensorDataset(inputs: inputs, targets: targets)
  }

  package var count: Int { data.count }
  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> TensorBatch { data.batch(rows) }
  package func batch(_ rows: Range<Int>) -> TensorBatch { data.batch(rows) }

  func addContent(to hash: inout ContentHash) {
    hash.add(data.inputs)
    hash.add(data.targets!)
  }
}

/// How changes of rates become numbers.
package struct VolatilityEncoding: Codable, Hashable, Sendable {
  var currencies: [String]
  /// Of the features in training.
  var means: [Float]
  var deviations: [Float]

  var isConsistent: Bool {
    !currencies.isEmpty && Set(currencies).count == currencies.count && means.count == VolatilityFeatures.count
      && deviations.count == means.count && means.allSatisfy(\.isFinite)
      && deviations.allSatisfy { $0 > 0 && $0.isFinite }
  }

  /// Of the days of training.
  init(_ returns: RateReturns, _ features: VolatilityFeatures, days: Range<Int>) {
    let width = VolatilityFeatures.count
    let rows = days.lowerBound * returns.currencies.count..<days.upperBound * returns.currencies.count
    var (means, squares) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
    for at in rows.lowerBound * width..<rows.upperBound * width {
      means[at % width] += Double(features.values[at]) / Double(rows.count)
    }
    for at in rows.lowerBound * width..<rows.upperBound * width {
      let distance = Double(features.values[at]) - means[at % width]
      squares[at % width] += distance * distance / Double(rows.count)
    }
    currencies = returns.currencies
    self.means = means.map { Float($0) }
    deviations = squares.map { Float(max($0.squareRoot(), 1e-6)) }
  }
}
