// Entry points of ckernels/elementwise.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

ck_status ck_unary_forward(ck_unary operation, int64_t count, const float *x, float *y) {
  const int64_t extent = ck_dense(count, 1, 1);
  if ((uint32_t)operation >= CK_UNARY_COUNT || !ck_is_array(extent, x) || !ck_is_array(extent, y))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->unary_forward(operation, count, x, y);
}

ck_status ck_binary_forward(ck_binary operation, int32_t rank, const int64_t *shape, const float *a,
                            const int64_t *a_strides, const float *b, const int64_t *b_strides, float *out) {
  if ((uint32_t)operation >= CK_BINARY_COUNT || rank < 0 || rank > CK_MAX_RANK) return CK_INVALID_ARGUMENT;
  if (rank > 0 && (!shape || !a_strides || !b_strides)) return CK_INVALID_ARGUMENT;
  const int64_t extent = ck_extent(rank, shape, NULL);
  if (!ck_is_array(extent, out) || !ck_is_array(ck_extent(rank, shape, a_strides), a) ||
      !ck_is_array(ck_extent(rank, shape, b_strides), b))
    return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  return ck_kernels()->binary_forward(operation, rank, shape, a, a_strides, b, b_strides, out);
}

ck_status ck_axpby(int64_t count, float a, const float *x, float b, float *y) {
  const int64_t extent = ck_dense(count, 1, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->axpby(count, a, x, b, y);
}

ck_status ck_scale_shift(int64_t count, float a, const float *x, float b, float *y) {
  const int64_t extent = ck_dense(count, 1, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->scale_shift(count, a, x, b, y);
}

ck_status ck_multiply_add(int64_t count, const float *a, const float *b, float c, float *out, ck_mode mode) {
  const int64_t extent = ck_dense(count, 1, 1);
  if (!ck_is_mode(mode) || !ck_is_array(extent, a) || !ck_is_array(extent, b) || !ck_is_array(extent, out))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->multiply_add(count, a, b, c, out, mode);
}

ck_status ck_fill(int64_t count, float value, float *y) {
  if (!ck_is_array(ck_dense(count, 1, 1), y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->fill(count, value, y);
}

ck_status ck_select(int64_t count, const float *condition, const float *a, const float *b, float *out) {
  const int64_t extent = ck_dense(count, 1, 1);
  if (!ck_is_array(extent, condition) || !ck_is_array(extent, a) || !ck_is_array(extent, b) ||
      !ck_is_array(extent, out))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->select(count, condition, a, b, out);
}

ck_status ck_add_bias(int64_t rows, int64_t columns, const float *x, const float *bias, float *y) {
  const int64_t extent = ck_dense(rows, columns, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y)) return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  if (!bias) return CK_INVALID_ARGUMENT;
  return ck_kernels()->add_bias(rows, columns, x, bias, y);
}
