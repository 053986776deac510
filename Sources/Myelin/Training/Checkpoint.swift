import Foundation

/// A run at a point in time, in one safetensors file: all it needs to go on bit for bit as if it had never stopped.
///
/// - parameters and buffers under their names, as any reader of safetensors sees them;
/// - `@optimizer.STATE.PARAMETER`: momentum and the like;
/// - `@best.NAME`: the parameters and buffers of the best epoch so far;
/// - `@average.NAME`: the parameters and buffers averaged over the steps, where a run averages them;
/// - metadata `myelin.training`: steps, epoch, position in the data, random stream, learning rate, history, as JSON;
/// - further metadata of whoever writes it: how to build the model, how to prepare the data.
///
/// Neither times nor facts about the machine are in it: the same run gives the same bytes.
public struct Checkpoint: Sendable {
  /// Parameters and buffers by their path in the model.
  public var weights: [String: Tensor]
  /// The optimizer's states, named `state.parameter` as in ``Optimizer/stateTensors``.
  public var optimizerStates: [String: Tensor]
  /// Parameters and buffers of the best epoch so far; empty where none are kept.
  public var bestWeights: [String: Tensor]
  /// Parameters and buffers averaged over the steps; empty where none are. See ``WeightAveraging``.
  public var averagedWeights: [String: Tensor]
  /// Where the run stands: epoch, batch, step, history, random stream.
  public var state: TrainingState
  /// The optimizer's own count of steps.
  public var optimizerSteps: Int
  /// Steps of the parameters that have taken others than the optimizer, by name.
  public var parameterSteps: [String: Int]
  /// The rate of the last step.
  public var learningRate: Float
  /// Text of whoever writes the checkpoint; keys must not begin with `myelin.training`.
  public var metadata: [String: String]

  static let optimizerPrefix = "@optimizer."
  static let bestPrefix = "@best."
  static let averagePrefix = "@average."
  static let stateKey = "myelin.training"

  private struct Progress: Codable {
    var format = 2
    var optimizerSteps: Int
    // Nil where all parameters have taken the optimizer's steps, and in files of versions that counted only those.
    var parameterSteps: [String: Int]?
    var learningRate: Float
    var state: TrainingState
  }

  /// Reads a checkpoint.
  ///
  /// - Throws: ``DataError`` when the file is not one, or not of a version that this one reads.
  public init(contentsOf url: URL) throws {
    let file = try Safetensors(contentsOf: url)
    guard let json = file.metadata[Checkpoint.stateKey] else {
      throw DataError(file.source, "no checkpoint of a training run", expected: "metadata \"\(Checkpoint.stateKey)\"")
    }
    let progress: Progress
    do {
      progress = try JSONCoding.decode(Progress.self, json)
    } catch {
      throw DataError(
        file.source, "metadata \"\(Checkpoint.stateKey)\" cannot be read", expected: "format 2",
        found: DataError.quoted(String(json.prefix(40))))
    }
    guard progress.state.isPlausible, (0...TrainingState.largestCount).contains(progress.optimizerSteps),
      progress.learningRate.isFinite
    else {
      throw DataError(
        file.source, "metadata \"\(Checkpoint.stateKey)\" counts what no run can have done; the file is damaged")
    }
    (state, optimizerSteps, learningRate) = (progress.state, progress.optimizerSteps, progress.learningRate)
    parameterSteps = progress.parameterSteps ?? [:]
    for steps in [optimizerSteps] + parameterSteps.values where !(0...1 << 53).contains(steps) {
      throw DataError(
        file.source, "metadata \"\(Checkpoint.stateKey)\" has an impossible number of steps", expected: "0 ... 2^53",
        found: "\(steps)")
    }
    metadata = file.metadata
    metadata[Checkpoint.stateKey] = nil
    weights = [:]
    optimizerStates = [:]
    bestWeights = [:]
    averagedWeights = [:]
    for (name, array) in file.arrays {
      let tensor = try array.tensor(source: file.source, name: "tensor \"\(name)\"")
      if name.hasPrefix(Checkpoint.optimizerPrefix) {
        optimizerStates[String(name.dropFirst(Checkpoint.optimizerPrefix.count))] = tensor
      } else if name.hasPrefix(Checkpoint.bestPrefix) {
        bestWeights[String(name.dropFirst(Checkpoint.bestPrefix.count))] = tensor
      } else if name.hasPrefix(Checkpoint.averagePrefix) {
        averagedWeights[String(name.dropFirst(Checkpoint.averagePrefix.count))] = tensor
      } else {
        weights[name] = tensor
      }
    }
  }

  /// Writes it, atomically: a reader or a crash sees the old file or the new one.
  public func write(to url: URL) throws {
    var arrays: NamedArrays = [:]
    func add(_ prefix: String, _ tensors: [String: Tensor]) {
      for (name, tensor) in tensors { arrays[prefix + name] = NumericArray(tensor) }
    }
    add("", weights)
    add(Checkpoint.optimizerPrefix, optimizerStates)
    add(Checkpoint.bestPrefix, bestWeights)
    add(Checkpoint.averagePrefix, averagedWeights)
    var metadata = metadata
    metadata[Checkpoint.stateKey] = try JSONCoding.encode(
      Progress(
        optimizerSteps: optimizerSteps, parameterSteps: parameterSteps.isEmpty ? nil : parameterSteps,
        learningRate: learningRate, state: state))
    try Safetensors(arrays, metadata: metadata, source: url.relativePath).write(to: url)
  }

  fileprivate init(
    weights: [String: Tensor], optimizerStates: [String: Tensor], bestWeights: [String: Tensor],
    averagedWeights: [String: Tensor], state: TrainingState, optimizerSteps: Int, parameterSteps: [String: Int],
    learningRate: Float, metadata: [String: String]
  ) {
    self.weights = weights
    self.optimizerStates = optimizerStates
    self.bestWeights = bestWeights
    self.averagedWeights = averagedWeights
    self.state = state
    self.optimizerSteps = optimizerSteps
    self.parameterSteps = parameterSteps
    self.learningRate = learningRate
    self.metadata = metadata
  }
}

extension AnyTrainer {
  /// The run as it stands, with copies of all weights. Take it between steps: from an observer, or after `fit`.
  public func checkpoint(metadata: [String: String] = [:]) -> Checkpoint {
    var state = state
    state.random = RandomGenerator.shared.state
    func named(_ tensors: [Tensor]) -> [String: Tensor] {
      Dictionary(uniqueKeysWithValues: zip(stateShapes.map(\.name), tensors))
    }
    return Checkpoint(
      weights: named(copyWeights()), optimizerStates: optimizer.stateTensors, bestWeights: named(bestWeights),
      averagedWeights: named(averages), state: state, optimizerSteps: optimizer.stepCount,
      parameterSteps: optimizer.parameterSteps,
      learningRate: optimizer.learningRate, metadata: metadata)
  }

  /// Takes a checkpoint's place: weights, optimizer, random stream, position. `fit` then goes on from there.
  ///
  /// - Throws: ``ModelStateError``, which lists what does not fit; nothing is changed then.
  public func restore(_ checkpoint: Checkpoint) throws {
    let shapes = stateShapes
    try ModelStateError.check(checkpoint.weights, expected: shapes, what: "the model")
    for kept in [checkpoint.bestWeights, checkpoint.averagedWeights] where !kept.isEmpty {
      try ModelStateError.check(kept, expected: shapes, what: "the model")
    }
    try optimizer.restore(
      stepCount: checkpoint.optimizerSteps, parameterSteps: checkpoint.parameterSteps,
      stateTensors: checkpoint.optimizerStates)
    setWeights(shapes.map { checkpoint.weights[$0.name]! })
    func ordered(_ kept: [String: Tensor]) -> [Tensor] { kept.isEmpty ? [] : shapes.map { kept[$0.name]! } }
    bestWeights = ordered(checkpoint.bestWeights)
    averages = ordered(checkpoint.averagedWeights)
    optimizer.learningRate = checkpoint.learningRate
    state = checkpoint.state
    if let random = state.random { RandomGenerator.shared.state = random }
  }
}

/// Writes a checkpoint every so many epochs, and whenever training stops.
///
/// A file that is synced to the disk takes milliseconds, more than an epoch on a small table: with `minimumSeconds` an
/// epoch that ends sooner after the last write is passed over.
public final class CheckpointWriter: TrainingObserver {
  /// The file; each checkpoint replaces the one before.
  public let url: URL
  /// Epochs from one checkpoint to the next.
  public let epochInterval: Int
  /// Seconds that must have passed since the last one was written.
  public let minimumSeconds: Double
  /// Further text in each checkpoint.
  public var metadata: [String: String]
  private var savedStep: Int?
  private var savedSeconds = 0.0

  /// - Parameters:
  ///   - url: the file.
  ///   - epochInterval: epochs from one checkpoint to the next, at least 1.
  ///   - minimumSeconds: seconds that must have passed since the last one.
  ///   - metadata: further text in each checkpoint.
  public init(
    _ url: URL, everyEpochs epochInterval: Int = 1, minimumSeconds: Double = 0, metadata: [String: String] = [:]
  ) {
    require(epochInterval >= 1, "CheckpointWriter: an interval of \(epochInterval) epochs")
    self.url = url
    self.epochInterval = epochInterval
    self.minimumSeconds = minimumSeconds
    self.metadata = metadata
  }

  public func trainingWillStart(_ trainer: AnyTrainer, _ progress: TrainingProgress) {
    (savedStep, savedSeconds) = (nil, 0)
  }

  public func epochDidEnd(_ trainer: AnyTrainer, _ record: EpochRecord, _ progress: TrainingProgress) throws {
    let seconds = progress.seconds
    guard record.epoch.isMultiple(of: epochInterval), seconds - savedSeconds >= minimumSeconds else { return }
    try save(trainer)
    savedSeconds = seconds
  }

  public func trainingDidStop(_ trainer: AnyTrainer, _ progress: TrainingProgress, _ reason: StopReason) throws {
    if savedStep != trainer.state.step { try save(trainer) }
  }

  private func save(_ trainer: AnyTrainer) throws {
    try trainer.checkpoint(metadata: metadata).write(to: url)
    savedStep = trainer.state.step
  }
}

/// JSON that is the same for the same values: sorted keys, shortest exact numbers.
package enum JSONCoding {
  package static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  package static func decode<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(type, from: Data(json.utf8))
  }
}
