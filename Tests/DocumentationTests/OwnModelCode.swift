import Myelin
import XCTest

/// The code of the article "A model of your own".
final class OwnModelCode: XCTestCase {
  override func setUp() { RandomGenerator.shared.reset(seed: 1) }

  /// Two towers that share one layer.
  struct Siamese: Module {
    let shared = Dense(16, 8, activation: .relu)
    let head = Dense(8, 1)
    func callAsFunction(_ pair: (left: Tensor, right: Tensor)) -> Tensor {
      head(shared(pair.left) * shared(pair.right))
    }
  }

  struct Residual: Module {
    let first: Dense
    let second: Dense
    init(_ size: Int) {
      first = Dense(size, size, activation: .gelu)
      second = Dense(size, size)
    }
    func callAsFunction(_ x: Tensor) -> Tensor { x + second(first(x)) }
  }

  func testSequences() {
    let model = Sequential {
      Dense(64, 32, activation: .relu)
      for _ in 0..<3 { Residual(32) }
      Dropout(0.1)
      Dense(32, 10)
    }
    print(model.summary(inputShape: [1, 64]))
    for (name, parameter) in model.namedParameters.prefix(2) {
      print(name, parameter.shape)  // layers.0.weight [64, 32], layers.0.bias [32]
    }
    XCTAssertEqual(model.namedParameters.map(\.name).prefix(2), ["layers.0.weight", "layers.0.bias"])
    XCTAssertEqual(model(Tensor(zeros: [5, 64])).shape, [5, 10])

    let pairs = (left: Tensor(ones: [4, 16]), right: Tensor(ones: [4, 16]))
    XCTAssertEqual(Siamese()(pairs).shape, [4, 1])
  }

  /// y = x · scale + shift over the last axis.
  final class Affine: Module {
    let scale: Parameter
    let shift: Parameter
    init(_ features: Int) {
      scale = Parameter(Tensor(ones: [features]))
      shift = Parameter(Tensor(zeros: [features]))
    }
    func callAsFunction(_ x: Tensor) -> Tensor { x * scale.value + shift.value }
  }

  /// Subtracts a running mean: a buffer is kept with the weights and not trained.
  final class Centering: Module {
    let mean: Buffer
    init(_ features: Int) { mean = Buffer(Tensor(zeros: [features])) }
    func callAsFunction(_ x: Tensor) -> Tensor {
      if isRecordingGradients { mean.value = mean.value * 0.9 + x.detached.mean(axis: 0) * 0.1 }
      return x - mean.value
    }
  }

  func testLayersOfOnesOwn() {
    let model = Sequential {
      Centering(4)
      Affine(4)
      Dense(4, 2, activation: .tanh)
    }
    let inputs = RandomGenerator(seed: 3).normal([8, 4])
    let check = checkGradients(of: model) { (model(inputs) * model(inputs)).sum() }
    print(check.worst)
    XCTAssertTrue(check.isWithin(1e-2), "\(check.worst)")

    model.freeze("layers.2")
    XCTAssertEqual(model.parameters.filter(\.isTrainable).map(\.name), ["layers.1.scale", "layers.1.shift"])
    XCTAssertEqual(model.buffers.map(\.name), ["layers.0.mean"])
  }

  func testInitialWeights() {
    let layer = Dense(64, 10, initializer: .lecunNormal, generator: RandomGenerator(seed: 7))
    let small = Initializer { shape, fanIn, _, generator in
      generator.normal(shape) * (0.1 / Float(fanIn).squareRoot())
    }
    let quiet = Dense(64, 10, initializer: small)
    XCTAssertLessThan(quiet.weight.value.norm().scalar, layer.weight.value.norm().scalar)
  }
}
