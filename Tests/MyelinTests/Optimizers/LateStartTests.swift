import XCTest

@testable import Myelin

/// A parameter that is frozen at first: its steps are its own, as in PyTorch.
final class LateStartTests: XCTestCase {
  private typealias Make = ([Parameter]) -> Optimizer

  // Tests/golden/optimizers.py
  private let golden: [(String, Make, [Float])] = [
    (
      "SGD with dampening", { SGD($0, learningRate: 0.01, momentum: 0.9, dampening: 0.5) }, [0.14375373, 1.9887984]
    ),
    (
      "Nesterov", { SGD($0, learningRate: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.01) },
      [0.047730009, 2.3535718]
    ),
    ("Adam", { Adam($0, learningRate: 0.01) }, [0.20003647, 1.5499699]),
    (
      "Adam with decay", { Adam($0, learningRate: 0.01, beta1: 0.8, beta2: 0.99, weightDecay: 0.02) },
      [0.20007327, 1.5499396]
    ),
    ("AdamW", { AdamW($0, learningRate: 0.01, weightDecay: 0.1) }, [0.19888975, 1.5423897]),
    ("RMSProp", { RMSProp($0, learningRate: 0.001, alpha: 0.9, momentum: 0.5) }, [0.23212259, 1.517883]),
    ("Adagrad", { Adagrad($0, learningRate: 0.1) }, [-0.05679128, 1.8097027]),
  ]

  private let frozen =
    Array(repeating: true, count: 1000) + [false, false, false, true, true] + [false, false]

  private func parameters() -> [Parameter] {
    let parameters = [Parameter(Tensor([1, -2, 0.5])), Parameter(Tensor([0.25, 1.5]))]
    for (parameter, name) in zip(parameters, ["a", "b"]) { parameter.name = name }
    return parameters
  }

  private func loss(_ parameters: [Parameter]) -> Tensor {
    let a = Tensor([1, 4, 0.25]) * (parameters[0].value - Tensor([0.3, -0.7, 2])).squared()
    let b = Tensor([0.5, 2]) * (parameters[1].value - Tensor([-1, 3])).squared()
    return a.sum() + b.sum()
  }

  private func train(_ parameters: [Parameter], _ optimizer: Optimizer, _ frozen: some Sequence<Bool>) {
    for frozen in frozen {
      parameters[1].isTrainable = !frozen
      loss(parameters).backward()
      optimizer.step()
    }
  }

  func testALateParameterGetsWhatPyTorchGives() {
    for (name, make, expected) in golden {
      let parameters = parameters()
      let optimizer = make(parameters)
      train(parameters, optimizer, frozen)
      assertClose(parameters[1].value.scalars, expected, tolerance: 2e-6, name)
      XCTAssertEqual(optimizer.stepCount, frozen.count)
      XCTAssertEqual(optimizer.parameterSteps, ["b": 5], name)
    }
  }

  /// Stopped between its steps and restored, a late parameter goes on with the same bits.
  func testRestoringKeepsTheSteps() throws {
    for (name, make, _) in golden {
      let whole = parameters()
      train(whole, make(whole), frozen)

      let first = parameters()
      let before = make(first)
      train(first, before, frozen.prefix(1002))
      XCTAssertEqual(before.parameterSteps, ["b": 2], name)
      let second = parameters()
      for (old, new) in zip(first, second) { new.value = old.value.detached }
      let after = make(second)
      try after.restore(
        stepCount: before.stepCount, parameterSteps: before.parameterSteps, stateTensors: before.stateTensors)
      train(second, after, frozen.suffix(from: 1002))
      XCTAssertEqual(
        second.map { $0.value.scalars.map(\.bitPattern) }, whole.map { $0.value.scalars.map(\.bitPattern) }, name)
    }
  }

  /// The fused step of a product and the others count alike.
  func testMinimizeCountsAlike() {
    let runs = [true, false].map { fused in
      RandomGenerator.shared.reset(seed: 4)
      let (first, second) = (Dense(40, 60, activation: .relu), Dense(60, 50))
      let parameters = [first.weight, first.bias!, second.weight, second.bias!]
      let optimizer = Adam(parameters, learningRate: 0.01)
      optimizer.leastFusedCount = 1
      let x = RandomGenerator(seed: 1).normal([65, 40])
      for step in 0..<6 {
        first.weight.isTrainable = step >= 3
        let loss = second(first(x)).squared().mean()
        if fused {
          optimizer.minimize(loss)
        } else {
          loss.backward()
          optimizer.step()
        }
      }
      XCTAssertEqual(optimizer.parameterSteps, ["0": 3])
      return parameters.map { $0.value.scalars.map(\.bitPattern) }
    }
    XCTAssertEqual(runs[0], runs[1])
  }

  /// Checkpoints without steps of single parameters are those of versions that counted the optimizer's alone.
  func testACheckpointWithOneCountStillRestores() throws {
    let parameters = parameters()
    let optimizer = Adam(parameters)
    train(parameters, optimizer, [true, true, false])
    let restored = Adam(self.parameters())
    for (old, new) in zip(parameters, restored.parameters) { new.name = old.name }
    try restored.restore(stepCount: 3, stateTensors: optimizer.stateTensors)
    XCTAssertEqual(restored.parameterSteps, [:])
    XCTAssertEqual(restored.states.map(\.step), [3, 3])
    XCTAssertThrowsError(
      try restored.restore(stepCount: 3, parameterSteps: ["c": 1], stateTensors: optimizer.stateTensors)
    ) { XCTAssertEqual("\($0)", "the tensors do not fit the optimizer: unexpected steps of c") }
  }

  func testCheckpointFilesKeepTheSteps() throws {
    let folder = try TrainingSupport.temporaryFolder(self)
    let data = TrainingSupport.clouds(48)
    let trainer = TrainingSupport.trainer(epochs: 1)
    trainer.parameters[0].isTrainable = false
    try trainer.fit(data)
    let url = folder.appendingPathComponent("frozen.safetensors")
    try trainer.checkpoint().write(to: url)
    XCTAssertEqual(try Checkpoint(contentsOf: url).parameterSteps, [trainer.parameters[0].name: 0])

    let other = TrainingSupport.trainer(epochs: 1)
    try other.restore(Checkpoint(contentsOf: url))
    XCTAssertEqual(other.optimizer.parameterSteps, trainer.optimizer.parameterSteps)

    // Without a difference the file says nothing of it: what older versions read too.
    let all = TrainingSupport.trainer(epochs: 1)
    try all.fit(data)
    try all.checkpoint().write(to: url)
    let json = try XCTUnwrap(Safetensors(contentsOf: url).metadata["myelin.training"])
    XCTAssertFalse(json.contains("parameterSteps"), json)
    for impossible in ["-1", "9007199254740993"] {
      let broken = json.replacingOccurrences(of: "\"optimizerSteps\":3", with: "\"optimizerSteps\":\(impossible)")
      XCTAssertNotEqual(broken, json)
      var file = try Safetensors(contentsOf: url)
      file.metadata["myelin.training"] = broken
      try file.write(to: url)
      XCTAssertThrowsError(try Checkpoint(contentsOf: url)) {
        XCTAssert("\($0)".contains("counts what no run can have done"), "\($0)")
      }
      file.metadata["myelin.training"] = json
      try file.write(to: url)
    }
  }
}
