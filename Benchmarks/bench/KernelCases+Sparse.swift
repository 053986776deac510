import CKernels

/// A graph of as many edges a node, from nodes that no prefetcher guesses, and its transpose.
private final class ScratchGraph {
  static let degree = 8

  private let starts: UnsafeMutablePointer<Int32>
  private let sources: ScratchIndices
  private let transposedStarts: UnsafeMutablePointer<Int32>
  private let transposedIndices: ScratchIndices
  let order: ScratchIndices
  let entries: Int
  var matrix: ck_sparse
  var transposed: ck_sparse

  init(nodes: Int) {
    entries = nodes * Self.degree
    starts = .allocate(capacity: nodes + 1)
    transposedStarts = .allocate(capacity: nodes + 1)
    for node in 0...nodes { starts[node] = Int32(node * Self.degree) }
    sources = ScratchIndices(entries, below: max(nodes, 1))
    transposedIndices = ScratchIndices(entries, below: 1)
    order = ScratchIndices(entries, below: 1)
    let size = Int64(nodes)
    matrix = ck_sparse(
      rows: size, columns: size, entries: Int64(entries), starts: starts, indices: sources.start)
    transposed = ck_sparse(
      rows: size, columns: size, entries: Int64(entries), starts: transposedStarts, indices: transposedIndices.start)
    _ = transpose()
  }

  func transpose() -> ck_status {
    ck_sparse_transpose(&matrix, transposedStarts, transposedIndices.start, order.start)
  }

  deinit {
    starts.deallocate()
    transposedStarts.deallocate()
  }
}

// What is moved counts a row of features for each edge: beyond the caches each is read again.
extension KernelCase {
  private static let features = 64
  private static let edgeBytes = 4 * ScratchGraph.degree

  static let sparse: [KernelCase] = [
    KernelCase("sparse", "aggregate_sum_64", arrays: 2, bytes: edgeBytes + 4, main: true) { a, n in
      let graph = ScratchGraph(nodes: n / features)
      return {
        ck_aggregate_forward(
          &graph.matrix, CK_AGGREGATE_SUM, 1, Int64(features), nil, a[0], a[1], nil, CK_OVERWRITE)
      }
    },
    KernelCase("sparse", "aggregate_sum_64_backward", arrays: 2, bytes: edgeBytes + 4) { a, n in
      let graph = ScratchGraph(nodes: n / features)
      return {
        ck_aggregate_backward(
          &graph.matrix, &graph.transposed, graph.order.start, CK_AGGREGATE_SUM, 1, Int64(features), nil, nil, a[0],
          a[1], CK_OVERWRITE)
      }
    },
    KernelCase("sparse", "weight_gradient_64", arrays: 2, bytes: edgeBytes + 4) { a, n in
      let graph = ScratchGraph(nodes: n / features)
      let gradient = ScratchFloats(graph.entries)
      return {
        ck_aggregate_weight_gradient(
          &graph.matrix, CK_AGGREGATE_SUM, 1, Int64(features), a[0], a[1], gradient.start, CK_OVERWRITE)
      }
    },
    KernelCase("sparse", "edge_score_64", arrays: 2, bytes: edgeBytes + 4) { a, n in
      let graph = ScratchGraph(nodes: n / features)
      let (scores, attention) = (ScratchFloats(graph.entries), ScratchFloats(features))
      return {
        ck_edge_score_forward(
          &graph.matrix, 1, Int64(features), 0.2, a[0], a[1], attention.start, scores.start)
      }
    },
    // Two passes: over the rows, and over the transpose's.
    KernelCase("sparse", "edge_score_64_backward", arrays: 4, bytes: 2 * edgeBytes + 16) { a, n in
      let graph = ScratchGraph(nodes: n / features)
      let (scores, attention) = (ScratchFloats(graph.entries), ScratchFloats(features))
      let gradient = ScratchFloats(features)
      return {
        ck_edge_score_backward(
          &graph.matrix, &graph.transposed, graph.order.start, 1, Int64(features), 0.2, a[0], a[1], attention.start,
          scores.start, a[2], CK_OVERWRITE, a[3], CK_OVERWRITE, gradient.start, CK_OVERWRITE)
      }
    },
    KernelCase("sparse", "edge_softmax_8", arrays: 2, bytes: 8) { a, n in
      let graph = ScratchGraph(nodes: n / features)
      return { ck_edge_softmax_forward(&graph.matrix, 8, a[0], a[1]) }
    },
    KernelCase("sparse", "edge_softmax_8_backward", arrays: 3, bytes: 12) { a, n in
      let graph = ScratchGraph(nodes: n / features)
      return { ck_edge_softmax_backward(&graph.matrix, 8, a[0], a[1], a[2], CK_OVERWRITE) }
    },
    // Its memory is that of indices: an eighth of the features.
    KernelCase("sparse", "transpose", arrays: 1, bytes: 3) { a, n in
      let graph = ScratchGraph(nodes: n / features)
      return { graph.transpose() }
    },
    // Arithmetic counts here: a square of the width an entry, and a sixth of its cube a row.
    KernelCase("sparse", "least_squares_rows_64", arrays: 2, bytes: edgeBytes + 4) { a, n in
      let graph = ScratchGraph(nodes: n / features)
      let targets = ScratchFloats(graph.entries)
      return {
        ck_least_squares_rows(
          &graph.matrix, Int64(features), nil, targets.start, nil, 1, 0.1, a[0], a[1])
      }
    },
    KernelCase("sparse", "top_products_64", arrays: 1, bytes: 4) { a, n in
      let (users, count) = (1, 10)
      let user = ScratchFloats(users * features)
      for i in 0..<features { user.start[i] = Float(i % 7) - 3 }
      let (best, products) = (ScratchIndices(users * count, below: 1), ScratchFloats(users * count))
      return {
        ck_top_products(
          Int64(users), Int64(n / features), Int64(features), Int64(count), user.start, a[0], nil, nil, best.start,
          products.start)
      }
    },
  ]
}
