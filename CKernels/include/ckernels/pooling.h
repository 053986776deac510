// Pooling of images, channels-last.
//
// The window of output pixel (i, j) covers rows i stride - padding ..< i stride - padding + kernel, and columns alike,
// as far as they lie in the picture. A null ck_pool_window is adaptive pooling: rows floor(i H / OH) ..< ceil((i + 1) H
// / OH), and columns alike; with OH = OW = 1 that is global pooling.
#ifndef CKERNELS_POOLING_H
#define CKERNELS_POOLING_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// CK_INVALID_ARGUMENT unless kernel and stride are at least 1, padding is at least 0 and below the kernel, and each
// window has a pixel of the picture: (OH - 1) stride - padding < H. None of them may exceed 2^31 - 1.
typedef struct ck_pool_window {
  int64_t kernel_height, kernel_width;
  int64_t stride_height, stride_width;
  int64_t padding_height, padding_width; // before the first row and column
} ck_pool_window;

// The sizes of a pooling: x [batch, height, width, channels], y [batch, out_height, out_width, channels]. height
// width < 2^31.
typedef struct ck_pool_shape {
  int64_t batch, height, width, channels, out_height, out_width;
} ck_pool_shape;

// y = the largest of each window, NaN where there is one. `index` of y's shape = where it stands, row * width + column:
// the first of equals, the last NaN; null when not wanted.
CK_API ck_status ck_max_pool_forward(const ck_pool_shape *shape, const ck_pool_window *window, const float *x,
                                     float *y, int32_t *index);
// dx (=, +=) dy of those windows whose largest stands there, added in the order of the windows.
CK_API ck_status ck_max_pool_backward(const ck_pool_shape *shape, const ck_pool_window *window,
                                      const float *dy, const int32_t *index, float *dx, ck_mode mode);

// y = the sum of each window by its number of pixels. count_padding: padding counts as pixels of value 0, up to
// `padding` beyond the last row and column (adaptive pooling has none).
CK_API ck_status ck_average_pool_forward(const ck_pool_shape *shape, const ck_pool_window *window,
                                         bool count_padding, const float *x, float *y);
// dx (=, +=) the sum of dy by its window's number of pixels, over the windows that cover it.
CK_API ck_status ck_average_pool_backward(const ck_pool_shape *shape, const ck_pool_window *window,
                                          bool count_padding, const float *dy, float *dx, ck_mode mode);

#ifdef __cplusplus
}
#endif
#endif
