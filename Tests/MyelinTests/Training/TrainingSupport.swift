import Foundation
import MyelinModels
import XCTest

@testable import Myelin

/// Small problems and runs that the training tests share.
enum TrainingSupport {
  /// Gaussian clouds around the corners of a triangle: an easy classification with three classes.
  static func clouds(_ count: Int, seed: UInt64 = 1, spread: Float = 0.4) -> TensorDataset {
    let noise = RandomGenerator(seed: seed).normal([count, 2], standardDeviation: spread).scalars
    let centers: [(Float, Float)] = [(1, 1), (-1, 1), (0, -1)]
    var inputs: [Float] = []
    for row in 0..<count {
      let center = centers[row % 3]
      inputs += [center.0 + noise[2 * row], center.1 + noise[2 * row + 1]]
    }
    return TensorDataset(inputs: Tensor(inputs, shape: [count, 2]), labels: Indices((0..<count).map { $0 % 3 }))
  }

  /// y = 2 a − 3 b + 1 without noise.
  static func line(_ count: Int, seed: UInt64 = 1) -> TensorDataset {
    let inputs = RandomGenerator(seed: seed).uniform([count, 2], low: -1, high: 1)
    let x = inputs.scalars
    let targets: [Float] = (0..<count).map { row in
      let (a, b) = (x[2 * row], x[2 * row + 1])
      return 2 * a - 3 * b + 1
    }
    return TensorDataset(inputs: inputs, targets: Tensor(targets, shape: [count, 1]))
  }

  /// A network with dropout, so that the random stream matters, trained by Adam under a cosine with early stopping.
  static func trainer(
    epochs: Int, seed: UInt64 = 3, _ configure: (inout TrainerOptions) -> Void = { _ in }
  ) -> Trainer<TensorBatch> {
    RandomGenerator.shared.reset(seed: seed)
    let model = MLP([2, 16, 3], dropout: 0.2)
    var options = TrainerOptions()
    options.epochs = epochs
    options.batchSize = 16
    options.seed = seed
    options.schedule = .cosine(length: 6, warmup: 1)
    options.keepsBestWeights = true
    options.stopsOnInterrupt = false
    configure(&options)
    return Trainer(
      model, objective: .classification(), optimizer: Adam(model.parameters, learningRate: 0.01), options: options)
  }

  /// A folder that is gone after the test.
  static func temporaryFolder(_ test: XCTestCase) throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("myelin-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    test.addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    return folder
  }
}

/// Stops the training after so many batches.
final class StopAfter: TrainingObserver {
  let batches: Int
  init(_ batches: Int) { self.batches = batches }

  func batchDidEnd(_ trainer: AnyTrainer, _ progress: TrainingProgress) {
    if progress.batchesDone == batches { trainer.stop() }
  }
}
