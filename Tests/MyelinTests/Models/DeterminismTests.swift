import Myelin
import MyelinModels
import XCTest

/// The same seed gives the same bits with any number of threads.
final class DeterminismTests: XCTestCase {
  func testTrainingGivesTheSameBitsWithAnyNumberOfThreads() {
    defer { Runtime.threadCount = 0 }
    let runs = [1, 2, 3, 4, 1].map { threads in
      Runtime.threadCount = threads
      return train()
    }
    // Large enough that the work is divided: 256 rows by 600 units are 154 thousand elements.
    for run in runs[1...] { XCTAssertEqual(run, runs[0]) }
    XCTAssertTrue(runs[0].allSatisfy { Float(bitPattern: $0).isFinite })
  }

  func testPicturesGiveTheSameBitsWithAnyNumberOfThreads() {
    defer { Runtime.threadCount = 0 }
    let networks: [any NetworkConfiguration] = [
      LeNet5.Configuration(picture: PictureSize(17, 15, 3)),
      VGG.Configuration(picture: PictureSize(17, 15, 3), stages: [[16, 24]], normalizes: true, dropout: 0.1),
      ResNet.Configuration(
        picture: PictureSize(17, 15, 3), blocks: [1, 1], widths: [16, 32], block: .bottleneck, classCount: 10),
      ResNet9.Configuration(picture: PictureSize(17, 15, 3), widths: [16, 24], residualStages: [1]),
      MobileNet.Configuration.small(picture: PictureSize(17, 15, 3), classCount: 10),
    ]
    let runs = [1, 2, 3, 4, 1].map { threads in
      Runtime.threadCount = threads
      return networks.flatMap { bits(of: $0) }
    }
    for run in runs[1...] { XCTAssertEqual(run, runs[0]) }
    XCTAssertTrue(runs[0].allSatisfy { Float(bitPattern: $0).isFinite })
  }

  /// Three steps on pictures, changed at random; the bits of losses, weights and running statistics.
  private func bits(of configuration: some NetworkConfiguration) -> [UInt32] {
    RandomGenerator.shared.reset(seed: 42)
    let pictures = TensorDataset(
      inputs: RandomGenerator(seed: 7).normal([64, 17, 15, 3]), labels: Indices((0..<64).map { Int32($0 * 7 % 10) }))
    let model = configuration.makeNetwork()
    let trainer = Trainer(model, objective: .classification(), optimizer: AdamW(model.parameters))
    trainer.options.epochs = 1
    trainer.options.batchSize = 30
    let augmented = AugmentedImages(
      pictures, ImageAugmentation(shift: 2, flip: .random, erasing: 3, contrast: 0.1, mixUp: 0.4, cutMix: 1))
    guard let result = try? trainer.fit(augmented) else { return [] }
    XCTAssertEqual(result.samples, 64)
    return model.stateDictionary.sorted { $0.key < $1.key }.flatMap { $0.value.scalars.map(\.bitPattern) }
  }

  /// A few steps with dropout, every loss and several optimizers; the bits of all losses and weights.
  private func train() -> [UInt32] {
    RandomGenerator.shared.reset(seed: 42)
    let random = RandomGenerator(seed: 7)
    let x = random.normal([256, 300])
    let labels = Indices((0..<256).map { Int32($0 * 7 % 10) })
    let targets = random.uniform([256, 10])
    let weights = random.uniform([256], low: 0.5, high: 1.5)
    let losses: [(Tensor) -> Tensor] = [
      { softmaxCrossEntropy($0, labels, sampleWeights: weights, labelSmoothing: 0.1) },
      { binaryCrossEntropyWithLogits($0, targets, positiveWeight: 2, sampleWeights: weights) },
      { meanSquaredError($0, targets, sampleWeights: weights) },
      { meanAbsoluteError($0, targets) },
      { huberLoss($0, targets, delta: 0.3) },
    ]
    var bits: [UInt32] = []
    for (index, activation) in [Activation.relu, .gelu, .tanh].enumerated() {
      let model = MLP([300, 600, 200, 10], activation: activation, dropout: 0.3, inputDropout: 0.1)
      let optimizer: Optimizer =
        [
          Adam(model.parameters, weightDecay: 0.01), SGD(model.parameters, learningRate: 0.01, momentum: 0.9),
          RMSProp(model.parameters, learningRate: 1e-3, momentum: 0.5),
        ][index]
      for loss in losses + losses {
        let value = loss(model(x))
        bits.append(value.scalar.bitPattern)
        value.backward()
        optimizer.clipGradients(norm: 1)
        optimizer.step()
      }
      for (_, parameter) in model.namedParameters { bits += parameter.value.scalars.map(\.bitPattern) }
    }
    return bits
  }
}
