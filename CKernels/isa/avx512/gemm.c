#define CK_GROUP_GEMM 1
#include "isa/avx512/set.h"
