// Entry points of ckernels/gemm.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"

static bool is_transpose(ck_transpose transpose) {
  return transpose == CK_NO_TRANSPOSE || transpose == CK_TRANSPOSE;
}

// A stored [rows, columns] matrix with leading dimension ld. A matrix without elements needs no memory.
static bool is_matrix(const float *matrix, int64_t rows, int64_t columns, int64_t ld) {
  if (rows == 0 || columns == 0) return true;
  return matrix && ld >= columns;
}

static bool is_product(ck_transpose transpose_a, ck_transpose transpose_b, int64_t m, int64_t n, int64_t k,
                       const float *a, int64_t lda, const float *b, int64_t ldb, const float *c,
                       int64_t ldc) {
  if (!is_transpose(transpose_a) || !is_transpose(transpose_b) || m < 0 || n < 0 || k < 0) return false;
  if (m == 0 || n == 0) return true;
  return is_matrix(a, transpose_a ? k : m, transpose_a ? m : k, lda) &&
         is_matrix(b, transpose_b ? n : k, transpose_b ? k : n, ldb) && is_matrix(c, m, n, ldc);
}

ck_status ck_gemm_f32(ck_transpose transpose_a, ck_transpose transpose_b, int64_t m, int64_t n, int64_t k,
                      float alpha, const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
                      float *c, int64_t ldc, const ck_epilogue *epilogue) {
  if (!is_product(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, c, ldc)) return CK_INVALID_ARGUMENT;
  if (epilogue && (unsigned)epilogue->activation >= CK_ACTIVATION_COUNT) return CK_INVALID_ARGUMENT;
  return ck_kernels()->gemm_f32(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc,
                                epilogue);
}

// As the optimizers' own entry points ask it of each parameter.
static bool is_step(const ck_optimizer *optimizer, const ck_parameter *parameter, int64_t count) {
  if (!optimizer || (unsigned)optimizer->kind >= CK_OPTIMIZER_COUNT || !parameter ||
      parameter->count != count)
    return false;
  int states = 1;
  switch (optimizer->kind) {
  case CK_SGD:
    states = optimizer->sgd.momentum != 0;
    break;
  case CK_ADAM:
    if (optimizer->adam.step < 1) return false;
    states = 2;
    break;
  case CK_RMSPROP:
    states = optimizer->rmsprop.momentum != 0 ? 2 : 1;
    break;
  case CK_ADAGRAD:
    break;
  case CK_OPTIMIZER_COUNT:
    return false;
  }
  if (count == 0) return true;
  return parameter->value && (states < 1 || parameter->state1) && (states < 2 || parameter->state2);
}

ck_status ck_gemm_step_f32(ck_transpose transpose_a, ck_transpose transpose_b, int64_t m, int64_t n,
                           int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb,
                           float *gradient, const ck_optimizer *optimizer, const ck_parameter *parameter) {
  if (!is_product(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, gradient, n) ||
      !is_step(optimizer, parameter, m * n))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->gemm_step_f32(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, gradient, optimizer,
                                     parameter);
}

ck_status ck_gemv_f32(ck_transpose transpose, int64_t m, int64_t n, float alpha, const float *a, int64_t lda,
                      const float *x, float beta, float *y) {
  if (!is_transpose(transpose) || m < 0 || n < 0) return CK_INVALID_ARGUMENT;
  const int64_t inputs = transpose ? m : n, outputs = transpose ? n : m;
  if (!is_matrix(a, m, n, lda) || (inputs > 0 && outputs > 0 && !x) || (outputs > 0 && !y))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->gemv_f32(transpose, m, n, alpha, a, lda, x, beta, y);
}

ck_status ck_gemm_batched_f32(ck_transpose transpose_a, ck_transpose transpose_b, int64_t batch, int64_t m,
                              int64_t n, int64_t k, float alpha, const float *a, int64_t lda,
                              int64_t stride_a, const float *b, int64_t ldb, int64_t stride_b, float beta,
                              float *c, int64_t ldc, int64_t stride_c) {
  if (batch < 0) return CK_INVALID_ARGUMENT;
  if (batch == 0) return is_transpose(transpose_a) && is_transpose(transpose_b) ? CK_OK : CK_INVALID_ARGUMENT;
  if (!is_product(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, c, ldc)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->gemm_batched_f32(transpose_a, transpose_b, batch, m, n, k, alpha, a, lda, stride_a, b,
                                        ldb, stride_b, beta, c, ldc, stride_c);
}
