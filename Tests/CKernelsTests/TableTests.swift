import CKernels
import ReferenceKernels
import XCTest

final class TableTests: XCTestCase {
  private struct Case {
    var members = 1
    var rows: Int
    var outputs: Int
    var bins: [Int]
    var padding = 0
    var isShared = false
  }

  private static let cases: [Case] = [
    Case(rows: 1, outputs: 1, bins: [1]), Case(rows: 3, outputs: 5, bins: [4, 1, 7], padding: 2),
    Case(members: 3, rows: 17, outputs: 16, bins: [2, 16]),
    Case(members: 3, rows: 17, outputs: 33, bins: [2, 16], isShared: true),
    Case(members: 2, rows: 40, outputs: 65, bins: [128, 3, 20, 1], padding: 1),
    Case(members: 8, rows: 130, outputs: 128, bins: [16, 16, 16]),
    Case(members: 5, rows: 64, outputs: 200, bins: [31]), Case(members: 2, rows: 3, outputs: 4, bins: []),
    Case(members: 2, rows: 0, outputs: 4, bins: [3]), Case(members: 0, rows: 2, outputs: 4, bins: [3]),
    Case(rows: 2, outputs: 0, bins: [3]),
  ]

  /// Positions below, at, between and beyond the edges, and one that is none.
  private func positions(_ shape: Case) -> [Float] {
    let ld = shape.bins.count + shape.padding
    var values = testValues((shape.isShared ? 1 : shape.members) * shape.rows * ld, seed: 3, in: -0.2...1.2)
    for i in values.indices {
      let column = i % max(ld, 1)
      guard column < shape.bins.count else { continue }
      values[i] *= Float(shape.bins[column])
      if i % 5 == 0 { values[i] = values[i].rounded() }
      if i == 7 { values[i] = .nan }
    }
    return values
  }

  private func check(
    _ name: String,
    _ run: (
      Case, _ t: inout ck_thermometer, _ positions: [Float], _ ld: Int64, _ stride: Int64, _ mode: ck_mode
    ) -> (output: [Float], expected: [Double])
  ) {
    for shape in Self.cases {
      let positions = positions(shape)
      let means = testValues(shape.bins.reduce(0, +), seed: 4, in: 0...1)
      let counts = shape.bins.map(Int32.init)
      let ld = shape.bins.count + shape.padding
      for mode in [CK_OVERWRITE, CK_ACCUMULATE] {
        var expected: [Double] = []
        onEveryMachine {
          means.withUnsafeBufferPointer { means in
            counts.withUnsafeBufferPointer { counts in
              var thermometer = ck_thermometer(
                columns: Int64(shape.bins.count), bins: counts.baseAddress, means: means.baseAddress, scale: 0.7)
              let result = run(
                shape, &thermometer, positions, Int64(ld), shape.isShared ? 0 : Int64(shape.rows * ld), mode)
              expected = result.expected
              return [result.output]
            }
          }
        } check: { outputs, isa in
          // Sums of up to 130 rows or 4 columns of 128 bins, of magnitude 1: some 2^-24 of their sizes.
          assertClose(outputs[0], expected, relative: 2e-6, absolute: 2e-5, "\(name) \(isa): \(shape)")
        }
      }
    }
  }

  /// scale (pᵢ − mean) of a member's rows.
  private func bins(_ shape: Case, _ positions: [Float], _ t: ck_thermometer, member: Int) -> [Double] {
    let ld = shape.bins.count + shape.padding
    let start = shape.isShared ? 0 : member * shape.rows * ld
    let count = shape.bins.reduce(0, +)
    return Reference.thermometer(
      Array(positions[start..<start + shape.rows * ld]), ld: ld, rows: shape.rows, bins: shape.bins,
      means: (0..<count).map { t.means[$0] }, scale: t.scale)
  }

  func testForwardIsTheProductWithAllBins() {
    check("forward") { shape, t, positions, ld, stride, mode in
      let count = shape.bins.reduce(0, +)
      let weight = testValues(shape.members * count * shape.outputs, seed: 5)
      let before = testValues(shape.members * shape.rows * shape.outputs, seed: 6)
      var y = before
      XCTAssertEqual(
        ck_thermometer_forward(
          &t, Int64(shape.members), Int64(shape.rows), Int64(shape.outputs), positions, ld, stride, weight, &y, mode),
        CK_OK)
      var expected = before.map { mode == CK_ACCUMULATE ? Double($0) : 0 }
      for member in 0..<shape.members {
        let bins = bins(shape, positions, t, member: member)
        for row in 0..<shape.rows {
          for output in 0..<shape.outputs {
            for bin in 0..<count {
              expected[(member * shape.rows + row) * shape.outputs + output] +=
                bins[row * count + bin] * Double(weight[(member * count + bin) * shape.outputs + output])
            }
          }
        }
      }
      return (y, expected)
    }
  }

  func testBackwardIsTheProductWithTheSlope() {
    check("backward") { shape, t, positions, ld, stride, mode in
      let count = shape.bins.reduce(0, +)
      let dy = testValues(shape.members * shape.rows * shape.outputs, seed: 5)
      let before = testValues(shape.members * count * shape.outputs, seed: 6)
      var dweight = before
      XCTAssertEqual(
        ck_thermometer_backward(
          &t, Int64(shape.members), Int64(shape.rows), Int64(shape.outputs), positions, ld, stride, dy, &dweight, mode),
        CK_OK)
      var expected = before.map { mode == CK_ACCUMULATE ? Double($0) : 0 }
      for member in 0..<shape.members {
        let bins = bins(shape, positions, t, member: member)
        for row in 0..<shape.rows {
          for bin in 0..<count {
            for output in 0..<shape.outputs {
              expected[(member * count + bin) * shape.outputs + output] +=
                bins[row * count + bin] * Double(dy[(member * shape.rows + row) * shape.outputs + output])
            }
          }
        }
      }
      return (dweight, expected)
    }
  }

  func testColumnsWithoutBinsAreRefused() {
    let bins: [Int32] = [2, 0]
    bins.withUnsafeBufferPointer { bins in
      [Float](repeating: 0, count: 2).withUnsafeBufferPointer { means in
        var t = ck_thermometer(columns: 2, bins: bins.baseAddress, means: means.baseAddress, scale: 1)
        var y: [Float] = [5]
        XCTAssertEqual(
          ck_thermometer_forward(&t, 1, 1, 1, [0, 0], 2, 0, [1, 1], &y, CK_OVERWRITE), CK_INVALID_ARGUMENT)
        XCTAssertEqual(y, [5])
      }
    }
  }
}
