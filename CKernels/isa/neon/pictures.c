#define CK_GROUP_PICTURES 1
#include "isa/neon/set.h"
