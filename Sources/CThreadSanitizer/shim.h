// What is asked of ThreadSanitizer's runtime, which is in a program only when it is built with `--sanitize=thread`. The
// names are weak: elsewhere they are null, and asking costs a load and a branch.
#ifdef __linux__
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));
#endif

/// What other threads did before their last release of this address has happened.
static inline void thread_sanitizer_acquire(void *address) {
#ifdef __linux__
  if (__tsan_acquire) __tsan_acquire(address);
#else
  (void)address;
#endif
}

/// What this thread has done happened before the next acquire of this address.
static inline void thread_sanitizer_release(void *address) {
#ifdef __linux__
  if (__tsan_release) __tsan_release(address);
#else
  (void)address;
#endif
}
