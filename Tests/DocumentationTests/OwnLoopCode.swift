import Foundation
import Myelin
import MyelinModels
import XCTest

extension Metric {
  static let perplexity = Metric("perplexity", direction: .lowerIsBetter)
}

/// exp of the mean loss of all tokens.
struct Perplexity: MetricAccumulator {
  var sum: Double
  var tokens: Double
  var measurements: [(metric: Metric, value: Double?)] {
    [(.perplexity, tokens == 0 ? nil : exp(sum / tokens))]
  }
  mutating func merge(_ other: Perplexity) {
    sum += other.sum
    tokens += other.tokens
  }
}

/// Windows of a text and the tokens that come next.
struct Windows: Dataset {
  struct Batch: ModelBatch {
    var inputs: Indices
    var next: Indices
  }
  let tokens: [Int32]
  let length: Int
  var count: Int { tokens.count - length }

  func batch(_ rows: UnsafeBufferPointer<Int32>) -> Batch {
    let shape = Shape(rows.count, length)
    func window(_ offset: Int) -> Indices {
      Indices(rows.flatMap { tokens[(Int($0) + offset)...].prefix(length) }, shape: shape)
    }
    return Batch(inputs: window(0), next: window(1))
  }
}

/// The next token by the last one alone.
struct Bigram: Module {
  let logits = Parameter(Tensor(zeros: [5, 5]))
  func callAsFunction(_ tokens: Indices) -> Tensor {
    logits.value.gathered(tokens.reshaped([tokens.count]))
  }
}

/// Lion (Chen et al. 2023): w ← w − η (sign(β₁ m + (1 − β₁) g) + λ w), m = β₂ m + (1 − β₂) g.
final class Lion: Optimizer {
  override func makeState(for parameter: Parameter) -> [String: Tensor] {
    ["momentum": Tensor(zeros: parameter.shape)]
  }

  override func update(_ parameter: Parameter, gradient: Tensor, state: inout State) {
    let direction = (0.9 * state["momentum"] + 0.1 * gradient).sign()
    parameter.value -= state.learningRate * (direction + state.weightDecay * parameter.value)
    state["momentum"] = 0.99 * state["momentum"] + 0.01 * gradient
  }
}

/// The code of the article "A training loop of your own".
final class OwnLoopCode: XCTestCase {
  override func setUp() { RandomGenerator.shared.reset(seed: 1) }

  private let data = TensorDataset(
    inputs: RandomGenerator(seed: 4).normal([96, 8]), labels: Indices((0..<96).map { $0 % 3 }))

  func testALoop() {
    let model = MLP([8, 16, 3])
    let optimizer = AdamW(model.parameters, learningRate: 1e-2)
    let loader = DataLoader(data, batchSize: 32, seed: 7)
    let schedule = Schedule.cosine(length: 5, warmup: 1)
    for epoch in 0..<5 {
      for (step, batch) in loader.enumerated() {
        let position = Double(epoch) + (Double(step) + 0.5) / Double(loader.batchCount)
        optimizer.learningRate = 1e-2 * schedule.factor(at: position)
        let loss = softmaxCrossEntropy(model(batch.inputs), batch.labels!)
        loss.backward()
        optimizer.clipGradients(norm: 1)
        optimizer.step()
      }
    }
    let accuracy = accuracy(predict(model, data.inputs), data.labels!)
    XCTAssertNotNil(accuracy)

    let batch = data.batch(0..<32)
    let loss = softmaxCrossEntropy(model(batch.inputs), batch.labels!)
    optimizer.minimize(loss)
    XCTAssertEqual(optimizer.parameters.compactMap(\.gradient).count, 0)
  }

  func testAnObjectiveOfOnesOwn() throws {
    let nextToken = Objective<Tensor, Windows.Batch>("next token") { scores, batch in
      let next = batch.next.reshaped([batch.next.count])
      let loss = softmaxCrossEntropy(scores, next)
      let tokens = Double(next.count)
      return BatchLoss(
        loss: loss, weight: tokens,
        metrics: [Perplexity(sum: Double(loss.scalar) * tokens, tokens: tokens)])
    }
    let text = Windows(tokens: (0..<200).map { $0 % 5 }, length: 8)
    let model = Bigram()
    let trainer = Trainer(model, objective: nextToken, optimizer: Adam(model.parameters, learningRate: 0.2))
    trainer.options.measure = "perplexity"
    trainer.options.earlyStopping = EarlyStopping(patience: 3)
    try trainer.fit(text, validation: text)
    print(trainer.evaluate(text).scores)
    XCTAssertLessThan(trainer.evaluate(text).scores[.perplexity]!, 1.1)
  }

  func testAClosure() throws {
    let model = MLP([8, 16, 3])
    let trainer = Trainer<TensorBatch>(model, optimizer: SGD(model.parameters, learningRate: 0.1)) {
      model, batch in
      let penalty = model.layers[0].weight.value.squared().sum() * 1e-4
      return BatchLoss(loss: softmaxCrossEntropy(model(batch.inputs), batch.labels!) + penalty)
    }
    try trainer.fit(data)
    XCTAssertEqual(trainer.state.epoch, 10)
  }

  func testAnOptimizerOfOnesOwn() throws {
    let model = MLP([8, 16, 3])
    let trainer = Trainer(
      model, objective: .classification(), optimizer: Lion(model.parameters, learningRate: 1e-3))
    try trainer.fit(data)
    XCTAssertEqual(trainer.checkpoint().optimizerStates.count, 4)
  }

  func testMoreMetrics() throws {
    let model = MLP([8, 16, 3])
    let objective = Objective.classification().measuring { scores, batch in
      var matrix = ConfusionMatrix(classCount: 3)
      matrix.add(scores, batch.labels!)
      return [matrix]
    }
    let evaluation = evaluate(model, objective, on: data)
    let matrix = evaluation.accumulator(ConfusionMatrix.self)!
    print(matrix.scores(.macro)!.f1)
    XCTAssertEqual(matrix.total, 96)
  }

  /// Prints what a run has reached, and ends it when that is enough.
  final class Enough: TrainingObserver {
    func epochDidEnd(_ trainer: AnyTrainer, _ record: EpochRecord, _ progress: TrainingProgress) {
      print(record.epoch, record.training.loss)
      if record.training.loss < 0.1 { trainer.stop() }
    }
  }

  func testAnObserver() throws {
    let model = MLP([8, 32, 3])
    let trainer = Trainer(
      model, objective: .classification(), optimizer: Adam(model.parameters, learningRate: 0.01))
    trainer.options.epochs = 500
    trainer.observers = [Enough()]
    let result = try trainer.fit(data)
    XCTAssertEqual(result.reason, .interrupted)
  }
}
