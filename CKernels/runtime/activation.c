// Entry points of ckernels/activation.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"

#include <math.h>

static bool known(ck_activation activation) {
  return activation >= CK_IDENTITY && activation < CK_ACTIVATION_COUNT;
}

// The backward passes of these two read the side of the kink from the sign of y.
static bool differentiable(ck_activation activation, float parameter) {
  return (activation != CK_LEAKY_RELU && activation != CK_ELU) || parameter >= 0;
}

bool ck_activation_backward_needs_input(ck_activation activation) {
  return activation == CK_GELU || activation == CK_GELU_TANH || activation == CK_SILU ||
         activation == CK_SOFTPLUS;
}

ck_status ck_activation_forward(ck_activation activation, float parameter, int64_t count, const float *x,
                                float *y) {
  if (!known(activation) || count < 0 || (count > 0 && (!x || !y))) return CK_INVALID_ARGUMENT;
  return ck_kernels()->activation_forward(activation, parameter, count, x, y);
}

ck_status ck_activation_backward(ck_activation activation, float parameter, int64_t count,
                                 const float *x_or_y, const float *dy, float *dx, ck_mode mode) {
  if (!known(activation) || !differentiable(activation, parameter)) return CK_INVALID_ARGUMENT;
  if (count < 0 || (count > 0 && (!x_or_y || !dy || !dx))) return CK_INVALID_ARGUMENT;
  return ck_kernels()->activation_backward(activation, parameter, count, x_or_y, dy, dx, mode);
}

ck_status ck_bias_activation_backward(ck_activation activation, float parameter, int64_t rows,
                                      int64_t columns, const float *x_or_y, const float *dy, float *dz,
                                      float *dbias, ck_mode dbias_mode) {
  if (!known(activation) || !differentiable(activation, parameter)) return CK_INVALID_ARGUMENT;
  if (rows < 0 || columns < 0) return CK_INVALID_ARGUMENT;
  if (rows > 0 && columns > 0) {
    if (!dy || (activation != CK_IDENTITY && (!x_or_y || !dz))) return CK_INVALID_ARGUMENT;
  }
  return ck_kernels()->bias_activation_backward(activation, parameter, rows, columns, x_or_y, dy, dz, dbias,
                                                dbias_mode);
}

// One slope a column or one for all.
static bool bad_prelu(int64_t rows, int64_t columns, const float *x, int64_t slopes, const float *slope) {
  if (rows < 0 || columns < 0 || (slopes != columns && slopes != 1)) return true;
  return rows > 0 && columns > 0 && (!x || !slope);
}

ck_status ck_prelu_forward(int64_t rows, int64_t columns, const float *x, int64_t slopes, const float *slope,
                           float *y) {
  if (bad_prelu(rows, columns, x, slopes, slope) || (rows > 0 && columns > 0 && !y))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->prelu_forward(rows, columns, x, slopes, slope, y);
}

ck_status ck_prelu_backward(int64_t rows, int64_t columns, const float *x, int64_t slopes, const float *slope,
                            const float *dy, float *dx, ck_mode dx_mode, float *dslope, ck_mode dslope_mode) {
  if (bad_prelu(rows, columns, x, slopes, slope) || (rows > 0 && columns > 0 && !dy))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->prelu_backward(rows, columns, x, slopes, slope, dy, dx, dx_mode, dslope, dslope_mode);
}

// Any slopes, but lower must not exceed upper and both be finite.
static bool bad_rrelu(int64_t count, float lower, float upper, uint64_t offset) {
  return count < 0 || offset > UINT64_MAX - (uint64_t)count || !(lower <= upper) || !isfinite(upper - lower);
}

ck_status ck_rrelu_forward(int64_t count, float lower, float upper, uint64_t key, uint64_t offset,
                           const float *x, float *y) {
  if (bad_rrelu(count, lower, upper, offset) || (count > 0 && (!x || !y))) return CK_INVALID_ARGUMENT;
  return ck_kernels()->rrelu_forward(count, lower, upper, key, offset, x, y);
}

ck_status ck_rrelu_backward(int64_t count, float lower, float upper, uint64_t key, uint64_t offset,
                            const float *x, const float *dy, float *dx, ck_mode mode) {
  if (bad_rrelu(count, lower, upper, offset) || (count > 0 && (!x || !dy || !dx))) return CK_INVALID_ARGUMENT;
  return ck_kernels()->rrelu_backward(count, lower, upper, key, offset, x, dy, dx, mode);
}
