// Entry points of ckernels/probe.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"
#include "runtime/parallel.h"

ck_status ck_probe_fma(int64_t iterations, double *operations) {
  if (iterations < 0 || iterations > CK_PROBE_MOST || !operations) return CK_INVALID_ARGUMENT;
  return ck_kernels()->probe_fma(iterations, operations);
}

ck_status ck_probe_bfloat16(int64_t iterations, double *operations) {
  if (iterations < 0 || iterations > CK_PROBE_MOST || !operations) return CK_INVALID_ARGUMENT;
  if (!ck_kernels()->pairs) return CK_UNSUPPORTED;
  return ck_kernels()->pairs->probe(iterations, operations);
}

ck_status ck_probe_stream(ck_stream kind, int64_t count, const float *x, const float *y, float *z,
                          float *result) {
  const int64_t extent = ck_dense(count, 1, 1);
  if ((uint32_t)kind >= CK_STREAM_COUNT || !ck_is_array(extent, x) || !result) return CK_INVALID_ARGUMENT;
  if (kind != CK_STREAM_READ &&
      (!ck_is_array(extent, y) || !ck_is_array(extent, z) || (uintptr_t)z % 64 != 0))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->probe_stream(kind, count, x, y, z, result);
}

static void do_nothing(void *context, int32_t thread, int32_t threads) {
  (void)context;
  (void)thread;
  (void)threads;
}

ck_status ck_probe_fork_join(void) {
  ck_parallel_team(ck_thread_count(), do_nothing, NULL);
  return CK_OK;
}
