// The one parallel primitive. Nothing else in the library knows of OpenMP.
#ifndef CK_RUNTIME_PARALLEL_H
#define CK_RUNTIME_PARALLEL_H

#include "runtime/choice.h"

// Work on items begin ..< end.
typedef void (*ck_range_body)(void *context, int64_t begin, int64_t end);
// One call a thread, 0 ..< threads.
typedef void (*ck_team_body)(void *context, int32_t thread, int32_t threads);

// Calls `body` on disjoint ranges that cover 0 ..< items, one a thread, in order of the threads. No thread
// gets fewer than `grain` items: choose it so that `grain` items take some 5 microseconds (about 20,000
// floats read and written once), the price of waking a worker on a machine that is not quite idle. How many
// ranges there are depends on the thread count, so a body must compute each item independently of where its
// range begins. The grain is a floor: above it one thread may be the faster choice all the same.
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
