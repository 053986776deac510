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

  private struct Range {
    var offset: UInt64
    var count: Int
  }

  /// The third crosses from 32-bit to 64-bit block numbers, the last ends at the last number there is.
  private let ranges =
    [(0, 1), (0, 64), (17_179_869_180, 40), (5, 3), (6, 1), (7, 100_001), (UInt64.max - 37, 37)]
    .map { Range(offset: $0.0, count: $0.1) } + Shapes.counts.map { Range(offset: UInt64($0), count: $0) }

  /// One of the generators, of which each instruction set gives the same bits.
  private func check(
    _ name: String, within tolerance: Tolerance, isInteger: Bool = false, inputs: [Input<Range>] = [],
    call: @escaping (Range, Arguments) -> ck_status, element: @escaping (UInt64) -> Double
  ) {
    var test = KernelTest<Range>(
      name, shapes: ranges, edges: [], inputs: inputs,
      outputs: [.overwritten("y", within: tolerance, isInteger: isInteger) { $0.count }]
    ) { shape, a in
      call(shape, a)
    } reference: { shape, _ in
      ["y": (0..<shape.count).map { element(shape.offset &+ UInt64($0)) }]
    }
    test.isTheSameOnEveryISA = true
    test.check()
  }

  func testNumbersAtAnyOffsetAndCount() {
    let key = Self.key
    check("bits", within: .exact, isInteger: true) {
      ck_random_bits(
        Int64($0.count), key, $0.offset, UnsafeMutableRawPointer($1["y"])?.assumingMemoryBound(to: UInt32.self))
    } element: {
      Double(Int32(bitPattern: Reference.randomWord(key: key, element: $0)))
    }
    check("uniform", within: .uniform) {
      ck_random_uniform(Int64($0.count), key, $0.offset, 1, 2, $1["y"])
    } element: {
      1 + Reference.randomUnit(key: key, element: $0)
    }
    check("normal", within: .normal) {
      ck_random_normal(Int64($0.count), key, $0.offset, 0, 1, $1["y"])
    } element: {
      Reference.randomNormal(key: key, element: $0)
    }
    check("scaled normal", within: .scaledNormal) {
      ck_random_normal(Int64($0.count), key, $0.offset, -2, 3, $1["y"])
    } element: {
      -2 + 3 * Reference.randomNormal(key: key, element: $0)
    }
  }

  func testDropoutKeepsScalesAndRepeatsItsMask() {
    let key = Self.key
    let p: Float = 0.3
    func keeps(_ element: Int, _ p: Double) -> Bool {
      Reference.randomWord(key: key, element: UInt64(element) + 9) >> 1 >= UInt32(p * 2_147_483_648)
    }
    // The backward pass is the same call.
    var test = KernelTest<Int>(
      "dropout", shapes: Shapes.counts, edges: Shapes.edges, inputs: [.floats("x", in: 1...2) { $0 }],
      outputs: [.byMode("y", within: { _ in .dropout }) { $0 }], inPlace: [("x", "y")]
    ) { count, a in
      ck_dropout(Int64(count), p, key, 9, a["x"], a["y"], a.mode("y"))
    } reference: { _, v in
      ["y": v["x"].enumerated().map { keeps($0, 0.3) ? $1 / (1 - Double(p)) : 0 }]
    }
    test.isTheSameOnEveryISA = true
    test.check()
    KernelTest<Int>(
      "no dropout", shapes: Shapes.counts, edges: [], inputs: [.floats("x") { $0 }],
      outputs: [.byMode("y", within: { _ in .exact }) { $0 }]
    ) { count, a in
      ck_dropout(Int64(count), 0, 1, 0, a["x"], a["y"], a.mode("y"))
    } reference: { _, v in
      ["y": v["x"]]
    }
    .check()
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

  func testUniformHasItsMeanAndExcludesItsEnd() {
    let count = 200_003
    let values = sameEverywhere(count) { ck_random_uniform(Int64(count), Self.key, 3, 1, 2, &$0) }
    XCTAssertTrue(values.allSatisfy { $0 >= 1 && $0 < 2 })
    let mean = values.reduce(0) { $0 + Double($1) } / Double(count)
    // The deviation of a uniform number is its range / √12.
    XCTAssertEqual(mean, 1.5, accuracy: Statistics.deviations / (12 * Double(count)).squareRoot())
    // A range of neighbouring floats rounds half of its values up: none may reach the end.
    let narrow = sameEverywhere(1000) { ck_random_uniform(1000, Self.key, 0, 1, Float(1).nextUp.nextUp, &$0) }
    XCTAssertTrue(narrow.allSatisfy { $0 == 1 || $0 == Float(1).nextUp })
    XCTAssertEqual(sameEverywhere(5) { ck_random_uniform(5, 1, 0, 3, 3, &$0) }, [3, 3, 3, 3, 3])
  }

  func testNormalHasItsMoments() {
    let count = 400_001
    let values = sameEverywhere(count) { ck_random_normal(Int64(count), Self.key, 5, 0, 1, &$0) }
    let n = Double(count)
    let moments = (1...4).map { power in values.reduce(0) { $0 + pow(Double($1), Double(power)) } / n }
    XCTAssertEqual(moments[0], 0, accuracy: Statistics.deviations / n.squareRoot())
    XCTAssertEqual(moments[1], 1, accuracy: Statistics.deviations * (2 / n).squareRoot())
    XCTAssertEqual(moments[2], 0, accuracy: Statistics.deviations * (15 / n).squareRoot())
    XCTAssertEqual(moments[3], 3, accuracy: Statistics.deviations * (96 / n).squareRoot())
  }

  func testAnyOffsetContinuesTheSequence() {
    let whole = sameEverywhere(64) { ck_random_normal(64, Self.key, 0, 0, 1, &$0) }
    for offset in 0..<20 {
      let part = sameEverywhere(23) { ck_random_normal(23, Self.key, UInt64(offset), 0, 1, &$0) }
      XCTAssertEqual(part, Array(whole[offset..<(offset + 23)]), "offset \(offset)")
    }
  }

  func testTheShareThatDropoutDrops() {
    let count = 100_003
    let ones = [Float](repeating: 1, count: count)
    let y = sameEverywhere(count) { ck_dropout(Int64(count), 0.3, Self.key, 9, ones, &$0, CK_OVERWRITE) }
    let share = Double(y.filter { $0 == 0 }.count) / Double(count)
    XCTAssertEqual(share, 0.3, accuracy: Statistics.deviations * (0.3 * 0.7 / Double(count)).squareRoot())
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
