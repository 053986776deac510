// Entry points of ckernels/loss.h: check the arguments, call the kernel of the active instruction set.
#include "runtime/dispatch.h"

ck_status ck_softmax_cross_entropy(int64_t rows, int64_t classes, const float *logits, const int32_t *labels,
                                   const float *row_weights, const float *class_weights,
                                   float label_smoothing, float scale, float *loss, float *row_losses,
                                   float *gradient) {
  if (rows < 0 || classes < 0 || !loss || (rows > 0 && !labels)) return CK_INVALID_ARGUMENT;
  if (rows > 0 && classes > 0 && !logits) return CK_INVALID_ARGUMENT;
  if (!(label_smoothing >= 0 && label_smoothing <= 1)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->softmax_cross_entropy(rows, classes, logits, labels, row_weights, class_weights,
                                             label_smoothing, scale, loss, row_losses, gradient);
}

static bool bad_input(int64_t count, const float *predictions, const float *targets, const float *loss) {
  return count < 0 || !loss || (count > 0 && (!predictions || !targets));
}

ck_status ck_binary_cross_entropy_with_logits(int64_t count, const float *logits, const float *targets,
                                              const float *weights, float positive_weight, float scale,
                                              float *loss, float *gradient) {
  if (bad_input(count, logits, targets, loss)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->binary_cross_entropy_with_logits(count, logits, targets, weights, positive_weight,
                                                        scale, loss, gradient);
}

ck_status ck_mean_squared_error(int64_t count, const float *predictions, const float *targets,
                                const float *weights, float scale, float *loss, float *gradient) {
  if (bad_input(count, predictions, targets, loss)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->mean_squared_error(count, predictions, targets, weights, scale, loss, gradient);
}

ck_status ck_mean_absolute_error(int64_t count, const float *predictions, const float *targets,
                                 const float *weights, float scale, float *loss, float *gradient) {
  if (bad_input(count, predictions, targets, loss)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->mean_absolute_error(count, predictions, targets, weights, scale, loss, gradient);
}

ck_status ck_huber_loss(int64_t count, const float *predictions, const float *targets, const float *weights,
                        float delta, float scale, float *loss, float *gradient) {
  if (bad_input(count, predictions, targets, loss) || !(delta > 0)) return CK_INVALID_ARGUMENT;
  return ck_kernels()->huber_loss(count, predictions, targets, weights, delta, scale, loss, gradient);
}
