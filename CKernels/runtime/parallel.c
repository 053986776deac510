#include "runtime/parallel.h"
#include "runtime/processor.h"
#include "runtime/trace.h"

#include "ckernels/common.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

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

// libgomp leaves a forked child with a team whose threads are gone: its next parallel region waits for them for
// ever. libomp starts anew.
#if defined(__clang__)
enum { forked_child_may_have_threads = 1 };
#else
enum { forked_child_may_have_threads = 0 };
#endif
static bool forked_child; // of a process that had started a team
#endif

// 0: not yet decided.
static _Atomic int32_t thread_count;

static int32_t granted_thread_count(int32_t wanted) {
#ifdef _OPENMP
  if (forked_child && !forked_child_may_have_threads) return 1;
  return wanted;
#else
  (void)wanted;
  return 1;
#endif
}

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
  const int32_t count = granted_thread_count(threads == 0 ? ck_default_thread_count() : threads);
  atomic_store_explicit(&thread_count, count, memory_order_relaxed);
  return CK_OK;
}

static _Thread_local int32_t team_size = 1;
// Threads that the calling thread's present call may use; 0 outside of one.
static _Thread_local int32_t call_threads;

#ifdef _OPENMP
// The largest team that the calling thread has had: an OpenMP runtime keeps a team for each thread that asks.
static _Thread_local int32_t largest_team = 1;

// In the child there is one thread, and it is in no kernel: fork is called outside.
static void after_fork(void) {
  forked_child = true;
  largest_team = 1;
  atomic_store_explicit(&thread_count, 1, memory_order_relaxed);
  call_threads = 0;
  atomic_flag_clear_explicit(&team_busy, memory_order_relaxed);
}

static void watch_forks(void) { pthread_atfork(NULL, NULL, after_fork); }

struct gate {
  pthread_mutex_t mutex;
  pthread_cond_t opened;
  bool open;
};

static void *wait_at_gate(void *context) {
  struct gate *const gate = context;
  pthread_mutex_lock(&gate->mutex);
  while (!gate->open) pthread_cond_wait(&gate->opened, &gate->mutex);
  pthread_mutex_unlock(&gate->mutex);
  return NULL;
}

// How many of `wanted` threads the system grants at once. Both OpenMP runtimes end the process when they are
// refused one (a limit on processes, on a container's tasks or on memory), so it is tried before they do, with
// threads that end again: 20 microseconds each, once for each size.
static int32_t grantable_threads(int32_t wanted) {
  enum { most = 1024 };
  pthread_t threads[most];
  struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
  int32_t got = 0;
  while (got < wanted && got < most && pthread_create(&threads[got], NULL, wait_at_gate, &gate) == 0) got++;
  pthread_mutex_lock(&gate.mutex);
  gate.open = true;
  pthread_cond_broadcast(&gate.opened);
  pthread_mutex_unlock(&gate.mutex);
  for (int32_t i = 0; i < got; i++) pthread_join(threads[i], NULL);
  return got;
}

// libomp 12 to 16 end the process where they cannot register in shared memory (a sandbox without /dev/shm).
static bool runtime_can_start(void) {
#if defined(__clang__) && defined(__linux__)
  return access("/dev/shm", R_OK | W_OK | X_OK) == 0;
#else
  return true;
#endif
}

// The size of the team that the calling thread may have. A refusal lowers the process's thread count, so that it
// is not tried again at each call.
static int32_t grow_team(int32_t threads) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
  const int32_t granted =
      runtime_can_start() ? largest_team + grantable_threads(threads - largest_team) : largest_team;
  if (granted < threads) atomic_store_explicit(&thread_count, granted, memory_order_relaxed);
  largest_team = granted;
  return granted;
}

// ThreadSanitizer sees our code and not the runtime's: for it alone, what happens before what in a team is said
// again with atomic counters: one for each kind of meeting, so that members of a team are not put in an order that
// they do not have.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SAY_ORDER
#endif
#endif
#ifdef SAY_ORDER
typedef _Atomic int64_t meeting;
static void say_before(meeting *m) { atomic_fetch_add_explicit(m, 1, memory_order_acq_rel); }
static void say_after(meeting *m) { atomic_load_explicit(m, memory_order_acquire); }
#else
typedef char meeting;
static void say_before(meeting *m) { (void)m; }
static void say_after(meeting *m) { (void)m; }
#endif
static meeting fork_meeting, barrier_meeting, join_meeting;

// Apart and not inlined: clang asks libomp for the thread's number, and so starts it, where the function begins.
__attribute__((noinline)) static void run_team(int32_t threads, ck_team_body body, void *context) {
  // Rounding and flush-to-zero are per thread: all workers compute as the caller does.
  const float_control control = float_control_get();
  say_before(&fork_meeting);
#pragma omp parallel num_threads(threads) default(none)                                                      \
    shared(body, context, control, fork_meeting, join_meeting)
  {
    say_after(&fork_meeting);
    const float_control own = float_control_get();
    if (own != control) float_control_set(control);
    team_size = omp_get_num_threads();
    const int64_t begin = ck_is_tracing() ? ck_trace_now() : 0;
    body(context, omp_get_thread_num(), team_size);
    if (begin != 0) ck_trace_note(begin, omp_get_thread_num(), team_size);
    team_size = 1;
    if (own != control) float_control_set(own);
    say_before(&join_meeting);
  }
  say_after(&join_meeting);
}
#endif

void ck_parallel_team(int32_t threads, ck_team_body body, void *context) {
#ifdef _OPENMP
  if (call_threads != 0 && team_size == 1) {
    if (threads > call_threads) threads = call_threads;
    if (threads > 1) {
      run_team(threads, body, context);
      return;
    }
  } else {
    if (threads > largest_team) threads = grow_team(threads);
    if (threads > 1 && team_size == 1 &&
        !atomic_flag_test_and_set_explicit(&team_busy, memory_order_acquire)) {
      run_team(threads, body, context);
      atomic_flag_clear_explicit(&team_busy, memory_order_release);
      return;
    }
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
    say_before(&barrier_meeting);
#pragma omp barrier
    say_after(&barrier_meeting);
  }
#endif
}

int32_t ck_parallel_width(int64_t items, int64_t grain) {
  if (grain < 1) grain = 1;
  const int64_t most = items / grain;
  if (most <= 1) return 1;
  const int64_t threads = call_threads != 0 ? call_threads : ck_thread_count();
  return (int32_t)(most < threads ? most : threads);
}

#ifdef _OPENMP
// Longer calls always get the team: the choice is about microseconds.
static const double longest_to_choose = 700e3;
// Up to here the grain tells what a call should take alone. Longer ones read memory that is no longer in L2.
static const double longest_expected = 100e3;

static struct ck_choice choice; // whoever has team_busy has this
static _Atomic bool team_always;

static int64_t clock_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

#if defined(__x86_64__) || defined(__aarch64__)
// The processor's counter: 22 ns in a virtual machine where the clock takes 49, twice for a call of 10 us.
static int64_t ticks(void) {
#if defined(__x86_64__)
  return (int64_t)__builtin_ia32_rdtsc();
#else
  int64_t value;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#endif
}

// Rough: 50 us of both clocks, once. It only says how long windows and pauses are.
static int64_t nanoseconds(void) {
  static double scale; // whoever has team_busy has this
  if (scale == 0) {
    const int64_t clock = clock_nanoseconds(), tick = ticks();
    while (clock_nanoseconds() - clock < 50000) {
    }
    scale = (double)(clock_nanoseconds() - clock) / (double)(ticks() - tick);
  }
  return (int64_t)((double)ticks() * scale);
}
#else
static int64_t nanoseconds(void) { return clock_nanoseconds(); }
#endif
#endif

void ck_set_team_always(bool always) {
#ifdef _OPENMP
  atomic_store_explicit(&team_always, always, memory_order_relaxed);
#else
  (void)always;
#endif
}

int32_t ck_parallel_begin(struct ck_parallel_call *call, uint64_t what, int64_t items, int64_t grain) {
  call->owns_team = call->is_measured = false;
  int32_t threads = ck_parallel_width(items, grain);
#ifdef _OPENMP
  if (threads == 1 || call_threads != 0 || team_size > 1) return threads;
  if (threads > largest_team) threads = grow_team(threads);
  if (threads == 1 || atomic_flag_test_and_set_explicit(&team_busy, memory_order_acquire)) return 1;
  call->owns_team = true;
  const double alone = (double)items / (double)grain * ck_grain_nanoseconds;
  call->is_measured = alone < longest_to_choose && !atomic_load_explicit(&team_always, memory_order_relaxed);
  if (call->is_measured) {
    // A grain of 1 may be an item of any length.
    const double expected = grain > 1 && alone < longest_expected ? alone : 0;
    if (ck_choice_begin(&choice, &call->choice, what, items, expected, nanoseconds())) threads = 1;
  }
  call_threads = threads;
#else
  (void)what;
#endif
  return threads;
}

void ck_parallel_end(struct ck_parallel_call *call) {
#ifdef _OPENMP
  if (!call->owns_team) return;
  if (call->is_measured) ck_choice_end(&choice, &call->choice, nanoseconds());
  call_threads = 0;
  atomic_flag_clear_explicit(&team_busy, memory_order_release);
#else
  (void)call;
#endif
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
  if (grain < 1) grain = 1;
  struct ck_parallel_call call;
  const int32_t threads =
      ck_parallel_begin(&call, (uint64_t)(uintptr_t)body ^ (uint64_t)grain << 32, items, grain);
  if (threads == 1) {
    body(context, 0, items);
  } else {
    struct range_team team = {items, body, context};
    ck_parallel_team(threads, run_range, &team);
  }
  ck_parallel_end(&call);
}
