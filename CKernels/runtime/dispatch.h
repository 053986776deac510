// The table of kernels, one for each instruction set. A kernel has the type of its public function: the
// public function checks the arguments and calls the table; the kernel (kernels/*.inc, compiled once for each
// isa/*.c) does the work, parallel splitting included.
#ifndef CK_RUNTIME_DISPATCH_H
#define CK_RUNTIME_DISPATCH_H

#include "CKernels.h"

#include "runtime/kernel_list.h"

struct ck_kernel_table {
  ck_isa isa;
  int32_t lanes;
#define CK_FIELD(name) __typeof__(ck_##name) *name;
  CK_KERNELS(CK_FIELD)
#undef CK_FIELD
};

extern const struct ck_kernel_table ck_kernels_portable;
#if defined(__aarch64__)
extern const struct ck_kernel_table ck_kernels_neon;
#endif
#if defined(__x86_64__)
extern const struct ck_kernel_table ck_kernels_avx2;
extern const struct ck_kernel_table ck_kernels_avx512;
#endif

const struct ck_kernel_table *ck_kernels(void);

#endif
