// Entry points of ckernels/softmax.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"

static bool bad_shape(int64_t rows, int64_t columns, const void *a, const void *b) {
  return rows < 0 || columns < 0 || (rows > 0 && columns > 0 && (!a || !b));
}

ck_status ck_softmax_forward(int64_t rows, int64_t columns, const float *x, float *y) {
  if (bad_shape(rows, columns, x, y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->softmax_forward(rows, columns, x, y);
}

ck_status ck_softmax_backward(int64_t rows, int64_t columns, const float *y, const float *dy, float *dx,
                              ck_mode mode) {
  if (bad_shape(rows, columns, y, dy) || bad_shape(rows, columns, y, dx)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->softmax_backward(rows, columns, y, dy, dx, mode);
}

ck_status ck_log_softmax_forward(int64_t rows, int64_t columns, const float *x, float *y) {
  if (bad_shape(rows, columns, x, y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->log_softmax_forward(rows, columns, x, y);
}

ck_status ck_log_softmax_backward(int64_t rows, int64_t columns, const float *y, const float *dy, float *dx,
                                  ck_mode mode) {
  if (bad_shape(rows, columns, y, dy) || bad_shape(rows, columns, y, dx)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->log_softmax_backward(rows, columns, y, dy, dx, mode);
}
