// Convolutions in two dimensions, channels last. One dimension is a picture of height 1.
#ifndef CKERNELS_CONV_H
#define CKERNELS_CONV_H

#include "common.h"
#include "gemm.h"

#ifdef __cplusplus
extern "C" {
#endif

// The sizes of a convolution. Of each axis, with `size` height or width and `pad` the sum of both sides:
//   outputs = (size + pad - dilation (kernel - 1) - 1) / stride + 1, rounded down
// The kernel with its dilation fits into the padded picture (else CK_INVALID_ARGUMENT); kernel, stride,
// dilation and groups are at least 1; groups divides both numbers of channels. A stride may exceed the kernel.
// A call with groups = input_channels = output_channels is a depthwise one.
typedef struct ck_conv2d_shape {
  int64_t batch, height, width; // N H W of the input
  int64_t input_channels, output_channels;
  int64_t kernel_height, kernel_width;
  int64_t stride_y, stride_x, dilation_y, dilation_x;
  int64_t pad_top, pad_bottom, pad_left, pad_right; // zeros around the picture
  int64_t groups;
} ck_conv2d_shape;

// With G groups, Ci = input_channels / G, Co = output_channels / G, output size P × Q:
//   x  [N, H, W, G Ci]            input
//   w  [kernel_height, kernel_width, Ci, G Co]
//   y  [N, P, Q, G Co]            output
// and for the output channel o of group g = o / Co, x being 0 outside the picture:
//   conv(x, w)[n, p, q, o] = sum over i, j, c of w[i, j, c, o]
//     x[n, p stride_y + i dilation_y - pad_top, q stride_x + j dilation_x - pad_left, g Ci + c]

// P and Q.
CK_API ck_status ck_conv2d_output_size(const ck_conv2d_shape *shape, int64_t *height, int64_t *width);

// z = conv(x, w) + bias + residual;  preactivation = z (where given);  y = activation(z), overwritten.
// bias [G Co] of the epilogue, residual and preactivation [N, P, Q, G Co]; each, and the epilogue, may be null.
CK_API ck_status ck_conv2d_f32(const ck_conv2d_shape *shape, const float *x, const float *w,
                               const float *residual, const ck_epilogue *epilogue, float *y);

// The gradient of the input from that of the output, dy [N, P, Q, G Co]:
//   dx [N, H, W, G Ci] (=, +=) sum over o, i, j of w[i, j, c, o] dy[n, p, q, o] wherever y reads x.
CK_API ck_status ck_conv2d_input_gradient_f32(const ck_conv2d_shape *shape, const float *dy, const float *w,
                                              float *dx, ck_mode mode);

// The transposed convolution: the input gradient as a layer of its own. Its input is x [N, P, Q, G Co], its
// output y [N, H, W, G Ci], the shape that of the convolution which leads back from y to x.
//   z = input_gradient(x, w) + bias + residual;  preactivation = z (where given);  y = activation(z)
// bias [G Ci], residual and preactivation [N, H, W, G Ci]; each, and the epilogue, may be null. Its gradients,
// with dz for what z gets: of x ck_conv2d_f32(shape, dz, w, …), of w and bias
// ck_conv2d_weight_gradient_f32(shape, dz, x, dw, NULL, …) and the sum of dz over N, H and W.
CK_API ck_status ck_conv2d_transposed_f32(const ck_conv2d_shape *shape, const float *x, const float *w,
                                          const float *residual, const ck_epilogue *epilogue, float *y);

// The gradients of weights and bias from that of the output, dy [N, P, Q, G Co]; either may be null. Overwritten
// or added to, as `mode` says for both:
//   dw [kernel_height, kernel_width, Ci, G Co] = sum over n, p, q of dy[n, p, q, o] times what w meets in x
//   db [G Co] = sum over n, p, q of dy[n, p, q, o]
CK_API ck_status ck_conv2d_weight_gradient_f32(const ck_conv2d_shape *shape, const float *x, const float *dy,
                                               float *dw, float *db, ck_mode mode);

#ifdef __cplusplus
}
#endif
#endif
