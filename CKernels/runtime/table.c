// Entry points of ckernels/table.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

// Elements of the weight [members, B, outputs], or -1 where any of the arguments is not valid. The counts of
// bins are read last: only then is it known that there are as many.
static int64_t weight_extent(const ck_thermometer *thermometer, int64_t members, int64_t rows,
                             int64_t outputs, const float *positions, int64_t ldp, int64_t stride_p,
                             const float *y) {
  if (!thermometer || members < 0 || rows < 0 || outputs < 0 || ldp < 0 || stride_p < 0) return -1;
  const int64_t columns = thermometer->columns;
  if (members > 0 && rows > 0 && columns > 0 && ldp < columns) return -1;
  const int64_t shape[3] = {members, rows, columns}, strides[3] = {stride_p, ldp, 1};
  if (!ck_is_array(ck_extent(3, shape, strides), positions)) return -1;
  if (!ck_is_array(ck_dense(members, rows, outputs), y)) return -1;
  if (!ck_is_array(ck_dense(columns, 1, 1), thermometer->bins)) return -1;
  int64_t bins = 0;
  for (int64_t c = 0; c < columns; c++) {
    if (thermometer->bins[c] <= 0) return -1;
    bins += thermometer->bins[c];
  }
  if (!ck_is_array(ck_dense(bins, 1, 1), thermometer->means)) return -1;
  return ck_dense(members, bins, outputs);
}

// Where there are no positions, strides may be anything, and nothing is addressed by them.
static int64_t stride(const ck_thermometer *thermometer, int64_t rows, int64_t given) {
  return rows == 0 || thermometer->columns == 0 ? 0 : given;
}

ck_status ck_thermometer_forward(const ck_thermometer *thermometer, int64_t members, int64_t rows,
                                 int64_t outputs, const float *positions, int64_t ldp, int64_t stride_p,
                                 const float *weight, float *y, ck_mode mode) {
  const int64_t extent = weight_extent(thermometer, members, rows, outputs, positions, ldp, stride_p, y);
  if (!ck_is_array(extent, weight) || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  if (members == 0 || rows == 0 || outputs == 0) return CK_OK;
  return ck_kernels()->thermometer_forward(thermometer, members, rows, outputs, positions,
                                           stride(thermometer, rows, ldp),
                                           stride(thermometer, rows, stride_p), weight, y, mode);
}

ck_status ck_thermometer_backward(const ck_thermometer *thermometer, int64_t members, int64_t rows,
                                  int64_t outputs, const float *positions, int64_t ldp, int64_t stride_p,
                                  const float *dy, float *dweight, ck_mode mode) {
  const int64_t extent = weight_extent(thermometer, members, rows, outputs, positions, ldp, stride_p, dy);
  if (!ck_is_array(extent, dweight) || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  return ck_kernels()->thermometer_backward(thermometer, members, rows, outputs, positions,
                                            stride(thermometer, rows, ldp),
                                            stride(thermometer, rows, stride_p), dy, dweight, mode);
}
