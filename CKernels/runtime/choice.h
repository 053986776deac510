// Alone or as a team: which is faster, found out while the calls are made. No OpenMP and no clock in here: the
// caller says what time it is, so that a test can.
#ifndef CK_RUNTIME_CHOICE_H
#define CK_RUNTIME_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

enum { CK_CHOICE_KINDS = 256 };

// Calls with one body and about the same size. Nanoseconds an item; 0: not known.
struct ck_choice_kind {
  uint64_t key;
  double alone, team;
  int32_t alone_calls, team_calls;
  int64_t window; // the last one with a call of this kind
};

struct ck_choice {
  bool prefers_alone;     // what was found to be faster; at first the team
  bool is_trial;          // this window tries the other
  int64_t window;         // counts them
  int64_t began, longest; // the present one, and how long it may last
  int64_t tried, next_trial, pause;
  // Of this window, nanoseconds: each kind's first call, which does not count; of the others those that are known
  // both ways, what they would cost the other way, and all.
  double first, spent, otherwise, all;
  // Likewise the team's calls that have not been made alone yet, and what the kernels let expect.
  double unknown_spent, expected;
  double slowness; // what calls take alone, over what is expected: a mean over many
  int32_t lost;    // windows in a row in which the team was slower
  struct ck_choice_kind kinds[CK_CHOICE_KINDS];
};

struct ck_choice_call {
  struct ck_choice_kind *kind;
  int64_t items, began;
  double expected;
  bool alone;
};

// Whether this call, of `items` (> 0) and a kind named by any number, should be made on one thread. `expected`:
// the nanoseconds that it should roughly take there; 0 where nobody can tell.
bool ck_choice_begin(struct ck_choice *choice, struct ck_choice_call *call, uint64_t what, int64_t items,
                     double expected, int64_t now);
void ck_choice_end(struct ck_choice *choice, const struct ck_choice_call *call, int64_t now);

#endif
