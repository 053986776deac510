import CKernels
import ReferenceKernels
import XCTest

final class ElementwiseTests: XCTestCase {
  func testUnaryOperations() {
    for operation in 0..<CK_UNARY_COUNT.rawValue {
      let positive = (CK_LOG.rawValue...CK_RSQRT.rawValue).contains(operation)
      KernelTest<Int>(
        "unary \(operation)",
        // All share one driver: one of them at the size that threads split is enough.
        shapes: Shapes.counts.filter { $0 < Shapes.large || operation == CK_EXP.rawValue }, edges: Shapes.edges,
        inputs: [
          .floats("x", in: positive ? 1e-3...20 : -20...20, specials: Specials.all + [1, -1, 88.7, -103.9, 89, -104]) {
            $0
          }
        ],
        outputs: [.overwritten("y", within: .unary(ck_unary(operation)), signedZeros: true) { $0 }],
        inPlace: [("x", "y")]
      ) { count, a in
        ck_unary_forward(ck_unary(operation), Int64(count), a["x"], a["y"])
      } reference: { _, v in
        ["y": v["x"].map { Reference.unary(operation, $0) }]
      }
      .check()
    }
  }

  /// A shape with the element steps of both inputs along its axes.
  private struct Broadcast: CustomStringConvertible {
    var shape: [Int]
    var a: [Int]
    var b: [Int]

    var count: Int { shape.reduce(1, *) }
    var description: String { "\(shape) \(a) \(b)" }

    /// How many elements the steps reach over.
    func extent(_ strides: [Int]) -> Int { zip(shape, strides).map { max(0, $0 - 1) * $1 }.reduce(1, +) }
  }

  /// What each path of the broadcasting driver is for.
  private let broadcasts: [Broadcast] = [
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
  ].map { Broadcast(shape: $0.0, a: $0.1, b: $0.2) }

  private func binary(_ operation: UInt32, shapes: [Broadcast], edges: [Broadcast]) -> KernelTest<Broadcast> {
    let compares = operation >= CK_LESS.rawValue
    let isPower = operation == CK_POWER.rawValue
    // Few distinct values for the comparisons, positive bases for the power.
    func draw(_ count: Int, _ seed: UInt64, _ range: ClosedRange<Float>) -> [Float] {
      let values = testValues(count, seed: seed, in: range)
      return compares ? values.map { ($0 * 2).rounded() } : values
    }
    return KernelTest<Broadcast>(
      "binary \(operation)", shapes: shapes, edges: edges,
      inputs: [
        .floats("a") { draw($0.extent($0.a), $1, isPower ? 0.1...3 : -2...2) },
        .floats("b") { draw($0.extent($0.b), $1, 0.25...2) },
      ],
      outputs: [.overwritten("out", within: .binary(ck_binary(operation))) { $0.count }]
    ) { shape, a in
      ck_binary_forward(
        ck_binary(operation), Int32(shape.shape.count), shape.shape.map(Int64.init), a["a"], shape.a.map(Int64.init),
        a["b"], shape.b.map(Int64.init), a["out"])
    } reference: { shape, v in
      ["out": Reference.binary(operation, shape: shape.shape, v["a"], strides: shape.a, v["b"], strides: shape.b)]
    }
  }

  func testBinaryOperationsWithBroadcasting() {
    for operation in 0..<CK_BINARY_COUNT.rawValue {
      binary(
        operation, shapes: broadcasts.filter { $0.count < 10_000 || operation == CK_SUBTRACT.rawValue },
        edges: [
          Broadcast(shape: [Shapes.edge], a: [1], b: [1]), Broadcast(shape: [3, 19], a: [19, 1], b: [0, 1]),
          Broadcast(shape: [19, 3], a: [1, 0], b: [3, 1]),
        ]
      ).check()
    }
  }

  func testBinaryOperationsInPlace() {
    for operation in 0..<CK_BINARY_COUNT.rawValue {
      var test = binary(operation, shapes: Shapes.counts.map { Broadcast(shape: [$0], a: [1], b: [1]) }, edges: [])
      test.shapes = test.shapes.filter { $0.count < Shapes.large || operation == CK_ADD.rawValue }
      // An array of one element where there is none: the extent of nothing counts the first.
      test.shapes.removeFirst()
      test.inPlace = [("a", "out"), ("b", "out")]
      test.check()
    }
  }

  /// Each special value against each.
  func testBinaryOperationsOfPairs() {
    let values = Specials.all + [1, 2, -1, 1.5]
    for operation in 0..<CK_BINARY_COUNT.rawValue {
      let count = values.count * values.count
      var test = binary(operation, shapes: [Broadcast(shape: [count], a: [1], b: [1])], edges: [])
      test.inputs = [
        .floats("a") { _, _ in values.flatMap { value in values.map { _ in value } } },
        .floats("b") { _, _ in values.flatMap { _ in values } },
      ]
      test.check()
    }
  }

  /// a x + b y, where b = 0 does not read y.
  func testLinearCombinations() {
    for (a, b) in [(2, -0.5), (3, 0)] as [(Float, Float)] {
      KernelTest<Int>(
        "\(a) x + \(b) y", shapes: Shapes.counts, edges: Shapes.edges, inputs: [.floats("x") { $0 }],
        outputs: [
          .updated("y", within: { _ in .sumOfTwoProducts }) { count, seed in
            b == 0 ? [Float](repeating: .nan, count: count) : testValues(count, seed: seed)
          }
        ]
      ) { count, arrays in
        ck_axpby(Int64(count), a, arrays["x"], b, arrays["y"])
      } reference: { _, v in
        let terms = zip(v["x"], v.before("y")).map { (Double(a) * $0, b == 0 ? 0 : Double(b) * $1) }
        return ["y": terms.map { $0 + $1 }, "|y|": terms.map { abs($0) + abs($1) }]
      }
      .check()
    }
    KernelTest<Int>(
      "2 x + 1", shapes: Shapes.counts, edges: Shapes.edges, inputs: [.floats("x") { $0 }],
      outputs: [.overwritten("y", within: .sumOfTwoProducts) { $0 }], inPlace: [("x", "y")]
    ) { count, a in
      ck_scale_shift(Int64(count), 2, a["x"], 1, a["y"])
    } reference: { _, v in
      ["y": v["x"].map { 2 * $0 + 1 }]
    }
    .check()
  }

  func testMultiplyAdd() {
    KernelTest<Int>(
      "2 a b", shapes: Shapes.counts, edges: Shapes.edges,
      inputs: [
        .floats("a", specials: Specials.withoutLargest) { $0 }, .floats("b", specials: Specials.withoutLargest) { $0 },
      ],
      outputs: [.byMode("out", within: { _ in .arithmetic }) { $0 }]
    ) { count, a in
      ck_multiply_add(Int64(count), a["a"], a["b"], 2, a["out"], a.mode("out"))
    } reference: { _, v in
      ["out": zip(v["a"], v["b"]).map { 2 * $0 * $1 }]
    }
    .check()
  }

  func testSelection() {
    KernelTest<Int>(
      "select", shapes: Shapes.counts, edges: Shapes.edges,
      inputs: [
        .floats("condition") { testValues($0, seed: $1).map { $0 > 0 ? $0 : 0 } }, .floats("a") { $0 },
        .floats("b") { $0 },
      ],
      outputs: [.overwritten("out", within: .exact, signedZeros: true) { $0 }],
      inPlace: [("condition", "out"), ("a", "out"), ("b", "out")]
    ) { count, a in
      ck_select(Int64(count), a["condition"], a["a"], a["b"], a["out"])
    } reference: { _, v in
      let (a, b) = (v["a"], v["b"])
      return ["out": v["condition"].enumerated().map { $1 != 0 ? a[$0] : b[$0] }]
    }
    .check()
  }

  func testBiasIsAddedToEachRow() {
    KernelTest<Matrix>(
      "add bias", shapes: Shapes.matrices + [Matrix(130, 257), Matrix(70, 1025)], edges: [Matrix(2, Shapes.edge)],
      inputs: [.floats("x") { $0.count }, .floats("bias") { $0.columns }],
      outputs: [.overwritten("y", within: .exact) { $0.count }], inPlace: [("x", "y")]
    ) { shape, a in
      ck_add_bias(shape.r, shape.c, a["x"], a["bias"], a["y"])
    } reference: { shape, v in
      let bias = v["bias"]
      return ["y": v["x"].enumerated().map { $1 + bias[$0 % shape.columns] }]
    }
    .check()
  }

  func testFill() {
    for value in [7, -0.0, .nan] as [Float] {
      KernelTest<Int>(
        "fill", shapes: Shapes.counts + [200_001], edges: [], inputs: [],
        outputs: [.overwritten("y", within: .exact, signedZeros: true) { $0 }]
      ) { count, a in
        ck_fill(Int64(count), value, a["y"])
      } reference: { count, _ in
        ["y": [Double](repeating: Double(value), count: count)]
      }
      .check()
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
