// The choice between one thread and a team (runtime/choice.h) on a clock of its own: a step of three calls, and
// machines on which the team is faster, slower, stuck, or changes.
#include "runtime/choice.h"

#include <stdio.h>
#include <string.h>

enum { calls = 3 };
static const double alone_cost[calls] = {12e3, 40e3, 30e3}; // nanoseconds

static struct ck_choice choice;
static int64_t now;
static int failures;

// Runs steps for so long; `team` is what a call costs with it, over alone. Every `stall`-th call waits 4 ms. The
// mean cost of a step over that alone.
static double run(double seconds, double team, int stall) {
  double spent = 0, alone = 0;
  int count = 0;
  for (const int64_t end = now + (int64_t)(seconds * 1e9); now < end;) {
    for (int i = 0; i < calls; i++) {
      struct ck_choice_call call;
      const bool by_itself = ck_choice_begin(&choice, &call, (uint64_t)i + 1, 100 + i, 0, now);
      double cost = alone_cost[i] * (by_itself ? 1 : team);
      if (!by_itself && stall > 0 && ++count % stall == 0) cost += 4e6;
      now += (int64_t)cost;
      ck_choice_end(&choice, &call, now);
      spent += cost;
      alone += alone_cost[i];
      now += 500; // what lies between calls
    }
  }
  return spent / alone;
}

static void expect(const char *what, double ratio, double most) {
  if (ratio <= most) return;
  printf("choice: %s: %.3f times the time of one thread, at most %.3f expected\n", what, ratio, most);
  failures++;
}

int main(void) {
  now = 12345;
  expect("a fast team, from the start", run(5, 0.6, 0), 0.615);
  expect("the team becomes slow", run(5, 1.4, 0), 1.02);
  expect("it stays slow", run(20, 1.4, 0), 1.004);
  expect("and fast again, after the longest pause", run(1.1, 0.6, 0), 1.01);
  expect("which is kept", run(5, 0.6, 0), 0.61);
  expect("a processor that others use", run(5, 0.6, 20), 1.03);
  expect("slightly slower: either will do", run(5, 1.02, 0), 1.03);
  expect("a gain that is small", run(10, 0.9, 0), 0.93);

  // Sizes that never come again: the team is kept, and little is lost on trying alone.
  memset(&choice, 0, sizeof choice);
  double spent = 0, team = 0;
  for (int64_t items = 100; items < 100000; items++) {
    struct ck_choice_call call;
    const bool by_itself = ck_choice_begin(&choice, &call, (uint64_t)items * 77777, items, 0, now);
    const double cost = by_itself ? 20e3 : 12e3;
    now += (int64_t)cost;
    ck_choice_end(&choice, &call, now);
    spent += cost;
    team += 12e3;
  }
  expect("calls of which none is like another", spent / team, 1.02);

  // Kinds that come for a while and never again, on a machine that is twice as slow as the kernels expect, where
  // after some time it takes 45 us to start a team.
  memset(&choice, 0, sizeof choice);
  double alone = spent = 0;
  for (int64_t call_number = 0; call_number < 70000; call_number++) {
    struct ck_choice_call call;
    const int64_t kind = call_number / 400 + 1;
    const double expected = kind % 2 == 0 ? 5e3 : 10e3;
    const bool by_itself = ck_choice_begin(&choice, &call, (uint64_t)kind * 77777, 100, expected, now);
    const bool slow_start = call_number >= 50000;
    const double cost = by_itself ? 2 * expected : expected + (slow_start ? 45e3 : 500);
    now += (int64_t)cost;
    ck_choice_end(&choice, &call, now);
    spent += slow_start ? cost : 0;
    alone += slow_start ? 2 * expected : 0;
  }
  expect("kinds that keep changing, and a team that is slow to start", spent / alone, 1.05);

  // Long steps of calls that all differ, as a convolutional network's: lenet5 takes 2.9 ms on one thread.
  memset(&choice, 0, sizeof choice);
  enum { long_calls = 16 };
  for (int part = 0; part < 3; part++) {
    // The second part is a processor that others use.
    const double team_time = part == 1 ? 1.8 : 0.55;
    alone = spent = 0;
    for (const int64_t end = now + 3000000000; now < end;) {
      for (int i = 0; i < long_calls; i++) {
        struct ck_choice_call call;
        const double cost_alone = 60e3 + 15e3 * i;
        const bool by_itself = ck_choice_begin(&choice, &call, (uint64_t)i + 1, 1000 + i, cost_alone, now);
        const double cost = by_itself ? cost_alone : team_time * cost_alone;
        now += (int64_t)cost;
        ck_choice_end(&choice, &call, now);
        spent += cost;
        alone += cost_alone;
      }
    }
    if (part == 0) expect("a step that is longer than a window", spent / alone, 0.57);
    if (part == 1) expect("whose team becomes slow", spent / alone, 1.04);
    if (part == 2) expect("and fast again", spent / alone, 0.72);
  }
  if (failures == 0) printf("choice: the faster of one thread and a team is found and followed\n");
  return failures != 0;
}
