// Arithmetic element by element, with broadcasting.
#ifndef CKERNELS_ELEMENTWISE_H
#define CKERNELS_ELEMENTWISE_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CK_MAX_RANK 8

// Functions of two numbers.
typedef enum ck_binary {
  CK_ADD = 0,
  CK_SUBTRACT = 1,
  CK_MULTIPLY = 2,
  CK_DIVIDE = 3,
  CK_MAXIMUM = 4, // NaN wherever one of the two is
  CK_MINIMUM = 5,
  CK_POWER = 6, // a^b as C's powf
  CK_LESS = 7,  // comparisons give 1 or 0
  CK_LESS_EQUAL = 8,
  CK_EQUAL = 9,
  CK_BINARY_COUNT = 10,
} ck_binary;

// Functions of one number.
typedef enum ck_unary {
  CK_NEGATE = 0,
  CK_ABSOLUTE = 1,
  CK_SIGN = 2, // -1, 0 or 1; NaN of NaN
  CK_EXP = 3,
  CK_LOG = 4,
  CK_SQRT = 5,
  CK_RSQRT = 6,
  CK_RECIPROCAL = 7,
  CK_SQUARE = 8,
  CK_SIN = 9,
  CK_COS = 10,
  CK_UNARY_COUNT = 11,
} ck_unary;

// y [count] = f(x). In place allowed.
CK_API ck_status ck_unary_forward(ck_unary operation, int64_t count, const float *x, float *y);

// out = a (operation) b over `shape` [rank], rank <= CK_MAX_RANK. out is dense row-major; `a_strides` and
// `b_strides` give the element step along each axis, 0 where that input is broadcast. out == a or out == b is
// allowed where that input is dense.
CK_API ck_status ck_binary_forward(ck_binary operation, int32_t rank, const int64_t *shape, const float *a,
                                   const int64_t *a_strides, const float *b, const int64_t *b_strides,
                                   float *out);

// y [count] = a x + b y (b = 0 does not read y).
CK_API ck_status ck_axpby(int64_t count, float a, const float *x, float b, float *y);
// y [count] = a x + b. In place allowed.
CK_API ck_status ck_scale_shift(int64_t count, float a, const float *x, float b, float *y);
// out [count] (=, +=) a b c: the product of two gradients' factors and a constant.
CK_API ck_status ck_multiply_add(int64_t count, const float *a, const float *b, float c, float *out,
                                 ck_mode mode);
// y [count] = value.
CK_API ck_status ck_fill(int64_t count, float value, float *y);
// out [count] = condition != 0 ? a : b. In place allowed.
CK_API ck_status ck_select(int64_t count, const float *condition, const float *a, const float *b, float *out);
// y [rows, columns] = x + bias [columns] on each row. In place allowed.
CK_API ck_status ck_add_bias(int64_t rows, int64_t columns, const float *x, const float *bias, float *y);

#ifdef __cplusplus
}
#endif
#endif
