import Myelin
import XCTest

final class AttentionGoldenTests: XCTestCase {
  /// Output and gradients as PyTorch's scaled_dot_product_attention has them: Tests/golden/attention.py.
  func testAttentionIsPyTorchs() {
    let cases: [(String, heads: Int, AttentionMask)] = [
      ("plain", 4, .none), ("grouped", 2, .none), ("causal", 4, .causal),
      ("window", 1, AttentionMask(isCausal: true, window: 2)), ("lengths", 2, AttentionMask(lengths: Indices([3, 5]))),
      ("bias", 4, AttentionMask(bias: golden([4, 3, 5], 13))),
    ]
    for (name, heads, mask) in cases {
      let q = Parameter(golden([2, 3, 4, 2], 1)), k = Parameter(golden([2, 5, heads, 2], 3))
      let v = Parameter(golden([2, 5, heads, 2], 7))
      let y = attention(q.value, k.value, v.value, mask: mask)
      (y * golden([2, 3, 4, 2], 11)).sum().backward()
      let found = ["y": y, "dq": q.gradient!, "dk": k.gradient!, "dv": v.gradient!]
      for (key, tensor) in found {
        assertClose(tensor.scalars, attentionGolden["\(name) \(key)"]!, tolerance: 2e-6, "\(name) \(key)")
      }
    }
  }
}
