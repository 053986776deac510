import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class GPTTests: XCTestCase {
  private let configurations: [GPT.Configuration] = [
    .gpt2(vocabulary: 13, context: 24, width: 16, heads: 4, layers: 2),
    .modern(vocabulary: 13, context: 24, width: 16, heads: 2, layers: 3),
  ]

  /// All weights moved a little, so that nothing is 0.
  private func model(_ configuration: GPT.Configuration) -> GPT {
    RandomGenerator.shared.reset(seed: 5)
    let model = GPT(configuration)
    let random = RandomGenerator(seed: 6)
    for parameter in model.parameters {
      parameter.value = parameter.value.detached + random.normal(parameter.shape, standardDeviation: 0.2)
    }
    return model
  }

  /// Widths beyond the vectors, the blocks of products and the rows that they branch at: the same bits there too, at any
  /// thread count.
  func testDecoderOfAWiderModel() {
    RandomGenerator.shared.reset(seed: 8)
    let model = GPT(.gpt2(vocabulary: 301, context: 96, width: 192, heads: 4, layers: 2))
    let text = RandomGenerator(seed: 9).uniform([96], low: 0, high: 301).scalars.map { Int32($0) }
    let whole = withRowsAlone { withoutGradient { model(Indices(text, shape: [1, 96])).scalars } }
    defer { Runtime.threadCount = 0 }
    for threads in 1...3 {
      Runtime.threadCount = threads
      let decoder = GPTDecoder(model)
      var read = 0
      for count in [70, 1, 1, 12, 9, 1, 2] {
        let logits = decoder.read(Array(text[read..<read + count]))
        read += count
        XCTAssertEqual(logits.scalars, Array(whole[(read - 1) * 301..<read * 301]), "\(read), \(threads) threads")
      }
    }
  }

  private func tokens(_ count: Int, _ seed: UInt64 = 1) -> [Int32] {
    RandomGenerator(seed: seed).uniform([count], low: 0, high: 13).scalars.map { Int32($0) }
  }

  func testSizesAndGradients() {
    for configuration in configurations {
      let model = model(configuration)
      XCTAssertEqual(configuration.size.parameterCount, model.parameters.reduce(0) { $0 + $1.count })
      let input = Indices(tokens(10), shape: [2, 5]), next = Indices(tokens(10, 2), shape: [2, 5])
      XCTAssertEqual(model(input).shape, [2, 5, 13])
      let check = checkGradients(of: model.parameters) { model.loss(input, next) }
      XCTAssertTrue(check.isWithin(1e-2), "\(check.worst)")
      let plain = softmaxCrossEntropy(model(input), next)
      XCTAssertEqual(model.loss(input, next).scalar, plain.scalar, accuracy: 1e-5)
    }
  }

  /// A decoder gives what the whole sequence gives, token by token, several at a time and beyond the context.
  func testDecoder() {
    for configuration in configurations {
      let model = model(configuration)
      let text = tokens(40)
      let decoder = GPTDecoder(model)
      let whole = withRowsAlone { withoutGradient { model(Indices(Array(text[..<24]), shape: [1, 24])).scalars } }
      var read = 0
      for count in [5, 1, 1, 7, 1, 9] {
        let logits = decoder.read(Array(text[read..<read + count]))
        read += count
        let expected = Array(whole[(read - 1) * 13..<read * 13])
        XCTAssertEqual(logits.scalars, expected, "\(read) of \(configuration)")
      }
      // Full: it goes on from the last half.
      let logits = decoder.read([text[24]])
      XCTAssertEqual(decoder.tokens, Array(text[13...24]))
      let again = withRowsAlone { withoutGradient { model(Indices(Array(text[13...24]), shape: [1, 12])).scalars } }
      XCTAssertEqual(logits.scalars, Array(again.suffix(13)))
    }
  }

  func testSampling() {
    let logits = Tensor([1, 3, 2, 3, -Float.infinity] as [Float])
    XCTAssertEqual(Sampling(temperature: 0).draw(logits), 1)
    XCTAssertEqual(Sampling(topK: 1, seed: 3).draw(logits), 1)
    let all = Sampling(seed: 1)
    var counts = [0, 0, 0, 0, 0]
    for _ in 0..<4000 { counts[Int(all.draw(logits))] += 1 }
    let weights = [1, 3, 2, 3].map { exp(Double($0)) }
    for (count, weight) in zip(counts, weights) {
      XCTAssertEqual(Double(count) / 4000, weight / weights.reduce(0, +), accuracy: 0.03)
    }
    XCTAssertEqual(counts[4], 0)
    let two = Sampling(topK: 2, seed: 2)
    XCTAssertEqual(Set((0..<200).map { _ in two.draw(logits) }), [1, 3])
    // Two fifths of the mass are in the first, four in both.
    let most = Sampling(topP: 0.7, seed: 2)
    XCTAssertEqual(Set((0..<200).map { _ in most.draw(logits) }), [1, 3])
    let (first, second) = (Sampling(seed: 9), Sampling(seed: 9))
    XCTAssertEqual((0..<50).map { _ in first.draw(logits) }, (0..<50).map { _ in second.draw(logits) })
  }

  func testGenerationStreamsAndRepeats() {
    let model = model(configurations[1])
    func run(_ count: Int) -> [Int32] {
      var drawn: [Int32] = []
      GPTDecoder(model).generate([1, 2], count: 60, sampling: Sampling(temperature: 0.9, topK: 5, seed: 4)) {
        drawn.append($0)
        return drawn.count < count
      }
      return drawn
    }
    XCTAssertEqual(run(100).count, 60)
    XCTAssertEqual(run(10), Array(run(60).prefix(10)))
  }

  /// Training gives the same bits with any number of threads.
  func testTrainingIsTheSameWithAnyNumberOfThreads() {
    defer { Runtime.threadCount = 0 }
    let configurations: [GPT.Configuration] = [
      .gpt2(vocabulary: 65, context: 64, width: 128, heads: 4, layers: 2, dropout: 0.1),
      .modern(vocabulary: 65, context: 64, width: 128, heads: 4, layers: 2),
    ]
    func bits(_ configuration: GPT.Configuration) -> [UInt32] {
      RandomGenerator.shared.reset(seed: 1)
      let model = GPT(configuration)
      let optimizer = AdamW(model.parameters, learningRate: 1e-2)
      let random = RandomGenerator(seed: 2)
      for _ in 0..<3 {
        let drawn = random.uniform([8 * 65], low: 0, high: 65).scalars.map { Int32($0) }
        let input = Indices(shape: [8, 64]) { for i in $0.indices { $0[i] = drawn[i / 64 * 65 + i % 64] } }
        let next = Indices(shape: [8, 64]) { for i in $0.indices { $0[i] = drawn[i / 64 * 65 + i % 64 + 1] } }
        optimizer.minimize(model.loss(input, next))
      }
      return model.parameters.flatMap { $0.value.scalars.map(\.bitPattern) }
    }
    let runs = [1, 2, 3, 4].map { threads in
      Runtime.threadCount = threads
      return configurations.flatMap(bits)
    }
    for run in runs[1...] { XCTAssertEqual(run, runs[0]) }
    XCTAssertTrue(runs[0].allSatisfy { Float(bitPattern: $0).isFinite })
  }

  // MARK: Encoder and decoder

  func testEncoderDecoder() {
    RandomGenerator.shared.reset(seed: 3)
    var configuration = EncoderDecoder.Configuration(
      source: 11, target: 9, context: 12, width: 8, heads: 2, layers: 2, dropout: 0)
    configuration.blocks.feedForward = .gelu  // Numerical differences meet no kink.
    let model = EncoderDecoder(configuration)
    XCTAssertEqual(configuration.size.parameterCount, model.parameters.reduce(0) { $0 + $1.count })
    let source = Indices([1, 2, 3, 10, 0, 5, 6, 0, 0, 0] as [Int32], shape: [2, 5])
    let lengths = Indices([5, 2]), target = Indices([0, 3, 4, 0, 8, 7] as [Int32], shape: [2, 3])
    let next = Indices([3, 4, 1, 8, 7, -1] as [Int32], shape: [2, 3])
    let check = checkGradients(of: model.parameters) {
      model.loss(source: source, lengths: lengths, target: target, next: next, labelSmoothing: 0.1)
    }
    XCTAssertTrue(check.isWithin(1e-2), "\(check.worst)")
    withoutGradient {
      let whole = model(.init(source: source, lengths: lengths, target: target)).scalars
      // Padding changes nothing.
      let alone = model(
        .init(
          source: Indices([5, 6] as [Int32], shape: [1, 2]), target: Indices([0, 8, 7] as [Int32], shape: [1, 3])))
      assertClose(Array(whole[27...]), alone.scalars, tolerance: 1e-5)
      // Step by step.
      let remembered = model.decoder.remember(model.encode(source, lengths: lengths))
      let caches = model.decoder.makeCaches(capacity: 12)
      for step in 0..<3 {
        let tokens = Indices([target[step], target[3 + step]], shape: [2, 1])
        let logits = model.logits(model.decode(tokens, remembered: remembered, lengths: lengths, caches: caches))
        assertClose(
          logits.scalars, Array(whole[step * 9..<step * 9 + 9]) + Array(whole[27 + step * 9..<27 + step * 9 + 9]),
          tolerance: 1e-5, "step \(step)")
      }
    }
  }

  func testVisionTransformerLooks() {
    RandomGenerator.shared.reset(seed: 3)
    let model = VisionTransformer(
      .init(picture: PictureSize(8, 12, 1), patch: 4, width: 8, heads: 2, layers: 2, classCount: 3))
    let x = RandomGenerator(seed: 1).normal([2, 8, 12, 1])
    let map = model.attentionMap(x)
    XCTAssertEqual(map.shape, [2, 2, 3])
    assertClose(map.reshaped([2, 6]).sum(axis: 1).scalars, [1, 1])
    let check = checkGradients(of: model.parameters) { softmaxCrossEntropy(model(x), Indices([0, 2])) }
    XCTAssertTrue(check.isWithin(1e-2), "\(check.worst)")
  }
}
