// Entry points of ckernels/normalization.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

#include <math.h>

static bool is_norm_epilogue(const ck_norm_epilogue *epilogue) {
  return !epilogue || ck_is_activation(epilogue->activation);
}

// The backward passes of these two read the side of the kink from the sign of y.
static bool is_differentiable(const ck_norm_epilogue *epilogue) {
  if (!epilogue) return true;
  if (!ck_is_activation(epilogue->activation)) return false;
  const bool has_kink = epilogue->activation == CK_LEAKY_RELU || epilogue->activation == CK_ELU;
  return !has_kink || epilogue->activation_parameter >= 0;
}

ck_status ck_batch_norm_forward(int64_t rows, int64_t channels, const float *x, const float *gamma,
                                const float *beta, float epsilon, const ck_norm_epilogue *epilogue,
                                float momentum, float *running_mean, float *running_variance, float *mean,
                                float *inverse_deviation, float *y) {
  const int64_t extent = ck_dense(rows, channels, 1), each = rows == 0 ? 0 : ck_dense(channels, 1, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y) || !ck_is_array(each, mean) ||
      !ck_is_array(each, inverse_deviation) || ck_dense(channels, 1, 1) < 0 || !is_norm_epilogue(epilogue))
    return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  return ck_kernels()->batch_norm_forward(rows, channels, x, gamma, beta, epsilon, epilogue, momentum,
                                          running_mean, running_variance, mean, inverse_deviation, y);
}

ck_status ck_batch_norm_inference(int64_t rows, int64_t channels, const float *x, const float *gamma,
                                  const float *beta, float epsilon, const ck_norm_epilogue *epilogue,
                                  const float *mean, const float *variance, float *y) {
  const int64_t extent = ck_dense(rows, channels, 1), each = rows == 0 ? 0 : ck_dense(channels, 1, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y) || !ck_is_array(each, mean) ||
      !ck_is_array(each, variance) || ck_dense(channels, 1, 1) < 0 || !is_norm_epilogue(epilogue))
    return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  return ck_kernels()->batch_norm_inference(rows, channels, x, gamma, beta, epsilon, epilogue, mean, variance,
                                            y);
}

// Sums over nothing.
static void write_zeros(int64_t count, float *out, ck_mode mode) {
  for (int64_t i = 0; out && mode == CK_OVERWRITE && i < count; i++) out[i] = 0;
}

ck_status ck_batch_norm_backward(int64_t rows, int64_t channels, const float *x, const float *gamma,
                                 const float *beta, const ck_norm_epilogue *epilogue, const float *mean,
                                 const float *inverse_deviation, bool batch_statistics, const float *dy,
                                 float *dz, float *dx, ck_mode dx_mode, float *dgamma, ck_mode dgamma_mode,
                                 float *dbeta, ck_mode dbeta_mode) {
  const int64_t extent = ck_dense(rows, channels, 1), each = rows == 0 ? 0 : ck_dense(channels, 1, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, dy) || !ck_is_array(each, mean) ||
      !ck_is_array(each, inverse_deviation) || ck_dense(channels, 1, 1) < 0)
    return CK_INVALID_ARGUMENT;
  if (!is_differentiable(epilogue) || !ck_is_mode(dx_mode) || !ck_is_mode(dgamma_mode) ||
      !ck_is_mode(dbeta_mode))
    return CK_INVALID_ARGUMENT;
  if (extent == 0) {
    write_zeros(channels, dgamma, dgamma_mode);
    write_zeros(channels, dbeta, dbeta_mode);
    return CK_OK;
  }
  if (!dz && !dx && !dgamma && !dbeta) return CK_OK;
  return ck_kernels()->batch_norm_backward(rows, channels, x, gamma, beta, epilogue, mean, inverse_deviation,
                                           batch_statistics, dy, dz, dx, dx_mode, dgamma, dgamma_mode, dbeta,
                                           dbeta_mode);
}

// Groups of equal size, at least one unless there are no channels.
static bool are_groups(int64_t channels, int64_t groups) {
  return groups > 0 ? channels % groups == 0 : groups == 0 && channels == 0;
}

ck_status ck_group_norm_forward(int64_t batch, int64_t pixels, int64_t channels, int64_t groups,
                                const float *x, const float *gamma, const float *beta, float epsilon,
                                const ck_norm_epilogue *epilogue, float *mean, float *inverse_deviation,
                                float *y) {
  const int64_t extent = ck_dense(batch, pixels, channels);
  const int64_t statistics = extent == 0 ? 0 : ck_dense(batch, groups, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y) || !ck_is_array(statistics, mean) ||
      !ck_is_array(statistics, inverse_deviation) || !are_groups(channels, groups) ||
      ck_dense(channels, 1, 1) < 0 || !is_norm_epilogue(epilogue))
    return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  return ck_kernels()->group_norm_forward(batch, pixels, channels, groups, x, gamma, beta, epsilon, epilogue,
                                          mean, inverse_deviation, y);
}

ck_status ck_group_norm_backward(int64_t batch, int64_t pixels, int64_t channels, int64_t groups,
                                 const float *x, const float *gamma, const float *beta,
                                 const ck_norm_epilogue *epilogue, const float *mean,
                                 const float *inverse_deviation, const float *dy, float *dz, float *dx,
                                 ck_mode dx_mode, float *dgamma, ck_mode dgamma_mode, float *dbeta,
                                 ck_mode dbeta_mode) {
  const int64_t extent = ck_dense(batch, pixels, channels);
  const int64_t statistics = extent == 0 ? 0 : ck_dense(batch, groups, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, dy) || !ck_is_array(statistics, mean) ||
      !ck_is_array(statistics, inverse_deviation) || !are_groups(channels, groups) ||
      ck_dense(channels, 1, 1) < 0)
    return CK_INVALID_ARGUMENT;
  if (!is_differentiable(epilogue) || !ck_is_mode(dx_mode) || !ck_is_mode(dgamma_mode) ||
      !ck_is_mode(dbeta_mode))
    return CK_INVALID_ARGUMENT;
  if (extent == 0) {
    write_zeros(channels, dgamma, dgamma_mode);
    write_zeros(channels, dbeta, dbeta_mode);
    return CK_OK;
  }
  if (!dz && !dx && !dgamma && !dbeta) return CK_OK;
  return ck_kernels()->group_norm_backward(batch, pixels, channels, groups, x, gamma, beta, epilogue, mean,
                                           inverse_deviation, dy, dz, dx, dx_mode, dgamma, dgamma_mode, dbeta,
                                           dbeta_mode);
}

ck_status ck_layer_norm_forward(int64_t rows, int64_t columns, const float *x, const float *gamma,
                                const float *beta, float epsilon, float *mean, float *inverse_deviation,
                                float *y) {
  const int64_t extent = ck_dense(rows, columns, 1), each = columns == 0 ? 0 : ck_dense(rows, 1, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y) || !ck_is_array(each, mean) ||
      !ck_is_array(each, inverse_deviation) || ck_dense(columns, 1, 1) < 0)
    return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  return ck_kernels()->layer_norm_forward(rows, columns, x, gamma, beta, epsilon, mean, inverse_deviation, y);
}

ck_status ck_layer_norm_backward(int64_t rows, int64_t columns, const float *x, const float *gamma,
                                 const float *mean, const float *inverse_deviation, const float *dy,
                                 float *dx, ck_mode dx_mode, float *dgamma, ck_mode dgamma_mode, float *dbeta,
                                 ck_mode dbeta_mode) {
  const int64_t extent = ck_dense(rows, columns, 1), each = columns == 0 ? 0 : ck_dense(rows, 1, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, dy) || !ck_is_array(each, mean) ||
      !ck_is_array(each, inverse_deviation) || ck_dense(columns, 1, 1) < 0)
    return CK_INVALID_ARGUMENT;
  if (!ck_is_mode(dx_mode) || !ck_is_mode(dgamma_mode) || !ck_is_mode(dbeta_mode)) return CK_INVALID_ARGUMENT;
  if (extent == 0) {
    write_zeros(columns, dgamma, dgamma_mode);
    write_zeros(columns, dbeta, dbeta_mode);
    return CK_OK;
  }
  if (!dx && !dgamma && !dbeta) return CK_OK;
  return ck_kernels()->layer_norm_backward(rows, columns, x, gamma, mean, inverse_deviation, dy, dx, dx_mode,
                                           dgamma, dgamma_mode, dbeta, dbeta_mode);
}

ck_status ck_rms_norm_forward(int64_t rows, int64_t columns, const float *x, const float *gamma,
                              float epsilon, float *inverse_deviation, float *y) {
  const int64_t extent = ck_dense(rows, columns, 1), each = columns == 0 ? 0 : ck_dense(rows, 1, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y) || !ck_is_array(each, inverse_deviation) ||
      ck_dense(columns, 1, 1) < 0)
    return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  return ck_kernels()->rms_norm_forward(rows, columns, x, gamma, epsilon, inverse_deviation, y);
}

ck_status ck_rms_norm_backward(int64_t rows, int64_t columns, const float *x, const float *gamma,
                               const float *inverse_deviation, const float *dy, float *dx, ck_mode dx_mode,
                               float *dgamma, ck_mode dgamma_mode) {
  const int64_t extent = ck_dense(rows, columns, 1), each = columns == 0 ? 0 : ck_dense(rows, 1, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, dy) || !ck_is_array(each, inverse_deviation) ||
      ck_dense(columns, 1, 1) < 0)
    return CK_INVALID_ARGUMENT;
  if (!ck_is_mode(dx_mode) || !ck_is_mode(dgamma_mode)) return CK_INVALID_ARGUMENT;
  if (extent == 0) {
    write_zeros(columns, dgamma, dgamma_mode);
    return CK_OK;
  }
  if (!dx && !dgamma) return CK_OK;
  return ck_kernels()->rms_norm_backward(rows, columns, x, gamma, inverse_deviation, dy, dx, dx_mode, dgamma,
                                         dgamma_mode);
}
