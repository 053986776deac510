@testable import Myelin
import XCTest

final class OptimizerTests: XCTestCase {
  private let target = Tensor([0.3, -0.7, 2])
  private let curvature = Tensor([1, 4, 0.25])

  private func train(_ parameter: Parameter, _ optimizer: Optimizer, steps: Int = 5) {
    for _ in 0..<steps {
      (curvature * (parameter.value - target).squared()).sum().backward()
      optimizer.step()
    }
  }

  private func start() -> Parameter {
    let parameter = Parameter(Tensor([1, -2, 0.5]))
    parameter.name = "w"
    return parameter
  }

  /// Of an embedding only the looked-up vectors move: in SGD and Adagrad to the bits of the usual step, in Adam without the
  /// drift of the others' moments.
  func testOnlyTouchedRowsMove() {
    func trained(_ make: ([Parameter]) -> Optimizer, rowsOnly: Bool, clips: Bool = false) -> (Parameter, Optimizer) {
      let table = Parameter(RandomGenerator(seed: 3).normal([6, 5]))
      table.name = "table"
      let optimizer = make([table])
      optimizer.configure(where: { $0.shape.rank == 2 }, movesTouchedRowsOnly: rowsOnly)
      for indices in [[1, 4, 1], [4, 0], [1, 2]] as [[Int32]] {
        let loss = table.value.gathered(Indices(indices)).squared().sum()
        if clips {
          optimizer.minimize(loss)
        } else {
          loss.backward()
          optimizer.step()
        }
      }
      return (table, optimizer)
    }
    let start = RandomGenerator(seed: 3).normal([6, 5]).scalars
    for make in [{ SGD($0, learningRate: 0.1) }, { Adagrad($0, learningRate: 0.1) }] as [([Parameter]) -> Optimizer] {
      XCTAssertEqual(trained(make, rowsOnly: true).0.value.scalars, trained(make, rowsOnly: false).0.value.scalars)
    }
    for clips in [false, true] {
      let (table, adam) = trained({ AdamW($0, learningRate: 0.1) }, rowsOnly: true, clips: clips)
      let values = table.value.scalars
      for row in [3, 5] { XCTAssertEqual(Array(values[5 * row..<5 * row + 5]), Array(start[5 * row..<5 * row + 5])) }
      for row in [0, 1, 2, 4] { XCTAssertNotEqual(values[5 * row], start[5 * row]) }
      let usual = trained({ AdamW($0, learningRate: 0.1) }, rowsOnly: false, clips: clips).0.value.scalars
      XCTAssertNotEqual(usual[15], start[15], "weight decay pulls all")
      XCTAssertEqual(adam.stepCount, 3)
    }
  }

  private typealias Make = ([Parameter]) -> Optimizer

  // PyTorch 2:
  //   def run(make):
  //       w = torch.tensor([1.0, -2.0, 0.5], requires_grad=True); opt = make([w])
  //       target = torch.tensor([0.3, -0.7, 2.0]); c = torch.tensor([1.0, 4.0, 0.25])
  //       for _ in range(5):
  //           opt.zero_grad(); (c * (w - target) ** 2).sum().backward(); opt.step()
  //       print(w.tolist())
  //   O = torch.optim
  //   run(lambda p: O.SGD(p, 0.05))
  //   run(lambda p: O.SGD(p, 0.05, momentum=0.9, dampening=0.1, weight_decay=0.01))
  //   run(lambda p: O.SGD(p, 0.05, momentum=0.8, nesterov=True))
  //   run(lambda p: O.Adam(p, 0.1, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.02))
  //   run(lambda p: O.AdamW(p, 0.1, weight_decay=0.1))
  //   run(lambda p: O.RMSprop(p, 0.02, alpha=0.9, eps=1e-6, weight_decay=0.01))
  //   run(lambda p: O.RMSprop(p, 0.02, alpha=0.9, momentum=0.7))
  //   run(lambda p: O.Adagrad(p, 0.3, eps=1e-8, weight_decay=0.01))
  private let golden: [(String, Make, [Float])] = [
    ("SGD", { SGD($0, learningRate: 0.05) }, [0.713343, -0.801088, 0.6783565]),
    (
      "SGD with momentum",
      { SGD($0, learningRate: 0.05, momentum: 0.9, dampening: 0.1, weightDecay: 0.01) },
      [0.3120593, 0.3065768, 0.9310724]
    ),
    (
      "Nesterov", { SGD($0, learningRate: 0.05, momentum: 0.8, nesterov: true) },
      [0.3300975, -0.5286062, 0.9845195]
    ),
    (
      "Adam",
      { Adam($0, learningRate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.02) },
      [0.5194084, -1.507696, 0.9931726]
    ),
    ("AdamW", { AdamW($0, learningRate: 0.1, weightDecay: 0.1) }, [0.4777948, -1.418747, 0.9616297]),
    (
      "RMSProp", { RMSProp($0, learningRate: 0.02, alpha: 0.9, epsilon: 1e-6, weightDecay: 0.01) },
      [0.7990655, -1.793242, 0.7074647]
    ),
    (
      "RMSProp with momentum", { RMSProp($0, learningRate: 0.02, alpha: 0.9, momentum: 0.7) },
      [0.5737945, -1.554194, 0.9485802]
    ),
    (
      "Adagrad", { Adagrad($0, learningRate: 0.3, epsilon: 1e-8, weightDecay: 0.01) },
      [0.36811, -1.193264, 1.327576]
    ),
  ]

  func testFiveStepsGiveWhatPyTorchGives() {
    for (name, make, expected) in golden {
      let parameter = start()
      train(parameter, make([parameter]))
      assertClose(parameter.value.scalars, expected, tolerance: 2e-6, name)
    }
  }

  func testRestoredOptimizersGoOnBitForBit() throws {
    for (name, make, _) in golden {
      let whole = start()
      train(whole, make([whole]), steps: 7)

      let first = start()
      let before = make([first])
      train(first, before, steps: 3)
      let second = Parameter(first.value)
      second.name = "w"
      let after = make([second])
      try after.restore(stepCount: before.stepCount, stateTensors: before.stateTensors)
      train(second, after, steps: 4)
      XCTAssertEqual(second.value.scalars.map(\.bitPattern), whole.value.scalars.map(\.bitPattern), name)
    }
  }

  func testRestoringWhatDoesNotFitTellsSo() {
    let parameter = start()
    let optimizer = Adam([parameter])
    let states = ["firstMoment.w": Tensor(zeros: [2]), "momentum.w": Tensor(zeros: [3])]
    XCTAssertThrowsError(try optimizer.restore(stepCount: 3, stateTensors: states)) { error in
      XCTAssertEqual(
        "\(error)",
        "the tensors do not fit the optimizer: missing secondMoment.w; unexpected momentum.w; "
          + "firstMoment.w has shape [2], expected [3]")
    }
    XCTAssertEqual(optimizer.stepCount, 0)
  }

  func testOptionsOfSingleParameters() {
    let (a, b) = (start(), start())
    let optimizer = SGD([a, b], learningRate: 0.1, weightDecay: 1)
    optimizer.configure(where: { $0 === b }, learningRateScale: 0.5, weightDecay: 0)
    a.gradient = Tensor([1, 1, 1])
    b.gradient = Tensor([1, 1, 1])
    optimizer.step(gradientScale: 2)
    // w − 0.1 (2 · 1 + w) and w − 0.05 · 2
    assertClose(a.value.scalars, [0.7, -2, 0.25], tolerance: 1e-6)
    assertClose(b.value.scalars, [0.9, -2.1, 0.4], tolerance: 1e-6)
  }

  func testParametersWithoutGradientStay() {
    let (a, b) = (start(), start())
    let optimizer = Adam([a, b], learningRate: 0.1, weightDecay: 1)
    a.gradient = Tensor([1, 1, 1])
    optimizer.step()
    XCTAssertNotEqual(a.value.scalars, [1, -2, 0.5])
    XCTAssertEqual(b.value.scalars, [1, -2, 0.5])
    XCTAssertNil(a.gradient, "a step clears the gradients")
  }

  func testClippingByNormScalesAllTogether() {
    let (a, b) = (Parameter(Tensor([0, 0])), Parameter(Tensor([0])))
    let optimizer = SGD([a, b], learningRate: 1)
    a.gradient = Tensor([2, -3])
    b.gradient = Tensor([6])
    XCTAssertEqual(optimizer.clipGradients(norm: 14), 7)
    XCTAssertEqual(a.gradient!.scalars + b.gradient!.scalars, [2, -3, 6], "within the bound nothing changes")
    XCTAssertEqual(optimizer.clipGradients(norm: 3.5), 7)
    assertClose(a.gradient!.scalars + b.gradient!.scalars, [1, -1.5, 3], tolerance: 1e-6)
    XCTAssertEqual(optimizer.gradientNorm, 3.5, accuracy: 1e-5)
    b.gradient = nil
    XCTAssertEqual(optimizer.gradientNorm, Float(3.25).squareRoot(), accuracy: 1e-6)
  }

  func testClippingByValueLimitsEachElement() {
    let a = Parameter(Tensor(zeros: [5]))
    let optimizer = SGD([a], learningRate: 1)
    a.gradient = Tensor([-7, -0.5, 0, 0.5, .infinity])
    optimizer.clipGradients(value: 1)
    XCTAssertEqual(a.gradient!.scalars, [-1, -0.5, 0, 0.5, 1])
    a.gradient = Tensor([.nan, 9, 0, 0, 0])
    optimizer.clipGradients(value: 2)
    XCTAssertTrue(a.gradient!.scalars[0].isNaN)
    XCTAssertEqual(a.gradient!.scalars[1], 2)
  }

  func testNonFiniteGradientsAreFoundByName() {
    let parameters = ["fine", "huge", "nan", "infinite", "none"].map { name in
      let parameter = Parameter(Tensor(zeros: [3]))
      parameter.name = name
      return parameter
    }
    let optimizer = SGD(parameters, learningRate: 1)
    let values: [[Float]] = [[1, 2, 3], [3e38, -3e38, 3e38], [0, .nan, 0], [0, 0, -.infinity]]
    for (parameter, value) in zip(parameters, values) { parameter.gradient = Tensor(value) }
    XCTAssertEqual(optimizer.parametersWithNonFiniteGradients, ["nan", "infinite"])
    XCTAssertFalse(optimizer.gradientNorm.isFinite)
    optimizer.clipGradients(norm: 1)
    XCTAssertEqual(parameters[0].gradient!.scalars, [1, 2, 3], "a norm that is not finite changes nothing")
  }

  /// States of a large weight neither begin at the same place of a page, nor move when they are restored.
  func testStatesOfLargeWeightsBeginApart() throws {
    let parameters = [start(), Parameter(Tensor(zeros: [256, 128])), Parameter(Tensor(zeros: [128, 256]))]
    let optimizer = Adam(parameters)
    func addresses() -> [Int] {
      (1...2).flatMap { index in
        ["firstMoment", "secondMoment"].map { Int(bitPattern: optimizer.states[index][$0].storage.memory) % 4096 }
      }
    }
    let before = addresses()
    XCTAssertEqual((before[1] - before[0] + 4096) % 4096, 336 * 4)
    XCTAssertEqual((before[3] - before[2] + 4096) % 4096, 336 * 4)
    XCTAssertTrue(before.allSatisfy { $0 % 64 == 0 })
    try optimizer.restore(stepCount: 1, stateTensors: optimizer.stateTensors.mapValues { $0 + 1 })
    XCTAssertEqual(addresses(), before)
    XCTAssertEqual(optimizer.stateTensors["secondMoment.2"]?.scalars, Array(repeating: 1, count: 128 * 256))
  }

  // MARK: Several optimizers over the same parameters

  /// Each has its own states and steps; a gradient is for the one that steps first.
  func testTwoOptimizersTakeTurns() {
    let (parameter, other) = (start(), start())
    let first = Adam([parameter], learningRate: 0.1)
    let second = SGD([parameter], learningRate: 0.05, momentum: 0.9)
    let alone = (Adam([other], learningRate: 0.1), SGD([other], learningRate: 0.05, momentum: 0.9))
    for round in 0..<4 {
      train(parameter, round % 2 == 0 ? first : second, steps: 2)
      // The same by optimizers whose block the gradient is written to directly.
      let restored = round % 2 == 0 ? alone.0 : alone.1
      _ = restored.gradientArena
      train(other, restored, steps: 2)
    }
    XCTAssertEqual(parameter.value.scalars.map(\.bitPattern), other.value.scalars.map(\.bitPattern))
    XCTAssertEqual([first.stepCount, second.stepCount], [4, 4])
  }

  /// The block that is exchanged between machines has the gradients also where a later optimizer had taken them.
  func testTheBlockOfGradientsFollowsWhoAsksForIt() {
    let (a, b) = (start(), start())
    let first = SGD([a, b], learningRate: 1)
    let second = SGD([b, a], learningRate: 1)
    a.gradient = Tensor([1, 2, 3])
    b.gradient = Tensor([4, 5, 6])
    func values(_ optimizer: Optimizer) -> [Float] {
      let arena = optimizer.gradientArena
      return (0..<3).map { arena.floats[$0] } + (0..<3).map { arena.floats[16 + $0] }
    }
    XCTAssertEqual(values(second), [4, 5, 6, 1, 2, 3])
    XCTAssertEqual(values(first), [1, 2, 3, 4, 5, 6])
    // What is written to the block is what the step takes.
    first.gradientArena.floats[0] = 100
    first.step()
    XCTAssertEqual(a.value.scalars, [-99, -4, -2.5])
    XCTAssertEqual(b.value.scalars, [-3, -7, -5.5])
    XCTAssertEqual(second.gradientNorm, 0)
  }
}
