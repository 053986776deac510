import CKernels
import ReferenceKernels
import XCTest

/// Batch × pixels × channels, in groups.
private struct Images: CustomStringConvertible {
  var batch, pixels, channels, groups: Int

  init(_ batch: Int, _ pixels: Int, _ channels: Int, groups: Int = 1) {
    (self.batch, self.pixels, self.channels, self.groups) = (batch, pixels, channels, groups)
  }

  var count: Int { batch * pixels * channels }
  var rows: Int64 { Int64(batch * pixels) }
  var c: Int64 { Int64(channels) }
  var description: String { "[\(batch), \(pixels), \(channels)], groups: \(groups)" }

  /// Elements of each channel over all images.
  var byChannel: [[Int]] {
    if count == 0 { return [] }
    return (0..<channels).map { c in stride(from: c, to: count, by: channels).map { $0 } }
  }
  /// Elements of each group of each image.
  var byGroup: [[Int]] {
    if count == 0 { return [] }
    let size = channels / groups
    return (0..<batch).flatMap { n in
      (0..<groups).map { g in
        (0..<pixels).flatMap { p in (g * size..<(g + 1) * size).map { (n * pixels + p) * channels + $0 } }
      }
    }
  }
}

final class NormalizationTests: XCTestCase {
  private static let epsilon: Float = 1e-3
  private static let momentum: Float = 0.3

  /// What follows in the same kernel.
  private struct Epilogue {
    var activation: Reference.Activation
    var residual: Bool

    func with(_ residual: UnsafePointer<Float>?, _ body: (UnsafePointer<ck_norm_epilogue>) -> ck_status) -> ck_status {
      var c = ck_norm_epilogue(
        activation: ck_activation(UInt32(activation.rawValue)), activation_parameter: 0.2, residual: residual)
      return body(&c)
    }
  }
  private let epilogues = [
    Epilogue(activation: .identity, residual: false), Epilogue(activation: .relu, residual: false),
    Epilogue(activation: .relu, residual: true), Epilogue(activation: .silu, residual: true),
    Epilogue(activation: .tanh, residual: false),
  ]

  private func inputs(_ epilogue: Epilogue) -> [Input<Images>] {
    [
      .floats("x", in: -2...3, specials: [.nan]) { $0.count },
      .floats("gamma", in: 0.5...2, specials: []) { $0.channels },
      .floats("beta", specials: []) { $0.channels },
    ] + (epilogue.residual ? [.floats("residual", specials: []) { $0.count }] : [])
  }

  private func z(_ shape: Images, _ v: Values, _ normalized: [Double]) -> [Double] {
    let residual = v.optional("residual")
    return normalized.indices.map {
      normalized[$0] * v["gamma"][$0 % shape.channels] + v["beta"][$0 % shape.channels] + (residual?[$0] ?? 0)
    }
  }

  /// dz, dx, dgamma and dbeta from the normalised values.
  private func gradients(
    _ shape: Images, _ v: Values, _ epilogue: Epilogue, _ sets: [[Int]], inverseDeviation: [Double],
    _ normalized: [Double]
  ) -> [String: [Double]] {
    let dz = zip(z(shape, v, normalized), v["dy"]).map {
      Reference.activationBackward(epilogue.activation, Double(Float(0.2)), x: $0, dy: $1)
    }
    let dx = Reference.normalizeBackward(
      normalized, together: sets, inverseDeviation: inverseDeviation,
      gradient: dz.indices.map { dz[$0] * v["gamma"][$0 % shape.channels] })
    return [
      "dz": dz, "dx": dx, "dresidual": dz,
      "dgamma": Reference.columnSums(zip(dz, normalized).map(*), shape.channels),
      "dbeta": Reference.columnSums(dz, shape.channels),
    ]
  }

  private func outputs(_ epilogue: Epilogue) -> (inout KernelTest<Images>) -> Void {
    {
      $0.outputs = [
        .byMode("dx", within: { _ in .normalizationBackward }, optional: true) { $0.count },
        .byMode("dgamma", within: { .sumOfNormalized(terms: $0.batch * $0.pixels) }, optional: true) { $0.channels },
        .byMode("dbeta", within: { .sumOfNormalized(terms: $0.batch * $0.pixels) }, optional: true) { $0.channels },
        .overwritten("dz", within: .normalizationBackward, optional: true) { $0.count },
      ]
      $0.inPlace = [("dy", "dz")]
    }
  }

  func testBatchNorm() {
    let epsilon = Double(Self.epsilon), momentum = Double(Self.momentum)
    for epilogue in epilogues {
      KernelTest<Images>(
        "batch norm \(epilogue)",
        shapes: [
          Images(0, 2, 3), Images(2, 1, 1), Images(2, 1, 3), Images(7, 1, 5), Images(3, 11, 16), Images(5, 20, 6),
          Images(5, 1, 64), Images(4, 10, 100), Images(10, 300, 17), Images(9, 1, 1500), Images(70_003, 1, 1),
          Images(8, 1024, 16),
        ],
        edges: [Images(3, 1, 5)], inputs: inputs(epilogue),
        outputs: [
          .overwritten("y", within: .normalization) { $0.count },
          .overwritten("mean", within: .normalization) { $0.count == 0 ? 0 : $0.channels },
          .overwritten("r", within: .normalization) { $0.count == 0 ? 0 : $0.channels },
          .updated("runningMean", within: { _ in .normalization }) { testValues($0.channels, seed: $1) },
          .updated("runningVariance", within: { _ in .normalization }) {
            testValues($0.channels, seed: $1, in: 0.5...2)
          },
        ], inPlace: [("x", "y")] + (epilogue.residual ? [("residual", "y")] : [])
      ) { shape, a in
        epilogue.with(epilogue.residual ? a["residual"] : nil) {
          ck_batch_norm_forward(
            shape.rows, shape.c, a["x"], a["gamma"], a["beta"], Self.epsilon, $0, Self.momentum, a["runningMean"],
            a["runningVariance"], a["mean"], a["r"], a["y"])
        }
      } reference: { [self] shape, v in
        let sets = shape.byChannel
        let (normalized, mean, r) = Reference.normalize(v["x"], together: sets, epsilon: epsilon)
        var (runningMean, runningVariance) = (v.before("runningMean"), v.before("runningVariance"))
        if shape.batch * shape.pixels > 1, !runningMean.isEmpty {
          for (c, set) in sets.enumerated() {
            let variance = Reference.variance(set.map { v["x"][$0] }, correction: 1)
            runningMean[c] += momentum * (mean[c] - runningMean[c])
            runningVariance[c] += momentum * (variance - runningVariance[c])
          }
        }
        return [
          "y": z(shape, v, normalized).map { Reference.activation(epilogue.activation, Double(Float(0.2)), $0) },
          "mean": mean, "r": r, "runningMean": runningMean, "runningVariance": runningVariance,
        ]
      }
      .backward(
        of: ["x", "gamma", "beta"], from: ["y"], saving: ["mean", "r"], within: { _ in .normalizationBackward },
        specials: [.nan]
      ) { shape, a in
        epilogue.with(epilogue.residual ? a["residual"] : nil) {
          ck_batch_norm_backward(
            shape.rows, shape.c, a["x"], a["gamma"], a["beta"], $0, a["mean"], a["r"], true, a["dy"], a["dz"], a["dx"],
            a.mode("dx"), a["dgamma"], a.mode("dgamma"), a["dbeta"], a.mode("dbeta"))
        }
      } reference: { [self] shape, v in
        let normalized = v["x"].indices.map {
          (v["x"][$0] - v["mean"][$0 % shape.channels]) * v["r"][$0 % shape.channels]
        }
        return gradients(shape, v, epilogue, shape.byChannel, inverseDeviation: v["r"], normalized)
      }
      .changingBackward(outputs(epilogue))
      .check()
    }
  }

  /// By given statistics, which the gradient does not pass through.
  func testBatchNormInference() {
    for epilogue in epilogues {
      KernelTest<Images>(
        "batch norm inference \(epilogue)",
        shapes: [Images(0, 2, 3), Images(7, 1, 5), Images(5, 20, 6), Images(10, 300, 17)],
        edges: [Images(3, 1, 5)],
        inputs: inputs(epilogue) + [
          .floats("mean", specials: []) { $0.channels },
          .floats("variance", in: 0.5...2, specials: []) { $0.channels },
        ],
        outputs: [.overwritten("y", within: .normalization) { $0.count }], inPlace: [("x", "y")]
      ) { shape, a in
        epilogue.with(epilogue.residual ? a["residual"] : nil) {
          ck_batch_norm_inference(
            shape.rows, shape.c, a["x"], a["gamma"], a["beta"], Self.epsilon, $0, a["mean"], a["variance"], a["y"])
        }
      } reference: { [self] shape, v in
        ["y": z(shape, v, given(shape, v)).map { Reference.activation(epilogue.activation, Double(Float(0.2)), $0) }]
      }
      .backward(of: ["x", "gamma", "beta"], within: { _ in .normalizationBackward }, specials: [.nan]) { shape, a in
        let r = UnsafeBufferPointer(start: a["variance"], count: shape.channels).map {
          Float(1 / (Double($0) + Double(Self.epsilon)).squareRoot())
        }
        return epilogue.with(epilogue.residual ? a["residual"] : nil) {
          ck_batch_norm_backward(
            shape.rows, shape.c, a["x"], a["gamma"], a["beta"], $0, a["mean"], r, false, a["dy"], a["dz"], a["dx"],
            a.mode("dx"), a["dgamma"], a.mode("dgamma"), a["dbeta"], a.mode("dbeta"))
        }
      } reference: { [self] shape, v in
        let normalized = given(shape, v)
        let all = gradients(
          shape, v, epilogue, [], inverseDeviation: [], normalized)
        let dx = all["dz"]!.indices.map {
          all["dz"]![$0] * v["gamma"][$0 % shape.channels] * factor(v, $0 % shape.channels)
        }
        return all.merging(["dx": dx]) { $1 }
      }
      .changingBackward(outputs(epilogue))
      .check()
    }
  }

  private func factor(_ v: Values, _ channel: Int) -> Double {
    1 / (v["variance"][channel] + Double(Self.epsilon)).squareRoot()
  }

  private func given(_ shape: Images, _ v: Values) -> [Double] {
    v["x"].indices.map {
      (v["x"][$0] - v["mean"][$0 % shape.channels]) * factor(v, $0 % shape.channels)
    }
  }

  func testGroupNorm() {
    let epsilon = Double(Self.epsilon)
    for epilogue in epilogues {
      KernelTest<Images>(
        "group norm \(epilogue)",
        shapes: [
          Images(0, 2, 4), Images(2, 0, 4, groups: 2), Images(1, 1, 2), Images(2, 9, 6, groups: 3),
          Images(2, 7, 16, groups: 16), Images(20, 30, 12, groups: 4), Images(3, 400, 24), Images(17, 1, 12, groups: 4),
          Images(2, 500, 130, groups: 5),
        ],
        edges: [Images(2, 2, 4, groups: 2)], inputs: inputs(epilogue),
        outputs: [
          .overwritten("y", within: .normalization) { $0.count },
          .overwritten("mean", within: .normalization) { $0.count == 0 ? 0 : $0.batch * $0.groups },
          .overwritten("r", within: .normalization) { $0.count == 0 ? 0 : $0.batch * $0.groups },
        ], inPlace: [("x", "y")]
      ) { shape, a in
        epilogue.with(epilogue.residual ? a["residual"] : nil) {
          ck_group_norm_forward(
            Int64(shape.batch), Int64(shape.pixels), shape.c, Int64(shape.groups), a["x"], a["gamma"], a["beta"],
            Self.epsilon, $0, a["mean"], a["r"], a["y"])
        }
      } reference: { [self] shape, v in
        let (normalized, mean, r) = Reference.normalize(v["x"], together: shape.byGroup, epsilon: epsilon)
        return [
          "y": z(shape, v, normalized).map { Reference.activation(epilogue.activation, Double(Float(0.2)), $0) },
          "mean": mean, "r": r,
        ]
      }
      .backward(
        of: ["x", "gamma", "beta"], from: ["y"], saving: ["mean", "r"], within: { _ in .normalizationBackward },
        specials: [.nan]
      ) { shape, a in
        epilogue.with(epilogue.residual ? a["residual"] : nil) {
          ck_group_norm_backward(
            Int64(shape.batch), Int64(shape.pixels), shape.c, Int64(shape.groups), a["x"], a["gamma"], a["beta"], $0,
            a["mean"], a["r"], a["dy"], a["dz"], a["dx"], a.mode("dx"), a["dgamma"], a.mode("dgamma"), a["dbeta"],
            a.mode("dbeta"))
        }
      } reference: { [self] shape, v in
        var normalized = v["x"]
        for (s, set) in shape.byGroup.enumerated() {
          for i in set { normalized[i] = (v["x"][i] - v["mean"][s]) * v["r"][s] }
        }
        return gradients(shape, v, epilogue, shape.byGroup, inverseDeviation: v["r"], normalized)
      }
      .changingBackward(outputs(epilogue))
      .check()
    }
  }

  func testLayerAndRMSNorm() {
    let epsilon = Double(Self.epsilon)
    for centered in [true, false] {
      func sets(_ shape: Matrix) -> [[Int]] {
        (0..<(shape.columns == 0 ? 0 : shape.rows)).map { Array($0 * shape.columns..<($0 + 1) * shape.columns) }
      }
      KernelTest<Matrix>(
        centered ? "layer norm" : "RMS norm", shapes: Shapes.matrices, edges: [Matrix(2, 5)],
        inputs: [
          .floats("x", in: -2...3, specials: [.nan]) { $0.count },
          .floats("gamma", in: 0.5...2, specials: []) { $0.columns },
        ] + (centered ? [.floats("beta", specials: []) { $0.columns }] : []),
        outputs: [
          .overwritten("y", within: .normalization) { $0.count },
          .overwritten("r", within: .normalization) { $0.columns == 0 ? 0 : $0.rows },
        ] + (centered ? [.overwritten("mean", within: .normalization) { $0.columns == 0 ? 0 : $0.rows }] : []),
        inPlace: [("x", "y")]
      ) { shape, a in
        centered
          ? ck_layer_norm_forward(
            shape.r, shape.c, a["x"], a["gamma"], a["beta"], Self.epsilon, a["mean"], a["r"], a["y"])
          : ck_rms_norm_forward(shape.r, shape.c, a["x"], a["gamma"], Self.epsilon, a["r"], a["y"])
      } reference: { shape, v in
        let (normalized, mean, r) = Reference.normalize(
          v["x"], together: sets(shape), epsilon: epsilon, centered: centered)
        let y = normalized.indices.map {
          normalized[$0] * v["gamma"][$0 % shape.columns] + (centered ? v["beta"][$0 % shape.columns] : 0)
        }
        return ["y": y, "r": r, "mean": mean]
      }
      .backward(
        of: ["x", "gamma"] + (centered ? ["beta"] : []), from: ["y"], saving: ["mean", "r"], optional: true,
        within: { .sumOfNormalized(terms: $0.rows) }, specials: [.nan]
      ) { shape, a in
        centered
          ? ck_layer_norm_backward(
            shape.r, shape.c, a["x"], a["gamma"], a["mean"], a["r"], a["dy"], a["dx"], a.mode("dx"), a["dgamma"],
            a.mode("dgamma"), a["dbeta"], a.mode("dbeta"))
          : ck_rms_norm_backward(
            shape.r, shape.c, a["x"], a["gamma"], a["r"], a["dy"], a["dx"], a.mode("dx"), a["dgamma"], a.mode("dgamma"))
      } reference: { shape, v in
        let columns = shape.columns
        let normalized = v["x"].indices.map {
          (v["x"][$0] - (centered ? v["mean"][$0 / columns] : 0)) * v["r"][$0 / columns]
        }
        let dx = Reference.normalizeBackward(
          normalized, together: sets(shape), inverseDeviation: v["r"],
          gradient: v["dy"].indices.map { v["dy"][$0] * v["gamma"][$0 % columns] }, centered: centered)
        return [
          "dx": dx, "dgamma": Reference.columnSums(zip(v["dy"], normalized).map(*), columns),
          "dbeta": Reference.columnSums(v["dy"], columns),
        ]
      }
      .check()
    }
  }

  /// A mean of 10⁴ standard deviations, and rows among which those that the kernel looks at first are far from the others.
  func testVariancesFarFromZeroAreRight() {
    let (rows, channels) = (40_000, 3)
    var x = testValues(rows * channels, in: 9_999...10_001)
    for k in 0..<64 * 8 {
      let row = k * rows / (64 * 8)
      for c in 0..<channels { x[row * channels + c] = 9_000 }
    }
    let exact = Reference.normalize(
      x.map(Double.init), together: (0..<channels).map { c in stride(from: c, to: x.count, by: channels).map { $0 } },
      epsilon: 0)
    onEveryMachine {
      var mean = [Float](repeating: 0, count: channels), r = mean, y = x
      XCTAssertEqual(
        ck_batch_norm_forward(Int64(rows), Int64(channels), x, nil, nil, 0, nil, 0, nil, nil, &mean, &r, &y), CK_OK)
      var rowMean = [Float](repeating: 0, count: 40), rowFactor = rowMean
      XCTAssertEqual(ck_layer_norm_forward(40, Int64(x.count / 40), x, nil, nil, 0, &rowMean, &rowFactor, &y), CK_OK)
      return [mean, r, rowMean, rowFactor]
    } check: { outputs, isa in
      assertClose(outputs[0], exact.mean, within: .momentsFarFromZero, "\(isa) mean")
      assertClose(outputs[1], exact.inverseDeviation, within: .momentsFarFromZero, "\(isa) deviation")
      let columns = x.count / 40
      let rows = Reference.normalize(
        x.map(Double.init), together: (0..<40).map { Array($0 * columns..<($0 + 1) * columns) }, epsilon: 0)
      assertClose(outputs[2], rows.mean, within: .momentsFarFromZero, "\(isa) mean of rows")
      assertClose(outputs[3], rows.inverseDeviation, within: .momentsFarFromZero, "\(isa) deviation of rows")
    }
  }
}
