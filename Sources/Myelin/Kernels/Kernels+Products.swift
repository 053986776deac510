internal import CKernels

extension Kernels {
  /// C [m, n] (=, +=) op(A) op(B).
  static func gemm(
    transposeA: Bool = false, transposeB: Bool = false, _ m: Int, _ n: Int, _ k: Int, alpha: Float = 1,
    _ a: FloatPointer, lda: Int, _ b: FloatPointer, ldb: Int, _ c: MutableFloatPointer, ldc: Int,
    _ mode: WriteMode = .overwrite
  ) {
    check(
      ck_gemm_f32(
        transposeA ? CK_TRANSPOSE : CK_NO_TRANSPOSE, transposeB ? CK_TRANSPOSE : CK_NO_TRANSPOSE, Int64(m), Int64(n),
        Int64(k), alpha, a, Int64(lda), b, Int64(ldb), mode == .overwrite ? 0 : 1, c, Int64(ldc), nil),
      cost: .product(m, n, k))
  }

  /// y [rows, outputs] = activation(x [rows, inputs] w [inputs, outputs] + bias); z before the activation where given.
  /// x has rows of `ldx` elements; with ``WriteMode/accumulate`` what is in y is added before the activation.
  static func dense(
    rows: Int, inputs: Int, outputs: Int, _ x: FloatPointer, ldx: Int? = nil, _ w: FloatPointer, bias: FloatPointer?,
    _ activation: Activation, preactivation: MutableFloatPointer?, _ y: MutableFloatPointer,
    _ mode: WriteMode = .overwrite
  ) {
    let (kind, parameter) = activation.c
    var epilogue = ck_epilogue(
      bias: bias, activation: kind, activation_parameter: parameter, preactivation: preactivation)
    check(
      ck_gemm_f32(
        CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, Int64(rows), Int64(outputs), Int64(inputs), 1, x,
        Int64(ldx ?? max(inputs, 1)), w, Int64(max(outputs, 1)), mode == .overwrite ? 0 : 1, y, Int64(max(outputs, 1)),
        &epilogue),
      cost: .product(rows, outputs, inputs))
  }

  static func gemmBatched(
    transposeA: Bool = false, transposeB: Bool = false, batch: Int, _ m: Int, _ n: Int, _ k: Int,
    _ a: FloatPointer, lda: Int, strideA: Int, _ b: FloatPointer, ldb: Int, strideB: Int,
    _ c: MutableFloatPointer, ldc: Int, strideC: Int, _ mode: WriteMode = .overwrite
  ) {
    check(
      ck_gemm_batched_f32(
        transposeA ? CK_TRANSPOSE : CK_NO_TRANSPOSE, transposeB ? CK_TRANSPOSE : CK_NO_TRANSPOSE, Int64(batch),
        Int64(m), Int64(n), Int64(k), 1, a, Int64(lda), Int64(strideA), b, Int64(ldb), Int64(strideB),
        mode == .overwrite ? 0 : 1, c, Int64(ldc), Int64(strideC)),
      cost: .product(m, n, k, batch: batch))
  }
}
