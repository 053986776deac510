// Attention, and the rotation of queries and keys before it.
#ifndef CKERNELS_ATTENTION_H
#define CKERNELS_ATTENTION_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// B batch, Tq queries and Tk keys of a sequence, H heads of d features, Hk heads of keys and values: query head h
// looks at key head h Hk / H, so that Hk = H is ordinary attention, 1 < Hk < H grouped and Hk = 1 multi-query.
typedef struct ck_attention_shape {
  int64_t batch, queries, keys, heads, key_heads, head_size;
} ck_attention_shape;

// Where things lie. Feature i of head h of step t of sequence b is at x[b batch + t row + h d + i], so that queries,
// keys and values may be parts of one product's rows, and keys and values parts of a longer cache. row >= heads d,
// batch >= (steps - 1) row + heads d, unless there is one sequence.
typedef struct ck_attention_strides {
  int64_t row, batch;
} ck_attention_strides;

// Which keys a query sees, and how. Query i stands at the place Tk - Tq + i among the keys: the last query at the
// last key, so that the steps after a cache are the same call with fewer queries. All zeros: every query sees every
// key.
typedef struct ck_attention_mask {
  bool causal;            // only keys up to the query's own place
  int64_t window;         // > 0: only keys less than so many places away
  const int32_t *lengths; // [B]: only keys 0 ..< lengths[b], 0 <= lengths[b] <= Tk; null for all
  // Added to the score of query i and key j of head h: at bias[b bias_batch + h bias_head + i bias_query + j];
  // -inf hides a key. Null for none; a stride of 0 shares.
  const float *bias;
  int64_t bias_batch, bias_head, bias_query;
} ck_attention_mask;

// Vaswani et al. 2017: y = softmax(scale q k^T + bias) v over the keys that a query sees, and log_sum_exp
// [B, H, Tq], the logarithm of the softmax's denominator, -inf where there is none. A query that sees no key gives
// zeros. q and y are [B, Tq, H, d], k and v [B, Tk, Hk, d] at their strides. No matrix of queries by keys is ever in
// memory (Milakov & Gimelshein 2018, Dao et al. 2022): working memory is that of a few hundred rows a thread.
// A query's result depends on the keys that it sees and their places alone, bit for bit: the last query of a longer
// call gives the same bits as one alone against a cache. CK_INVALID_ARGUMENT for H no multiple of Hk, and a length
// outside 0 ... Tk.
CK_API ck_status ck_attention_forward(const ck_attention_shape *shape, const float *q,
                                      ck_attention_strides q_strides, const float *k,
                                      ck_attention_strides k_strides, const float *v,
                                      ck_attention_strides v_strides, float scale,
                                      const ck_attention_mask *mask, float *y, ck_attention_strides y_strides,
                                      float *log_sum_exp);

// With P = exp(scale q k^T + bias - log_sum_exp) made anew and D = sum of dy y over a row: dv (=, +=) P^T dy,
// dS = P (dy v^T - D), dq (=, +=) scale dS k, dk (=, +=) scale dS^T q; a key head's gradients are sums over its query
// heads. y and dy have y_strides, dq those of q, dk of k, dv of v; each mode holds for all three. Keys that no query
// sees, and queries that see none, get zeros. Working memory is linear in Tq + Tk.
CK_API ck_status ck_attention_backward(const ck_attention_shape *shape, const float *q,
                                       ck_attention_strides q_strides, const float *k,
                                       ck_attention_strides k_strides, const float *v,
                                       ck_attention_strides v_strides, float scale,
                                       const ck_attention_mask *mask, const float *y, const float *dy,
                                       ck_attention_strides y_strides, const float *log_sum_exp, float *dq,
                                       float *dk, float *dv, ck_mode mode);

// What is done to the first `rotated` of `heads` heads of d features in each of B T rows of x [B, T, heads, d]; the
// rest is copied. First, with `normalizes`, x is divided by sqrt(mean of x^2 + epsilon) over a head (Henry et al.
// 2020), 1 / that root going to inverse_deviation [B, T, rotated]; then (Su et al. 2021) features i and i + d/2 are
// turned by the angle of their step: y_i = x_i cos - x_(i+d/2) sin, y_(i+d/2) = x_(i+d/2) cos + x_i sin, with cosines
// and sines [T, d/2], null for no rotation. inverse_deviation is not used without `normalizes`. In place allowed.
// CK_INVALID_ARGUMENT for an odd d with a rotation.
CK_API ck_status ck_rotary_forward(int64_t batch, int64_t steps, int64_t heads, int64_t rotated,
                                   int64_t head_size, const float *x, bool normalizes, float epsilon,
                                   const float *cosines, const float *sines, float *inverse_deviation,
                                   float *y);
// dx (=, +=): dy turned back, g, and with `normalizes` r (g - n mean of g n), n = x r; x is read with `normalizes`
// alone. In place (dx = dy) allowed with CK_OVERWRITE.
CK_API ck_status ck_rotary_backward(int64_t batch, int64_t steps, int64_t heads, int64_t rotated,
                                    int64_t head_size, const float *x, bool normalizes, const float *cosines,
                                    const float *sines, const float *inverse_deviation, const float *dy,
                                    float *dx, ck_mode mode);

#ifdef __cplusplus
}
#endif
#endif
