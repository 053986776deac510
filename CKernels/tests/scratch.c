// The stack of scratch memory: alignment, nesting, growth that moves nothing, memory that is kept, one stack a
// thread.
#include "runtime/scratch.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int failures;
static void check(int holds, const char *what) {
  if (!holds) printf("FAILED: %s\n", what), failures++;
}

static int holds_only(const unsigned char *memory, size_t bytes, unsigned char value) {
  for (size_t i = 0; i < bytes; i++) {
    if (memory[i] != value) return 0;
  }
  return 1;
}

static void *some_block(size_t bytes) {
  CK_SCRATCH_SCOPE(scratch);
  return ck_scratch_take(&scratch, bytes);
}

// Blocks of growing size at each of 16 levels; those below must keep what they hold.
static void nested(int level, size_t bytes) {
  CK_SCRATCH_SCOPE(scratch);
  unsigned char *const first = ck_scratch_take(&scratch, bytes);
  unsigned char *const second = ck_scratch_take(&scratch, 1);
  check(first && second, "there is memory");
  if (!first || !second) return;
  check((uintptr_t)first % 64 == 0 && (uintptr_t)second % 64 == 0, "blocks are aligned to 64 bytes");
  check(second >= first + bytes || second < first, "blocks do not overlap");
  memset(first, level, bytes);
  *second = (unsigned char)~level;
  if (level < 16) nested(level + 1, bytes * 2 + 1);
  check(holds_only(first, bytes, (unsigned char)level), "a block keeps its content while others are taken");
  check(*second == (unsigned char)~level, "a block of one byte keeps its content");
}

static void *in_thread(void *other) {
  unsigned char *const mine = some_block(100);
  check(mine && mine != other, "another thread has another stack");
  nested(1, 100);
  return NULL;
}

int main(void) {
  nested(1, 1);
  // All has been given back: the same call again asks the system for nothing, so the same memory comes back.
  void *const before = some_block(1000);
  nested(1, 1);
  check(some_block(1000) == before, "memory is kept for the next call");

  CK_SCRATCH_SCOPE(outer);
  unsigned char *const held = ck_scratch_take(&outer, 64);
  memset(held, 7, 64);
  void *const above = some_block(64);
  check(above == some_block(64), "what a scope has taken is free after it");
  check(above != held, "what is held is not given away");
  {
    CK_SCRATCH_SCOPE(inner);
    (void)inner; // takes nothing
  }
  unsigned char *const large = ck_scratch_take(&outer, (size_t)64 << 20);
  check(large && holds_only(held, 64, 7), "growth leaves held blocks alone");
  check(ck_scratch_take(&outer, SIZE_MAX) == NULL, "more than there is: null");
  check(ck_scratch_take(&outer, SIZE_MAX / 2) == NULL, "more than there is: null");
  check(ck_scratch_take(&outer, 0) != NULL, "an empty block is not null");

  pthread_t thread;
  if (pthread_create(&thread, NULL, in_thread, held) == 0) pthread_join(thread, NULL);
  check(holds_only(held, 64, 7), "another thread leaves held blocks alone");
  if (failures == 0) printf("scratch: nesting, alignment, growth and reuse hold\n");
  return failures != 0;
}
