import Myelin
import XCTest

@testable import MyelinModels

final class RunSupportTests: XCTestCase {
  /// Values of xxhash 3.8's Python module: `xxhash.xxh64(bytes(i * 7 % 256 for i in range(n))).hexdigest()`.
  func testContentHashIsXXH64() {
    let expected = [
      0: "ef46db3751d8e999", 1: "e934a84adb052768", 4: "ae5acdc00a55ac41", 31: "0f187c62b1e722b7",
      32: "91b0cb0931a8c629", 33: "931b043cf8d65b94", 100: "8e2272c08247d5db", 1000: "25275608a9cfc168",
    ]
    for (count, text) in expected {
      let bytes = (0..<count).map { UInt8($0 * 7 % 256) }
      var whole = ContentHash()
      whole.add(bytes)
      XCTAssertEqual(whole.text, text, "\(count)")
      for piece in [1, 5, 32, 63] {
        var parts = ContentHash()
        for start in stride(from: 0, to: count, by: piece) {
          parts.add(Array(bytes[start..<min(start + piece, count)]))
        }
        XCTAssertEqual(parts.text, text, "\(count) in pieces of \(piece)")
      }
    }
  }

  func testContentHashSeesValuesOrderAndShape() {
    func hash(_ tensor: Tensor) -> String {
      var hash = ContentHash()
      hash.add(tensor)
      return hash.text
    }
    let base = Tensor([1, 2, 3, 4], shape: [2, 2])
    let others = [
      Tensor([1, 2, 4, 3], shape: [2, 2]), Tensor([3, 4, 1, 2], shape: [2, 2]), Tensor([1, 2, 3, 4], shape: [4]),
      Tensor([1, 2, 3, -4], shape: [2, 2]),
    ]
    XCTAssertEqual(hash(base), hash(Tensor([1, 2, 3, 4], shape: [2, 2])))
    XCTAssertEqual(Set(([base] + others).map(hash)).count, 5)
  }

  func testMemoryIsCountedWithoutOverflow() throws {
    XCTAssertEqual(MLP.Configuration(sizes: [2, 8, 1]).parameterCount, 2 * 8 + 8 + 8 + 1)
    XCTAssertNil(MLP.Configuration(sizes: [1 << 40, 1 << 40]).parameterCount)
    XCTAssertNil(MLP.Configuration(sizes: [1, Int.max, 1]).parameterCount)
    XCTAssertEqual(MemoryNeed(parameterCount: 1000, copies: 4, activations: 10).bytes, 16_040)
    XCTAssertNil(MemoryNeed(parameterCount: Int.max / 2, copies: 4).bytes)
    XCTAssertNil(MemoryNeed(parameterCount: Int.max / 8, copies: 4).bytes)
    try MemoryNeed(parameterCount: 1_000_000, copies: 4).check("small")
    XCTAssertThrowsError(try MemoryNeed(parameterCount: 1 << 50, copies: 4).check("layers 9: training")) {
      XCTAssertTrue("\($0)".hasPrefix("layers 9: training: needs more memory than there is"), "\($0)")
      XCTAssertTrue("\($0)".hasSuffix("found 16.0 PiB"), "\($0)")
    }
  }
}
