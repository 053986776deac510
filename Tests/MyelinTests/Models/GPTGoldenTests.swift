import Myelin
import XCTest

@testable import MyelinModels

final class GPTGoldenTests: XCTestCase {
  /// gpt_nano on fixed weights and batches follows PyTorch's loss: Tests/golden/gpt_nano.py.
  func testGPTNanoFollowsPyTorch() {
    let model = GPT(.gpt2(vocabulary: 65, context: 64, width: 128, heads: 4, layers: 4))
    for (name, parameter) in model.namedParameters {
      let values =
        parameter.shape.rank == 2
        ? fixedUniform(name, parameter.count).map { $0 * 0.0625 }
        : [Float](repeating: name.hasSuffix("orm.weight") ? 1 : 0, count: parameter.count)
      parameter.value = Tensor(values, shape: parameter.shape)
    }
    let batches = (0..<8).map { index -> (tokens: Indices, next: Indices) in
      var text = fixedUniform("tokens \(index)", 12 * 65).map { Int32((($0 + 1) * 2).rounded(.down)) + 1 }
      for i in text.indices where i % 65 != 0 { text[i] += text[i - 1] }
      return (
        Indices(shape: [12, 64]) { for i in $0.indices { $0[i] = text[i / 64 * 65 + i % 64] % 65 } },
        Indices(shape: [12, 64]) { for i in $0.indices { $0[i] = text[i / 64 * 65 + i % 64 + 1] % 65 } }
      )
    }
    let optimizer = Adam(model.parameters, learningRate: 1e-3)
    var losses: [Float] = []
    for step in 0..<200 {
      let loss = model.loss(batches[step % 8].tokens, batches[step % 8].next)
      optimizer.minimize(loss)
      if step % 10 == 0 { losses.append(0) }
      losses[step / 10] += loss.scalar / 10
    }
    let golden: [Float] = [
      3.41275, 2.27759, 1.83305, 1.61873, 1.48486, 1.39589, 1.30446, 1.21254, 1.10922, 0.994128, 0.88994, 0.891802,
      0.80711, 0.729836, 0.617758, 0.507746, 0.475249, 0.403268, 0.332691, 0.261199,
    ]
    for (index, (ours, theirs)) in zip(losses, golden).enumerated() {
      XCTAssertEqual(ours / theirs, 1, accuracy: 0.01, "steps from \(10 * index): \(ours), PyTorch \(theirs)")
    }
  }
}

/// Numbers of −1 ..< 1 that Python makes too: FNV-1a of the name, then splitmix64 of each place.
func fixedUniform(_ name: String, _ count: Int) -> [Float] {
  let seed = name.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  return (1...count).map { place in
    var z = seed &+ UInt64(place) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Float(z >> 40) / Float(1 << 23) - 1
  }
}
