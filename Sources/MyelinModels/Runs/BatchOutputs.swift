import Myelin

// What batches of all kinds have in common, whatever their networks take: outputs, and the right answers beside them.

/// The outputs for each sample, without gradients, some at a time.
func predict<Samples: Dataset>(
  _ network: any Module<Samples.Batch.Inputs, Tensor>, _ samples: Samples, batchSize: Int = 256
) -> Tensor where Samples.Batch: ModelBatch {
  withoutGradient {
    .concatenated(
      stride(from: 0, to: samples.count, by: batchSize).map {
        network(samples.batch($0..<min($0 + batchSize, samples.count)).inputs)
      })
  }
}

extension Objective where Output == Tensor {
  /// An objective of tensors, for batches of another kind.
  ///
  /// - Parameter answers: what is to be predicted of a batch, row by row of the outputs.
  init(
    of base: Objective<Tensor, TensorBatch>,
    _ answers: @escaping @Sendable (Batch) -> (labels: Indices?, targets: Tensor?)
  ) {
    self.init(base.name) { outputs, batch in
      let (labels, targets) = answers(batch)
      return base(
        outputs, TensorBatch(inputs: Tensor(zeros: [outputs.shape[0], 0]), labels: labels, targets: targets))
    }
  }
}

extension TrainingReport.Test.Kind {
  /// Classes by logits [N, classes], beside the right ones.
  static func classes(_ names: [String], _ logits: Tensor, _ labels: Indices) -> TrainingReport.Test.Kind {
    var confusion = ConfusionMatrix(classCount: names.count)
    confusion.add(logits, labels)
    return .classification(confusion: confusion, classes: names)
  }
}

/// Samples / (classes · samples of the class), so that every class has the same say; 0 for one without samples.
func classWeights(balancing labels: [Int32], classCount: Int) -> [Float] {
  var counts = [Int](repeating: 0, count: classCount)
  for label in labels { counts[Int(label)] += 1 }
  return counts.map { $0 == 0 ? 0 : Float(labels.count) / Float(classCount * $0) }
}
