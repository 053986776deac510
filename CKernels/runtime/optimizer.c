// Entry points of ckernels/optimizer.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"

// `states` of state1 and state2 are needed.
static bool valid_parameters(int64_t parameters, const ck_parameter *parameter, int states) {
  if (parameters < 0 || (parameters > 0 && !parameter)) return false;
  for (int64_t i = 0; i < parameters; i++) {
    const ck_parameter *p = parameter + i;
    if (p->count < 0) return false;
    if (p->count == 0) continue;
    if (!p->value || !p->gradient || (states > 0 && !p->state1) || (states > 1 && !p->state2)) return false;
  }
  return true;
}

ck_status ck_sgd_step(const ck_sgd *options, int64_t parameters, const ck_parameter *parameter) {
  if (!options || !valid_parameters(parameters, parameter, options->momentum != 0))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->sgd_step(options, parameters, parameter);
}

ck_status ck_adam_step(const ck_adam *options, int64_t parameters, const ck_parameter *parameter) {
  if (!options || options->step < 1 || !valid_parameters(parameters, parameter, 2))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->adam_step(options, parameters, parameter);
}

ck_status ck_rmsprop_step(const ck_rmsprop *options, int64_t parameters, const ck_parameter *parameter) {
  if (!options || !valid_parameters(parameters, parameter, options->momentum != 0 ? 2 : 1))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->rmsprop_step(options, parameters, parameter);
}

ck_status ck_adagrad_step(const ck_adagrad *options, int64_t parameters, const ck_parameter *parameter) {
  if (!options || !valid_parameters(parameters, parameter, 1)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->adagrad_step(options, parameters, parameter);
}

ck_status ck_gradient_norm(int64_t parameters, const ck_parameter *parameter, float *norm) {
  if (!norm || parameters < 0 || (parameters > 0 && !parameter)) return CK_INVALID_ARGUMENT;
  for (int64_t i = 0; i < parameters; i++) {
    if (parameter[i].count < 0 || (parameter[i].count > 0 && !parameter[i].gradient))
      return CK_INVALID_ARGUMENT;
  }
  return ck_kernels()->gradient_norm(parameters, parameter, norm);
}
