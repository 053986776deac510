import Myelin
import XCTest

@testable import MyelinModels

final class UNetTests: XCTestCase {
  private let configurations = [
    UNet.Configuration(picture: PictureSize(8, 8, 1), outputChannels: 1, widths: [8], blocks: [1], groups: 4),
    UNet.Configuration(
      picture: PictureSize(13, 9, 3), outputChannels: 2, widths: [8, 16, 16], blocks: [1, 2, 1], conditionSize: 5,
      groups: 4),
    UNet.Configuration(
      picture: PictureSize(12, 20, 2), outputChannels: 2, widths: [8, 12], blocks: [2, 2], patch: 2,
      downsampling: .pooling, conditionSize: 6, conditioning: .scaleShift, groups: 4, dropout: 0.1),
    UNet.Configuration(
      picture: PictureSize(7, 11, 1), outputChannels: 3, widths: [4, 4], blocks: [1, 1], downsampling: .pooling,
      groups: 2),
  ]

  /// Weights that are 0 at first hide what is before them.
  private func fill(_ model: some Module) {
    let random = RandomGenerator(seed: 8)
    for parameter in model.parameters where parameter.value.scalars.allSatisfy({ $0 == 0 }) {
      parameter.value = random.normal(parameter.shape, standardDeviation: 0.2)
    }
  }

  private func condition(_ configuration: UNet.Configuration, _ count: Int) -> Tensor? {
    let size = configuration.conditionSize
    return size == 0 ? nil : RandomGenerator(seed: 9).normal([count, size])
  }

  func testSizesAndShapes() {
    for configuration in configurations {
      XCTAssertTrue(configuration.isConsistent)
      let network = configuration.makeNetwork()
      XCTAssertEqual(configuration.size.parameterCount, network.parameterCount, configuration.size.description)
      let picture = configuration.picture
      let x = RandomGenerator(seed: 1).normal([2, picture.height, picture.width, picture.channels])
      let told = condition(configuration, 2)
      let start = network(x, condition: told)
      XCTAssertEqual(start.shape, [2, picture.height, picture.width, configuration.outputChannels])
      XCTAssertTrue(start.scalars.allSatisfy { $0 == 0 }, "the last convolution starts at 0")
      fill(network)
      let y = withoutGradient { network(x, condition: told) }
      XCTAssertEqual(y.count, 2 * configuration.outputCount)
      // No picture depends on the others.
      let alone = withoutGradient { network(x[1..<2], condition: told.map { $0[1..<2] }) }
      assertClose(alone.scalars, y[1..<2].scalars, tolerance: 1e-5, configuration.size.description)
      if let told {
        let other = withoutGradient { network(x, condition: told + 1) }
        XCTAssertGreaterThan((other - y).absolute().max().scalar, 1e-3, "the condition is told")
      }
    }
    var bad = configurations[0]
    bad.widths = [6]
    XCTAssertFalse(bad.isConsistent, "groups of 4 do not divide 6")
    bad = configurations[2]
    bad.patch = 3
    XCTAssertFalse(bad.isConsistent, "20 columns are no patches of 3")
    bad = configurations[0]
    (bad.widths, bad.blocks) = ([8, 8, 8, 8, 8], [1, 1, 1, 1, 1])
    XCTAssertFalse(bad.isConsistent, "8 pixels cannot be halved four times")
  }

  func testGradients() {
    for configuration in configurations.dropFirst() {
      var small = configuration
      small.dropout = 0
      small.picture.height = 4
      small.picture.width = 6
      small.blocks = small.blocks.map { _ in 1 }
      let network = small.makeNetwork()
      fill(network)
      let x = RandomGenerator(seed: 2).normal([2, 4, 6, small.picture.channels])
      let told = condition(small, 2)
      let check = checkGradients(of: network, step: 3e-3, limit: 6) {
        (network(x, condition: told) * RandomGenerator(seed: 3).uniform([2, 4, 6, small.outputChannels])).sum()
      }
      XCTAssertTrue(check.isWithin(2e-2), "\(small.size.description): \(check.worst)")
    }
  }

  /// From picture to picture: the sum of the pixels above and below.
  func testLearnsAPictureOfAPicture() throws {
    RandomGenerator.shared.reset(seed: 3)
    let x = RandomGenerator(seed: 4).normal([128, 8, 8, 1])
    let wide = x.padded(top: 1, bottom: 1)
    let around = wide.cropped(rows: 0..<8, columns: 0..<8) + wide.cropped(rows: 2..<10, columns: 0..<8)
    let network = UNet(
      .init(picture: PictureSize(8, 8, 1), outputChannels: 1, widths: [8, 16], blocks: [1, 1], groups: 4))
    let trainer = Trainer(network, objective: .regression(), optimizer: Adam(network.parameters, learningRate: 5e-3))
    trainer.options.epochs = 50
    let data = TensorDataset(inputs: x, targets: around)
    let before = trainer.evaluate(data).scores.loss
    try trainer.fit(data)
    XCTAssertLessThan(trainer.evaluate(data).scores.loss, before / 5)
  }
}
