import Myelin

// Graphs and recommendation. The peers' rows have as many nodes, edges and ratings, drawn by their own generators.
extension TrainingModel {
  static let graphs = [
    TrainingModel(
      name: "gcn_cora", network: "2708 nodes, 13264 entries, 1433-16-7", batch: 2708, method: .adam
    ) { random in
      let graph = cora(random)
      let (x, labels) = (random.normal([2708, 1433]), randomLabels([2708], below: 7, random))
      let network = Layers(
        GraphConvolution(1433, 16, activation: .relu, generator: random), GraphConvolution(16, 7, generator: random))
      return (network, { softmaxCrossEntropy(network(GraphInput(nodes: x, graph: graph)), labels) })
    },
    TrainingModel(
      name: "gat_cora", network: "2708 nodes, 13264 entries, 1433, 8 heads of 8, 7", batch: 2708, method: .adam
    ) { random in
      let graph = cora(random)
      let (x, labels) = (random.normal([2708, 1433]), randomLabels([2708], below: 7, random))
      let network = Layers(
        GraphAttention(1433, 8, heads: 8, activation: .elu(alpha: 1), generator: random),
        GraphAttention(64, 7, generator: random))
      return (network, { softmaxCrossEntropy(network(GraphInput(nodes: x, graph: graph)), labels) })
    },
    TrainingModel(
      name: "gin_molecules", network: "22 atoms and 24 bonds each, 3 GIN layers of 64", batch: 64, method: .adam
    ) { random in
      let graph = Graph.union(
        (0..<64).map { _ in
          Graph(nodeCount: 22, undirected: Array(zip(draws(24, below: 22, random), draws(24, below: 22, random))))
        })
      let (atoms, bonds) = (random.normal([64 * 22, 22]), random.normal([graph.edgeCount, 5]))
      let network = MessagePassing(random)
      let targets = random.normal([64, 1])
      return (
        network, { meanSquaredError(network(GraphInput(nodes: atoms, graph: graph, edges: bonds)), targets) }
      )
    },
    TrainingModel(
      name: "mf_100k", network: "943 users, 1682 items, 64 factors", batch: 100_000, method: .adam
    ) { random in
      let (ratings, _) = SparseMatrix.compressed(
        pairs: (draws(100_000, below: 943, random), draws(100_000, below: 1682, random)), rows: 943, columns: 1682)
      let targets = random.normal([100_000])
      let network = Factors(random)
      return (network, { meanSquaredError(network(ratings), targets) })
    },
    TrainingModel(
      name: "two_tower", network: "5000 users, 2000 items, 64-64-32 each, softmax over the batch", batch: 512,
      method: .adam
    ) { random in
      let (users, items) = (
        Indices(draws(512, below: 5000, random)), Indices(draws(512, below: 2000, random))
      )
      let towers = TwoTower(Tower(5000, random), Tower(2000, random))
      let right = Indices((0..<512).map { Int32($0) })
      return (towers, { softmaxCrossEntropy(towers.products(users, items), right) })
    },
  ]

  private static func draws(_ count: Int, below limit: Int, _ random: RandomGenerator) -> [Int32] {
    random.uniform([count], low: 0, high: Float(limit)).scalars.map { min(Int32($0), Int32(limit) - 1) }
  }

  /// As many nodes and edges as Cora has.
  private static func cora(_ random: RandomGenerator) -> Graph {
    let from = draws(5278, below: 2708, random)
    // None to itself: with self-loops these are 13264 entries.
    let to = zip(from, draws(5278, below: 2707, random)).map { ($0 + 1 + $1) % 2708 }
    return Graph(nodeCount: 2708, undirected: Array(zip(from, to)))
  }
}

/// Two graph layers.
private struct Layers: Module {
  let first: any Module<GraphInput, Tensor>
  let second: any Module<GraphInput, Tensor>

  init(_ first: any Module<GraphInput, Tensor>, _ second: any Module<GraphInput, Tensor>) {
    (self.first, self.second) = (first, second)
  }

  func callAsFunction(_ input: GraphInput) -> Tensor {
    second(GraphInput(nodes: first(input), graph: input.graph))
  }
}

private struct MessagePassing: Module {
  let first: Dense
  let layers: [GIN]
  let last: Dense

  init(_ random: RandomGenerator) {
    first = Dense(22, 64, activation: .relu, generator: random)
    layers = (0..<3).map { _ in
      GIN(
        64, edgeInputs: 5,
        body: Sequential {
          Dense(64, 64, activation: .relu, generator: random)
          Dense(64, 64, activation: .relu, generator: random)
        }, generator: random)
    }
    last = Dense(64, 1, generator: random)
  }

  func callAsFunction(_ input: GraphInput) -> Tensor {
    var input = input
    input.nodes = first(input.nodes)
    for layer in layers { input.nodes = layer(input) }
    return last(GraphPooling(.sum)(input))
  }
}

private struct Factors: Module {
  let users: Parameter
  let items: Parameter

  init(_ random: RandomGenerator) {
    users = Parameter(random.normal([943, 64], standardDeviation: 0.1))
    items = Parameter(random.normal([1682, 64], standardDeviation: 0.1))
  }

  func callAsFunction(_ ratings: SparseMatrix) -> Tensor {
    .products(over: ratings, rows: users.value, columns: items.value)
  }
}

private struct Tower: Module {
  let embedding: Embedding
  let hidden: Dense
  let output: Dense

  init(_ count: Int, _ random: RandomGenerator) {
    embedding = Embedding(count, 64, generator: random)
    hidden = Dense(64, 64, activation: .relu, generator: random)
    output = Dense(64, 32, generator: random)
  }

  func callAsFunction(_ indices: Indices) -> Tensor { output(hidden(embedding(indices))) }
}
