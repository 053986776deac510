// Entry points of ckernels/reduction.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

ck_status ck_reduce(ck_reduction operation, int64_t outer, int64_t length, int64_t inner, const float *x,
                    float *y, ck_mode mode) {
  if ((uint32_t)operation >= CK_REDUCTION_COUNT || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  const int64_t results = ck_dense(outer, inner, 1);
  if (!ck_is_array(ck_dense(outer, length, inner), x) || !ck_is_array(results, y)) return CK_INVALID_ARGUMENT;
  if (results == 0) return CK_OK;
  return ck_kernels()->reduce(operation, outer, length, inner, x, y, mode);
}

ck_status ck_argmax(int64_t outer, int64_t length, int64_t inner, const float *x, int32_t *y) {
  const int64_t results = ck_dense(outer, inner, 1);
  if (!ck_is_array(ck_dense(outer, length, inner), x) || !ck_is_array(results, y)) return CK_INVALID_ARGUMENT;
  if (results == 0) return CK_OK;
  if (length == 0 || length > INT32_MAX) return CK_INVALID_ARGUMENT;
  return ck_kernels()->argmax(outer, length, inner, x, y);
}

ck_status ck_variance(int64_t outer, int64_t length, int64_t inner, int64_t correction, const float *x,
                      float *mean, float *variance) {
  const int64_t results = ck_dense(outer, inner, 1);
  if (correction < 0 || results < 0 || !ck_is_array(ck_dense(outer, length, inner), x))
    return CK_INVALID_ARGUMENT;
  if (results == 0 || (!mean && !variance)) return CK_OK;
  return ck_kernels()->variance(outer, length, inner, correction, x, mean, variance);
}

ck_status ck_dot(int64_t count, const float *a, const float *b, float *result) {
  const int64_t extent = ck_dense(count, 1, 1);
  if (!result || !ck_is_array(extent, a) || !ck_is_array(extent, b)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->dot(count, a, b, result);
}
