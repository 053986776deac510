// Entry points of ckernels/movement.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

ck_status ck_transpose_matrix(int64_t batch, int64_t rows, int64_t columns, const float *x, float *y) {
  const int64_t extent = ck_dense(batch, rows, columns);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y)) return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  return ck_kernels()->transpose_matrix(batch, rows, columns, x, y);
}

ck_status ck_permute(int32_t rank, const int64_t *shape, const int32_t *permutation, const float *x,
                     float *y) {
  if (rank < 0 || rank > CK_MAX_RANK || (rank > 0 && (!shape || !permutation))) return CK_INVALID_ARGUMENT;
  uint32_t seen = 0;
  for (int32_t axis = 0; axis < rank; axis++) {
    if (permutation[axis] < 0 || permutation[axis] >= rank) return CK_INVALID_ARGUMENT;
    seen |= 1u << permutation[axis];
  }
  const int64_t extent = ck_extent(rank, shape, NULL);
  if (seen != (1u << rank) - 1 || !ck_is_array(extent, x) || !ck_is_array(extent, y))
    return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  return ck_kernels()->permute(rank, shape, permutation, x, y);
}

ck_status ck_copy_block(int64_t rows, int64_t columns, const float *x, int64_t ldx, float *y, int64_t ldy,
                        ck_mode mode) {
  const int64_t extent = ck_matrix(rows, columns, ldy);
  if (!ck_is_array(ck_matrix(rows, columns, ldx), x) || !ck_is_array(extent, y) || !ck_is_mode(mode))
    return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  return ck_kernels()->copy_block(rows, columns, x, ldx, y, ldy, mode);
}

ck_status ck_broadcast(int64_t outer, int64_t length, int64_t inner, float scale, const float *x, float *y,
                       ck_mode mode) {
  const int64_t extent = ck_dense(outer, length, inner);
  if (!ck_is_array(extent, y) || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  if (!x) return CK_INVALID_ARGUMENT;
  return ck_kernels()->broadcast(outer, length, inner, scale, x, y, mode);
}

// A table [rows, width], `count` rows of the same width, and which rows of the table they are.
static bool are_rows(int64_t rows, int64_t width, const float *table, int64_t count, const int32_t *indices,
                     const float *chosen) {
  if (rows < 0 || width < 0) return false;
  if (count == 0) return true;
  return ck_is_array(ck_dense(rows, width, 1), table) && ck_is_array(ck_dense(count, 1, 1), indices) &&
         ck_is_array(ck_dense(count, width, 1), chosen);
}

ck_status ck_gather_rows(int64_t rows, int64_t width, const float *x, int64_t count, const int32_t *indices,
                         float *y) {
  if (!are_rows(rows, width, x, count, indices, y)) return CK_INVALID_ARGUMENT;
  if (count == 0) return CK_OK;
  return ck_kernels()->gather_rows(rows, width, x, count, indices, y);
}

ck_status ck_scatter_add_rows(int64_t rows, int64_t width, float *y, int64_t count, const int32_t *indices,
                              const float *x) {
  if (!are_rows(rows, width, y, count, indices, x)) return CK_INVALID_ARGUMENT;
  if (count == 0) return CK_OK;
  return ck_kernels()->scatter_add_rows(rows, width, y, count, indices, x);
}

// A matrix [count, columns], and for each row a column and a number.
static bool are_entries(int64_t count, int64_t columns, const float *matrix, const int32_t *indices,
                        const float *entries) {
  const int64_t extent = ck_dense(count, 1, 1);
  return ck_is_array(ck_dense(count, columns, 1), matrix) && ck_is_array(extent, indices) &&
         ck_is_array(extent, entries);
}

ck_status ck_take_along_rows(int64_t count, int64_t columns, const float *x, const int32_t *indices,
                             float *y) {
  if (!are_entries(count, columns, x, indices, y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->take_along_rows(count, columns, x, indices, y);
}

ck_status ck_take_along_rows_backward(int64_t count, int64_t columns, const int32_t *indices, const float *dy,
                                      float *dx) {
  if (!are_entries(count, columns, dx, indices, dy)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->take_along_rows_backward(count, columns, indices, dy, dx);
}
