// Softmax and log-softmax over the last axis.
#ifndef CKERNELS_SOFTMAX_H
#define CKERNELS_SOFTMAX_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// y [rows, columns] = exp(x - max) / sum exp(x - max), row by row. In place allowed.
CK_API ck_status ck_softmax_forward(int64_t rows, int64_t columns, const float *x, float *y);
// dx (=, +=) y (dy - sum(dy y)).
CK_API ck_status ck_softmax_backward(int64_t rows, int64_t columns, const float *y, const float *dy,
                                     float *dx, ck_mode mode);
// y = x - max - log sum exp(x - max). In place allowed.
CK_API ck_status ck_log_softmax_forward(int64_t rows, int64_t columns, const float *x, float *y);
// dx (=, +=) dy - exp(y) sum(dy).
CK_API ck_status ck_log_softmax_backward(int64_t rows, int64_t columns, const float *y, const float *dy,
                                         float *dx, ck_mode mode);

#ifdef __cplusplus
}
#endif
#endif
