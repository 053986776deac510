/// A model's state at one moment, for prediction from any thread or task.
///
/// A model is no `Sendable` type: training changes it in place. A predictor has a copy of its own, which nothing changes,
/// so it may be called by many threads at once while the model goes on learning:
///
/// ```swift
/// let predictor = Predictor(model) { MLP([64, 128, 10]) }
/// let answers = await withTaskGroup(of: Tensor.self) { group in
///   for batch in batches { group.addTask { predictor(batch) } }
///   …
/// }
/// ```
/// Batch normalisations directly after a convolution become part of its weights: the outputs are the model's but for
/// rounding, and a pass over memory is saved for each.
///
/// Kernels that are called at the same time share the machine; the results are the same bits as those of one thread.
public final class Predictor<Input: Sendable, Output: Sendable>: Sendable {
  // Only ever read: no gradients are recorded, so no layer updates its buffers, and nobody else has the copy.
  private nonisolated(unsafe) let model: any Module<Input, Output>

  /// Copies a model's parameters and buffers into a new one.
  ///
  /// - Parameters:
  ///   - model: what is copied.
  ///   - make: builds a model of the same form; its initial weights are overwritten, and the random stream is put back.
  ///     It must not give a model that something else keeps, and its layers must not change themselves while they
  ///     predict.
  ///
  /// Precondition: both have parameters and buffers of the same names and shapes.
  public init<Model: Module<Input, Output>>(_ model: any Module<Input, Output>, copy make: () -> Model) {
    let snapshot = ModelSnapshot([])
    let copy = make()
    snapshot.putBack()
    do {
      try copy.load(model.stateDictionary)
    } catch {
      misuse("Predictor: the new model is not like the old one: \(error)")
    }
    copy.foldNormalization()
    self.model = copy
  }

  /// The model's output, without gradients.
  public func callAsFunction(_ input: Input) -> Output { withoutGradient { model(input) } }
}
