// Entry points of ckernels/softmax.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

static bool are_arrays(int64_t rows, int64_t columns, const float *a, const float *b) {
  const int64_t extent = ck_dense(rows, columns, 1);
  return ck_is_array(extent, a) && ck_is_array(extent, b);
}

ck_status ck_softmax_forward(int64_t rows, int64_t columns, const float *x, float *y) {
  if (!are_arrays(rows, columns, x, y)) return CK_INVALID_ARGUMENT;
  if (rows == 0 || columns == 0) return CK_OK;
  return ck_kernels()->softmax_forward(rows, columns, x, y);
}

ck_status ck_softmax_backward(int64_t rows, int64_t columns, const float *y, const float *dy, float *dx,
                              ck_mode mode) {
  if (!are_arrays(rows, columns, y, dy) || !are_arrays(rows, columns, y, dx) || !ck_is_mode(mode))
    return CK_INVALID_ARGUMENT;
  if (rows == 0 || columns == 0) return CK_OK;
  return ck_kernels()->softmax_backward(rows, columns, y, dy, dx, mode);
}

ck_status ck_log_softmax_forward(int64_t rows, int64_t columns, const float *x, float *y) {
  if (!are_arrays(rows, columns, x, y)) return CK_INVALID_ARGUMENT;
  if (rows == 0 || columns == 0) return CK_OK;
  return ck_kernels()->log_softmax_forward(rows, columns, x, y);
}

ck_status ck_log_softmax_backward(int64_t rows, int64_t columns, const float *y, const float *dy, float *dx,
                                  ck_mode mode) {
  if (!are_arrays(rows, columns, y, dy) || !are_arrays(rows, columns, y, dx) || !ck_is_mode(mode))
    return CK_INVALID_ARGUMENT;
  if (rows == 0 || columns == 0) return CK_OK;
  return ck_kernels()->log_softmax_backward(rows, columns, y, dy, dx, mode);
}
