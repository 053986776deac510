// A second thread pays or it does not, and nothing that a process can ask for tells. Measured in a virtual
// machine with two processors (Zen 4, idle; 10-96-96-10, batch 128, 84 us a step on one thread), where the state
// changes every few seconds without anything having changed inside:
//
//                                       step    line there and back   fork/join   multiply-adds on two threads
//   cores that share a last cache       65 us          55 ns            0.5 us       235 GFLOP/s
//   cores of two last caches           115 us         320 ns            1.4 us       233 GFLOP/s
//   two threads of one core             90 us          55 ns            0.5 us       118 GFLOP/s
//
// Both threads run all the time (no context switch, no steal time), each on its processor: it is the host that
// moves the virtual processors. When other programs want the processors too, a team waits for its member that is
// not running: 4,000 us a step of 10-64-64-10 instead of 44. Threads that sleep between calls would cost 190 us
// a step here, so waiting differently is no way out. What is: the same bits come from any number of threads, so
// each call may be made either way, and the faster one is taken.
//
// Calls are grouped into kinds, and known by their time for an item both ways. All calls of a window of 2 ms are
// made one way, since a team spreads data over caches and the next call pays for it. The first call of each kind
// does pay and does not count, so that a window lasts until the others have taken as long: two steps of a program
// whose step is longer. (A step of 3 ms whose calls all differ would be judged by none of them: a team that had
// become slow would be kept, and one that was given up be tried and never taken again.) What a window cost is
// compared with what its calls cost the other way. Alone is the steady side: its times hold in all of the states
// above. So the team is given up at once when it loses, and tried again after 20 ms, then 40, … 1000; alone is
// measured again every half second. In the long run the trials take at most a thirty-second of the time.
//
// A kind that has never been made alone is judged by what its kernel lets expect, with room for a wrong guess: else
// a program whose calls keep changing would hold on to a team that takes six times as long (45 us to start it, for
// minutes, when the host has other work).
#include "runtime/choice.h"

static const int64_t window_length = 2000000, longest_window = 32000000, shortest_pause = 20000000,
                     longest_pause = 1000000000, alone_pause = 500000000;
// A window that has lost so much ends at once: somebody else has the processor.
static const double much = 1000000;
// A call may take so much longer than is expected before the team is blamed for it.
static const double doubt = 1.5;

// A trial takes up to a thirty-second of the time since the one before.
static void begin_window(struct ck_choice *choice, int64_t now, bool is_trial) {
  choice->window++;
  choice->began = now;
  const int64_t share = (now - choice->tried) / 32;
  choice->longest = is_trial && share < longest_window ? share : longest_window;
  choice->is_trial = is_trial;
  choice->first = choice->spent = choice->otherwise = choice->all = choice->unknown_spent = choice->expected =
      0;
}

static void prefer(struct ck_choice *choice, bool alone) {
  choice->prefers_alone = alone;
  choice->lost = 0;
}

static int64_t longer(int64_t pause) { return 2 * pause < longest_pause ? 2 * pause : longest_pause; }

// A trial of the team has ended, or one of the calling thread alone.
static void judge_trial(struct ck_choice *choice, int64_t now, bool known) {
  const bool better = known && choice->spent < 0.95 * choice->otherwise;
  if (choice->prefers_alone) {
    if (better) {
      prefer(choice, false);
      choice->pause = shortest_pause;
      choice->next_trial = now + alone_pause;
    } else {
      choice->pause = longer(choice->pause);
      choice->next_trial = now + choice->pause;
    }
  } else {
    if (better) {
      prefer(choice, true);
      choice->pause = shortest_pause;
    }
    choice->next_trial = now + (better ? shortest_pause : alone_pause);
  }
}

static void end_window(struct ck_choice *choice, int64_t now) {
  // Half of the time in calls that are known both ways.
  const bool known = choice->otherwise > 0 && choice->spent > 0.5 * choice->all;
  if (choice->is_trial) {
    judge_trial(choice, now, known);
    choice->tried = now;
    begin_window(choice, now, false);
    return;
  }
  if (!choice->prefers_alone) {
    const bool expects = choice->expected > 0 && choice->unknown_spent > 0.5 * choice->all;
    const bool loses = (known && choice->spent > 1.03 * choice->otherwise) ||
                       (expects && choice->unknown_spent > choice->expected);
    choice->lost = loses ? choice->lost + 1 : 0;
    if (choice->lost >= 2 || choice->spent - choice->otherwise > much) {
      prefer(choice, true);
      choice->pause = shortest_pause;
      choice->next_trial = now + choice->pause;
    } else if (!known && choice->next_trial > now + choice->pause) {
      // New kinds of calls: alone is to be measured soon, but not in every other window where each call is new.
      choice->next_trial = now + choice->pause;
      choice->pause = longer(choice->pause);
    }
  }
  begin_window(choice, now, now >= choice->next_trial);
}

// Sizes within an eighth are of one kind.
static uint64_t key_of(uint64_t what, int64_t items) {
  int exponent = 63 - __builtin_clzll((uint64_t)items);
  const uint64_t size = exponent < 3 ? (uint64_t)items : (uint64_t)items >> (exponent - 3);
  uint64_t key = (what ^ (uint64_t)exponent << 56 ^ size << 48) * 0x9E3779B97F4A7C15u;
  return key ^ key >> 32;
}

bool ck_choice_begin(struct ck_choice *choice, struct ck_choice_call *call, uint64_t what, int64_t items,
                     double expected, int64_t now) {
  const uint64_t key = key_of(what, items);
  struct ck_choice_kind *const kind = &choice->kinds[key % CK_CHOICE_KINDS];
  if (kind->key != key) *kind = (struct ck_choice_kind){.key = key};
  if (choice->window == 0) {
    choice->pause = choice->next_trial = shortest_pause;
    choice->next_trial += now;
    choice->tried = now;
    choice->slowness = 1;
    begin_window(choice, now, false);
  }
  call->kind = kind;
  call->items = items;
  call->expected = expected;
  call->began = now;
  call->alone = choice->prefers_alone != choice->is_trial;
  return call->alone;
}

void ck_choice_end(struct ck_choice *choice, const struct ck_choice_call *call, int64_t now) {
  struct ck_choice_kind *const kind = call->kind;
  const double spent = (double)(now - call->began), items = (double)call->items;
  if (kind->window != choice->window) {
    // The first one finds its data where the other way has left them, and the team perhaps asleep.
    kind->window = choice->window;
    choice->first += spent;
  } else {
    choice->all += spent;
    const double other = call->alone ? kind->team : kind->alone;
    if (other > 0) {
      choice->spent += spent;
      choice->otherwise += other * items;
    } else if (!call->alone && call->expected > 0) {
      choice->unknown_spent += spent;
      choice->expected += doubt * choice->slowness * call->expected;
    }
    if (call->alone && call->expected > 0) {
      // An interruption is no part of it.
      const double slowness = spent / call->expected;
      if (slowness < 8) choice->slowness += (slowness - choice->slowness) / 64;
    }
    double *const mean = call->alone ? &kind->alone : &kind->team;
    int32_t *const calls = call->alone ? &kind->alone_calls : &kind->team_calls;
    // A mean over some 16 calls, of which a single interruption is no part.
    double sample = spent / items;
    if (*calls >= 4 && sample > 2 * *mean) sample = 2 * *mean;
    if (*calls < 16) ++*calls;
    *mean += (sample - *mean) / *calls;
  }
  const bool stuck = !call->alone && choice->spent - choice->otherwise > much;
  const int64_t length = now - choice->began;
  const bool is_over = length >= window_length && (length >= choice->longest || choice->all >= choice->first);
  if (is_over || stuck) end_window(choice, now);
}
