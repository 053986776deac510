// Threads where the system is unkind: a fork after the first parallel call, threads that are refused, a root
// without /proc, /sys and /dev. Each case runs in a process of its own, which has not used the library before.
#if defined(__linux__)
#define _GNU_SOURCE // RLIMIT_NPROC, chroot
#endif
#include "CKernels.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { size = 300 };
static float a[size * size], product[size * size], expected[size * size];

static void multiply(float *c) {
  const ck_status status =
      ck_gemm_f32(CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, size, size, size, 1, a, size, a, size, 0, c, size, NULL);
  if (status != CK_OK) _exit(2);
}

// Whether the product has the same bits as before.
static int multiplies(void) {
  memset(product, 0, sizeof product);
  multiply(product);
  return memcmp(product, expected, sizeof expected) == 0;
}

// Runs a case in a child that is killed when it hangs; whether it ended with status 0.
static int passes(int (*run)(void)) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(run() ? 0 : 1);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// MARK: Fork

static int child_uses_one_thread(void) { return ck_thread_count() == 1 && multiplies(); }

static int child_asks_for_threads(void) {
  if (ck_set_thread_count(3) != CK_OK || !multiplies()) return 0;
  // A grandchild of a child with threads.
  return passes(child_uses_one_thread);
}

static int fork_after_use(void) {
  ck_set_thread_count(3);
  multiply(expected);
  if (!passes(child_uses_one_thread) || !passes(child_asks_for_threads)) return 0;
  // The parent keeps its threads.
  return multiplies() && ck_thread_count() == (strcmp(ck_openmp_runtime(), "none") == 0 ? 1 : 3);
}

// MARK: Refused threads

// At most `processes` processes and threads for this user, who is not root: root is never refused.
static int limit_processes(rlim_t processes) {
  const struct rlimit limit = {processes, processes};
  if (setrlimit(RLIMIT_NPROC, &limit) != 0) return 0;
  return geteuid() != 0 || setuid(54321) == 0;
}

static int refused(int32_t expected_threads) {
  ck_set_thread_count(1);
  multiply(expected);
  ck_set_thread_count(8);
  return multiplies() && ck_thread_count() <= expected_threads && multiplies();
}

static int all_refused(void) { return limit_processes(1) && refused(1); }
// Root becomes a user who has no other process.
static int some_refused(void) { return geteuid() != 0 || (limit_processes(3) && refused(3)); }

// MARK: A bare root

// Without /proc, /sys and /dev: the defaults hold. Only root may change the root.
static char empty_folder[] = "/tmp/ckernels-root-XXXXXX";

static int bare_root(void) {
  if (geteuid() == 0 && (chroot(empty_folder) != 0 || chdir("/") != 0)) return 0;
  ck_set_thread_count(1);
  multiply(expected);
  ck_set_thread_count(0);
  const int caches = ck_cache_size(1) > 0 && ck_cache_size(2) > 0 && ck_cache_size(3) > 0;
  return ck_thread_count() >= 1 && caches && multiplies();
}

int main(void) {
  for (int i = 0; i < size * size; i++) a[i] = (float)(i % 13 - 6);
  static const struct {
    const char *name;
    int (*run)(void);
  } cases[] = {{"fork after use", fork_after_use},
               {"all threads refused", all_refused},
               {"some threads refused", some_refused},
               {"no /proc, /sys and /dev", bare_root}};
  int failures = 0;
  if (!mkdtemp(empty_folder)) return 1;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (passes(cases[i].run)) continue;
    printf("threads: %s: failed\n", cases[i].name);
    failures++;
  }
  rmdir(empty_folder);
  if (failures == 0)
    printf("threads: forked, refused and without /proc, all compute (%s)\n", ck_openmp_runtime());
  return failures != 0;
}
