// Random numbers from Philox4x32-10 (Salmon et al. 2011): a function of key and counter, so element i is the
// same whatever computes it. Element i uses word (offset + i) % 4 of block (offset + i) / 4. Refused: an offset
// + count beyond 64 bits; low > high, a deviation below 0, and bounds whose difference is not finite.
#ifndef CKERNELS_RANDOM_H
#define CKERNELS_RANDOM_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// y [count] = uniform in [low, high), 24 bits each.
CK_API ck_status ck_random_uniform(int64_t count, uint64_t key, uint64_t offset, float low, float high,
                                   float *y);
// y [count] = normal, by Box & Muller 1958: of the four words of a block (w0, w1) give elements 0 and 1
// (cosine and sine) and (w2, w3) elements 2 and 3.
CK_API ck_status ck_random_normal(int64_t count, uint64_t key, uint64_t offset, float mean, float deviation,
                                  float *y);
// y [count] = the raw 32-bit words.
CK_API ck_status ck_random_bits(int64_t count, uint64_t key, uint64_t offset, uint32_t *y);

// Dropout (Srivastava et al. 2014), inverted: y = x / (1 - p) with probability 1 - p, else 0; 0 <= p < 1. The
// mask is drawn again from the same key and offset for the backward pass: dx (=, +=) dy / (1 - p) or 0. In
// place allowed.
CK_API ck_status ck_dropout(int64_t count, float probability, uint64_t key, uint64_t offset, const float *x,
                            float *y, ck_mode mode);

#ifdef __cplusplus
}
#endif
#endif
