import Myelin
import XCTest

final class IDXTests: XCTestCase {
  private func header(_ type: UInt8, _ dimensions: [UInt32]) -> [UInt8] {
    [0, 0, type, UInt8(dimensions.count)]
      + dimensions.flatMap { d in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: d >> $0) } }
  }

  func testEveryElementType() throws {
    let cases: [(UInt8, [UInt8], [Float])] = [
      (0x08, [0, 255], [0, 255]),
      (0x09, [0x80, 0x7f], [-128, 127]),
      (0x0b, [0xff, 0xfe, 0x01, 0x00], [-2, 256]),
      (0x0c, [0xff, 0xff, 0xff, 0xff, 0, 1, 0, 0], [-1, 65536]),
      (0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], [1, -2.5]),
      (0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0x04, 0, 0, 0, 0, 0, 0], [1, -2.5]),
    ]
    for (type, elements, expected) in cases {
      let array = try IDX.decode(header(type, [2]) + elements, source: "a.idx")
      XCTAssertEqual(array.shape, [2])
      XCTAssertEqual(array.floats(), expected)
      XCTAssertEqual(array.doubles(), expected.map(Double.init))
    }
  }

  func testAnyRank() throws {
    XCTAssertEqual(try IDX.decode(header(8, []) + [7], source: "a").floats(), [7])
    let array = try IDX.decode(header(8, [2, 1, 3, 1]) + [1, 2, 3, 4, 5, 6], source: "a")
    XCTAssertEqual(array.shape, [2, 1, 3, 1])
    XCTAssertEqual(try array.int32s(source: "a"), [1, 2, 3, 4, 5, 6])
    XCTAssertEqual(try IDX.decode(header(8, [0, 28]), source: "a").count, 0)
  }

  func testWrongFiles() {
    XCTAssertEqual(
      errorLine { try IDX.decode([0, 0], source: "a.idx") },
      "a.idx, byte 2: truncated: expected the 4 bytes of an IDX header")
    XCTAssertEqual(
      errorLine { try IDX.decode([1, 0, 8, 1], source: "a.idx") },
      "a.idx, byte 0: not an IDX file: expected two zero bytes, found 1 and 0")
    XCTAssertEqual(
      errorLine { try IDX.decode(header(10, [1]) + [0], source: "a.idx") },
      "a.idx, byte 2: IDX element type: expected 8, 9, 11, 12, 13 or 14, found 10")
    XCTAssertEqual(
      errorLine { try IDX.decode([0, 0, 8, 3, 0, 0], source: "a.idx") },
      "a.idx, byte 6: truncated: expected a header with 3 dimensions")
    XCTAssertEqual(
      errorLine { try IDX.decode(header(8, [2, 3]) + [1, 2], source: "a.idx") },
      "a.idx, byte 14: truncated: expected 6 bytes of elements of shape [2, 3], found 2")
    XCTAssertEqual(
      errorLine { try IDX.decode(header(8, [2]) + [1, 2, 3], source: "a.idx") },
      "a.idx, byte 10: 1 bytes after the last element of shape [2]")
    let huge = [UInt32](repeating: .max, count: 5)
    XCTAssertTrue(errorLine { try IDX.decode(header(8, huge), source: "a.idx") }.contains("than can be counted"))
    // 20 bytes with a zero beside sizes that overflow.
    XCTAssertEqual(
      errorLine { try IDX.decode(header(8, [0x7fff_ffff, 0x7fff_ffff, 0x7fff_ffff, 0]), source: "a.idx") },
      "a.idx, byte 4: the dimensions [2147483647, 2147483647, 2147483647, 0] are more elements than can be counted")
  }

  func testNumbersThatAreNoInt32() throws {
    let array = NumericArray([1, 2.5], shape: [2])
    XCTAssertEqual(
      errorLine { try array.int32s(source: "a", name: "labels") },
      "a: labels, element 1: expected a whole number of 32 bits, found 2.5")
    XCTAssertThrowsError(try NumericArray([1 << 40], shape: [1]).int32s(source: "a"))
  }

  func testDamagedFilesNeverTrap() {
    let elements = (0..<24).map { UInt8($0) }
    fuzz(header(0x0b, [2, 2, 3]) + elements, seed: 3, flips: 2000) {
      _ = try IDX.decode($0, source: "a.idx").floats()
    }
  }
}
