/// A training run, whatever its batches are: what observers, checkpoints and optimizers see of a ``Trainer``.
public class AnyTrainer {
  /// What changes the parameters.
  public let optimizer: Optimizer
  /// How `fit` goes about it; read at its beginning.
  public var options: TrainerOptions
  /// Who follows the run, called in this order.
  public var observers: [any TrainingObserver] = []
  /// For training on several machines.
  public var gradientExchange: GradientExchange?
  /// Where the run stands.
  public internal(set) var state = TrainingState()
  /// The model's, each once.
  public let parameters: [Parameter]
  /// The model's, each once.
  public let buffers: [Buffer]

  /// Parameters, then buffers, of the best epoch so far; of an ensemble, each member's of its own best epoch.
  var bestWeights: [Tensor] = []
  /// Parameters, then buffers, averaged over the steps; empty where nothing is averaged.
  var averages: [Tensor] = []
  var isStopRequested = false

  init(_ model: any Module, optimizer: Optimizer, options: TrainerOptions) {
    self.optimizer = optimizer
    self.options = options
    parameters = model.parameters
    buffers = model.buffers
  }

  /// Ends `fit` after the current step, with everything saved; to be called from an observer.
  public func stop() { isStopRequested = true }

  /// Parameters, then buffers.
  var stateShapes: [(name: String, shape: Shape)] {
    parameters.map { ($0.name, $0.shape) } + buffers.map { ($0.name, $0.shape) }
  }

  /// Copies of all parameters, then buffers.
  func copyWeights() -> [Tensor] {
    parameters.map { parameter in
      parameter.value.withUnsafeBufferPointer { Tensor($0, shape: parameter.shape) }
    } + buffers.map(\.value)
  }

  /// What is judged: the averages, or else copies of all parameters and buffers.
  func judgedWeights() -> [Tensor] { averages.isEmpty ? copyWeights() : averages }

  /// Takes over the current weights of one member: the part of each parameter and buffer that its number on the first
  /// axis has.
  func keepBestWeights(ofMember member: Int, of members: Int) {
    if bestWeights.isEmpty { bestWeights = judgedWeights() }
    let judged = averages.isEmpty ? parameters.map(\.value) + buffers.map(\.value) : averages
    for (index, value) in judged.enumerated() {
      require(
        value.rank >= 1 && value.shape[0] == members,
        "Trainer: the first axis of \(value.shape) counts no \(members) members, by which the objective measures")
      let part = value.count / members
      let best = bestWeights[index]
      let copy = Tensor(shape: best.shape) { target in
        best.withUnsafeBufferPointer { _ = target.update(from: $0) }
        value.withUnsafeBufferPointer { source in
          for element in member * part..<(member + 1) * part { target[element] = source[element] }
        }
      }
      bestWeights[index] = copy
    }
  }

  func setWeights(_ weights: [Tensor]) {
    for (parameter, weight) in zip(parameters, weights) {
      weight.withUnsafeBufferPointer {
        if let start = $0.baseAddress { parameter.mutablePointer().update(from: start, count: parameter.count) }
      }
    }
    for (buffer, value) in zip(buffers, weights.dropFirst(parameters.count)) { buffer.value = value }
  }
}

/// Trains a model: epochs, validation, schedules, early stopping, checkpoints, progress.
///
/// ```swift
/// let trainer = Trainer(model, objective: .classification(), optimizer: Adam(model.parameters))
/// trainer.options.epochs = 20
/// trainer.options.earlyStopping = EarlyStopping(patience: 5)
/// trainer.observers = [ProgressDisplay()]
/// try trainer.fit(train, validation: test)
/// print(trainer.evaluate(test).scores)
/// ```
/// The model is of any kind, and so are its batches: what a batch's loss is, a closure can say.
///
/// ```swift
/// let trainer = Trainer<Sentences>(model, optimizer: optimizer) { model, batch in
///   .init(loss: softmaxCrossEntropy(model(batch.tokens), batch.next), weight: Double(batch.next.count))
/// }
/// ```
/// Parameters are changed in place, so your own reference to the model is the trained one. With the same seeds a run gives
/// the same bits, with any number of threads, in one go or resumed.
public final class Trainer<Batch: Sendable>: AnyTrainer {
  let model: any Module
  let objective: (Batch) -> BatchLoss

  /// Trains `model` by a loss of your own. What the closure computes for one batch must not depend on others, but by way
  /// of parameters, buffers and `RandomGenerator.shared`.
  public init<Model: Module>(
    _ model: Model, optimizer: Optimizer, options: TrainerOptions = TrainerOptions(),
    objective: @escaping (_ model: Model, _ batch: Batch) -> BatchLoss
  ) {
    self.model = model
    self.objective = { objective(model, $0) }
    super.init(model, optimizer: optimizer, options: options)
  }

  /// Trains a model that takes a batch's inputs by a ready objective.
  public init<Inputs, Output>(
    _ model: any Module<Inputs, Output>, objective: Objective<Output, Batch>, optimizer: Optimizer,
    options: TrainerOptions = TrainerOptions()
  ) where Batch: ModelBatch<Inputs> {
    self.model = model
    self.objective = { objective(model($0.inputs), $0) }
    super.init(model, optimizer: optimizer, options: options)
  }

  /// Loss and metrics on `data`, without changing anything, of the averaged weights where some are kept. Samples' weights
  /// count; class weights do not.
  public func evaluate(_ data: any Dataset<Batch>) -> Evaluation {
    withAveragedWeights { Evaluation(of: data, batchSize: options.evaluationBatchSize, weighing: objective) }
  }
}

/// Options that do not fit what is trained.
public struct TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String
}
