// Moving data: transposition, copies of blocks, rows by index.
#ifndef CKERNELS_MOVEMENT_H
#define CKERNELS_MOVEMENT_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// y [batch, columns, rows] = x [batch, rows, columns] transposed.
CK_API ck_status ck_transpose_matrix(int64_t batch, int64_t rows, int64_t columns, const float *x, float *y);
// y's axis i is x's axis permutation[i]; `shape` [rank] is x's. rank <= 8.
CK_API ck_status ck_permute(int32_t rank, const int64_t *shape, const int32_t *permutation, const float *x,
                            float *y);

// Copies (or adds) a block of [rows, columns] between arrays with their own leading dimensions: the one
// primitive behind slices and concatenation along any axis.
CK_API ck_status ck_copy_block(int64_t rows, int64_t columns, const float *x, int64_t ldx, float *y,
                               int64_t ldy, ck_mode mode);
// y [outer, length, inner] = x [outer, inner] repeated `length` times and multiplied by `scale`; (=, +=).
// The gradient of a sum or mean.
CK_API ck_status ck_broadcast(int64_t outer, int64_t length, int64_t inner, float scale, const float *x,
                              float *y, ck_mode mode);

// y [count, width] = rows `indices` of x [rows, width]. CK_INDEX_OUT_OF_RANGE for an index outside 0..<rows.
CK_API ck_status ck_gather_rows(int64_t rows, int64_t width, const float *x, int64_t count,
                                const int32_t *indices, float *y);
// y [rows, width] += x [count, width] at rows `indices`, in order of `count`: each thread owns a range of
// rows, so the sums are the same at any thread count.
CK_API ck_status ck_scatter_add_rows(int64_t rows, int64_t width, float *y, int64_t count,
                                     const int32_t *indices, const float *x);
// y [count] = x [count, columns] at column indices[i] of row i, and its backward pass: dx [i, indices[i]] +=
// dy [i].
CK_API ck_status ck_take_along_rows(int64_t count, int64_t columns, const float *x, const int32_t *indices,
                                    float *y);
// dx [i, indices[i]] += dy [i] for each row: the backward pass.
CK_API ck_status ck_take_along_rows_backward(int64_t count, int64_t columns, const int32_t *indices,
                                             const float *dy, float *dx);

#ifdef __cplusplus
}
#endif
#endif
