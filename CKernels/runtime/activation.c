// Entry points of ckernels/activation.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

#include <math.h>

// The backward passes of these two read the side of the kink from the sign of y.
static bool is_differentiable(ck_activation activation, float parameter) {
  return ck_is_activation(activation) &&
         ((activation != CK_LEAKY_RELU && activation != CK_ELU) || parameter >= 0);
}

bool ck_activation_backward_needs_input(ck_activation activation) {
  return activation == CK_GELU || activation == CK_GELU_TANH || activation == CK_SILU ||
         activation == CK_SOFTPLUS;
}

ck_status ck_activation_forward(ck_activation activation, float parameter, int64_t count, const float *x,
                                float *y) {
  const int64_t extent = ck_dense(count, 1, 1);
  if (!ck_is_activation(activation) || !ck_is_array(extent, x) || !ck_is_array(extent, y))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->activation_forward(activation, parameter, count, x, y);
}

ck_status ck_activation_backward(ck_activation activation, float parameter, int64_t count,
                                 const float *x_or_y, const float *dy, float *dx, ck_mode mode) {
  const int64_t extent = ck_dense(count, 1, 1);
  if (!is_differentiable(activation, parameter) || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  if (!ck_is_array(extent, x_or_y) || !ck_is_array(extent, dy) || !ck_is_array(extent, dx))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->activation_backward(activation, parameter, count, x_or_y, dy, dx, mode);
}

ck_status ck_bias_activation_backward(ck_activation activation, float parameter, int64_t rows,
                                      int64_t columns, const float *x_or_y, const float *dy, float *dz,
                                      float *dbias, ck_mode dbias_mode) {
  const int64_t extent = ck_dense(rows, columns, 1);
  if (!is_differentiable(activation, parameter) || !ck_is_mode(dbias_mode)) return CK_INVALID_ARGUMENT;
  if (!ck_is_array(extent, dy) || ck_dense(columns, 1, 1) < 0) return CK_INVALID_ARGUMENT;
  if (activation != CK_IDENTITY && (!ck_is_array(extent, x_or_y) || !ck_is_array(extent, dz)))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->bias_activation_backward(activation, parameter, rows, columns, x_or_y, dy, dz, dbias,
                                                dbias_mode);
}

// One slope a column or one for all.
static bool is_prelu(int64_t rows, int64_t columns, int64_t slopes, const float *slope, const float *x,
                     const float *y) {
  const int64_t extent = ck_dense(rows, columns, 1);
  if ((slopes != columns && slopes != 1) || ck_dense(slopes, 1, 1) < 0) return false;
  return ck_is_array(extent, x) && ck_is_array(extent, y) && ck_is_array(extent, slope);
}

ck_status ck_prelu_forward(int64_t rows, int64_t columns, const float *x, int64_t slopes, const float *slope,
                           float *y) {
  if (!is_prelu(rows, columns, slopes, slope, x, y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->prelu_forward(rows, columns, x, slopes, slope, y);
}

ck_status ck_prelu_backward(int64_t rows, int64_t columns, const float *x, int64_t slopes, const float *slope,
                            const float *dy, float *dx, ck_mode dx_mode, float *dslope, ck_mode dslope_mode) {
  if (!is_prelu(rows, columns, slopes, slope, x, dy)) return CK_INVALID_ARGUMENT;
  if (!ck_is_mode(dx_mode) || !ck_is_mode(dslope_mode)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->prelu_backward(rows, columns, x, slopes, slope, dy, dx, dx_mode, dslope, dslope_mode);
}

// Any slopes, but lower must not exceed upper and both be finite.
static bool is_rrelu(int64_t count, float lower, float upper, uint64_t offset, const float *x,
                     const float *y) {
  const int64_t extent = ck_dense(count, 1, 1);
  return ck_is_array(extent, x) && ck_is_array(extent, y) && offset <= UINT64_MAX - (uint64_t)count &&
         lower <= upper && isfinite(upper - lower);
}

ck_status ck_rrelu_forward(int64_t count, float lower, float upper, uint64_t key, uint64_t offset,
                           const float *x, float *y) {
  if (!is_rrelu(count, lower, upper, offset, x, y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->rrelu_forward(count, lower, upper, key, offset, x, y);
}

ck_status ck_rrelu_backward(int64_t count, float lower, float upper, uint64_t key, uint64_t offset,
                            const float *x, const float *dy, float *dx, ck_mode mode) {
  if (!is_rrelu(count, lower, upper, offset, x, dx) || (count > 0 && !dy) || !ck_is_mode(mode))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->rrelu_backward(count, lower, upper, key, offset, x, dy, dx, mode);
}
