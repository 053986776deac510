#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE // sched_getaffinity
#endif
#include "runtime/processor.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#if defined(__x86_64__)
// The vector registers that the operating system saves, from XCR0.
static uint64_t enabled_register_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((uint64_t)high << 32) | low;
}

bool ck_isa_available(ck_isa isa) {
  if (isa == CK_ISA_PORTABLE) return true;
  if (isa != CK_ISA_AVX2 && isa != CK_ISA_AVX512) return false;
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
  const bool fma = c & (1u << 12), osxsave = c & (1u << 27), avx = c & (1u << 28);
  if (!fma || !osxsave || !avx) return false;
  const uint64_t state = enabled_register_state();
  if ((state & 0x6) != 0x6) return false;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  if (!(b & (1u << 5))) return false;
  if (isa == CK_ISA_AVX2) return true;
  // F, DQ, BW, VL: what every server core with AVX-512 has.
  const uint32_t needed = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);
  return (b & needed) == needed && (state & 0xe6) == 0xe6;
}

bool ck_has_bfloat16(void) {
  uint32_t a, b, c, d;
  if (!ck_isa_available(CK_ISA_AVX512) || !__get_cpuid_count(7, 1, &a, &b, &c, &d)) return false;
  return a & (1u << 5);
}
#elif defined(__aarch64__)
bool ck_isa_available(ck_isa isa) { return isa == CK_ISA_PORTABLE || isa == CK_ISA_NEON; }
#else
bool ck_isa_available(ck_isa isa) { return isa == CK_ISA_PORTABLE; }
#endif

ck_isa ck_best_isa(void) {
  for (int isa = CK_ISA_AVX512; isa > CK_ISA_PORTABLE; isa--) {
    if (ck_isa_available((ck_isa)isa)) return (ck_isa)isa;
  }
  return CK_ISA_PORTABLE;
}

#ifdef _OPENMP
static int32_t positive_number(const char *text) {
  if (!text) return 0;
  char *end = NULL;
  const long value = strtol(text, &end, 10);
  return end != text && value > 0 && value <= 1024 ? (int32_t)value : 0;
}

// cgroup v2 "cpu.max" is "quota period" or "max period"; v1 has the two numbers in two files. 0 for no limit.
static int32_t container_quota(void) {
#if defined(__linux__)
  double quota = 0, period = 0;
  FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r");
  if (file) {
    const int fields = fscanf(file, "%lf %lf", &quota, &period);
    fclose(file);
    if (fields != 2) return 0;
  } else {
    FILE *quota_file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "r");
    FILE *period_file = fopen("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "r");
    const bool read = quota_file && period_file && fscanf(quota_file, "%lf", &quota) == 1 &&
                      fscanf(period_file, "%lf", &period) == 1;
    if (quota_file) fclose(quota_file);
    if (period_file) fclose(period_file);
    if (!read) return 0;
  }
  if (quota <= 0 || period <= 0) return 0;
  const int32_t processors = (int32_t)(quota / period);
  return processors < 1 ? 1 : processors;
#else
  return 0;
#endif
}
#endif

int32_t ck_default_thread_count(void) {
#ifndef _OPENMP
  return 1;
#else
  int32_t count = positive_number(getenv("MYELIN_THREADS"));
  if (count == 0) count = positive_number(getenv("OMP_NUM_THREADS"));
  if (count != 0) return count;
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) count = CPU_COUNT(&set);
#endif
  if (count < 1) count = (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
  const int32_t quota = container_quota();
  if (quota > 0 && quota < count) count = quota;
  return count < 1 ? 1 : count;
#endif
}

static int64_t cache_bytes[4]; // by level; 0 where the system does not tell
static pthread_once_t caches_once = PTHREAD_ONCE_INIT;

#if defined(__linux__)
// One line of /sys/devices/system/cpu/cpu0/cache/index<index>/<name>, without its newline; empty when there
// is none.
static void read_cache_line(int index, const char *name, char *line, int size) {
  char path[96];
  snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, name);
  line[0] = 0;
  FILE *file = fopen(path, "r");
  if (!file) return;
  if (!fgets(line, size, file)) line[0] = 0;
  fclose(file);
  line[strcspn(line, "\n")] = 0;
}
#endif

// Asked once: sysconf executes cpuid, which costs 20 microseconds and more in a virtual machine.
static void find_caches(void) {
#if defined(__linux__)
  // The kernel's view first: sysconf multiplies the last cache by the host's sockets in some virtual
  // machines.
  for (int index = 0; index < 8; index++) {
    char level[16], type[16], size[16];
    read_cache_line(index, "level", level, sizeof level);
    read_cache_line(index, "type", type, sizeof type);
    read_cache_line(index, "size", size, sizeof size);
    const long number = strtol(level, NULL, 10);
    if (number < 1 || number > 3 || strcmp(type, "Instruction") == 0) continue;
    char *unit;
    const int64_t value = strtoll(size, &unit, 10);
    cache_bytes[number] = *unit == 'M' ? value << 20 : *unit == 'K' ? value << 10 : value;
  }
  const int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
  for (int level = 1; level <= 3; level++) {
    if (cache_bytes[level] <= 0) cache_bytes[level] = sysconf(names[level - 1]);
  }
#elif defined(__APPLE__)
  const char *const names[] = {"hw.l1dcachesize", "hw.l2cachesize", "hw.l3cachesize"};
  for (int level = 1; level <= 3; level++) {
    size_t size = sizeof cache_bytes[level];
    if (sysctlbyname(names[level - 1], &cache_bytes[level], &size, NULL, 0) != 0) cache_bytes[level] = 0;
  }
#endif
  const int64_t usual[] = {0, 32 << 10, 512 << 10, 8 << 20};
  for (int level = 1; level <= 3; level++) {
    if (cache_bytes[level] <= 0) cache_bytes[level] = usual[level];
  }
}

int64_t ck_cache_size(int32_t level) {
  pthread_once(&caches_once, find_caches);
  return cache_bytes[level < 1 ? 1 : level > 3 ? 3 : level];
}

static char processor_name[64];
static pthread_once_t name_once = PTHREAD_ONCE_INIT;

static void find_name(void) {
#if defined(__x86_64__)
  uint32_t words[13] = {0};
  if (__get_cpuid_max(0x80000000, NULL) >= 0x80000004) {
    for (uint32_t i = 0; i < 3; i++) {
      __get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2], &words[4 * i + 3]);
    }
    const char *text = (const char *)words;
    while (*text == ' ') text++;
    snprintf(processor_name, sizeof processor_name, "%s", text);
  }
#elif defined(__APPLE__)
  size_t size = sizeof processor_name;
  if (sysctlbyname("machdep.cpu.brand_string", processor_name, &size, NULL, 0) != 0) processor_name[0] = 0;
#endif
  if (!processor_name[0]) snprintf(processor_name, sizeof processor_name, "unknown");
}

const char *ck_processor_name(void) {
  pthread_once(&name_once, find_name);
  return processor_name;
}
