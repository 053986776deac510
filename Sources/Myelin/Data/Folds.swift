/// Rows cut into parts of nearly one size, so that each row can be held out once: k-fold cross-validation.
///
/// ```swift
/// let folds = Folds(5, labels: labels, seed: 1)
/// for fold in 0..<5 { train(on: folds.training(fold), judgedBy: folds.heldOut(fold)) }
/// ```
public struct Folds: Equatable, Sendable {
  /// The fold in which each row is held out.
  public let assignment: [Int]
  /// How many there are.
  public let count: Int

  /// Rows dealt out in an order that only `seed` decides. Precondition: 2 ≤ folds ≤ rows.
  public init(_ count: Int, rows: Int, seed: UInt64) {
    self.init(count, order: shuffledIndices(rows, seed: seed))
  }

  /// Rows dealt out class by class, so that each class has nearly the same share in each fold, and the folds differ by
  /// at most one row. Precondition: 2 ≤ folds ≤ rows.
  public init(_ count: Int, labels: [Int32], seed: UInt64) {
    let shuffled = shuffledIndices(labels.count, seed: seed)
    var members: [Int32: [Int]] = [:]
    for row in shuffled { members[labels[row], default: []].append(row) }
    self.init(count, order: members.keys.sorted().flatMap { members[$0]! })
  }

  /// By the rank of a number, so that each fold has small and large ones alike. Precondition: 2 ≤ folds ≤ rows.
  public init(_ count: Int, targets: [Float], seed: UInt64) {
    var place = [Int](repeating: 0, count: targets.count)
    for (position, row) in shuffledIndices(targets.count, seed: seed).enumerated() { place[row] = position }
    let ranked = targets.indices.sorted { (targets[$0], place[$0]) < (targets[$1], place[$1]) }
    // Runs of neighbours, one for each fold, are dealt out in an order of their own: else fold 0 would have the least of
    // each.
    let order = stride(from: 0, to: ranked.count, by: max(count, 1)).flatMap { start in
      ranked[start..<min(start + count, ranked.count)].sorted { place[$0] < place[$1] }
    }
    self.init(count, order: order)
  }

  /// Whole groups, the largest first, each to the fold that has fewest rows so far: rows of one patient, say, are never on
  /// both sides. Precondition: 2 ≤ folds ≤ groups.
  public init(_ count: Int, groups: [Int32], seed: UInt64) {
    var sizes: [Int32: Int] = [:]
    for group in groups { sizes[group, default: 0] += 1 }
    require(count >= 2 && count <= sizes.count, "Folds: \(count) folds of \(sizes.count) groups")
    let names = sizes.keys.sorted()
    let shuffled = shuffledIndices(names.count, seed: seed).map { names[$0] }
    let order = shuffled.indices.sorted { (sizes[shuffled[$1]]!, $0) < (sizes[shuffled[$0]]!, $1) }
    var taken = [Int](repeating: 0, count: count)
    var folds: [Int32: Int] = [:]
    for group in order.map({ shuffled[$0] }) {
      let fold = taken.indices.min { (taken[$0], $0) < (taken[$1], $1) }!
      folds[group] = fold
      taken[fold] += sizes[group]!
    }
    assignment = groups.map { folds[$0]! }
    self.count = count
  }

  private init(_ count: Int, order: [Int]) {
    require(count >= 2 && count <= order.count, "Folds: \(count) folds of \(order.count) rows")
    var assignment = [Int](repeating: 0, count: order.count)
    for (position, row) in order.enumerated() { assignment[row] = position % count }
    self.assignment = assignment
    self.count = count
  }

  /// The rows of a fold, in rising order.
  public func heldOut(_ fold: Int) -> [Int] { assignment.indices.filter { assignment[$0] == fold } }
  /// The rows of all other folds, in rising order.
  public func training(_ fold: Int) -> [Int] { assignment.indices.filter { assignment[$0] != fold } }
}
