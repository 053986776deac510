import CKernels
import ReferenceKernels
import XCTest

extension Reference.ConvolutionShape {
  var parameters: ck_conv2d_shape {
    ck_conv2d_shape(
      batch: Int64(batch), height: Int64(height), width: Int64(width), input_channels: Int64(inputs),
      output_channels: Int64(outputs), kernel_height: Int64(kernel.y), kernel_width: Int64(kernel.x),
      stride_y: Int64(stride.y), stride_x: Int64(stride.x), dilation_y: Int64(dilation.y),
      dilation_x: Int64(dilation.x), pad_top: Int64(pad.top), pad_bottom: Int64(pad.bottom),
      pad_left: Int64(pad.left), pad_right: Int64(pad.right), groups: Int64(groups))
  }

  var name: String {
    "\(batch)x\(height)x\(width)x\(inputs) to \(outputs) kernel \(kernel) stride \(stride) dilation \(dilation) pad \(pad) "
      + "groups \(groups)"
  }

  /// Every function at this shape. `special`: with special values at each place of the inputs, too.
  func verify(special: Bool = false, file: StaticString = #filePath, line: UInt = #line) {
    forwardTest(special).check(file: file, line: line)
    inputGradientTest(special).check(file: file, line: line)
    weightGradientTest(special).check(file: file, line: line)
  }

  /// Bias, residual and an activation behind a sum.
  private static func finish(_ sum: Reference.Product, _ bias: [Double], _ residual: [Double]) -> Reference.Product {
    var result = sum
    for i in sum.values.indices {
      result.values[i] += bias[i % bias.count] + residual[i]
      result.magnitudes[i] += abs(bias[i % bias.count]) + abs(residual[i])
    }
    return result
  }
  private static func leaky(_ z: Double) -> Double { z > 0 ? z : 0.25 * z }

  private static func withEpilogue(
    _ a: Arguments, _ preactivation: String, _ body: (UnsafePointer<ck_epilogue>) -> ck_status
  ) -> ck_status {
    let epilogue = ck_epilogue(
      bias: a["bias"], activation: CK_LEAKY_RELU, activation_parameter: 0.25, preactivation: a[preactivation])
    return withUnsafePointer(to: epilogue, body)
  }

  /// Outside the picture x is 0, and 0 times what is not finite is NaN: what meets x there takes finite values only.
  private func forwardTest(_ special: Bool) -> KernelTest<Self> {
    KernelTest(
      "convolution \(name)", shapes: [self], edges: special ? [self] : [],
      inputs: [
        .floats("x") { $0.inputCount }, .floats("w", specials: Specials.finite) { $0.weightCount },
        .floats("bias") { $0.outputs }, .floats("residual") { $0.outputCount },
      ],
      outputs: [
        .overwritten("y", within: .exact) { $0.outputCount }.within { .product(terms: $0.terms) },
        .overwritten("z", within: .exact) { $0.outputCount }.within { .product(terms: $0.terms + 4) },
        .overwritten("activated", within: .exact) { $0.outputCount }.within { .product(terms: $0.terms + 4) },
      ]
    ) { shape, a in
      var parameters = shape.parameters
      let status = ck_conv2d_f32(&parameters, a["x"], a["w"], nil, nil, a["y"])
      guard status == CK_OK else { return status }
      return Self.withEpilogue(a, "z") {
        ck_conv2d_f32(&parameters, a["x"], a["w"], a["residual"], $0, a["activated"])
      }
    } reference: { shape, v in
      let y = Reference.convolution(shape, x: v["x"].map { Float($0) }, w: v["w"].map { Float($0) })
      let z = Self.finish(y, v["bias"], v["residual"])
      return [
        "y": y.values, "|y|": y.magnitudes, "z": z.values, "|z|": z.magnitudes,
        "activated": z.values.map(Self.leaky), "|activated|": z.magnitudes,
      ]
    }
  }

  /// And the transposed convolution, which is the same with an epilogue.
  private func inputGradientTest(_ special: Bool) -> KernelTest<Self> {
    KernelTest(
      "convolution by its input \(name)", shapes: [self], edges: special ? [self] : [],
      inputs: [
        .floats("dy") { $0.outputCount }, .floats("w", specials: Specials.finite) { $0.weightCount },
        .floats("bias") { $0.inputs }, .floats("residual") { $0.inputCount },
      ],
      outputs: [
        .byMode("dx", within: { .product(terms: $0.backwardTerms) }) { $0.inputCount },
        .overwritten("z", within: .exact) { $0.inputCount }.within { .product(terms: $0.backwardTerms + 4) },
        .overwritten("activated", within: .exact) { $0.inputCount }.within { .product(terms: $0.backwardTerms + 4) },
      ]
    ) { shape, a in
      var parameters = shape.parameters
      let status = ck_conv2d_input_gradient_f32(&parameters, a["dy"], a["w"], a["dx"], a.mode("dx"))
      guard status == CK_OK else { return status }
      return Self.withEpilogue(a, "z") {
        ck_conv2d_transposed_f32(&parameters, a["dy"], a["w"], a["residual"], $0, a["activated"])
      }
    } reference: { shape, v in
      let dx = Reference.convolutionInputGradient(shape, dy: v["dy"].map { Float($0) }, w: v["w"].map { Float($0) })
      let z = Self.finish(dx, v["bias"], v["residual"])
      return [
        "dx": dx.values, "|dx|": dx.magnitudes, "z": z.values, "|z|": z.magnitudes,
        "activated": z.values.map(Self.leaky), "|activated|": z.magnitudes,
      ]
    }
  }

  private func weightGradientTest(_ special: Bool) -> KernelTest<Self> {
    var test = KernelTest<Self>(
      "convolution by its weights \(name)", shapes: [self], edges: special ? [self] : [],
      inputs: [.floats("x") { $0.inputCount }, .floats("dy", specials: Specials.finite) { $0.outputCount }],
      outputs: [
        .byMode("dw", within: { .product(terms: $0.pixels) }, optional: true) { $0.weightCount },
        .byMode("db", within: { .product(terms: $0.pixels) }, optional: true) { $0.outputs },
      ]
    ) { shape, a in
      var parameters = shape.parameters
      return ck_conv2d_weight_gradient_f32(&parameters, a["x"], a["dy"], a["dw"], a["db"], a.mode("dw"))
    } reference: { shape, v in
      let dy = v["dy"].map { Float($0) }
      let dw = Reference.convolutionWeightGradient(shape, x: v["x"].map { Float($0) }, dy: dy)
      let db = Reference.convolutionBiasGradient(shape, dy: dy)
      return ["dw": dw.values, "|dw|": dw.magnitudes, "db": db.values, "|db|": db.magnitudes]
    }
    test.hasOneMode = true
    return test
  }

  private var terms: Int { kernel.y * kernel.x * inputs / groups }
  private var backwardTerms: Int { kernel.y * kernel.x * outputs / groups }
  private var pixels: Int { outputs == 0 ? 0 : outputCount / outputs }
}

final class ConvolutionTests: XCTestCase {
  typealias Shape = Reference.ConvolutionShape

  /// Each kind with special values: strided, dilated and padded on one side; one tap; depthwise; in groups; one row.
  func testSpecialValues() {
    Shape(
      batch: 1, height: 3, width: 4, inputs: 2, outputs: Shapes.edge, kernel: (2, 3), stride: (1, 2), pad: (1, 0, 1, 1)
    ).verify(special: true)
    Shape(batch: 2, height: 2, width: 3, inputs: 3, outputs: 5, kernel: (1, 1)).verify(special: true)
    Shape(
      batch: 1, height: 4, width: 4, inputs: 19, outputs: 19, kernel: (3, 3), dilation: (1, 2), pad: (1, 1, 2, 2),
      groups: 19
    ).verify(special: true)
    Shape(batch: 1, height: 3, width: 3, inputs: 4, outputs: 6, kernel: (3, 3), pad: (1, 1, 1, 1), groups: 2)
      .verify(special: true)
    Shape(batch: 2, height: 1, width: 9, inputs: 1, outputs: 2, kernel: (1, 4), pad: (0, 0, 3, 2))
      .verify(special: true)
  }

  func testKernelsStridesAndPaddings() {
    for kernel in [1, 2, 3, 5] {
      for stride in [1, 2, 3] {
        for pad in [0, 1, 2] {
          Shape(
            batch: 2, height: 7, width: 9, inputs: 3, outputs: 5, kernel: (kernel, kernel), stride: (stride, stride),
            pad: (pad, pad, pad, pad)
          ).verify()
        }
      }
    }
  }

  func testNothingNeedBeSymmetric() {
    Shape(
      batch: 2, height: 9, width: 11, inputs: 6, outputs: 8, kernel: (3, 5), stride: (2, 3), dilation: (2, 1),
      pad: (1, 0, 2, 3)
    ).verify()
    Shape(
      batch: 1, height: 12, width: 5, inputs: 2, outputs: 33, kernel: (4, 1), stride: (3, 2), dilation: (1, 2),
      pad: (0, 3, 0, 1)
    ).verify()
    Shape(
      batch: 3, height: 6, width: 7, inputs: 4, outputs: 4, kernel: (3, 2), stride: (4, 6), dilation: (2, 2),
      pad: (2, 1, 0, 2), groups: 4
    ).verify()
  }

  /// Tiles, panels and bands: channels around the vector's length, pictures of one and of many bands.
  func testTailsOfChannelsAndPixels() {
    for (inputs, outputs) in [(1, 1), (1, 6), (3, 17), (15, 16), (16, 15), (33, 47), (48, 49), (7, 100)] {
      Shape(
        batch: 2, height: 5, width: 6, inputs: inputs, outputs: outputs, kernel: (3, 3), pad: (1, 1, 1, 1)
      ).verify()
    }
    for (height, width) in [(1, 1), (1, 7), (3, 1), (40, 33), (2, 300)] {
      Shape(
        batch: 1, height: height, width: width, inputs: 5, outputs: 9, kernel: (3, 3), pad: (1, 1, 1, 1)
      ).verify()
    }
    Shape(batch: 1, height: 14, width: 14, inputs: 64, outputs: 64, kernel: (3, 3), pad: (1, 1, 1, 1)).verify()
  }

  /// So few channels that lanes are pixels: rows that end anywhere in a vector, several bands, strides down.
  func testFewOutputs() {
    for outputs in 1...8 {
      Shape(
        batch: 3, height: 6, width: 37, inputs: outputs % 3 + 1, outputs: outputs, kernel: (3, 5), stride: (2, 1),
        dilation: (1, 2), pad: (1, 0, 3, 4)
      ).verify()
    }
    Shape(batch: 19, height: 28, width: 28, inputs: 1, outputs: 6, kernel: (5, 5), pad: (2, 2, 2, 2)).verify()
    Shape(batch: 1, height: 70, width: 130, inputs: 1, outputs: 2, kernel: (3, 3), pad: (1, 1, 1, 1)).verify()
    Shape(batch: 2, height: 3, width: 16, inputs: 2, outputs: 7, kernel: (2, 1)).verify(special: true)
  }

  /// More terms than a block has: 6300 and 2700 of one tap.
  func testManyTerms() {
    Shape(batch: 1, height: 3, width: 4, inputs: 700, outputs: 17, kernel: (3, 3), pad: (1, 1, 1, 1)).verify()
    Shape(batch: 1, height: 3, width: 5, inputs: 2700, outputs: 9, kernel: (1, 1), stride: (2, 2)).verify()
  }

  func testSmallPicturesShareABand() {
    Shape(batch: 17, height: 3, width: 3, inputs: 4, outputs: 8, kernel: (3, 3), pad: (1, 1, 1, 1)).verify()
    Shape(batch: 40, height: 2, width: 2, inputs: 8, outputs: 8, kernel: (2, 2)).verify()
  }

  func testDilationBeyondThePicture() {
    for dilation in [2, 4, 6] {
      Shape(
        batch: 1, height: 9, width: 9, inputs: 4, outputs: 8, kernel: (3, 3), dilation: (dilation, dilation),
        pad: (dilation, dilation, dilation, dilation)
      ).verify()
      Shape(
        batch: 1, height: 9, width: 9, inputs: 3, outputs: 8, kernel: (3, 3), stride: (4, 4),
        dilation: (dilation, dilation), pad: (dilation, dilation, dilation, dilation)
      ).verify()
    }
  }

  func testStrideBeyondTheKernelAndThePicture() {
    for stride in [3, 4, 9] {
      Shape(
        batch: 2, height: 8, width: 8, inputs: 3, outputs: 4, kernel: (2, 2), stride: (stride, stride),
        pad: (1, 1, 1, 1)
      ).verify()
    }
  }

  func testGroupsAndDepthwise() {
    for groups in [2, 3, 6] {
      Shape(
        batch: 2, height: 7, width: 8, inputs: 6, outputs: 12, kernel: (3, 3), pad: (1, 1, 1, 1), groups: groups
      ).verify()
    }
    for channels in [2, 16, 19, 40] {
      for stride in [1, 2, 3] {
        Shape(
          batch: 2, height: 9, width: 13, inputs: channels, outputs: channels, kernel: (3, 5),
          stride: (stride, stride), dilation: (1, 2), pad: (1, 1, 3, 2), groups: channels
        ).verify()
      }
    }
  }

  /// The usual kernels, whose taps are taken together: rows that are all edge, and longer ones.
  func testUsualDepthwise() {
    for (kernel, stride) in [(3, 1), (3, 2), (5, 1)] {
      for width in [kernel - 2, kernel, 13] {
        Shape(
          batch: 2, height: 6, width: width, inputs: 19, outputs: 19, kernel: (kernel, kernel),
          stride: (stride, stride), pad: (1, 1, kernel / 2, kernel / 2), groups: 19
        ).verify()
      }
    }
    Shape(
      batch: 1, height: 4, width: 6, inputs: 3, outputs: 3, kernel: (3, 3), pad: (1, 1, 1, 1), groups: 3
    ).verify(special: true)
  }

  func testOneDimension() {
    Shape(
      batch: 2, height: 1, width: 200, inputs: 3, outputs: 8, kernel: (1, 7), stride: (1, 2), dilation: (1, 3),
      pad: (0, 0, 9, 9)
    ).verify()
    Shape(batch: 1, height: 1, width: 1500, inputs: 2, outputs: 3, kernel: (1, 3), pad: (0, 0, 1, 1)).verify()
  }

  func testEmptySizes() {
    Shape(batch: 0, height: 5, width: 5, inputs: 2, outputs: 3, kernel: (3, 3)).verify()
    Shape(batch: 2, height: 5, width: 5, inputs: 0, outputs: 3, kernel: (3, 3)).verify()
    Shape(batch: 2, height: 5, width: 5, inputs: 2, outputs: 0, kernel: (3, 3)).verify()
    Shape(batch: 2, height: 0, width: 0, inputs: 2, outputs: 3, kernel: (3, 3), pad: (2, 2, 2, 2)).verify()
  }

  /// A NaN of the picture reaches the outputs whose kernel covers it, and no other.
  func testNotANumberStaysWhereItIs() {
    var shape = Shape(batch: 1, height: 7, width: 7, inputs: 3, outputs: 4, kernel: (3, 3), pad: (1, 1, 1, 1))
      .parameters
    var x = [Float](repeating: 1, count: 7 * 7 * 3)
    x[(3 * 7 + 2) * 3 + 1] = .nan
    let w = [Float](repeating: 1, count: 3 * 3 * 3 * 4)
    onEveryMachine {
      var y = [Float](repeating: 0, count: 7 * 7 * 4)
      XCTAssertEqual(ck_conv2d_f32(&shape, x, w, nil, nil, &y), CK_OK)
      return [y]
    } check: { outputs, isa in
      for (i, value) in outputs[0].enumerated() {
        let (row, column) = (i / 28, i / 4 % 7)
        XCTAssertEqual(value.isNaN, abs(row - 3) <= 1 && abs(column - 2) <= 1, "\(isa) \(row) \(column)")
      }
    }
  }

  func testOutputSizes() {
    for (size, kernel, stride, dilation, pad, expected) in [
      (5, 3, 1, 1, 0, 3), (5, 3, 1, 1, 1, 5), (5, 3, 2, 1, 1, 3), (6, 3, 2, 1, 1, 3), (7, 3, 2, 2, 0, 2),
      (5, 5, 3, 1, 0, 1), (1, 1, 9, 1, 0, 1),
    ] {
      var shape = Shape(
        batch: 1, height: size, width: size + stride, inputs: 1, outputs: 1, kernel: (kernel, kernel),
        stride: (stride, stride), dilation: (dilation, dilation), pad: (pad, pad, pad, pad)
      ).parameters
      var (height, width): (Int64, Int64) = (0, 0)
      XCTAssertEqual(ck_conv2d_output_size(&shape, &height, &width), CK_OK)
      XCTAssertEqual(height, Int64(expected))
      XCTAssertEqual(width, Int64(expected + 1))
    }
  }

  func testBadShapesAreRefused() {
    let good = Shape(batch: 1, height: 4, width: 4, inputs: 4, outputs: 4, kernel: (3, 3)).parameters
    let x = [Float](repeating: 1, count: 1000)
    func refused(_ what: String, _ change: (inout ck_conv2d_shape) -> Void) {
      var shape = good
      change(&shape)
      var y = [Float](repeating: 5, count: 1000)
      var (height, width): (Int64, Int64) = (-7, -7)
      XCTAssertEqual(ck_conv2d_output_size(&shape, &height, &width), CK_INVALID_ARGUMENT, what)
      XCTAssertEqual(ck_conv2d_f32(&shape, x, x, nil, nil, &y), CK_INVALID_ARGUMENT, what)
      XCTAssertEqual(ck_conv2d_transposed_f32(&shape, x, x, nil, nil, &y), CK_INVALID_ARGUMENT, what)
      XCTAssertEqual(ck_conv2d_input_gradient_f32(&shape, x, x, &y, CK_OVERWRITE), CK_INVALID_ARGUMENT, what)
      XCTAssertEqual(ck_conv2d_weight_gradient_f32(&shape, x, x, &y, nil, CK_OVERWRITE), CK_INVALID_ARGUMENT, what)
      XCTAssertEqual(y, [Float](repeating: 5, count: 1000), what)
      XCTAssertEqual(height, -7, what)
    }
    refused("a kernel larger than the picture") { $0.kernel_height = 5 }
    refused("a dilated kernel larger than the padded picture") {
      $0.dilation_x = 4
      $0.pad_left = 4
    }
    refused("no kernel") { $0.kernel_width = 0 }
    refused("no stride") { $0.stride_y = 0 }
    refused("no dilation") { $0.dilation_y = 0 }
    refused("a negative padding") { $0.pad_bottom = -1 }
    refused("a negative batch") { $0.batch = -1 }
    refused("no group") { $0.groups = 0 }
    refused("groups that do not divide the channels") { $0.groups = 3 }
    refused("more elements than an address") { $0.batch = 1 << 60 }
    refused("a reach that overflows") { $0.dilation_y = .max }
    var shape = good
    var y = [Float](repeating: 5, count: 1000)
    XCTAssertEqual(ck_conv2d_f32(&shape, nil, x, nil, nil, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(ck_conv2d_f32(nil, x, x, nil, nil, &y), CK_INVALID_ARGUMENT)
    XCTAssertEqual(
      ck_conv2d_input_gradient_f32(&shape, x, x, &y, ck_mode(rawValue: 2)), CK_INVALID_ARGUMENT)
  }

  /// Tests/golden/convolution.py: checksums of output, input gradient, weight gradient, bias gradient, transposed.
  func testGoldenValues() {
    let golden: [(Shape, [Double])] = [
      (
        Shape(batch: 2, height: 5, width: 6, inputs: 3, outputs: 4, kernel: (3, 3), pad: (1, 1, 1, 1)),
        [-629, -174, 295, 10, -174]
      ),
      (
        Shape(
          batch: 2, height: 7, width: 8, inputs: 4, outputs: 6, kernel: (3, 2), stride: (2, 3), dilation: (1, 2),
          pad: (2, 2, 1, 1), groups: 2), [-3, 224, 135, 0, 224]
      ),
      (
        Shape(
          batch: 1, height: 6, width: 5, inputs: 5, outputs: 5, kernel: (3, 3), stride: (2, 1), pad: (1, 1, 1, 1),
          groups: 5), [58, 123, 886, 0, 123]
      ),
      (
        Shape(batch: 3, height: 1, width: 9, inputs: 2, outputs: 3, kernel: (1, 4), stride: (1, 2), pad: (0, 0, 3, 3)),
        [189, 125, 73, 13, 125]
      ),
      (
        Shape(batch: 1, height: 5, width: 5, inputs: 2, outputs: 3, kernel: (2, 2), stride: (3, 3)),
        [122, -105, 13, 2, -105]
      ),
    ]
    func numbers(_ seed: Int, _ count: Int) -> [Float] { (0..<count).map { Float(($0 * seed + $0 / 5) % 5 - 2) } }
    func checksum(_ x: [Float]) -> Double {
      x.enumerated().reduce(0) { $0 + Double($1.element) * Double($1.offset % 7 + 1) }
    }
    for (shape, expected) in golden {
      var parameters = shape.parameters
      let (x, w, bias) = (numbers(3, shape.inputCount), numbers(7, shape.weightCount), numbers(2, shape.outputs))
      let dy = numbers(4, shape.outputCount)
      onEveryMachine {
        var y = [Float](repeating: 0, count: shape.outputCount)
        var (dx, transposed) = (
          [Float](repeating: 0, count: shape.inputCount), [Float](repeating: 0, count: shape.inputCount)
        )
        var (dw, db) = ([Float](repeating: 0, count: w.count), [Float](repeating: 0, count: shape.outputs))
        bias.withUnsafeBufferPointer { bias in
          var epilogue = ck_epilogue(
            bias: bias.baseAddress, activation: CK_IDENTITY, activation_parameter: 0, preactivation: nil)
          XCTAssertEqual(ck_conv2d_f32(&parameters, x, w, nil, &epilogue, &y), CK_OK)
        }
        XCTAssertEqual(ck_conv2d_input_gradient_f32(&parameters, dy, w, &dx, CK_OVERWRITE), CK_OK)
        XCTAssertEqual(ck_conv2d_weight_gradient_f32(&parameters, x, dy, &dw, &db, CK_OVERWRITE), CK_OK)
        XCTAssertEqual(ck_conv2d_transposed_f32(&parameters, dy, w, nil, nil, &transposed), CK_OK)
        return [y, dx, dw, db, transposed]
      } check: { outputs, isa in
        XCTAssertEqual(outputs.map(checksum), expected, "\(isa) \(shape.name)")
      }
    }
  }
}
