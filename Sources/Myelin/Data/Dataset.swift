/// Some samples: what a network sees in one step. The first axis of each part counts the samples.
public struct Batch: Sendable {
  /// [N, …]
  public var inputs: Tensor
  /// The class of each sample, [N]; or of each position of it, [N, …].
  public var labels: Indices?
  /// The numbers to predict, [N, …].
  public var targets: Tensor?
  /// How much each sample counts in the loss, [N].
  public var weights: Tensor?

  public init(
    inputs: Tensor, labels: Indices? = nil, targets: Tensor? = nil, weights: Tensor? = nil
  ) {
    self.inputs = inputs
    self.labels = labels
    self.targets = targets
    self.weights = weights
  }

  /// How many samples.
  public var count: Int { inputs.shape[0] }
}

/// Samples that can be had by number, in any order. A `DataLoader` makes batches of them.
public protocol Dataset: Sendable {
  /// How many samples.
  var count: Int { get }

  /// The samples with these numbers, in this order. May be called on several threads at once.
  ///
  /// Precondition: each number is in 0..<count.
  func batch(_ rows: UnsafeBufferPointer<Int32>) -> Batch

  /// The samples of a range; an array's data can share its memory here.
  func batch(_ rows: Range<Int>) -> Batch
}

extension Dataset {
  public func batch(_ rows: Range<Int>) -> Batch { batch(Array(rows)) }

  /// The samples with these numbers, in this order.
  public func batch(_ rows: [Int]) -> Batch { rows.map(Int32.init).withUnsafeBufferPointer(batch) }

  /// The same samples, changed batch by batch: scaled, augmented, decoded. With a loader that prefetches, `transform`
  /// runs in the background.
  public func mapped(_ transform: @escaping @Sendable (Batch) -> Batch) -> MappedDataset {
    MappedDataset(base: self, transform: transform)
  }
}

/// A data set whose batches are changed by a function.
public struct MappedDataset: Dataset {
  let base: any Dataset
  let transform: @Sendable (Batch) -> Batch

  public var count: Int { base.count }
  public func batch(_ rows: UnsafeBufferPointer<Int32>) -> Batch { transform(base.batch(rows)) }
  public func batch(_ rows: Range<Int>) -> Batch { transform(base.batch(rows)) }
}

/// Samples that are in memory as tensors.
public struct TensorDataset: Dataset {
  /// [N, …]
  public let inputs: Tensor
  /// [N]
  public let labels: Indices?
  /// [N, …]
  public let targets: Tensor?
  /// [N]
  public let weights: Tensor?

  /// Precondition: each part has as many samples as the inputs.
  public init(
    inputs: Tensor, labels: Indices? = nil, targets: Tensor? = nil, weights: Tensor? = nil
  ) {
    require(inputs.rank >= 1, "TensorDataset: inputs of shape \(inputs.shape) have no samples")
    let count = inputs.shape[0]
    if let labels {
      require(
        labels.shape.rank >= 1 && labels.shape[0] == count,
        "TensorDataset: labels of shape \(labels.shape) for inputs of shape \(inputs.shape)")
    }
    if let targets {
      require(
        targets.rank >= 1 && targets.shape[0] == count,
        "TensorDataset: targets of shape \(targets.shape) for inputs of shape \(inputs.shape)")
    }
    if let weights {
      require(
        weights.shape == [count],
        "TensorDataset: weights of shape \(weights.shape) for inputs of shape \(inputs.shape)")
    }
    self.inputs = inputs.detached
    self.labels = labels
    self.targets = targets?.detached
    self.weights = weights?.detached
  }

  public var count: Int { inputs.shape[0] }

  public func batch(_ rows: UnsafeBufferPointer<Int32>) -> Batch {
    Batch(
      inputs: gathered(inputs, rows), labels: labels.map { gathered($0, rows) },
      targets: targets.map { gathered($0, rows) }, weights: weights.map { gathered($0, rows) })
  }

  public func batch(_ rows: Range<Int>) -> Batch {
    if rows == 0..<count {
      return Batch(inputs: inputs, labels: labels, targets: targets, weights: weights)
    }
    return Batch(
      inputs: inputs.sliced(rows), labels: labels.map { sliced($0, rows) },
      targets: targets.map { $0.sliced(rows) },
      weights: weights.map { $0.sliced(rows) })
  }

  /// The samples with these numbers as a data set of their own.
  public func subset(_ rows: [Int]) -> TensorDataset {
    let batch = batch(rows)
    return TensorDataset(
      inputs: batch.inputs, labels: batch.labels, targets: batch.targets, weights: batch.weights)
  }

  private func gathered(_ tensor: Tensor, _ rows: UnsafeBufferPointer<Int32>) -> Tensor {
    let result = Tensor(uninitialized: tensor.shape.replacing(axis: 0, with: rows.count))
    guard result.count > 0 else { return result }
    let width = result.count / rows.count
    let inRange = Kernels.gatherRows(
      rows: count, width: width, tensor.pointer, rows.count, rows.baseAddress!, result.pointer)
    require(inRange, "TensorDataset.batch: a sample outside 0..<\(count)")
    return result
  }

  private func gathered(_ indices: Indices, _ rows: UnsafeBufferPointer<Int32>) -> Indices {
    let result = Indices(uninitialized: indices.shape.replacing(axis: 0, with: rows.count))
    guard result.count > 0 else { return result }
    let width = result.count / rows.count
    for (position, row) in rows.enumerated() {
      require(
        row >= 0 && row < count, "TensorDataset.batch: sample \(row) is outside 0..<\(count)")
      (result.pointer + position * width).update(
        from: indices.pointer + Int(row) * width, count: width)
    }
    return result
  }

  private func sliced(_ indices: Indices, _ rows: Range<Int>) -> Indices {
    let result = Indices(uninitialized: indices.shape.replacing(axis: 0, with: rows.count))
    guard result.count > 0 else { return result }
    let width = result.count / rows.count
    result.pointer.update(from: indices.pointer + rows.lowerBound * width, count: result.count)
    return result
  }
}
