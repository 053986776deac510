// Entry points of ckernels/elementwise.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"

ck_status ck_unary_forward(ck_unary operation, int64_t count, const float *x, float *y) {
  if ((uint32_t)operation >= CK_UNARY_COUNT || count < 0 || (count > 0 && (!x || !y)))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->unary_forward(operation, count, x, y);
}

ck_status ck_binary_forward(ck_binary operation, int32_t rank, const int64_t *shape, const float *a,
                            const int64_t *a_strides, const float *b, const int64_t *b_strides, float *out) {
  if ((uint32_t)operation >= CK_BINARY_COUNT || rank < 0 || rank > CK_MAX_RANK) return CK_INVALID_ARGUMENT;
  if (rank > 0 && (!shape || !a_strides || !b_strides)) return CK_INVALID_ARGUMENT;
  bool empty = false;
  for (int32_t axis = 0; axis < rank; axis++) {
    if (shape[axis] < 0) return CK_INVALID_ARGUMENT;
    if (shape[axis] == 0) empty = true;
  }
  if (empty) return CK_OK;
  if (!a || !b || !out) return CK_INVALID_ARGUMENT;
  return ck_kernels()->binary_forward(operation, rank, shape, a, a_strides, b, b_strides, out);
}

ck_status ck_axpby(int64_t count, float a, const float *x, float b, float *y) {
  if (count < 0 || (count > 0 && (!x || !y))) return CK_INVALID_ARGUMENT;
  return ck_kernels()->axpby(count, a, x, b, y);
}

ck_status ck_scale_shift(int64_t count, float a, const float *x, float b, float *y) {
  if (count < 0 || (count > 0 && (!x || !y))) return CK_INVALID_ARGUMENT;
  return ck_kernels()->scale_shift(count, a, x, b, y);
}

ck_status ck_multiply_add(int64_t count, const float *a, const float *b, float c, float *out, ck_mode mode) {
  if (count < 0 || (uint32_t)mode > CK_ACCUMULATE || (count > 0 && (!a || !b || !out)))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->multiply_add(count, a, b, c, out, mode);
}

ck_status ck_fill(int64_t count, float value, float *y) {
  if (count < 0 || (count > 0 && !y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->fill(count, value, y);
}

ck_status ck_select(int64_t count, const float *condition, const float *a, const float *b, float *out) {
  if (count < 0 || (count > 0 && (!condition || !a || !b || !out))) return CK_INVALID_ARGUMENT;
  return ck_kernels()->select(count, condition, a, b, out);
}

ck_status ck_add_bias(int64_t rows, int64_t columns, const float *x, const float *bias, float *y) {
  if (rows < 0 || columns < 0) return CK_INVALID_ARGUMENT;
  if (rows == 0 || columns == 0) return CK_OK;
  if (!x || !bias || !y) return CK_INVALID_ARGUMENT;
  return ck_kernels()->add_bias(rows, columns, x, bias, y);
}
