// What the machine is: instruction sets, caches, how many processors we may use.
#ifndef CK_RUNTIME_PROCESSOR_H
#define CK_RUNTIME_PROCESSOR_H

#include "ckernels/common.h"

ck_isa ck_best_isa(void);
// Whether there is AVX-512 with BF16.
bool ck_has_bfloat16(void);
int32_t ck_default_thread_count(void);

#endif
