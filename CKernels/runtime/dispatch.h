// The table of kernels, one for each instruction set. A kernel has the type of its public function: the
// public function checks the arguments and calls the table; the kernel (kernels/*.inc, compiled once for each
// folder of isa/) does the work, parallel splitting included.
#ifndef CK_RUNTIME_DISPATCH_H
#define CK_RUNTIME_DISPATCH_H

#include "CKernels.h"

#include "runtime/kernel_list.h"

struct gemm_problem;
struct gemm_panels;

// Products whose factors are rounded to bfloat16 (kernels/gemm_bfloat16.inc): of pairs or of rounded floats.
struct ck_bfloat16_kernels {
  int64_t terms; // of a packed element
  ck_status (*gemm)(const struct gemm_problem *problem, int32_t threads);
  void (*pack_columns)(bool transposed, int64_t columns, int64_t k, const float *source, int64_t ld,
                       float *target, int64_t stride);
  void (*multiply_rows)(const struct gemm_panels *panels, int64_t k, const float *packed, int64_t rows,
                        const float *a, int64_t lda, float beta, float *c, int64_t ldc);
  ck_status (*probe)(int64_t iterations, double *operations);
};

// How the calling thread wants its products.
struct ck_product_mode {
  ck_precision precision;
  bool rows_alone;
};
struct ck_product_mode ck_product_mode(void);

struct ck_kernel_table {
  ck_isa isa;
  int32_t lanes;
#define CK_FIELD(name) __typeof__(ck_##name) *name;
  CK_KERNELS(CK_FIELD)
#undef CK_FIELD
  const struct ck_bfloat16_kernels *pairs; // null where the processor has no instruction for them
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
