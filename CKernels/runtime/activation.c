// Entry points of ckernels/activation.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"

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
