// Entry points of ckernels/loss.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/arguments.h"
#include "runtime/dispatch.h"

ck_status ck_softmax_cross_entropy(int64_t rows, int64_t classes, const float *logits, const int32_t *labels,
                                   const float *row_weights, const float *class_weights,
                                   float label_smoothing, float scale, float *loss, float *row_losses,
                                   float *gradient) {
  if (!ck_is_array(ck_dense(rows, classes, 1), logits) || !ck_is_array(ck_dense(rows, 1, 1), labels) || !loss)
    return CK_INVALID_ARGUMENT;
  if (ck_dense(classes, 1, 1) < 0) return CK_INVALID_ARGUMENT; // of class_weights
  if (!(label_smoothing >= 0 && label_smoothing <= 1)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->softmax_cross_entropy(rows, classes, logits, labels, row_weights, class_weights,
                                             label_smoothing, scale, loss, row_losses, gradient);
}

static bool are_arrays(int64_t count, const float *predictions, const float *targets, const float *loss) {
  const int64_t extent = ck_dense(count, 1, 1);
  return ck_is_array(extent, predictions) && ck_is_array(extent, targets) && loss;
}

ck_status ck_binary_cross_entropy_with_logits(int64_t count, const float *logits, const float *targets,
                                              const float *weights, float positive_weight, float scale,
                                              float *loss, float *gradient) {
  if (!are_arrays(count, logits, targets, loss)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->binary_cross_entropy_with_logits(count, logits, targets, weights, positive_weight,
                                                        scale, loss, gradient);
}

ck_status ck_mean_squared_error(int64_t count, const float *predictions, const float *targets,
                                const float *weights, float scale, float *loss, float *gradient) {
  if (!are_arrays(count, predictions, targets, loss)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->mean_squared_error(count, predictions, targets, weights, scale, loss, gradient);
}

ck_status ck_mean_absolute_error(int64_t count, const float *predictions, const float *targets,
                                 const float *weights, float scale, float *loss, float *gradient) {
  if (!are_arrays(count, predictions, targets, loss)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->mean_absolute_error(count, predictions, targets, weights, scale, loss, gradient);
}

ck_status ck_huber_loss(int64_t count, const float *predictions, const float *targets, const float *weights,
                        float delta, float scale, float *loss, float *gradient) {
  if (!are_arrays(count, predictions, targets, loss) || !(delta > 0)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->huber_loss(count, predictions, targets, weights, delta, scale, loss, gradient);
}

ck_status ck_ctc_loss(int64_t strings, int64_t steps, int64_t classes, const float *logits,
                      const int32_t *step_counts, const int32_t *labels, int64_t most_labels,
                      const int32_t *label_counts, float scale, float *loss, float *string_losses,
                      float *gradient) {
  const int64_t places = ck_dense(strings, most_labels, 1);
  if (!ck_is_array(ck_dense(strings, steps, classes), logits) || !ck_is_array(places, labels) ||
      !ck_is_array(ck_dense(strings, 1, 1), label_counts) || !loss)
    return CK_INVALID_ARGUMENT;
  for (int64_t i = 0; i < strings; i++) {
    const int64_t count = label_counts[i];
    if (count < 0 || count > most_labels) return CK_INDEX_OUT_OF_RANGE;
    if (step_counts && (step_counts[i] < 0 || step_counts[i] > steps)) return CK_INDEX_OUT_OF_RANGE;
    for (int64_t k = 0; k < count; k++) {
      const int32_t label = labels[i * most_labels + k];
      if (label < 1 || label >= classes) return CK_INDEX_OUT_OF_RANGE;
    }
  }
  // Without classes there is nothing to read.
  if (classes == 0) steps = 0, step_counts = NULL;
  // What a string takes of working memory: its states at each step.
  if (strings > 0 && ck_dense(steps, most_labels, 8) < 0) return CK_INVALID_ARGUMENT;
  return ck_kernels()->ctc_loss(strings, steps, classes, logits, step_counts, labels, most_labels,
                                label_counts, scale, loss, string_losses, gradient);
}
