// Entry points of ckernels/elementwise.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"

ck_status ck_fill(int64_t count, float value, float *y) {
  if (count < 0 || (count > 0 && !y)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->fill(count, value, y);
}
