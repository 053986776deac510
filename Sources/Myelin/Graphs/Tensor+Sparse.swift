/// What becomes of the rows that the entries of a row bring together.
public enum Aggregation: String, Sendable, Hashable, Codable, CaseIterable {
  /// Σ
  case sum
  /// Σ by their number; 0 of none.
  case mean
  /// The largest of each feature; 0 of none. Of equal ones the first has the gradient.
  case max
}

extension Tensor {
  /// y [rows, …]: for each row of `matrix`, the rows of this [columns, …] that its entries name, put together.
  ///
  /// A graph's neighbours, a bag's vectors, a segment's rows. With weights w the entries count wₑ times: [entries] one an
  /// entry, or [entries, heads] one for each head of this [columns, heads, width]. Rows without entries are 0.
  ///
  /// - Parameters:
  ///   - matrix: which rows come together.
  ///   - aggregation: how.
  ///   - weights: what each entry is multiplied by; nil for 1. None with ``Aggregation/max``.
  public func aggregated(
    over matrix: SparseMatrix, by aggregation: Aggregation = .sum, weights: Tensor? = nil
  ) -> Tensor {
    require(
      rank >= 1 && shape[0] == matrix.columns,
      "aggregated: \(shape) over a matrix [\(matrix.rows), \(matrix.columns)]")
    require(weights == nil || aggregation != .max, "aggregated: the largest takes no weights")
    let features = shape.dropFirst().reduce(1, *)
    let heads = weights.map { $0.rank == 2 ? $0.shape[1] : 1 } ?? 1
    require(
      weights == nil || (weights!.rank <= 2 && weights!.shape[0] == matrix.entryCount),
      "aggregated: weights \(weights?.shape ?? []) for \(matrix.entryCount) entries")
    require(
      heads == 1 || (rank >= 2 && shape[1] == heads), "aggregated: weights of \(heads) heads for features \(shape)")
    let width = heads == 0 ? 0 : features / heads
    var result = Tensor(uninitialized: shape.replacing(axis: 0, with: matrix.rows))
    let winners = aggregation == .max ? Indices(uninitialized: result.shape) : nil
    Kernels.aggregate(
      matrix, aggregation, heads: heads, width: width, weights: weights?.pointer, pointer, result.pointer,
      winners: winners?.pointer)
    let (source, weightSource) = (source, weights?.source)
    guard source != nil || weightSource != nil else { return result }
    let (x, weights) = (weightSource == nil ? nil : detached, weights?.detached)
    result.record("aggregated") { gradient, pass in
      if let source {
        pass.accumulate(into: source) {
          Kernels.aggregateBackward(
            matrix, aggregation, heads: heads, width: width, weights: weights?.pointer, winners: winners?.pointer,
            gradient.pointer, $0, $1)
        }
      }
      if let weightSource, let x {
        pass.accumulate(into: weightSource) {
          Kernels.aggregateWeightGradient(
            matrix, aggregation, heads: heads, width: width, x.pointer, gradient.pointer, $0, $1)
        }
      }
    }
    return result
  }

  /// The product of the row and the column of each entry: rows [r] · columns [c] for entry e in row r and column c, [entries].
  ///
  /// What matrix factorisation has for the ratings that are known, without anything of their number times the width.
  ///
  /// - Parameters:
  ///   - matrix: which pairs are multiplied.
  ///   - rows: [rows, width].
  ///   - columns: [columns, width].
  public static func products(over matrix: SparseMatrix, rows: Tensor, columns: Tensor) -> Tensor {
    require(
      rows.rank == 2 && columns.rank == 2 && rows.shape[0] == matrix.rows && columns.shape[0] == matrix.columns
        && rows.shape[1] == columns.shape[1],
      "products: rows \(rows.shape), columns \(columns.shape) over [\(matrix.rows), \(matrix.columns)]")
    let width = rows.shape[1]
    var result = Tensor(uninitialized: [matrix.entryCount])
    Kernels.aggregateWeightGradient(
      matrix, .sum, heads: 1, width: width, columns.pointer, rows.pointer, result.pointer, .overwrite)
    let (rowSource, columnSource) = (rows.source, columns.source)
    guard rowSource != nil || columnSource != nil else { return result }
    let (rows, columns) = (rows.detached, columns.detached)
    result.record("products") { gradient, pass in
      if let rowSource {
        pass.accumulate(into: rowSource) {
          Kernels.aggregate(
            matrix, .sum, heads: 1, width: width, weights: gradient.pointer, columns.pointer, $0, winners: nil, $1)
        }
      }
      if let columnSource {
        pass.accumulate(into: columnSource) {
          Kernels.aggregateBackward(
            matrix, .sum, heads: 1, width: width, weights: gradient.pointer, winners: nil, rows.pointer, $0, $1)
        }
      }
    }
    return result
  }

  /// Softmax of this [entries] or [entries, heads] over the entries of each row of `matrix`.
  public func softmax(overRowsOf matrix: SparseMatrix) -> Tensor {
    let heads = rank == 2 ? shape[1] : 1
    require(
      rank >= 1 && rank <= 2 && shape[0] == matrix.entryCount,
      "softmax over rows: \(shape) for \(matrix.entryCount) entries")
    var result = Tensor(uninitialized: shape)
    Kernels.edgeSoftmax(matrix, heads: heads, pointer, result.pointer)
    if let source {
      let y = result
      result.record("softmax over rows") { gradient, pass in
        pass.accumulate(into: source) {
          Kernels.edgeSoftmaxBackward(matrix, heads: heads, y.pointer, gradient.pointer, $0, $1)
        }
      }
    }
    return result
  }

  /// The scores of graph attention (Brody, Alon, Yahav 2022), for each entry e of row r and column c, and each head h:
  /// attention [h] · f(from [c, h] + to [r, h]), f(z) = z where it is above 0, else slope z.
  ///
  /// - Parameters:
  ///   - matrix: whose entries are scored.
  ///   - from: of columns, [columns, heads, width].
  ///   - to: of rows, [rows, heads, width].
  ///   - attention: [heads, width].
  ///   - slope: of the leaky ReLU.
  /// - Returns: [entries, heads].
  public static func attentionScores(
    over matrix: SparseMatrix, from: Tensor, to: Tensor, attention: Tensor, slope: Float = 0.2
  ) -> Tensor {
    require(
      from.rank == 3 && to.rank == 3 && from.shape[0] == matrix.columns && to.shape[0] == matrix.rows
        && Array(from.shape.dropFirst()) == Array(to.shape.dropFirst())
        && attention.count == from.shape[1] * from.shape[2],
      "attentionScores: from \(from.shape), to \(to.shape), attention \(attention.shape) over [\(matrix.rows), \(matrix.columns)]"
    )
    let (heads, width) = (from.shape[1], from.shape[2])
    var result = Tensor(uninitialized: [matrix.entryCount, heads])
    Kernels.edgeScores(
      matrix, heads: heads, width: width, slope: slope, from: from.pointer, to: to.pointer,
      attention: attention.pointer, result.pointer)
    let sources = (from.source, to.source, attention.source)
    guard sources.0 != nil || sources.1 != nil || sources.2 != nil else { return result }
    let (from, to, attention) = (from.detached, to.detached, attention.detached)
    result.record("attentionScores") { gradient, pass in
      pass.accumulate(into: sources.0, sources.1, sources.2) { dfrom, dto, dattention in
        Kernels.edgeScoresBackward(
          matrix, heads: heads, width: width, slope: slope, from: from.pointer, to: to.pointer,
          attention: attention.pointer, gradient.pointer, dfrom, dto, dattention)
      }
    }
    return result
  }

  /// For each row of this [rows, width] the `count` rows of `items` [items, width] with the largest product, plus their
  /// bias, largest first; of equal ones the lower number.
  ///
  /// - Parameters:
  ///   - count: how many are wanted.
  ///   - items: what is chosen among.
  ///   - bias: [items], added to the products; nil for none.
  ///   - excluded: [rows, items]: items that are left out for a row; nil for none.
  /// - Returns: numbers and products [rows, count]; −1 and 0 where no more are left. They take no part in the tape.
  public func topProducts(
    _ count: Int, among items: Tensor, bias: Tensor? = nil, excluded: SparseMatrix? = nil
  ) -> (indices: Indices, products: Tensor) {
    require(
      rank == 2 && items.rank == 2 && shape[1] == items.shape[1] && count >= 0
        && (bias == nil || bias!.count == items.shape[0])
        && (excluded == nil || (excluded!.rows == shape[0] && excluded!.columns == items.shape[0])),
      "topProducts: \(shape) with \(items.shape), bias \(bias?.shape ?? []), \(count) wanted")
    let indices = Indices(uninitialized: [shape[0], count])
    let products = Tensor(uninitialized: [shape[0], count])
    Kernels.topProducts(
      rows: shape[0], items: items.shape[0], width: shape[1], count: count, pointer, items.pointer,
      bias: bias?.pointer, excluded: excluded, indices.pointer, products.pointer)
    return (indices, products)
  }

  /// One half of alternating least squares: for each row of `matrix` the vector x that makes
  /// Σ wₑ (x · yₑ)² − 2 tₑ x · yₑ + x · base x + (ridge + ridgeAnEntry · entries) |x|² least, yₑ the row of this
  /// [columns, width] that entry e names. Rows without entries are 0. It takes no part in the tape.
  ///
  /// Explicit ratings: no weights, no base, t the ratings. Implicit feedback of confidence 1 + c (Hu, Koren, Volinsky 2008):
  /// w = c, t = 1 + c, base = yᵀ y.
  ///
  /// - Parameters:
  ///   - matrix: which rows of this each row is fitted to.
  ///   - weights: w [entries]; nil for 1.
  ///   - targets: t [entries].
  ///   - base: [width, width]; nil for 0.
  ///   - ridge: pull towards 0.
  ///   - ridgeAnEntry: further pull for each entry of the row.
  public func leastSquares(
    over matrix: SparseMatrix, weights: Tensor? = nil, targets: Tensor, base: Tensor? = nil, ridge: Float,
    ridgeAnEntry: Float = 0
  ) -> Tensor {
    require(
      rank == 2 && shape[0] == matrix.columns && targets.count == matrix.entryCount
        && (weights == nil || weights!.count == matrix.entryCount)
        && (base == nil || base!.shape == [shape[1], shape[1]]),
      "leastSquares: \(shape) over [\(matrix.rows), \(matrix.columns)], targets \(targets.shape)")
    let result = Tensor(uninitialized: [matrix.rows, shape[1]])
    Kernels.leastSquaresRows(
      matrix, width: shape[1], weights: weights?.pointer, targets: targets.pointer, base: base?.pointer, ridge: ridge,
      ridgeAnEntry: ridgeAnEntry, pointer, result.pointer)
    return result
  }
}
