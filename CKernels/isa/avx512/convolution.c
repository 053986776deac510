#define CK_GROUP_CONVOLUTION 1
#include "isa/avx512/set.h"
