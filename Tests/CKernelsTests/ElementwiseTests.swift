import CKernels
import ReferenceKernels
import XCTest

final class ElementwiseTests: XCTestCase {
  private let counts = [0, 1, 3, 7, 15, 16, 17, 63, 64, 65, 1000, 70_003]

  /// Arithmetic and square roots are rounded once; exp, log, sin, cos and powers may be off by a few units.
  private func relativeError(unary operation: UInt32) -> Double {
    switch operation {
    case 3, 4, 6, 9, 10: return 5e-7
    default: return 1.2e-7
    }
  }

  func testUnaryOperationsAtEverySize() {
    for operation in 0..<CK_UNARY_COUNT.rawValue {
      // All share one driver: one of them at the size that threads split is enough.
      for count in counts where count < 70_000 || operation == CK_EXP.rawValue {
        let positive = (4...6).contains(operation)
        let x = testValues(count, seed: UInt64(operation) + 7, in: positive ? 1e-3...20 : -20...20)
        let expected = x.map { Reference.unary(operation, $0) }
        onEveryMachine {
          var y = [Float](repeating: -7, count: count + 1)
          XCTAssertEqual(ck_unary_forward(ck_unary(operation), Int64(count), x, &y), CK_OK)
          XCTAssertEqual(y.removeLast(), -7)
          return [y]
        } check: { outputs, isa in
          // Near a zero of sin, cos and log an absolute error remains.
          assertClose(
            outputs[0], expected, relative: relativeError(unary: operation),
            absolute: operation == 4 || operation > 8 ? 3e-7 : 0,
            "\(isa): unary \(operation), \(count)")
        }
      }
    }
  }

  func testUnaryOperationsOfSpecialValues() {
    let x: [Float] = [.nan, .infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude, -1, 1, 88.7, -103.9, 89, -104]
    for operation in 0..<CK_UNARY_COUNT.rawValue {
      onEveryMachine {
        var y = x
        XCTAssertEqual(ck_unary_forward(ck_unary(operation), Int64(x.count), y, &y), CK_OK)
        return [y]
      } check: { outputs, isa in
        for (value, result) in zip(x, outputs[0]) {
          let expected = Float(Reference.unary(operation, value))
          if expected.isNaN {
            XCTAssertTrue(result.isNaN, "\(isa): unary \(operation) of \(value) is \(result)")
          } else {
            XCTAssertEqual(
              result, expected, accuracy: abs(expected) * 1e-6 + 1e-38, "\(isa): unary \(operation) of \(value)")
          }
        }
      }
    }
  }

  /// Shapes with the strides of both inputs: what each path of the broadcasting driver is for.
  private let broadcasts: [(shape: [Int], a: [Int], b: [Int])] = [
    ([], [], []), ([0, 3], [3, 1], [3, 1]), ([1], [1], [1]), ([5], [1], [0]), ([5], [0], [1]), ([5], [0], [0]),
    ([70_003], [1], [1]), ([70_003], [1], [0]), ([70_003], [0], [1]),
    ([3, 4, 5], [20, 5, 1], [20, 5, 1]), ([3, 4, 5], [20, 5, 1], [0, 5, 1]), ([3, 4, 5], [0, 5, 1], [20, 5, 1]),
    // Row vectors: short rows are tiled, long ones are taken one by one.
    ([1001, 3], [3, 1], [0, 1]), ([1001, 3], [0, 1], [3, 1]), ([7001, 10], [10, 1], [0, 1]),
    ([300, 512], [512, 1], [0, 1]),
    ([301, 700], [700, 1], [0, 1]), ([301, 700], [0, 1], [700, 1]),
    // Column vectors and outer products.
    ([301, 700], [700, 1], [1, 0]), ([301, 700], [1, 0], [700, 1]), ([4001, 7], [7, 1], [1, 0]),
    ([150, 300], [1, 0], [0, 1]),
    ([5000, 9], [1, 0], [0, 1]),
    // Channels in the middle, a transposed input, both broadcast along the last axis, rank 8.
    ([6, 5, 77], [385, 77, 1], [0, 1, 0]), ([6, 50, 7], [350, 7, 1], [0, 1, 0]), ([210, 130], [130, 1], [1, 210]),
    ([40, 50, 6], [50, 1, 0], [0, 1, 0]),
    ([2, 1, 3, 1, 2, 2, 3, 40], [1440, 9, 480, 7, 240, 120, 40, 1], [0, 0, 240, 0, 0, 120, 0, 1]),
  ]

  func testBinaryOperationsWithBroadcasting() {
    for operation in 0..<CK_BINARY_COUNT.rawValue {
      for (shape, aStrides, bStrides) in broadcasts
      where shape.reduce(1, *) < 10_000 || operation == CK_SUBTRACT.rawValue {
        func extent(_ strides: [Int]) -> Int { zip(shape, strides).map { max(0, $0 - 1) * $1 }.reduce(1, +) }
        // Few distinct values for the comparisons, positive bases for the power.
        var a = testValues(extent(aStrides), seed: 3, in: operation == 6 ? 0.1...3 : -2...2)
        var b = testValues(extent(bStrides), seed: 4, in: 0.25...2)
        if operation > 6 {
          a = a.map { ($0 * 2).rounded() }
          b = b.map { ($0 * 2).rounded() }
        }
        let expected = Reference.binary(operation, shape: shape, a, strides: aStrides, b, strides: bStrides)
        onEveryMachine {
          var out = [Float](repeating: -7, count: expected.count + 1)
          let status = ck_binary_forward(
            ck_binary(operation), Int32(shape.count), shape.map(Int64.init), a, aStrides.map(Int64.init), b,
            bStrides.map(Int64.init), &out)
          XCTAssertEqual(status, CK_OK)
          XCTAssertEqual(out.removeLast(), -7)
          return [out]
        } check: { outputs, isa in
          assertClose(
            outputs[0], expected, relative: operation == 6 ? 1e-6 : 1.2e-7, absolute: 1e-7,
            "\(isa): binary \(operation), \(shape) \(aStrides) \(bStrides)")
        }
      }
    }
  }

  func testBinaryOperationsInPlaceAndOfNaN() {
    let special: [Float] = [.nan, 1, -.infinity, .infinity, 0, 2]
    let a = special.flatMap { value in special.map { _ in value } }
    let b = special.flatMap { _ in special }
    for operation in [CK_MAXIMUM, CK_MINIMUM, CK_LESS, CK_LESS_EQUAL, CK_EQUAL, CK_ADD] {
      onEveryMachine {
        var left = a
        var right = b
        let shape = [Int64(a.count)]
        XCTAssertEqual(ck_binary_forward(operation, 1, shape, left, [1], right, [1], &left), CK_OK)
        XCTAssertEqual(ck_binary_forward(operation, 1, shape, a, [1], right, [1], &right), CK_OK)
        return [left, right]
      } check: { outputs, isa in
        let expected = zip(a, b).map { Reference.binary(operation.rawValue, $0, $1) }
        assertClose(outputs[0], expected, relative: 0, "\(isa): out == a, \(operation)")
        assertClose(outputs[1], expected, relative: 0, "\(isa): out == b, \(operation)")
      }
    }
  }

  func testLinearCombinationsAndSelection() {
    for count in counts {
      let x = testValues(count, seed: 1), z = testValues(count, seed: 2)
      let y = testValues(count, seed: 3)
      let condition = z.map { $0 > 0 ? $0 : 0 }
      let size = Int64(count)
      onEveryMachine {
        var sum = y
        var product = [Float](repeating: .nan, count: count)
        var shifted = x
        var multiplied = [Float](repeating: .nan, count: count)
        var accumulated = y
        var chosen = x
        XCTAssertEqual(ck_axpby(size, 2, x, -0.5, &sum), CK_OK)
        XCTAssertEqual(ck_axpby(size, 3, x, 0, &product), CK_OK)
        XCTAssertEqual(ck_scale_shift(size, 2, shifted, 1, &shifted), CK_OK)
        XCTAssertEqual(ck_multiply_add(size, x, z, 2, &multiplied, CK_OVERWRITE), CK_OK)
        XCTAssertEqual(ck_multiply_add(size, x, z, 2, &accumulated, CK_ACCUMULATE), CK_OK)
        XCTAssertEqual(ck_select(size, condition, chosen, z, &chosen), CK_OK)
        return [sum, product, shifted, multiplied, accumulated, chosen]
      } check: { outputs, isa in
        let (p, q, r) = (x.map(Double.init), z.map(Double.init), y.map(Double.init))
        let expected: [[Double]] = [
          zip(p, r).map { 2 * $0 - 0.5 * $1 }, p.map { 3 * $0 }, p.map { 2 * $0 + 1 }, zip(p, q).map { 2 * $0 * $1 },
          zip(zip(p, q), r).map { 2 * $0.0 * $0.1 + $1 }, zip(zip(p, q), condition).map { $1 != 0 ? $0.0 : $0.1 },
        ]
        for (index, (output, wanted)) in zip(outputs, expected).enumerated() {
          assertClose(output, wanted, relative: 2e-7, absolute: 3e-7, "\(isa): number \(index) at \(count)")
        }
      }
    }
  }

  func testBiasIsAddedToEachRow() {
    for (rows, columns) in [(0, 3), (3, 0), (1, 1), (5, 3), (1000, 10), (130, 257), (70, 1025)] {
      let x = testValues(rows * columns, seed: 1), bias = testValues(columns, seed: 2)
      onEveryMachine {
        var y = x
        XCTAssertEqual(ck_add_bias(Int64(rows), Int64(columns), y, bias, &y), CK_OK)
        return [y]
      } check: { outputs, isa in
        let expected = x.indices.map { Double(x[$0] + bias[$0 % columns]) }
        assertClose(outputs[0], expected, relative: 0, "\(isa): \(rows) × \(columns)")
      }
    }
  }

  /// Results beyond the last-level cache are stored past it, in pieces: one more than it holds, and not a whole block.
  func testResultsLargerThanTheCache() {
    let cache = Int(ck_cache_size(3))
    // A machine with hundreds of megabytes of cache would need gigabytes here.
    guard cache <= 64 << 20 else { return }
    let columns = 331
    let rows = (max(cache / 4, 1 << 20) + columns) / columns
    let count = rows * columns
    let x = ck_allocate(count * 4).assumingMemoryBound(to: Float.self)
    let y = ck_allocate(count * 4).assumingMemoryBound(to: Float.self)
    defer {
      ck_free(x, count * 4)
      ck_free(y, count * 4)
    }
    for i in 0..<count { x[i] = Float(i & 0xffff) }
    let (r, c, n) = (Int64(rows), Int64(columns), Int64(count))
    let row = (0..<columns).map(Float.init)
    let column = (0..<rows).map { Float($0 & 0xff) }
    let places = Array(stride(from: 0, to: count, by: 4099)) + Array((count - 70)..<count)

    func check(_ name: String, _ call: () -> ck_status, _ expected: (Int) -> Float) {
      onEveryMachine {
        XCTAssertEqual(call(), CK_OK)
        return [places.map { y[$0] }]
      } check: { outputs, isa in
        XCTAssertEqual(outputs[0], places.map(expected), "\(isa): \(name)")
      }
    }
    check("unary", { ck_unary_forward(CK_NEGATE, n, x, y) }, { -x[$0] })
    check("scale", { ck_axpby(n, 2, x, 0, y) }, { 2 * x[$0] })
    check("scale and shift", { ck_scale_shift(n, 2, x, 1, y) }, { 2 * x[$0] + 1 })
    check("product", { ck_multiply_add(n, x, x, 0.5, y, CK_OVERWRITE) }, { 0.5 * x[$0] * x[$0] })
    check(
      "product with itself",
      {
        _ = ck_fill(n, 3, y); return ck_multiply_add(n, x, y, 2, y, CK_OVERWRITE)
      }
    ) {
      2 * x[$0] * 3
    }
    check("activation", { ck_activation_forward(CK_LEAKY_RELU, 0.5, n, x, y) }, { x[$0] })
    check("flat", { ck_binary_forward(CK_SUBTRACT, 1, [n], x, [1], x, [1], y) }, { _ in 0 })
    check("number", { ck_binary_forward(CK_ADD, 1, [n], x, [1], row, [0], y) }, { x[$0] })
    check("row", { ck_binary_forward(CK_ADD, 2, [r, c], x, [c, 1], row, [0, 1], y) }, { x[$0] + row[$0 % columns] })
    check(
      "column", { ck_binary_forward(CK_ADD, 2, [r, c], x, [c, 1], column, [1, 0], y) }, { x[$0] + column[$0 / columns] }
    )
    check(
      "outer", { ck_binary_forward(CK_ADD, 2, [r, c], column, [1, 0], row, [0, 1], y) },
      { column[$0 / columns] + row[$0 % columns] })
    check("fill", { ck_fill(n, 3, y) }, { _ in 3 })
    let side = Int64(2896), tall = n / side / 16 * 16
    check("transposed", { ck_transpose_matrix(1, tall, side, x, y) }) { place in
      place < tall * side ? x[place % Int(tall) * Int(side) + place / Int(tall)] : 3
    }
  }

  func testBadArgumentsAreRefused() {
    var y: [Float] = [1]
    XCTAssertEqual(ck_unary_forward(CK_EXP, -1, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_unary_forward(CK_EXP, 1, nil, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_unary_forward(CK_UNARY_COUNT, 1, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_binary_forward(CK_ADD, 9, nil, y, nil, y, nil, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_binary_forward(CK_ADD, 1, [-1], y, [1], y, [1], &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_binary_forward(CK_BINARY_COUNT, 1, [1], y, [1], y, [1], &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_binary_forward(CK_ADD, 1, [1], y, [1], nil, [1], &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_axpby(-1, 1, y, 1, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_scale_shift(1, 1, nil, 1, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_multiply_add(1, y, y, 1, &y, ck_mode(2)), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_fill(-1, 1, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_select(1, nil, y, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_add_bias(1, -1, y, y, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(y, [1])
  }
}
