#define CK_GROUP_PICTURES 1
#include "isa/avx2/set.h"
