// AVX2 with FMA: 8 lanes, 16 registers.
#if defined(__x86_64__)

#include "isa/headers.h"
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

#define CK_SIMD_AVX2 1
#include "isa/avx2/blocks.h"
#include "kernels/groups.inc"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#define CK_SET avx2
#include "isa/fill.h"

#endif
