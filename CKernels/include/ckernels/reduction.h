// Sums, means, extremes and variances over one axis or several neighbouring ones.
#ifndef CKERNELS_REDUCTION_H
#define CKERNELS_REDUCTION_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// What is made of the elements along an axis.
typedef enum ck_reduction {
  CK_SUM = 0,
  CK_MEAN = 1,
  CK_MAX = 2, // NaN if any element is
  CK_MIN = 3,
  CK_SUM_OF_SQUARES = 4,
  CK_REDUCTION_COUNT = 5,
} ck_reduction;

// x is [outer, length, inner]; y [outer, inner] (=, +=) the reduction over `length`. Any axis of a row-major
// array, or a run of neighbouring axes, has this form. length = 0: 0 for sums, NaN for the mean, -inf / inf
// for max / min.
CK_API ck_status ck_reduce(ck_reduction operation, int64_t outer, int64_t length, int64_t inner,
                           const float *x, float *y, ck_mode mode);
// y [outer, inner] = index of the first largest element along `length`; length > 0 unless outer or inner is
// 0. A NaN counts as the largest, so the first NaN is found.
CK_API ck_status ck_argmax(int64_t outer, int64_t length, int64_t inner, const float *x, int32_t *y);
// Two passes: mean, then variance = sum (x - mean)^2 / (length - correction). Either output may be null. Where a
// mean is beyond 32 standard deviations three more passes take the rounding of the mean off both, so that the
// variance is right to 1e-6 however far from zero the numbers are, to neighbouring floats. NaN where length is
// `correction` or an element is not finite.
CK_API ck_status ck_variance(int64_t outer, int64_t length, int64_t inner, int64_t correction, const float *x,
                             float *mean, float *variance);
// The sum of a[i] b[i], with the same bits at any thread count.
CK_API ck_status ck_dot(int64_t count, const float *a, const float *b, float *result);

#ifdef __cplusplus
}
#endif
#endif
