import CKernels
import ReferenceKernels
import XCTest

final class RandomTests: XCTestCase {
  static let key: UInt64 = 0x0123_4567_89AB_CDEF

  /// Known answers of Random123 1.14 (kat_vectors, philox4x32 10 rounds).
  func testReferenceGivesThePublishedAnswers() {
    XCTAssertEqual(
      Reference.philox(counter: [0, 0, 0, 0], key: [0, 0]), [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
    let ones = UInt32.max
    XCTAssertEqual(
      Reference.philox(counter: [ones, ones, ones, ones], key: [ones, ones]),
      [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
    XCTAssertEqual(
      Reference.philox(
        counter: [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], key: [0xA409_3822, 0x299F_31D0]),
      [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1])
  }

  func testBitsAtAnyOffsetAndCount() {
    // The third crosses from 32-bit to 64-bit block numbers, the last ends at the last number there is.
    for (offset, count) in [
      (0, 1), (0, 64), (17_179_869_180, 40), (5, 3), (6, 1), (7, 100_001), (UInt64.max - 37, 37),
    ] as [(UInt64, Int)] {
      onEveryMachine {
        var words = [UInt32](repeating: 0xABAD_CAFE, count: count + 1)
        XCTAssertEqual(ck_random_bits(Int64(count), Self.key, offset, &words), CK_OK)
        return [words.map(Float.init(bitPattern:))]
      } check: { outputs, isa in
        let words = outputs[0].map(\.bitPattern)
        let checked = count > 1000 ? Array(0..<50) + Array((count - 50)..<count) : Array(0..<count)
        for i in checked {
          let expected = Reference.randomWord(key: Self.key, element: offset + UInt64(i))
          XCTAssertEqual(words[i], expected, "\(isa): word \(i) from \(offset)")
        }
        XCTAssertEqual(words[count], 0xABAD_CAFE, "\(isa): wrote past the end")
      }
    }
  }

  /// Runs `body` on each instruction set; all must give the same bits, which are returned.
  private func sameEverywhere(_ count: Int, _ body: (inout [Float]) -> ck_status) -> [Float] {
    var first: [Float]?
    onEveryMachine {
      var values = [Float](repeating: .nan, count: count)
      XCTAssertEqual(body(&values), CK_OK)
      return [values]
    } check: { outputs, isa in
      if let first {
        XCTAssertEqual(first.map(\.bitPattern), outputs[0].map(\.bitPattern), "\(isa) differs")
      }
      first = outputs[0]
    }
    return first ?? []
  }

  func testUniformIsTheWordsScaledAndExcludesItsEnd() {
    let count = 200_003
    let values = sameEverywhere(count) { ck_random_uniform(Int64(count), Self.key, 3, 1, 2, &$0) }
    for i in stride(from: 0, to: count, by: 997) {
      let expected = 1 + Reference.randomUnit(key: Self.key, element: UInt64(i) + 3)
      XCTAssertEqual(Double(values[i]), expected, accuracy: 6e-8)
    }
    XCTAssertTrue(values.allSatisfy { $0 >= 1 && $0 < 2 })
    let mean = values.reduce(0) { $0 + Double($1) } / Double(count)
    XCTAssertEqual(mean, 1.5, accuracy: 5 * 0.2887 / Double(count).squareRoot())
    // A range of neighbouring floats rounds half of its values up: none may reach the end.
    let narrow = sameEverywhere(1000) { ck_random_uniform(1000, Self.key, 0, 1, Float(1).nextUp.nextUp, &$0) }
    XCTAssertTrue(narrow.allSatisfy { $0 == 1 || $0 == Float(1).nextUp })
    XCTAssertEqual(sameEverywhere(5) { ck_random_uniform(5, 1, 0, 3, 3, &$0) }, [3, 3, 3, 3, 3])
  }

  func testNormalFollowsTheReferenceAndHasItsMoments() {
    let count = 400_001
    let values = sameEverywhere(count) { ck_random_normal(Int64(count), Self.key, 5, 0, 1, &$0) }
    for i in stride(from: 0, to: count, by: 101) {
      let expected = Reference.randomNormal(key: Self.key, element: UInt64(i) + 5)
      XCTAssertEqual(Double(values[i]), expected, accuracy: 1e-6 * max(1, abs(expected)))
    }
    let n = Double(count)
    let moments = (1...4).map { power in values.reduce(0) { $0 + pow(Double($1), Double(power)) } / n }
    XCTAssertEqual(moments[0], 0, accuracy: 5 / n.squareRoot())
    XCTAssertEqual(moments[1], 1, accuracy: 5 * (2 / n).squareRoot())
    XCTAssertEqual(moments[2], 0, accuracy: 5 * (15 / n).squareRoot())
    XCTAssertEqual(moments[3], 3, accuracy: 5 * (96 / n).squareRoot())
    let scaled = sameEverywhere(1001) { ck_random_normal(1001, Self.key, 5, -2, 3, &$0) }
    assertClose(scaled, values.prefix(1001).map { -2 + 3 * Double($0) }, relative: 1e-6, absolute: 1e-6)
  }

  func testAnyOffsetContinuesTheSequence() {
    let whole = sameEverywhere(64) { ck_random_normal(64, Self.key, 0, 0, 1, &$0) }
    for offset in 0..<20 {
      let part = sameEverywhere(23) { ck_random_normal(23, Self.key, UInt64(offset), 0, 1, &$0) }
      XCTAssertEqual(part, Array(whole[offset..<(offset + 23)]), "offset \(offset)")
    }
  }

  func testDropoutKeepsScalesAndRepeatsItsMask() {
    let count = 100_003
    let x = testValues(count, seed: 41, in: 1...2)
    let p: Float = 0.3
    let y = sameEverywhere(count) { ck_dropout(Int64(count), p, Self.key, 9, x, &$0, CK_OVERWRITE) }
    let dy = [Float](repeating: 1, count: count)
    let dx = sameEverywhere(count) { buffer in
      buffer = [Float](repeating: 2, count: count)
      return ck_dropout(Int64(count), p, Self.key, 9, dy, &buffer, CK_ACCUMULATE)
    }
    var dropped = 0
    for i in 0..<count {
      let drops = Reference.randomWord(key: Self.key, element: UInt64(i) + 9) >> 1 < UInt32(0.3 * 2_147_483_648.0)
      dropped += drops ? 1 : 0
      XCTAssertEqual(Double(y[i]), drops ? 0 : Double(x[i]) / 0.7, accuracy: 1e-6)
      XCTAssertEqual(Double(dx[i]), drops ? 2 : 2 + 1 / 0.7, accuracy: 1e-6)
    }
    XCTAssertEqual(Double(dropped) / Double(count), 0.3, accuracy: 5 * (0.21 / Double(count)).squareRoot())
    XCTAssertEqual(sameEverywhere(count) { ck_dropout(Int64(count), 0, 1, 0, x, &$0, CK_OVERWRITE) }, x)
  }

  func testBadArgumentsAreRefused() {
    var y: [Float] = [1]
    var words: [UInt32] = [0]
    XCTAssertEqual(ck_random_uniform(1, 0, 0, 2, 1, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_random_uniform(1, 0, 0, -3e38, 3e38, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_random_normal(1, 0, 0, 0, -1, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_random_bits(2, 0, .max - 1, &words), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_random_bits(1, 0, 0, nil), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_dropout(1, 1, 0, 0, y, &y, CK_OVERWRITE), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_dropout(1, .nan, 0, 0, y, &y, CK_OVERWRITE), CK_INVALID_ARGUMENT)
  }
}
