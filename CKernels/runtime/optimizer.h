// What an optimizer asks of its parameters, for all functions that take a step.
#ifndef CK_RUNTIME_OPTIMIZER_H
#define CK_RUNTIME_OPTIMIZER_H

#include "CKernels.h"

// Whether the arguments, gradients aside, are an optimizer and parameters that it can change.
bool ck_is_step(const ck_optimizer *optimizer, int64_t parameters, const ck_parameter *parameter);

#endif
