// Optimizer steps over all parameters of a model in one call and one parallel region.
#ifndef CKERNELS_OPTIMIZER_H
#define CKERNELS_OPTIMIZER_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// One parameter. Every array is [count]. `state1` and `state2` are named at each optimizer, zeros at the
// start; null where it has none.
typedef struct ck_parameter {
  float *value;
  const float *gradient;
  float *state1;
  float *state2;
  int64_t count;
  int64_t step;              // which step of this parameter it is: 1 at its first, whenever that comes
  float learning_rate_scale; // multiplies the step's learning rate: 1, or a layer's own factor
  float weight_decay;        // this parameter's own
  int64_t row_length;        // 0: all of it moves. Else it is [count / row_length, row_length], and only rows
                             // move whose gradient has an element that is not 0
} ck_parameter;

// Rows: of a table of vectors (an embedding) a batch has a few. Where row_length is set, value and states of the
// other rows stay as they are, bit for bit: their averages do not decay, and no weight decay pulls them. A row that
// moves gets the bits of a step of all with the same value, states and step. So a step of rows is one of all where
// neither states nor weight decay are there, and in Adagrad without weight decay; Adam's moments of a row decay only in
// the steps that it takes part in, with the bias correction of all steps (as in PyTorch's SparseAdam). A NaN is not 0.
//
// In all steps g = gradient_scale * gradient: the factor of gradient clipping or of an average over
// micro-batches.
//
// Averages that decay (m and v of Adam, v of SGD, v and b of RMSProp) become 0 below 2^-126, the smallest
// normal number. Where a gradient stays 0 they would end as denormal numbers for ever, and those make a
// step several times slower. Averages of squares keep their denormals where epsilon < 2^-33: only there can
// they change a step.

// g += weight_decay w;  v = momentum v + (1 - dampening) g (v = g on the parameter's first step);  w -= lr v,
// or with Nesterov w -= lr (g + momentum v). state1 = v, null when momentum is 0.
typedef struct ck_sgd {
  float learning_rate, momentum, dampening, gradient_scale;
  bool nesterov;
} ck_sgd;

// Kingma & Ba 2015. m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= lr mhat / (sqrt(vhat) + epsilon),
// with mhat = m / (1 - b1^step), vhat = v / (1 - b2^step) and the parameter's own step. Weight decay: g +=
// weight_decay w, or decoupled (AdamW, Loshchilov & Hutter 2019): w -= lr weight_decay w first. state1 = m,
// state2 = v.
typedef struct ck_adam {
  float learning_rate, beta1, beta2, epsilon, gradient_scale;
  bool decoupled_weight_decay;
} ck_adam;

// Tieleman & Hinton 2012. g += weight_decay w;  v = alpha v + (1 - alpha) g^2;  u = g / (sqrt(v) + epsilon);
// momentum 0: w -= lr u, else b = momentum b + u, w -= lr b. state1 = v, state2 = b (null when momentum is
// 0).
typedef struct ck_rmsprop {
  float learning_rate, alpha, epsilon, momentum, gradient_scale;
} ck_rmsprop;

// Duchi et al. 2011. g += weight_decay w;  s += g^2;  w -= lr g / (sqrt(s) + epsilon). state1 = s.
typedef struct ck_adagrad {
  float learning_rate, epsilon, gradient_scale;
} ck_adagrad;

// Which optimizer the options are for.
typedef enum ck_optimizer_kind {
  CK_SGD = 0,
  CK_ADAM = 1,
  CK_RMSPROP = 2,
  CK_ADAGRAD = 3,
  CK_OPTIMIZER_COUNT,
} ck_optimizer_kind;

// One of the optimizers above with its options.
typedef struct ck_optimizer {
  ck_optimizer_kind kind;
  union {
    ck_sgd sgd;
    ck_adam adam;
    ck_rmsprop rmsprop;
    ck_adagrad adagrad;
  };
} ck_optimizer;

// One step of all parameters: value and states are changed in place.
CK_API ck_status ck_optimizer_step(const ck_optimizer *optimizer, int64_t parameters,
                                   const ck_parameter *parameter);

// norm = the Euclidean norm of all gradients together (inf or NaN if one of them is).
CK_API ck_status ck_gradient_norm(int64_t parameters, const ck_parameter *parameter, float *norm);

#ifdef __cplusplus
}
#endif
#endif
