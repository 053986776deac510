import Foundation
import Myelin
import MyelinModels
import XCTest

/// The code of the articles "Determinism", "Profiling" and "Threads".
final class RunningCode: XCTestCase {
  private let data = TensorDataset(
    inputs: RandomGenerator(seed: 4).normal([96, 8]), labels: Indices((0..<96).map { $0 % 3 }))

  func testTheSameBits() throws {
    func train(threads: Int) throws -> [Float] {
      Runtime.threadCount = threads
      RandomGenerator.shared.reset(seed: 7)
      let model = MLP([8, 64, 3], dropout: 0.1)
      let trainer = Trainer(model, objective: .classification(), optimizer: Adam(model.parameters))
      trainer.options.seed = 7
      try trainer.fit(data)
      return model.parameters.flatMap(\.value.scalars)
    }
    XCTAssertEqual(try train(threads: 1), try train(threads: 2))
    Runtime.threadCount = 0
  }

  func testProfiles() throws {
    let trace = FileManager.default.temporaryDirectory.appendingPathComponent("trace-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: trace) }
    let model = MLP([8, 64, 3])
    let optimizer = Adam(model.parameters)
    let profile = Profiler.measure(model, steps: 20) {
      let loss = softmaxCrossEntropy(model(data.inputs), data.labels!)
      optimizer.minimize(loss)
    }
    print(profile)
    try profile.writeTrace(to: trace)  // opens in ui.perfetto.dev
    XCTAssertGreaterThan(profile.rows.count, 3)

    let trainer = Trainer(model, objective: .classification(), optimizer: optimizer)
    let profiler = TrainingProfiler(model, steps: 5, skipping: 2)
    trainer.observers = [profiler]
    try trainer.fit(data)
    XCTAssertNotNil(profiler.profile)
  }

  func testPredictsFromManyTasks() async {
    let batches = (0..<4).map { data.inputs.sliced(24 * $0..<24 * ($0 + 1)) }
    let model = MLP([8, 64, 3])
    let predictor = Predictor(model) { MLP([8, 64, 3]) }
    let classes = await withTaskGroup(of: (Int, Indices).self) { group in
      for (place, batch) in batches.enumerated() {
        group.addTask { (place, predictor(batch).argmax()) }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    XCTAssertEqual(classes.count, 4)
  }
}
