import CKernels
import ReferenceKernels
import XCTest

final class PoolingTests: XCTestCase {
  /// A pooling's sizes and windows; adaptive without axes.
  private struct Pool: CustomStringConvertible {
    var shape: PictureShape
    var axes: (rows: PoolAxis, columns: PoolAxis)?
    /// Whole numbers, among which many are equal.
    var hasTies = true

    init(_ n: Int, _ h: Int, _ w: Int, _ c: Int, _ rows: PoolAxis, _ columns: PoolAxis, ties: Bool = true) {
      func size(_ size: Int, _ axis: PoolAxis) -> Int { (size + 2 * axis.padding - axis.kernel) / axis.stride + 1 }
      shape = PictureShape(n, h, w, c, to: size(h, rows), size(w, columns))
      axes = (rows, columns)
      hasTies = ties
    }
    init(adaptive shape: PictureShape, ties: Bool = true) { (self.shape, hasTies) = (shape, ties) }

    var description: String { "\(shape)" }

    func with(
      _ body: (UnsafePointer<ck_pool_shape>, UnsafePointer<ck_pool_window>?) -> ck_status
    ) -> ck_status {
      var c = ck_pool_shape(
        batch: Int64(shape.batch), height: Int64(shape.height), width: Int64(shape.width),
        channels: Int64(shape.channels), out_height: Int64(shape.outHeight), out_width: Int64(shape.outWidth))
      guard let axes else { return body(&c, nil) }
      var window = ck_pool_window(
        kernel_height: Int64(axes.rows.kernel), kernel_width: Int64(axes.columns.kernel),
        stride_height: Int64(axes.rows.stride), stride_width: Int64(axes.columns.stride),
        padding_height: Int64(axes.rows.padding), padding_width: Int64(axes.columns.padding))
      return body(&c, &window)
    }

    func draw(_ seed: UInt64) -> [Float] {
      let values = testValues(shape.count, seed: seed, in: -4...4)
      return hasTies ? values.map { $0.rounded() } : values
    }
  }

  private static func axis(_ kernel: Int, _ stride: Int, _ padding: Int) -> PoolAxis {
    PoolAxis(kernel: kernel, stride: stride, padding: padding)
  }

  /// Usual windows; overlapping, gapped, larger than the picture with its padding; one that does not reach the end.
  private static let shapes: [Pool] = [
    Pool(0, 4, 4, 3, axis(2, 2, 0), axis(2, 2, 0)), Pool(2, 4, 4, 0, axis(2, 2, 0), axis(2, 2, 0)),
    Pool(1, 1, 1, 1, axis(1, 1, 0), axis(1, 1, 0)), Pool(2, 6, 8, 3, axis(2, 2, 0), axis(2, 2, 0)),
    Pool(1, 7, 9, 16, axis(3, 2, 1), axis(3, 2, 1)), Pool(3, 5, 5, 17, axis(3, 1, 1), axis(3, 1, 1)),
    Pool(2, 7, 7, 9, axis(2, 3, 0), axis(2, 3, 0)), Pool(1, 3, 3, 4, axis(5, 1, 2), axis(5, 2, 2)),
    Pool(2, 11, 6, 33, axis(3, 1, 1), axis(2, 2, 0)), Pool(8, 24, 24, 33, axis(2, 2, 0), axis(2, 2, 0)),
    Pool(adaptive: PictureShape(2, 7, 5, 6, to: 3, 2)), Pool(adaptive: PictureShape(3, 8, 9, 17, to: 1, 1)),
    Pool(adaptive: PictureShape(1, 3, 3, 5, to: 5, 4)), Pool(adaptive: PictureShape(4, 40, 30, 20, to: 1, 1)),
  ]
  private static let edges: [Pool] = [
    Pool(1, 3, 4, 5, axis(2, 1, 1), axis(3, 2, 1), ties: false),
    Pool(adaptive: PictureShape(1, 3, 4, 2, to: 2, 3), ties: false),
  ]

  func testMaxPool() {
    KernelTest<Pool>(
      "max pool", shapes: Self.shapes, edges: Self.edges, inputs: [.floats("x") { $0.draw($1) }],
      outputs: [
        .overwritten("y", within: .exact) { $0.shape.outCount },
        .overwritten("index", within: .exact, optional: true, isInteger: true) { $0.shape.outCount },
      ]
    ) { pool, a in
      pool.with { ck_max_pool_forward($0, $1, a["x"], a["y"], a.integers("index")) }
    } reference: { pool, v in
      let (y, index) = Reference.maxPool(v["x"], pool.shape, pool.axes)
      return ["y": y, "index": index]
    }
    .backward(of: ["x"], from: ["y"], saving: ["index"], within: { _ in .poolingBackward }) { pool, a in
      pool.with { ck_max_pool_backward($0, $1, a["dy"], a.integers("index"), a["dx"], a.mode("dx")) }
    } reference: { pool, v in
      ["dx": Reference.maxPoolBackward(v["dy"], index: v["index"], pool.shape)]
    }
    .check()
  }

  func testAveragePool() {
    for countsPadding in [true, false] {
      KernelTest<Pool>(
        "average pool", shapes: Self.shapes, edges: Self.edges, inputs: [.floats("x") { $0.draw($1) }],
        outputs: [.overwritten("y", within: .pooling) { $0.shape.outCount }]
      ) { pool, a in
        pool.with { ck_average_pool_forward($0, $1, countsPadding, a["x"], a["y"]) }
      } reference: { pool, v in
        ["y": Reference.averagePool(v["x"], pool.shape, pool.axes, countsPadding: countsPadding)]
      }
      .backward(of: ["x"], within: { _ in .poolingBackward }) { pool, a in
        pool.with { ck_average_pool_backward($0, $1, countsPadding, a["dy"], a["dx"], a.mode("dx")) }
      } reference: { pool, v in
        ["dx": Reference.averagePoolBackward(v["dy"], pool.shape, pool.axes, countsPadding: countsPadding)]
      }
      .check()
    }
  }

  /// Results beyond the last-level cache are stored past it: the same numbers.
  func testPicturesBeyondTheCache() {
    let side = 2 * Int((Double(ck_cache_size(3)) / 4 / 16).squareRoot() / 2 + 1)
    let pool = Pool(1, side, side, 16, Self.axis(2, 2, 0), Self.axis(2, 2, 0))
    let x = testValues(pool.shape.count), dy = testValues(pool.shape.outCount, seed: 2)
    onEveryMachine {
      guard let memory = ck_allocate(4 * x.count) else { return [] }
      defer { ck_free(memory, 4 * x.count) }
      let dx = memory.assumingMemoryBound(to: Float.self)
      var y = dy
      var index = [Int32](repeating: 0, count: dy.count)
      XCTAssertEqual(pool.with { ck_max_pool_forward($0, $1, x, &y, &index) }, CK_OK)
      XCTAssertEqual(pool.with { ck_max_pool_backward($0, $1, dy, index, dx, CK_OVERWRITE) }, CK_OK)
      return [y, (0..<x.count / 101).map { dx[$0 * 101] }]
    } check: { outputs, isa in
      let (y, index) = Reference.maxPool(x.map(Double.init), pool.shape, pool.axes)
      assertClose(outputs[0], y, within: .exact, isa)
      let dx = Reference.maxPoolBackward(dy.map(Double.init), index: index, pool.shape)
      assertClose(outputs[1], (0..<x.count / 101).map { dx[$0 * 101] }, within: .exact, isa)
    }
  }
}
