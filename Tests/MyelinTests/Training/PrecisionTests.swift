import Foundation
import MyelinModels
import XCTest

@testable import Myelin

/// Products in bfloat16: the scope, the tape and training. The kernels' own tests are GEMMTests.
final class PrecisionTests: XCTestCase {
  private func bits(_ tensor: Tensor) -> [UInt32] { tensor.scalars.map(\.bitPattern) }

  /// To nearest, ties to even.
  private func rounded(_ x: Tensor) -> Tensor {
    Tensor(
      x.scalars.map { Float(bitPattern: ($0.bitPattern + 0x7fff + (($0.bitPattern >> 16) & 1)) & 0xffff_0000) },
      shape: x.shape)
  }

  func testAScopeRoundsTheFactorsOfProducts() {
    let random = RandomGenerator(seed: 1)
    let (a, b) = (random.normal([40, 70]), random.normal([70, 50]))
    let plain = matmul(a, b)
    let scoped = withPrecision(.bfloat16) {
      XCTAssertEqual(Precision.current, .bfloat16)
      XCTAssertEqual(bits(withPrecision(.float32) { matmul(a, b) }), bits(plain))
      return matmul(a, b)
    }
    XCTAssertEqual(Precision.current, .float32)
    assertClose(scoped.scalars, matmul(rounded(a), rounded(b)).scalars, tolerance: 1e-4)
    XCTAssertNotEqual(bits(scoped), bits(plain))
    struct Failure: Error {}
    XCTAssertThrowsError(try withPrecision(.bfloat16) { throw Failure() })
    XCTAssertEqual(Precision.current, .float32)
  }

  func testGradientsHaveThePrecisionOfTheirOperations() {
    func gradients(_ forward: Precision, _ backward: Precision, fused: Bool = false) -> [[UInt32]] {
      RandomGenerator.shared.reset(seed: 2)
      let model = MLP([300, 400, 64])
      let x = RandomGenerator(seed: 3).normal([32, 300])
      let loss = withPrecision(forward) { (model(x) * model(x)).mean() }
      let optimizer = SGD(model.parameters, learningRate: 0.1)
      withPrecision(backward) {
        if fused {
          optimizer.minimize(loss)
        } else {
          loss.backward()
          optimizer.step()
        }
        XCTAssertEqual(Precision.current, backward)
      }
      return model.parameters.map { bits($0.value) }
    }
    let expected = gradients(.bfloat16, .bfloat16)
    XCTAssertEqual(gradients(.bfloat16, .float32), expected)
    XCTAssertEqual(gradients(.bfloat16, .float32, fused: true), expected)
    XCTAssertEqual(gradients(.float32, .bfloat16), gradients(.float32, .float32))
    XCTAssertNotEqual(gradients(.float32, .float32), expected)
  }

  /// Each cell: near the floats, forward and backward, with the same bits at any thread count.
  func testRecurrentLayers() {
    defer { Runtime.threadCount = 0 }
    let x = RandomGenerator(seed: 10).normal([5, 9, 40])
    func run(_ layer: RecurrentLayers, _ precision: Precision) -> [Tensor] {
      withPrecision(precision) {
        let output = layer(x)
        for parameter in layer.parameters { parameter.gradient = nil }
        (output * output).sum().backward()
        return [output.detached] + layer.parameters.map { $0.gradient! }
      }
    }
    func check(_ layer: RecurrentLayers) {
      Runtime.threadCount = 1
      let (float, half) = (run(layer, .float32), run(layer, .bfloat16))
      for (a, b) in zip(float, half) {
        let difference = (a - b).scalars.map(abs).max()!
        let largest = a.scalars.map(abs).max()!
        XCTAssertLessThan(difference, 0.03 * largest)
        XCTAssertGreaterThan(difference, 0)
      }
      for threads in 2...4 {
        Runtime.threadCount = threads
        XCTAssertEqual(run(layer, .bfloat16).map(bits), half.map(bits))
      }
    }
    check(LSTM(40, 48, generator: RandomGenerator(seed: 11)))
    check(GRU(40, 65, generator: RandomGenerator(seed: 12)))
    check(RNN(40, 64, generator: RandomGenerator(seed: 13)))
  }

  // MARK: Training

  private let data = TensorDataset(
    inputs: RandomGenerator(seed: 4).normal([160, 40]),
    labels: Indices(RandomGenerator(seed: 5).uniform([160], low: 0, high: 3).scalars.map { Int($0) }))

  private func trainer(_ precision: Precision?, epochs: Int = 3) -> Trainer<TensorBatch> {
    RandomGenerator.shared.reset(seed: 6)
    let model = MLP([40, 64, 48, 3], dropout: 0.1)
    return Trainer(
      model, objective: .classification(), optimizer: Adam(model.parameters, learningRate: 0.01),
      options: TrainerOptions {
        $0.epochs = epochs
        $0.precision = precision
        $0.stopsOnInterrupt = false
      })
  }

  private func weights(_ trainer: Trainer<TensorBatch>) -> [[UInt32]] { trainer.parameters.map { bits($0.value) } }

  func testATrainerKeepsFloatsAndItsBitsAtAnyThreadCount() throws {
    defer { Runtime.threadCount = 0 }
    var expected: [[UInt32]]?
    for threads in 1...4 {
      Runtime.threadCount = threads
      let trainer = trainer(.bfloat16)
      try trainer.fit(data)
      XCTAssertEqual(Precision.current, .float32)
      if let expected { XCTAssertEqual(weights(trainer), expected) }
      expected = weights(trainer)
      // Weights are not rounded themselves.
      XCTAssertTrue(trainer.parameters[0].value.scalars.contains { $0.bitPattern & 0xffff != 0 })
    }
    let scoped = trainer(nil)
    try withPrecision(.bfloat16) { _ = try scoped.fit(data) }
    XCTAssertEqual(weights(scoped), expected)
    let plain = trainer(nil)
    try plain.fit(data)
    XCTAssertNotEqual(weights(plain), expected)
  }

  func testResumingInBFloat16GivesTheSameBytes() throws {
    let folder = try TrainingSupport.temporaryFolder(self)
    let (whole, part) = (folder.appendingPathComponent("a"), folder.appendingPathComponent("b"))
    let one = trainer(.bfloat16)
    one.observers = [CheckpointWriter(whole)]
    try one.fit(data)
    let first = trainer(.bfloat16)
    first.observers = [CheckpointWriter(part), StopAfter(7)]
    try first.fit(data)
    let second = trainer(.bfloat16)
    try second.restore(Checkpoint(contentsOf: part))
    second.observers = [CheckpointWriter(part)]
    try second.fit(data)
    XCTAssertEqual(try Data(contentsOf: part), try Data(contentsOf: whole))
  }

  /// gpt_nano on batches that it has not seen: steps of 1 to 4 characters, each as likely as the others.
  func testGPTNanoEndsWithinOnePerCentOfFloats() {
    func loss(_ precision: Precision) -> Float {
      RandomGenerator.shared.reset(seed: 7)
      let model = GPT(.gpt2(vocabulary: 65, context: 64, width: 128, heads: 4, layers: 4))
      let optimizer = Adam(model.parameters, learningRate: 1e-3)
      var last: Float = 0
      for step in 0..<200 {
        var text = RandomGenerator(seed: UInt64(100 + step)).uniform([12 * 65], low: 1, high: 5).scalars.map {
          Int32($0)
        }
        for i in text.indices where i % 65 != 0 { text[i] += text[i - 1] }
        let tokens = Indices(shape: [12, 64]) { for i in $0.indices { $0[i] = text[i / 64 * 65 + i % 64] % 65 } }
        let next = Indices(shape: [12, 64]) { for i in $0.indices { $0[i] = text[i / 64 * 65 + i % 64 + 1] % 65 } }
        withPrecision(precision) {
          let loss = model.loss(tokens, next)
          optimizer.minimize(loss)
          if step >= 180 { last += loss.scalar / 20 }
        }
      }
      return last
    }
    let (float, half) = (loss(.float32), loss(.bfloat16))
    // 3.4 at first.
    XCTAssertLessThan(float, 2)
    XCTAssertEqual(half / float, 1, accuracy: 0.01, "\(half) in bfloat16, \(float) in floats")
    XCTAssertNotEqual(half, float)
  }
}
