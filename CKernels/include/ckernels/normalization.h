// Normalisation: batch, group, instance, layer and root-mean-square norm, with what follows them in a network.
//
// Means and variances are taken about a number from the data itself, close to the mean, so that a mean of 10^4
// standard deviations and more leaves them right. gamma and beta [channels] scale and shift what is normalised; null
// for 1 and 0.
#ifndef CKERNELS_NORMALIZATION_H
#define CKERNELS_NORMALIZATION_H

#include "activation.h"
#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// What follows a normalisation in the same pass: y = activation(normalised + residual). Null: nothing does.
typedef struct ck_norm_epilogue {
  ck_activation activation;
  float activation_parameter; // slope or alpha of the activations that have one; >= 0 for a backward pass
  const float *residual;      // of y's shape; null for none
} ck_norm_epilogue;

// Batch norm in training (Ioffe & Szegedy 2015). x, y [rows, channels], where rows are all pixels of all images:
//   y = activation(gamma (x - mean) r + beta + residual),  r = 1 / sqrt(variance + epsilon),
// with mean and biased variance of each channel over the rows. mean and inverse_deviation (r) [channels] are
// overwritten, for the backward pass. Where given, running_mean and running_variance [channels] become
// (1 - momentum) running + momentum batch, with the unbiased variance, divided by rows - 1; a single row has none, and
// leaves both as they are. No rows: nothing is written. In place allowed (y == x, or y == residual).
CK_API ck_status ck_batch_norm_forward(int64_t rows, int64_t channels, const float *x, const float *gamma,
                                       const float *beta, float epsilon, const ck_norm_epilogue *epilogue,
                                       float momentum, float *running_mean, float *running_variance,
                                       float *mean, float *inverse_deviation, float *y);
// The same with a given mean and variance [channels], as inference has them. In place allowed.
CK_API ck_status ck_batch_norm_inference(int64_t rows, int64_t channels, const float *x, const float *gamma,
                                         const float *beta, float epsilon, const ck_norm_epilogue *epilogue,
                                         const float *mean, const float *variance, float *y);
// The gradients of either. With n = (x - mean) r, z = gamma n + beta + residual and dz = dy activation'(z), which is
// computed again from x:
//   dgamma (=, +=) sum of dz n,  dbeta (=, +=) sum of dz, over the rows;
//   dx (=, +=) gamma r (dz - dbeta / rows - n dgamma / rows), or gamma r dz where the statistics were given and
//   batch_statistics is false.
// dz, the residual's gradient, is overwritten; dz == dy allowed. dx, dz, dgamma and dbeta may each be null.
CK_API ck_status ck_batch_norm_backward(int64_t rows, int64_t channels, const float *x, const float *gamma,
                                        const float *beta, const ck_norm_epilogue *epilogue,
                                        const float *mean, const float *inverse_deviation,
                                        bool batch_statistics, const float *dy, float *dz, float *dx,
                                        ck_mode dx_mode, float *dgamma, ck_mode dgamma_mode, float *dbeta,
                                        ck_mode dbeta_mode);

// Group norm (Wu & He 2018): x, y [batch, pixels, channels]; the channels fall into `groups` of equal size, and each
// image's group has a mean and a variance of its own. groups = channels is instance norm (Ulyanov et al. 2016), groups
// = 1 a layer norm over the whole image. Formula as for batch norm. mean and inverse_deviation [batch, groups] are
// overwritten. CK_INVALID_ARGUMENT where groups does not divide channels. In place allowed.
CK_API ck_status ck_group_norm_forward(int64_t batch, int64_t pixels, int64_t channels, int64_t groups,
                                       const float *x, const float *gamma, const float *beta, float epsilon,
                                       const ck_norm_epilogue *epilogue, float *mean,
                                       float *inverse_deviation, float *y);
// Its gradients, as for batch norm; dgamma and dbeta [channels] are sums over images and pixels.
CK_API ck_status ck_group_norm_backward(int64_t batch, int64_t pixels, int64_t channels, int64_t groups,
                                        const float *x, const float *gamma, const float *beta,
                                        const ck_norm_epilogue *epilogue, const float *mean,
                                        const float *inverse_deviation, const float *dy, float *dz, float *dx,
                                        ck_mode dx_mode, float *dgamma, ck_mode dgamma_mode, float *dbeta,
                                        ck_mode dbeta_mode);

// Layer norm (Ba et al. 2016), row by row: y [rows, columns] = gamma (x - mean) r + beta, r = 1 / sqrt(variance +
// epsilon). gamma and beta [columns]. mean and inverse_deviation [rows] are overwritten. In place allowed.
CK_API ck_status ck_layer_norm_forward(int64_t rows, int64_t columns, const float *x, const float *gamma,
                                       const float *beta, float epsilon, float *mean,
                                       float *inverse_deviation, float *y);
// With n = (x - mean) r: dgamma (=, +=) sum of dy n, dbeta (=, +=) sum of dy, over the rows;
// dx (=, +=) r (g - mean of g - n mean of g n), g = gamma dy. dx, dgamma and dbeta may each be null.
CK_API ck_status ck_layer_norm_backward(int64_t rows, int64_t columns, const float *x, const float *gamma,
                                        const float *mean, const float *inverse_deviation, const float *dy,
                                        float *dx, ck_mode dx_mode, float *dgamma, ck_mode dgamma_mode,
                                        float *dbeta, ck_mode dbeta_mode);

// Root-mean-square norm (Zhang & Sennrich 2019), row by row: y [rows, columns] = gamma x r, r = 1 / sqrt(mean of x^2 +
// epsilon). inverse_deviation (r) [rows] is overwritten. In place allowed.
CK_API ck_status ck_rms_norm_forward(int64_t rows, int64_t columns, const float *x, const float *gamma,
                                     float epsilon, float *inverse_deviation, float *y);
// dgamma (=, +=) sum of dy x r over the rows; dx (=, +=) r (g - x r mean of g x r), g = gamma dy. dx and dgamma may
// each be null.
CK_API ck_status ck_rms_norm_backward(int64_t rows, int64_t columns, const float *x, const float *gamma,
                                      const float *inverse_deviation, const float *dy, float *dx,
                                      ck_mode dx_mode, float *dgamma, ck_mode dgamma_mode);

#ifdef __cplusplus
}
#endif
#endif
