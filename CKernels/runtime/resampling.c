// Entry points of ckernels/resampling.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

// The extents of x and y, or false. Sides are within 32 bits.
static bool is_resampling(const ck_picture_shape *shape, int64_t *x, int64_t *y) {
  if (!shape) return false;
  const int64_t in[] = {shape->batch, shape->height, shape->width, shape->channels};
  const int64_t out[] = {shape->batch, shape->out_height, shape->out_width, shape->channels};
  *x = ck_extent(4, in, NULL);
  *y = ck_extent(4, out, NULL);
  if (*x < 0 || *y < 0) return false;
  return shape->height <= INT32_MAX && shape->width <= INT32_MAX && shape->out_height <= INT32_MAX &&
         shape->out_width <= INT32_MAX;
}

ck_status ck_pick_pixels_forward(const ck_picture_shape *shape, const int32_t *rows, const int32_t *columns,
                                 float value, const float *x, float *y) {
  int64_t in, out;
  if (!is_resampling(shape, &in, &out) || !ck_is_array(in, x) || !ck_is_array(out, y))
    return CK_INVALID_ARGUMENT;
  if (out == 0) return CK_OK;
  if (!rows || !columns) return CK_INVALID_ARGUMENT;
  return ck_kernels()->pick_pixels_forward(shape, rows, columns, value, x, y);
}

ck_status ck_pick_pixels_backward(const ck_picture_shape *shape, const int32_t *rows, const int32_t *columns,
                                  const float *dy, float *dx, ck_mode mode) {
  int64_t in, out;
  if (!is_resampling(shape, &in, &out) || !ck_is_array(out, dy) || !ck_is_array(in, dx) || !ck_is_mode(mode))
    return CK_INVALID_ARGUMENT;
  if (in == 0) return CK_OK;
  if (out == 0) return mode == CK_OVERWRITE ? ck_kernels()->fill(in, 0, dx) : CK_OK;
  if (!rows || !columns) return CK_INVALID_ARGUMENT;
  return ck_kernels()->pick_pixels_backward(shape, rows, columns, dy, dx, mode);
}

ck_status ck_bilinear_forward(const ck_picture_shape *shape, bool align_corners, const float *x, float *y) {
  int64_t in, out;
  if (!is_resampling(shape, &in, &out) || (out > 0 && in == 0) || !ck_is_array(in, x) || !ck_is_array(out, y))
    return CK_INVALID_ARGUMENT;
  if (out == 0) return CK_OK;
  return ck_kernels()->bilinear_forward(shape, align_corners, x, y);
}

ck_status ck_bilinear_backward(const ck_picture_shape *shape, bool align_corners, const float *dy, float *dx,
                               ck_mode mode) {
  int64_t in, out;
  if (!is_resampling(shape, &in, &out) || (out > 0 && in == 0) || !ck_is_array(out, dy) ||
      !ck_is_array(in, dx) || !ck_is_mode(mode))
    return CK_INVALID_ARGUMENT;
  if (in == 0) return CK_OK;
  if (out == 0) return mode == CK_OVERWRITE ? ck_kernels()->fill(in, 0, dx) : CK_OK;
  return ck_kernels()->bilinear_backward(shape, align_corners, dy, dx, mode);
}
