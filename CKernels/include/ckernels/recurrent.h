// Recurrent networks over whole sequences: LSTM, GRU and the plain network, forward and backward.
//
// The input's part of the gates is a product of all steps at once, x W + b (ck_gemm_f32): `projected` [B, T, G D] for B
// sequences of T steps and D hidden units. Here is what goes from step to step: h [D] and, of an LSTM, c [D], from h[0]
// and c[0] (zeros where null). U [D, G D] is `weight` and v [G D] `bias`, of which each gate has a block of D columns in
// the order given, PyTorch's. p: the block of `projected`; u: the block of h U + v; s: 1 / (1 + exp(-x)).
//
//   CK_LSTM              G = 4: i f g o   i = s(p + u), f = s(p + u), g = tanh(p + u), o = s(p + u)
//                        c = f c' + i g, h = o tanh(c)
//   CK_GRU               G = 3: r z n     r = s(p + u), z = s(p + u), n = tanh(p + r u)
//                        h = (1 - z) n + z h'              (PyTorch, cuDNN)
//   CK_GRU_RESET_BEFORE  G = 3: r z n     the same but n = tanh(p + (r h') U + v)   (Cho et al. 2014)
//   CK_RNN_TANH, _RELU   G = 1            h = tanh(p + u), max(p + u, 0)
#ifndef CKERNELS_RECURRENT_H
#define CKERNELS_RECURRENT_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// What goes from step to step.
typedef enum ck_cell {
  CK_LSTM,
  CK_GRU,
  CK_GRU_RESET_BEFORE,
  CK_RNN_TANH,
  CK_RNN_RELU,
  CK_CELL_COUNT
} ck_cell;

// The sizes of a recurrent network. `lengths` [batch]: how many steps of a sequence there are, 0 ... steps, the others
// are padding at its end (CK_INVALID_ARGUMENT outside); null: all of them. `reverse`: from the last step of each
// sequence to the first.
typedef struct ck_recurrent_shape {
  ck_cell cell;
  int64_t batch, steps, hidden;
  const int32_t *lengths;
  bool reverse;
} ck_recurrent_shape;

// y [B, T, D] = h after each step, 0 in the padding, whose content in `projected` is not read.
// What the backward pass needs: `gates` [B, T, G D], the values of the gates (in place of `projected` allowed; null when
// not wanted), and `memory` [B, T, D]: c of an LSTM, u of n of CK_GRU, r h' of CK_GRU_RESET_BEFORE; null when not wanted,
// not read or written for a plain network.
// last_h and last_c [B, D]: the state after the last step of each sequence, the initial one of one without steps; null
// when not wanted.
CK_API ck_status ck_recurrent_forward(const ck_recurrent_shape *shape, const float *projected,
                                      const float *weight, const float *bias, const float *initial_h,
                                      const float *initial_c, float *gates, float *memory, float *y,
                                      float *last_h, float *last_c);

// From the gradients dy [B, T, D], dlast_h and dlast_c [B, D] (null: none): dprojected [B, T, G D], overwritten, 0 in the
// padding, in place of `gates` allowed; dinitial_h and dinitial_c [B, D], dweight [D, G D], dbias [G D], each
// overwritten or added to, or null when not wanted.
CK_API ck_status ck_recurrent_backward(const ck_recurrent_shape *shape, const float *weight,
                                       const float *initial_h, const float *initial_c, const float *gates,
                                       const float *memory, const float *y, const float *dy,
                                       const float *dlast_h, const float *dlast_c, float *dprojected,
                                       float *dinitial_h, ck_mode dinitial_h_mode, float *dinitial_c,
                                       ck_mode dinitial_c_mode, float *dweight, ck_mode dweight_mode,
                                       float *dbias, ck_mode dbias_mode);

#ifdef __cplusplus
}
#endif
#endif
