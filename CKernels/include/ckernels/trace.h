// When each thread works: what a profiler draws. Off, it costs one load a parallel region.
#ifndef CKERNELS_TRACE_H
#define CKERNELS_TRACE_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// One thread's part of one parallel region.
typedef struct ck_span {
  int64_t begin; // nanoseconds of the system's monotonic clock (CLOCK_MONOTONIC)
  int64_t end;
  int32_t thread;  // 0 is the caller of the kernel
  int32_t threads; // how many took part
} ck_span;

// From now on, notes the work of every parallel region of the process in `spans` [capacity], until ck_trace_stop;
// further ones are left out. Work that a kernel does on its caller alone, without a region, is not noted.
// CK_INVALID_ARGUMENT while another trace is running.
CK_API ck_status ck_trace_start(int64_t capacity, ck_span *spans);

// Ends the trace; `count` = the spans that were written. Not while another thread runs a kernel.
// CK_INVALID_ARGUMENT where no trace is running.
CK_API ck_status ck_trace_stop(int64_t *count);

#ifdef __cplusplus
}
#endif
#endif
