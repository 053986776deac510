#define CK_GROUP_NETWORKS 1
#include "isa/portable/set.h"
