// NEON of every 64-bit Arm: 4 lanes, 32 registers.
#if defined(__aarch64__)

#include "isa/headers.h"
#include <arm_neon.h>

#define CK_SIMD_NEON 1
#include "kernels/all.inc"

#define CK_TABLE ck_kernels_neon
#define CK_TABLE_ISA CK_ISA_NEON
#include "isa/table.h"

#endif
