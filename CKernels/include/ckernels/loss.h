// Losses: the value and the gradient of the mean in one call.
//
// All give   loss = scale * sum_i w_i l_i / sum_i w_i   with w_i = 1 where no weights are given, and where
// `gradient` is not null the derivative of that value by each prediction (overwritten). With sum w_i = 0 loss
// and gradient are 0. What has w_i = 0 is left out: its gradient is 0, also where its l_i is not finite.
#ifndef CKERNELS_LOSS_H
#define CKERNELS_LOSS_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// l_i = -log softmax(logits_i)[label_i], rows of `classes` logits; with label smoothing s (Szegedy et al.
// 2016) the target is (1 - s) one-hot + s / classes. w_i = row_weights[i] * class_weights[label_i], either
// may be null. A label of -1 leaves its row out (w_i = 0). row_losses [rows] (unweighted l_i) and gradient
// [rows, classes] may be null. A row is read from the cache for its largest, for the sum, and for the
// gradient; wide rows of a matrix beyond the cache twice, for largest and sum and for the gradient. gradient
// == logits is allowed.
CK_API ck_status ck_softmax_cross_entropy(int64_t rows, int64_t classes, const float *logits,
                                          const int32_t *labels, const float *row_weights,
                                          const float *class_weights, float label_smoothing, float scale,
                                          float *loss, float *row_losses, float *gradient);

// l_i = max(z, 0) - z t + log(1 + exp(-|z|)), for logit z and target t in 0...1; `positive_weight` multiplies
// the term of t (1 for none). At z = +inf with t = 1 and at z = -inf with t = 0 value and gradient are 0. weights
// [count] may be null, as in the following.
CK_API ck_status ck_binary_cross_entropy_with_logits(int64_t count, const float *logits, const float *targets,
                                                     const float *weights, float positive_weight, float scale,
                                                     float *loss, float *gradient);
// l_i = (p - t)^2
CK_API ck_status ck_mean_squared_error(int64_t count, const float *predictions, const float *targets,
                                       const float *weights, float scale, float *loss, float *gradient);
// l_i = |p - t|; derivative 0 at 0
CK_API ck_status ck_mean_absolute_error(int64_t count, const float *predictions, const float *targets,
                                        const float *weights, float scale, float *loss, float *gradient);
// Huber 1964: e^2/2 for |e| <= delta, else delta (|e| - delta/2), e = p - t; delta > 0
CK_API ck_status ck_huber_loss(int64_t count, const float *predictions, const float *targets,
                               const float *weights, float delta, float scale, float *loss, float *gradient);

// Connectionist temporal classification (Graves, Fernandez, Gomez, Schmidhuber 2006) of logits
// [strings, steps, classes], of which class 0 is the blank: l_i = -log of the sum, over all ways to write the labels
// with each repeated and with blanks between them, of the product of softmax(logits of a step)[what is written].
// loss = scale * mean l_i. step_counts [strings] tells how many steps are of each string, null all of them; labels is
// [strings, most_labels], of which label_counts [strings] are of each, in 1 ..< classes. A string with fewer steps than
// labels and equal neighbours has l_i = inf and is left out, of the mean too. string_losses [strings] may be null, as
// may gradient [strings, steps, classes] by the logits (overwritten; 0 behind a string's steps, and where logits of
// -inf leave no way to write it). CK_INDEX_OUT_OF_RANGE for a label or a count beyond its range.
CK_API ck_status ck_ctc_loss(int64_t strings, int64_t steps, int64_t classes, const float *logits,
                             const int32_t *step_counts, const int32_t *labels, int64_t most_labels,
                             const int32_t *label_counts, float scale, float *loss, float *string_losses,
                             float *gradient);

#ifdef __cplusplus
}
#endif
#endif
