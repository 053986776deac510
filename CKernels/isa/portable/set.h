// Plain C with the compiler's own vectors: any processor.

#include "isa/headers.h"

#define CK_SIMD_PORTABLE 1
#include "isa/portable/blocks.h"
#include "kernels/groups.inc"

#define CK_SET portable
#include "isa/fill.h"
