import MyelinModels
import XCTest

@testable import Myelin

final class FoldingTests: XCTestCase {
  override func setUp() { RandomGenerator.shared.reset(seed: 1) }

  /// Statistics as after training: far from 0 and 1.
  private func trained(_ model: some Module, seed: UInt64 = 2) {
    let random = RandomGenerator(seed: seed)
    for (name, parameter) in model.namedParameters where parameter.shape.rank == 1 {
      parameter.value = random.uniform(parameter.shape, low: name.hasSuffix("weight") ? -2 : -1, high: 2)
    }
    for (name, buffer) in model.namedBuffers {
      buffer.value =
        name.hasSuffix("runningMean")
        ? random.normal(buffer.shape) : random.uniform(buffer.shape, low: 0.1, high: 4)
    }
  }

  private func assertEqual(_ folded: Tensor, _ plain: Tensor, line: UInt = #line) {
    XCTAssertEqual(folded.shape, plain.shape, line: line)
    let scale = plain.absolute().max().scalar
    XCTAssertGreaterThan(scale, 0, line: line)
    for (a, b) in zip(folded.scalars, plain.scalars) { XCTAssertEqual(a, b, accuracy: 2e-5 * scale, line: line) }
    XCTAssertNotEqual(folded.scalars, plain.scalars, "nothing was folded", line: line)
  }

  func testPredictorsOfNetworksAreEqualWithinRounding() {
    let picture = PictureSize(20, 17, 3)
    let x = RandomGenerator(seed: 4).normal([3, 20, 17, 3])
    func check<Configuration: NetworkConfiguration>(_ configuration: Configuration) {
      let model = configuration.makeNetwork()
      trained(model)
      let plain = predict(model, x)
      let predictor = Predictor(model) { configuration.makeNetwork() }
      assertEqual(predictor(x), plain)
      // The model itself is as it was.
      XCTAssertEqual(predict(model, x).scalars, plain.scalars)
    }
    check(VGG.Configuration(picture: picture, stages: [[8, 12], [16]], normalizes: true))
    check(ResNet.Configuration(picture: picture, blocks: [1, 1], widths: [8, 12], classCount: 5))
    check(ResNet.Configuration(picture: picture, blocks: [1], widths: [8], block: .bottleneck, classCount: 5))
    check(MobileNet.Configuration.small(picture: picture, classCount: 5))
    check(ResNet9.Configuration(picture: picture, widths: [8, 12], residualStages: [1], classCount: 5))
  }

  func testASequenceFoldsWhatFollowsAConvolution() {
    let model = Sequential {
      Conv2D(3, 8, kernel: 3)
      BatchNorm(8, activation: .silu)
      Conv2D(8, 8, kernel: 3, groups: 4, bias: false)
      BatchNorm(8, affine: false)
      Conv2D(8, 4, kernel: 1, activation: .relu)
      BatchNorm(4)
    }
    trained(model)
    let x = RandomGenerator(seed: 4).normal([2, 9, 8, 3])
    let plain = predict(model, x)
    model.foldNormalization()
    assertEqual(predict(model, x), plain)
    let layers = model.layers
    XCTAssertEqual(layers.compactMap { ($0 as? BatchNorm)?.isFolded }, [true, true, false], "after an activation")
    // Names and training are as they were.
    XCTAssertEqual(model.parameters.count, 9)
    XCTAssertEqual(model.buffers.count, 6)
    model(x).sum().backward()
    XCTAssertNotNil((layers[1] as? BatchNorm)?.weight?.gradient)
  }

  func testALayerThatIsCalledTwiceIsLeftAlone() {
    let convolution = Conv2D(4, 4, kernel: 1)
    let model = Sequential {
      convolution
      BatchNorm(4)
      convolution
    }
    trained(model)
    let x = RandomGenerator(seed: 4).normal([2, 3, 3, 4])
    let plain = predict(model, x)
    model.foldNormalization()
    XCTAssertEqual(predict(model, x).scalars, plain.scalars)
  }

  func testMirroredMeanIsTheMeanOverBothSides() {
    let model = VGG(VGG.Configuration(picture: PictureSize(8, 8, 1), stages: [[4]]))
    let x = RandomGenerator(seed: 4).normal([2, 8, 8, 1])
    let mean = (predict(model, x) + predict(model, x.flipped())) * 0.5
    XCTAssertEqual(predict(MirroredMean(model), x).scalars, mean.scalars)
    XCTAssertEqual(predict(MirroredMean(model), x.flipped()).scalars, mean.scalars)
    // Training sees the picture itself.
    XCTAssertEqual(MirroredMean(model)(x).scalars, predict(model, x).scalars)
  }
}
