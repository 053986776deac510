#define CK_GROUP_ARITHMETIC 1
#include "isa/neon/set.h"
