// Entry points of ckernels/attention.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

// Elements of [batch, steps, heads, d] at these strides, or -1.
static int64_t extent_of(int64_t batch, int64_t steps, int64_t heads, int64_t d,
                         ck_attention_strides strides) {
  if (batch < 0 || steps < 0 || heads < 0 || d < 0 || strides.row < 0 || strides.batch < 0) return -1;
  if (batch == 0 || steps == 0 || heads == 0 || d == 0) return 0;
  const int64_t row = ck_dense(heads, d, 1);
  if (row < 0 || (steps > 1 && strides.row < row)) return -1;
  const int64_t shape[] = {batch, steps, row}, at[] = {strides.batch, strides.row, 1};
  const int64_t one = ck_extent(2, shape + 1, at + 1);
  return one < 0 || (batch > 1 && strides.batch < one) ? -1 : ck_extent(3, shape, at);
}

// All that both passes take.
struct call {
  const ck_attention_shape *shape;
  const float *q, *k, *v, *y, *log_sum_exp;
  ck_attention_strides q_strides, k_strides, v_strides, y_strides;
  const ck_attention_mask *mask;
};

// Elements of the arrays.
struct extents {
  int64_t q, k, v, y;
};

static bool is_call(const struct call *call, struct extents *extents) {
  const ck_attention_shape *const s = call->shape;
  const ck_attention_mask *const mask = call->mask;
  if (!s || s->heads < 0 || s->key_heads < 0) return false;
  if (s->key_heads == 0 ? s->heads != 0 : s->heads % s->key_heads != 0) return false;
  extents->q = extent_of(s->batch, s->queries, s->heads, s->head_size, call->q_strides);
  extents->y = extent_of(s->batch, s->queries, s->heads, s->head_size, call->y_strides);
  extents->k = extent_of(s->batch, s->keys, s->key_heads, s->head_size, call->k_strides);
  extents->v = extent_of(s->batch, s->keys, s->key_heads, s->head_size, call->v_strides);
  if (!ck_is_array(extents->q, call->q) || !ck_is_array(extents->y, call->y) ||
      !ck_is_array(extents->k, call->k) || !ck_is_array(extents->v, call->v) ||
      !ck_is_array(ck_dense(s->batch, s->heads, s->queries), call->log_sum_exp))
    return false;
  if (!mask) return true;
  if (ck_dense(s->batch, 1, 1) < 0) return false; // of lengths
  if (mask->window < 0 || mask->bias_batch < 0 || mask->bias_head < 0 || mask->bias_query < 0) return false;
  const int64_t shape[] = {s->batch, s->heads, s->queries, s->keys};
  const int64_t strides[] = {mask->bias_batch, mask->bias_head, mask->bias_query, 1};
  return !mask->bias || ck_extent(4, shape, strides) >= 0;
}

// Strides of an array; of one without elements they may be anything, and no address may be computed from them.
static ck_attention_strides usable(ck_attention_strides strides, int64_t extent) {
  return extent == 0 ? (ck_attention_strides){0} : strides;
}

// Read only once all else is right.
static bool are_lengths(const ck_attention_shape *s, const ck_attention_mask *mask) {
  for (int64_t b = 0; mask && mask->lengths && b < s->batch; b++) {
    if (mask->lengths[b] < 0 || mask->lengths[b] > s->keys) return false;
  }
  return true;
}

ck_status ck_attention_forward(const ck_attention_shape *shape, const float *q,
                               ck_attention_strides q_strides, const float *k, ck_attention_strides k_strides,
                               const float *v, ck_attention_strides v_strides, float scale,
                               const ck_attention_mask *mask, float *y, ck_attention_strides y_strides,
                               float *log_sum_exp) {
  const struct call call = {shape, q, k, v, y, log_sum_exp, q_strides, k_strides, v_strides, y_strides, mask};
  struct extents e;
  if (!is_call(&call, &e)) return CK_INVALID_ARGUMENT;
  if (e.q == 0) return CK_OK;
  if (!are_lengths(shape, mask)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->attention_forward(shape, q, q_strides, k, usable(k_strides, e.k), v,
                                         usable(v_strides, e.v), scale, e.k == 0 ? NULL : mask, y, y_strides,
                                         log_sum_exp);
}

ck_status ck_attention_backward(const ck_attention_shape *shape, const float *q,
                                ck_attention_strides q_strides, const float *k,
                                ck_attention_strides k_strides, const float *v,
                                ck_attention_strides v_strides, float scale, const ck_attention_mask *mask,
                                const float *y, const float *dy, ck_attention_strides y_strides,
                                const float *log_sum_exp, float *dq, float *dk, float *dv, ck_mode mode) {
  const struct call call = {shape, q, k, v, y, log_sum_exp, q_strides, k_strides, v_strides, y_strides, mask};
  struct extents e;
  if (!ck_is_mode(mode) || !is_call(&call, &e)) return CK_INVALID_ARGUMENT;
  if (!ck_is_array(e.y, dy) || !ck_is_array(e.q, dq) || !ck_is_array(e.k, dk) || !ck_is_array(e.v, dv))
    return CK_INVALID_ARGUMENT;
  if (e.q == 0 && e.k == 0) return CK_OK;
  if (!are_lengths(shape, mask)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->attention_backward(shape, q, usable(q_strides, e.q), k, usable(k_strides, e.k), v,
                                          usable(v_strides, e.v), scale, e.q == 0 || e.k == 0 ? NULL : mask,
                                          y, dy, usable(y_strides, e.y), log_sum_exp, dq, dk, dv, mode);
}

static bool is_rotary(int64_t batch, int64_t steps, int64_t heads, int64_t rotated, int64_t head_size,
                      const float *cosines, const float *sines, int64_t *extent) {
  if (rotated < 0 || rotated > heads || !cosines != !sines || (cosines && head_size % 2 != 0)) return false;
  *extent = ck_extent(4, (const int64_t[]){batch, steps, heads, head_size}, NULL);
  return *extent >= 0 && ck_dense(steps, head_size / 2, 1) >= 0 && ck_dense(batch, steps, rotated) >= 0;
}

ck_status ck_rotary_forward(int64_t batch, int64_t steps, int64_t heads, int64_t rotated, int64_t head_size,
                            const float *x, bool normalizes, float epsilon, const float *cosines,
                            const float *sines, float *inverse_deviation, float *y) {
  int64_t extent;
  if (!is_rotary(batch, steps, heads, rotated, head_size, cosines, sines, &extent))
    return CK_INVALID_ARGUMENT;
  if (!ck_is_array(extent, x) || !ck_is_array(extent, y)) return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  if (normalizes && rotated > 0 && !inverse_deviation) return CK_INVALID_ARGUMENT;
  return ck_kernels()->rotary_forward(batch, steps, heads, rotated, head_size, x, normalizes, epsilon,
                                      cosines, sines, inverse_deviation, y);
}

ck_status ck_rotary_backward(int64_t batch, int64_t steps, int64_t heads, int64_t rotated, int64_t head_size,
                             const float *x, bool normalizes, const float *cosines, const float *sines,
                             const float *inverse_deviation, const float *dy, float *dx, ck_mode mode) {
  int64_t extent;
  if (!is_rotary(batch, steps, heads, rotated, head_size, cosines, sines, &extent) || !ck_is_mode(mode))
    return CK_INVALID_ARGUMENT;
  if (!ck_is_array(extent, dy) || !ck_is_array(extent, dx)) return CK_INVALID_ARGUMENT;
  if (extent == 0) return CK_OK;
  if (normalizes && rotated > 0 && (!x || !inverse_deviation)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->rotary_backward(batch, steps, heads, rotated, head_size, x, normalizes, cosines, sines,
                                       inverse_deviation, dy, dx, mode);
}
