#define CK_GROUP_CONVOLUTION 1
#include "isa/avx2/set.h"
