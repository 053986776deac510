// Calls every function with sizes, strides, enumerations and pointers that no honest program passes, and asks
// for CK_INVALID_ARGUMENT with nothing written. Each function is described once, by what it takes; from that
// come the calls:
// - each combination of three of its sizes out of -1, 0, 1, 2, 3, 2^29, 2^31, 2^62 and INT64_MAX, the others 2;
// - each enumeration at its values and next to them, with arrays and without;
// - each pointer null.
// A call whose arrays would be lawful but larger than the buffers is left out: no library can tell.
#include "CKernels.h"
#include "runtime/kernel_list.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

// MARK: A call under way

enum { most_values = 16, most_arrays = 16, room = 64 };
static const __int128 extent_most = (__int128)1 << 50; // as CKernels.h says

static struct {
  bool dry; // describe only
  int64_t sizes[most_values];
  int choices[most_values], choice_counts[most_values];
  int size_count, choice_count, array_count;
  int null_array; // this one is null, where it may not be
  bool refuse;    // what the answer must be
  bool too_large; // lawful, but not with these buffers
} call;
static _Alignas(64) float buffers[most_arrays][room];

static int64_t size(void) {
  const int64_t value = call.sizes[call.size_count++];
  if (value < 0) call.refuse = true;
  return value;
}

static int choice(int count) {
  call.choice_counts[call.choice_count] = count;
  const int value = call.choices[call.choice_count++];
  if (value < 0 || value >= count) call.refuse = true;
  return value;
}

static __int128 product(__int128 a, __int128 b) {
  const __int128 huge = (__int128)1 << 100;
  return a <= 0 || b <= 0 ? 0 : a > huge / b ? huge : a * b;
}

// The next buffer for an array of this extent in 32-bit elements.
static void *array(__int128 extent, bool optional) {
  const int which = call.array_count++;
  if (extent > extent_most) call.refuse = true;
  if (extent > room) call.too_large = true;
  if (which != call.null_array) return buffers[which];
  if (extent > 0 && !optional) call.refuse = true;
  return NULL;
}

static void *dense(int64_t a, int64_t b, int64_t c) { return array(product(product(a, b), c), false); }
static void *optional(int64_t a, int64_t b) { return array(product(a, b), true); }

static void *strided(int64_t batch, int64_t stride, int64_t rows, int64_t columns, int64_t ld) {
  if (batch < 1 || rows < 1 || columns < 1) return array(0, false);
  if (ld < columns) call.refuse = true;
  return array(product(batch - 1, stride) + product(rows - 1, ld) + columns, false);
}

#define CALL(...) (call.dry ? CK_OK : (__VA_ARGS__))

// MARK: What each function takes

static ck_status gemm_f32(void) {
  const int64_t m = size(), n = size(), k = size(), lda = size(), ldb = size(), ldc = size();
  const ck_transpose ta = (ck_transpose)choice(2), tb = (ck_transpose)choice(2);
  const ck_epilogue epilogue = {.activation = (ck_activation)choice(CK_ACTIVATION_COUNT)};
  const bool empty = m == 0 || n == 0;
  const float *a = strided(!empty, 0, ta ? k : m, ta ? m : k, lda);
  const float *b = strided(!empty, 0, tb ? n : k, tb ? k : n, ldb);
  float *c = strided(1, 0, m, n, ldc);
  return CALL(ck_gemm_f32(ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, ldc, &epilogue));
}

static ck_status gemm_step_f32(void) {
  const int64_t m = size(), n = size(), k = size(), lda = size(), ldb = size();
  const ck_transpose ta = (ck_transpose)choice(2), tb = (ck_transpose)choice(2);
  const ck_optimizer optimizer = {.kind = (ck_optimizer_kind)choice(CK_OPTIMIZER_COUNT)};
  const bool empty = m == 0 || n == 0;
  const float *a = strided(!empty, 0, ta ? k : m, ta ? m : k, lda);
  const float *b = strided(!empty, 0, tb ? n : k, tb ? k : n, ldb);
  float *gradient = dense(m, n, 1);
  const ck_parameter parameter = {.value = dense(m, n, 1),
                                  .state1 = array(product(m, n), optimizer.kind == CK_SGD),
                                  .state2 = array(product(m, n), optimizer.kind != CK_ADAM),
                                  .count = (int64_t)product(m, n),
                                  .step = 1};
  return CALL(ck_gemm_step_f32(ta, tb, m, n, k, a, lda, b, ldb, gradient, &optimizer, &parameter));
}

static ck_status gemv_f32(void) {
  const int64_t m = size(), n = size(), lda = size();
  const ck_transpose transpose = (ck_transpose)choice(2);
  const int64_t inputs = transpose ? m : n, outputs = transpose ? n : m;
  const float *a = strided(1, 0, m, n, lda), *x = dense(outputs ? inputs : 0, 1, 1);
  void *const out = dense(outputs, 1, 1);
  return CALL(ck_gemv_f32(transpose, m, n, 1, a, lda, x, 0, out));
}

static ck_status gemm_batched_f32(void) {
  const int64_t batch = size(), m = size(), n = size(), k = size();
  const int64_t lda = size(), ldb = size(), ldc = size();
  const int64_t stride_a = size(), stride_b = size(), stride_c = size();
  const ck_transpose ta = (ck_transpose)choice(2), tb = (ck_transpose)choice(2);
  const int64_t some = m == 0 || n == 0 ? 0 : batch;
  const float *a = strided(some, stride_a, ta ? k : m, ta ? m : k, lda);
  const float *b = strided(some, stride_b, tb ? n : k, tb ? k : n, ldb);
  float *c = strided(some, stride_c, m, n, ldc);
  if (some > 1) {
    // Two matrices of C may not share an element.
    const bool in_turn = stride_c >= product(m - 1, ldc) + n;
    const bool side_by_side = stride_c >= n && ldc >= product(some - 1, stride_c) + n;
    if (!in_turn && !side_by_side) call.refuse = true;
  }
  return CALL(ck_gemm_batched_f32(ta, tb, batch, m, n, k, 1, a, lda, stride_a, b, ldb, stride_b, 0, c, ldc,
                                  stride_c));
}

static ck_status unary_forward(void) {
  const int64_t count = size();
  const ck_unary operation = (ck_unary)choice(CK_UNARY_COUNT);
  const float *x = dense(count, 1, 1);
  void *const out = dense(count, 1, 1);
  return CALL(ck_unary_forward(operation, count, x, out));
}

static ck_status binary_forward(void) {
  const int64_t shape[2] = {size(), size()}, a_strides[2] = {size(), size()}, b_strides[2] = {size(), 0};
  const ck_binary operation = (ck_binary)choice(CK_BINARY_COUNT);
  const bool empty = shape[0] < 1 || shape[1] < 1;
  const __int128 a = product(shape[0] - 1, a_strides[0]) + product(shape[1] - 1, a_strides[1]) + 1;
  const __int128 b = product(shape[0] - 1, b_strides[0]) + 1;
  const float *x = array(empty ? 0 : a, false), *y = array(empty ? 0 : b, false);
  void *const out = dense(shape[0], shape[1], 1);
  return CALL(ck_binary_forward(operation, 2, shape, x, a_strides, y, b_strides, out));
}

static ck_status axpby(void) {
  const int64_t count = size();
  const float *x = dense(count, 1, 1);
  void *const out = dense(count, 1, 1);
  return CALL(ck_axpby(count, 1, x, 1, out));
}

static ck_status scale_shift(void) {
  const int64_t count = size();
  const float *x = dense(count, 1, 1);
  void *const out = dense(count, 1, 1);
  return CALL(ck_scale_shift(count, 1, x, 1, out));
}

static ck_status multiply_add(void) {
  const int64_t count = size();
  const ck_mode mode = (ck_mode)choice(2);
  const float *a = dense(count, 1, 1), *b = dense(count, 1, 1);
  void *const out = dense(count, 1, 1);
  return CALL(ck_multiply_add(count, a, b, 1, out, mode));
}

static ck_status fill(void) {
  const int64_t count = size();
  void *const out = dense(count, 1, 1);
  return CALL(ck_fill(count, 1, out));
}

static ck_status select_(void) {
  const int64_t count = size();
  const float *condition = dense(count, 1, 1), *a = dense(count, 1, 1), *b = dense(count, 1, 1);
  void *const out = dense(count, 1, 1);
  return CALL(ck_select(count, condition, a, b, out));
}

static ck_status add_bias(void) {
  const int64_t rows = size(), columns = size();
  const float *x = dense(rows, columns, 1), *bias = dense(rows ? columns : 0, 1, 1);
  void *const out = dense(rows, columns, 1);
  return CALL(ck_add_bias(rows, columns, x, bias, out));
}

static ck_status reduce(void) {
  const int64_t outer = size(), length = size(), inner = size();
  const ck_reduction operation = (ck_reduction)choice(CK_REDUCTION_COUNT);
  const ck_mode mode = (ck_mode)choice(2);
  const float *x = dense(outer, length, inner);
  void *const out = dense(outer, inner, 1);
  return CALL(ck_reduce(operation, outer, length, inner, x, out, mode));
}

static ck_status argmax(void) {
  const int64_t outer = size(), length = size(), inner = size();
  const float *x = dense(outer, length, inner);
  int32_t *y = dense(outer, inner, 1);
  if (outer > 0 && inner > 0 && (length == 0 || length > INT32_MAX)) call.refuse = true;
  return CALL(ck_argmax(outer, length, inner, x, y));
}

static ck_status variance(void) {
  const int64_t outer = size(), length = size(), inner = size(), correction = size();
  const float *x = dense(outer, length, inner);
  float *mean = optional(outer, inner);
  void *const out = optional(outer, inner);
  return CALL(ck_variance(outer, length, inner, correction, x, mean, out));
}

static ck_status dot(void) {
  const int64_t count = size();
  const float *a = dense(count, 1, 1), *b = dense(count, 1, 1);
  void *const out = dense(1, 1, 1);
  return CALL(ck_dot(count, a, b, out));
}

static ck_status transpose_matrix(void) {
  const int64_t batch = size(), rows = size(), columns = size();
  const float *x = dense(batch, rows, columns);
  void *const out = dense(batch, rows, columns);
  return CALL(ck_transpose_matrix(batch, rows, columns, x, out));
}

static ck_status permute(void) {
  const int64_t shape[3] = {size(), size(), size()};
  const int32_t permutation[3] = {choice(3), 1, 2};
  if (permutation[0] != 0) call.refuse = true; // not a permutation
  const float *x = dense(shape[0], shape[1], shape[2]);
  void *const out = dense(shape[0], shape[1], shape[2]);
  return CALL(ck_permute(3, shape, permutation, x, out));
}

static ck_status copy_block(void) {
  const int64_t rows = size(), columns = size(), ldx = size(), ldy = size();
  const ck_mode mode = (ck_mode)choice(2);
  const float *x = strided(1, 0, rows, columns, ldx);
  void *const out = strided(1, 0, rows, columns, ldy);
  return CALL(ck_copy_block(rows, columns, x, ldx, out, ldy, mode));
}

static ck_status broadcast(void) {
  const int64_t outer = size(), length = size(), inner = size();
  const ck_mode mode = (ck_mode)choice(2);
  const float *x = dense(length ? outer : 0, inner, 1);
  void *const out = dense(outer, length, inner);
  return CALL(ck_broadcast(outer, length, inner, 1, x, out, mode));
}

static ck_status gather_rows(void) {
  const int64_t rows = size(), width = size(), count = size();
  const float *x = dense(count ? rows : 0, width, 1);
  const int32_t *indices = dense(count, 1, 1);
  void *const out = dense(count, width, 1);
  return CALL(ck_gather_rows(rows, width, x, count, indices, out));
}

static ck_status scatter_add_rows(void) {
  const int64_t rows = size(), width = size(), count = size();
  float *y = dense(count ? rows : 0, width, 1);
  const int32_t *indices = dense(count, 1, 1);
  void *const out = dense(count, width, 1);
  return CALL(ck_scatter_add_rows(rows, width, y, count, indices, out));
}

static ck_status take_along_rows(void) {
  const int64_t count = size(), columns = size();
  const float *x = dense(count, columns, 1);
  const int32_t *indices = dense(count, 1, 1);
  void *const out = dense(count, 1, 1);
  return CALL(ck_take_along_rows(count, columns, x, indices, out));
}

static ck_status take_along_rows_backward(void) {
  const int64_t count = size(), columns = size();
  const int32_t *indices = dense(count, 1, 1);
  const float *dy = dense(count, 1, 1);
  void *const out = dense(count, columns, 1);
  return CALL(ck_take_along_rows_backward(count, columns, indices, dy, out));
}

static ck_status probe_fma(void) {
  const int64_t iterations = size();
  if (iterations > CK_PROBE_MOST) call.refuse = true;
  if (iterations > room) call.too_large = true;
  void *const out = dense(1, 1, 1);
  return CALL(ck_probe_fma(iterations, out));
}

static ck_status probe_stream(void) {
  const int64_t count = size();
  const ck_stream kind = (ck_stream)choice(CK_STREAM_COUNT);
  const float *x = dense(count, 1, 1), *y = array(product(count, 1), kind == CK_STREAM_READ);
  float *z = array(product(count, 1), kind == CK_STREAM_READ);
  void *const out = dense(1, 1, 1);
  return CALL(ck_probe_stream(kind, count, x, y, z, out));
}

#include "hostile_attention.inc"
#include "hostile_convolution.inc"
#include "hostile_networks.inc"
#include "hostile_pictures.inc"
#include "hostile_recurrent.inc"
#include "hostile_sparse.inc"

#define select select_ // POSIX has one too
static const struct {
  const char *name;
  ck_status (*run)(void);
} functions[] = {
#define CK_ROW(name) {#name, name},
    CK_KERNELS(CK_ROW)
#undef CK_ROW
};
#undef select

// MARK: The calls

static int failures, calls, refused;

static void begin(bool dry) {
  call.dry = dry;
  call.size_count = call.choice_count = call.array_count = 0;
  call.refuse = call.too_large = false;
}

static void attempt(size_t f) {
  begin(true);
  functions[f].run();
  const bool refuse = call.refuse;
  if (!refuse && call.too_large) return;
  memset(buffers, 0, sizeof buffers);
  begin(false);
  const ck_status status = functions[f].run();
  // An index of 0 is outside a table without rows.
  const bool right =
      refuse ? status == CK_INVALID_ARGUMENT : status == CK_OK || status == CK_INDEX_OUT_OF_RANGE;
  bool untouched = true;
  for (size_t i = 0; refuse && i < sizeof buffers; i++) untouched &= ((const char *)buffers)[i] == 0;
  calls++;
  refused += refuse;
  if (right && untouched) return;
  if (++failures > 20) return;
  printf("%s(", functions[f].name);
  for (int i = 0; i < call.size_count; i++) printf("%s%lld", i ? ", " : "", (long long)call.sizes[i]);
  for (int i = 0; i < call.choice_count; i++) printf(", enumeration %d", call.choices[i]);
  if (call.null_array >= 0) printf(", array %d null", call.null_array);
  printf("): \"%s\"%s, expected it %s\n", ck_status_message(status), untouched ? "" : " and wrote",
         refuse ? "refused" : "done");
}

static void reset(void) {
  for (int i = 0; i < most_values; i++) {
    call.sizes[i] = 2;
    call.choices[i] = 0;
  }
  call.null_array = -1;
}

static const int64_t hostile[] = {-1, 0, 1, 2, 3, 1 << 29, (int64_t)1 << 31, (int64_t)1 << 62, INT64_MAX};
enum { hostile_count = sizeof hostile / sizeof *hostile };

static void attempt_sizes(size_t f, int sizes) {
  for (int i = 0; i < sizes; i++) {
    for (int j = i; j < sizes; j++) {
      for (int k = j; k < sizes; k++) {
        for (int v = 0; v < hostile_count * hostile_count * hostile_count; v++) {
          call.sizes[i] = hostile[v % hostile_count];
          call.sizes[j] = hostile[v / hostile_count % hostile_count];
          call.sizes[k] = hostile[v / hostile_count / hostile_count];
          attempt(f);
        }
        reset();
      }
    }
  }
}

int main(void) {
  for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
    reset();
    begin(true);
    functions[f].run();
    const int sizes = call.size_count, choices = call.choice_count, arrays = call.array_count;
    if (sizes > most_values || choices > most_values || arrays > most_arrays) return 2;
    attempt_sizes(f, sizes);
    for (int c = 0; c < choices; c++) {
      const int count = call.choice_counts[c];
      const int values[] = {0, 1, count - 1, count, -1, INT_MAX, INT_MIN};
      for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        for (int empty = 0; empty < 2; empty++) {
          reset();
          for (int i = 0; i < sizes && empty; i++) call.sizes[i] = 0;
          call.choices[c] = values[v];
          attempt(f);
        }
      }
    }
    for (int kind = 0; kind < 4; kind++) {
      for (int a = 0; a < arrays; a++) {
        reset();
        for (int c = 0; c < choices; c++) call.choices[c] = c + 1 == choices || kind == 0 ? 0 : kind % 2;
        call.choices[0] = kind;
        call.null_array = a;
        attempt(f);
      }
    }
  }
  printf("%d calls, %d of them to be refused: %d wrong\n", calls, refused, failures);
  return failures != 0;
}
