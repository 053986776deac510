/// Graph convolution (Kipf and Welling 2017): y = activation(A x W + b), A the graph's edges, normalised.
///
/// nodes [N, inputs] give [N, outputs].
public final class GraphConvolution: Module, CustomStringConvertible {
  /// W [inputs, outputs].
  public let weight: Parameter
  /// b [outputs]; nil without one.
  public let bias: Parameter?
  /// What is applied to the sum.
  public let activation: Activation
  /// Whether the graph is taken ``Graph/normalized``.
  public let normalizes: Bool

  /// - Parameters:
  ///   - inputs: features of a node.
  ///   - outputs: features of the result.
  ///   - activation: what is applied to the sum.
  ///   - bias: whether there is a b.
  ///   - normalizes: whether the graph is taken with self-loops and symmetric weights; else with its own edges and weights.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, _ outputs: Int, activation: Activation = .identity, bias: Bool = true, normalizes: Bool = true,
    generator: RandomGenerator = .shared
  ) {
    require(inputs > 0 && outputs > 0, "GraphConvolution(\(inputs), \(outputs)): sizes start at 1")
    weight = Parameter(Initializer.glorotUniform.make(Shape(inputs, outputs), inputs, outputs, generator))
    self.bias = bias ? Parameter(Tensor(zeros: Shape(outputs))) : nil
    self.activation = activation
    self.normalizes = normalizes
  }

  /// activation(A x W + b).
  public func callAsFunction(_ input: GraphInput) -> Tensor {
    Observation.layer(self) {
      let graph = normalizes ? input.graph.normalized : input.graph
      // Whichever has fewer features goes through the edges.
      if weight.shape[0] < weight.shape[1] {
        let around = input.nodes.aggregated(over: graph.edges, weights: graph.weights)
        return dense(around, weight.value, bias?.value, activation)
      }
      let sum = dense(input.nodes, weight.value).aggregated(over: graph.edges, weights: graph.weights)
      return activation(bias.map { sum + $0.value } ?? sum)
    }
  }

  public var description: String { "GraphConvolution(\(weight.shape[0]), \(weight.shape[1]))" }
}

/// GraphSAGE (Hamilton, Ying, Leskovec 2017): a node and what is around it, each with its weights:
/// y = activation(x W + aggregate(x of neighbours) V + b).
///
/// nodes [N, inputs] give [N, outputs].
public final class GraphSAGE: Module, CustomStringConvertible {
  /// W with b.
  public let own: Dense
  /// V.
  public let neighbors: Dense
  /// How neighbours are put together.
  public let aggregation: Aggregation
  /// What is applied to the sum.
  public let activation: Activation

  /// - Parameters:
  ///   - inputs: features of a node.
  ///   - outputs: features of the result.
  ///   - aggregation: how neighbours are put together.
  ///   - activation: what is applied to the sum.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, _ outputs: Int, aggregation: Aggregation = .mean, activation: Activation = .identity,
    generator: RandomGenerator = .shared
  ) {
    own = Dense(inputs, outputs, initializer: activation.usualInitializer, generator: generator)
    neighbors = Dense(inputs, outputs, bias: false, initializer: activation.usualInitializer, generator: generator)
    self.aggregation = aggregation
    self.activation = activation
  }

  /// activation(x W + aggregate V + b).
  public func callAsFunction(_ input: GraphInput) -> Tensor {
    Observation.layer(self) {
      let weights = aggregation == .max ? nil : input.graph.weights
      let around: Tensor
      if neighbors.outputs < neighbors.inputs && aggregation != .max {
        around = neighbors(input.nodes).aggregated(over: input.graph.edges, by: aggregation, weights: weights)
      } else {
        around = neighbors(input.nodes.aggregated(over: input.graph.edges, by: aggregation, weights: weights))
      }
      return activation(own(input.nodes) + around)
    }
  }

  public var description: String { "GraphSAGE(\(own.inputs), \(own.outputs), \(aggregation.rawValue))" }
}

/// Graph isomorphism layer (Xu and others 2019): y = body((1 + ε) x + Σ of neighbours), and with features of edges e
/// Σ relu(neighbour + e U) (Hu and others 2020), which is message passing with edge features.
public final class GIN: Module {
  /// What the sum goes through.
  public let body: any Module<Tensor, Tensor>
  /// ε [1], learned; nil keeps it at 0.
  public let epsilon: Parameter?
  /// U with its bias, from features of an edge to those of a node; nil without features of edges.
  public let edges: Dense?

  /// - Parameters:
  ///   - inputs: features of a node.
  ///   - edgeInputs: features of an edge; 0 for none.
  ///   - learnsEpsilon: whether ε is learned, from 0 on.
  ///   - body: what the sum goes through, [N, inputs] to [N, outputs].
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, edgeInputs: Int = 0, learnsEpsilon: Bool = false, body: any Module<Tensor, Tensor>,
    generator: RandomGenerator = .shared
  ) {
    self.body = body
    epsilon = learnsEpsilon ? Parameter(Tensor(zeros: [1])) : nil
    edges = edgeInputs > 0 ? Dense(edgeInputs, inputs, generator: generator) : nil
  }

  /// body((1 + ε) x + Σ).
  public func callAsFunction(_ input: GraphInput) -> Tensor {
    Observation.layer(self) {
      let x = input.nodes
      let around: Tensor
      if let edges {
        guard let features = input.edges else { misuse("GIN: edges without features") }
        let messages = relu(x.gathered(input.graph.edges.indices ?? Indices([Int32]())) + edges(features))
        around = messages.aggregated(over: input.graph.edges.segments)
      } else {
        around = x.aggregated(over: input.graph.edges)
      }
      return body((epsilon.map { x * (1 + $0.value) } ?? x) + around)
    }
  }
}

/// Graph attention, version 2 (Brody, Alon, Yahav 2022): each node weighs what comes along its edges, itself among them, by
/// a softmax of aₕ · LeakyReLU(x_from W_l + x_to W_r), in several heads.
///
/// nodes [N, inputs] give [N, heads · outputs], or [N, outputs] as the heads' mean.
public final class GraphAttention: Module, CustomStringConvertible {
  /// W_l with its bias: of where an edge begins.
  public let from: Dense
  /// W_r with its bias: of where it ends.
  public let to: Dense
  /// a [heads, outputs].
  public let attention: Parameter
  /// Added to the result.
  public let bias: Parameter
  /// Attentions side by side.
  public let heads: Int
  /// Whether the heads' results stand side by side; else their mean.
  public let concatenates: Bool
  /// What is applied to the sum.
  public let activation: Activation
  /// Slope of the leaky ReLU.
  public let slope: Float

  /// - Parameters:
  ///   - inputs: features of a node.
  ///   - outputs: features of a head.
  ///   - heads: attentions side by side.
  ///   - concatenates: whether the heads' results stand side by side; else their mean.
  ///   - activation: what is applied to the sum.
  ///   - slope: of the leaky ReLU.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, _ outputs: Int, heads: Int = 1, concatenates: Bool = true, activation: Activation = .identity,
    slope: Float = 0.2, generator: RandomGenerator = .shared
  ) {
    require(
      inputs > 0 && outputs > 0 && heads > 0, "GraphAttention(\(inputs), \(outputs), heads: \(heads)): from 1 on")
    from = Dense(inputs, heads * outputs, initializer: .glorotUniform, generator: generator)
    to = Dense(inputs, heads * outputs, initializer: .glorotUniform, generator: generator)
    attention = Parameter(Initializer.glorotUniform.make([heads, outputs], outputs, 1, generator))
    bias = Parameter(Tensor(zeros: Shape(concatenates ? heads * outputs : outputs)))
    self.heads = heads
    self.concatenates = concatenates
    self.activation = activation
    self.slope = slope
  }

  /// activation(Σ α x_from W_l + b), the softmax α over each node's edges and itself.
  public func callAsFunction(_ input: GraphInput) -> Tensor {
    Observation.layer(self) {
      let edges = input.graph.withSelfLoops.edges
      let width = from.outputs / heads
      let sources = from(input.nodes).reshaped([-1, heads, width])
      let targets = to(input.nodes).reshaped([-1, heads, width])
      let shares = Tensor.attentionScores(
        over: edges, from: sources, to: targets, attention: attention.value, slope: slope
      ).softmax(overRowsOf: edges)
      let sum = sources.aggregated(over: edges, weights: shares)
      let result = concatenates ? sum.reshaped([-1, heads * width]) : sum.mean(axis: 1)
      return activation(result + bias.value)
    }
  }

  public var description: String {
    "GraphAttention(\(from.inputs), \(from.outputs / heads), heads: \(heads))"
  }
}
