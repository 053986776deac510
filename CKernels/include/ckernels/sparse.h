// Sparse matrices: graphs, bags of rows, segments of a list, ratings.
#ifndef CKERNELS_SPARSE_H
#define CKERNELS_SPARSE_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

// A [rows, columns] matrix in compressed rows: entry e of row r, starts [r] <= e < starts [r + 1], is in column
// indices [e]. Of a graph a row is a node, its entries the edges that end there and their columns where those
// begin. Entries of a row may be in any order and may repeat. `starts` begins with 0, does not fall and ends
// with `entries`, else the answer is CK_INDEX_OUT_OF_RANGE, as it is for an index outside 0 ..< columns.
typedef struct ck_sparse {
  int64_t rows, columns;
  int64_t entries;        // < 2^31
  const int32_t *starts;  // [rows + 1]
  const int32_t *indices; // [entries]; null: entry e is column e, and columns = entries (segments of a list)
} ck_sparse;

// The transpose in the same form: starts [columns + 1], indices [entries] (the rows), and order [entries]: which
// entry of `a` each of them is. Entries of a column keep their order. Columns may be the ends of a list of
// pairs, one pair a row (`starts` 0, 1, 2, ...): then this makes compressed rows of it.
CK_API ck_status ck_sparse_transpose(const ck_sparse *a, int32_t *starts, int32_t *indices, int32_t *order);

// How the entries of a row come together.
typedef enum ck_aggregation {
  CK_AGGREGATE_SUM = 0,
  CK_AGGREGATE_MEAN = 1,
  CK_AGGREGATE_MAX = 2
} ck_aggregation;
enum { CK_AGGREGATION_COUNT = 3 };

// y [rows, heads, width] (=, +=) what the entries of a row bring, added up, their mean, or the largest; 0 for a
// row without entries:
//   y [r, h] = sum over e of weights [e, h] x [indices [e], h]
// x: [columns, heads, width]. weights: [entries, heads], or null for 1; none with CK_AGGREGATE_MAX, which writes
// winners [rows, heads, width] instead, the entry that each is from (the first of equal ones, -1 where there is
// none; NaN is larger than all). The mean divides by the number of entries. Sums run in the order of entries.
CK_API ck_status ck_aggregate_forward(const ck_sparse *a, ck_aggregation aggregation, int64_t heads,
                                      int64_t width, const float *weights, const float *x, float *y,
                                      int32_t *winners, ck_mode mode);
// dx [columns, heads, width] (=, +=) the gradient for dy [rows, heads, width]. `transposed` and `order` are what
// ck_sparse_transpose made of `a`; both null where a->indices is null.
CK_API ck_status ck_aggregate_backward(const ck_sparse *a, const ck_sparse *transposed, const int32_t *order,
                                       ck_aggregation aggregation, int64_t heads, int64_t width,
                                       const float *weights, const int32_t *winners, const float *dy,
                                       float *dx, ck_mode mode);
// dweights [entries, heads] (=, +=) the gradient of the weights of a sum or a mean; not of CK_AGGREGATE_MAX:
//   dweights [e, h] = dy [r, h] . x [indices [e], h]          (the mean: divided by the entries of r)
CK_API ck_status ck_aggregate_weight_gradient(const ck_sparse *a, ck_aggregation aggregation, int64_t heads,
                                              int64_t width, const float *x, const float *dy, float *dweights,
                                              ck_mode mode);

// y [entries, heads]: softmax of x [entries, heads] over the entries of each row. a->indices is not looked at.
// In place allowed.
CK_API ck_status ck_edge_softmax_forward(const ck_sparse *a, int64_t heads, const float *x, float *y);
// dx [entries, heads] (=, +=) y (dy - sum over the row's entries of y dy). In place over dy allowed.
CK_API ck_status ck_edge_softmax_backward(const ck_sparse *a, int64_t heads, const float *y, const float *dy,
                                          float *dx, ck_mode mode);

// The scores of graph attention (Brody, Alon, Yahav 2022, "How attentive are graph attention networks?"):
//   scores [e, h] = attention [h] . f(from [indices [e], h] + to [r, h]),  f(z) = z > 0 ? z : slope z
// from: [columns, heads, width], to: [rows, heads, width], attention: [heads, width], scores: [entries, heads].
CK_API ck_status ck_edge_score_forward(const ck_sparse *a, int64_t heads, int64_t width, float slope,
                                       const float *from, const float *to, const float *attention,
                                       float *scores);
// The gradients for dscores [entries, heads], each (=, +=) with its own mode or left out (null).
CK_API ck_status ck_edge_score_backward(const ck_sparse *a, const ck_sparse *transposed, const int32_t *order,
                                        int64_t heads, int64_t width, float slope, const float *from,
                                        const float *to, const float *attention, const float *dscores,
                                        float *dfrom, ck_mode mode_from, float *dto, ck_mode mode_to,
                                        float *dattention, ck_mode mode_attention);

// x [rows, width]: for each row of `a` the vector that minimises
//   sum over e of weights [e] (x . y [indices [e]])^2 - 2 targets [e] x . y [indices [e]]
//     + x . base x + (ridge + ridge_an_entry * entries of the row) |x|^2
// one half of alternating least squares. Explicit ratings: weights null (1), targets the ratings, base null (0).
// Implicit feedback of confidence 1 + c (Hu, Koren, Volinsky 2008): weights c, targets 1 + c, base = the product
// of y with itself [width, width]. y: [columns, width]. A row without entries becomes 0. Solved by Cholesky;
// a matrix that is not positive definite gives NaN.
CK_API ck_status ck_least_squares_rows(const ck_sparse *a, int64_t width, const float *weights,
                                       const float *targets, const float *base, float ridge,
                                       float ridge_an_entry, const float *y, float *x);

// The `count` largest of the products of each row of u [rows, width] with the rows of v [items, width], plus
// bias [items] where it is not null: indices [rows, count] and products [rows, count], largest first, of equal
// ones the lower index first. Columns of `excluded` [rows, items], or null, are left out. Where less are left:
// index -1, product 0.
CK_API ck_status ck_top_products(int64_t rows, int64_t items, int64_t width, int64_t count, const float *u,
                                 const float *v, const float *bias, const ck_sparse *excluded,
                                 int32_t *indices, float *products);

#ifdef __cplusplus
}
#endif
#endif
