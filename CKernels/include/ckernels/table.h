// First layers of networks on tables: numbers as thermometers of bins, which are never made.
#ifndef CKERNELS_TABLE_H
#define CKERNELS_TABLE_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// Columns of numbers, each cut into bins: `bins[c]` > 0 of them, B = sum of bins[c] in all, those of a column
// one after another. A number is its position t on the bins of its column, the count of whole bins below it
// and the share of its own: bin i holds p_i(t) = min(max(t - i, 0), 1).
typedef struct ck_thermometer {
  int64_t columns;
  const int32_t *bins; // [columns]
  const float *means;  // [B], taken off the bins
  float scale;         // multiplies them after that
} ck_thermometer;

// y [members, rows, outputs] (=, +=) the product of all rows' bins with a weight, for each member m:
//   y [m, r] = sum over columns c and their bins i of scale (p_i(positions [m, r, c]) - means [c, i])
//   weight [m, c, i]
// positions: [members, rows, columns], rows `ldp` >= columns and members `stride_p` elements apart (0 shares
// them); a NaN counts as 0. weight: [members, B, outputs]. A row costs two rows of the weight a column,
// whatever the bins are, beside sums over the weight that are made once.
CK_API ck_status ck_thermometer_forward(const ck_thermometer *thermometer, int64_t members, int64_t rows,
                                        int64_t outputs, const float *positions, int64_t ldp,
                                        int64_t stride_p, const float *weight, float *y, ck_mode mode);
// dweight [members, B, outputs] (=, +=) the gradient of the weight for dy [members, rows, outputs]:
//   dweight [m, c, i] = sum over r of scale (p_i(positions [m, r, c]) - means [c, i]) dy [m, r]
CK_API ck_status ck_thermometer_backward(const ck_thermometer *thermometer, int64_t members, int64_t rows,
                                         int64_t outputs, const float *positions, int64_t ldp,
                                         int64_t stride_p, const float *dy, float *dweight, ck_mode mode);

#ifdef __cplusplus
}
#endif
#endif
