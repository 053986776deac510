internal import CKernels

extension Kernels {
  static func transposeMatrix(batch: Int, rows: Int, columns: Int, _ x: FloatPointer, _ y: MutableFloatPointer) {
    check(
      ck_transpose_matrix(Int64(batch), Int64(rows), Int64(columns), x, y),
      cost: .arrays(2, batch * rows * columns, operations: 0))
  }

  static func permute(_ shape: Shape, _ permutation: [Int], _ x: FloatPointer, _ y: MutableFloatPointer) {
    let sizes = shape.map(Int64.init)
    let axes = permutation.map(Int32.init)
    check(ck_permute(Int32(shape.rank), sizes, axes, x, y), cost: .arrays(2, shape.elementCount, operations: 0))
  }

  static func copyBlock(
    rows: Int, columns: Int, _ x: FloatPointer, ldx: Int, _ y: MutableFloatPointer, ldy: Int,
    _ mode: WriteMode = .overwrite
  ) {
    check(
      ck_copy_block(Int64(rows), Int64(columns), x, Int64(ldx), y, Int64(ldy), mode.c),
      cost: .arrays(mode == .overwrite ? 2 : 3, rows * columns, operations: 0))
  }

  /// y [outer, length, inner] (=, +=) scale x [outer, inner].
  static func broadcast(
    outer: Int, length: Int, inner: Int, scale: Float, _ x: FloatPointer, _ y: MutableFloatPointer, _ mode: WriteMode
  ) {
    check(
      ck_broadcast(Int64(outer), Int64(length), Int64(inner), scale, x, y, mode.c),
      cost: .arrays(mode == .overwrite ? 1 : 2, outer * length * inner))
  }

  /// False where an index is outside the rows.
  static func gatherRows(
    rows: Int, width: Int, _ x: FloatPointer, _ count: Int, _ indices: UnsafePointer<Int32>, _ y: MutableFloatPointer
  ) -> Bool {
    let status = run("gatherRows", cost: .arrays(2, count * width, operations: 0)) {
      ck_gather_rows(Int64(rows), Int64(width), x, Int64(count), indices, y)
    }
    if status == CK_INDEX_OUT_OF_RANGE { return false }
    expectSuccess(status)
    return true
  }

  static func scatterAddRows(
    rows: Int, width: Int, _ y: MutableFloatPointer, _ count: Int, _ indices: UnsafePointer<Int32>, _ x: FloatPointer
  ) {
    check(ck_scatter_add_rows(Int64(rows), Int64(width), y, Int64(count), indices, x), cost: .arrays(3, count * width))
  }
}
