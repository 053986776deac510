// Entry points of ckernels/conv.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

// The outputs along one axis, or -1.
static int64_t outputs_of(int64_t size, int64_t kernel, int64_t stride, int64_t dilation, int64_t before,
                          int64_t after) {
  int64_t reach;
  if (size < 0 || kernel < 1 || stride < 1 || dilation < 1 || before < 0 || after < 0) return -1;
  if (size > ck_extent_most || before > ck_extent_most || after > ck_extent_most) return -1;
  if (__builtin_mul_overflow(kernel - 1, dilation, &reach) || reach > 3 * ck_extent_most) return -1;
  const int64_t room = size + before + after - reach - 1;
  return room < 0 ? -1 : room / stride + 1;
}

// Elements of the arrays.
struct extents {
  int64_t x, w, y;
};

static bool is_convolution(const ck_conv2d_shape *s, struct extents *extents) {
  if (!s || s->groups < 1 || s->input_channels < 0 || s->output_channels < 0) return false;
  if (s->input_channels % s->groups != 0 || s->output_channels % s->groups != 0) return false;
  // Those of a bias.
  if (s->input_channels > ck_extent_most || s->output_channels > ck_extent_most) return false;
  const int64_t height =
      outputs_of(s->height, s->kernel_height, s->stride_y, s->dilation_y, s->pad_top, s->pad_bottom);
  const int64_t width =
      outputs_of(s->width, s->kernel_width, s->stride_x, s->dilation_x, s->pad_left, s->pad_right);
  if (height < 0 || width < 0) return false;
  extents->x = ck_extent(4, (const int64_t[]){s->batch, s->height, s->width, s->input_channels}, NULL);
  extents->w = ck_extent(
      4,
      (const int64_t[]){s->kernel_height, s->kernel_width, s->input_channels / s->groups, s->output_channels},
      NULL);
  extents->y = ck_extent(4, (const int64_t[]){s->batch, height, width, s->output_channels}, NULL);
  return extents->x >= 0 && extents->w >= 0 && extents->y >= 0;
}

ck_status ck_conv2d_output_size(const ck_conv2d_shape *shape, int64_t *height, int64_t *width) {
  struct extents extents;
  if (!is_convolution(shape, &extents) || !height || !width) return CK_INVALID_ARGUMENT;
  *height = outputs_of(shape->height, shape->kernel_height, shape->stride_y, shape->dilation_y,
                       shape->pad_top, shape->pad_bottom);
  *width = outputs_of(shape->width, shape->kernel_width, shape->stride_x, shape->dilation_x, shape->pad_left,
                      shape->pad_right);
  return CK_OK;
}

static bool is_epilogue(const ck_epilogue *epilogue) {
  return !epilogue || ck_is_activation(epilogue->activation);
}

ck_status ck_conv2d_f32(const ck_conv2d_shape *shape, const float *x, const float *w, const float *residual,
                        const ck_epilogue *epilogue, float *y) {
  struct extents extents;
  if (!is_convolution(shape, &extents) || !is_epilogue(epilogue)) return CK_INVALID_ARGUMENT;
  if (!ck_is_array(extents.x, x) || !ck_is_array(extents.w, w) || !ck_is_array(extents.y, y))
    return CK_INVALID_ARGUMENT;
  if (extents.y == 0) return CK_OK;
  return ck_kernels()->conv2d_f32(shape, x, w, residual, epilogue, y);
}

ck_status ck_conv2d_transposed_f32(const ck_conv2d_shape *shape, const float *x, const float *w,
                                   const float *residual, const ck_epilogue *epilogue, float *y) {
  struct extents extents;
  if (!is_convolution(shape, &extents) || !is_epilogue(epilogue)) return CK_INVALID_ARGUMENT;
  if (!ck_is_array(extents.y, x) || !ck_is_array(extents.w, w) || !ck_is_array(extents.x, y))
    return CK_INVALID_ARGUMENT;
  if (extents.x == 0) return CK_OK;
  return ck_kernels()->conv2d_transposed_f32(shape, x, w, residual, epilogue, y);
}

ck_status ck_conv2d_input_gradient_f32(const ck_conv2d_shape *shape, const float *dy, const float *w,
                                       float *dx, ck_mode mode) {
  struct extents extents;
  if (!is_convolution(shape, &extents) || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  if (!ck_is_array(extents.y, dy) || !ck_is_array(extents.w, w) || !ck_is_array(extents.x, dx))
    return CK_INVALID_ARGUMENT;
  if (extents.x == 0) return CK_OK;
  return ck_kernels()->conv2d_input_gradient_f32(shape, dy, w, dx, mode);
}

ck_status ck_conv2d_weight_gradient_f32(const ck_conv2d_shape *shape, const float *x, const float *dy,
                                        float *dw, float *db, ck_mode mode) {
  struct extents extents;
  if (!is_convolution(shape, &extents) || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  if (!ck_is_array(extents.x, x) || !ck_is_array(extents.y, dy)) return CK_INVALID_ARGUMENT;
  if (extents.w == 0) dw = NULL;
  if (shape->output_channels == 0 || (!dw && !db)) return CK_OK;
  return ck_kernels()->conv2d_weight_gradient_f32(shape, x, dy, dw, db, mode);
}
