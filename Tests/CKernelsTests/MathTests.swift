import CKernels
import ReferenceKernels
import XCTest

/// The elementary functions behind exp, log, sin, cos and power, against the C library's in double.
final class MathTests: XCTestCase {
  func testUnaryFunctionsOverAllMagnitudes() {
    let edges: [Float] = [1, 88.72, 88.73, -87.4, -103.9, -104.1, 1e30, -1e30]
    let spread = stride(from: UInt32(0), through: UInt32.max, by: 400_009).map(Float.init(bitPattern:))
    let dense = stride(from: Float(-110), through: 110, by: 0.003).map { $0 }
    let x = Specials.all + edges + spread + dense
    for operation in [CK_EXP, CK_LOG, CK_SIN, CK_COS] {
      KernelTest<Int>(
        "unary \(operation.rawValue)", shapes: [x.count], edges: [], inputs: [.floats("x") { _, _ in x }],
        outputs: [.overwritten("y", within: .unary(operation)) { $0 }]
      ) { count, a in
        ck_unary_forward(operation, Int64(count), a["x"], a["y"])
      } reference: { _, v in
        ["y": v["x"].map { Reference.unary(operation.rawValue, $0) }]
      }
      .check()
    }
  }

  func testPowerIncludingItsSpecialCases() {
    let special: [Float] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 2, -2, 3, -3, 0.5,
      -0.5, 1e30, -1e30, 16_777_215, -16_777_215, 16_777_216, 1.5, -1.5,
    ]
    let bases = special.flatMap { base in special.map { _ in base } } + testValues(20_000, seed: 51, in: 0...20)
    let exponents = special.flatMap { _ in special } + testValues(20_000, seed: 52, in: -30...30)
    KernelTest<Int>(
      "power", shapes: [bases.count], edges: [],
      inputs: [.floats("a") { _, _ in bases }, .floats("b") { _, _ in exponents }],
      outputs: [.overwritten("y", within: .binary(CK_POWER), signedZeros: true) { $0 }]
    ) { count, a in
      ck_binary_forward(CK_POWER, 1, [Int64(count)], a["a"], [1], a["b"], [1], a["y"])
    } reference: { _, v in
      ["y": zip(v["a"], v["b"]).map { pow($0, $1) }]
    }
    .check()
  }
}
