import Myelin
import XCTest

final class TransformerTests: XCTestCase {
  private func parameter(_ shape: Shape, seed: UInt64) -> Parameter {
    Parameter(RandomGenerator(seed: seed).uniform(shape, low: -1, high: 1))
  }

  // MARK: Gradients

  func testAttentionGradients() {
    let q = parameter([2, 3, 4, 3], seed: 1), k = parameter([2, 5, 2, 3], seed: 2),
      v = parameter([2, 5, 2, 3], seed: 3)
    let masks: [AttentionMask] = [
      .none, .causal, AttentionMask(window: 2), AttentionMask(lengths: Indices([4, 0])),
      AttentionMask(isCausal: true, bias: RandomGenerator(seed: 4).normal([4, 3, 5])),
      AttentionMask(bias: RandomGenerator(seed: 5).normal([2, 1, 3, 5])),
    ]
    for mask in masks {
      assertGradients("attention", [q, k, v]) { attention(q.value, k.value, v.value, mask: mask) }
      assertGradients("attention, some", [k]) {
        attention(q.value.detached, k.value, v.value.detached, mask: mask, scale: 0.3)
      }
    }
    // One tensor in several places.
    let x = parameter([2, 4, 2, 3], seed: 6)
    assertGradients("attention of one", [x]) { attention(x.value, x.value, x.value, mask: .causal) }
    let queries = RandomGenerator(seed: 7).normal([2, 3, 2, 3])
    assertGradients("attention to one", [x]) { attention(queries, x.value, x.value) }
  }

  func testRotaryGradients() {
    let x = parameter([2, 3, 4, 6], seed: 1)
    let positions = RotaryPositions(headSize: 6, capacity: 8)
    assertGradients("rotary", [x]) { rotary(x.value, positions, from: 2, rotated: 3) }
    assertGradients("rotary and norm", [x]) { rotary(x.value, positions, rotated: 3, epsilon: 1e-3) }
    assertGradients("norm", [x]) { rotary(x.value, nil, epsilon: 1e-3) }
  }

  func testLinearCrossEntropy() {
    let x = parameter([2, 5, 3], seed: 1), w = parameter([7, 3], seed: 2)
    let labels = Indices([0, 6, -1, 2, 2, 3, 1, 5, -1, 4])
    for cap in [nil, 1.5] as [Float?] {
      func fused() -> Tensor { linearCrossEntropy(x.value * 2, w.value, labels, softCap: cap, labelSmoothing: 0.1) }
      assertGradients("linearCrossEntropy", [x, w], fused)
      let logits = tiedOutput(x.value * 2, w.value)
      let plain = softmaxCrossEntropy(cap.map { softCapped(logits, at: $0) } ?? logits, labels, labelSmoothing: 0.1)
      assertClose([fused().scalar], [plain.scalar], tolerance: 1e-6)
    }
    assertGradients("tiedOutput", [x, w]) { tiedOutput(x.value, w.value) }
    // Rows in several chunks: of 2^20 logits at a time.
    let many = parameter([150, 4], seed: 3), wide = parameter([20_000, 4], seed: 4)
    let targets = Indices((0..<150).map { Int32($0 % 7 == 0 ? -1 : $0 * 131) })
    let fused = linearCrossEntropy(many.value, wide.value, targets)
    fused.backward()
    let gradients = (many.gradient!.scalars, wide.gradient!.scalars)
    (many.gradient, wide.gradient) = (nil, nil)
    let plain = softmaxCrossEntropy(tiedOutput(many.value, wide.value), targets)
    plain.backward()
    assertClose([fused.scalar], [plain.scalar], tolerance: 1e-6)
    assertClose(gradients.0, many.gradient!.scalars, tolerance: 1e-6)
    assertClose(gradients.1, wide.gradient!.scalars, tolerance: 1e-6)
  }

  func testBlockGradients() {
    // Without ReLU, whose kink numerical differences would meet; the square of it has a bend.
    for (index, form) in FeedForward.Form.allCases.enumerated() where form != .relu {
      var options = TransformerOptions(width: 6, heads: 3)
      options.feedForward = form
      options.hidden = 5
      options.norm = index % 2 == 0 ? .layerNorm : .rmsNorm
      options.isPreNorm = index % 3 != 1
      options.keyHeads = index % 2 == 0 ? nil : 1
      options.hasQKNorm = index == 3
      options.rotaryCapacity = index > 1 ? 9 : nil
      options.hasBias = index != 4
      let model = TransformerEncoder(options, layers: 2, crossing: index == 2, generator: RandomGenerator(seed: 5))
      let x = parameter([2, 4, 6], seed: 7), memory = parameter([2, 3, 6], seed: 8)
      XCTAssertEqual(
        model.parameters.reduce(0) { $0 + $1.count },
        2 * options.parameterCount(crossing: index == 2)
          + (options.isPreNorm ? (options.norm == .layerNorm ? 12 : 6) : 0), "\(form)")
      assertGradients(
        "\(form)", model.parameters + [x] + (index == 2 ? [memory] : []), tolerance: form == .reluSquared ? 2e-2 : 5e-3
      ) {
        model(
          x.value, mask: .causal, remembered: index == 2 ? model.remember(memory.value) : nil,
          memoryMask: AttentionMask(lengths: Indices([3, 2])))
      }
    }
  }

  // MARK: Behaviour

  /// A causal layer's first steps do not change with what follows, and padding changes nothing.
  func testMasks() {
    let layer = MultiHeadAttention(12, heads: 3, generator: RandomGenerator(seed: 1))
    let x = RandomGenerator(seed: 2).normal([1, 9, 12])
    withoutGradient {
      let whole = layer(x, mask: .causal).scalars
      let part = layer(x.sliced(0..<5, axis: 1), mask: .causal).scalars
      XCTAssertEqual(Array(whole.prefix(5 * 12)).map(\.bitPattern), part.map(\.bitPattern))
      let padded = layer(x, mask: AttentionMask(lengths: Indices([5])))
      let short = layer(x.sliced(0..<5, axis: 1))
      assertClose(Array(padded.scalars.prefix(5 * 12)), short.scalars, tolerance: 0)
      let window = layer(x, mask: AttentionMask(isCausal: true, window: 1)).scalars
      let alone = layer(x.sliced(4..<5, axis: 1)).scalars
      assertClose(Array(window[4 * 12..<5 * 12]), alone, tolerance: 1e-6)
    }
  }

  /// Step by step against a cache: what the whole gives, with rotary positions and grouped heads too. Attention has the
  /// same bits (CKernelsTests); the products before and after it may sum few rows in another order.
  func testCache() {
    let positions = RotaryPositions(headSize: 4, capacity: 20)
    for (keyHeads, rotates) in [(4, false), (2, true), (1, true)] {
      let layer = MultiHeadAttention(
        16, heads: 4, keyHeads: keyHeads, positions: rotates ? positions : nil, qkNorm: rotates,
        generator: RandomGenerator(seed: 1))
      let x = RandomGenerator(seed: 2).normal([2, 11, 16])
      withoutGradient {
        let whole = layer(x, mask: .causal)
        let cache = KeyValueCache(capacity: 20)
        for range in [0..<3, 3..<4, 4..<5, 5..<10, 10..<11] {
          let part = layer(x.sliced(range, axis: 1), mask: .causal, cache: cache)
          assertClose(part.scalars, whole.sliced(range, axis: 1).scalars, tolerance: 1e-6, "\(range)")
        }
        XCTAssertEqual(cache.count, 11)
        cache.select([1, 1, 0])
        let next = RandomGenerator(seed: 3).normal([3, 1, 16])
        let picked = layer(next, mask: .causal, cache: cache)
        let again = layer(
          Tensor.concatenated([x.sliced(1..<2), next.sliced(1..<2)], axis: 1), mask: .causal
        ).sliced(11..<12, axis: 1)
        assertClose(picked.sliced(1..<2).scalars, again.scalars, tolerance: 1e-6)
      }
    }
  }

  func testWeights() {
    let layer = MultiHeadAttention(8, heads: 2, generator: RandomGenerator(seed: 1))
    let x = RandomGenerator(seed: 2).normal([2, 7, 8])
    let weights = layer.weights(x, mask: .causal)
    XCTAssertEqual(weights.shape, [2, 2, 7, 7])
    assertClose(weights.sum(axis: 3).scalars, [Float](repeating: 1, count: 28))
    for i in 0..<7 {
      for j in i + 1..<7 { XCTAssertEqual(weights.scalars[i * 7 + j], 0) }
    }
  }

  /// Features of two places have a product that depends on their distance alone.
  func testRotaryIsRelative() {
    let positions = RotaryPositions(headSize: 8, capacity: 64)
    let a = RandomGenerator(seed: 1).normal([1, 1, 1, 8]), b = RandomGenerator(seed: 2).normal([1, 1, 1, 8])
    func product(_ i: Int, _ j: Int) -> Float {
      dot(rotary(a, positions, from: i).reshaped([8]), rotary(b, positions, from: j).reshaped([8])).scalar
    }
    XCTAssertEqual(product(3, 10), product(40, 47), accuracy: 1e-4)
    XCTAssertNotEqual(product(3, 10), product(3, 11), accuracy: 1e-3)
  }
}
