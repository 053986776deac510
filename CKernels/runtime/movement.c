// Entry points of ckernels/movement.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"

ck_status ck_transpose_matrix(int64_t batch, int64_t rows, int64_t columns, const float *x, float *y) {
  if (batch < 0 || rows < 0 || columns < 0) return CK_INVALID_ARGUMENT;
  if (batch == 0 || rows == 0 || columns == 0) return CK_OK;
  if (!x || !y) return CK_INVALID_ARGUMENT;
  return ck_kernels()->transpose_matrix(batch, rows, columns, x, y);
}

ck_status ck_permute(int32_t rank, const int64_t *shape, const int32_t *permutation, const float *x,
                     float *y) {
  if (rank < 0 || rank > 8 || (rank > 0 && (!shape || !permutation))) return CK_INVALID_ARGUMENT;
  uint32_t seen = 0;
  bool empty = false;
  for (int32_t axis = 0; axis < rank; axis++) {
    if (shape[axis] < 0 || permutation[axis] < 0 || permutation[axis] >= rank) return CK_INVALID_ARGUMENT;
    seen |= 1u << permutation[axis];
    if (shape[axis] == 0) empty = true;
  }
  if (seen != (1u << rank) - 1) return CK_INVALID_ARGUMENT;
  if (empty) return CK_OK;
  if (!x || !y) return CK_INVALID_ARGUMENT;
  return ck_kernels()->permute(rank, shape, permutation, x, y);
}

ck_status ck_copy_block(int64_t rows, int64_t columns, const float *x, int64_t ldx, float *y, int64_t ldy,
                        ck_mode mode) {
  if (rows < 0 || columns < 0 || ldx < columns || ldy < columns) return CK_INVALID_ARGUMENT;
  if ((uint32_t)mode > CK_ACCUMULATE) return CK_INVALID_ARGUMENT;
  if (rows == 0 || columns == 0) return CK_OK;
  if (!x || !y) return CK_INVALID_ARGUMENT;
  return ck_kernels()->copy_block(rows, columns, x, ldx, y, ldy, mode);
}

ck_status ck_broadcast(int64_t outer, int64_t length, int64_t inner, float scale, const float *x, float *y,
                       ck_mode mode) {
  if (outer < 0 || length < 0 || inner < 0 || (uint32_t)mode > CK_ACCUMULATE) return CK_INVALID_ARGUMENT;
  if (outer == 0 || length == 0 || inner == 0) return CK_OK;
  if (!x || !y) return CK_INVALID_ARGUMENT;
  return ck_kernels()->broadcast(outer, length, inner, scale, x, y, mode);
}

ck_status ck_gather_rows(int64_t rows, int64_t width, const float *x, int64_t count, const int32_t *indices,
                         float *y) {
  if (rows < 0 || width < 0 || count < 0) return CK_INVALID_ARGUMENT;
  if (count == 0) return CK_OK;
  if (!indices || (width > 0 && ((rows > 0 && !x) || !y))) return CK_INVALID_ARGUMENT;
  return ck_kernels()->gather_rows(rows, width, x, count, indices, y);
}

ck_status ck_scatter_add_rows(int64_t rows, int64_t width, float *y, int64_t count, const int32_t *indices,
                              const float *x) {
  if (rows < 0 || width < 0 || count < 0) return CK_INVALID_ARGUMENT;
  if (count == 0) return CK_OK;
  if (!indices || (width > 0 && ((rows > 0 && !y) || !x))) return CK_INVALID_ARGUMENT;
  return ck_kernels()->scatter_add_rows(rows, width, y, count, indices, x);
}

ck_status ck_take_along_rows(int64_t count, int64_t columns, const float *x, const int32_t *indices,
                             float *y) {
  if (count < 0 || columns < 0) return CK_INVALID_ARGUMENT;
  if (count == 0) return CK_OK;
  if (!indices || !y || (columns > 0 && !x)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->take_along_rows(count, columns, x, indices, y);
}

ck_status ck_take_along_rows_backward(int64_t count, int64_t columns, const int32_t *indices, const float *dy,
                                      float *dx) {
  if (count < 0 || columns < 0) return CK_INVALID_ARGUMENT;
  if (count == 0) return CK_OK;
  if (!indices || !dy || (columns > 0 && !dx)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->take_along_rows_backward(count, columns, indices, dy, dx);
}
