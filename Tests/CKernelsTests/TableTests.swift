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

    var ld: Int { bins.count + padding }
    /// Of bins.
    var count: Int { bins.reduce(0, +) }

    func forEachTerm(_ body: (_ member: Int, _ row: Int, _ output: Int, _ bin: Int) -> Void) {
      for member in 0..<members {
        for row in 0..<rows {
          for bin in 0..<count {
            for output in 0..<outputs { body(member, row, output, bin) }
          }
        }
      }
    }
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
  private static func positions(_ shape: Case, seed: UInt64) -> [Float] {
    let ld = shape.ld
    var values = testValues((shape.isShared ? 1 : shape.members) * shape.rows * ld, seed: seed, in: -0.2...1.2)
    for i in values.indices {
      let column = i % max(ld, 1)
      guard column < shape.bins.count else { continue }
      values[i] *= Float(shape.bins[column])
      if i % 5 == 0 { values[i] = values[i].rounded() }
      if i == 7 { values[i] = .nan }
    }
    return values
  }

  /// scale (pᵢ − mean) of each row of each member: [members, rows, bins].
  private static func bins(_ shape: Case, _ v: Values) -> [[Double]] {
    (0..<shape.members).map { member in
      let start = shape.isShared ? 0 : member * shape.rows * shape.ld
      return Reference.thermometer(
        Array(v["positions"][start..<start + shape.rows * shape.ld]), ld: shape.ld, rows: shape.rows, bins: shape.bins,
        means: v["means"], scale: 0.75)
    }
  }

  private static func call(
    _ shape: Case, _ a: Arguments, _ body: (_ thermometer: UnsafePointer<ck_thermometer>, _ stride: Int64) -> ck_status
  ) -> ck_status {
    shape.bins.map(Int32.init).withUnsafeBufferPointer { bins in
      var thermometer = ck_thermometer(
        columns: Int64(bins.count), bins: bins.baseAddress, means: a["means"], scale: 0.75)
      return body(&thermometer, shape.isShared ? 0 : Int64(shape.rows * shape.ld))
    }
  }

  /// The product with all bins, and its gradient by the weight: the product with the slope.
  func testThermometer() {
    KernelTest<Case>(
      "thermometer", shapes: Self.cases,
      edges: [
        Case(members: 2, rows: 2, outputs: 19, bins: [2, 3], padding: 1),
        Case(members: 2, rows: 3, outputs: 5, bins: [7], isShared: true),
      ],
      inputs: [
        .floats("positions") { Self.positions($0, seed: $1) }, .floats("means", in: 0...1, specials: []) { $0.count },
        // Bins are sums and differences: an infinite weight may end as NaN.
        .floats("weight", specials: [.nan] + Specials.zeros + Specials.denormals) {
          $0.members * $0.count * $0.outputs
        },
      ],
      outputs: [.byMode("y", within: { _ in .thermometer }) { $0.members * $0.rows * $0.outputs }]
    ) { shape, a in
      Self.call(shape, a) {
        ck_thermometer_forward(
          $0, Int64(shape.members), Int64(shape.rows), Int64(shape.outputs), a["positions"], Int64(shape.ld), $1,
          a["weight"], a["y"], a.mode("y"))
      }
    } reference: { shape, v in
      let (bins, weight) = (Self.bins(shape, v), v["weight"])
      var y = [Double](repeating: 0, count: shape.members * shape.rows * shape.outputs)
      shape.forEachTerm { member, row, output, bin in
        y[(member * shape.rows + row) * shape.outputs + output] +=
          bins[member][row * shape.count + bin] * weight[(member * shape.count + bin) * shape.outputs + output]
      }
      return ["y": y]
    }
    .backward(
      of: ["weight"], within: { _ in .thermometer }, specials: [.nan] + Specials.zeros + Specials.denormals
    ) { shape, a in
      Self.call(shape, a) {
        ck_thermometer_backward(
          $0, Int64(shape.members), Int64(shape.rows), Int64(shape.outputs), a["positions"], Int64(shape.ld), $1,
          a["dy"], a["dweight"], a.mode("dweight"))
      }
    } reference: { shape, v in
      let (bins, dy) = (Self.bins(shape, v), v["dy"])
      var dweight = [Double](repeating: 0, count: shape.members * shape.count * shape.outputs)
      shape.forEachTerm { member, row, output, bin in
        dweight[(member * shape.count + bin) * shape.outputs + output] +=
          bins[member][row * shape.count + bin] * dy[(member * shape.rows + row) * shape.outputs + output]
      }
      return ["dweight": dweight]
    }
    .check()
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
