// Entry points of ckernels/optimizer.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

// The list itself, whose entries may be read.
static bool is_list(int64_t parameters, const ck_parameter *parameter) {
  const int64_t floats = sizeof(ck_parameter) / sizeof(float);
  return ck_is_array(ck_dense(parameters, floats, 1), parameter);
}

// `states` of state1 and state2 are needed.
static bool valid_parameters(int64_t parameters, const ck_parameter *parameter, int states) {
  if (!is_list(parameters, parameter)) return false;
  for (int64_t i = 0; i < parameters; i++) {
    const ck_parameter *p = parameter + i;
    const int64_t extent = ck_dense(p->count, 1, 1);
    if (!ck_is_array(extent, p->value) || !ck_is_array(extent, p->gradient)) return false;
    if (states > 0 && !ck_is_array(extent, p->state1)) return false;
    if (states > 1 && !ck_is_array(extent, p->state2)) return false;
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
  if (!norm || !is_list(parameters, parameter)) return CK_INVALID_ARGUMENT;
  for (int64_t i = 0; i < parameters; i++) {
    if (!ck_is_array(ck_dense(parameter[i].count, 1, 1), parameter[i].gradient)) return CK_INVALID_ARGUMENT;
  }
  return ck_kernels()->gradient_norm(parameters, parameter, norm);
}
