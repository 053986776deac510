import Myelin

/// Networks for the rows of a table, trained side by side, each on folds of its own, that answer as one.
///
/// A row's features come as a `FeatureEncoder` gives them, [N, features]. Those with more than two values get bins
/// (`PiecewiseLinearEncoding`) beside the number, which is cut off at ±clip; then follow dense layers with dropout. The
/// answer is the mean of the members' probabilities, as its logarithm, or the mean of their numbers, within the range that
/// the training rows had.
public final class TabularEnsemble: StoredNetwork {
  /// A feature with bins.
  public struct BinnedFeature: Codable, Sendable, Hashable {
    /// Its place among the features.
    public var feature: Int
    /// Its bins.
    public var encoding: PiecewiseLinearEncoding
  }

  /// How strongly some of the members see what is not a number.
  public struct InputStrength: Codable, Sendable, Hashable {
    /// What the centred bins are multiplied by: 1 / 0.4, some deviation of a bin, times their strength.
    public var bins: Float
    /// What each feature is multiplied by; empty where all stay as they are.
    public var features: [Float]
    /// What the mean of these members counts in the answer; 1 for all of them together.
    public var share: Float
  }

  /// Everything that its shape follows from.
  public struct Configuration: NetworkConfiguration {
    /// The network that it makes.
    public typealias Network = TabularEnsemble
    /// How a model's file names it.
    public static let kind = "tabular-ensemble"

    /// How many networks.
    public var members: Int
    /// Features of a row.
    public var features: Int
    /// In the order of their features.
    public var binned: [BinnedFeature]
    /// As many members one after another see their inputs by each of them.
    public var strengths: [InputStrength]
    /// Where numbers are cut off.
    public var clip: Float
    /// Units of each hidden layer.
    public var hiddenSizes: [Int]
    /// Of the hidden layers.
    public var activation: Activation
    /// Share of hidden units that are dropped in training.
    public var dropout: Float
    /// Classes, or numbers.
    public var outputs: Int
    /// Lowest and highest number that is answered; nil for a classification.
    public var range: [Float]?

    var binCount: Int { binned.reduce(0) { $0 + $1.encoding.binCount } }

    /// Scalars of all members; nil beyond what an Int can count.
    var parameterCount: Int? {
      var count = 0
      var inputs = features + binCount
      for size in hiddenSizes + [outputs] {
        let (weights, isTooLarge) = (inputs + 1).multipliedReportingOverflow(by: size)
        let (product, isProductTooLarge) = weights.multipliedReportingOverflow(by: members)
        let (sum, isSumTooLarge) = count.addingReportingOverflow(product)
        if isTooLarge || isProductTooLarge || isSumTooLarge { return nil }
        count = sum
        inputs = size
      }
      return count
    }

    /// Numbers that it takes for a row.
    public var inputCount: Int { features }

    /// Numbers that it gives for a row.
    public var outputCount: Int { outputs }

    /// What it takes in memory.
    public var size: NetworkSize {
      let layers = hiddenSizes.map(String.init).joined(separator: ",")
      return NetworkSize(
        parameterCount: parameterCount,
        activationCount: members * (features + binned.count + hiddenSizes.reduce(0, +) + outputs),
        description: "\(members) networks of layers \(layers.isEmpty ? "0" : layers)")
    }

    /// Whether a network can be made of it; one read from a file may be anything.
    public var isConsistent: Bool {
      let sizes = 1...1 << 20
      return (1...1 << 10).contains(members) && sizes.contains(features) && hiddenSizes.allSatisfy(sizes.contains)
        && sizes.contains(outputs) && (0..<1).contains(dropout) && clip > 0 && !strengths.isEmpty
        && members % strengths.count == 0 && strengths.allSatisfy { $0.isConsistent(features: features) }
        && binned.allSatisfy { (0..<features).contains($0.feature) && $0.encoding.isConsistent }
        && (range.map { $0.count == 2 && $0[0] <= $0[1] } ?? true) && parameterCount != nil
    }
  }

  /// Everything that its shape follows from.
  public let configuration: Configuration
  private let layers: [any Module<Tensor, Tensor>]
  private let dropout: Dropout?

  /// Networks of this shape, their weights drawn from `RandomGenerator.shared`.
  public init(_ configuration: Configuration) {
    self.configuration = configuration
    let scales = configuration.inputScales
    let sizes = configuration.hiddenSizes + [configuration.outputs]
    var layers: [any Module<Tensor, Tensor>] = []
    for (index, size) in sizes.enumerated() {
      let activation = index < sizes.count - 1 ? configuration.activation : .identity
      if index > 0 || configuration.binned.isEmpty {
        let inputs = index > 0 ? sizes[index - 1] : configuration.features
        layers.append(
          BatchedDense(
            members: configuration.members, inputs, size, activation: activation, inputScales: index == 0 ? scales : nil
          ))
      } else {
        layers.append(
          PiecewiseLinearDense(
            members: configuration.members, configuration.features,
            bins: ThermometerBins(configuration.binned.map(\.encoding), scales: configuration.strengths.map(\.bins)),
            size, activation: activation, inputScales: scales))
      }
    }
    self.layers = layers
    dropout = configuration.dropout > 0 && !configuration.hiddenSizes.isEmpty ? Dropout(configuration.dropout) : nil
  }

  /// The outputs of each member for prepared rows: [members, N, features] or, for rows that all share, [1, N, features] to
  /// [members, N, outputs].
  public func outputs(_ prepared: Tensor) -> Tensor {
    var value = prepared
    for (index, layer) in layers.enumerated() {
      value = layer(value)
      if index < layers.count - 1, let dropout { value = dropout(value) }
    }
    return value
  }

  /// The ensemble's answer to features [N, features]: [N, outputs], logarithms of probabilities or numbers.
  public func callAsFunction(_ features: Tensor) -> Tensor {
    average(outputs(configuration.prepared(features).expanded(at: 0)))
  }

  /// The answer of the members' outputs [members, N, outputs]: the mean over those of each strength, of probabilities or
  /// of numbers, in their shares.
  func average(_ outputs: Tensor) -> Tensor {
    let strengths = configuration.strengths.count
    let values = configuration.range == nil ? softmax(outputs) : outputs
    guard strengths > 1 else { return answer(values.mean(axis: 0)) }
    let means = values.reshaped([strengths, outputs.shape[0] / strengths, outputs.shape[1], outputs.shape[2]])
      .mean(axis: 1)
    return answer(TabularEnsemble.mixed(means, shares: configuration.strengths.map(\.share)))
  }

  /// Values [strengths, N, outputs] in these shares: [N, outputs].
  private static func mixed(_ values: Tensor, shares: [Float]) -> Tensor {
    (values * Tensor(shares, shape: [shares.count, 1, 1])).sum(axis: 0)
  }

  /// Logarithms of probabilities, or numbers within the range.
  private func answer(_ values: Tensor) -> Tensor {
    guard let range = configuration.range else {
      // No probability is 0: its logarithm would be infinite, and the loss of the row with it.
      return log(maximum(values, Tensor(1e-37)))
    }
    return values.clipped(to: range[0]...range[1])
  }
}

// MARK: Held-out rows

extension TabularEnsemble {
  /// What the members make of the rows that each held out, all rows in their order: [strengths, N, outputs].
  ///
  /// - Parameters:
  ///   - rows: prepared.
  ///   - folds: the numbers of those that the members of one strength hold out.
  func heldOutOutputs(_ rows: TensorDataset, folds: [[Int32]]) -> Tensor {
    let (strengths, width) = (configuration.strengths.count, configuration.outputs)
    let numbers = folds.map { $0.map(Int.init) }
    let data = EnsembleDataset(rows, rows: (0..<strengths).flatMap { _ in numbers }, fill: .empty)
    return Tensor(shape: [strengths, rows.count, width]) { result in
      for start in stride(from: 0, to: data.count, by: 1024) {
        let end = min(start + 1024, data.count)
        let answers = withoutGradient { outputs(data.batch(start..<end).inputs) }
        answers.withUnsafeBufferPointer { answers in
          for (member, own) in data.rows.enumerated() {
            let place = member / folds.count * rows.count
            for sample in start..<min(end, own.count) {
              let source = (member * (end - start) + sample - start) * width
              let target = (place + Int(own[sample])) * width
              for output in 0..<width { result[target + output] = answers[source + output] }
            }
          }
        }
      }
    }
  }

  /// What the ensemble makes of those outputs: [N, outputs]; of one strength, the outputs themselves.
  ///
  /// - Parameter shares: of the strengths; nil for its own.
  func heldOutAnswers(_ outputs: Tensor, shares: [Float]? = nil) -> Tensor {
    let shares = shares ?? configuration.strengths.map(\.share)
    guard shares.count > 1 else {
      let one = outputs.reshaped([outputs.shape[1], outputs.shape[2]])
      return configuration.range.map { one.clipped(to: $0[0]...$0[1]) } ?? one
    }
    return answer(TabularEnsemble.mixed(configuration.range == nil ? softmax(outputs) : outputs, shares: shares))
  }

  /// The ensemble in the shares that suit the held-out rows best, by quarters, without strengths that have none.
  ///
  /// The second strength gets a share only where that takes a fiftieth off the loss: on development tables smaller gains
  /// were not there in other rows, while larger ones were.
  ///
  /// - Parameters:
  ///   - outputs: the members' of the rows that they held out.
  ///   - loss: of answers.
  func mixed(heldOut outputs: Tensor, loss: (Tensor) -> Double) throws -> TabularEnsemble {
    guard configuration.strengths.count == 2 else { return self }
    let losses = ([1, 0.75, 0.5, 0.25, 0] as [Float]).map { share in
      (shares: [share, 1 - share], loss: loss(heldOutAnswers(outputs, shares: [share, 1 - share])))
    }
    var best = losses[0]
    let bound = best.loss - 0.02 * abs(best.loss)
    for mixture in losses where mixture.loss < min(bound, best.loss) { best = mixture }
    let shares = best.shares
    let kept = shares.indices.filter { shares[$0] > 0 }
    let count = configuration.members / 2
    var own = configuration
    own.members = kept.count * count
    own.strengths = kept.map {
      var strength = configuration.strengths[$0]
      strength.share = shares[$0]
      return strength
    }
    let result = TabularEnsemble(own)
    try result.load(
      stateDictionary.mapValues { kept.count == 2 ? $0 : $0.sliced(kept[0] * count..<(kept[0] + 1) * count) })
    return result
  }
}

extension TabularEnsemble.InputStrength {
  func isConsistent(features count: Int) -> Bool {
    bins.isFinite && (features.isEmpty || features.count == count) && features.allSatisfy(\.isFinite)
      && (0...1).contains(share)
  }
}

extension TabularEnsemble.Configuration {
  /// What each member multiplies its numbers by, [members, features, 1]; nil where nothing is.
  fileprivate var inputScales: Tensor? {
    guard strengths.contains(where: { !$0.features.isEmpty }) else { return nil }
    let usual = [Float](repeating: 1, count: features)
    let scales = strengths.flatMap { strength in
      (0..<members / strengths.count).flatMap { _ in strength.features.isEmpty ? usual : strength.features }
    }
    return Tensor(scales, shape: [members, features, 1])
  }

  /// What the first layer takes of features [N, features]: the numbers, cut off, and the positions on the bins.
  func prepared(_ features: Tensor) -> Tensor {
    let (rows, width) = (features.shape[0], self.features)
    return Tensor(shape: Shape(rows, width + binned.count)) { result in
      features.withUnsafeBufferPointer { features in
        for row in 0..<rows {
          let place = row * (width + binned.count)
          for feature in 0..<width { result[place + feature] = min(max(features[row * width + feature], -clip), clip) }
          for (column, bins) in binned.enumerated() {
            let value = Double(features[row * width + bins.feature])
            result[place + width + column] = Float(bins.encoding.position(of: value))
          }
        }
      }
    }
  }
}
