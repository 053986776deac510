import Myelin

/// A network for the nodes of a graph: what a node is, by what is around it.
///
/// ``Configuration/Kind/convolution`` is Kipf and Welling's: graph convolutions one after another. The others stand on a
/// dense layer and residual blocks of layer normalisation, a graph layer and a dense layer, which keep a node's own features
/// where neighbours differ (Platonov and others 2023).
package final class NodeNetwork: Module {
  /// All that makes it, but for the weights.
  package struct Configuration: Codable, Hashable, Sendable {
    /// Which graph layers.
    package enum Kind: String, Codable, Sendable, CaseIterable { case convolution, sage, attention }

    package var kind: Kind
    package var inputs: Int
    /// Features of a hidden node.
    package var hidden: Int
    /// Graph layers.
    package var layers: Int
    package var outputs: Int
    package var activation: Activation
    package var dropout: Float

    static let heads = 4

    /// Whether a network can be built of it; one read from a file may be anything.
    var isConsistent: Bool {
      (1...1 << 24).contains(inputs) && (1...1 << 14).contains(hidden) && (1...64).contains(layers)
        && (1...1 << 14).contains(outputs) && (0..<1).contains(dropout)
        && (kind != .attention || hidden % Configuration.heads == 0)
    }

    var size: NetworkSize {
      let count: Int
      switch kind {
      case .convolution:
        let widths = [inputs] + [Int](repeating: hidden, count: layers - 1) + [outputs]
        count = zip(widths, widths.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 }
      case .sage, .attention:
        let (one, dense) = (2 * hidden, hidden * (hidden + 1))
        let graph = kind == .sage ? 3 * hidden * hidden + hidden : 2 * hidden * (hidden + 1) + 2 * hidden
        count = (inputs + 1) * hidden + layers * (one + graph + dense) + one + (hidden + 1) * outputs
      }
      return NetworkSize(
        parameterCount: count, activationCount: inputs + 6 * layers * hidden + outputs,
        description: "\(layers) graph layers of \(hidden)")
    }
  }

  /// Layer normalisation, a graph layer, a dense layer, and the way beside them.
  final class Block: Module {
    let norm: LayerNorm
    let graph: any Module<GraphInput, Tensor>
    /// Beside the mean of neighbours: the sum that many neighbours make larger.
    let sum: GraphConvolution?
    let activation: Activation
    let dense: Dense
    let dropout: Dropout

    init(_ configuration: Configuration) {
      let width = configuration.hidden
      norm = LayerNorm(width)
      graph =
        configuration.kind == .sage
        ? GraphSAGE(width, width)
        : GraphAttention(width, width / Configuration.heads, heads: Configuration.heads)
      sum = configuration.kind == .sage ? GraphConvolution(width, width, bias: false) : nil
      activation = configuration.activation
      dense = Dense(width, width)
      dropout = Dropout(configuration.dropout)
    }

    func callAsFunction(_ input: GraphInput) -> Tensor {
      let inner = GraphInput(nodes: norm(input.nodes), graph: input.graph)
      let around = sum.map { graph(inner) + $0(inner) } ?? graph(inner)
      return input.nodes + dropout(dense(dropout(activation(around))))
    }
  }

  package let configuration: Configuration
  private let convolutions: [GraphConvolution]
  private let first: Dense?
  private let blocks: [Block]
  private let norm: LayerNorm?
  private let last: Dense?
  private let dropout: Dropout

  /// Builds it, its weights drawn from `RandomGenerator.shared`.
  package init(_ configuration: Configuration) {
    self.configuration = configuration
    let (hidden, layers) = (configuration.hidden, configuration.layers)
    dropout = Dropout(configuration.dropout)
    if configuration.kind == .convolution {
      let widths = [configuration.inputs] + [Int](repeating: hidden, count: layers - 1) + [configuration.outputs]
      convolutions = (0..<layers).map {
        GraphConvolution(
          widths[$0], widths[$0 + 1], activation: $0 + 1 < layers ? configuration.activation : .identity)
      }
      (first, blocks, norm, last) = (nil, [], nil, nil)
    } else {
      convolutions = []
      first = Dense(configuration.inputs, hidden, activation: configuration.activation)
      blocks = (0..<layers).map { _ in Block(configuration) }
      norm = LayerNorm(hidden)
      last = Dense(hidden, configuration.outputs)
    }
  }

  /// [nodes, outputs].
  package func callAsFunction(_ input: GraphInput) -> Tensor {
    var x = input.nodes
    guard let first, let norm, let last else {
      for (index, layer) in convolutions.enumerated() {
        x = layer(GraphInput(nodes: index > 0 ? dropout(x) : x, graph: input.graph))
      }
      return x
    }
    x = dropout(first(x))
    for block in blocks { x = block(GraphInput(nodes: x, graph: input.graph)) }
    return last(norm(x))
  }
}
