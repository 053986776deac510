#define CK_GROUP_GEMM 1
#include "isa/neon/set.h"
