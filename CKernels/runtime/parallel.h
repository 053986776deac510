// The one parallel primitive. Nothing else in the library knows of OpenMP.
#ifndef CK_RUNTIME_PARALLEL_H
#define CK_RUNTIME_PARALLEL_H

#include "runtime/choice.h"

// Work on items begin ..< end.
typedef void (*ck_range_body)(void *context, int64_t begin, int64_t end);
// One call a thread, 0 ..< threads.
typedef void (*ck_team_body)(void *context, int32_t thread, int32_t threads);

// Starting a team and waiting for it costs 0.4 us where its threads share a last cache, and 1.4 us where they do
// not (runtime/choice.c). A thread takes part where it has twice the longer time to do: then a second one saves
// that much, and where cores are apart it still gains.
enum { ck_grain_nanoseconds = 2 * 1400 };

// The items that are worth a thread, where one takes so long on one thread. Kernels say what an item costs
// (kernels/elements.inc), and this alone makes it a grain.
static inline int64_t ck_grain(double item_nanoseconds) {
  const double items = ck_grain_nanoseconds / item_nanoseconds;
  return items < 1e15 ? (int64_t)items + 1 : (int64_t)1e15;
}

// Calls `body` on disjoint ranges that cover 0 ..< items, one a thread, in order of the threads. No thread
// gets fewer than `grain` items, which come from ck_grain. How many ranges there are depends on the thread
// count, so a body must compute each item independently of where its range begins. The grain is a floor: above
// it one thread may be the faster choice all the same.
void ck_parallel_for(int64_t items, int64_t grain, ck_range_body body, void *context);

// Calls `body` once on each of `threads` threads at the same time; they may meet at ck_team_barrier. May run
// with fewer threads than asked (a second caller at the same time, a nested call): the body takes its share
// from `threads`.
void ck_parallel_team(int32_t threads, ck_team_body body, void *context);
void ck_team_barrier(void);

// How many threads ck_parallel_for would use.
int32_t ck_parallel_width(int64_t items, int64_t grain);

// A call that chooses its way by the number of threads says so before, and again when it is done: meanwhile
// it has the team to itself, and its time is what later calls are judged by (runtime/choice.h). `what` names
// calls of one kind and size. Returns the threads to use; ck_parallel_for inside takes no more.
struct ck_parallel_call {
  bool owns_team, is_measured;
  struct ck_choice_call choice;
};
int32_t ck_parallel_begin(struct ck_parallel_call *call, uint64_t what, int64_t items, int64_t grain);
void ck_parallel_end(struct ck_parallel_call *call);

#endif
