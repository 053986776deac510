#define CK_GROUP_NETWORKS 1
#include "isa/neon/set.h"
