// Matrix products.
#ifndef CKERNELS_GEMM_H
#define CKERNELS_GEMM_H

#include "activation.h"
#include "common.h"
#include "optimizer.h"

#ifdef __cplusplus
extern "C" {
#endif

// Whether a matrix is used as it stands or transposed.
typedef enum ck_transpose { CK_NO_TRANSPOSE = 0, CK_TRANSPOSE = 1 } ck_transpose;

// What happens to a tile of C while it is still in registers or L1, in this order:
//   z = alpha op(A) op(B) + beta C + bias;  preactivation = z (where given);  C = activation(z)
// With a null epilogue: C = alpha op(A) op(B) + beta C.
typedef struct ck_epilogue {
  const float *bias; // [n], added to each row; null for none
  ck_activation activation;
  float activation_parameter; // slope or alpha of the activations that have one
  float *preactivation;       // [m, n], leading dimension ldc, overwritten; null when not wanted
} ck_epilogue;

// C [m, n] = alpha op(A) op(B) + beta C, then the epilogue.
// op(A) is [m, k]: A is [m, k] with lda >= k, or with CK_TRANSPOSE [k, m] with lda >= m.
// op(B) is [k, n]: B is [k, n] with ldb >= n, or with CK_TRANSPOSE [n, k] with ldb >= k.
// beta = 0 overwrites C without reading it (NaN in C does not spread). k = 0 gives beta C and the epilogue.
CK_API ck_status ck_gemm_f32(ck_transpose transpose_a, ck_transpose transpose_b, int64_t m, int64_t n,
                             int64_t k, float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                             float beta, float *c, int64_t ldc, const ck_epilogue *epilogue);

// A weight's gradient op(A) op(B) [m, n], and the optimizer's step with it: the same bits as ck_gemm_f32 and
// then the step over this one parameter. A large weight is updated piece by piece while its gradient is in
// cache, so that neither the gradient nor a second pass over the weight costs memory traffic.
// parameter->count = m n, row-major; parameter->row_length = 0; parameter->gradient is not used. gradient: [m, n],
// working memory with any content afterwards.
CK_API ck_status ck_gemm_step_f32(ck_transpose transpose_a, ck_transpose transpose_b, int64_t m, int64_t n,
                                  int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb,
                                  float *gradient, const ck_optimizer *optimizer,
                                  const ck_parameter *parameter);

// y = alpha op(A) x + beta y. A is [m, n] with lda >= n; op(A) = A: x [n], y [m]; transposed: x [m], y [n].
CK_API ck_status ck_gemv_f32(ck_transpose transpose, int64_t m, int64_t n, float alpha, const float *a,
                             int64_t lda, const float *x, float beta, float *y);

// `batch` products of one shape; stride_* are the distances in elements between consecutive matrices (0
// shares one input for all; none is negative). C as in ck_gemm_f32, without an epilogue. No element of C may
// belong to two products: stride_c reaches over a matrix, or over a row while ldc reaches over the rows of
// all of them.
CK_API ck_status ck_gemm_batched_f32(ck_transpose transpose_a, ck_transpose transpose_b, int64_t batch,
                                     int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                                     int64_t lda, int64_t stride_a, const float *b, int64_t ldb,
                                     int64_t stride_b, float beta, float *c, int64_t ldc, int64_t stride_c);

#ifdef __cplusplus
}
#endif
#endif
