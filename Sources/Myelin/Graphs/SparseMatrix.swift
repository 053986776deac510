/// Where the entries of a sparse [rows, columns] matrix are, row by row: the edges of a graph, bags of tokens, segments of a
/// list, what users have rated. Its numbers, where it has any, are a tensor beside it, in the order of the entries.
///
/// Entries of a row may stand in any order and repeat. The transpose, the rows of the entries and the segments are made at
/// their first use and kept.
public final class SparseMatrix: Sendable {
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// Entry e of row r: starts[r] ≤ e < starts[r + 1].
  public let starts: Indices
  /// The column of each entry; nil for segments, whose entry e is column e.
  public let indices: Indices?

  private struct Transposed: Sendable {
    var matrix: SparseMatrix
    var order: Indices
  }
  private let transpose = Lock<Transposed?>(nil)
  private let rowsOfEntries = Lock<Indices?>(nil)
  private let keptSegments = Lock<SparseMatrix?>(nil)

  /// A matrix in compressed rows.
  ///
  /// - Parameters:
  ///   - starts: where each row's entries begin, and where the last row's end; from 0, never falling.
  ///   - indices: the column of each entry, in 0 ..< columns.
  ///   - columns: number of columns.
  public init(starts: [Int32], indices: [Int32], columns: Int) {
    SparseMatrix.check(starts, entries: indices.count)
    require(
      indices.allSatisfy { $0 >= 0 && $0 < columns }, "SparseMatrix: a column outside 0 ..< \(columns)")
    rows = starts.count - 1
    self.columns = columns
    self.starts = Indices(starts)
    self.indices = Indices(indices)
  }

  /// Rows that are segments of a list, one after the other: `starts` as in ``starts``, its last the length of the list.
  public init(segments starts: [Int32]) {
    SparseMatrix.check(starts, entries: Int(starts.last ?? 0))
    rows = starts.count - 1
    columns = Int(starts[rows])
    self.starts = Indices(starts)
    indices = nil
  }

  /// Rows of columns: bags of tokens, neighbours of nodes.
  public convenience init(_ rows: [[Int32]], columns: Int) {
    self.init(
      starts: rows.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int32($1.count)) }, indices: rows.flatMap { $0 },
      columns: columns)
  }

  private init(rows: Int, columns: Int, starts: Indices, indices: Indices?) {
    (self.rows, self.columns, self.starts, self.indices) = (rows, columns, starts, indices)
  }

  private static func check(_ starts: [Int32], entries: Int) {
    let isRising = zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 }
    require(
      starts.first == 0 && isRising && Int(starts[starts.count - 1]) == entries,
      "SparseMatrix: starts must go from 0 to \(entries) and not fall")
  }

  /// From pairs in any order: the matrix, and which pair each entry is. Pairs of a row keep their order.
  ///
  /// - Parameters:
  ///   - pairs: the row and the column of each entry.
  ///   - rows: number of rows; each row of a pair is below.
  ///   - columns: number of columns; each column of a pair is below.
  public static func compressed(
    pairs: (rows: [Int32], columns: [Int32]), rows: Int, columns: Int
  ) -> (matrix: SparseMatrix, order: Indices) {
    require(
      pairs.rows.count == pairs.columns.count, "SparseMatrix: \(pairs.rows.count) rows, \(pairs.columns.count) columns")
    // One pair a row: the transpose has the rows of pairs as its rows.
    let list = SparseMatrix(
      starts: (0...Int32(pairs.rows.count)).map { $0 }, indices: pairs.rows, columns: rows)
    let (byRow, order) = list.transposedWithOrder
    let matrix = SparseMatrix(
      starts: byRow.starts.values, indices: order.values.map { pairs.columns[Int($0)] }, columns: columns)
    return (matrix, order)
  }

  /// Number of entries.
  public var entryCount: Int { indices?.count ?? columns }
  /// Entries of a row.
  public func count(ofRow row: Int) -> Int { Int(starts[row + 1] - starts[row]) }
  /// The columns of a row's entries.
  public func columns(ofRow row: Int) -> [Int32] {
    let range = Int(starts[row])..<Int(starts[row + 1])
    return range.map { indices?[$0] ?? Int32($0) }
  }

  /// The row of each entry.
  public var rowOfEachEntry: Indices {
    rowsOfEntries.withLock { cached -> Indices in
      if let cached { return cached }
      let bounds = starts.values
      let made = Indices(shape: Shape(entryCount)) { target in
        for row in 0..<rows { for entry in bounds[row]..<bounds[row + 1] { target[Int(entry)] = Int32(row) } }
      }
      cached = made
      return made
    }
  }

  /// The same rows over a list with an element for each entry: entry e is column e. Kept, and its transpose with it.
  var segments: SparseMatrix {
    keptSegments.withLock { cached -> SparseMatrix in
      if let cached { return cached }
      let made = SparseMatrix(rows: rows, columns: entryCount, starts: starts, indices: nil)
      cached = made
      return made
    }
  }

  /// The transpose, and which entry of this matrix each of its entries is.
  public var transposedWithOrder: (matrix: SparseMatrix, order: Indices) {
    let made = transpose.withLock { cached -> Transposed in
      if let cached { return cached }
      let starts = Indices(uninitialized: Shape(columns + 1))
      let indices = Indices(uninitialized: Shape(entryCount))
      let order = Indices(uninitialized: Shape(entryCount))
      Kernels.transposeSparse(self, starts.pointer, indices.pointer, order.pointer)
      let made = Transposed(
        matrix: SparseMatrix(rows: columns, columns: rows, starts: starts, indices: indices), order: order)
      cached = made
      return made
    }
    return (made.matrix, made.order)
  }
}
