#define CK_GROUP_ARITHMETIC 1
#include "isa/avx2/set.h"
