// Entry points of ckernels/sparse.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

// By its sizes and pointers. `columns_matter`: whether the call looks at the columns of entries.
static bool is_sparse(const ck_sparse *a, bool columns_matter) {
  if (!a || a->rows < 0 || a->columns < 0 || a->entries < 0 || a->entries > INT32_MAX) return false;
  if (a->rows > ck_extent_most - 1 || a->columns > ck_extent_most - 1) return false;
  if (!a->starts) return false;
  return !columns_matter || a->indices || a->columns == a->entries;
}

// By its content. Without this a kernel would read outside of its arrays.
static bool starts_are_right(const ck_sparse *a) {
  if (a->starts[0] != 0 || a->starts[a->rows] != a->entries) return false;
  bool falls = false;
  for (int64_t r = 0; r < a->rows; r++) falls |= a->starts[r + 1] < a->starts[r];
  return !falls;
}

static bool is_transpose(const ck_sparse *a, const ck_sparse *transposed, const int32_t *order) {
  return is_sparse(transposed, true) && transposed->rows == a->columns && transposed->columns == a->rows &&
         transposed->entries == a->entries && ck_is_array(a->entries, order) &&
         ck_is_array(a->entries, transposed->indices);
}

static bool is_aggregation(ck_aggregation aggregation) {
  return (uint32_t)aggregation < CK_AGGREGATION_COUNT;
}

ck_status ck_sparse_transpose(const ck_sparse *a, int32_t *starts, int32_t *indices, int32_t *order) {
  if (!is_sparse(a, true) || !starts || !ck_is_array(a->entries, indices) || !ck_is_array(a->entries, order))
    return CK_INVALID_ARGUMENT;
  if (!starts_are_right(a)) return CK_INDEX_OUT_OF_RANGE;
  return ck_kernels()->sparse_transpose(a, starts, indices, order);
}

ck_status ck_aggregate_forward(const ck_sparse *a, ck_aggregation aggregation, int64_t heads, int64_t width,
                               const float *weights, const float *x, float *y, int32_t *winners,
                               ck_mode mode) {
  if (!is_sparse(a, true) || !is_aggregation(aggregation) || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  const int64_t outputs = ck_dense(a->rows, heads, width);
  if (!ck_is_array(ck_dense(a->columns, heads, width), x) || !ck_is_array(outputs, y))
    return CK_INVALID_ARGUMENT;
  if (ck_dense(a->entries, heads, 1) < 0) return CK_INVALID_ARGUMENT;
  if (aggregation == CK_AGGREGATE_MAX && (weights || !ck_is_array(outputs, winners)))
    return CK_INVALID_ARGUMENT;
  if (!starts_are_right(a)) return CK_INDEX_OUT_OF_RANGE;
  if (outputs == 0) return CK_OK;
  return ck_kernels()->aggregate_forward(a, aggregation, heads, width, weights, x, y, winners, mode);
}

ck_status ck_aggregate_backward(const ck_sparse *a, const ck_sparse *transposed, const int32_t *order,
                                ck_aggregation aggregation, int64_t heads, int64_t width,
                                const float *weights, const int32_t *winners, const float *dy, float *dx,
                                ck_mode mode) {
  if (!is_sparse(a, true) || !is_aggregation(aggregation) || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  if (a->indices && !is_transpose(a, transposed, order)) return CK_INVALID_ARGUMENT;
  const int64_t extent = ck_dense(a->columns, heads, width), rows_extent = ck_dense(a->rows, heads, width);
  if (!ck_is_array(rows_extent, dy) || !ck_is_array(extent, dx)) return CK_INVALID_ARGUMENT;
  if (ck_dense(a->entries, heads, 1) < 0) return CK_INVALID_ARGUMENT;
  if (aggregation == CK_AGGREGATE_MAX && (weights || !ck_is_array(rows_extent, winners)))
    return CK_INVALID_ARGUMENT;
  if (!starts_are_right(a) || (a->indices && !starts_are_right(transposed))) return CK_INDEX_OUT_OF_RANGE;
  if (extent == 0) return CK_OK;
  return ck_kernels()->aggregate_backward(a, transposed, order, aggregation, heads, width, weights, winners,
                                          dy, dx, mode);
}

ck_status ck_aggregate_weight_gradient(const ck_sparse *a, ck_aggregation aggregation, int64_t heads,
                                       int64_t width, const float *x, const float *dy, float *dweights,
                                       ck_mode mode) {
  if (!is_sparse(a, true) || !is_aggregation(aggregation) || aggregation == CK_AGGREGATE_MAX ||
      !ck_is_mode(mode))
    return CK_INVALID_ARGUMENT;
  const int64_t extent = ck_dense(a->entries, heads, 1);
  if (!ck_is_array(ck_dense(a->columns, heads, width), x) ||
      !ck_is_array(ck_dense(a->rows, heads, width), dy) || !ck_is_array(extent, dweights))
    return CK_INVALID_ARGUMENT;
  if (!starts_are_right(a)) return CK_INDEX_OUT_OF_RANGE;
  if (extent == 0) return CK_OK;
  return ck_kernels()->aggregate_weight_gradient(a, aggregation, heads, width, x, dy, dweights, mode);
}

ck_status ck_edge_softmax_forward(const ck_sparse *a, int64_t heads, const float *x, float *y) {
  if (!is_sparse(a, false)) return CK_INVALID_ARGUMENT;
  const int64_t extent = ck_dense(a->entries, heads, 1);
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y)) return CK_INVALID_ARGUMENT;
  if (!starts_are_right(a)) return CK_INDEX_OUT_OF_RANGE;
  return extent == 0 ? CK_OK : ck_kernels()->edge_softmax_forward(a, heads, x, y);
}

ck_status ck_edge_softmax_backward(const ck_sparse *a, int64_t heads, const float *y, const float *dy,
                                   float *dx, ck_mode mode) {
  if (!is_sparse(a, false) || !ck_is_mode(mode)) return CK_INVALID_ARGUMENT;
  const int64_t extent = ck_dense(a->entries, heads, 1);
  if (!ck_is_array(extent, y) || !ck_is_array(extent, dy) || !ck_is_array(extent, dx))
    return CK_INVALID_ARGUMENT;
  if (!starts_are_right(a)) return CK_INDEX_OUT_OF_RANGE;
  return extent == 0 ? CK_OK : ck_kernels()->edge_softmax_backward(a, heads, y, dy, dx, mode);
}

// What both passes of the scores take.
static bool are_ends(const ck_sparse *a, int64_t heads, int64_t width, const float *from, const float *to,
                     const float *attention, const float *scores) {
  return is_sparse(a, true) && ck_is_array(ck_dense(a->columns, heads, width), from) &&
         ck_is_array(ck_dense(a->rows, heads, width), to) &&
         ck_is_array(ck_dense(heads, width, 1), attention) &&
         ck_is_array(ck_dense(a->entries, heads, 1), scores);
}

ck_status ck_edge_score_forward(const ck_sparse *a, int64_t heads, int64_t width, float slope,
                                const float *from, const float *to, const float *attention, float *scores) {
  if (!are_ends(a, heads, width, from, to, attention, scores)) return CK_INVALID_ARGUMENT;
  if (!starts_are_right(a)) return CK_INDEX_OUT_OF_RANGE;
  if (a->entries == 0 || heads == 0) return CK_OK;
  return ck_kernels()->edge_score_forward(a, heads, width, slope, from, to, attention, scores);
}

ck_status ck_edge_score_backward(const ck_sparse *a, const ck_sparse *transposed, const int32_t *order,
                                 int64_t heads, int64_t width, float slope, const float *from,
                                 const float *to, const float *attention, const float *dscores, float *dfrom,
                                 ck_mode mode_from, float *dto, ck_mode mode_to, float *dattention,
                                 ck_mode mode_attention) {
  if (!are_ends(a, heads, width, from, to, attention, dscores) || !ck_is_mode(mode_from) ||
      !ck_is_mode(mode_to) || !ck_is_mode(mode_attention) || !is_transpose(a, transposed, order))
    return CK_INVALID_ARGUMENT;
  if (!starts_are_right(a) || !starts_are_right(transposed)) return CK_INDEX_OUT_OF_RANGE;
  if (heads == 0 || width == 0) return CK_OK;
  return ck_kernels()->edge_score_backward(a, transposed, order, heads, width, slope, from, to, attention,
                                           dscores, dfrom, mode_from, dto, mode_to, dattention,
                                           mode_attention);
}

ck_status ck_least_squares_rows(const ck_sparse *a, int64_t width, const float *weights, const float *targets,
                                const float *base, float ridge, float ridge_an_entry, const float *y,
                                float *x) {
  if (!is_sparse(a, true) || width < 0 || width > ck_extent_most || ck_dense(width, width + 1, 1) < 0)
    return CK_INVALID_ARGUMENT;
  const int64_t outputs = ck_dense(a->rows, width, 1);
  if (!ck_is_array(a->entries, targets) || !ck_is_array(ck_dense(a->columns, width, 1), y) ||
      !ck_is_array(outputs, x))
    return CK_INVALID_ARGUMENT;
  if (!starts_are_right(a)) return CK_INDEX_OUT_OF_RANGE;
  if (outputs == 0) return CK_OK;
  return ck_kernels()->least_squares_rows(a, width, weights, targets, base, ridge, ridge_an_entry, y, x);
}

ck_status ck_top_products(int64_t rows, int64_t items, int64_t width, int64_t count, const float *u,
                          const float *v, const float *bias, const ck_sparse *excluded, int32_t *indices,
                          float *products) {
  const int64_t outputs = ck_dense(rows, count, 1);
  if (!ck_is_array(ck_dense(rows, width, 1), u) || !ck_is_array(ck_dense(items, width, 1), v) ||
      !ck_is_array(outputs, indices) || !ck_is_array(outputs, products) || items > INT32_MAX)
    return CK_INVALID_ARGUMENT;
  if (excluded && (!is_sparse(excluded, true) || excluded->rows != rows || excluded->columns != items))
    return CK_INVALID_ARGUMENT;
  if (excluded && !starts_are_right(excluded)) return CK_INDEX_OUT_OF_RANGE;
  if (outputs == 0) return CK_OK;
  return ck_kernels()->top_products(rows, items, width, count, u, v, bias, excluded, indices, products);
}
