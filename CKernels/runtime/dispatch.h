// The table of kernels, one for each instruction set. A kernel has the type of its public function: the
// public function checks the arguments and calls the table; the kernel (kernels/*.inc, compiled once for each
// folder of isa/) does the work, parallel splitting included.
#ifndef CK_RUNTIME_DISPATCH_H
#define CK_RUNTIME_DISPATCH_H

#include "CKernels.h"

#include "runtime/kernel_list.h"

struct gemm_problem;

struct ck_kernel_table {
  ck_isa isa;
  int32_t lanes;
#define CK_FIELD(name) __typeof__(ck_##name) *name;
  CK_KERNELS(CK_FIELD)
#undef CK_FIELD
  // Products of bfloat16 pairs (kernels/gemm_bfloat16.inc) and the probe of their limit; null where the processor has no
  // instruction for them.
  ck_status (*gemm_pairs)(const struct gemm_problem *problem, int32_t threads);
  ck_status (*probe_pairs)(int64_t iterations, double *operations);
};

// isa/SET/GROUP.c: puts its kernels into the table of its set.
#define CK_DECLARE(set, group) void ck_##set##_##group(struct ck_kernel_table *table);
CK_GROUPS(CK_DECLARE, portable)
#if defined(__aarch64__)
CK_GROUPS(CK_DECLARE, neon)
#endif
#if defined(__x86_64__)
CK_GROUPS(CK_DECLARE, avx2)
CK_GROUPS(CK_DECLARE, avx512)
void ck_avx512_pairs(struct ck_kernel_table *table);
#endif
#undef CK_DECLARE

const struct ck_kernel_table *ck_kernels(void);

#endif
