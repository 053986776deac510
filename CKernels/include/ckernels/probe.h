// The limits of the machine, measured with the instruction set and the threads that the kernels use: what a
// benchmark puts beside a kernel's own figure. Time the calls; each says how much work it did.
#ifndef CKERNELS_PROBE_H
#define CKERNELS_PROBE_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// Every thread runs `iterations` rounds of independent multiply-add chains in registers, more chains than
// latency × pipes of any processor we know. `operations` = the multiplications and additions of all threads
// together. At most CK_PROBE_MOST rounds, some hours.
#define CK_PROBE_MOST ((int64_t)1 << 40)
// The rounds of all threads, and what they did.
CK_API ck_status ck_probe_fma(int64_t iterations, double *operations);
// The same for products of bfloat16 pairs, which count as four operations a lane. CK_UNSUPPORTED where the active
// instruction set multiplies none (ck_multiplies_pairs).
CK_API ck_status ck_probe_bfloat16(int64_t iterations, double *operations);

// How memory is gone through.
typedef enum ck_stream {
  CK_STREAM_READ = 0,  // result = largest of x; 4 bytes an element
  CK_STREAM_TRIAD = 1, // z = x + 3 y (McCalpin 1995); 12 bytes an element, the write's own fetch not counted
  CK_STREAM_TRIAD_UNCACHED = 2, // the same with stores that bypass the caches, where the processor has them
  CK_STREAM_COUNT = 3,
} ck_stream;

// Moves through `count` floats of x, y, z (each [count]; z 64-byte aligned; y and z may be null for
// CK_STREAM_READ), split over all threads. `result` [1] is the largest of x or, for a triad, the last element
// of z; 0 for count = 0.
CK_API ck_status ck_probe_stream(ck_stream kind, int64_t count, const float *x, const float *y, float *z,
                                 float *result);

// Starts all threads on nothing and waits for them: what any parallel kernel pays.
CK_API ck_status ck_probe_fork_join(void);

#ifdef __cplusplus
}
#endif
#endif
