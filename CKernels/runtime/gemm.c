// Entry points of ckernels/gemm.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"
#include "runtime/optimizer.h"

static bool is_transpose(ck_transpose transpose) { return (uint32_t)transpose <= CK_TRANSPOSE; }

// `batch` matrices [rows, columns], `stride` elements from one to the next.
static inline bool are_matrices(const float *matrix, int64_t batch, int64_t stride, int64_t rows,
                                int64_t columns, int64_t ld) {
  if (rows == 0 || columns == 0) return true;
  const int64_t shape[] = {batch, rows, columns}, strides[] = {stride, ld, 1};
  return ld >= columns && ck_is_array(ck_extent(3, shape, strides), matrix);
}

// Whether no element of C belongs to two products: each matrix ends before the next begins, or the rows of
// all lie side by side.
static bool are_apart(int64_t batch, int64_t stride, int64_t rows, int64_t columns, int64_t ld) {
  if (batch <= 1) return true;
  return stride >= (rows - 1) * ld + columns || (stride >= columns && ld >= (batch - 1) * stride + columns);
}

struct product {
  ck_transpose transpose_a, transpose_b;
  int64_t batch, m, n, k;
  const float *a, *b, *c;
  int64_t lda, ldb, ldc, stride_a, stride_b, stride_c;
};

static inline bool is_product(struct product p) {
  if (!is_transpose(p.transpose_a) || !is_transpose(p.transpose_b)) return false;
  if (p.batch < 0 || p.m < 0 || p.n < 0 || p.k < 0) return false;
  if (p.lda < 0 || p.ldb < 0 || p.ldc < 0 || p.stride_a < 0 || p.stride_b < 0 || p.stride_c < 0) return false;
  if (p.batch == 0 || p.m == 0 || p.n == 0) return true;
  return are_matrices(p.a, p.batch, p.stride_a, p.transpose_a ? p.k : p.m, p.transpose_a ? p.m : p.k,
                      p.lda) &&
         are_matrices(p.b, p.batch, p.stride_b, p.transpose_b ? p.n : p.k, p.transpose_b ? p.k : p.n,
                      p.ldb) &&
         are_matrices(p.c, p.batch, p.stride_c, p.m, p.n, p.ldc) &&
         are_apart(p.batch, p.stride_c, p.m, p.n, p.ldc);
}

// A matrix with elements, and of sizes that cannot come to more than ck_extent_most, 2^50.
static bool is_plain_matrix(const float *matrix, int64_t rows, int64_t columns, int64_t ld) {
  return matrix && ld >= columns && (uint64_t)rows - 1 < 1 << 25 && (uint64_t)columns - 1 < 1 << 25 &&
         ld <= 1 << 25;
}

// What nearly every product is, at a few nanoseconds: those of is_product are half of what 8^3 takes.
static bool is_plain_product(ck_transpose transpose_a, ck_transpose transpose_b, int64_t m, int64_t n,
                             int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb,
                             const float *c, int64_t ldc) {
  return is_transpose(transpose_a) && is_transpose(transpose_b) && is_plain_matrix(c, m, n, ldc) &&
         is_plain_matrix(a, transpose_a ? k : m, transpose_a ? m : k, lda) &&
         is_plain_matrix(b, transpose_b ? n : k, transpose_b ? k : n, ldb);
}

ck_status ck_gemm_f32(ck_transpose transpose_a, ck_transpose transpose_b, int64_t m, int64_t n, int64_t k,
                      float alpha, const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
                      float *c, int64_t ldc, const ck_epilogue *epilogue) {
  if (!is_plain_product(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, c, ldc) &&
      !is_product((struct product){transpose_a, transpose_b, 1, m, n, k, a, b, c, lda, ldb, ldc, 0, 0, 0}))
    return CK_INVALID_ARGUMENT;
  if (epilogue && !ck_is_activation(epilogue->activation)) return CK_INVALID_ARGUMENT;
  if (m == 0 || n == 0) return CK_OK;
  return ck_kernels()->gemm_f32(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc,
                                epilogue);
}

ck_status ck_gemm_step_f32(ck_transpose transpose_a, ck_transpose transpose_b, int64_t m, int64_t n,
                           int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb,
                           float *gradient, const ck_optimizer *optimizer, const ck_parameter *parameter) {
  const int64_t count = ck_dense(m, n, 1);
  if (!is_product(
          (struct product){transpose_a, transpose_b, 1, m, n, k, a, b, gradient, lda, ldb, n, 0, 0, 0}) ||
      count < 0 || !ck_is_step(optimizer, 1, parameter) || parameter->count != count ||
      parameter->row_length != 0)
    return CK_INVALID_ARGUMENT;
  if (count == 0) return CK_OK;
  return ck_kernels()->gemm_step_f32(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, gradient, optimizer,
                                     parameter);
}

ck_status ck_gemv_f32(ck_transpose transpose, int64_t m, int64_t n, float alpha, const float *a, int64_t lda,
                      const float *x, float beta, float *y) {
  const int64_t inputs = transpose ? m : n, outputs = transpose ? n : m;
  const int64_t extent = ck_matrix(m, n, lda), results = ck_dense(outputs, 1, 1);
  if (!is_transpose(transpose) || !ck_is_array(extent, a) || !ck_is_array(results, y))
    return CK_INVALID_ARGUMENT;
  if (results == 0) return inputs < 0 ? CK_INVALID_ARGUMENT : CK_OK;
  if (!ck_is_array(ck_dense(inputs, 1, 1), x)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->gemv_f32(transpose, m, n, alpha, a, lda, x, beta, y);
}

ck_status ck_gemm_batched_f32(ck_transpose transpose_a, ck_transpose transpose_b, int64_t batch, int64_t m,
                              int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                              int64_t stride_a, const float *b, int64_t ldb, int64_t stride_b, float beta,
                              float *c, int64_t ldc, int64_t stride_c) {
  if (!is_product((struct product){transpose_a, transpose_b, batch, m, n, k, a, b, c, lda, ldb, ldc, stride_a,
                                   stride_b, stride_c}))
    return CK_INVALID_ARGUMENT;
  if (batch == 0 || m == 0 || n == 0) return CK_OK;
  return ck_kernels()->gemm_batched_f32(transpose_a, transpose_b, batch, m, n, k, alpha, a, lda, stride_a, b,
                                        ldb, stride_b, beta, c, ldc, stride_c);
}
