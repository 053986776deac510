import CKernels
import ReferenceKernels
import XCTest

/// A graph, or segments of a list, with features in heads.
private struct Sparse: CustomStringConvertible {
  var columns: Int
  /// Entries of each row.
  var counts: [Int]
  var heads = 1
  var width: Int
  var hasWeights = false
  var isSegments = false

  var rows: Int { counts.count }
  var entries: Int { counts.reduce(0, +) }
  var places: Int { isSegments ? entries : columns }
  var features: Int { heads * width }
  var starts: [Int32] { counts.reduce(into: [0]) { $0.append($0.last! + Int32($1)) } }
  var indices: [Int32] { isSegments ? [] : testIndices(entries, below: columns, seed: 77) }
  var description: String { "\(rows) rows, \(places) columns, \(entries) entries, \(heads) heads of \(width)" }

  /// Each entry with its row and column, in order.
  func forEachEntry(_ body: (_ entry: Int, _ row: Int, _ column: Int) -> Void) {
    let indices = indices
    var entry = 0
    for (row, count) in counts.enumerated() {
      for _ in 0..<count {
        body(entry, row, isSegments ? entry : Int(indices[entry]))
        entry += 1
      }
    }
  }

  /// Starts, indices and order of the transpose.
  var transposed: (starts: [Int32], indices: [Int32], order: [Int32]) {
    var rowsOf = [[(Int32, Int32)]](repeating: [], count: places)
    forEachEntry { entry, row, column in rowsOf[column].append((Int32(row), Int32(entry))) }
    return (
      rowsOf.reduce(into: [0]) { $0.append($0.last! + Int32($1.count)) }, rowsOf.flatMap { $0.map(\.0) },
      rowsOf.flatMap { $0.map(\.1) }
    )
  }

  /// Calls with the matrix and its transpose.
  func call(
    _ a: Arguments,
    _ body: (_ a: UnsafePointer<ck_sparse>, _ transposed: UnsafePointer<ck_sparse>?, _ order: UnsafePointer<Int32>?) ->
      ck_status
  ) -> ck_status {
    var matrix = ck_sparse(
      rows: Int64(rows), columns: Int64(places), entries: Int64(entries), starts: a.integers("starts"),
      indices: isSegments ? nil : a.integers("indices"))
    let (starts, indices, order) = transposed
    return starts.withUnsafeBufferPointer { starts in
      indices.withUnsafeBufferPointer { indices in
        order.withUnsafeBufferPointer { order in
          if isSegments { return body(&matrix, nil, nil) }
          var transposed = ck_sparse(
            rows: matrix.columns, columns: matrix.rows, entries: matrix.entries, starts: starts.baseAddress,
            indices: indices.baseAddress)
          return body(&matrix, &transposed, order.baseAddress)
        }
      }
    }
  }
}

private var arrays: [Input<Sparse>] {
  [
    .integers("starts") { shape, _ in shape.starts }, .integers("indices") { shape, _ in shape.indices },
  ]
}

private let graphs: [Sparse] = [
  Sparse(columns: 1, counts: [1], width: 1), Sparse(columns: 3, counts: [0, 2, 5], width: 3),
  Sparse(columns: 5, counts: [0, 0, 0], width: 4), Sparse(columns: 0, counts: [], width: 4),
  Sparse(columns: 4, counts: [9, 0, 1], heads: 3, width: 5, hasWeights: true),
  Sparse(columns: 9, counts: [4, 4, 0, 7], width: 16, hasWeights: true),
  Sparse(columns: 7, counts: [3, 1, 2], heads: 2, width: 17, hasWeights: true),
  Sparse(columns: 6, counts: [2, 5], width: 0), Sparse(columns: 6, counts: [2, 5], width: 31),
  Sparse(columns: 6, counts: [2, 5], width: 48), Sparse(columns: 6, counts: [2, 5, 1], width: 80, hasWeights: true),
  Sparse(columns: 6, counts: [2, 5], width: 97), Sparse(columns: 6, counts: [2, 5], width: 111),
  Sparse(columns: 5, counts: [2, 3, 1], width: 300, hasWeights: true),
  Sparse(columns: 300, counts: (0..<500).map { $0 == 9 ? 400 : $0 % 7 }, width: 24, hasWeights: true),
  Sparse(columns: 3, counts: [0, 2, 5], width: 3, isSegments: true),
  Sparse(columns: 0, counts: [3, 0, 4, 1], heads: 2, width: 18, hasWeights: true, isSegments: true),
  Sparse(columns: 0, counts: (0..<400).map { $0 % 9 }, width: 40, isSegments: true),
]
private let edges: [Sparse] = [
  Sparse(columns: 3, counts: [2, 0, 3], heads: 2, width: 19, hasWeights: true),
  Sparse(columns: 0, counts: [2, 0, 1], width: 21, hasWeights: true, isSegments: true),
]

final class SparseTests: XCTestCase {
  private func share(_ shape: Sparse, _ row: Int, _ aggregation: ck_aggregation) -> Double {
    aggregation == CK_AGGREGATE_MEAN ? 1 / Double(shape.counts[row]) : 1
  }

  private func checkSums(_ aggregation: ck_aggregation) {
    let tolerance: (Sparse) -> Tolerance = { .aggregate(terms: $0.entries) }
    KernelTest<Sparse>(
      "aggregate \(aggregation.rawValue)", shapes: graphs, edges: edges,
      inputs: arrays + [
        .floats("weights") { $0.hasWeights ? $0.entries * $0.heads : nil },
        // A mean is divided last: its sum may overflow on the way.
        .floats("x", specials: aggregation == CK_AGGREGATE_MEAN ? Specials.withoutLargest : Specials.all) {
          $0.places * $0.features
        },
      ],
      outputs: [.byMode("y", within: tolerance) { $0.rows * $0.features }]
    ) { shape, a in
      shape.call(a) { matrix, _, _ in
        ck_aggregate_forward(
          matrix, aggregation, Int64(shape.heads), Int64(shape.width), a["weights"], a["x"], a["y"], nil, a.mode("y"))
      }
    } reference: { shape, v in
      let x = v["x"]
      let weights = v.optional("weights")
      var y = [Double](repeating: 0, count: shape.rows * shape.features)
      shape.forEachEntry { e, row, column in
        for i in 0..<shape.features {
          let weight = weights?[e * shape.heads + i / shape.width] ?? 1
          y[row * shape.features + i] += weight * x[column * shape.features + i] * self.share(shape, row, aggregation)
        }
      }
      return ["y": y]
    }
    .backward(of: ["x"], within: tolerance) { shape, a in
      shape.call(a) { matrix, transposed, order in
        ck_aggregate_backward(
          matrix, transposed, order, aggregation, Int64(shape.heads), Int64(shape.width), a["weights"], nil, a["dy"],
          a["dx"], a.mode("dx"))
      }
    } reference: { shape, v in
      let (dy, weights) = (v["dy"], v.optional("weights"))
      var dx = [Double](repeating: 0, count: shape.places * shape.features)
      shape.forEachEntry { e, row, column in
        for i in 0..<shape.features {
          let weight = weights?[e * shape.heads + i / shape.width] ?? 1
          dx[column * shape.features + i] += weight * dy[row * shape.features + i] * self.share(shape, row, aggregation)
        }
      }
      return ["dx": dx]
    }
    .check()
  }

  func testSum() { checkSums(CK_AGGREGATE_SUM) }
  func testMean() { checkSums(CK_AGGREGATE_MEAN) }

  /// As an output beside the sum, whose gradient by the weights it is.
  func testWeightGradient() {
    for aggregation in [CK_AGGREGATE_SUM, CK_AGGREGATE_MEAN] {
      KernelTest<Sparse>(
        "weight gradient \(aggregation.rawValue)", shapes: graphs, edges: edges,
        inputs: arrays + [.floats("x") { $0.places * $0.features }, .floats("dy") { $0.rows * $0.features }],
        outputs: [.byMode("dweights", within: { .product(terms: $0.width) }) { $0.entries * $0.heads }]
      ) { shape, a in
        shape.call(a) { matrix, _, _ in
          ck_aggregate_weight_gradient(
            matrix, aggregation, Int64(shape.heads), Int64(shape.width), a["x"], a["dy"], a["dweights"],
            a.mode("dweights"))
        }
      } reference: { shape, v in
        let (x, dy) = (v["x"], v["dy"])
        var dweights = [Double](repeating: 0, count: shape.entries * shape.heads)
        shape.forEachEntry { e, row, column in
          for i in 0..<shape.features {
            dweights[e * shape.heads + i / shape.width] +=
              x[column * shape.features + i] * dy[row * shape.features + i] * self.share(shape, row, aggregation)
          }
        }
        return ["dweights": dweights]
      }
      .check()
    }
  }

  func testLargest() {
    let unweighted: ([Sparse]) -> [Sparse] = { shapes in
      shapes.map { shape in
        var shape = shape
        shape.hasWeights = false
        return shape
      }
    }
    KernelTest<Sparse>(
      "largest", shapes: unweighted(graphs), edges: unweighted(edges),
      inputs: arrays + [.floats("x") { $0.places * $0.features }],
      outputs: [
        .byMode("y", within: { _ in .exact }) { $0.rows * $0.features },
        .overwritten("winners", within: .exact, isInteger: true) { $0.rows * $0.features },
      ]
    ) { shape, a in
      shape.call(a) { matrix, _, _ in
        ck_aggregate_forward(
          matrix, CK_AGGREGATE_MAX, Int64(shape.heads), Int64(shape.width), nil, a["x"], a["y"],
          a.integers("winners"), a.mode("y"))
      }
    } reference: { shape, v in
      let x = v["x"]
      var y = [Double](repeating: 0, count: shape.rows * shape.features)
      var winners = [Double](repeating: -1, count: y.count)
      shape.forEachEntry { e, row, column in
        for i in 0..<shape.features {
          let place = row * shape.features + i
          let value = x[column * shape.features + i]
          guard winners[place] < 0 || value > y[place] || (value.isNaN && !y[place].isNaN) else { continue }
          (y[place], winners[place]) = (value, Double(e))
        }
      }
      return ["y": y, "winners": winners]
    }
    .backward(of: ["x"], from: ["y"], saving: ["winners"], within: { .aggregate(terms: $0.entries) }) { shape, a in
      shape.call(a) { matrix, transposed, order in
        ck_aggregate_backward(
          matrix, transposed, order, CK_AGGREGATE_MAX, Int64(shape.heads), Int64(shape.width), nil,
          a.integers("winners"), a["dy"], a["dx"], a.mode("dx"))
      }
    } reference: { shape, v in
      let dy = v["dy"]
      let winners = v.integers("winners")
      var dx = [Double](repeating: 0, count: shape.places * shape.features)
      shape.forEachEntry { e, row, column in
        for i in 0..<shape.features where winners[row * shape.features + i] == e {
          dx[column * shape.features + i] += dy[row * shape.features + i]
        }
      }
      return ["dx": dx]
    }
    .check()
  }

  func testEdgeSoftmax() {
    /// The numbers of each row and head, and back.
    func byRow(_ shape: Sparse, _ body: (_ places: [Int]) -> [Double]) -> [Double] {
      var result = [Double](repeating: 0, count: shape.entries * shape.heads)
      let starts = shape.starts
      for row in 0..<shape.rows {
        for head in 0..<shape.heads {
          let places = (Int(starts[row])..<Int(starts[row + 1])).map { $0 * shape.heads + head }
          for (place, value) in zip(places, body(places)) { result[place] = value }
        }
      }
      return result
    }
    KernelTest<Sparse>(
      "edge softmax", shapes: graphs + [Sparse(columns: 2, counts: [3, 0, 2], heads: 20, width: 1)],
      edges: [
        Sparse(columns: 3, counts: [2, 0, 21], heads: 1, width: 1),
        Sparse(columns: 3, counts: [2, 0, 3], heads: 19, width: 1),
      ], inputs: arrays + [.floats("x", in: -9...9) { $0.entries * $0.heads }],
      outputs: [.overwritten("y", within: .softmax) { $0.entries * $0.heads }], inPlace: [("x", "y")]
    ) { shape, a in
      shape.call(a) { matrix, _, _ in ck_edge_softmax_forward(matrix, Int64(shape.heads), a["x"], a["y"]) }
    } reference: { shape, v in
      let x = v["x"]
      return ["y": byRow(shape) { Reference.softmax($0.map { x[$0] }) }]
    }
    .backward(of: ["x"], saving: ["y"], within: { _ in .softmaxBackward }) { shape, a in
      shape.call(a) { matrix, _, _ in
        ck_edge_softmax_backward(matrix, Int64(shape.heads), a["y"], a["dy"], a["dx"], a.mode("dx"))
      }
    } reference: { shape, v in
      let (y, dy) = (v["y"], v["dy"])
      return ["dx": byRow(shape) { Reference.softmaxBackward(y: $0.map { y[$0] }, dy: $0.map { dy[$0] }) }]
    }
    .check()
  }

  func testEdgeScores() {
    let graphs = graphs.filter { !$0.isSegments }
    let slope = 0.25
    func forEachTerm(
      _ shape: Sparse, _ v: Values,
      _ body: (_ score: Int, _ feature: Int, _ to: Int, _ from: Int, _ z: Double) -> Void
    ) {
      let (from, to) = (v["from"], v["to"])
      shape.forEachEntry { e, row, column in
        for i in 0..<shape.features {
          let (here, there) = (row * shape.features + i, column * shape.features + i)
          body(e * shape.heads + i / shape.width, i, here, there, to[here] + from[there])
        }
      }
    }
    KernelTest<Sparse>(
      "edge scores", shapes: graphs, edges: edges.filter { !$0.isSegments },
      inputs: arrays + [
        .floats("from", specials: Specials.withoutLargest) { $0.columns * $0.features },
        .floats("to", specials: Specials.withoutLargest) { $0.rows * $0.features },
        // It multiplies the sum of a row's slopes: an infinite one may give what its terms would not, ∞ and not NaN.
        .floats("attention", specials: [.nan] + Specials.zeros + Specials.denormals) { $0.features },
      ],
      outputs: [.overwritten("scores", within: .exact) { $0.entries * $0.heads }.within { .product(terms: $0.width) }]
    ) { shape, a in
      shape.call(a) { matrix, _, _ in
        ck_edge_score_forward(
          matrix, Int64(shape.heads), Int64(shape.width), Float(slope), a["from"], a["to"], a["attention"], a["scores"])
      }
    } reference: { shape, v in
      let attention = v["attention"]
      var scores = [Double](repeating: 0, count: shape.entries * shape.heads)
      forEachTerm(shape, v) { score, i, _, _, z in scores[score] += attention[i] * (z > 0 ? z : slope * z) }
      return ["scores": scores]
    }
    .backward(
      of: ["from", "to", "attention"], optional: true, within: { .product(terms: $0.entries) },
      specials: Specials.withoutLargest
    ) { shape, a in
      shape.call(a) { matrix, transposed, order in
        ck_edge_score_backward(
          matrix, transposed, order, Int64(shape.heads), Int64(shape.width), Float(slope), a["from"], a["to"],
          a["attention"], a["dscores"], a["dfrom"], a.mode("dfrom"), a["dto"], a.mode("dto"), a["dattention"],
          a.mode("dattention"))
      }
    } reference: { shape, v in
      let (attention, dscores) = (v["attention"], v["dscores"])
      var dfrom = [Double](repeating: 0, count: shape.columns * shape.features)
      var dto = [Double](repeating: 0, count: shape.rows * shape.features)
      var dattention = [Double](repeating: 0, count: shape.features)
      forEachTerm(shape, v) { score, i, to, from, z in
        let slope = dscores[score] * attention[i] * (z > 0 ? 1 : slope)
        dto[to] += slope
        dfrom[from] += slope
        dattention[i] += dscores[score] * (z > 0 ? z : 0.25 * z)
      }
      return ["dfrom": dfrom, "dto": dto, "dattention": dattention]
    }
    .check()
  }

  func testTransposition() {
    for shape in graphs where !shape.isSegments {
      let expected = shape.transposed
      onEveryMachine {
        var starts = [Int32](repeating: 9, count: shape.columns + 1)
        var indices = [Int32](repeating: 9, count: shape.entries)
        var order = indices
        shape.starts.withUnsafeBufferPointer { rowStarts in
          shape.indices.withUnsafeBufferPointer { columns in
            var matrix = ck_sparse(
              rows: Int64(shape.rows), columns: Int64(shape.columns), entries: Int64(shape.entries),
              starts: rowStarts.baseAddress, indices: columns.baseAddress)
            XCTAssertEqual(ck_sparse_transpose(&matrix, &starts, &indices, &order), CK_OK)
          }
        }
        XCTAssertEqual(starts, expected.starts)
        XCTAssertEqual(indices, expected.indices)
        XCTAssertEqual(order, expected.order)
        return []
      } check: { _, _ in
      }
    }
  }

  func testIndicesAndStartsOutsideTheirRangeAreReported() {
    let x = [Float](repeating: 1, count: 8)
    func status(starts: [Int32], indices: [Int32], order: [Int32] = [0, 1]) -> [ck_status] {
      starts.withUnsafeBufferPointer { starts in
        indices.withUnsafeBufferPointer { indices in
          var a = ck_sparse(rows: 2, columns: 2, entries: 2, starts: starts.baseAddress, indices: indices.baseAddress)
          var y = [Float](repeating: 0, count: 8)
          var (first, second, third) = (
            [Int32](repeating: 0, count: 4), [Int32](repeating: 0, count: 2), [Int32](repeating: 0, count: 2)
          )
          return [
            ck_aggregate_forward(&a, CK_AGGREGATE_SUM, 1, 2, nil, x, &y, nil, CK_OVERWRITE),
            ck_aggregate_forward(&a, CK_AGGREGATE_MAX, 1, 2, nil, x, &y, &first, CK_OVERWRITE),
            ck_aggregate_backward(&a, &a, order, CK_AGGREGATE_MEAN, 1, 2, x, nil, x, &y, CK_OVERWRITE),
            ck_aggregate_weight_gradient(&a, CK_AGGREGATE_SUM, 1, 2, x, x, &y, CK_OVERWRITE),
            ck_edge_score_forward(&a, 1, 2, 0.2, x, x, x, &y),
            ck_edge_score_backward(
              &a, &a, order, 1, 2, 0.2, x, x, x, x, &y, CK_OVERWRITE, nil, CK_OVERWRITE, nil, CK_OVERWRITE),
            ck_sparse_transpose(&a, &first, &second, &third),
            ck_least_squares_rows(&a, 2, nil, x, nil, 1, 0, x, &y),
            ck_top_products(2, 2, 2, 1, x, x, nil, &a, &first, &y),
          ]
        }
      }
    }
    XCTAssertEqual(Set(status(starts: [0, 1, 2], indices: [0, 1])), [CK_OK])
    for bad in [[1, 1, 2], [0, 2, 1], [0, 1, 3], [0, -1, 2], [0, 3, 2]] as [[Int32]] {
      XCTAssertEqual(Set(status(starts: bad, indices: [0, 1])), [CK_INDEX_OUT_OF_RANGE], "\(bad)")
    }
    for bad in [Int32(-1), 2, .max, .min] {
      XCTAssertEqual(Set(status(starts: [0, 1, 2], indices: [0, bad])), [CK_INDEX_OUT_OF_RANGE], "\(bad)")
      let orders = status(starts: [0, 1, 2], indices: [0, 1], order: [bad, 0])
      XCTAssertEqual([orders[2], orders[5]], [CK_INDEX_OUT_OF_RANGE, CK_INDEX_OUT_OF_RANGE])
    }
  }
}
