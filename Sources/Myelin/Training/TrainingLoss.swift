/// What training makes small: the mean over the samples, weighted by class and sample weights.
public enum TrainingLoss: Sendable {
  /// Softmax and −log of the label's probability: outputs [N, classes], labels in 0 ..< classes or −1 for none.
  case crossEntropy(labelSmoothing: Float = 0)
  /// Sigmoid and binary cross-entropy: outputs and targets of one shape, targets in 0…1; or labels 0 and 1 with
  /// outputs [N, 1]. `positiveWeight` multiplies the term of the ones.
  case binaryCrossEntropy(positiveWeight: Float = 1)
  case meanSquaredError
  case meanAbsoluteError
  /// Quadratic up to `delta`, linear beyond (Huber 1964).
  case huber(delta: Float = 1)
  /// Any scalar function of the model's output and the batch. It applies weights itself.
  case custom(name: String, @Sendable (_ outputs: Tensor, _ batch: Batch) -> Tensor)

  public var name: String {
    switch self {
    case .crossEntropy: "cross-entropy"
    case .binaryCrossEntropy: "binary cross-entropy"
    case .meanSquaredError: "mean squared error"
    case .meanAbsoluteError: "mean absolute error"
    case .huber: "Huber"
    case .custom(let name, _): name
    }
  }

  /// The mean loss of a batch, on the tape.
  func callAsFunction(_ outputs: Tensor, _ batch: Batch, classWeights: Tensor?) -> Tensor {
    switch self {
    case .crossEntropy(let smoothing):
      return softmaxCrossEntropy(
        outputs, labels(batch), classWeights: classWeights, sampleWeights: batch.weights, labelSmoothing: smoothing)
    case .binaryCrossEntropy(let positiveWeight):
      return binaryCrossEntropyWithLogits(
        outputs, targets(batch, like: outputs), positiveWeight: positiveWeight, sampleWeights: batch.weights)
    case .meanSquaredError:
      return Myelin.meanSquaredError(outputs, targets(batch, like: outputs), sampleWeights: batch.weights)
    case .meanAbsoluteError:
      return Myelin.meanAbsoluteError(outputs, targets(batch, like: outputs), sampleWeights: batch.weights)
    case .huber(let delta):
      return huberLoss(outputs, targets(batch, like: outputs), delta: delta, sampleWeights: batch.weights)
    case .custom(_, let function): return function(outputs, batch)
    }
  }

  /// What the mean of a batch was divided by: Σ wᵢ. Means of batches are put together by it.
  func weight(of batch: Batch, classWeights: Tensor?) -> Double {
    if case .custom = self { return Double(batch.count) }
    let rows = batch.weights.map { $0.withUnsafeBufferPointer(Array.init) }
    guard case .crossEntropy = self else {
      return rows.map { $0.reduce(0) { $0 + Double($1) } } ?? Double(batch.count)
    }
    var sum = 0.0
    labels(batch).withUnsafeBufferPointer { labels in
      classWeights.withPointer { classes in
        for (row, label) in labels.enumerated() where label >= 0 {
          sum += Double(rows?[row] ?? 1) * Double(classes?[Int(label)] ?? 1)
        }
      }
    }
    return sum
  }

  /// How many of a batch's predictions are right; nil where there is nothing to be right about.
  func accuracy(_ outputs: Tensor, _ batch: Batch) -> (correct: Int, count: Int)? {
    switch self {
    case .crossEntropy:
      var accuracy = Accuracy()
      accuracy.add(outputs, labels(batch))
      return (accuracy.correct, accuracy.count)
    case .binaryCrossEntropy:
      let targets = targets(batch, like: outputs)
      return outputs.withUnsafeBufferPointer { outputs in
        targets.withUnsafeBufferPointer { targets in
          (zip(outputs, targets).count { ($0 > 0) == ($1 > 0.5) }, targets.count)
        }
      }
    case .meanSquaredError, .meanAbsoluteError, .huber, .custom: return nil
    }
  }

  /// The metrics of a data set's outputs: accuracy, with areas under the curves for two classes; or errors and R².
  func metrics(_ outputs: Tensor, _ data: Batch) -> [Scores.Metric] {
    func present(_ pairs: [(String, Double?)]) -> [Scores.Metric] {
      pairs.compactMap { name, value in value.map { Scores.Metric(name, $0) } }
    }
    switch self {
    case .crossEntropy:
      let labels = labels(data)
      var pairs = [("accuracy", Myelin.accuracy(outputs, labels))]
      if outputs.rank == 2, outputs.shape[1] == 2, !outputs.scalars.contains(where: \.isNaN) {
        var binary = BinaryScores()
        binary.add(logits: outputs, labels)
        pairs += [("roc_auc", binary.rocAUC), ("pr_auc", binary.averagePrecision)]
      }
      return present(pairs)
    case .binaryCrossEntropy:
      let share = accuracy(outputs, data).flatMap { $0.count == 0 ? nil : Double($0.correct) / Double($0.count) }
      guard let labels = data.labels, labels.count == outputs.count, !outputs.scalars.contains(where: \.isNaN) else {
        return present([("accuracy", share)])
      }
      return present([
        ("accuracy", share), ("roc_auc", rocAUC(outputs, labels)), ("pr_auc", averagePrecision(outputs, labels)),
      ])
    case .meanSquaredError, .meanAbsoluteError, .huber:
      let errors = regressionErrors(outputs, targets(data, like: outputs))
      return present([
        ("mae", errors.meanAbsoluteError), ("rmse", errors.rootMeanSquaredError), ("r2", errors.rSquared),
      ])
    case .custom: return []
    }
  }

  private func labels(_ batch: Batch) -> Indices {
    guard let labels = batch.labels else { misuse("\(name) needs data with labels") }
    return labels
  }

  private func targets(_ batch: Batch, like outputs: Tensor) -> Tensor {
    if let targets = batch.targets {
      require(
        targets.count == outputs.count, "\(name): outputs \(outputs.shape) with targets \(targets.shape)")
      return targets.shape == outputs.shape ? targets : targets.reshaped(outputs.shape)
    }
    let labels = labels(batch)
    require(labels.count == outputs.count, "\(name): outputs \(outputs.shape) with labels \(labels.shape)")
    return Tensor(shape: outputs.shape) { target in
      labels.withUnsafeBufferPointer { labels in
        for (index, label) in labels.enumerated() { target[index] = Float(label) }
      }
    }
  }
}

extension Tensor? {
  fileprivate func withPointer<Result>(_ body: (UnsafeBufferPointer<Float>?) -> Result) -> Result {
    if let self { self.withUnsafeBufferPointer(body) } else { body(nil) }
  }
}
