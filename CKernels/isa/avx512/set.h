// AVX-512 F, DQ, BW and VL: 16 lanes, 32 registers.
#if defined(__x86_64__)

#include "isa/headers.h"
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl"))),         \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl")
#endif

#define CK_SIMD_AVX512 1
#include "isa/avx512/blocks.h"
#include "kernels/groups.inc"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#define CK_SET avx512
#include "isa/fill.h"

#endif
