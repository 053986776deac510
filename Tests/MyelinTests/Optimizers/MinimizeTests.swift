@testable import Myelin
import XCTest

/// `minimize(loss)` gives the bits of `loss.backward(); step()`, whatever the weight is used for.
final class MinimizeTests: XCTestCase {
  private final class Model {
    let first = Dense(70, 120, activation: .gelu)
    let second = Dense(120, 120, activation: .relu)
    let last = Dense(120, 5)
    var parameters: [Parameter] {
      [first.weight, first.bias!, second.weight, second.bias!, last.weight, last.bias!]
    }
  }

  private let x = RandomGenerator(seed: 1).normal([65, 70])
  private let labels = Indices((0..<65).map { Int32($0 % 5) })

  /// The bits of all parameters and states after three steps of each way, which must be the same.
  private func compare(
    _ make: ([Parameter]) -> Optimizer, file: StaticString = #filePath, line: UInt = #line,
    loss: (Model) -> Tensor
  ) {
    let runs = [true, false].map { fused in
      RandomGenerator.shared.reset(seed: 3)
      let model = Model()
      let optimizer = make(model.parameters)
      optimizer.leastFusedCount = 1
      for _ in 0..<3 {
        if fused {
          optimizer.minimize(loss(model), gradientScale: 0.5)
        } else {
          loss(model).backward()
          optimizer.step(gradientScale: 0.5)
        }
      }
      XCTAssertEqual(optimizer.stepCount, 3)
      XCTAssertTrue(model.parameters.allSatisfy { $0.gradient == nil }, file: file, line: line)
      let states = optimizer.stateTensors.sorted { $0.key < $1.key }.map(\.value)
      return (model.parameters.map(\.value) + states).map { $0.scalars.map(\.bitPattern) }
    }
    XCTAssertEqual(runs[0], runs[1], file: file, line: line)
  }

  private func plain(_ model: Model) -> Tensor {
    softmaxCrossEntropy(model.last(model.second(model.first(x))), labels)
  }

  func testEveryOptimizer() {
    compare({ SGD($0, learningRate: 0.1) }, loss: plain)
    compare({ SGD($0, learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01) }, loss: plain)
    compare({ Adam($0, weightDecay: 0.01) }, loss: plain)
    compare({ AdamW($0) }, loss: plain)
    compare({ RMSProp($0, learningRate: 1e-3, momentum: 0.5) }, loss: plain)
    compare({ Adagrad($0, learningRate: 0.01) }, loss: plain)
  }

  func testAWeightThatIsUsedMoreThanOnce() {
    compare({ Adam($0) }) { model in
      let hidden = model.first(self.x)
      return softmaxCrossEntropy(model.last(model.second(model.second(model.second(hidden)))), self.labels)
    }
  }

  func testAWeightInAPenalty() {
    compare({ Adam($0) }) { model in
      self.plain(model) + 0.01 * model.second.weight.value.squared().sum() + 0.1 * model.last.weight.value.sum()
    }
  }

  func testOptionsOfOneParameter() {
    compare(
      { parameters in
        let optimizer = AdamW(parameters)
        optimizer.configure(where: { $0.shape.rank == 1 }, learningRateScale: 3, weightDecay: 0)
        optimizer.configure(where: { $0.shape == [70, 120] }, learningRateScale: 0.5, weightDecay: 0.2)
        return optimizer
      }, loss: plain)
  }

  func testAFrozenParameterStays() {
    compare(
      { parameters in
        parameters[2].isTrainable = false
        return Adam(parameters)
      }, loss: plain)
  }

  func testAGradientThatIsThereAlreadyCounts() {
    let runs = [true, false].map { fused in
      RandomGenerator.shared.reset(seed: 3)
      let model = Model()
      let optimizer = SGD(model.parameters, learningRate: 0.1)
      optimizer.leastFusedCount = 1
      plain(model).backward()
      if fused {
        optimizer.minimize(plain(model))
      } else {
        plain(model).backward()
        optimizer.step()
      }
      return model.parameters.map { $0.value.scalars.map(\.bitPattern) }
    }
    XCTAssertEqual(runs[0], runs[1])
  }

  /// A parameter that this optimizer does not have gets its gradient, as by `backward()`.
  func testParametersOfAnotherOptimizer() {
    let model = Model()
    let optimizer = Adam([model.last.weight])
    optimizer.leastFusedCount = 1
    optimizer.minimize(plain(model))
    let others = model.parameters.filter { $0 !== model.last.weight }
    XCTAssertNil(model.last.weight.gradient)
    XCTAssertTrue(others.allSatisfy { $0.gradient != nil })

    RandomGenerator.shared.reset(seed: 3)
    let (a, b) = (Model(), Adam([Parameter(Tensor([1]))]))
    b.leastFusedCount = 1
    plain(a).backward()
    let expected = a.first.weight.gradient!.scalars
    for parameter in a.parameters { parameter.gradient = nil }
    b.minimize(plain(a))
    XCTAssertEqual(a.first.weight.gradient!.scalars, expected)
  }

  /// Large enough to be divided among threads and to be fused by default.
  func testThreadsGiveTheSameBits() {
    defer { Runtime.threadCount = 0 }
    let inputs = RandomGenerator(seed: 2).normal([40, 1024])
    let runs = [1, 2, 3, 4].map { threads in
      Runtime.threadCount = threads
      RandomGenerator.shared.reset(seed: 5)
      let layer = Dense(1024, 1030)
      let optimizer = Adam([layer.weight, layer.bias!])
      XCTAssertGreaterThanOrEqual(layer.weight.count, optimizer.leastFusedCount)
      for _ in 0..<2 { optimizer.minimize(layer(inputs).squared().mean()) }
      return layer.weight.value.scalars.map(\.bitPattern)
    }
    for run in runs[1...] { XCTAssertEqual(run, runs[0]) }
  }
}
