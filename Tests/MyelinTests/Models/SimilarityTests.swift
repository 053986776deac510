import Myelin
import XCTest

@testable import MyelinModels

final class SimilarityTests: XCTestCase {
  /// The official runs: 20 of 20 ways; by pixels a fifth is found, as the data's description says.
  func testOneShotRunsAndPixels() throws {
    let options = try RunOptions.suited(to: RunSource(recipe: "similar"))
    let task = try XCTUnwrap(Similar().task(options, near: nil) as? SimilarityTask)
    XCTAssertEqual(task.test.count, 20)
    let batch = task.test.batch(0..<20)
    XCTAssertEqual(batch.inputs.shape, [800, 35, 35, 1])
    for run in 0..<20 {
      XCTAssertEqual(batch.answers.values[20 * run..<20 * run + 20].sorted(), (0..<20).map { Int32($0) })
    }
    let chosen = SimilarityModel.chosen(batch.inputs.flattened(), ways: 20)
    XCTAssertEqual(Double(zip(chosen, batch.answers.values).count { $0 == Int($1) }) / 400, 0.22, accuracy: 0.001)
    XCTAssertEqual(task.names[0], "Balinese, character 1, drawer 1")
    XCTAssertEqual(task.names[4839], "Tagalog, character 17, drawer 20")
  }

  /// A drawn batch is of the place alone; examples and items are the same characters by two people, of positions that
  /// occur once.
  func testDrawnEpisodes() throws {
    let drawings = PictureDataset(
      height: 9, width: 9, channels: 1, bytes: (0..<3 * 4 * 81).map { UInt8($0 / 81) },
      labels: [Int32](repeating: 0, count: 12), mean: [0], deviation: [1 / 255])
    // Two alphabets of one and two characters, by four people each.
    let alphabets = [[[0, 1, 2, 3], [4, 5, 6, 7]], [[8, 9, 10, 11]]]
    var distortion = Distortion()
    (distortion.turn, distortion.stretch, distortion.slant, distortion.move, distortion.bend) = (0, 1, 0, 0, 0)
    let drawing = EpisodeDrawing(alphabets: alphabets, values: (0..<256).map(Float.init), distortion: distortion)
    let samples = EpisodeSamples(
      drawings: drawings, episodes: [.init(examples: [0, 4], items: [5, 1], answers: [1, 0])], drawing: drawing)
    let rows: [Int32] = [0, 0, 0]
    func batch(_ seed: UInt64) -> EpisodeBatch {
      rows.withUnsafeBufferPointer { samples.batch($0, at: BatchPlace(seed: seed, epoch: 0, batch: 0)) }
    }
    let first = batch(1)
    XCTAssertEqual(first.inputs.shape, [12, 9, 9, 1])
    XCTAssertEqual(first.inputs.scalars, batch(1).inputs.scalars)
    XCTAssertNotEqual(first.inputs.scalars, batch(2).inputs.scalars)
    // Each drawing is of one grey, its number: the character is a quarter of it.
    let numbers = (0..<12).map { Int(first.inputs[$0..<$0 + 1].scalars[40].rounded()) }
    for episode in 0..<3 {
      let part = Array(numbers[4 * episode..<4 * episode + 4])
      XCTAssertEqual(part[0] / 4, part[2] / 4)
      XCTAssertEqual(part[1] / 4, part[3] / 4)
      XCTAssertNotEqual(part[0] % 4, part[2] % 4, "two people")
    }
    let given = samples.batch(0..<1)
    XCTAssertEqual(given.answers.values, [1, 0])
    XCTAssertEqual(given.inputs[2..<3].scalars[0], 5)
  }

  /// Without chance in it, a turn by a quarter is exact.
  func testTurnsAndMirrors() {
    var distortion = Distortion()
    (distortion.turn, distortion.stretch, distortion.slant, distortion.move, distortion.bend) = (0, 1, 0, 0, 0)
    let source: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    func mapped(_ turns: Int, _ isMirrored: Bool) -> [Float] {
      var target = [Float](repeating: 0, count: 9)
      let map = distortion.map(3, 3, turns: turns, isMirrored: isMirrored, RandomGenerator(seed: 0))
      source.withUnsafeBufferPointer { source in
        target.withUnsafeMutableBufferPointer { map.apply(source, (0..<256).map(Float.init), 3, 3, $0) }
      }
      return target.map { ($0 * 1000).rounded() / 1000 }
    }
    XCTAssertEqual(mapped(0, false), [1, 2, 3, 4, 5, 6, 7, 8, 9])
    XCTAssertEqual(mapped(0, true), [3, 2, 1, 6, 5, 4, 9, 8, 7])
    XCTAssertEqual(Set((0..<8).map { mapped($0 % 4, $0 >= 4) }).count, 8)
    XCTAssertEqual(mapped(2, false), [9, 8, 7, 6, 5, 4, 3, 2, 1])
  }

  /// After some steps without distortions more characters of unseen alphabets are found than the 22% that pixels find; by
  /// the same bits with any number of threads.
  func testLearnsAndRepeats() throws {
    defer { Runtime.threadCount = 0 }
    let options = try RunOptions.suited(to: RunSource(recipe: "similar"))
    let task = try XCTUnwrap(Similar().task(options, near: nil) as? SimilarityTask)
    func train(_ threads: Int, _ count: Int, _ drawing: EpisodeDrawing? = nil) throws -> Embedder {
      Runtime.threadCount = threads
      RandomGenerator.shared.reset(seed: 2)
      let embedder = Embedder(.init(picture: PictureSize(35, 35, 1), widths: [8, 16, 32, 48], dimension: 64))
      let trainer = Trainer(
        embedder, objective: SimilarityModel.objective, optimizer: AdamW(embedder.parameters, learningRate: 5e-3))
      trainer.options.epochs = 1
      trainer.options.batchSize = 2
      let samples = EpisodeSamples(
        drawings: task.training.drawings, episodes: Array(task.training.episodes.prefix(count)),
        drawing: drawing)
      try trainer.fit(samples)
      return embedder
    }
    let bits = try [1, 2, 3].map { threads in
      try train(threads, 4, task.training.drawing).stateDictionary.sorted { $0.key < $1.key }.flatMap {
        $0.value.scalars.map(\.bitPattern)
      }
    }
    XCTAssertEqual(bits[1], bits[0])
    XCTAssertEqual(bits[2], bits[0])
    let embedder = try train(0, 200)
    let batch = task.test.batch(0..<20)
    let chosen = SimilarityModel.chosen(predict(embedder, batch.inputs), ways: 20)
    XCTAssertGreaterThan(Double(zip(chosen, batch.answers.values).count { $0 == Int($1) }) / 400, 0.25)
  }
}
