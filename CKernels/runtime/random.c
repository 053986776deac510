// Entry points of ckernels/random.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

#include <math.h>

// Elements are numbered by 64 bits: the last one must still have a number.
static bool is_span(int64_t count, uint64_t offset, const void *y) {
  return ck_is_array(ck_dense(count, 1, 1), y) && offset <= UINT64_MAX - (uint64_t)count;
}

ck_status ck_random_uniform(int64_t count, uint64_t key, uint64_t offset, float low, float high, float *y) {
  if (!is_span(count, offset, y) || !(low <= high) || !isfinite(high - low)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->random_uniform(count, key, offset, low, high, y);
}

ck_status ck_random_normal(int64_t count, uint64_t key, uint64_t offset, float mean, float deviation,
                           float *y) {
  if (!is_span(count, offset, y) || !isfinite(mean) || !(deviation >= 0 && isfinite(deviation)))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->random_normal(count, key, offset, mean, deviation, y);
}

ck_status ck_random_bits(int64_t count, uint64_t key, uint64_t offset, uint32_t *y) {
  if (!is_span(count, offset, y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->random_bits(count, key, offset, y);
}

ck_status ck_dropout(int64_t count, float probability, uint64_t key, uint64_t offset, const float *x,
                     float *y, ck_mode mode) {
  if (!is_span(count, offset, y) || (count > 0 && !x) || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  if (!(probability >= 0 && probability < 1)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->dropout(count, probability, key, offset, x, y, mode);
}
