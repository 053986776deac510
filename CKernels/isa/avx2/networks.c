#define CK_GROUP_NETWORKS 1
#include "isa/avx2/set.h"
