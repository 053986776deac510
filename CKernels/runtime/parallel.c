#include "runtime/parallel.h"
#include "runtime/processor.h"
#include "runtime/trace.h"

#include "ckernels/common.h"

#include <stdatomic.h>
#include <stdlib.h>

#ifdef _OPENMP
// Declared here: Debian's omp.h is not on the search path of Swift's clang.
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);

// Rounding and flush-to-zero of the calling thread, without the flags of exceptions that have happened.
#if defined(__x86_64__)
#include <xmmintrin.h>
typedef uint32_t float_control;
static float_control float_control_get(void) { return _mm_getcsr() & ~(uint32_t)_MM_EXCEPT_MASK; }
static void float_control_set(float_control value) { _mm_setcsr(value); }
#elif defined(__aarch64__)
typedef uint64_t float_control;
static float_control float_control_get(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}
static void float_control_set(float_control value) { __asm__ volatile("msr fpcr, %0" : : "r"(value)); }
#else
typedef int float_control;
static float_control float_control_get(void) { return 0; }
static void float_control_set(float_control value) { (void)value; }
#endif

// Set while a team works. A second caller meanwhile works alone: two teams would fight for the same cores.
static atomic_flag team_busy = ATOMIC_FLAG_INIT;
#endif

// 0: not yet decided.
static _Atomic int32_t thread_count;

int32_t ck_thread_count(void) {
  int32_t count = atomic_load_explicit(&thread_count, memory_order_relaxed);
  if (count == 0) {
    count = ck_default_thread_count();
    atomic_store_explicit(&thread_count, count, memory_order_relaxed);
  }
  return count;
}

ck_status ck_set_thread_count(int32_t threads) {
  if (threads < 0 || threads > 1024) return CK_INVALID_ARGUMENT;
#ifndef _OPENMP
  threads = 1;
#endif
  atomic_store_explicit(&thread_count, threads == 0 ? ck_default_thread_count() : threads,
                        memory_order_relaxed);
  return CK_OK;
}

static _Thread_local int32_t team_size = 1;

void ck_parallel_team(int32_t threads, ck_team_body body, void *context) {
#ifdef _OPENMP
  if (threads > 1 && team_size == 1 && !atomic_flag_test_and_set_explicit(&team_busy, memory_order_acquire)) {
    // Rounding and flush-to-zero are per thread: all workers compute as the caller does.
    const float_control control = float_control_get();
#pragma omp parallel num_threads(threads) default(none) shared(body, context, control)
    {
      const float_control own = float_control_get();
      if (own != control) float_control_set(control);
      team_size = omp_get_num_threads();
      const int64_t begin = ck_is_tracing() ? ck_trace_now() : 0;
      body(context, omp_get_thread_num(), team_size);
      if (begin != 0) ck_trace_note(begin, omp_get_thread_num(), team_size);
      team_size = 1;
      if (own != control) float_control_set(own);
    }
    atomic_flag_clear_explicit(&team_busy, memory_order_release);
    return;
  }
#else
  (void)threads;
#endif
  const int32_t outer = team_size;
  team_size = 1;
  body(context, 0, 1);
  team_size = outer;
}

void ck_team_barrier(void) {
#ifdef _OPENMP
  if (team_size > 1) {
#pragma omp barrier
  }
#endif
}

int32_t ck_parallel_width(int64_t items, int64_t grain) {
  if (grain < 1) grain = 1;
  const int64_t most = items / grain;
  if (most <= 1) return 1;
  const int64_t threads = ck_thread_count();
  return (int32_t)(most < threads ? most : threads);
}

struct range_team {
  int64_t items;
  ck_range_body body;
  void *context;
};

static void run_range(void *context, int32_t thread, int32_t threads) {
  const struct range_team *team = context;
  const int64_t begin = team->items * thread / threads;
  const int64_t end = team->items * (thread + 1) / threads;
  if (begin < end) team->body(team->context, begin, end);
}

void ck_parallel_for(int64_t items, int64_t grain, ck_range_body body, void *context) {
  if (items <= 0) return;
  const int32_t threads = ck_parallel_width(items, grain);
  if (threads == 1) {
    body(context, 0, items);
    return;
  }
  struct range_team team = {items, body, context};
  ck_parallel_team(threads, run_range, &team);
}
