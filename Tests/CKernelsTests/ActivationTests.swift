import CKernels
import ReferenceKernels
import XCTest

final class ActivationTests: XCTestCase {
  static let slope: Float = 0.3

  /// Each magnitude from denormals to infinity, both signs, and a dense stretch where the functions bend.
  static let everyMagnitude: [Float] =
    [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]
    + stride(from: UInt32(0), through: UInt32.max, by: 400_009).map(Float.init(bitPattern:))
    + stride(from: Float(-20), through: 20, by: 0.000_7).map { $0 }
    // Where the error of softplus and the slopes of both forms of GELU was largest, 4.4 to 4.6 ULP.
    + [-0.433_940_321, -3.615_409_14, -4.363_148_69]

  /// Around the kinks, but for 0, and far out.
  static let bends: [Float] = [
    3, -3, Float(3).nextDown, Float(-3).nextUp, 3.01, -3.01, 0.01, -0.01, 30, -30, 200, -200,
  ]

  /// f(x) at every magnitude, with the parameter's value as C sees it.
  func testForwardOverAllMagnitudes() {
    for kind in Reference.Activation.allCases {
      KernelTest(
        "\(kind)", shapes: [()], edges: [],
        inputs: [.floats("x") { _, _ in Self.everyMagnitude }],
        outputs: [.overwritten("y", within: kind.tolerance) { Self.everyMagnitude.count }], inPlace: [("x", "y")]
      ) { _, a in
        ck_activation_forward(kind.kernel, Self.slope, Int64(Self.everyMagnitude.count), a["x"], a["y"])
      } reference: { _, v in
        ["y": v["x"].map { Reference.activation(kind, Double(Self.slope), $0) }]
      }
      .check()
    }
  }

  /// f′(x) of those that are computed from x, at every magnitude.
  func testDerivativesFromTheInputOverAllMagnitudes() {
    let x = Self.everyMagnitude
    // Between −3 and −0.3 the derivatives cross 0.
    for (part, tolerance) in [
      (x.filter { !(-3 ... -0.3).contains($0) }, Tolerance.activationSlope),
      (x.filter { (-3 ... -0.3).contains($0) }, .activationSlopeNearItsZero),
    ] {
      for kind in Reference.Activation.allCases where kind.backwardNeedsInput {
        KernelTest(
          "\(kind)′", shapes: [()], edges: [], inputs: [.floats("x") { _, _ in part }],
          outputs: [.overwritten("dx", within: tolerance) { part.count }]
        ) { _, a in
          let one = [Float](repeating: 1, count: part.count)
          return ck_activation_backward(kind.kernel, 0, Int64(part.count), a["x"], one, a["dx"], CK_OVERWRITE)
        } reference: { _, v in
          ["dx": v["x"].map { Reference.activationDerivative(kind, 0, $0) }]
        }
        .check()
      }
    }
  }

  func testActivations() {
    for kind in Reference.Activation.allCases {
      XCTAssertEqual(ck_activation_backward_needs_input(kind.kernel), kind.backwardNeedsInput)
      let saved = kind.backwardNeedsInput ? "x" : "y"
      let p = Double(Self.slope)
      KernelTest(
        "\(kind)", shapes: Shapes.counts, edges: [Shapes.edge],
        inputs: [
          .floats("x", in: -9...9, specials: Specials.all + Self.bends) { $0 }
        ],
        outputs: [.overwritten("y", within: kind.tolerance) { $0 }], inPlace: [("x", "y")]
      ) { count, a in
        ck_activation_forward(kind.kernel, Self.slope, Int64(count), a["x"], a["y"])
      } reference: { _, v in
        ["y": v["x"].map { Reference.activation(kind, p, $0) }]
      }
      .backward(of: ["x"], saving: ["y"], within: { _ in .activationBackward }) { count, a in
        ck_activation_backward(kind.kernel, Self.slope, Int64(count), a[saved], a["dy"], a["dx"], a.mode("dx"))
      } reference: { _, v in
        [
          "dx": zip(v["x"], v["dy"]).map { Reference.activationBackward(kind, p, x: $0, dy: $1) },
          "|dx|": v["dy"].map(abs),
        ]
      }
      .changingBackward { $0.inPlace = [("dy", "dx")] }
      .check()
    }
  }

  /// Tall, wide, tiny, odd: each way in which the sum over rows is split.
  private let shapes =
    [(0, 5), (1, 1), (4, 8), (5, 17), (7, 3), (3, 15), (2, 33), (3000, 10), (130, 300), (37, 1030), (9, 5000)]
    .map { Matrix($0.0, $0.1) } + [Matrix(40_000, 1)]

  /// dz and the sum of its columns, in one pass.
  func testBiasBackward() {
    for kind in [Reference.Activation.identity, .relu, .tanh, .gelu, .elu] {
      let p = Double(Self.slope)
      func slopes(_ v: Values) -> [Double] {
        zip(v["x"], v["dy"]).map { Reference.activationBackward(kind, p, x: $0, dy: $1) }
      }
      KernelTest<Matrix>(
        "bias and \(kind) backward", shapes: shapes, edges: [Matrix(2, Shapes.edge)],
        inputs: [
          .floats("x", in: -3...3) { $0.count },
          .derived("y") { _, v in v["x"].map { Reference.activation(kind, p, $0) } }, .floats("dy") { $0.count },
        ],
        outputs: [
          .overwritten("dz", within: .activationBackward) { $0.count },
          .byMode("dbias", within: { .sumOfSlopes(terms: $0.rows) }, optional: true) { $0.columns },
        ], inPlace: [("dy", "dz")]
      ) { shape, a in
        ck_bias_activation_backward(
          kind.kernel, Self.slope, shape.r, shape.c, a[kind.backwardNeedsInput ? "x" : "y"], a["dy"], a["dz"],
          a["dbias"], a.mode("dbias"))
      } reference: { shape, v in
        ["dz": slopes(v), "dbias": Reference.columnSums(slopes(v), shape.columns), "|dz|": v["dy"].map(abs)]
      }
      .check()
    }
  }

  func testIdentityBiasBackwardNeedsNeitherInputNorOutput() {
    KernelTest<Matrix>(
      "bias backward", shapes: shapes, edges: [Matrix(2, Shapes.edge)], inputs: [.floats("dy") { $0.count }],
      outputs: [.byMode("dbias", within: { .sumOfSlopes(terms: $0.rows) }) { $0.columns }]
    ) { shape, a in
      ck_bias_activation_backward(
        CK_IDENTITY, 0, shape.r, shape.c, nil, a["dy"], nil, a["dbias"], a.mode("dbias"))
    } reference: { shape, v in
      ["dbias": Reference.columnSums(v["dy"], shape.columns)]
    }
    .check()
  }

  private struct Parametric {
    var matrix: Matrix
    var slopes: Int
  }

  func testParametricReLU() {
    let all = shapes.flatMap { shape in Set([1, shape.columns]).map { Parametric(matrix: shape, slopes: $0) } }
    let edges = [1, Shapes.edge].map { Parametric(matrix: Matrix(2, Shapes.edge), slopes: $0) }
    KernelTest<Parametric>(
      "prelu", shapes: all, edges: edges,
      inputs: [.floats("x", in: -3...3) { $0.matrix.count }, .floats("slope", in: -0.5...0.5) { $0.slopes }],
      outputs: [.overwritten("y", within: .arithmetic) { $0.matrix.count }], inPlace: [("x", "y")]
    ) { shape, a in
      ck_prelu_forward(shape.matrix.r, shape.matrix.c, a["x"], Int64(shape.slopes), a["slope"], a["y"])
    } reference: { shape, v in
      let slope = v["slope"]
      return ["y": v["x"].enumerated().map { Reference.activation(.leakyReLU, slope[$0 % shape.slopes], $1) }]
    }
    .backward(
      of: ["x", "slope"], optional: true,
      within: { .sumOfSlopes(terms: $0.matrix.count / max($0.slopes, 1)) }
    ) { shape, a in
      ck_prelu_backward(
        shape.matrix.r, shape.matrix.c, a["x"], Int64(shape.slopes), a["slope"], a["dy"], a["dx"], a.mode("dx"),
        a["dslope"], a.mode("dslope"))
    } reference: { shape, v in
      let slope = v["slope"]
      let pairs = zip(v["x"], v["dy"])
      return [
        "dx": pairs.enumerated().map { $1.1 * ($1.0 > 0 ? 1 : slope[$0 % shape.slopes]) },
        "dslope": Reference.columnSums(pairs.map { $0 > 0 ? 0 : $1 * $0 }, shape.slopes),
      ]
    }
    .changingBackward { $0.outputs[0] = $0.outputs[0].within { _ in .arithmetic } }
    .check()
  }

  func testRandomisedReLUDrawsTheSameSlopesBothWays() {
    func slope(_ element: Int) -> Double { 0.125 + 0.25 * Reference.randomUnit(key: 77, element: UInt64(element) + 5) }
    KernelTest<Int>(
      "randomised ReLU", shapes: Shapes.counts, edges: [Shapes.edge], inputs: [.floats("x", in: -3...3) { $0 }],
      outputs: [.overwritten("y", within: .arithmetic) { $0 }], inPlace: [("x", "y")]
    ) { count, a in
      ck_rrelu_forward(Int64(count), 0.125, 0.375, 77, 5, a["x"], a["y"])
    } reference: { _, v in
      ["y": v["x"].enumerated().map { Reference.activation(.leakyReLU, slope($0), $1) }]
    }
    .backward(of: ["x"], within: { _ in .arithmetic }) { count, a in
      ck_rrelu_backward(Int64(count), 0.125, 0.375, 77, 5, a["x"], a["dy"], a["dx"], a.mode("dx"))
    } reference: { _, v in
      ["dx": zip(v["x"], v["dy"]).enumerated().map { $1.1 * ($1.0 <= 0 ? slope($0) : 1) }]
    }
    .check()
  }

  func testTheMeanSlopeOfRandomisedReLU() {
    let count = 100_003
    let x = [Float](repeating: -1, count: count)
    var y = x
    XCTAssertEqual(ck_rrelu_forward(Int64(count), 0.125, 0.375, 77, 5, x, &y), CK_OK)
    let mean = -y.reduce(0) { $0 + Double($1) } / Double(count)
    // The deviation of a uniform number is its range / √12.
    XCTAssertEqual(mean, 0.25, accuracy: Statistics.deviations * 0.25 / (12 * Double(count)).squareRoot())
  }

  func testBadArgumentsAreRefused() {
    var values: [Float] = [1]
    let unknown = ck_activation(rawValue: CK_ACTIVATION_COUNT.rawValue)
    XCTAssertEqual(ck_activation_forward(unknown, 0, 1, values, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_activation_forward(CK_RELU, 0, -1, values, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_activation_forward(CK_RELU, 0, 1, nil, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_activation_forward(CK_RELU, 0, 0, nil, nil), CK_OK)
    XCTAssertEqual(
      ck_bias_activation_backward(CK_RELU, 0, 1, 1, nil, values, &values, nil, CK_OVERWRITE), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_prelu_forward(1, 1, values, 2, values, &values), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_rrelu_forward(1, 0.5, 0.2, 0, 0, values, &values), CK_INVALID_ARGUMENT)
    for kind in [CK_LEAKY_RELU, CK_ELU] {
      let status = ck_activation_backward(kind, -0.5, 1, values, values, &values, CK_OVERWRITE)
      XCTAssertEqual(status, CK_INVALID_ARGUMENT)
    }
  }
}

extension Reference.Activation {
  fileprivate var kernel: ck_activation { ck_activation(rawValue: UInt32(rawValue)) }

  fileprivate var tolerance: Tolerance {
    switch self {
    case .identity, .relu, .step: .exact
    default: .activation
    }
  }
}
