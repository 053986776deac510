import Myelin
import XCTest

@testable import MyelinModels

final class NetworkTests: XCTestCase {
  /// What is told before a network is built is what it has.
  func testSizes() {
    let configurations: [any NetworkConfiguration] = [
      MLP.Configuration(sizes: [5, 7, 3]), LeNet5.Configuration(),
      LeNet5.Configuration(picture: PictureSize(13, 20, 3), classCount: 4),
      VGG.Configuration(picture: PictureSize(32, 32, 3), stages: [[32, 32], [64, 64]], hidden: [512]),
      VGG.Configuration(
        picture: PictureSize(9, 11, 1), stages: [[8], [12, 16]], normalizes: true, averagesPixels: true, dropout: 0.2),
      ResNet.Configuration.cifar(), ResNet.Configuration.cifar(depth: 8, picture: PictureSize(7, 9, 1), classCount: 3),
      ResNet.Configuration.imageNet(
        blocks: [1, 1, 1, 1], block: .bottleneck, picture: PictureSize(33, 40, 3), classCount: 5),
      ResNet9.Configuration(picture: PictureSize(28, 28, 1), widths: [32, 64, 128], residualStages: [1, 2]),
      ResNet9.Configuration(picture: PictureSize(9, 13, 3), widths: [5, 7], activation: .silu, classCount: 3),
      MobileNet.Configuration.small(picture: PictureSize(21, 18, 1), classCount: 7),
      MobileNet.Configuration(
        picture: PictureSize(9, 9, 3), stemChannels: 8, stemStride: 2,
        stages: [.init(channels: 8, blocks: 2, stride: 1), .init(channels: 12, blocks: 1, stride: 2)], headChannels: 20,
        classCount: 3),
      Detector.Configuration(picture: PictureSize(33, 47, 3), widths: [8, 12, 16, 20], level: 1, classCount: 3),
      Detector.Configuration(picture: PictureSize(16, 20, 1), widths: [8, 12], blocks: 2, level: 0, classCount: 1),
      Embedder.Configuration(picture: PictureSize(35, 30, 1), widths: [8, 12, 16], dimension: 10, dropout: 0.1),
      VisionTransformer.Configuration(
        picture: PictureSize(12, 8, 3), patch: 4, width: 12, heads: 3, layers: 2, classCount: 5),
    ]
    for configuration in configurations {
      func check<Configuration: NetworkConfiguration>(_ configuration: Configuration) {
        XCTAssertTrue(configuration.isConsistent)
        let network = configuration.makeNetwork()
        XCTAssertEqual(configuration.size.parameterCount, network.parameterCount, configuration.size.description)
        XCTAssertEqual(
          configuration.size.bufferCount, network.buffers.reduce(0) { $0 + $1.value.count },
          configuration.size.description)
        let shape: Shape =
          switch configuration {
          case let small as LeNet5.Configuration:
            [2, small.picture.height, small.picture.width, small.picture.channels]
          case let small as VGG.Configuration: [2, small.picture.height, small.picture.width, small.picture.channels]
          case let small as ResNet.Configuration:
            [2, small.picture.height, small.picture.width, small.picture.channels]
          case let small as ResNet9.Configuration:
            [2, small.picture.height, small.picture.width, small.picture.channels]
          case let small as MobileNet.Configuration:
            [2, small.picture.height, small.picture.width, small.picture.channels]
          case let small as Detector.Configuration:
            [2, small.picture.height, small.picture.width, small.picture.channels]
          case let small as VisionTransformer.Configuration:
            [2, small.picture.height, small.picture.width, small.picture.channels]
          case let small as Embedder.Configuration:
            [2, small.picture.height, small.picture.width, small.picture.channels]
          default: [2, configuration.inputCount]
          }
        XCTAssertEqual(shape.elementCount, 2 * configuration.inputCount)
        let output = network(Tensor(zeros: shape))
        XCTAssertEqual(output.flattened().shape, [2, configuration.outputCount], configuration.size.description)
        XCTAssertNotNil(Networks.kind(type(of: configuration).kind), "not in Networks.kinds")
      }
      check(configuration)
    }
    XCTAssertEqual(LeNet5.Configuration().size.parameterCount, 61_706)
    XCTAssertEqual(ResNet.Configuration.cifar().size.parameterCount, 272_474)
    XCTAssertEqual(ResNet.Configuration.imageNet().size.parameterCount, 11_689_512)
    XCTAssertEqual(
      ResNet.Configuration.imageNet(blocks: [3, 4, 6, 3], block: .bottleneck).size.parameterCount, 25_557_032)
    // As torchvision's mobilenet_v2 has it.
    XCTAssertEqual(MobileNet.Configuration.imageNet().size.parameterCount, 3_504_872)
    XCTAssertLessThanOrEqual(
      VGG.Configuration(
        picture: PictureSize(28, 28, 1), stages: [[24, 24], [48, 48], [64]], normalizes: true, averagesPixels: true
      ).size.parameterCount!, 100_000)
  }

  /// ResNet-20 on fixed weights and batches follows PyTorch's loss: Tests/golden/resnet20.py.
  func testResNet20FollowsPyTorch() {
    let model = ResNet(.cifar())
    for (name, parameter) in model.namedParameters {
      let shape = parameter.value.shape
      let values: [Float]
      switch shape.rank {
      case 4:
        let scale = Float((6 / Double(shape[0] * shape[1] * shape[2])).squareRoot())
        values = fixedUniform(name, parameter.count).map { $0 * scale }
      case 2: values = fixedUniform(name, parameter.count).map { $0 * 0.25 }
      default: values = Array(repeating: name.hasSuffix("norm.weight") ? 1 : 0, count: parameter.count)
      }
      parameter.value = Tensor(values, shape: shape)
    }
    let batches = (0..<8).map { index -> (pictures: Tensor, labels: Indices) in
      var pixels = fixedUniform("pictures \(index)", 16 * 32 * 32 * 3)
      let labels = fixedUniform("labels \(index)", 16).map { Int32(($0 + 1) * 5) }
      for (row, label) in labels.enumerated() {
        // Three rows of 32 pixels of 3 channels.
        let start = (row * 32 + 3 * Int(label)) * 96
        for index in start..<start + 3 * 96 { pixels[index] += 0.5 }
      }
      return (Tensor(pixels, shape: [16, 32, 32, 3]), Indices(labels))
    }
    let optimizer = SGD(model.parameters, learningRate: 0.001, momentum: 0.9)
    var losses: [Float] = []
    for step in 0..<200 {
      let (pictures, labels) = batches[step % batches.count]
      let loss = softmaxCrossEntropy(model(pictures), labels)
      loss.backward()
      optimizer.step()
      if step % 10 == 0 { losses.append(0) }
      losses[step / 10] += loss.scalar / 10
    }
    let golden: [Float] = [
      2.69058, 2.44853, 2.19914, 2.04847, 1.86141, 1.72082, 1.62491, 1.54454, 1.43718, 1.33764, 1.26562, 1.19266,
      1.08981, 0.994625, 0.926984, 0.860966, 0.772387, 0.690841, 0.635627, 0.584769,
    ]
    for (index, (ours, theirs)) in zip(losses, golden).enumerated() {
      XCTAssertEqual(ours / theirs, 1, accuracy: 0.01, "steps from \(10 * index): \(ours), PyTorch \(theirs)")
    }
    let evaluated = withoutGradient { softmaxCrossEntropy(model(batches[0].pictures), batches[0].labels).scalar }
    XCTAssertEqual(evaluated / 0.589793, 1, accuracy: 0.01)
  }
}
