// Optimizer steps over all parameters of a model in one call and one parallel region.
#ifndef CKERNELS_OPTIMIZER_H
#define CKERNELS_OPTIMIZER_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// One parameter. Every array is [count]. `state1` and `state2` are named at each step; null where it has
// none.
typedef struct ck_parameter {
  float *value;
  const float *gradient;
  float *state1;
  float *state2;
  int64_t count;
  float learning_rate_scale; // multiplies the step's learning rate: 1, or a layer's own factor
  float weight_decay;        // this parameter's own
} ck_parameter;

// In all steps g = gradient_scale * gradient: the factor of gradient clipping or of an average over
// micro-batches.

// g += weight_decay w;  v = momentum v + (1 - dampening) g (v = g on the first step);  w -= lr v, or with
// Nesterov w -= lr (g + momentum v). state1 = v, null when momentum is 0.
typedef struct ck_sgd {
  float learning_rate, momentum, dampening, gradient_scale;
  bool nesterov, first_step;
} ck_sgd;
CK_API ck_status ck_sgd_step(const ck_sgd *options, int64_t parameters, const ck_parameter *parameter);

// Kingma & Ba 2015. m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= lr mhat / (sqrt(vhat) + epsilon),
// with mhat = m / (1 - b1^step), vhat = v / (1 - b2^step), step >= 1. Weight decay: g += weight_decay w, or
// decoupled (AdamW, Loshchilov & Hutter 2019): w -= lr weight_decay w first. state1 = m, state2 = v, zeros at
// the start.
typedef struct ck_adam {
  float learning_rate, beta1, beta2, epsilon, gradient_scale;
  int64_t step;
  bool decoupled_weight_decay;
} ck_adam;
CK_API ck_status ck_adam_step(const ck_adam *options, int64_t parameters, const ck_parameter *parameter);

// Tieleman & Hinton 2012. g += weight_decay w;  v = alpha v + (1 - alpha) g^2;  u = g / (sqrt(v) + epsilon);
// momentum 0: w -= lr u, else b = momentum b + u, w -= lr b. state1 = v, state2 = b (null when momentum is
// 0).
typedef struct ck_rmsprop {
  float learning_rate, alpha, epsilon, momentum, gradient_scale;
} ck_rmsprop;
CK_API ck_status ck_rmsprop_step(const ck_rmsprop *options, int64_t parameters,
                                 const ck_parameter *parameter);

// Duchi et al. 2011. g += weight_decay w;  s += g^2;  w -= lr g / (sqrt(s) + epsilon). state1 = s.
typedef struct ck_adagrad {
  float learning_rate, epsilon, gradient_scale;
} ck_adagrad;
CK_API ck_status ck_adagrad_step(const ck_adagrad *options, int64_t parameters,
                                 const ck_parameter *parameter);

// One of the steps above with its options, for ck_gemm_step_f32.
typedef enum ck_optimizer_kind {
  CK_SGD = 0,
  CK_ADAM = 1,
  CK_RMSPROP = 2,
  CK_ADAGRAD = 3,
  CK_OPTIMIZER_COUNT,
} ck_optimizer_kind;
typedef struct ck_optimizer {
  ck_optimizer_kind kind;
  union {
    ck_sgd sgd;
    ck_adam adam;
    ck_rmsprop rmsprop;
    ck_adagrad adagrad;
  };
} ck_optimizer;

// norm = the Euclidean norm of all gradients together (inf or NaN if one of them is).
CK_API ck_status ck_gradient_norm(int64_t parameters, const ck_parameter *parameter, float *norm);

#ifdef __cplusplus
}
#endif
#endif
