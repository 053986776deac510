import Myelin

/// Nodes of one graph: all of them go through the network, some are judged.
package struct NodeBatch: ModelBatch {
  package var inputs: GraphInput
  /// The nodes that are judged.
  package var nodes: Indices
  /// Of those; nil for a regression.
  package var labels: Indices?
  /// Of those [count, 1]; nil for classes.
  package var targets: Tensor?
}

/// Nodes that are learned or judged, in the graph that they are part of.
///
/// Classes of other nodes that are known are features of these (one column a class, 1 where it is known): while training,
/// half of the training nodes are drawn anew in each epoch to be learned from the other half; for the test all are known.
/// A node's own class is never among its features.
package struct NodeSamples: Dataset, HashedContent {
  let features: Tensor
  let graph: Graph
  /// The judged ones.
  let nodes: [Int32]
  /// Of all nodes; −1 where it is not known. Empty for a regression.
  let labels: [Int32]
  /// Of all nodes; NaN where it is not known. Empty for classes.
  let targets: [Float]
  /// 0 where classes of other nodes are no features.
  let classCount: Int
  /// Nodes whose classes are known.
  let known: [Int32]
  /// Whether they are training nodes, learned from each other.
  let isTraining: Bool

  package var count: Int { nodes.count }

  package func batch(_ rows: UnsafeBufferPointer<Int32>) -> NodeBatch {
    let chosen = rows.map { nodes[Int($0)] }
    return batch(chosen, known: isTraining ? Set(known).subtracting(chosen).sorted() : known)
  }

  package func batch(_ rows: UnsafeBufferPointer<Int32>, at place: BatchPlace) -> NodeBatch {
    guard isTraining, classCount > 0 else { return batch(rows) }
    let chosen = rows.map { nodes[Int($0)] }
    let draws = place.random.uniform([chosen.count]).scalars
    var hidden = zip(chosen, draws).filter { $0.1 < 0.5 }.map(\.0)
    if hidden.isEmpty { hidden = chosen }
    return batch(hidden, known: Set(known).subtracting(hidden).sorted())
  }

  package func batch(_ rows: Range<Int>, at place: BatchPlace) -> NodeBatch {
    rows.map(Int32.init).withUnsafeBufferPointer { batch($0, at: place) }
  }

  private func batch(_ chosen: [Int32], known: [Int32]) -> NodeBatch {
    var inputs = features
    if classCount > 0 {
      let columns = Tensor(shape: [graph.nodeCount, classCount]) { target in
        target.update(repeating: 0)
        for node in known where labels[Int(node)] >= 0 {
          target[Int(node) * classCount + Int(labels[Int(node)])] = 1
        }
      }
      inputs = .concatenated([features, columns], axis: 1)
    }
    return NodeBatch(
      inputs: GraphInput(nodes: inputs, graph: graph), nodes: Indices(chosen),
      labels: labels.isEmpty ? nil : Indices(chosen.map { labels[Int($0)] }),
      targets: targets.isEmpty ? nil : Tensor(chosen.map { targets[Int($0)] }, shape: [chosen.count, 1]))
  }

  func addContent(to hash: inout ContentHash) {
    hash.add(features)
    hash.add(graph.edges.starts)
    if let sources = graph.edges.indices { hash.add(sources) }
    if let weights = graph.weights { hash.add(weights) }
    hash.add(Indices(nodes))
    hash.add(Indices(labels))
    hash.add(Tensor(targets))
  }
}
