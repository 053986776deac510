// The checks of arguments that all entry points share: what arrays of given sizes take, without overflow, and
// enumerations. Every entry point asks here before a kernel multiplies one size by another.
#ifndef CK_RUNTIME_ARGUMENTS_H
#define CK_RUNTIME_ARGUMENTS_H

#include "CKernels.h"

// In elements, as CKernels.h states it: 2^52 bytes of floats, the most that a processor of today can address,
// and little enough that neither the sum of a few extents nor one times a number of threads overflows.
static const int64_t ck_extent_most = (int64_t)1 << 50;

// Elements from the first to the last of an array, both included: 1 + sum of (size - 1) * stride. 0 for one
// without elements, -1 where a size or a stride is negative or the array larger than ck_extent_most.
// `strides` null: dense, row-major.
static inline int64_t ck_extent(int32_t rank, const int64_t *shape, const int64_t *strides) {
  bool empty = false;
  for (int32_t axis = 0; axis < rank; axis++) {
    if (shape[axis] < 0 || (strides && strides[axis] < 0)) return -1;
    empty = empty || shape[axis] == 0;
  }
  if (empty) return 0;
  int64_t extent = 1;
  for (int32_t axis = 0; axis < rank; axis++) {
    int64_t step;
    if (strides) {
      if (__builtin_mul_overflow(shape[axis] - 1, strides[axis], &step) || step > ck_extent_most) return -1;
      extent += step;
    } else if (__builtin_mul_overflow(extent, shape[axis], &extent)) {
      return -1;
    }
    if (extent > ck_extent_most) return -1;
  }
  return extent;
}

static inline int64_t ck_dense(int64_t a, int64_t b, int64_t c) {
  return ck_extent(3, (const int64_t[]){a, b, c}, NULL);
}

// A [rows, columns] matrix with leading dimension ld, which must reach over a row unless there are none.
static inline int64_t ck_matrix(int64_t rows, int64_t columns, int64_t ld) {
  if (rows < 0 || columns < 0 || ld < 0) return -1;
  if (rows == 0 || columns == 0) return 0;
  return ld < columns ? -1 : ck_extent(2, (const int64_t[]){rows, columns}, (const int64_t[]){ld, 1});
}

// Whether an array of this extent may be read or written: without elements it needs no memory. An array that
// may be left out is only asked for an extent >= 0.
static inline bool ck_is_array(int64_t extent, const void *array) {
  return extent == 0 || (extent > 0 && array);
}

static inline bool ck_is_mode(ck_mode mode) { return (uint32_t)mode <= CK_ACCUMULATE; }
static inline bool ck_is_activation(ck_activation activation) {
  return (uint32_t)activation < CK_ACTIVATION_COUNT;
}

#endif
