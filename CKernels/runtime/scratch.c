#include "runtime/scratch.h"

#include "ckernels/common.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { alignment = 64 };
static const size_t huge_page = (size_t)2 << 20;

void *ck_allocate(size_t bytes) {
  if (bytes == 0) bytes = alignment;
  if (bytes > SIZE_MAX - huge_page) return NULL;
  // From one huge page on: aligned to it, and asked for once. This kernel's default is to give them on
  // request only.
  const size_t align = bytes >= huge_page ? huge_page : alignment;
  void *memory = NULL;
  if (posix_memalign(&memory, align, (bytes + alignment - 1) / alignment * alignment) != 0) return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (bytes >= huge_page) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

void ck_free(void *memory, size_t bytes) {
  (void)bytes;
  free(memory);
}

struct scratch {
  void *memory[CK_SCRATCH_SLOTS];
  size_t bytes[CK_SCRATCH_SLOTS];
};

static _Thread_local struct scratch *own;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(void *pointer) {
  struct scratch *scratch = pointer;
  for (int slot = 0; slot < CK_SCRATCH_SLOTS; slot++) ck_free(scratch->memory[slot], scratch->bytes[slot]);
  free(scratch);
  own = NULL;
}

static void make_key(void) { pthread_key_create(&key, release); }

void *ck_scratch(enum ck_scratch_slot slot, size_t bytes) {
  if (!own) {
    pthread_once(&once, make_key);
    own = calloc(1, sizeof *own);
    if (!own) return NULL;
    pthread_setspecific(key, own);
  }
  if (own->bytes[slot] < bytes || !own->memory[slot]) {
    // Grow by half, so that slowly growing requests do not ask anew each time.
    const size_t wanted = bytes + bytes / 2 + 4096;
    ck_free(own->memory[slot], own->bytes[slot]);
    own->memory[slot] = ck_allocate(wanted);
    own->bytes[slot] = own->memory[slot] ? wanted : 0;
  }
  return own->memory[slot];
}
