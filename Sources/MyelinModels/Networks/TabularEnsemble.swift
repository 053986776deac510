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
    /// What the centred bins are multiplied by: 1 / 0.4, some deviation of a bin, times their strength.
    public var binScale: Float
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
        && sizes.contains(outputs) && (0..<1).contains(dropout) && clip > 0 && binScale.isFinite
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
    let sizes = configuration.hiddenSizes + [configuration.outputs]
    var layers: [any Module<Tensor, Tensor>] = []
    for (index, size) in sizes.enumerated() {
      let activation = index < sizes.count - 1 ? configuration.activation : .identity
      if index > 0 || configuration.binned.isEmpty {
        let inputs = index > 0 ? sizes[index - 1] : configuration.features
        layers.append(BatchedDense(members: configuration.members, inputs, size, activation: activation))
      } else {
        layers.append(
          PiecewiseLinearDense(
            members: configuration.members, configuration.features,
            bins: ThermometerBins(configuration.binned.map(\.encoding), scale: configuration.binScale), size,
            activation: activation))
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

  /// The mean over the first axis: of the probabilities of a classification, or of the numbers.
  func average(_ outputs: Tensor) -> Tensor {
    guard let range = configuration.range else {
      // No probability is 0: its logarithm would be infinite, and the loss of the row with it.
      return log(maximum(softmax(outputs).mean(axis: 0), Tensor(1e-37)))
    }
    return outputs.mean(axis: 0).clipped(to: range[0]...range[1])
  }
}

extension TabularEnsemble.Configuration {
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
