#define CK_GROUP_GEMM 1
#include "isa/portable/set.h"
