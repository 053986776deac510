/// What a model makes of a data set.
public struct Evaluation: Sendable {
  public let scores: Scores
  /// The model's raw output: [N, outputs]: logits of a classifier.
  public let outputs: Tensor
}

extension Trainer {
  /// Loss and metrics on `data`, without changing anything. Sample weights count; class weights do not.
  public func evaluate(_ data: any Dataset) -> Evaluation {
    var outputs: [Tensor] = []
    var targets: [Tensor] = []
    var labels: [Int32] = []
    var running = RunningScores()
    withoutGradient {
      for start in stride(from: 0, to: data.count, by: options.evaluationBatchSize) {
        let batch = data.batch(start..<min(start + options.evaluationBatchSize, data.count))
        let output = model(batch.inputs)
        let weight = loss.weight(of: batch, classWeights: nil)
        running.loss += Double(loss(output, batch, classWeights: nil).scalar) * weight
        running.weight += weight
        outputs.append(output)
        if let target = batch.targets { targets.append(target) }
        if let label = batch.labels { labels += label.values }
      }
    }
    guard !outputs.isEmpty else { return Evaluation(scores: Scores(loss: 0), outputs: Tensor(zeros: [0])) }
    let all = Tensor.concatenated(outputs)
    let truth = Batch(
      inputs: all, labels: labels.isEmpty ? nil : Indices(labels),
      targets: targets.isEmpty ? nil : .concatenated(targets))
    return Evaluation(scores: Scores(loss: running.scores.loss, metrics: loss.metrics(all, truth)), outputs: all)
  }

  /// The model's output for each row of `inputs`, in batches, without gradients.
  public func predict(_ inputs: Tensor) -> Tensor {
    Myelin.predict(model, inputs, batchSize: options.evaluationBatchSize)
  }
}

/// The model's output for each row of `inputs`, `batchSize` rows at a time, without gradients: dropout keeps everything.
public func predict(_ model: any Module<Tensor, Tensor>, _ inputs: Tensor, batchSize: Int = 1024) -> Tensor {
  require(inputs.rank >= 1 && batchSize >= 1, "predict: inputs \(inputs.shape) in batches of \(batchSize)")
  return withoutGradient {
    let rows = inputs.shape[0]
    if rows <= batchSize { return model(inputs) }
    return .concatenated(
      stride(from: 0, to: rows, by: batchSize).map { model(inputs.sliced($0..<min($0 + batchSize, rows))) })
  }
}
