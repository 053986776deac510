extension Graph {
  /// The part of the graph that some nodes' answers are made of, with at most so many edges a node and step drawn at random
  /// (Hamilton, Ying, Leskovec 2017): for graphs whose features do not fit beside their gradients.
  public struct Sample: Sendable {
    /// The nodes of the part as they are numbered in the whole graph; the wanted ones first, in their order.
    public var nodes: Indices
    /// Between them: the edges that were drawn.
    public var graph: Graph
  }

  /// - Parameters:
  ///   - wanted: the nodes to be answered for, none twice.
  ///   - counts: at most so many edges that end at a node, for each step away from the wanted ones: as many as the network has
  ///     layers.
  ///   - generator: what the edges are drawn from.
  public func sampled(around wanted: [Int32], counts: [Int], generator: RandomGenerator) -> Sample {
    var numbers: [Int32: Int32] = [:]
    var nodes: [Int32] = []
    func number(_ node: Int32) -> Int32 {
      if let known = numbers[node] { return known }
      let new = Int32(nodes.count)
      numbers[node] = new
      nodes.append(node)
      return new
    }
    for node in wanted { _ = number(node) }
    require(nodes.count == wanted.count, "sampled: a node is wanted twice")
    var (from, to): ([Int32], [Int32]) = ([], [])
    var kept: [Float] = []
    var first = 0
    for count in counts {
      let last = nodes.count
      for place in first..<last {
        let node = nodes[place]
        let start = Int(edges.starts[Int(node)])
        let sources = edges.columns(ofRow: Int(node))
        let chosen: [Int]
        if sources.count <= count {
          chosen = Array(sources.indices)
        } else {
          chosen = generator.permutation(sources.count).prefix(count).map(Int.init).sorted()
        }
        for entry in chosen {
          from.append(number(sources[entry]))
          to.append(Int32(place))
          if let weights { kept.append(weights[start + entry]) }
        }
      }
      first = last
    }
    return Sample(
      nodes: Indices(nodes),
      graph: Graph(nodeCount: nodes.count, from: from, to: to, weights: weights == nil ? nil : kept))
  }
}
