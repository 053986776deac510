#define CK_GROUP_PICTURES 1
#include "isa/avx512/set.h"
