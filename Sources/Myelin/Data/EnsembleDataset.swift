/// Rows of one data set for the members of an ensemble, each with rows of its own.
///
/// Sample i is the i-th row of each member, so that one step trains all of them: a batch of N samples has inputs
/// [members, N, …], labels [members, N] and so on.
///
/// ```swift
/// let folds = Folds(8, labels: labels, seed: 0)
/// let training = EnsembleDataset(data, rows: (0..<8).map(folds.training), fill: .repeated)
/// let heldOut = EnsembleDataset(data, rows: (0..<8).map(folds.heldOut), fill: .empty)
/// ```
public struct EnsembleDataset: Dataset {
  /// What stands where a member has fewer rows than another one.
  public enum Fill: Sendable {
    /// Its own rows again: for training.
    case repeated
    /// Nothing: a row with label −1 and weight 0, for scores.
    case empty
  }

  /// What the rows are of.
  public let base: TensorDataset
  /// Row numbers of each member.
  public let rows: [[Int32]]
  /// What stands where a member has fewer rows than another one.
  public let fill: Fill
  /// Rows of the member that has most.
  public let count: Int

  /// Precondition: each member has a row, and all row numbers are in the data.
  public init(_ base: TensorDataset, rows: [[Int]], fill: Fill) {
    require(!rows.isEmpty && rows.allSatisfy { !$0.isEmpty }, "EnsembleDataset: a member without rows")
    require(
      rows.allSatisfy { $0.allSatisfy { (0..<base.count).contains($0) } },
      "EnsembleDataset: a row outside 0..<\(base.count)")
    self.base = base
    self.rows = rows.map { $0.map(Int32.init) }
    self.fill = fill
    count = rows.map(\.count).max()!
  }

  public func batch(_ samples: UnsafeBufferPointer<Int32>) -> TensorBatch {
    var places: [Int32] = []
    places.reserveCapacity(rows.count * samples.count)
    var missing: [Int] = []
    for member in rows {
      for sample in samples {
        require(sample >= 0 && sample < count, "EnsembleDataset.batch: sample \(sample) is outside 0..<\(count)")
        if sample >= member.count, fill == .empty { missing.append(places.count) }
        places.append(member[Int(sample) % member.count])
      }
    }
    var batch = places.withUnsafeBufferPointer { base.batch($0) }
    let shape = Shape(rows.count, samples.count)
    if !missing.isEmpty {
      batch.labels = batch.labels.map { labels in
        var values = labels.values
        for place in missing { values[place] = -1 }
        return Indices(values)
      }
    }
    if fill == .empty, batch.labels == nil {
      var weights = batch.weights?.scalars ?? [Float](repeating: 1, count: places.count)
      for place in missing { weights[place] = 0 }
      batch.weights = Tensor(weights)
    }
    func memberwise(_ tensor: Tensor) -> Tensor { tensor.reshaped(Shape(Array(shape) + tensor.shape.dropFirst())) }
    return TensorBatch(
      inputs: memberwise(batch.inputs), labels: batch.labels.map { Indices($0.values, shape: shape) },
      targets: batch.targets.map(memberwise), weights: batch.weights.map(memberwise))
  }
}
