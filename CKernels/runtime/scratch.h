// Working memory of a thread, kept between calls: a steady training step asks the system for nothing.
#ifndef CK_RUNTIME_SCRATCH_H
#define CK_RUNTIME_SCRATCH_H

#include <stddef.h>

// One buffer a use, so that a kernel which calls another keeps its own.
enum ck_scratch_slot {
  CK_SCRATCH_PACK_A,
  CK_SCRATCH_PACK_B,
  CK_SCRATCH_PARTIAL,
  CK_SCRATCH_TEMPORARY,
  CK_SCRATCH_SLOTS,
};

// At least `bytes` of 64-byte aligned memory of this thread, with any content; null when there is none. Valid
// until this thread asks for the same slot again; other threads of a team may use it meanwhile.
void *ck_scratch(enum ck_scratch_slot slot, size_t bytes);

#endif
