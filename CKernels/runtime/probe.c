// Entry points of ckernels/probe.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"
#include "runtime/parallel.h"

ck_status ck_probe_fma(int64_t iterations, double *operations) {
  if (iterations < 0 || !operations) return CK_INVALID_ARGUMENT;
  return ck_kernels()->probe_fma(iterations, operations);
}

ck_status ck_probe_stream(ck_stream kind, int64_t count, const float *x, const float *y, float *z,
                          float *result) {
  if (kind < 0 || kind >= CK_STREAM_COUNT || count < 0 || !result) return CK_INVALID_ARGUMENT;
  if (count > 0 && !x) return CK_INVALID_ARGUMENT;
  if (count > 0 && kind != CK_STREAM_READ && (!y || !z || (uintptr_t)z % 64 != 0)) return CK_INVALID_ARGUMENT;
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
