// What the parallel primitive tells a trace (ckernels/trace.h).
#ifndef CK_RUNTIME_TRACE_H
#define CK_RUNTIME_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

extern atomic_bool ck_trace_active;

static inline bool ck_is_tracing(void) {
  return atomic_load_explicit(&ck_trace_active, memory_order_relaxed);
}

// Nanoseconds of the monotonic clock.
int64_t ck_trace_now(void);
void ck_trace_note(int64_t begin, int32_t thread, int32_t threads);

#endif
