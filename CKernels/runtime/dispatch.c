#include "runtime/dispatch.h"
#include "runtime/processor.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const isa_names[] = {"portable", "neon", "avx2", "avx512"};

// The instruction sets of this processor's architecture.
#if defined(__x86_64__)
#define CK_SETS(X) X(CK_ISA_PORTABLE, portable) X(CK_ISA_AVX2, avx2) X(CK_ISA_AVX512, avx512)
#elif defined(__aarch64__)
#define CK_SETS(X) X(CK_ISA_PORTABLE, portable) X(CK_ISA_NEON, neon)
#else
#define CK_SETS(X) X(CK_ISA_PORTABLE, portable)
#endif

static struct ck_kernel_table tables[CK_ISA_AVX512 + 1];
static pthread_once_t filled = PTHREAD_ONCE_INIT;

static void fill_tables(void) {
#define CK_FILL(set, group) ck_##set##_##group(table);
#define CK_TABLE(value, set)                                                                                 \
  {                                                                                                          \
    struct ck_kernel_table *const table = &tables[value];                                                    \
    table->isa = value;                                                                                      \
    CK_GROUPS(CK_FILL, set)                                                                                  \
  }
  CK_SETS(CK_TABLE)
#if defined(__x86_64__)
  if (ck_has_bfloat16()) ck_avx512_pairs(&tables[CK_ISA_AVX512]);
#endif
#undef CK_TABLE
#undef CK_FILL
}

static const struct ck_kernel_table *table_of(ck_isa isa) {
  pthread_once(&filled, fill_tables);
  return &tables[isa];
}

// A name that is unknown or not available here leaves the best choice: an override for tests must not break a
// program.
static ck_isa chosen_isa(void) {
  const char *wanted = getenv("CK_ISA");
  if (wanted) {
    for (int isa = CK_ISA_PORTABLE; isa <= CK_ISA_AVX512; isa++) {
      if (strcmp(wanted, isa_names[isa]) == 0 && ck_isa_available((ck_isa)isa)) return (ck_isa)isa;
    }
  }
  return ck_best_isa();
}

static const struct ck_kernel_table *_Atomic active;

const struct ck_kernel_table *ck_kernels(void) {
  const struct ck_kernel_table *table = atomic_load_explicit(&active, memory_order_acquire);
  if (!table) {
    table = table_of(chosen_isa());
    atomic_store_explicit(&active, table, memory_order_release);
  }
  return table;
}

ck_status ck_set_isa(ck_isa isa) {
  if (isa < CK_ISA_PORTABLE || isa > CK_ISA_AVX512) return CK_INVALID_ARGUMENT;
  if (!ck_isa_available(isa)) return CK_UNSUPPORTED;
  atomic_store_explicit(&active, table_of(isa), memory_order_release);
  return CK_OK;
}

ck_isa ck_active_isa(void) { return ck_kernels()->isa; }
int32_t ck_vector_lanes(void) { return ck_kernels()->lanes; }

const char *ck_isa_name(ck_isa isa) {
  return isa >= CK_ISA_PORTABLE && isa <= CK_ISA_AVX512 ? isa_names[isa] : "unknown";
}

// A thread's own, as its rounding mode is: each product takes it from the thread that calls it.
static _Thread_local struct ck_product_mode mode = {CK_FLOAT32, false};

struct ck_product_mode ck_product_mode(void) {
  return mode;
}
ck_precision ck_active_precision(void) { return mode.precision; }
bool ck_rows_are_alone(void) { return mode.rows_alone; }
void ck_set_rows_alone(bool alone) { mode.rows_alone = alone; }

ck_status ck_set_precision(ck_precision wanted) {
  if ((uint32_t)wanted >= CK_PRECISION_COUNT) return CK_INVALID_ARGUMENT;
  mode.precision = wanted;
  return CK_OK;
}

bool ck_multiplies_pairs(void) { return ck_kernels()->pairs != NULL; }

int32_t ck_abi_version(void) { return CK_ABI_VERSION; }
const char *ck_version(void) { return "0.1.0"; }

const char *ck_openmp_runtime(void) {
#if defined(_OPENMP) && defined(__clang__)
  return "libomp";
#elif defined(_OPENMP)
  return "libgomp";
#else
  return "none";
#endif
}

const char *ck_status_message(ck_status status) {
  switch (status) {
  case CK_OK:
    return "success";
  case CK_INVALID_ARGUMENT:
    return "an argument is out of range: a size, stride, enumeration or null pointer that the header refuses";
  case CK_OUT_OF_MEMORY:
    return "no memory for the kernel's scratch space";
  case CK_UNSUPPORTED:
    return "this processor or this build lacks the instruction set";
  case CK_INDEX_OUT_OF_RANGE:
    return "a label or row index is outside its range";
  }
  return "unknown status";
}
