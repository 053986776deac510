#define CK_GROUP_PICTURES 1
#include "isa/portable/set.h"
