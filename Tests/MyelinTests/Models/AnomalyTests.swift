import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class AnomalyTests: XCTestCase {
  /// After an epoch or two odd rows come back worse than others; which rows are odd is not in the training.
  func testFindsAttacksThatNobodyMarked() throws {
    let options = try RunOptions.suited(to: RunSource(recipe: "anomaly"))
    let task = try XCTUnwrap(Anomaly().task(options, near: nil) as? AnomalyTask)
    XCTAssertNil(task.training.labels)
    XCTAssertNil(task.training.batch(0..<3).labels)
    XCTAssertEqual(task.training.count + task.test.count, 19852)
    RandomGenerator.shared.reset(seed: 1)
    let model = task.makeModel(options)
    let trainer = task.makeTrainer(model, options)
    trainer.options.epochs = 2
    trainer.options.batchSize = 256
    try trainer.fit(task.augmented)
    let test = model.test(on: task.test)
    XCTAssertGreaterThan(try XCTUnwrap(test.scores[.averagePrecision]), 0.3)
    XCTAssertGreaterThan(try XCTUnwrap(test.scores[.rocAUC]), 0.9)
    guard case .measured(let headline, let tables) = test.kind else { return XCTFail("no tables") }
    XCTAssertEqual(headline, .averagePrecision)
    XCTAssertEqual(tables.map(\.rows.count), [5, 3])
  }
}
