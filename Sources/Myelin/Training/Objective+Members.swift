extension Objective where Output == Tensor, Batch == TensorBatch {
  /// The same for the members of an ensemble, trained side by side: outputs [members, N, …], labels [members, N], targets
  /// [members, N, …], as an ``EnsembleDataset`` gives them.
  ///
  /// The loss is the mean over all rows of all members; since members share no weights, each is trained as it would be
  /// alone, but for a factor that Adam and its kin do not see. Outside training the loss of each member on its own rows
  /// is measured too, by which ``Trainer`` then tells the best epoch and early stopping member by member.
  ///
  /// ```swift
  /// let trainer = Trainer(model, objective: .classification().memberwise(), optimizer: AdamW(model.parameters))
  /// trainer.options.earlyStopping = EarlyStopping(patience: 16)
  /// try trainer.fit(training, validation: heldOut)
  /// ```
  /// Precondition: the first axis of all parameters and buffers of the model counts its members.
  public func memberwise() -> Objective {
    Objective(name) { outputs, batch in
      let (members, rows) = (outputs.shape[0], outputs.rank > 1 ? outputs.shape[1] : 0)
      /// The rows of some members, one after another.
      func part(_ range: Range<Int>) -> (Tensor, TensorBatch) {
        func flat(_ tensor: Tensor) -> Tensor {
          let some = range == 0..<members ? tensor : tensor.sliced(range)
          return some.reshaped(Shape([range.count * rows] + Array(tensor.shape.dropFirst(2))))
        }
        let labels = batch.labels.map { labels in
          Indices(labels.values[range.lowerBound * rows..<range.upperBound * rows], shape: Shape(range.count * rows))
        }
        // What the model took is of no use to an objective.
        return (
          flat(outputs),
          TensorBatch(
            inputs: Tensor(zeros: Shape(range.count * rows, 0)), labels: labels, targets: batch.targets.map(flat),
            weights: batch.weights.map(flat))
        )
      }
      let (all, whole) = part(0..<members)
      let base = self(all, whole)
      return BatchLoss(
        loss: base.loss, weight: base.weight ?? Double(members * rows),
        metrics: base.metrics()
          + (isRecordingGradients
            ? []
            : [
              MemberLosses(
                (0..<members).map { member in
                  let (outputs, batch) = part(member..<member + 1)
                  let own = self(outputs.detached, batch)
                  return (Double(own.loss.scalar), own.weight ?? Double(rows))
                })
            ]))
    }
  }
}

/// The mean loss of each member of an ensemble.
struct MemberLosses: MetricAccumulator {
  private var sums: [Double]
  private var weights: [Double]

  init(_ losses: [(mean: Double, weight: Double)]) {
    sums = losses.map { $0.weight == 0 ? 0 : $0.mean * $0.weight }
    weights = losses.map(\.weight)
  }

  var means: [Double] { zip(sums, weights).map { $1 == 0 ? .nan : $0 / $1 } }

  var measurements: [(metric: Metric, value: Double?)] { [] }

  mutating func merge(_ other: MemberLosses) {
    for member in sums.indices {
      sums[member] += other.sums[member]
      weights[member] += other.weights[member]
    }
  }
}
