import CKernels
import ReferenceKernels
import XCTest

final class ResamplingTests: XCTestCase {
  private static func with(_ shape: PictureShape, _ body: (UnsafePointer<ck_picture_shape>) -> ck_status) -> ck_status {
    var c = ck_picture_shape(
      batch: Int64(shape.batch), height: Int64(shape.height), width: Int64(shape.width),
      channels: Int64(shape.channels), out_height: Int64(shape.outHeight), out_width: Int64(shape.outWidth))
    return body(&c)
  }

  private let shapes = [
    PictureShape(0, 3, 3, 2, to: 4, 4), PictureShape(2, 3, 3, 2, to: 0, 4), PictureShape(1, 1, 1, 1, to: 3, 2),
    PictureShape(2, 4, 5, 3, to: 8, 10), PictureShape(1, 7, 6, 16, to: 3, 9), PictureShape(2, 5, 5, 17, to: 6, 1),
    PictureShape(3, 30, 20, 33, to: 40, 50),
  ]
  private let edges = [PictureShape(1, 3, 2, 3, to: 4, 5)]

  /// −1 now and then, and indices that come twice.
  private static func picks(_ count: Int, below limit: Int, seed: UInt64) -> [Int32] {
    testValues(count, seed: seed, in: -0.2...1).map {
      max(-1, min(Int32(($0 * Float(limit)).rounded(.down)), Int32(limit) - 1))
    }
  }

  func testPixelsArePicked() {
    KernelTest<PictureShape>(
      "pick pixels", shapes: shapes, edges: edges,
      inputs: [
        .floats("x") { $0.count }, .integers("rows") { Self.picks($0.outHeight, below: $0.height, seed: $1) },
        .integers("columns") { Self.picks($0.outWidth, below: $0.width, seed: $1) },
      ],
      outputs: [.overwritten("y", within: .exact) { $0.outCount }]
    ) { shape, a in
      Self.with(shape) { ck_pick_pixels_forward($0, a.integers("rows"), a.integers("columns"), 0.5, a["x"], a["y"]) }
    } reference: { shape, v in
      ["y": Reference.pickPixels(v["x"], shape, rows: v.integers("rows"), columns: v.integers("columns"), value: 0.5)]
    }
    .backward(of: ["x"], within: { _ in .poolingBackward }) { shape, a in
      Self.with(shape) {
        ck_pick_pixels_backward($0, a.integers("rows"), a.integers("columns"), a["dy"], a["dx"], a.mode("dx"))
      }
    } reference: { shape, v in
      ["dx": Reference.pickPixelsBackward(v["dy"], shape, rows: v.integers("rows"), columns: v.integers("columns"))]
    }
    .check()
  }

  func testBilinear() {
    for alignsCorners in [false, true] {
      KernelTest<PictureShape>(
        "bilinear", shapes: shapes, edges: edges, inputs: [.floats("x", specials: Specials.zeros) { $0.count }],
        outputs: [.overwritten("y", within: .bilinear) { $0.outCount }]
      ) { shape, a in
        Self.with(shape) { ck_bilinear_forward($0, alignsCorners, a["x"], a["y"]) }
      } reference: { shape, v in
        ["y": Reference.bilinear(v["x"], shape, alignsCorners: alignsCorners)]
      }
      .backward(of: ["x"], within: { _ in .bilinear }, specials: Specials.zeros) { shape, a in
        Self.with(shape) { ck_bilinear_backward($0, alignsCorners, a["dy"], a["dx"], a.mode("dx")) }
      } reference: { shape, v in
        ["dx": Reference.bilinearBackward(v["dy"], shape, alignsCorners: alignsCorners)]
      }
      .check()
    }
  }

  func testPicksOutsideThePictureAreReported() {
    let shape = PictureShape(1, 2, 2, 1, to: 1, 1)
    let x: [Float] = [1, 2, 3, 4]
    for bad in [Int32(-2), 2, .max, .min] {
      var y: [Float] = [7, 7, 7, 7]
      for (rows, columns) in [([bad], [Int32(0)]), ([0], [bad])] {
        XCTAssertEqual(Self.with(shape) { ck_pick_pixels_forward($0, rows, columns, 0, x, &y) }, CK_INDEX_OUT_OF_RANGE)
        XCTAssertEqual(
          Self.with(shape) { ck_pick_pixels_backward($0, rows, columns, x, &y, CK_OVERWRITE) }, CK_INDEX_OUT_OF_RANGE)
      }
      XCTAssertEqual(y, [7, 7, 7, 7])
    }
  }
}
