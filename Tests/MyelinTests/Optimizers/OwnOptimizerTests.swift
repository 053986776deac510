// Not @testable: what is here can be written in any package that depends on Myelin.
import Foundation
import Myelin
import XCTest

/// Lion (Chen et al. 2023): w ← w − η (sign(β₁ m + (1 − β₁) g) + λ w), m = β₂ m + (1 − β₂) g.
private final class Lion: Optimizer {
  override func makeState(for parameter: Parameter) -> [String: Tensor] {
    ["momentum": Tensor(zeros: parameter.shape)]
  }

  override func update(_ parameter: Parameter, gradient: Tensor, state: inout State) {
    let direction = (0.9 * state["momentum"] + 0.1 * gradient).sign()
    parameter.value -= state.learningRate * (direction + state.weightDecay * parameter.value)
    state["momentum"] = 0.99 * state["momentum"] + 0.01 * gradient
  }
}

/// Adafactor (Shazeer & Stern 2018) without its relative step sizes: the second moment of a matrix as the product of a
/// row and a column, v ≈ r cᵀ / mean(r), its decay 1 − t^−0.8; w ← w − η u / max(1, rms(u)) with u = g / √v.
private final class Adafactor: Optimizer {
  let epsilon: Float

  init(_ parameters: [Parameter], learningRate: Float, epsilon: Float = 1e-30) {
    self.epsilon = epsilon
    super.init(parameters, learningRate: learningRate)
  }

  override func makeState(for parameter: Parameter) -> [String: Tensor] {
    let shape = parameter.shape
    if shape.rank < 2 { return ["secondMoment": Tensor(zeros: shape)] }
    return ["rows": Tensor(zeros: [shape[0], 1]), "columns": Tensor(zeros: [1, shape[1]]), "largest": Tensor(0)]
  }

  override func update(_ parameter: Parameter, gradient: Tensor, state: inout State) {
    let decay = 1 - Float(pow(Double(state.step), -0.8))
    func average(_ name: String, _ value: Tensor) {
      state[name] = decay * state[name] + (1 - decay) * value
    }
    let squares = gradient.squared() + epsilon
    let moment: Tensor
    if parameter.shape.rank < 2 {
      average("secondMoment", squares)
      moment = state["secondMoment"]
    } else {
      average("rows", squares.mean(axis: 1, keepingAxis: true))
      average("columns", squares.mean(axis: 0, keepingAxis: true))
      moment = state["rows"] * state["columns"] / state["rows"].mean()
    }
    let update = gradient / sqrt(moment)
    let size = sqrt(update.squared().mean())
    if parameter.shape.rank == 2 { state["largest"] = maximum(state["largest"], size) }
    parameter.value -= state.learningRate * update / maximum(size, Tensor(1))
  }
}

/// Muon (Jordan 2024): the momentum's nearest orthogonal matrix by five Newton–Schulz iterations, for weights with two
/// axes; the others are SGD with momentum.
private final class Muon: Optimizer {
  override func makeState(for parameter: Parameter) -> [String: Tensor] {
    ["momentum": Tensor(zeros: parameter.shape)]
  }

  override func update(_ parameter: Parameter, gradient: Tensor, state: inout State) {
    state["momentum"] = 0.95 * state["momentum"] + gradient
    var direction = gradient + 0.95 * state["momentum"]
    if parameter.shape.rank == 2 { direction = orthogonal(direction) }
    parameter.value -= state.learningRate * direction
  }

  private func orthogonal(_ matrix: Tensor) -> Tensor {
    var x = matrix / (matrix.norm() + 1e-7)
    for _ in 0..<5 {
      let square = matmul(x, x.transposed())
      x = 3.4445 * x + matmul(-4.775 * square + 2.0315 * matmul(square, square), x)
    }
    return x
  }
}

private struct Network: Module {
  let hidden = Dense(2, 16, activation: .tanh)
  let output = Dense(16, 2)
  func callAsFunction(_ x: Tensor) -> Tensor { output(hidden(x)) }
}

final class OwnOptimizerTests: XCTestCase {
  private let inputs = Tensor([0, 0, 0, 1, 1, 0, 1, 1], shape: [4, 2])
  private let labels = Indices([0, 1, 1, 0])

  private func network() -> Network {
    RandomGenerator.shared.reset(seed: 1)
    return Network()
  }

  func testLionIsItsFormula() {
    let parameter = Parameter(Tensor([1, -2, 0.5]))
    let optimizer = Lion([parameter], learningRate: 0.1, weightDecay: 0.5)
    optimizer.configure(where: { _ in true }, learningRateScale: 0.5)
    var (w, m): ([Double], [Double]) = ([1, -2, 0.5], [0, 0, 0])
    for gradient in [[2, -1, 0], [-0.1, 3, 1], [-0.3, -9, 0.5]] as [[Double]] {
      parameter.gradient = Tensor(gradient.map { Float($0) })
      optimizer.step(gradientScale: 0.5)
      for i in 0..<3 {
        let g = gradient[i] * 0.5
        let mixed = 0.9 * m[i] + 0.1 * g
        w[i] -= 0.05 * ((mixed > 0 ? 1 : mixed < 0 ? -1 : 0) + 0.5 * w[i])
        m[i] = 0.99 * m[i] + 0.01 * g
      }
    }
    assertClose(parameter.value.scalars, w.map { Float($0) }, tolerance: 1e-6)
    XCTAssertNil(parameter.gradient)
    XCTAssertEqual(optimizer.stepCount, 3)
  }

  /// Adafactor's factors are exact where the squares of the gradient are a product of a row and a column.
  func testAdafactorTakesStepsOfTheLearningRate() {
    let parameter = Parameter(Tensor([0, 0, 0, 0, 0, 0], shape: [2, 3]))
    let optimizer = Adafactor([parameter], learningRate: 0.1)
    for step in 1...3 {
      parameter.gradient = Tensor([1, -2, 4, 10, 20, -40], shape: [2, 3])
      optimizer.step()
      assertClose(
        parameter.value.scalars, [-1, 1, -1, -1, -1, 1].map { 0.1 * Float(step) * $0 }, tolerance: 1e-5)
    }
    XCTAssertEqual(
      optimizer.stateTensors.mapValues(\.shape), ["rows.0": [2, 1], "columns.0": [1, 3], "largest.0": []])
    assertClose(optimizer.stateTensors["rows.0"]!.scalars, [7, 700], tolerance: 1e-5)
  }

  func testTheyTrain() {
    let makes: [(String, ([Parameter]) -> Optimizer)] = [
      ("Lion", { Lion($0, learningRate: 0.01) }), ("Adafactor", { Adafactor($0, learningRate: 0.02) }),
      ("Muon", { Muon($0, learningRate: 0.02) }),
    ]
    for (name, make) in makes {
      let network = network()
      let optimizer = make(network.parameters)
      let first = softmaxCrossEntropy(network(inputs), labels).scalar
      for _ in 0..<300 {
        let loss = softmaxCrossEntropy(network(inputs), labels)
        loss.backward()
        optimizer.clipGradients(norm: 10)
        optimizer.step()
      }
      let last = softmaxCrossEntropy(network(inputs), labels).scalar
      XCTAssertLessThan(last, 0.1 * first, name)
    }
  }

  func testMinimizeIsBackwardAndStep() {
    let runs = [true, false].map { inOne in
      let network = network()
      let optimizer = Adafactor(network.parameters, learningRate: 0.02)
      for _ in 0..<3 {
        let loss = softmaxCrossEntropy(network(inputs), labels)
        if inOne {
          optimizer.minimize(loss, gradientScale: 0.5)
        } else {
          loss.backward()
          optimizer.step(gradientScale: 0.5)
        }
      }
      return network.parameters.map { $0.value.scalars.map(\.bitPattern) }
    }
    XCTAssertEqual(runs[0], runs[1])
  }

  /// Frozen parameters stay, and begin with step 1 when they are trained.
  func testFrozenParametersBeginLate() {
    final class Recorder: Optimizer {
      var steps: [String] = []
      override func update(_ parameter: Parameter, gradient: Tensor, state: inout State) {
        steps.append("\(parameter.name) \(state.step)")
        XCTAssertFalse(isRecordingGradients)
      }
    }
    let network = network()
    let optimizer = Recorder(network.parameters, learningRate: 1)
    network.freeze("hidden", "output.bias")
    for step in 0..<3 {
      if step == 2 { network.unfreeze("output.bias") }
      softmaxCrossEntropy(network(inputs), labels).backward()
      optimizer.step()
    }
    XCTAssertEqual(optimizer.steps, ["output.weight 1", "output.weight 2", "output.weight 3", "output.bias 1"])
  }

  /// What `update` was given stays what it was.
  func testAKeptGradientDoesNotChange() {
    final class Keeper: Optimizer {
      override func makeState(for parameter: Parameter) -> [String: Tensor] { ["last": Tensor(zeros: parameter.shape)] }
      override func update(_ parameter: Parameter, gradient: Tensor, state: inout State) { state["last"] = gradient }
    }
    let parameter = Parameter(Tensor([0, 0]))
    let optimizer = Keeper([parameter], learningRate: 1)
    parameter.gradient = Tensor([1, 2])
    optimizer.step()
    let kept = optimizer.stateTensors["last.0"]!
    parameter.gradient = Tensor([5, 6])
    XCTAssertEqual(optimizer.stateTensors["last.0"]!.scalars, [1, 2])
    optimizer.step()
    XCTAssertEqual(optimizer.stateTensors["last.0"]!.scalars, [5, 6])
    XCTAssertEqual(kept.scalars, [1, 2])
  }

  /// Stopped, saved, read and restored: the same bits as in one go.
  func testCheckpointsKeepAllStates() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("myelin-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = TensorDataset(inputs: inputs, labels: labels)
    func trainer(epochs: Int) -> Trainer<TensorBatch> {
      let network = network()
      return Trainer(
        network, objective: .classification(), optimizer: Adafactor(network.parameters, learningRate: 0.02),
        options: TrainerOptions {
          $0.epochs = epochs
          $0.batchSize = 3
          $0.stopsOnInterrupt = false
        })
    }
    func bits(_ trainer: AnyTrainer) -> [[UInt32]] { trainer.parameters.map { $0.value.scalars.map(\.bitPattern) } }
    let whole = trainer(epochs: 5)
    try whole.fit(data)

    let url = folder.appendingPathComponent("checkpoint.safetensors")
    let first = trainer(epochs: 2)
    try first.fit(data)
    try first.checkpoint().write(to: url)
    let read = try Checkpoint(contentsOf: url)
    XCTAssertEqual(read.optimizerStates["rows.hidden.weight"]?.shape, [2, 1])
    XCTAssertEqual(read.optimizerStates["secondMoment.output.bias"]?.shape, [2])
    let second = trainer(epochs: 5)
    try second.restore(read)
    try second.fit(data)
    XCTAssertEqual(bits(second), bits(whole))

    let model = network()
    let other = Trainer<TensorBatch>(
      model, objective: .classification(), optimizer: Lion(model.parameters, learningRate: 1))
    XCTAssertThrowsError(try other.restore(read)) {
      XCTAssert("\($0)".contains("missing momentum.hidden.weight"), "\($0)")
    }
  }
}
