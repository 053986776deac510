// Working memory of a thread: a stack that is kept between calls, so that a steady training step asks the
// system for nothing. A kernel marks where it begins, takes blocks, and gives all of them back at the end of
// its scope. What it calls meanwhile takes from above and leaves its blocks alone: panels of a convolution
// stay where they are during a product.
//
//   CK_SCRATCH_SCOPE(scratch);
//   float *const partial = ck_scratch_take(&scratch, (size_t)count * sizeof *partial);
//   if (!partial) return CK_OUT_OF_MEMORY;
//
#ifndef CK_RUNTIME_SCRATCH_H
#define CK_RUNTIME_SCRATCH_H

#include <stddef.h>

struct ck_scratch_stack;

// A mark: how far the stack was filled. All zeros before the first block is taken.
struct ck_scratch {
  struct ck_scratch_stack *stack;
  size_t used;
  int chunk;
};

// `bytes` of 64-byte aligned memory with any content, or null when there is none; valid up to ck_scratch_end
// of the mark. By one thread, and only while no later mark is open; the memory may be used by the other
// threads of a team.
void *ck_scratch_take(struct ck_scratch *mark, size_t bytes);

// Gives back all that was taken with the mark.
void ck_scratch_end(struct ck_scratch *mark);

static inline void ck_scratch_leave(struct ck_scratch *mark) {
  if (mark->stack) ck_scratch_end(mark);
}

// A mark for the rest of the block, whichever way that is left.
#define CK_SCRATCH_SCOPE(name) struct ck_scratch name __attribute__((cleanup(ck_scratch_leave))) = {0}

#endif
