/// A layer of threshold logic units (McCulloch and Pitts, 1943) trained by Rosenblatt's rule (1958). Output k is 1 when
/// wₖ·x + bₖ reaches the threshold, else 0; after each sample
///
///     w ← w + η (target − output) x        b ← b + η (target − output)
///
/// The step has no gradient to follow, so this stands beside the layers that train by back-propagation. If a hyperplane
/// separates the classes the rule finds one after finitely many updates; if none does, it never settles.
///
/// ```swift
/// var gate = Perceptron(weights: [1.2, 0.6], threshold: 1)
/// let training = try gate.fit(
///   inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 0, 0, 1], learningRate: 0.5)
/// gate.weights[0]     // [0.7, 0.6]
/// ```
public struct Perceptron: Sendable, Equatable {
  /// One row an output.
  public var weights: [[Double]]
  /// One an output.
  public var biases: [Double]
  /// The sum from which on an output is 1.
  public var threshold: Double
  /// Without it the biases stay as they are, and a fixed threshold can keep separable classes from being separated.
  public var trainsBiases: Bool

  /// One output with the given weights.
  public init(weights: [Double], bias: Double = 0, threshold: Double = 0, trainsBiases: Bool = false) {
    self.init(weights: [weights], biases: [bias], threshold: threshold, trainsBiases: trainsBiases)
  }

  /// Several outputs with the given weights.
  public init(weights: [[Double]], biases: [Double], threshold: Double = 0, trainsBiases: Bool = false) {
    require(
      !weights.isEmpty && biases.count == weights.count && weights.allSatisfy { $0.count == weights[0].count },
      "Perceptron: \(weights.count) rows of \(weights.map(\.count)) weights and \(biases.count) biases")
    self.weights = weights
    self.biases = biases
    self.threshold = threshold
    self.trainsBiases = trainsBiases
  }

  /// All weights and biases zero, the biases trained.
  public init(inputs: Int, outputs: Int = 1) {
    require(inputs > 0 && outputs > 0, "Perceptron: \(inputs) inputs and \(outputs) outputs")
    self.init(
      weights: Array(repeating: Array(repeating: 0, count: inputs), count: outputs),
      biases: Array(repeating: 0, count: outputs), trainsBiases: true)
  }

  /// Numbers in a sample.
  public var inputCount: Int { weights[0].count }
  /// Units, each with weights of its own.
  public var outputCount: Int { weights.count }

  /// wₖ·x + bₖ for each output.
  public func sums(_ input: [Double]) -> [Double] {
    require(input.count == inputCount, "Perceptron: \(input.count) inputs against \(inputCount) weights")
    return zip(weights, biases).map { row, bias in zip(row, input).reduce(0) { $0 + $1.0 * $1.1 } + bias }
  }

  /// 0 or 1 for each output.
  public func callAsFunction(_ input: [Double]) -> [Int] {
    sums(input).map { $0 >= threshold ? 1 : 0 }
  }

  /// One sample shown in training.
  public struct Step: Sendable, Equatable {
    /// From 1.
    public var epoch: Int
    /// The sample's index in the data.
    public var sample: Int
    /// The sample.
    public var input: [Double]
    /// What each output should be, 0 or 1.
    public var target: [Int]
    /// wₖ·x + bₖ before the step.
    public var sums: [Double]
    /// What each output was, 0 or 1.
    public var output: [Int]
    /// After the step; equal to those before it when the output was right.
    public var weights: [[Double]]
    /// After the step, as the weights.
    public var biases: [Double]

    /// target − output
    public var errors: [Int] { zip(target, output).map { $0 - $1 } }
    /// Whether some output was wrong, so that weights changed.
    public var isUpdate: Bool { target != output }
  }

  /// How training went.
  public struct Training: Sendable {
    /// Why training ended.
    public enum Outcome: Sendable, Equatable {
      /// A whole epoch passed without an error; the last in which there was one came before it.
      case converged(epochs: Int)
      /// The weights at the end of an epoch are those of an earlier epoch: from there everything repeats, for ever.
      case repeats(epoch: Int, earlier: Int)
      /// Still errors in the last epoch: not linearly separable within so many epochs.
      case notSeparable(epochs: Int)
    }

    /// Why it ended.
    public var outcome: Outcome
    /// What `trace` asked for, in order.
    public var steps: [Step]
    /// Wrong samples in each epoch.
    public var errors: [Int]

    /// Whether a whole epoch passed without an error.
    public var hasConverged: Bool {
      if case .converged = outcome { true } else { false }
    }
  }

  /// What training writes down.
  public enum Trace: Sendable {
    /// No steps: for long training.
    case nothing
    /// The steps that changed weights.
    case updates
    /// Each sample that was shown.
    case everything
  }

  /// Trains on samples in their order, epoch by epoch, until an epoch has no error, the weights repeat, or
  /// `maximumEpochs` are over.
  /// - Throws: `PerceptronError` naming the sample when the data do not fit.
  public mutating func fit(
    inputs: [[Double]], targets: [[Int]], learningRate: Double = 1, maximumEpochs: Int = 1000, trace: Trace = .updates
  ) throws -> Training {
    try check(inputs, targets, learningRate)
    var steps: [Step] = []
    var errors: [Int] = []
    // Brent's cycle detection: one remembered state, renewed at each power of two.
    var remembered = (state: self, epoch: 0)
    for epoch in 1...max(1, maximumEpochs) {
      var wrong = 0
      for (index, (input, target)) in zip(inputs, targets).enumerated() {
        let sums = sums(input)
        let output = sums.map { $0 >= threshold ? 1 : 0 }
        if output != target {
          wrong += 1
          for k in weights.indices where output[k] != target[k] {
            let change = learningRate * Double(target[k] - output[k])
            for i in input.indices { weights[k][i] += change * input[i] }
            if trainsBiases { biases[k] += change }
          }
        }
        if trace == .everything || trace == .updates && output != target {
          steps.append(
            Step(
              epoch: epoch, sample: index, input: input, target: target, sums: sums, output: output, weights: weights,
              biases: biases))
        }
      }
      errors.append(wrong)
      if wrong == 0 { return Training(outcome: .converged(epochs: epoch), steps: steps, errors: errors) }
      if remembered.state == self {
        return Training(
          outcome: .repeats(epoch: epoch, earlier: remembered.epoch), steps: steps, errors: errors)
      }
      if epoch & (epoch - 1) == 0 { remembered = (self, epoch) }
    }
    return Training(outcome: .notSeparable(epochs: max(1, maximumEpochs)), steps: steps, errors: errors)
  }

  /// As above, for one output.
  public mutating func fit(
    inputs: [[Double]], targets: [Int], learningRate: Double = 1, maximumEpochs: Int = 1000, trace: Trace = .updates
  ) throws -> Training {
    try fit(
      inputs: inputs, targets: targets.map { [$0] }, learningRate: learningRate, maximumEpochs: maximumEpochs,
      trace: trace)
  }

  private func check(_ inputs: [[Double]], _ targets: [[Int]], _ learningRate: Double) throws {
    guard learningRate > 0, learningRate.isFinite else {
      throw PerceptronError(description: "learning rate \(learningRate): expected a positive number")
    }
    guard !inputs.isEmpty, inputs.count == targets.count else {
      throw PerceptronError(
        description: "\(inputs.count) samples with \(targets.count) targets: expected as many, and at least one")
    }
    for (index, (input, target)) in zip(inputs, targets).enumerated() {
      guard input.count == inputCount, input.allSatisfy(\.isFinite) else {
        throw PerceptronError(
          description: "sample \(index): expected \(inputCount) finite numbers, found \(input)")
      }
      guard target.count == outputCount, target.allSatisfy({ $0 == 0 || $0 == 1 }) else {
        throw PerceptronError(
          description: "target of sample \(index): expected \(outputCount) of 0 or 1, found \(target)")
      }
    }
  }
}

/// Data that a perceptron cannot be trained on.
public struct PerceptronError: Error, Equatable, CustomStringConvertible {
  public var description: String
}
