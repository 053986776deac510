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
  /// Of the hidden layers.
  public var activation = Activation.relu
  /// Probability of dropping the output of a hidden unit.
  public var dropout: Float = 0.1
  /// Probability of dropping an input.
  public var inputDropout: Float = 0
  /// Which optimizer, with its usual settings.
  public var optimizer = OptimizerKind.adamW
  /// The rate that the schedule's factor is applied to.
  public var learningRate: Float = 1e-3
  /// Of the weights; biases do not decay.
  public var weightDecay: Float = 0.01
  /// How the rate changes over the epochs.
  public var schedule = ScheduleKind.cosine
  /// Epochs over which the rate of a cosine schedule rises from 0.
  public var warmupEpochs = 0.0
  /// How often the training rows are seen.
  public var epochs = 40
  /// Rows in a batch.
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

  /// The network's sizes and settings for so many inputs and outputs.
  public func configuration(inputs: Int, outputs: Int) -> MLP.Configuration {
    MLP.Configuration(
      sizes: [inputs] + hiddenSizes + [outputs], activation: activation, dropout: dropout, inputDropout: inputDropout)
  }

  /// A new model, its weights drawn from `RandomGenerator.shared`.
  public func makeModel(inputs: Int, outputs: Int) -> MLP { MLP(configuration(inputs: inputs, outputs: outputs)) }

  /// An optimizer of the model's parameters that decays weights and not biases.
  public func makeOptimizer(_ model: MLP) -> Optimizer {
    let optimizer = optimizer.make(model.parameters, learningRate: learningRate, weightDecay: weightDecay)
    optimizer.configure(where: { $0.shape.rank < 2 }, weightDecay: 0)
    return optimizer
  }

  /// The schedule, fitted to the epochs.
  public func makeSchedule() -> Schedule { schedule.make(epochs: epochs, warmupEpochs: warmupEpochs) }
}

/// The optimizers by name, with their usual settings.
public enum OptimizerKind: String, CaseIterable, Sendable, Codable {
  /// ``SGD`` without momentum.
  case sgd
  /// ``SGD`` with a momentum of 0.9.
  case momentum
  /// ``SGD`` with Nesterov's momentum of 0.9.
  case nesterov
  /// ``Adam``.
  case adam
  /// ``AdamW``.
  case adamW = "adamw"
  /// ``RMSProp`` without momentum.
  case rmsProp = "rmsprop"
  /// ``Adagrad``.
  case adagrad

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
  /// The same rate all the time.
  case constant
  /// A tenth after each third of the run.
  case step
  /// Falls evenly to a hundredth.
  case exponential
  /// Falls along half a cosine to 0, after a warm-up.
  case cosine
  /// Rises to the rate for three tenths of the run, then falls.
  case oneCycle = "one-cycle"
  /// A tenth whenever the measure has not got better for a tenth of the run.
  case plateau

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
