#include "runtime/scratch.h"

#include "ckernels/common.h"

#include <pthread.h>
#include <stdbool.h>
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

// Each chunk is at least as large as all below it together, so that so many are enough for any memory.
enum { most_chunks = 48 };

struct chunk {
  char *memory;
  size_t bytes;
};

struct ck_scratch_stack {
  struct chunk chunk[most_chunks];
  int chunks;  // that there are
  int top;     // the chunk that is being filled
  size_t used; // of it
};

// AddressSanitizer sees one allocation: it is told which parts of it are taken, and a gap after each block.
#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#include <sanitizer/asan_interface.h>
enum { gap = alignment };
static void allow(const char *memory, size_t bytes) { __asan_unpoison_memory_region(memory, bytes); }
static void forbid(const char *memory, size_t bytes) { __asan_poison_memory_region(memory, bytes); }
#else
enum { gap = 0 };
static void allow(const char *memory, size_t bytes) { (void)memory, (void)bytes; }
static void forbid(const char *memory, size_t bytes) { (void)memory, (void)bytes; }
#endif

static _Thread_local struct ck_scratch_stack *own;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// Frees the chunks from `first` on.
static void drop_chunks(struct ck_scratch_stack *stack, int first) {
  while (stack->chunks > first) {
    const struct chunk chunk = stack->chunk[--stack->chunks];
    allow(chunk.memory, chunk.bytes);
    ck_free(chunk.memory, chunk.bytes);
  }
}

static bool add_chunk(struct ck_scratch_stack *stack, size_t bytes) {
  if (stack->chunks == most_chunks) return false;
  char *const memory = ck_allocate(bytes);
  if (!memory) return false;
  forbid(memory, bytes);
  stack->chunk[stack->chunks++] = (struct chunk){memory, bytes};
  return true;
}

static void release(void *pointer) {
  drop_chunks(pointer, 0);
  free(pointer);
  own = NULL;
}

static void make_key(void) { pthread_key_create(&key, release); }

static struct ck_scratch_stack *own_stack(void) {
  if (!own) {
    pthread_once(&once, make_key);
    own = calloc(1, sizeof *own);
    if (own) pthread_setspecific(key, own);
  }
  return own;
}

// Makes the chunk after the top one the top, with room for `bytes`. Blocks that are held do not move.
static bool grow(struct ck_scratch_stack *stack, size_t bytes) {
  int next = stack->chunks == 0 ? 0 : stack->top + 1;
  while (next < stack->chunks && stack->chunk[next].bytes < bytes) next++;
  if (next == stack->chunks) {
    size_t total = 0;
    for (int i = 0; i < stack->chunks; i++) total += stack->chunk[i].bytes;
    // By half more, so that slowly growing requests do not ask anew each time.
    const size_t wanted = bytes + bytes / 2 + 4096;
    if (!add_chunk(stack, wanted > total ? wanted : total) && !add_chunk(stack, bytes)) return false;
  }
  stack->top = next;
  stack->used = 0;
  return true;
}

void *ck_scratch_take(struct ck_scratch *mark, size_t bytes) {
  if (bytes > SIZE_MAX / 4) return NULL;
  struct ck_scratch_stack *const stack = own_stack();
  if (!stack) return NULL;
  if (!mark->stack) *mark = (struct ck_scratch){stack, stack->used, stack->top};
  const size_t size = (bytes + alignment - 1) / alignment * alignment + gap;
  if (stack->chunks == 0 || stack->chunk[stack->top].bytes - stack->used < size) {
    if (!grow(stack, size)) return NULL;
  }
  char *const block = stack->chunk[stack->top].memory + stack->used;
  stack->used += size;
  allow(block, bytes);
  return block;
}

void ck_scratch_end(struct ck_scratch *mark) {
  struct ck_scratch_stack *const stack = mark->stack;
  if (stack->chunks == 0) return;
  for (int i = mark->chunk; i <= stack->top; i++) {
    const size_t first = i == mark->chunk ? mark->used : 0;
    forbid(stack->chunk[i].memory + first, stack->chunk[i].bytes - first);
  }
  stack->top = mark->chunk;
  stack->used = mark->used;
  if (stack->chunks == 1 || stack->top > 0 || stack->used > 0) return;
  // Nothing is held: from now on one chunk that has room for all.
  size_t total = 0;
  for (int i = 0; i < stack->chunks; i++) total += stack->chunk[i].bytes;
  drop_chunks(stack, 0);
  add_chunk(stack, total);
}
