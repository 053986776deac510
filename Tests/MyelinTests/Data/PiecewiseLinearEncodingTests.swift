import Foundation
import Myelin
import XCTest

final class PiecewiseLinearEncodingTests: XCTestCase {
  func testFewValuesAreTheEdges() throws {
    let encoding = try XCTUnwrap(PiecewiseLinearEncoding(fitting: [3, 1, 1, .nan, 2, 7, 1], maximumBinCount: 3))
    XCTAssertEqual(encoding.edges, [1, 2, 3, 7])
    XCTAssertEqual(encoding(0), [0, 0, 0])
    XCTAssertEqual(encoding(1.25), [0.25, 0, 0])
    XCTAssertEqual(encoding(3), [1, 1, 0])
    XCTAssertEqual(encoding(5), [1, 1, 0.5])
    XCTAssertEqual(encoding(100), [1, 1, 1])
    XCTAssertEqual(encoding.position(of: 5), 2.5)
    XCTAssertEqual(encoding.position(of: .nan), 0)
    XCTAssertEqual(encoding.position(of: .infinity), 3)
    XCTAssertEqual(encoding.position(of: -.infinity), 0)
  }

  func testManyValuesGiveQuantilesOfRowsAndOfDistinctValues() throws {
    // 900 zeros, and 100 different values up to 99².
    let values = [Double](repeating: 0, count: 900) + (0..<100).map { Double($0 * $0) }
    let encoding = try XCTUnwrap(PiecewiseLinearEncoding(fitting: values.shuffled(), maximumBinCount: 16))
    XCTAssertEqual(encoding.edges.first, 0)
    XCTAssertEqual(encoding.edges.last, 99 * 99)
    // Eight steps over the distinct values; of those over the rows nearly all are 0.
    for step in 0...8 { XCTAssertTrue(encoding.edges.contains(pow(Double(99 * step / 8), 2)), "\(step)") }
    XCTAssertTrue((8...16).contains(encoding.binCount))
    XCTAssertEqual(encoding.edges, encoding.edges.sorted())
  }

  func testMeansAreThoseOfTheBins() throws {
    let values = (0..<500).map { sin(Double($0)) * Double($0 % 17) }
    let encoding = try XCTUnwrap(PiecewiseLinearEncoding(fitting: values, maximumBinCount: 20))
    let bins = values.map { encoding($0) }
    for bin in 0..<encoding.binCount {
      XCTAssertEqual(encoding.means[bin], bins.reduce(0) { $0 + $1[bin] } / 500, accuracy: 1e-12)
    }
  }

  func testOneValueHasNoBins() {
    XCTAssertNil(PiecewiseLinearEncoding(fitting: [], maximumBinCount: 4))
    XCTAssertNil(PiecewiseLinearEncoding(fitting: [2, 2, .nan], maximumBinCount: 4))
  }

  func testItIsReadBackExactly() throws {
    let encoding = try XCTUnwrap(
      PiecewiseLinearEncoding(fitting: (0..<99).map { 1 / Double($0 + 3) }, maximumBinCount: 8))
    let data = try JSONEncoder().encode(encoding)
    XCTAssertEqual(try JSONDecoder().decode(PiecewiseLinearEncoding.self, from: data), encoding)
  }

  func testBinsSuitTheRows() {
    XCTAssertEqual(
      [0, 3999, 5000, 8000, 32_000, 1_000_000].map { PiecewiseLinearEncoding.suitedBinCount(rows: $0) },
      [
        16, 16, 20, 32, 128, 128,
      ])
  }
}
