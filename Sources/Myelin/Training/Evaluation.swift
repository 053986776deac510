/// What a model makes of a data set.
public struct Evaluation: Sendable {
  /// The mean loss, and the metrics that are defined on this data.
  public let scores: Scores
  /// What the metrics were computed from.
  public let accumulators: [any MetricAccumulator]

  /// The accumulator of that type, as `evaluation.accumulator(ConfusionMatrix.self)`; nil where the objective has none.
  public func accumulator<Accumulator: MetricAccumulator>(_ type: Accumulator.Type) -> Accumulator? {
    accumulators.lazy.compactMap { $0 as? Accumulator }.first
  }

  /// Goes through `data` in batches, without gradients, and keeps only sums.
  init<Batch>(
    of data: any Dataset<Batch>, batchSize: Int, weighing objective: (Batch) -> BatchLoss
  ) {
    var running = RunningScores()
    withoutGradient {
      for start in stride(from: 0, to: data.count, by: batchSize) {
        let end = min(start + batchSize, data.count)
        let result = objective(data.batch(start..<end))
        running.add(result, samples: end - start, measures: true)
      }
    }
    scores = running.scores
    accumulators = running.totals.accumulators
  }
}

/// Loss and metrics of a model on `data`, without an optimizer and without changing anything.
///
/// - Parameters:
///   - model: what is evaluated; it is not changed.
///   - objective: what measures it.
///   - data: what it is measured on.
///   - batchSize: samples at a time; more than these are never kept.
public func evaluate<Inputs, Output, Batch: ModelBatch<Inputs>>(
  _ model: any Module<Inputs, Output>, _ objective: Objective<Output, Batch>, on data: any Dataset<Batch>,
  batchSize: Int = 1024
) -> Evaluation {
  require(batchSize >= 1, "evaluate: batches of \(batchSize)")
  return Evaluation(of: data, batchSize: batchSize) { objective(model($0.inputs), $0) }
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
