#define CK_GROUP_GEMM 1
#include "isa/avx2/set.h"
