internal import CKernels

extension Kernels {
  /// starts [columns + 1], indices and order [entries] of the transpose.
  static func transposeSparse(
    _ a: SparseMatrix, _ starts: UnsafeMutablePointer<Int32>, _ indices: UnsafeMutablePointer<Int32>,
    _ order: UnsafeMutablePointer<Int32>
  ) {
    withSparse(a) { check(ck_sparse_transpose($0, starts, indices, order)) }
  }

  /// y [rows, heads, width] (=, +=) what entries bring, by `aggregation`; `winners` of the largest.
  static func aggregate(
    _ a: SparseMatrix, _ aggregation: Aggregation, heads: Int, width: Int, weights: FloatPointer?, _ x: FloatPointer,
    _ y: MutableFloatPointer, winners: UnsafeMutablePointer<Int32>?, _ mode: WriteMode = .overwrite
  ) {
    withSparse(a) {
      check(
        ck_aggregate_forward($0, aggregation.c, Int64(heads), Int64(width), weights, x, y, winners, mode.c),
        cost: cost(a, heads * width))
    }
  }

  /// dx [columns, heads, width] (=, +=).
  static func aggregateBackward(
    _ a: SparseMatrix, _ aggregation: Aggregation, heads: Int, width: Int, weights: FloatPointer?,
    winners: UnsafePointer<Int32>?, _ dy: FloatPointer, _ dx: MutableFloatPointer, _ mode: WriteMode
  ) {
    withTransposed(a) { matrix, transposed, order in
      check(
        ck_aggregate_backward(
          matrix, transposed, order, aggregation.c, Int64(heads), Int64(width), weights, winners, dy, dx, mode.c),
        cost: cost(a, heads * width))
    }
  }

  /// dweights [entries, heads] (=, +=).
  static func aggregateWeightGradient(
    _ a: SparseMatrix, _ aggregation: Aggregation, heads: Int, width: Int, _ x: FloatPointer, _ dy: FloatPointer,
    _ dweights: MutableFloatPointer, _ mode: WriteMode
  ) {
    withSparse(a) {
      check(
        ck_aggregate_weight_gradient($0, aggregation.c, Int64(heads), Int64(width), x, dy, dweights, mode.c),
        cost: cost(a, heads * width))
    }
  }

  static func edgeSoftmax(_ a: SparseMatrix, heads: Int, _ x: FloatPointer, _ y: MutableFloatPointer) {
    withSparse(a) {
      check(
        ck_edge_softmax_forward($0, Int64(heads), x, y), cost: .arrays(2, a.entryCount * heads, operations: 10))
    }
  }

  static func edgeSoftmaxBackward(
    _ a: SparseMatrix, heads: Int, _ y: FloatPointer, _ dy: FloatPointer, _ dx: MutableFloatPointer, _ mode: WriteMode
  ) {
    withSparse(a) {
      check(
        ck_edge_softmax_backward($0, Int64(heads), y, dy, dx, mode.c),
        cost: .arrays(3, a.entryCount * heads, operations: 4))
    }
  }

  static func edgeScores(
    _ a: SparseMatrix, heads: Int, width: Int, slope: Float, from: FloatPointer, to: FloatPointer,
    attention: FloatPointer, _ scores: MutableFloatPointer
  ) {
    withSparse(a) {
      check(
        ck_edge_score_forward($0, Int64(heads), Int64(width), slope, from, to, attention, scores),
        cost: cost(a, heads * width, operations: 4))
    }
  }

  static func edgeScoresBackward(
    _ a: SparseMatrix, heads: Int, width: Int, slope: Float, from: FloatPointer, to: FloatPointer,
    attention: FloatPointer, _ dscores: FloatPointer, _ dfrom: GradientTarget, _ dto: GradientTarget,
    _ dattention: GradientTarget
  ) {
    withTransposed(a) { matrix, transposed, order in
      check(
        ck_edge_score_backward(
          matrix, transposed, order, Int64(heads), Int64(width), slope, from, to, attention, dscores, dfrom.pointer,
          dfrom.mode.c, dto.pointer, dto.mode.c, dattention.pointer, dattention.mode.c),
        cost: cost(a, heads * width, operations: 10))
    }
  }

  /// x [rows, width]: ridge regression of each row on the rows of y that its entries name.
  static func leastSquaresRows(
    _ a: SparseMatrix, width: Int, weights: FloatPointer?, targets: FloatPointer, base: FloatPointer?, ridge: Float,
    ridgeAnEntry: Float, _ y: FloatPointer, _ x: MutableFloatPointer
  ) {
    withSparse(a) {
      check(ck_least_squares_rows($0, Int64(width), weights, targets, base, ridge, ridgeAnEntry, y, x))
    }
  }

  /// The `count` largest products of each row of u [rows, width] with rows of v [items, width].
  static func topProducts(
    rows: Int, items: Int, width: Int, count: Int, _ u: FloatPointer, _ v: FloatPointer, bias: FloatPointer?,
    excluded: SparseMatrix?, _ indices: UnsafeMutablePointer<Int32>, _ products: MutableFloatPointer
  ) {
    func run(_ excluded: UnsafePointer<ck_sparse>?) {
      check(
        ck_top_products(
          Int64(rows), Int64(items), Int64(width), Int64(count), u, v, bias, excluded, indices, products),
        cost: .product(rows, items, width))
    }
    if let excluded { withSparse(excluded) { run($0) } } else { run(nil) }
  }

  private static func withSparse(_ a: SparseMatrix, _ body: (UnsafePointer<ck_sparse>) -> Void) {
    var matrix = ck_sparse(
      rows: Int64(a.rows), columns: Int64(a.columns), entries: Int64(a.entryCount), starts: a.starts.pointer,
      indices: a.indices?.pointer)
    withExtendedLifetime(a) { body(&matrix) }
  }

  private static func withTransposed(
    _ a: SparseMatrix,
    _ body: (UnsafePointer<ck_sparse>, UnsafePointer<ck_sparse>?, UnsafePointer<Int32>?) -> Void
  ) {
    guard a.indices != nil else { return withSparse(a) { body($0, nil, nil) } }
    let (transposed, order) = a.transposedWithOrder
    withSparse(a) { matrix in
      withSparse(transposed) { transposed in body(matrix, transposed, order.pointer) }
    }
  }

  /// A row of features for each entry, and one for each row.
  private static func cost(_ a: SparseMatrix, _ features: Int, operations: Int = 2) -> KernelCost {
    KernelCost(
      operations: Double(operations) * Double(a.entryCount) * Double(features),
      bytes: 4 * Double(features) * Double(a.entryCount + a.rows))
  }
}

extension Aggregation {
  fileprivate var c: ck_aggregation {
    switch self {
    case .sum: CK_AGGREGATE_SUM
    case .mean: CK_AGGREGATE_MEAN
    case .max: CK_AGGREGATE_MAX
    }
  }
}
