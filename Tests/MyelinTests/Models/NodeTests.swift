import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class NodeTests: XCTestCase {
  private func run(_ recipe: String, _ change: (inout RunOptions) -> Void = { _ in }) throws -> TrainingRun.Outcome {
    var options = try RunOptions.suited(to: RunSource(recipe: recipe))
    change(&options)
    let folder = try temporaryFolder(self).appendingPathComponent("run").path
    return try TrainingRun(options).train(in: .new(folder, name: recipe))
  }

  /// At most one of the 32 other members is on the wrong side.
  func testKarate() throws {
    for seed in [0, 1] as [UInt64] {
      let outcome = try run("karate") { $0.seed = seed }
      guard case .classification(let matrix, _) = outcome.test.kind else { return XCTFail("no classes") }
      XCTAssertEqual(matrix.total, 32)
      XCTAssertGreaterThanOrEqual(try XCTUnwrap(outcome.test.scores[.accuracy]), 31.0 / 32)
      XCTAssertEqual(outcome.test.pictures.count, 1, "the graph is drawn")
    }
  }

  /// The same bits with any number of threads.
  func testSocialRepeats() throws {
    defer { Runtime.threadCount = 0 }
    let options = try RunOptions.suited(to: RunSource(recipe: "social"))
    let task = try XCTUnwrap(Social().task(options, near: nil) as? NodeTask)
    XCTAssertEqual(task.training.count + task.test.count, 4000)
    let bits = try [1, 2, 3].map { threads in
      Runtime.threadCount = threads
      RandomGenerator.shared.reset(seed: 1)
      let model = task.makeModel(options)
      let trainer = task.makeTrainer(model, options)
      trainer.options.epochs = 3
      trainer.options.batchSize = 1 << 20
      try trainer.fit(task.training)
      return model.nodeNetwork.stateDictionary.sorted { $0.key < $1.key }.flatMap {
        $0.value.scalars.map(\.bitPattern)
      }
    }
    XCTAssertEqual(bits[1], bits[0])
    XCTAssertEqual(bits[2], bits[0])
  }

  /// A node's own class is never among its features, nor that of a node that is watched or tested.
  func testClassesOfOthersAlone() throws {
    let options = try RunOptions.suited(to: RunSource(recipe: "social"))
    let task = try XCTUnwrap(Social().task(options, near: nil) as? NodeTask)
    func told(_ batch: NodeBatch) -> Set<Int32> {
      let columns = batch.inputs.nodes.shape[1]
      let values = batch.inputs.nodes.scalars
      return Set(
        (0..<Int32(4000)).filter {
          values[Int($0) * columns + columns - 1] + values[Int($0) * columns + columns - 2] > 0
        })
    }
    let drawn = task.training.batch(
      0..<task.training.count, at: BatchPlace(seed: 3, epoch: 0, batch: 0))
    XCTAssertTrue(told(drawn).isDisjoint(with: drawn.nodes.values))
    XCTAssertEqual(told(drawn).union(drawn.nodes.values), Set(task.training.nodes))
    let test = task.test.batch(0..<task.test.count)
    XCTAssertEqual(told(test), Set(task.training.nodes))
    XCTAssertTrue(told(test).isDisjoint(with: test.nodes.values))
    XCTAssertEqual(told(task.training.batch(0..<10)).count, task.training.count - 10)
  }

  func testRecommendersHaveTheSizesTheySay() {
    let configuration = Recommender.Configuration(
      users: 5, items: 7, factors: 3, rankingFactors: 2, mean: 1, deviation: 2)
    let recommender = Recommender(configuration)
    XCTAssertEqual(recommender.parameterCount, configuration.size.parameterCount)
    XCTAssertEqual(recommender.buffers.reduce(0) { $0 + $1.value.count }, configuration.size.bufferCount)
  }

  func testNetworksHaveTheSizesTheySay() {
    for kind in NodeNetwork.Configuration.Kind.allCases {
      let configuration = NodeNetwork.Configuration(
        kind: kind, inputs: 5, hidden: 8, layers: 3, outputs: 2, activation: .gelu, dropout: 0.1)
      XCTAssertEqual(NodeNetwork(configuration).parameterCount, configuration.size.parameterCount, kind.rawValue)
    }
  }
}
