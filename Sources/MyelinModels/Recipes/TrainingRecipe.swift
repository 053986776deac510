import Foundation
import Myelin

/// How an MLP is trained on a data set: the defaults of `myelin train`, each of which an option can change.
///
/// ```swift
/// let recipe = TrainingRecipe.digits
/// let model = recipe.makeModel(inputs: 64, outputs: 10)
/// let optimizer = recipe.makeOptimizer(model)
/// ```
public struct TrainingRecipe: Sendable, Hashable, Codable {
  /// Units of each hidden layer.
  public var hiddenSizes = [64, 32]
  public var activation = Activation.relu
  public var dropout: Float = 0.1
  public var inputDropout: Float = 0
  public var optimizer = OptimizerKind.adamW
  public var learningRate: Float = 1e-3
  /// Of the weights; biases do not decay.
  public var weightDecay: Float = 0.01
  public var schedule = ScheduleKind.cosine
  /// Epochs over which the rate of a cosine schedule rises from 0.
  public var warmupEpochs = 0.0
  public var epochs = 40
  public var batchSize = 32
  /// Of the cross-entropy.
  public var labelSmoothing: Float = 0
  /// For regression: the δ of a Huber loss of the standardised target; nil for the squared error.
  public var huberDelta: Float?

  /// For a table of which nothing is known.
  public init() {}

  init(_ configure: (inout TrainingRecipe) -> Void) { configure(&self) }

  /// Whether training can be done with it; one read from a file may be anything.
  var isConsistent: Bool {
    hiddenSizes.allSatisfy((1...1 << 20).contains) && (0..<1).contains(dropout) && (0..<1).contains(inputDropout)
      && learningRate > 0 && weightDecay >= 0 && (0...1e6).contains(warmupEpochs) && (1...1_000_000).contains(epochs)
      && (1...1 << 24).contains(batchSize) && (0..<1).contains(labelSmoothing) && (huberDelta ?? 1) > 0
  }

  public func configuration(inputs: Int, outputs: Int) -> MLP.Configuration {
    MLP.Configuration(
      sizes: [inputs] + hiddenSizes + [outputs], activation: activation, dropout: dropout, inputDropout: inputDropout)
  }

  /// A new model, its weights drawn from `RandomGenerator.shared`.
  public func makeModel(inputs: Int, outputs: Int) -> MLP { MLP(configuration(inputs: inputs, outputs: outputs)) }

  public func makeOptimizer(_ model: MLP) -> Optimizer {
    let optimizer = optimizer.make(model.parameters, learningRate: learningRate, weightDecay: weightDecay)
    optimizer.configure(where: { $0.shape.rank < 2 }, weightDecay: 0)
    return optimizer
  }

  public func makeSchedule() -> Schedule { schedule.make(epochs: epochs, warmupEpochs: warmupEpochs) }
}

/// The optimizers by name, with their usual settings.
public enum OptimizerKind: String, CaseIterable, Sendable, Codable {
  case sgd, momentum, nesterov, adam, adamW = "adamw", rmsProp = "rmsprop", adagrad

  /// Numbers that it keeps for each parameter beside its gradient.
  var stateCount: Int {
    switch self {
    case .sgd: 0
    case .momentum, .nesterov, .rmsProp, .adagrad: 1
    case .adam, .adamW: 2
    }
  }

  /// - Parameter weightDecay: decoupled from the gradient in AdamW, added to it in the others.
  public func make(_ parameters: [Parameter], learningRate: Float, weightDecay: Float = 0) -> Optimizer {
    switch self {
    case .sgd: SGD(parameters, learningRate: learningRate, weightDecay: weightDecay)
    case .momentum: SGD(parameters, learningRate: learningRate, momentum: 0.9, weightDecay: weightDecay)
    case .nesterov:
      SGD(parameters, learningRate: learningRate, momentum: 0.9, nesterov: true, weightDecay: weightDecay)
    case .adam: Adam(parameters, learningRate: learningRate, weightDecay: weightDecay)
    case .adamW: AdamW(parameters, learningRate: learningRate, weightDecay: weightDecay)
    case .rmsProp: RMSProp(parameters, learningRate: learningRate, weightDecay: weightDecay)
    case .adagrad: Adagrad(parameters, learningRate: learningRate, weightDecay: weightDecay)
    }
  }
}

/// The schedules by name, fitted to a number of epochs.
public enum ScheduleKind: String, CaseIterable, Sendable, Codable {
  case constant, step, exponential, cosine, oneCycle = "one-cycle", plateau

  /// A step divides the rate by 10 after each third of the run; an exponential one ends at a hundredth; a plateau's
  /// patience is a tenth of the run.
  public func make(epochs: Int, warmupEpochs: Double = 0) -> Schedule {
    let length = Double(max(epochs, 1))
    return switch self {
    case .constant: .constant
    case .step: .step(every: length / 3)
    case .exponential: .exponential(factor: pow(0.01, 1 / length))
    case .cosine: .cosine(length: length, warmup: min(warmupEpochs, length))
    case .oneCycle: .oneCycle(length: length)
    case .plateau: .plateau(patience: max(1, epochs / 10))
    }
  }
}
