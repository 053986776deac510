// AVX-512 with BF16: products of bfloat16 pairs, in place of the rounded ones of isa/avx512/gemm.c where the processor
// has the instruction.
#if defined(__x86_64__)

#include "isa/headers.h"
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(                                                                                \
    __attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl,avx512bf16"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl,avx512bf16")
#endif

#define CK_SIMD_AVX512 1
#define CK_PAIRS 1
#define CK_GROUP_PAIRS 1
#include "isa/avx512/blocks.h"
#include "kernels/groups.inc"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

static const struct ck_bfloat16_kernels pairs = {
    .terms = BF16_TERMS,
    .gemm = gemm_bfloat16,
    .pack_columns = bf16_pack_columns,
    .multiply_rows = bf16_multiply_rows,
    .probe = probe_pairs,
};

void ck_avx512_pairs(struct ck_kernel_table *table) { table->pairs = &pairs; }

#endif
