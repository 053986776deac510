#define CK_GROUP_CONVOLUTION 1
#include "isa/portable/set.h"
