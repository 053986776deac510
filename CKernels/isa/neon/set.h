// NEON of every 64-bit Arm: 4 lanes, 32 registers.
#if defined(__aarch64__)

#include "isa/headers.h"
#include <arm_neon.h>

#define CK_SIMD_NEON 1
#include "isa/neon/blocks.h"
#include "kernels/groups.inc"

#define CK_SET neon
#include "isa/fill.h"

#endif
