#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
import Myelin
import XCTest

/// Against PyTorch Geometric on a graph with a self-loop, an edge twice, and a node without edges.
final class GraphLayerTests: XCTestCase {
  private let from: [Int32] = [0, 1, 2, 2, 3, 4, 1, 1]
  private let to: [Int32] = [1, 0, 1, 2, 4, 3, 3, 3]
  private let weights: [Float] = [1, 0.5, 2, 1.5, 1, 0.25, 1, 3]

  /// As Tests/golden/graph_layers.py makes them.
  private func values(_ shape: Shape, _ seed: Double) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { Float(sin(Double($0) * 1.7 + seed) / 2) }, shape: shape)
  }

  private func fill(_ parameter: Parameter?, _ seed: Double) { parameter!.value = values(parameter!.shape, seed) }

  private func check(
    _ what: String, _ expected: [Float], _ gradient: [Float], _ function: (Tensor) -> Tensor,
    file: StaticString = #filePath, line: UInt = #line
  ) {
    let x = Parameter(values([6, 3], 0.1))
    let y = function(x.value)
    assertClose(y.scalars, expected, tolerance: 2e-5, what, file: file, line: line)
    (y * values(y.shape, 0.9)).sum().backward()
    assertClose(
      x.gradient!.scalars, gradient, tolerance: 5e-5, "gradient of \(what)", file: file, line: line)
  }

  private var graph: Graph { Graph(nodeCount: 6, from: from, to: to) }

  func testConvolution() {
    let layer = GraphConvolution(3, 4)
    fill(layer.weight, 0.2)
    fill(layer.bias, 0.3)
    let graph = Graph(nodeCount: 6, from: from, to: to, weights: weights)
    check("convolution", GraphGolden.convolution, GraphGolden.convolutionGradient) { layer($0, graph) }
  }

  /// The edges before or after the weights: the same.
  func testConvolutionInBothOrders() {
    let narrow = GraphConvolution(4, 2)
    let weight = narrow.weight.value
    let x = RandomGenerator(seed: 1).normal([6, 4])
    let plain = x.aggregated(over: graph.normalized.edges, weights: graph.normalized.weights)
    assertClose(narrow(x, graph).scalars, matmul(plain, weight).scalars)
  }

  func testSAGE() {
    for (aggregation, expected, gradient) in [
      (Aggregation.mean, GraphGolden.sageMean, GraphGolden.sageMeanGradient),
      (.max, GraphGolden.sageMax, GraphGolden.sageMaxGradient),
    ] {
      let layer = GraphSAGE(3, 4, aggregation: aggregation)
      fill(layer.own.weight, 0.2)
      fill(layer.own.bias, 0.4)
      fill(layer.neighbors.weight, 0.3)
      check(aggregation.rawValue, expected, gradient) { layer($0, graph) }
    }
  }

  func testGIN() {
    let body = Dense(3, 4)
    fill(body.weight, 0.2)
    fill(body.bias, 0.3)
    let layer = GIN(3, learnsEpsilon: true, body: body)
    layer.epsilon!.value = Tensor([0.5])
    check("gin", GraphGolden.gin, GraphGolden.ginGradient) { layer($0, graph) }
    let ofEdges = GIN(3, edgeInputs: 2, body: body)
    fill(ofEdges.edges!.weight, 0.5)
    fill(ofEdges.edges!.bias, 0.6)
    check("gin of edges", GraphGolden.ginOfEdges, GraphGolden.ginOfEdgesGradient) {
      ofEdges($0, graph, edges: graph.ordered(values([8, 2], 0.7)))
    }
  }

  func testAttention() {
    for (concatenates, expected, gradient) in [
      (true, GraphGolden.attention, GraphGolden.attentionGradient),
      (false, GraphGolden.attentionMean, GraphGolden.attentionMeanGradient),
    ] {
      let layer = GraphAttention(3, 4, heads: 2, concatenates: concatenates)
      for (parameter, seed) in zip(
        [layer.from.weight, layer.from.bias!, layer.to.weight, layer.to.bias!, layer.attention, layer.bias],
        [0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
      {
        fill(parameter, seed)
      }
      check("attention", expected, gradient) { layer($0, graph) }
    }
  }

  func testNormAndPooling() {
    // The second graph has no nodes.
    let graph = Graph(nodeCount: 6, from: from, to: to, graphStarts: [0, 3, 3, 6])
    let norm = GraphNorm(3)
    fill(norm.weight, 0.2)
    fill(norm.bias, 0.3)
    fill(norm.meanScale, 0.4)
    check("norm", GraphGolden.norm, GraphGolden.normGradient) { norm($0, graph) }
    let pooling = GraphAttentionPooling(3)
    let gate = pooling.gate as! Dense
    fill(gate.weight, 0.2)
    fill(gate.bias, 0.3)
    check("attention pooling", GraphGolden.attentionPooling, GraphGolden.attentionPoolingGradient) {
      pooling($0, graph)
    }
    check("mean", GraphGolden.meanPooling, GraphGolden.meanPoolingGradient) { GraphPooling(.mean)($0, graph) }
    check("max", GraphGolden.maxPooling, GraphGolden.maxPoolingGradient) {
      GraphPooling(.max)($0, graph).gathered(Indices([0, 2]))
    }
    XCTAssertEqual(GraphPooling(.max)(values([6, 3], 0), graph).scalars[3..<6], [0, 0, 0])
  }

  func testGradientsOfParameters() {
    let random = RandomGenerator(seed: 3)
    let graph = Graph(nodeCount: 6, from: from, to: to, weights: weights, graphStarts: [0, 3, 3, 6])
    let x = random.normal([6, 3])
    let edges = random.normal([8, 2])
    let layers: [any Module<GraphInput, Tensor>] = [
      GraphConvolution(3, 4, activation: .tanh, generator: random), GraphConvolution(3, 2, generator: random),
      GraphSAGE(3, 4, activation: .tanh, generator: random), GraphSAGE(3, 2, generator: random),
      GIN(3, learnsEpsilon: true, body: Dense(3, 4, activation: .tanh, generator: random), generator: random),
      GIN(3, edgeInputs: 2, body: Dense(3, 4, generator: random), generator: random),
      // Differences of finite steps see the kink of the leaky ReLU: less of it.
      GraphAttention(3, 5, heads: 2, slope: 0.9, generator: random),
      GraphAttention(3, 5, heads: 3, concatenates: false, activation: .tanh, slope: 0.9, generator: random),
      GraphNorm(3), GraphAttentionPooling(3, generator: random),
    ]
    for layer in layers {
      let weight = random.uniform([18, 16])
      let check = checkGradients(of: layer) {
        let y = layer(GraphInput(nodes: x, graph: graph, edges: edges))
        return (y * weight.sliced(0..<y.shape[0]).sliced(0..<y.shape[1], axis: 1)).sum()
      }
      XCTAssertTrue(check.isWithin(1e-2), "\(layer): \(check.worst)")
    }
  }

  /// What nodes are called does not matter.
  func testPermutingNodesPermutesTheResult() {
    let random = RandomGenerator(seed: 5)
    let nodes = 30
    let from = (0..<100).map { _ in Int32(random.uniform([1]).scalar * Float(nodes)) }
    let to = (0..<100).map { _ in Int32(random.uniform([1]).scalar * Float(nodes)) }
    let x = random.normal([nodes, 3])
    let place = random.permutation(nodes)  // of each node
    var nodeAt = [Int32](repeating: 0, count: nodes)
    for (node, place) in place.enumerated() { nodeAt[Int(place)] = Int32(node) }
    let layers: [any Module<GraphInput, Tensor>] = [
      GraphConvolution(3, 4), GraphSAGE(3, 4), GraphSAGE(3, 4, aggregation: .max), GIN(3, body: Dense(3, 4)),
      GraphAttention(3, 4, heads: 2), GraphNorm(3),
    ]
    let graph = Graph(nodeCount: nodes, from: from, to: to)
    let other = Graph(
      nodeCount: nodes, from: from.map { place[Int($0)] }, to: to.map { place[Int($0)] })
    for layer in layers {
      let y = layer(GraphInput(nodes: x, graph: graph)).gathered(Indices(nodeAt))
      let z = layer(GraphInput(nodes: x.gathered(Indices(nodeAt)), graph: other))
      assertClose(z.scalars, y.scalars, tolerance: 1e-5, "\(layer)")
    }
  }

  /// A union of graphs gives what each gives alone.
  func testUnion() {
    let random = RandomGenerator(seed: 6)
    let graphs = [
      graph, Graph(nodeCount: 0, from: [], to: []), Graph(nodeCount: 2, undirected: [(0, 1)], weights: [2]),
      graph.withSelfLoops,
    ]
    let union = Graph.union(graphs)
    XCTAssertEqual(union.graphStarts, [0, 6, 6, 8, 14])
    XCTAssertEqual(union.edgeCount, graphs.reduce(0) { $0 + $1.edgeCount })
    let features = graphs.map { random.normal([$0.nodeCount, 3]) }
    let layer = GraphSAGE(3, 4, aggregation: .sum)
    let together = layer(Tensor.concatenated(features), union)
    assertClose(together.scalars, zip(features, graphs).flatMap { layer($0, $1).scalars })
    // The edges of the last two graphs are counted on from those of the first.
    XCTAssertEqual(Set(union.order.values), Set(Int32(-1)..<18))
  }

  func testSamplingOfNeighbors() {
    let random = RandomGenerator(seed: 7)
    let nodes = 50
    let graph = Graph(
      nodeCount: nodes, from: (0..<600).map { _ in Int32(random.uniform([1]).scalar * Float(nodes)) },
      to: (0..<600).map { Int32($0 % nodes) })
    let wanted: [Int32] = [4, 9, 30]
    let sample = graph.sampled(around: wanted, counts: [5, 3], generator: random)
    XCTAssertEqual(Array(sample.nodes.values.prefix(3)), wanted)
    XCTAssertEqual(Set(sample.nodes.values).count, sample.nodes.count)
    for node in 0..<sample.graph.nodeCount {
      let drawn = sample.graph.edges.columns(ofRow: node).map { sample.nodes[Int($0)] }
      XCTAssertLessThanOrEqual(drawn.count, node < 3 ? 5 : 3)
      let all = graph.edges.columns(ofRow: Int(sample.nodes[node]))
      XCTAssertTrue(drawn.allSatisfy(all.contains))
    }
    // With all edges the answers are those of the whole graph.
    let x = random.normal([nodes, 3])
    let (first, second) = (GraphSAGE(3, 4, activation: .relu), GraphSAGE(4, 2))
    let whole = graph.sampled(around: wanted, counts: [1000, 1000], generator: random)
    let part = x.gathered(whole.nodes)
    assertClose(
      second(first(part, whole.graph), whole.graph).sliced(0..<3).scalars,
      second(first(x, graph), graph).gathered(Indices(wanted)).scalars)
    // The same seed draws the same.
    let again = (0..<2).map { _ in
      graph.sampled(around: wanted, counts: [5, 3], generator: RandomGenerator(seed: 1)).nodes
    }
    XCTAssertEqual(again[0], again[1])
  }

  func testEmptyGraph() {
    let empty = Graph(nodeCount: 0, from: [], to: [])
    for layer in [GraphConvolution(3, 4), GraphSAGE(3, 4), GraphAttention(3, 4)] as [any Module<GraphInput, Tensor>] {
      XCTAssertEqual(layer(GraphInput(nodes: Tensor(zeros: [0, 3]), graph: empty)).shape, [0, 4])
    }
    XCTAssertEqual(GraphPooling(.mean)(Tensor(zeros: [0, 3]), empty).scalars, [0, 0, 0])
    // Edges but no features of nodes that come along them.
    let alone = Graph(nodeCount: 3, from: [], to: [])
    let x = RandomGenerator(seed: 1).normal([3, 3])
    let sage = GraphSAGE(3, 4)
    assertClose(sage(x, alone).scalars, sage.own(x).scalars)
  }
}
