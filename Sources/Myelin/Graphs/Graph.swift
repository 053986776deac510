/// Nodes and the edges between them, or several graphs side by side as one.
///
/// An edge goes from a node to a node; what a layer computes for a node comes from where its edges begin. An undirected edge
/// is one each way. Nodes without edges, edges of a node to itself and edges that repeat are all valid: the first get nothing
/// from neighbours, the others count as often as they stand there.
public struct Graph: Sendable {
  /// Number of nodes.
  public let nodeCount: Int
  /// Row r: the edges that end at node r, their columns the nodes where they begin.
  public let edges: SparseMatrix
  /// What each edge is multiplied by, in the order of ``edges``; nil for 1.
  public let weights: Tensor?
  /// Which of the edges that the graph was made of each entry of ``edges`` is; −1 for one that was added to them.
  public let order: Indices
  /// Where the nodes of each graph begin, and where the last one's end.
  public let graphStarts: [Int32]
  /// The nodes of each graph: a row a graph.
  public let graphs: SparseMatrix
  private let derived = DerivedGraphs()

  /// - Parameters:
  ///   - nodeCount: number of nodes.
  ///   - from: where each edge begins, in 0 ..< nodeCount.
  ///   - to: where each edge ends.
  ///   - weights: what each edge is multiplied by; nil for 1.
  ///   - graphStarts: where the nodes of each of several graphs begin, and where the last one's end; nil for one graph.
  public init(
    nodeCount: Int, from: [Int32], to: [Int32], weights: [Float]? = nil, graphStarts: [Int32]? = nil
  ) {
    require(
      from.count == to.count && (weights == nil || weights!.count == from.count),
      "Graph: \(from.count) beginnings, \(to.count) ends, \(weights?.count ?? from.count) weights")
    require(
      from.allSatisfy { $0 >= 0 && $0 < nodeCount } && to.allSatisfy { $0 >= 0 && $0 < nodeCount },
      "Graph: an edge of a node outside 0 ..< \(nodeCount)")
    let (edges, order) = SparseMatrix.compressed(pairs: (to, from), rows: nodeCount, columns: nodeCount)
    self.init(
      edges: edges, weights: weights.map { weights in Tensor(order.values.map { weights[Int($0)] }) }, order: order,
      graphStarts: graphStarts ?? [0, Int32(nodeCount)])
  }

  /// Undirected edges, each once: they go both ways, of a node to itself once.
  ///
  /// - Parameters:
  ///   - nodeCount: number of nodes.
  ///   - pairs: both ends of each edge.
  ///   - weights: what each edge is multiplied by; nil for 1.
  public init(nodeCount: Int, undirected pairs: [(Int32, Int32)], weights: [Float]? = nil) {
    let back = pairs.indices.filter { pairs[$0].0 != pairs[$0].1 }
    self.init(
      nodeCount: nodeCount, from: pairs.map(\.0) + back.map { pairs[$0].1 },
      to: pairs.map(\.1) + back.map { pairs[$0].0 },
      weights: weights.map { weights in weights + back.map { weights[$0] } })
  }

  private init(edges: SparseMatrix, weights: Tensor?, order: Indices, graphStarts: [Int32]) {
    require(
      graphStarts.first == 0 && graphStarts.last == Int32(edges.rows)
        && zip(graphStarts, graphStarts.dropFirst()).allSatisfy { $0 <= $1 },
      "Graph: the starts of graphs must go from 0 to \(edges.rows) and not fall")
    nodeCount = edges.rows
    (self.edges, self.weights, self.order, self.graphStarts) = (edges, weights, order, graphStarts)
    graphs = SparseMatrix(segments: graphStarts)
  }

  /// Number of edges, each direction counted.
  public var edgeCount: Int { edges.entryCount }
  /// How many graphs stand side by side.
  public var graphCount: Int { graphStarts.count - 1 }

  /// Numbers of the edges that the graph was made of, [given, …], in the order of ``edges``; 0 for edges that were added.
  public func ordered(_ values: Tensor) -> Tensor {
    let padded = Tensor.concatenated([values, Tensor(zeros: values.shape.replacing(axis: 0, with: 1))])
    let added = Int32(values.shape[0])
    return padded.gathered(Indices(order.values.map { $0 < 0 ? added : $0 }))
  }

  /// With an edge of each node to itself where there is none, of weight 1.
  public var withSelfLoops: Graph {
    derived.graph(.selfLoops) {
      let (starts, sources) = (edges.starts.values, edges.indices?.values ?? [])
      let (old, numbers) = (order.values, weights?.scalars)
      var (newStarts, newSources, kept): ([Int32], [Int32], [Int32]) = ([0], [], [])
      var newWeights: [Float] = []
      for node in 0..<nodeCount {
        let range = Int(starts[node])..<Int(starts[node + 1])
        newSources += sources[range]
        kept += old[range]
        if let numbers { newWeights += numbers[range] }
        if !sources[range].contains(Int32(node)) {
          newSources.append(Int32(node))
          kept.append(-1)
          newWeights.append(1)
        }
        newStarts.append(Int32(newSources.count))
      }
      return Graph(
        edges: SparseMatrix(starts: newStarts, indices: newSources, columns: nodeCount),
        weights: numbers == nil ? nil : Tensor(newWeights), order: Indices(kept), graphStarts: graphStarts)
    }
  }

  /// As Kipf and Welling (2017) have it: with self-loops, each edge's weight divided by the roots of the sums of weights that
  /// end at its beginning and at its end.
  public var normalized: Graph {
    derived.graph(.normalized) {
      let looped = withSelfLoops
      let (starts, sources) = (looped.edges.starts.values, looped.edges.indices?.values ?? [])
      let numbers = looped.weights?.scalars
      let roots: [Float] = (0..<nodeCount).map { node in
        let sum = (starts[node]..<starts[node + 1]).reduce(Float(0)) { $0 + (numbers?[Int($1)] ?? 1) }
        return sum > 0 ? 1 / sum.squareRoot() : 0
      }
      let rowOf = looped.edges.rowOfEachEntry.values
      let scaled = sources.indices.map { (numbers?[$0] ?? 1) * roots[Int(sources[$0])] * roots[Int(rowOf[$0])] }
      return Graph(edges: looped.edges, weights: Tensor(scaled), order: looped.order, graphStarts: graphStarts)
    }
  }

  /// Graphs side by side: the nodes of the second follow those of the first. ``order`` counts the edges of all of them, one
  /// graph's after the other's.
  public static func union(_ graphs: [Graph]) -> Graph {
    var starts: [Int32] = [0]
    var (rowStarts, sources, order): ([Int32], [Int32], [Int32]) = ([0], [], [])
    let hasWeights = graphs.contains { $0.weights != nil }
    var weights: [Float] = []
    var given: Int32 = 0
    for graph in graphs {
      let (firstNode, firstEntry) = (starts[starts.count - 1], Int32(sources.count))
      starts += graph.graphStarts.dropFirst().map { $0 + firstNode }
      rowStarts += graph.edges.starts.values.dropFirst().map { $0 + firstEntry }
      sources += (graph.edges.indices?.values ?? []).map { $0 + firstNode }
      let own = graph.order.values
      order += own.map { $0 < 0 ? -1 : $0 + given }
      given += (own.max() ?? -1) + 1
      if hasWeights { weights += graph.weights?.scalars ?? Array(repeating: 1, count: graph.edgeCount) }
    }
    return Graph(
      edges: SparseMatrix(starts: rowStarts, indices: sources, columns: Int(starts[starts.count - 1])),
      weights: hasWeights ? Tensor(weights) : nil, order: Indices(order), graphStarts: starts)
  }
}

/// What is made of a graph at first use and kept.
private final class DerivedGraphs: Sendable {
  enum Kind: Hashable { case selfLoops, normalized }
  private let made = Lock<[Kind: Graph]>([:])

  func graph(_ kind: Kind, _ make: () -> Graph) -> Graph {
    if let graph = made.withLock({ $0[kind] }) { return graph }
    let graph = make()
    made.withLock { $0[kind] = graph }
    return graph
  }
}

/// What graph layers take: numbers of the nodes, the graph, and numbers of its edges where there are any.
public struct GraphInput: Sendable {
  /// [nodes, features].
  public var nodes: Tensor
  /// Between them.
  public var graph: Graph
  /// [edges, features] in the order of the graph's ``Graph/edges``; nil where edges have none.
  public var edges: Tensor?

  /// - Parameters:
  ///   - nodes: [nodes, features].
  ///   - graph: between them.
  ///   - edges: [edges, features] in the order of the graph's ``Graph/edges``: ``Graph/ordered(_:)`` brings them into it.
  public init(nodes: Tensor, graph: Graph, edges: Tensor? = nil) {
    require(
      nodes.rank >= 1 && nodes.shape[0] == graph.nodeCount
        && (edges == nil || edges!.shape[0] == graph.edgeCount),
      "GraphInput: nodes \(nodes.shape) of \(graph.nodeCount), edges \(edges?.shape ?? []) of \(graph.edgeCount)")
    (self.nodes, self.graph, self.edges) = (nodes, graph, edges)
  }
}

extension Module where Input == GraphInput {
  /// The layer on nodes [nodes, features] of a graph, and edges where it takes them.
  public func callAsFunction(_ nodes: Tensor, _ graph: Graph, edges: Tensor? = nil) -> Output {
    callAsFunction(GraphInput(nodes: nodes, graph: graph, edges: edges))
  }
}
