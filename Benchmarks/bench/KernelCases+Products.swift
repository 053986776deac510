import CKernels

// Products whose time is that of their memory. `bench gemm` measures large ones, by their arithmetic.
extension KernelCase {
  /// Matrices of this many rows and columns in a batched product; 16 samples in a weight's step.
  private static let side = 16

  static let products: [KernelCase] = [
    KernelCase("product", "matrix_vector", arrays: 1, bytes: 4) { a, n in
      let rows = n / columns
      let (x, y) = (ScratchFloats(columns), ScratchFloats(max(rows, 1)))
      return {
        ck_gemv_f32(CK_NO_TRANSPOSE, Int64(rows), Int64(columns), 1, a[0], Int64(columns), x.start, 0, y.start)
      }
    },
    KernelCase("product", "matrix_vector_transposed", arrays: 1, bytes: 4) { a, n in
      let rows = n / columns
      let (x, y) = (ScratchFloats(max(rows, 1)), ScratchFloats(columns))
      return { ck_gemv_f32(CK_TRANSPOSE, Int64(rows), Int64(columns), 1, a[0], Int64(columns), x.start, 0, y.start) }
    },
    KernelCase("product", "gemm_batched_16x16x16", arrays: 3, bytes: 12) { a, n in
      let (size, square) = (Int64(side), Int64(side * side))
      return {
        ck_gemm_batched_f32(
          CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, Int64(n) / square, size, size, size, 1, a[0], size, square, a[1], size,
          square, 0, a[2], size, square)
      }
    },
    // Value and both moments are read and written; the gradient stays in the cache.
    KernelCase("product", "gemm_step_adam", arrays: 4, bytes: 24) { a, n in
      let (rows, samples) = (n / columns, side)
      let (x, dz) = (ScratchFloats(samples * max(rows, 1)), ScratchFloats(samples * columns))
      for i in 0..<n { a[3][i] = abs(a[3][i]) }
      return {
        var optimizer = ck_optimizer()
        optimizer.kind = CK_ADAM
        optimizer.adam = ck_adam(
          learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, gradient_scale: 1,
          decoupled_weight_decay: false)
        var parameter = ck_parameter(
          value: a[1], gradient: a[0], state1: a[2], state2: a[3], count: Int64(rows * columns), step: 1,
          learning_rate_scale: 1, weight_decay: 0, row_length: 0)
        return ck_gemm_step_f32(
          CK_TRANSPOSE, CK_NO_TRANSPOSE, Int64(rows), Int64(columns), Int64(samples), x.start, Int64(rows), dz.start,
          Int64(columns), a[0], &optimizer, &parameter)
      }
    },
    // One element of each cache line: memory moves the whole line.
    KernelCase("movement", "take_along_rows", arrays: 1, bytes: 4) { a, n in
      let rows = n / side
      let (indices, y) = (ScratchIndices(max(rows, 1), below: side), ScratchFloats(max(rows, 1)))
      return { ck_take_along_rows(Int64(rows), Int64(side), a[0], indices.start, y.start) }
    },
    KernelCase("movement", "take_along_rows_backward", arrays: 1, bytes: 8) { a, n in
      let rows = n / side
      let (indices, dy) = (ScratchIndices(max(rows, 1), below: side), ScratchFloats(max(rows, 1)))
      return { ck_take_along_rows_backward(Int64(rows), Int64(side), indices.start, dy.start, a[0]) }
    },
  ]
}
