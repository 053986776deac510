import CKernels
import ReferenceKernels
import XCTest

/// Convolutions with special values at each place, with arrays at odd addresses between guarded zones, and by mode.
///
/// Outside the picture x is 0, and 0 times what is not finite is NaN: what meets x there takes finite values only.
final class ConvolutionEdgeTests: XCTestCase {
  private typealias Shape = Reference.ConvolutionShape

  /// Each kind: strided, dilated and padded on one side; one tap; depthwise; in groups; one row.
  private let shapes: [Reference.ConvolutionShape] = [
    .init(
      batch: 1, height: 3, width: 4, inputs: 2, outputs: Shapes.edge, kernel: (2, 3), stride: (1, 2), pad: (1, 0, 1, 1)),
    .init(batch: 2, height: 2, width: 3, inputs: 3, outputs: 5, kernel: (1, 1)),
    .init(
      batch: 1, height: 4, width: 4, inputs: 19, outputs: 19, kernel: (3, 3), dilation: (1, 2), pad: (1, 1, 2, 2),
      groups: 19),
    .init(batch: 1, height: 3, width: 3, inputs: 4, outputs: 6, kernel: (3, 3), pad: (1, 1, 1, 1), groups: 2),
    .init(batch: 2, height: 1, width: 9, inputs: 1, outputs: 2, kernel: (1, 4), pad: (0, 0, 3, 2)),
  ]

  func testForward() {
    KernelTest<Shape>(
      "convolution", shapes: shapes, edges: shapes,
      inputs: [.floats("x") { $0.inputCount }, .floats("w", specials: Specials.finite) { $0.weightCount }],
      outputs: [
        .overwritten("y", within: .exact) { $0.outputCount }.within { .product(terms: $0.weightCount / $0.outputs) }
      ]
    ) { shape, a in
      var parameters = shape.parameters
      return ck_conv2d_f32(&parameters, a["x"], a["w"], nil, nil, a["y"])
    } reference: { shape, v in
      let y = Reference.convolution(shape, x: v["x"].map { Float($0) }, w: v["w"].map { Float($0) })
      return ["y": y.values, "|y|": y.magnitudes]
    }
    .check()
  }

  func testInputGradient() {
    KernelTest<Shape>(
      "convolution by its input", shapes: shapes, edges: shapes,
      inputs: [.floats("dy") { $0.outputCount }, .floats("w", specials: Specials.finite) { $0.weightCount }],
      outputs: [.byMode("dx", within: { .product(terms: $0.weightCount / $0.inputs * $0.groups) }) { $0.inputCount }]
    ) { shape, a in
      var parameters = shape.parameters
      return ck_conv2d_input_gradient_f32(&parameters, a["dy"], a["w"], a["dx"], a.mode("dx"))
    } reference: { shape, v in
      let dx = Reference.convolutionInputGradient(shape, dy: v["dy"].map { Float($0) }, w: v["w"].map { Float($0) })
      return ["dx": dx.values, "|dx|": dx.magnitudes]
    }
    .check()
  }

  func testWeightGradient() {
    var test = KernelTest<Shape>(
      "convolution by its weights", shapes: shapes, edges: shapes,
      inputs: [.floats("x") { $0.inputCount }, .floats("dy", specials: Specials.finite) { $0.outputCount }],
      outputs: [
        .byMode("dw", within: { .product(terms: $0.outputCount / $0.outputs) }, optional: true) { $0.weightCount },
        .byMode("db", within: { .product(terms: $0.outputCount / $0.outputs) }, optional: true) { $0.outputs },
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
    test.check()
  }
}
