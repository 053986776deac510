/// A vector for each graph from those of its nodes: their sum, mean or largest. A graph without nodes gives 0.
public struct GraphPooling: Module {
  /// How nodes are put together.
  public let aggregation: Aggregation

  /// Puts nodes together by `aggregation`.
  public init(_ aggregation: Aggregation = .mean) { self.aggregation = aggregation }

  /// [graphs, features].
  public func callAsFunction(_ input: GraphInput) -> Tensor {
    input.nodes.aggregated(over: input.graph.graphs, by: aggregation)
  }
}

/// A vector for each graph: the sum of its nodes, each by its share in a softmax over the graph of a learned score.
public final class GraphAttentionPooling: Module {
  /// The score of a node.
  public let gate: any Module<Tensor, Tensor>

  /// - Parameters:
  ///   - inputs: features of a node.
  ///   - generator: what the initial weights are drawn from.
  public convenience init(_ inputs: Int, generator: RandomGenerator = .shared) {
    self.init(gate: Dense(inputs, 1, generator: generator))
  }

  /// - Parameter gate: the score of a node, [N, inputs] to [N, 1].
  public init(gate: any Module<Tensor, Tensor>) { self.gate = gate }

  /// [graphs, features].
  public func callAsFunction(_ input: GraphInput) -> Tensor {
    Observation.layer(self) {
      let graphs = input.graph.graphs
      let shares = gate(input.nodes).reshaped([-1]).softmax(overRowsOf: graphs)
      return input.nodes.aggregated(over: graphs, weights: shares)
    }
  }
}

/// Normalisation over the nodes of each graph (Cai and others 2021): with μ and σ² of a feature over the graph's nodes,
/// y = γ (x − α μ) / √(mean of (x − α μ)² + ε) + β.
public final class GraphNorm: Module, CustomStringConvertible {
  /// γ [features], 1 at first.
  public let weight: Parameter
  /// β [features], 0 at first.
  public let bias: Parameter
  /// α [features], 1 at first: how much of the mean is taken off.
  public let meanScale: Parameter
  /// ε, added to the variance.
  public let epsilon: Float

  /// - Parameters:
  ///   - features: numbers of a node.
  ///   - epsilon: ε, added to the variance.
  public init(_ features: Int, epsilon: Float = 1e-5) {
    weight = Parameter(Tensor(ones: [features]))
    bias = Parameter(Tensor(zeros: [features]))
    meanScale = Parameter(Tensor(ones: [features]))
    self.epsilon = epsilon
  }

  /// [N, features].
  public func callAsFunction(_ input: GraphInput) -> Tensor {
    Observation.layer(self) {
      let graphs = input.graph.graphs
      let graphOf = graphs.rowOfEachEntry
      let mean = input.nodes.aggregated(over: graphs, by: .mean) * meanScale.value
      let centered = input.nodes - mean.gathered(graphOf)
      let variance = centered.squared().aggregated(over: graphs, by: .mean)
      return centered * (variance + epsilon).reciprocalSquareRoot().gathered(graphOf) * weight.value + bias.value
    }
  }

  public var description: String { "GraphNorm(\(weight.count))" }
}
