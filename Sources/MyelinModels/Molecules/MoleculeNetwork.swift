import Myelin

/// A batch of molecules side by side.
package struct MoleculeInput: Sendable {
  package var atoms: GraphInput
  /// [molecules, numbers of the whole], standardised.
  package var whole: Tensor
}

/// A number or a class of a molecule: residual layers of message passing with bonds (GIN with features of edges), the atoms'
/// mean, sum and largest, and what is counted of the whole molecule, through dense layers.
package final class MoleculeNetwork: Module {
  /// All that makes it, but for the weights.
  package struct Configuration: Codable, Hashable, Sendable {
    package var atoms: Int
    package var bonds: Int
    package var whole: Int
    package var hidden: Int
    package var layers: Int
    package var outputs: Int
    package var dropout: Float

    var isConsistent: Bool {
      [atoms, bonds, whole, hidden, outputs].allSatisfy { (1...1 << 14).contains($0) } && (1...64).contains(layers)
        && (0..<1).contains(dropout)
    }

    var size: NetworkSize {
      let gin = (bonds + 1) * hidden + 2 * (hidden + 1) * hidden + 3 * hidden
      let head = (3 * hidden + whole + 1) * hidden + (hidden + 1) * outputs
      return NetworkSize(
        parameterCount: (atoms + 1) * hidden + layers * gin + head, activationCount: 40 * (layers + 1) * 4 * hidden,
        description: "\(layers) layers of message passing of \(hidden)")
    }
  }

  final class Block: Module {
    let norm: GraphNorm
    let passing: GIN
    let dropout: Dropout

    init(_ configuration: Configuration) {
      let width = configuration.hidden
      norm = GraphNorm(width)
      passing = GIN(
        width, edgeInputs: configuration.bonds,
        body: Sequential {
          Dense(width, width, activation: .relu)
          Dense(width, width)
        })
      dropout = Dropout(configuration.dropout)
    }

    func callAsFunction(_ input: GraphInput) -> Tensor {
      var inner = input
      inner.nodes = norm(input)
      return input.nodes + dropout(relu(passing(inner)))
    }
  }

  package let configuration: Configuration
  private let first: Dense
  private let blocks: [Block]
  private let dropout: Dropout
  private let head: Dense
  private let last: Dense

  /// Builds it, its weights drawn from `RandomGenerator.shared`.
  package init(_ configuration: Configuration) {
    self.configuration = configuration
    let width = configuration.hidden
    first = Dense(configuration.atoms, width, activation: .relu)
    blocks = (0..<configuration.layers).map { _ in Block(configuration) }
    dropout = Dropout(configuration.dropout)
    head = Dense(3 * width + configuration.whole, width, activation: .relu)
    last = Dense(width, configuration.outputs)
  }

  /// [molecules, outputs].
  package func callAsFunction(_ input: MoleculeInput) -> Tensor {
    var graph = input.atoms
    graph.nodes = first(graph.nodes)
    for block in blocks { graph.nodes = block(graph) }
    let parts = [
      GraphPooling(.mean)(graph), GraphPooling(.sum)(graph) * 0.05, GraphPooling(.max)(graph), input.whole,
    ]
    return last(dropout(head(dropout(.concatenated(parts, axis: 1)))))
  }
}
