import Foundation
import Myelin
import XCTest

final class EmbeddingTests: XCTestCase {
  func testRowsByTheirNumbers() {
    let embedding = Embedding(4, 3, generator: RandomGenerator(seed: 1))
    let rows = embedding.weight.value
    let found = embedding(Indices([2, 0, 2, 3], shape: [2, 2]))
    XCTAssertEqual(found.shape, [2, 2, 3])
    XCTAssertEqual(found.scalars, [2, 0, 2, 3].flatMap { rows[$0..<$0 + 1].scalars })
    XCTAssertEqual(embedding.parameterCount, 12)
    XCTAssertEqual(embedding.description, "Embedding(4, 3)")
  }

  /// A row that stands twice gets both gradients, one that does not stand none.
  func testGradients() {
    let embedding = Embedding(4, 2, generator: RandomGenerator(seed: 2))
    let weights = Tensor([1, 2, 3, 4, 5, 6], shape: [3, 2])
    (embedding(Indices([1, 3, 1])) * weights).sum().backward()
    XCTAssertEqual(embedding.weight.gradient!.scalars, [0, 0, 6, 8, 0, 0, 3, 4])
    embedding.weight.gradient = nil
    assertGradients("embedding", [embedding.weight]) { embedding(Indices([1, 3, 1])).squared() }
  }

  func testGradientsHaveTheSameBitsAtAnyThreadCount() {
    defer { Runtime.threadCount = 0 }
    let indices = Indices((0..<5000).map { Int32($0 * $0 % 37) })
    let factors = RandomGenerator(seed: 5).normal([5000, 64])
    let runs = [1, 2, 4].map { threads -> [UInt32] in
      Runtime.threadCount = threads
      let embedding = Embedding(37, 64, generator: RandomGenerator(seed: 3))
      (embedding(indices) * factors).sum().backward()
      return embedding.weight.gradient!.scalars.map(\.bitPattern)
    }
    XCTAssertEqual(runs[1], runs[0])
    XCTAssertEqual(runs[2], runs[0])
  }

  func testWaves() {
    let waves = SinusoidalEmbedding(6, frequencies: 0.5...8)
    let values = waves(Tensor([0, 1.5]))
    XCTAssertEqual(values.shape, [2, 6])
    XCTAssertEqual(values[0..<1].scalars, [1, 1, 1, 0, 0, 0])
    let phases: [Float] = [0.75, 3, 12]
    assertClose(values[1..<2].scalars, phases.map(cosf) + phases.map(sinf), tolerance: 1e-5)
    XCTAssertEqual(waves.parameterCount, 0)
  }
}
