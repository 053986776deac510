// Plain C with the compiler's own vectors: any processor.
#include "isa/headers.h"

#include "kernels/all.inc"

#define CK_TABLE ck_kernels_portable
#define CK_TABLE_ISA CK_ISA_PORTABLE
#include "isa/table.h"
