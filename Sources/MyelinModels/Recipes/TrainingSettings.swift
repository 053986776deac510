import Foundation
import Myelin

/// How a network is trained on a data set: the defaults of `myelin train`, each of which an option can change.
///
/// ```swift
/// let settings = TableRecipe.digits.settings
/// let model = settings.makeModel(inputs: 64, outputs: 10)
/// let optimizer = settings.makeOptimizer(model)
/// ```
package struct TrainingSettings: Sendable, Hashable, Codable {
  /// Units of each hidden layer.
  package var hiddenSizes = [64, 32]
  package var activation = Activation.relu
  package var dropout: Float = 0.1
  package var inputDropout: Float = 0
  package var optimizer = OptimizerKind.adamW
  package var learningRate: Float = 1e-3
  /// Of the weights; biases do not decay.
  package var weightDecay: Float = 0.01
  package var schedule = ScheduleKind.cosine
  /// Epochs over which the rate of a cosine schedule rises from 0.
  package var warmupEpochs = 0.0
  package var epochs = 40
  package var batchSize = 32
  /// Of the cross-entropy.
  package var labelSmoothing: Float = 0
  /// Decay of the weights' moving average, which is then the model; nil for the weights of the last step.
  package var averaging: Double?
  /// What products are computed with in training; nil for floats.
  package var precision: Precision?
  /// How pictures are changed; nil for what suits the data.
  package var pictures: PictureOptions?
  /// Whether the answer for a picture is the mean over it and its mirror image; nil for no.
  package var testFlips: Bool?
  /// For regression: the δ of a Huber loss of the standardised target; nil for the squared error.
  package var huberDelta: Float?

  /// What a language is learned by; nil for other data.
  package var language: LanguageSettings?

  /// The network of pairs of sequences; nil for other data.
  package var pairs: PairSettings?

  /// What texts are to a classifier; nil for other data.
  package var texts: TextSettings?

  /// Several networks on folds of a table in the place of one; nil for one.
  package var ensemble: EnsembleSettings?

  /// For a table of which nothing is known.
  package init() {}

  init(_ configure: (inout TrainingSettings) -> Void) { configure(&self) }

  /// Whether training can be done with it; one read from a file may be anything.
  var isConsistent: Bool {
    hiddenSizes.allSatisfy((1...1 << 20).contains) && (0..<1).contains(dropout) && (0..<1).contains(inputDropout)
      && learningRate > 0 && weightDecay >= 0 && (0...1e6).contains(warmupEpochs) && (1...1_000_000).contains(epochs)
      && (1...1 << 24).contains(batchSize) && (0..<1).contains(labelSmoothing) && (huberDelta ?? 1) > 0
      && (0..<1).contains(averaging ?? 0) && pictures?.isConsistent != false
      && ensemble?.isConsistent != false && language?.isConsistent != false
      && texts?.isConsistent != false && pairs?.isConsistent != false
  }

  package func configuration(inputs: Int, outputs: Int) -> MLP.Configuration {
    MLP.Configuration(
      sizes: [inputs] + hiddenSizes + [outputs], activation: activation, dropout: dropout, inputDropout: inputDropout)
  }

  /// A new model, its weights drawn from `RandomGenerator.shared`.
  package func makeModel(inputs: Int, outputs: Int) -> MLP { MLP(configuration(inputs: inputs, outputs: outputs)) }

  package func makeOptimizer(_ model: some Module) -> Optimizer {
    let optimizer = optimizer.make(model.parameters, learningRate: learningRate, weightDecay: weightDecay)
    optimizer.configure(where: { $0.shape.rank < 2 }, weightDecay: 0)
    return optimizer
  }

  package func makeSchedule() -> Schedule { schedule.make(epochs: epochs, warmupEpochs: warmupEpochs) }
}

/// What the members of a ``TabularEnsemble`` are.
package struct EnsembleSettings: Sendable, Hashable, Codable {
  /// How many there are of each strength, and folds of the training rows.
  package var members: Int
  /// What the first layer sees of a bin's deviation, beside numbers of deviation 1.
  package var binStrength: Float
  /// Bins of a column at most.
  package var binCount: Int
  /// Whether there are as many again that see bins at a tenth of that strength and rare levels of categories less; rows
  /// that were held out tell in which shares both answer.
  package var softens = false

  var isConsistent: Bool {
    (2...1 << 10).contains(members) && binStrength.isFinite && (2...1 << 12).contains(binCount)
  }
}

/// The optimizers by name, with their usual settings.
package enum OptimizerKind: String, CaseIterable, Sendable, Codable {
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
  package func make(_ parameters: [Parameter], learningRate: Float, weightDecay: Float = 0) -> Optimizer {
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
package enum ScheduleKind: String, CaseIterable, Sendable, Codable {
  case constant, step, exponential, cosine, oneCycle = "one-cycle", triangular, plateau

  /// A step divides the rate by 10 after each third of the run; an exponential one ends at a hundredth; a plateau's
  /// patience is a tenth of the run.
  package func make(epochs: Int, warmupEpochs: Double = 0) -> Schedule {
    let length = Double(max(epochs, 1))
    return switch self {
    case .constant: .constant
    case .step: .step(every: length / 3)
    case .exponential: .exponential(factor: pow(0.01, 1 / length))
    case .cosine: .cosine(length: length, warmup: min(warmupEpochs, length))
    case .oneCycle: .oneCycle(length: length)
    case .triangular: .triangular(length: length)
    case .plateau: .plateau(patience: max(1, epochs / 10))
    }
  }
}
