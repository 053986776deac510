#define CK_GROUP_NETWORKS 1
#include "isa/avx512/set.h"
