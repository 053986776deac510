// Pictures of another size, channels-last: x [batch, height, width, channels] to y [batch, out_height, out_width,
// channels].
#ifndef CKERNELS_RESAMPLING_H
#define CKERNELS_RESAMPLING_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// The sizes of a resampling.
typedef struct ck_picture_shape {
  int64_t batch, height, width, channels, out_height, out_width;
} ck_picture_shape;

// y [n, i, j] = x [n, rows[i], columns[j]], or `value` where rows[i] or columns[j] is -1. rows [out_height], columns
// [out_width]. With the right indices this is padding (by a value, reflected, replicated), a crop, a flip, a shift or
// nearest-neighbour sampling: rows[i] = i height / out_height, rounded down.
// CK_INDEX_OUT_OF_RANGE, and nothing written, for an index below -1 or beyond the picture.
CK_API ck_status ck_pick_pixels_forward(const ck_picture_shape *shape, const int32_t *rows,
                                        const int32_t *columns, float value, const float *x, float *y);
// dx (=, +=) the sum of dy over the pixels of y that were taken from there, in their order.
CK_API ck_status ck_pick_pixels_backward(const ck_picture_shape *shape, const int32_t *rows,
                                         const int32_t *columns, const float *dy, float *dx, ck_mode mode);

// Bilinear sampling: output row i stands at input row s = (i + 1/2) height / out_height - 1/2, held inside the picture
// (pixels are squares), or with align_corners at i (height - 1) / (out_height - 1), which puts corners on corners (0
// where out_height is 1); columns alike. y = the mean of the four pixels about it, weighted by closeness. height and
// width are at least 1 unless y is empty.
CK_API ck_status ck_bilinear_forward(const ck_picture_shape *shape, bool align_corners, const float *x,
                                     float *y);
// dx (=, +=) the sum of dy by the weight with which each was taken from there.
CK_API ck_status ck_bilinear_backward(const ck_picture_shape *shape, bool align_corners, const float *dy,
                                      float *dx, ck_mode mode);

#ifdef __cplusplus
}
#endif
#endif
