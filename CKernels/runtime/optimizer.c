// Entry points of ckernels/optimizer.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/optimizer.h"
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

// The list itself, whose entries may be read.
static bool is_list(int64_t parameters, const ck_parameter *parameter) {
  const int64_t floats = sizeof(ck_parameter) / sizeof(float);
  return ck_is_array(ck_dense(parameters, floats, 1), parameter);
}

// How many states each parameter needs; -1 for what is no optimizer.
static int state_count(const ck_optimizer *optimizer) {
  switch (optimizer->kind) {
  case CK_SGD:
    return optimizer->sgd.momentum != 0;
  case CK_ADAM:
    return 2;
  case CK_RMSPROP:
    return optimizer->rmsprop.momentum != 0 ? 2 : 1;
  case CK_ADAGRAD:
    return 1;
  case CK_OPTIMIZER_COUNT:
    break;
  }
  return -1;
}

bool ck_is_step(const ck_optimizer *optimizer, int64_t parameters, const ck_parameter *parameter) {
  if (!optimizer || !is_list(parameters, parameter)) return false;
  const int states = state_count(optimizer);
  if (states < 0) return false;
  for (int64_t i = 0; i < parameters; i++) {
    const ck_parameter *const p = parameter + i;
    const int64_t extent = ck_dense(p->count, 1, 1);
    if (p->row_length < 0 || (p->row_length > 0 && p->count % p->row_length != 0)) return false;
    if (p->step < 1 || !ck_is_array(extent, p->value)) return false;
    if (states > 0 && !ck_is_array(extent, p->state1)) return false;
    if (states > 1 && !ck_is_array(extent, p->state2)) return false;
  }
  return true;
}

static bool has_gradients(int64_t parameters, const ck_parameter *parameter) {
  if (!is_list(parameters, parameter)) return false;
  for (int64_t i = 0; i < parameters; i++) {
    if (!ck_is_array(ck_dense(parameter[i].count, 1, 1), parameter[i].gradient)) return false;
  }
  return true;
}

ck_status ck_optimizer_step(const ck_optimizer *optimizer, int64_t parameters,
                            const ck_parameter *parameter) {
  if (!ck_is_step(optimizer, parameters, parameter) || !has_gradients(parameters, parameter))
    return CK_INVALID_ARGUMENT;
  return ck_kernels()->optimizer_step(optimizer, parameters, parameter);
}

ck_status ck_gradient_norm(int64_t parameters, const ck_parameter *parameter, float *norm) {
  if (!norm || !has_gradients(parameters, parameter)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->gradient_norm(parameters, parameter, norm);
}
