/// Trains a model: epochs, validation, schedules, early stopping, checkpoints, progress.
///
/// ```swift
/// let trainer = Trainer(model, loss: .crossEntropy(), optimizer: Adam(model.parameters))
/// trainer.options.epochs = 20
/// trainer.options.earlyStopping = EarlyStopping(patience: 5)
/// trainer.observers = [ProgressDisplay()]
/// try trainer.fit(train, validation: test)
/// print(trainer.evaluate(test).scores)
/// ```
/// The model is any `Module<Tensor, Tensor>`; its parameters are changed in place, so your own reference to it is the
/// trained model. With the same seeds a run gives the same bits, with any number of threads, in one go or resumed.
public final class Trainer {
  public let model: any Module<Tensor, Tensor>
  public let loss: TrainingLoss
  public let optimizer: Optimizer
  public var options: TrainerOptions
  public var observers: [any TrainingObserver] = []
  /// For training on several machines.
  public var gradientExchange: GradientExchange?
  /// Where the run stands.
  public internal(set) var state = TrainingState()
  public let parameters: [Parameter]

  var bestWeights: [Tensor] = []
  var isStopRequested = false

  public init(
    _ model: any Module<Tensor, Tensor>, loss: TrainingLoss, optimizer: Optimizer,
    options: TrainerOptions = TrainerOptions()
  ) {
    self.model = model
    self.loss = loss
    self.optimizer = optimizer
    self.options = options
    parameters = model.parameters
  }

  /// Ends `fit` after the current step, with everything saved; to be called from an observer.
  public func stop() { isStopRequested = true }

  /// Copies of all weights, in the order of the parameters.
  func copyWeights() -> [Tensor] {
    parameters.map { parameter in
      parameter.value.withUnsafeBufferPointer { Tensor($0, shape: parameter.shape) }
    }
  }

  func setWeights(_ weights: [Tensor]) {
    for (parameter, weight) in zip(parameters, weights) {
      weight.withUnsafeBufferPointer {
        parameter.mutablePointer().update(from: $0.baseAddress!, count: parameter.count)
      }
    }
  }
}
