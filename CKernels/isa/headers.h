// What the kernels need from outside. Included before the target attribute is switched on: system headers
// must not be compiled for an instruction set.
#ifndef CK_ISA_HEADERS_H
#define CK_ISA_HEADERS_H

#include "runtime/dispatch.h"
#include "runtime/parallel.h"
#include "runtime/scratch.h"

// stdlib.h brings in POSIX select(), the name of one of our kernels.
#define select posix_select
#include <stdlib.h>
#undef select

#include <math.h>
#include <string.h>

#endif
