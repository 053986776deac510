/// What an objective makes of one batch.
public struct BatchLoss {
  /// A scalar on the tape: the mean of what `weight` counts.
  public let loss: Tensor
  /// What the mean was divided by, Σ wᵢ; nil counts the samples. Means of batches are put together by it, so that
  /// accumulation, a short last batch and batches of several machines give the gradient of the mean over all of them.
  public let weight: Double?
  /// What the batch adds to each metric.
  let metrics: () -> [any MetricAccumulator]

  /// - Parameters:
  ///   - loss: a scalar on the tape.
  ///   - weight: Σ wᵢ; nil counts the samples.
  ///   - metrics: accumulators filled with this batch, the same ones for each; made only where somebody asks.
  public init(
    loss: Tensor, weight: Double? = nil, metrics: @escaping @autoclosure () -> [any MetricAccumulator] = []
  ) {
    self.loss = loss
    self.weight = weight
    self.metrics = metrics
  }
}

/// What training makes small, and what is measured beside it: a function of a model's output and the batch.
///
/// ```swift
/// let trainer = Trainer(model, objective: .classification(labelSmoothing: 0.1), optimizer: AdamW(model.parameters))
/// ```
/// Where a model takes more than ``ModelBatch/inputs``, give ``Trainer`` a closure of model and batch instead.
public struct Objective<Output, Batch>: Sendable {
  /// For people: `cross-entropy`.
  public let name: String
  private let function: @Sendable (Output, Batch) -> BatchLoss

  /// An objective of your own.
  ///
  /// - Parameters:
  ///   - name: for people: `cross-entropy`.
  ///   - function: the loss of a batch on the tape, what it weighs, and what it adds to metrics.
  public init(_ name: String, _ function: @escaping @Sendable (_ output: Output, _ batch: Batch) -> BatchLoss) {
    self.name = name
    self.function = function
  }

  /// The loss, weight and metrics of one batch.
  public func callAsFunction(_ output: Output, _ batch: Batch) -> BatchLoss { function(output, batch) }

  /// The same with more metrics: accumulators that are filled with a batch's outputs, outside training.
  ///
  /// ```swift
  /// let objective = Objective.classification().measuring { scores, batch in
  ///   var matrix = ConfusionMatrix(classCount: 10)
  ///   matrix.add(scores, batch.labels!)
  ///   return [matrix]
  /// }
  /// ```
  public func measuring(
    _ metrics: @escaping @Sendable (_ output: Output, _ batch: Batch) -> [any MetricAccumulator]
  ) -> Objective {
    Objective(name) { output, batch in
      let base = function(output, batch)
      return BatchLoss(
        loss: base.loss, weight: base.weight,
        metrics: base.metrics() + (isRecordingGradients ? [] : metrics(output, batch)))
    }
  }
}

extension Objective where Output == Tensor, Batch == TensorBatch {
  /// Softmax and −log of the label's probability: outputs [N, classes], labels in 0 ..< classes or −1 for none. A sample
  /// with a ``TensorBatch/mixture`` has two labels, each with its share.
  ///
  /// Measures accuracy and, with two classes and outside training, the areas under the ROC and the precision-recall curve.
  /// - Parameters:
  ///   - labelSmoothing: the share of the label that is spread over all classes.
  ///   - classWeights: a factor for each class, in training only.
  public static func classification(labelSmoothing: Float = 0, classWeights: [Float]? = nil) -> Objective {
    let weights = classWeights.map { Tensor($0) }
    return Objective("cross-entropy") { outputs, batch in
      let labels = batch.requiredLabels("cross-entropy")
      let classWeights = isRecordingGradients ? weights : nil
      let scores = outputs.detached
      /// The mean over the rows with these labels and weights, and Σ of their weights.
      func part(_ labels: Indices, _ weights: Tensor?) -> (loss: Tensor, weight: Double) {
        (
          softmaxCrossEntropy(
            outputs, labels, classWeights: classWeights, sampleWeights: weights, labelSmoothing: labelSmoothing),
          labelWeight(labels, weights, classWeights)
        )
      }
      var (loss, weight) = part(labels, batch.firstWeights)
      if let mixture = batch.mixture {
        let second = part(mixture.labels, batch.secondWeights)
        let sum = weight + second.weight
        if sum > 0 { loss = loss * Float(weight / sum) + second.loss * Float(second.weight / sum) }
        weight = sum
      }
      return BatchLoss(
        loss: loss, weight: weight, metrics: classificationMetrics(scores, labels, batch.weights))
    }
  }

  /// Sigmoid and binary cross-entropy: outputs and targets of one shape, targets in 0…1; or labels 0 and 1 with outputs
  /// [N, 1]. Measures accuracy and, with labels and outside training, the areas under the curves.
  ///
  /// - Parameter positiveWeight: multiplies the term of the ones.
  public static func binaryClassification(positiveWeight: Float = 1) -> Objective {
    Objective("binary cross-entropy") { outputs, batch in
      let targets = batch.requiredTargets("binary cross-entropy", like: outputs)
      let loss = binaryCrossEntropyWithLogits(
        outputs, targets, positiveWeight: positiveWeight, sampleWeights: batch.weights)
      let scores = outputs.detached
      return BatchLoss(
        loss: loss, weight: batch.rowWeight,
        metrics: binaryMetrics(scores, targets, batch.labels, batch.weights))
    }
  }

  /// Which distance a regression makes small.
  public enum RegressionLoss: Sendable, Hashable {
    /// (p − t)²
    case squared
    /// |p − t|
    case absolute
    /// Quadratic up to `delta`, linear beyond (Huber 1964).
    case huber(delta: Float)
  }

  /// The distance of outputs from targets of as many elements. Measures the mean absolute and the root mean squared error
  /// and R², outside training.
  public static func regression(_ kind: RegressionLoss = .squared) -> Objective {
    let name =
      switch kind {
      case .squared: "mean squared error"
      case .absolute: "mean absolute error"
      case .huber: "Huber"
      }
    return Objective(name) { outputs, batch in
      let targets = batch.requiredTargets(name, like: outputs)
      let loss =
        switch kind {
        case .squared: meanSquaredError(outputs, targets, sampleWeights: batch.weights)
        case .absolute: meanAbsoluteError(outputs, targets, sampleWeights: batch.weights)
        case .huber(let delta): huberLoss(outputs, targets, delta: delta, sampleWeights: batch.weights)
        }
      let predictions = outputs.detached
      return BatchLoss(
        loss: loss, weight: batch.rowWeight, metrics: regressionMetrics(predictions, targets, batch.weights))
    }
  }
}

extension Objective where Output == Tensor, Batch == TensorBatch {
  /// Counts by the logarithm of their rate: outputs z [N, 1], targets t of as many elements, from 0 on. The loss is half the
  /// Poisson deviance, e^z − t z + t log t − t, which is 0 where the rate is the count. Measures the errors of e^z outside
  /// training.
  public static func poisson() -> Objective {
    Objective("Poisson deviance") { outputs, batch in
      let targets = batch.requiredTargets("Poisson deviance", like: outputs)
      let loss = poissonLoss(outputs, targets, sampleWeights: batch.weights)
      let predictions = outputs.detached
      return BatchLoss(
        loss: loss, weight: batch.rowWeight,
        metrics: regressionMetrics(withoutGradient { exp(predictions) }, targets, batch.weights))
    }
  }

  /// Quantiles of a number, one an output: outputs [N, levels], targets [N, 1]. The loss is the mean over rows and levels q of
  /// max(q (t − z), (q − 1) (t − z)) (R. Koenker and G. Bassett, 1978). Measures the errors of the output nearest to the
  /// median, outside training.
  ///
  /// - Parameter levels: in 0…1. Precondition: as many as outputs.
  public static func quantiles(_ levels: [Double]) -> Objective {
    let middle = levels.indices.min { abs(levels[$0] - 0.5) < abs(levels[$1] - 0.5) }
    return Objective("quantile loss") { outputs, batch in
      guard let targets = batch.targets, let middle else { misuse("quantile loss needs levels, and data with targets") }
      let loss = quantileLoss(outputs, targets, levels: levels, sampleWeights: batch.weights)
      let predictions = outputs.detached
      return BatchLoss(
        loss: loss, weight: batch.rowWeight,
        metrics: regressionMetrics(predictions.sliced(middle..<middle + 1, axis: 1), targets, batch.weights))
    }
  }
}

private func classificationMetrics(
  _ scores: Tensor, _ labels: Indices, _ weights: Tensor?
) -> [any MetricAccumulator] {
  var accuracy = Accuracy()
  accuracy.add(scores, labels, weights: weights)
  // The curves keep each score: for data that is seen once, not for every epoch's training rows.
  guard !isRecordingGradients, scores.rank == 2, scores.shape[1] == 2 else { return [accuracy] }
  var binary = BinaryScores()
  binary.add(logits: scores, labels, weights: weights)
  return [accuracy, binary]
}

private func binaryMetrics(
  _ logits: Tensor, _ targets: Tensor, _ labels: Indices?, _ weights: Tensor?
) -> [any MetricAccumulator] {
  let rows = logits.rank == 0 ? 1 : logits.shape[0]
  let width = rows == 0 ? 1 : max(1, logits.count / rows)
  let rowWeights = weights?.scalars
  var (right, all) = (0.0, 0.0)
  logits.withUnsafeBufferPointer { logits in
    targets.withUnsafeBufferPointer { targets in
      for index in 0..<logits.count {
        let weight = rowWeights.map { Double($0[$0.count == logits.count ? index : index / width]) } ?? 1
        if !logits[index].isNaN && (logits[index] > 0) == (targets[index] > 0.5) { right += weight }
        all += weight
      }
    }
  }
  let accuracy = MeanMetric(.accuracy, sum: right, weight: all)
  guard !isRecordingGradients, let labels, labels.count == logits.count else { return [accuracy] }
  var binary = BinaryScores()
  binary.add(logits, labels, weights: weights)
  return [accuracy, binary]
}

private func regressionMetrics(
  _ predictions: Tensor, _ targets: Tensor, _ weights: Tensor?
) -> [any MetricAccumulator] {
  if isRecordingGradients { return [] }
  var errors = RegressionErrors()
  errors.add(predictions, targets, weights: weights)
  return [errors]
}

/// Σ wᵢ over the rows with a label.
private func labelWeight(_ labels: Indices, _ rowWeights: Tensor?, _ classWeights: Tensor?) -> Double {
  let (rows, classes) = (rowWeights?.scalars, classWeights?.scalars)
  var sum = 0.0
  labels.withUnsafeBufferPointer { labels in
    for (row, label) in labels.enumerated() where label >= 0 {
      sum += Double(rows?[row] ?? 1) * Double(classes?[Int(label)] ?? 1)
    }
  }
  return sum
}

extension TensorBatch {
  /// Σ wᵢ over the rows.
  fileprivate var rowWeight: Double? { weights.map { $0.scalars.reduce(0) { $0 + Double($1) } } }

  /// wᵢ of the first labels: (1 − s) of the row's.
  fileprivate var firstWeights: Tensor? {
    guard let mixture else { return weights }
    let shares = 1 - mixture.shares
    return weights.map { $0 * shares } ?? shares
  }

  /// wᵢ of the second labels: s of the row's.
  fileprivate var secondWeights: Tensor? {
    mixture.map { mixture in weights.map { $0 * mixture.shares } ?? mixture.shares }
  }

  fileprivate func requiredLabels(_ objective: String) -> Indices {
    guard let labels else { misuse("\(objective) needs data with labels") }
    return labels
  }

  /// The targets, or labels as numbers, in the outputs' shape.
  fileprivate func requiredTargets(_ objective: String, like outputs: Tensor) -> Tensor {
    if let targets {
      require(targets.count == outputs.count, "\(objective): outputs \(outputs.shape) with targets \(targets.shape)")
      return targets.shape == outputs.shape ? targets : targets.reshaped(outputs.shape)
    }
    let labels = requiredLabels(objective)
    require(labels.count == outputs.count, "\(objective): outputs \(outputs.shape) with labels \(labels.shape)")
    let first = Tensor(labels.values.map(Float.init))
    guard let mixture else { return first.reshaped(outputs.shape) }
    let second = Tensor(mixture.labels.values.map(Float.init))
    return (first + (second - first) * mixture.shares).reshaped(outputs.shape)
  }
}
