/// Samples as tensors, with labels or targets. The first axis of each part counts the samples.
public struct TensorBatch: ModelBatch {
  /// [N, …]
  public var inputs: Tensor
  /// The class of each sample, [N]; or of each position of it, [N, …].
  public var labels: Indices?
  /// The numbers to predict, [N, …].
  public var targets: Tensor?
  /// How much each sample counts in the loss, [N].
  public var weights: Tensor?
  /// What else the samples are, where each was made of two; see ``ImageAugmentation/mixUp``.
  public var mixture: LabelMixture?

  /// A batch of these parts. The first axis of each counts the samples.
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

  public func batch(_ rows: UnsafeBufferPointer<Int32>) -> TensorBatch {
    TensorBatch(
      inputs: gathered(inputs, rows), labels: labels.map { gathered($0, rows) },
      targets: targets.map { gathered($0, rows) }, weights: weights.map { gathered($0, rows) })
  }

  public func batch(_ rows: Range<Int>) -> TensorBatch {
    if rows == 0..<count {
      return TensorBatch(inputs: inputs, labels: labels, targets: targets, weights: weights)
    }
    return TensorBatch(
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
