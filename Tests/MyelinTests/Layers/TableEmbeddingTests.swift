import XCTest

@testable import Myelin

final class TableEmbeddingTests: XCTestCase {
  func testLevelsHaveTheirVectors() {
    let layer = CategoryEmbedding(levels: [3, 5], sizes: [2, 1], generator: RandomGenerator(seed: 1))
    XCTAssertEqual(layer.outputs, 3)
    let (first, second) = (layer.tables[0].value.scalars, layer.tables[1].value.scalars)
    let y = layer(Indices([0, 4, 2, -1, -1, 0], shape: [3, 2]))
    XCTAssertEqual(y.shape, [3, 3])
    XCTAssertEqual(
      y.detached.scalars, [first[2], first[3], second[5], first[6], first[7], 0, 0, 0, second[1]])
    XCTAssertEqual(layer.namedParameters.map(\.name), ["tables.0", "tables.1"])
    assertGradients("\(layer)", layer.parameters) { layer(Indices([0, 4, 2, 1, 0, 0], shape: [3, 2])) }
  }

  func testSizesSuitTheLevels() {
    XCTAssertEqual([1, 2, 10, 100, 1000, 1_000_000].map(CategoryEmbedding.suitedSize), [2, 2, 6, 21, 50, 50])
  }

  /// A column of 200 levels, each with an answer of its own: what one vector a level can hold.
  func testItLearnsWhatEachLevelSays() throws {
    RandomGenerator.shared.reset(seed: 3)
    let levels = (0..<2000).map { Int32($0 * 7 % 200) }
    let answers = RandomGenerator(seed: 4).normal([200, 1]).scalars
    let targets = Tensor(levels.map { answers[Int($0)] }, shape: [2000, 1])
    let embedding = CategoryEmbedding(levels: [200])
    let output = Dense(embedding.outputs, 1)
    let optimizer = Adam(embedding.parameters + output.parameters, learningRate: 0.02)
    let x = Indices(levels, shape: [2000, 1])
    for _ in 0..<200 { optimizer.minimize(meanSquaredError(output(embedding(x)), targets)) }
    let error = withoutGradient { meanSquaredError(output(embedding(x)), targets) }.scalar
    XCTAssertLessThan(error, 0.01)
  }

  func testSinesAndCosines() {
    let layer = PeriodicEmbedding(2, frequencies: 3, generator: RandomGenerator(seed: 5))
    let x = RandomGenerator(seed: 6).normal([4, 2], standardDeviation: 0.2)
    let y = layer(x)
    XCTAssertEqual(y.shape, [4, 12])
    let (values, numbers, c) = (y.detached.scalars, x.scalars, layer.frequencies.value.scalars)
    for row in 0..<4 {
      for input in 0..<2 {
        for frequency in 0..<3 {
          let angle = 2 * Float.pi * c[input * 3 + frequency] * numbers[row * 2 + input]
          XCTAssertEqual(values[row * 12 + input * 6 + frequency], sin(angle), accuracy: 1e-5)
          XCTAssertEqual(values[row * 12 + input * 6 + 3 + frequency], cos(angle), accuracy: 1e-5)
        }
      }
    }
    assertGradients("\(layer)", layer.parameters) { layer(x) }
  }
}
