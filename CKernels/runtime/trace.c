#include "runtime/trace.h"
#include "ckernels/trace.h"

#include <time.h>

atomic_bool ck_trace_active;

static ck_span *trace_spans;
static int64_t trace_capacity;
static _Atomic int64_t trace_count;

int64_t ck_trace_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void ck_trace_note(int64_t begin, int32_t thread, int32_t threads) {
  const int64_t index = atomic_fetch_add_explicit(&trace_count, 1, memory_order_relaxed);
  if (index < trace_capacity) trace_spans[index] = (ck_span){begin, ck_trace_now(), thread, threads};
}

ck_status ck_trace_start(int64_t capacity, ck_span *spans) {
  if (capacity < 0 || capacity > INT64_MAX / (int64_t)sizeof(ck_span) || (capacity > 0 && !spans) ||
      ck_is_tracing())
    return CK_INVALID_ARGUMENT;
  trace_spans = spans;
  trace_capacity = capacity;
  atomic_store_explicit(&trace_count, 0, memory_order_relaxed);
  atomic_store_explicit(&ck_trace_active, true, memory_order_release);
  return CK_OK;
}

ck_status ck_trace_stop(int64_t *count) {
  if (!count || !ck_is_tracing()) return CK_INVALID_ARGUMENT;
  atomic_store_explicit(&ck_trace_active, false, memory_order_release);
  const int64_t noted = atomic_load_explicit(&trace_count, memory_order_relaxed);
  *count = noted < trace_capacity ? noted : trace_capacity;
  trace_spans = 0;
  trace_capacity = 0;
  return CK_OK;
}
