// Activation functions, forward and backward.
#ifndef CKERNELS_ACTIVATION_H
#define CKERNELS_ACTIVATION_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// `p` is the activation's parameter; the backward passes need p >= 0 for leaky ReLU and ELU, since they tell
// the side of the kink from y. At 0 the derivative is the one from the left (0 for ReLU), at NaN the one from
// the right; hard sigmoid's is 0 at both kinks. f(x) is within 4 ULP of the exact value for every x, also in
// the tails where 1 + erf or 1 + tanh would have no digits left, down to denormals. Largest errors over every
// 61st float on any instruction set: sigmoid 2.3, tanh 2.5, GELU 3.4, its tanh form 2.6, SiLU 2.5, ELU 1.6,
// softplus 2.6 ULP; of f'(x) where it is computed from x: GELU 3.8, its tanh form 4.1 (portable; 3.9
// elsewhere), SiLU 3.0, softplus 2.3 ULP, but between -3 and -0.3, where it crosses 0, 1e-7. Computed from y,
// f' is within 2 ULP of y (1 - y) or 1 - y^2, so has the error of 1 - y in the y that it is given.
typedef enum ck_activation {
  CK_IDENTITY = 0,
  CK_RELU = 1,       // max(x, 0); NaN stays NaN
  CK_LEAKY_RELU = 2, // x if x > 0 else p x
  CK_SIGMOID = 3,    // 1 / (1 + exp(-x))
  CK_TANH = 4,
  CK_GELU = 5,          // x Phi(x), exact form (Hendrycks & Gimpel 2016)
  CK_GELU_TANH = 6,     // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  CK_SILU = 7,          // x sigmoid(x)
  CK_ELU = 8,           // x if x > 0 else p (exp(x) - 1)
  CK_SOFTPLUS = 9,      // log(1 + exp(x))
  CK_HARD_SIGMOID = 10, // min(max(x/6 + 1/2, 0), 1)
  CK_STEP = 11,         // 1 if x >= 0 else 0; derivative 0
  CK_ACTIVATION_COUNT = 12,
} ck_activation;

// Whether the backward pass reads the forward input x (GELU, SiLU, softplus), else the output y.
CK_API bool ck_activation_backward_needs_input(ck_activation activation);

// y [count] = f(x). In place allowed.
CK_API ck_status ck_activation_forward(ck_activation activation, float parameter, int64_t count,
                                       const float *x, float *y);
// dx [count] (=, +=) dy f'(x). `x_or_y` is x or y as ck_activation_backward_needs_input says. dx == dy
// allowed.
CK_API ck_status ck_activation_backward(ck_activation activation, float parameter, int64_t count,
                                        const float *x_or_y, const float *dy, float *dx, ck_mode mode);

// Backward of bias + activation of a dense layer in one pass over [rows, columns]:
//   dz = dy f'(x_or_y) (overwritten, dz == dy allowed; x_or_y and dz may be null for CK_IDENTITY),
//   dbias [columns] (=, +=) sum of dz over the rows; dbias may be null.
CK_API ck_status ck_bias_activation_backward(ck_activation activation, float parameter, int64_t rows,
                                             int64_t columns, const float *x_or_y, const float *dy, float *dz,
                                             float *dbias, ck_mode dbias_mode);

// Parametric ReLU (He et al. 2015): y = x if x > 0 else slope x, with one slope a column (slopes == columns)
// or one for all (slopes == 1). x, y [rows, columns]; in place allowed.
CK_API ck_status ck_prelu_forward(int64_t rows, int64_t columns, const float *x, int64_t slopes,
                                  const float *slope, float *y);
// dx (=, +=) dy (x > 0 ? 1 : slope); dslope (=, +=) sum of dy x where x <= 0. dx or dslope may be null.
CK_API ck_status ck_prelu_backward(int64_t rows, int64_t columns, const float *x, int64_t slopes,
                                   const float *slope, const float *dy, float *dx, ck_mode dx_mode,
                                   float *dslope, ck_mode dslope_mode);

// Randomised leaky ReLU (Xu et al. 2015), training: y = x if x > 0 else s x, with s uniform in [lower,
// upper), drawn from Philox with `key` at counter `offset` + element. The backward pass draws the same slopes
// again.
CK_API ck_status ck_rrelu_forward(int64_t count, float lower, float upper, uint64_t key, uint64_t offset,
                                  const float *x, float *y);
// dx [count] (=, +=) (x > 0 ? 1 : s) dy, with the slopes s that the forward pass drew: the same key and offset.
CK_API ck_status ck_rrelu_backward(int64_t count, float lower, float upper, uint64_t key, uint64_t offset,
                                   const float *x, const float *dy, float *dx, ck_mode mode);

#ifdef __cplusplus
}
#endif
#endif
