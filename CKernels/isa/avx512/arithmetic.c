#define CK_GROUP_ARITHMETIC 1
#include "isa/avx512/set.h"
