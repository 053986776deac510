// Entry points of ckernels/reduction.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"

ck_status ck_reduce(ck_reduction operation, int64_t outer, int64_t length, int64_t inner, const float *x,
                    float *y, ck_mode mode) {
  if ((uint32_t)operation >= CK_REDUCTION_COUNT || (uint32_t)mode > CK_ACCUMULATE) return CK_INVALID_ARGUMENT;
  if (outer < 0 || length < 0 || inner < 0) return CK_INVALID_ARGUMENT;
  if (outer == 0 || inner == 0) return CK_OK;
  if (!y || (length > 0 && !x)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->reduce(operation, outer, length, inner, x, y, mode);
}

ck_status ck_argmax(int64_t outer, int64_t length, int64_t inner, const float *x, int32_t *y) {
  if (outer < 0 || length < 0 || inner < 0 || length > INT32_MAX) return CK_INVALID_ARGUMENT;
  if (outer == 0 || inner == 0) return CK_OK;
  if (length == 0 || !x || !y) return CK_INVALID_ARGUMENT;
  return ck_kernels()->argmax(outer, length, inner, x, y);
}

ck_status ck_variance(int64_t outer, int64_t length, int64_t inner, int64_t correction, const float *x,
                      float *mean, float *variance) {
  if (outer < 0 || length < 0 || inner < 0 || correction < 0) return CK_INVALID_ARGUMENT;
  if (outer == 0 || inner == 0 || (!mean && !variance)) return CK_OK;
  if (length > 0 && !x) return CK_INVALID_ARGUMENT;
  return ck_kernels()->variance(outer, length, inner, correction, x, mean, variance);
}

ck_status ck_dot(int64_t count, const float *a, const float *b, float *result) {
  if (count < 0 || !result || (count > 0 && (!a || !b))) return CK_INVALID_ARGUMENT;
  return ck_kernels()->dot(count, a, b, result);
}
