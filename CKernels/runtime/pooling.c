// Entry points of ckernels/pooling.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

// Each window of an axis is within 32 bits and has a pixel.
static bool is_pool_axis(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t padding) {
  if (kernel < 1 || stride < 1 || padding < 0 || padding >= kernel) return false;
  if (kernel > INT32_MAX || stride > INT32_MAX || out > INT32_MAX) return false;
  return out == 0 || (out - 1) * stride - padding < in;
}

// The extents of x and y, or false.
static bool is_pool(const ck_pool_shape *shape, const ck_pool_window *window, int64_t *x, int64_t *y) {
  if (!shape) return false;
  const int64_t in[] = {shape->batch, shape->height, shape->width, shape->channels};
  const int64_t out[] = {shape->batch, shape->out_height, shape->out_width, shape->channels};
  *x = ck_extent(4, in, NULL);
  *y = ck_extent(4, out, NULL);
  if (*x < 0 || *y < 0) return false;
  if (*x > 0 && (shape->height > INT32_MAX || shape->width > INT32_MAX / shape->height)) return false;
  if (*y > 0 && (shape->out_height > INT32_MAX || shape->out_width > INT32_MAX)) return false;
  if (*y > 0 && *x == 0) return false;
  if (!window) return true;
  return is_pool_axis(shape->height, shape->out_height, window->kernel_height, window->stride_height,
                      window->padding_height) &&
         is_pool_axis(shape->width, shape->out_width, window->kernel_width, window->stride_width,
                      window->padding_width);
}

ck_status ck_max_pool_forward(const ck_pool_shape *shape, const ck_pool_window *window, const float *x,
                              float *y, int32_t *index) {
  int64_t in, out;
  if (!is_pool(shape, window, &in, &out) || !ck_is_array(in, x) || !ck_is_array(out, y))
    return CK_INVALID_ARGUMENT;
  if (out == 0) return CK_OK;
  return ck_kernels()->max_pool_forward(shape, window, x, y, index);
}

ck_status ck_max_pool_backward(const ck_pool_shape *shape, const ck_pool_window *window, const float *dy,
                               const int32_t *index, float *dx, ck_mode mode) {
  int64_t in, out;
  if (!is_pool(shape, window, &in, &out) || !ck_is_array(out, dy) || !ck_is_array(out, index) ||
      !ck_is_array(in, dx) || !ck_is_mode(mode))
    return CK_INVALID_ARGUMENT;
  if (in == 0) return CK_OK;
  if (out == 0) return mode == CK_OVERWRITE ? ck_kernels()->fill(in, 0, dx) : CK_OK;
  return ck_kernels()->max_pool_backward(shape, window, dy, index, dx, mode);
}

ck_status ck_average_pool_forward(const ck_pool_shape *shape, const ck_pool_window *window,
                                  bool count_padding, const float *x, float *y) {
  int64_t in, out;
  if (!is_pool(shape, window, &in, &out) || !ck_is_array(in, x) || !ck_is_array(out, y))
    return CK_INVALID_ARGUMENT;
  if (out == 0) return CK_OK;
  return ck_kernels()->average_pool_forward(shape, window, count_padding, x, y);
}

ck_status ck_average_pool_backward(const ck_pool_shape *shape, const ck_pool_window *window,
                                   bool count_padding, const float *dy, float *dx, ck_mode mode) {
  int64_t in, out;
  if (!is_pool(shape, window, &in, &out) || !ck_is_array(out, dy) || !ck_is_array(in, dx) ||
      !ck_is_mode(mode))
    return CK_INVALID_ARGUMENT;
  if (in == 0) return CK_OK;
  if (out == 0) return mode == CK_OVERWRITE ? ck_kernels()->fill(in, 0, dx) : CK_OK;
  return ck_kernels()->average_pool_backward(shape, window, count_padding, dy, dx, mode);
}
