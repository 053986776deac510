// Runs every family of kernels on every instruction set that this processor has and compares the results:
// with those of the portable kernels within a tolerance, and between one and three threads bit for bit. The
// only test that runs on Arm too (make check-neon).
#include "CKernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MARK: Inputs and outputs

// A case appends its results here; `size` of them.
struct record {
  float *value;
  size_t size, capacity;
};

static struct record *results;
static const char *case_name;
static int failures;

static float *output(int64_t count) {
  if (results->size + (size_t)count > results->capacity) {
    results->capacity = 2 * results->capacity + (size_t)count;
    results->value = realloc(results->value, results->capacity * sizeof(float));
    if (!results->value) abort();
  }
  float *from = results->value + results->size;
  for (int64_t i = 0; i < count; i++) from[i] = -7.0f;
  results->size += (size_t)count;
  return from;
}

static void require(ck_status status) {
  if (status == CK_OK) return;
  printf("%s: %s\n", case_name, ck_status_message(status));
  failures++;
}

// `pool` numbers from a linear congruential generator; each input is a stretch of them.
enum { pool = 1 << 20 };
static float numbers[pool];
static int32_t labels[4096];

static void fill_inputs(void) {
  uint64_t state = 42;
  for (int i = 0; i < pool; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    numbers[i] = (float)(state >> 40) / (float)(1 << 23) - 1.0f;
  }
  for (int i = 0; i < 4096; i++) labels[i] = (int32_t)((numbers[i] + 1.0f) * 4.99f);
}

static const float *input(int which) { return numbers + which * 1000 % (pool / 2); }

static float *copied(int which, int64_t count) {
  float *y = output(count);
  memcpy(y, input(which), (size_t)count * sizeof(float));
  return y;
}

// MARK: Cases

static void gemm(void) {
  static const int64_t shapes[][3] = {{1, 1, 1},      {3, 5, 7},    {13, 33, 17}, {64, 10, 128},
                                      {65, 130, 300}, {1, 200, 90}, {150, 1, 70}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const int64_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
    for (int t = 0; t < 4; t++) {
      const ck_transpose ta = t & 1 ? CK_TRANSPOSE : CK_NO_TRANSPOSE,
                         tb = t & 2 ? CK_TRANSPOSE : CK_NO_TRANSPOSE;
      const int64_t lda = (ta ? m : k) + 3, ldb = (tb ? k : n) + 1, ldc = n + 2;
      require(ck_gemm_f32(ta, tb, m, n, k, 0.5f, input(1), lda, input(2), ldb, 1.5f, copied(3, m * ldc), ldc,
                          NULL));
      float *z = output(2 * m * ldc);
      const ck_epilogue epilogue = {input(4), CK_GELU, 0, z};
      require(ck_gemm_f32(ta, tb, m, n, k, 1.0f, input(1), lda, input(2), ldb, 0.0f, z + m * ldc, ldc,
                          &epilogue));
    }
    require(ck_gemv_f32(CK_NO_TRANSPOSE, m, n, 1.0f, input(1), n + 1, input(2), 0.5f, copied(3, m)));
    require(ck_gemv_f32(CK_TRANSPOSE, m, n, 1.0f, input(1), n + 1, input(2), 0.0f, output(n)));
    require(ck_gemm_batched_f32(CK_NO_TRANSPOSE, CK_TRANSPOSE, 3, m, n, k, 1.0f, input(1), k, m * k, input(2),
                                k, 0, 0.0f, output(3 * m * n), n, m * n));
  }
}

// The second moment starts at 1, so that no difference in the last digits of a gradient is blown up.
static void gemm_step(void) {
  static const int64_t shapes[][3] = {{3, 5, 7}, {130, 200, 100}, {64, 49, 600}, {70, 3, 40}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const int64_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
    for (int kind = 0; kind < CK_OPTIMIZER_COUNT; kind++) {
      ck_optimizer optimizer = {.kind = (ck_optimizer_kind)kind};
      if (kind == CK_SGD) optimizer.sgd = (ck_sgd){0.1f, 0.9f, 0.0f, 0.5f, true};
      if (kind == CK_ADAM) optimizer.adam = (ck_adam){0.1f, 0.9f, 0.999f, 1e-8f, 0.5f, false};
      if (kind == CK_RMSPROP) optimizer.rmsprop = (ck_rmsprop){0.01f, 0.9f, 1e-8f, 0.5f, 0.5f};
      if (kind == CK_ADAGRAD) optimizer.adagrad = (ck_adagrad){0.01f, 1e-8f, 0.5f};
      float *const gradient = calloc((size_t)(m * n), sizeof(float));
      if (!gradient) abort();
      float *const value = output(3 * m * n), *const state1 = value + m * n, *const state2 = state1 + m * n;
      memcpy(value, input(3), (size_t)(m * n) * sizeof(float));
      for (int64_t i = 0; i < 2 * m * n; i++) state1[i] = 1;
      const ck_parameter parameter = {value, NULL, state1, state2, m * n, 3, 1.0f, 0.1f, 0};
      require(ck_gemm_step_f32(CK_TRANSPOSE, CK_NO_TRANSPOSE, m, n, k, input(1), m, input(2), n, gradient,
                               &optimizer, &parameter));
      free(gradient);
    }
  }
}

static void activations(void) {
  enum { rows = 37, columns = 53, count = rows * columns };
  for (int a = 0; a < CK_ACTIVATION_COUNT; a++) {
    float *x = copied(1, count);
    for (int i = 0; i < count; i++) x[i] *= 8;
    require(ck_activation_forward((ck_activation)a, 0.2f, count, x, x));
    require(ck_activation_backward((ck_activation)a, 0.2f, count, input(2), input(3), copied(4, count),
                                   CK_ACCUMULATE));
    require(ck_bias_activation_backward((ck_activation)a, 0.2f, rows, columns, input(2), input(3),
                                        output(count), NULL, CK_OVERWRITE));
    float *dbias = output(columns + count);
    require(ck_bias_activation_backward((ck_activation)a, 0.2f, rows, columns, input(2), input(3),
                                        dbias + columns, dbias, CK_OVERWRITE));
  }
  require(ck_prelu_forward(rows, columns, input(1), columns, input(2), output(count)));
  float *dx = output(count + columns);
  require(ck_prelu_backward(rows, columns, input(1), columns, input(2), input(3), dx, CK_OVERWRITE,
                            dx + count, CK_OVERWRITE));
  dx = output(count + 1);
  require(ck_prelu_backward(rows, columns, input(1), 1, input(2), input(3), dx, CK_OVERWRITE, dx + count,
                            CK_OVERWRITE));
  require(ck_rrelu_forward(count, 0.1f, 0.3f, 5, 7, input(1), output(count)));
  require(ck_rrelu_backward(count, 0.1f, 0.3f, 5, 7, input(1), input(2), output(count), CK_OVERWRITE));
}

static void softmax(void) {
  static const int64_t shapes[][2] = {{1, 1}, {5, 3}, {70, 10}, {33, 129}, {300, 64}, {3, 5000}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const int64_t rows = shapes[s][0], columns = shapes[s][1];
    require(ck_softmax_forward(rows, columns, input(1), output(rows * columns)));
    require(ck_softmax_backward(rows, columns, input(1), input(2), output(rows * columns), CK_OVERWRITE));
    require(ck_log_softmax_forward(rows, columns, input(1), output(rows * columns)));
    require(
        ck_log_softmax_backward(rows, columns, input(1), input(2), copied(3, rows * columns), CK_ACCUMULATE));
  }
}

static void losses(void) {
  static const int64_t counts[] = {1, 7, 64, 1000, 4001};
  for (size_t s = 0; s < sizeof counts / sizeof *counts; s++) {
    const int64_t n = counts[s], classes = 10;
    float *all = output(1 + n + n * classes);
    require(ck_softmax_cross_entropy(n, classes, input(1), labels, NULL, NULL, 0.1f, 1.0f, all, all + 1,
                                     all + 1 + n));
    float *y = output(n + 1);
    require(ck_binary_cross_entropy_with_logits(n, input(1), input(2), NULL, 2.0f, 1.0f, y + n, y));
    y = output(n + 1);
    require(ck_mean_squared_error(n, input(1), input(2), NULL, 1.0f, y + n, y));
    y = output(n + 1);
    require(ck_mean_absolute_error(n, input(1), input(2), NULL, 1.0f, y + n, y));
    y = output(n + 1);
    require(ck_huber_loss(n, input(1), input(2), NULL, 0.3f, 1.0f, y + n, y));
  }
  static const int32_t written[] = {1, 2, 2, 3, 4, 9, 8, 8, 8, 1, 7, 5, 5, 3, 0, 0, 2, 2, 2, 2, 2, 0, 0, 0};
  static const int32_t written_counts[] = {8, 6, 5}, steps[] = {40, 33, 9};
  float *strings = output(1 + 3 + 3 * 40 * 10);
  require(ck_ctc_loss(3, 40, 10, input(1), steps, written, 8, written_counts, 1.0f, strings, strings + 1,
                      strings + 4));
}

static void elementwise(void) {
  static const int64_t counts[] = {1, 15, 17, 1000, 150001};
  for (size_t s = 0; s < sizeof counts / sizeof *counts; s++) {
    const int64_t n = counts[s];
    for (int u = 0; u < CK_UNARY_COUNT; u++) {
      float *x = copied(1, n);
      for (int64_t i = 0; u >= CK_LOG && u <= CK_RSQRT && i < n; i++) x[i] = fabsf(x[i]) + 0.01f;
      require(ck_unary_forward((ck_unary)u, n, x, x));
    }
    require(ck_axpby(n, 2.0f, input(1), 0.5f, copied(2, n)));
    require(ck_fill(n, 2.0f, output(n)));
    require(ck_scale_shift(n, 2.0f, input(1), 0.5f, output(n)));
    require(ck_multiply_add(n, input(1), input(2), 2.0f, copied(3, n), CK_ACCUMULATE));
    require(ck_select(n, input(1), input(2), input(3), output(n)));
  }
  static const int64_t shapes[][3] = {{5, 6, 3}, {40, 7, 64}, {3, 50, 700}, {70, 80, 9}};
  // Steps of b for shape (i, j, k): as a, a row vector, a column vector, a middle axis, one number.
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const int64_t i = shapes[s][0], j = shapes[s][1], k = shapes[s][2];
    const int64_t a[3] = {j * k, k, 1}, b[5][3] = {{j * k, k, 1}, {0, 0, 1}, {j, 1, 0}, {0, 1, 0}, {0, 0, 0}};
    for (int o = 0; o < CK_BINARY_COUNT; o++) {
      for (int v = 0; v < 5; v++) {
        float *x = copied(1, i * j * k);
        for (int64_t e = 0; o == CK_POWER && e < i * j * k; e++) x[e] = fabsf(x[e]) + 0.1f;
        require(ck_binary_forward((ck_binary)o, 3, shapes[s], x, a, input(2), b[v], x));
      }
    }
    require(ck_add_bias(i * j, k, input(1), input(2), output(i * j * k)));
  }
}

static void reductions(void) {
  static const int64_t shapes[][3] = {{1, 1, 1},    {7, 10, 1},   {3, 5000, 1}, {1, 200001, 1},
                                      {1, 5000, 3}, {2, 300, 64}, {4, 9, 500},  {1, 3000, 70}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const int64_t o = shapes[s][0], l = shapes[s][1], i = shapes[s][2];
    for (int r = 0; r < CK_REDUCTION_COUNT; r++) {
      require(ck_reduce((ck_reduction)r, o, l, i, input(1), copied(2, o * i), CK_ACCUMULATE));
    }
    float *mean = output(2 * o * i);
    require(ck_variance(o, l, i, 0, input(1), mean, mean + o * i));
    static int32_t index[4096];
    require(ck_argmax(o, l, i, input(1), index));
    float *place = output(o * i);
    for (int64_t e = 0; e < o * i; e++) place[e] = (float)index[e];
    require(ck_dot(l, input(1), input(2), output(1)));
  }
}

static void movement(void) {
  require(ck_transpose_matrix(3, 37, 130, input(1), output(3 * 37 * 130)));
  const int64_t shape[4] = {5, 20, 33, 7};
  static const int32_t permutations[][4] = {{0, 2, 1, 3}, {3, 2, 1, 0}, {0, 3, 1, 2}, {2, 0, 3, 1}};
  for (int p = 0; p < 4; p++)
    require(ck_permute(4, shape, permutations[p], input(1), output(5 * 20 * 33 * 7)));
  require(ck_copy_block(50, 33, input(1), 40, copied(2, 50 * 35), 35, CK_ACCUMULATE));
  require(ck_broadcast(5, 7, 33, 0.5f, input(1), output(5 * 7 * 33), CK_OVERWRITE));
  require(ck_broadcast(35, 33, 1, 0.5f, input(1), copied(2, 35 * 33), CK_ACCUMULATE));
  for (int64_t width = 1; width < 700; width = width * 3 + 1) {
    require(ck_gather_rows(10, width, input(1), 500, labels, output(500 * width)));
    require(ck_scatter_add_rows(10, width, copied(2, 10 * width), 500, labels, input(1)));
  }
  require(ck_take_along_rows(400, 10, input(1), labels, output(400)));
  require(ck_take_along_rows_backward(400, 10, labels, input(1), copied(2, 4000)));
}

static void optimizers(void) {
  enum { small = 33, large = 60001, count = small + large };
  for (int which = 0; which < 8; which++) {
    float *value = output(3 * count);
    memcpy(value, input(1), count * sizeof(float));
    float *first = value + count, *second = first + count;
    for (int i = 0; i < 2 * count; i++) first[i] = fabsf(input(2)[i]);
    const ck_parameter parameter[2] = {
        {value, input(3), first, second, small, 3, 1.0f, 0.01f, 0},
        {value + small, input(3) + small, first + small, second + small, large, which == 1 ? 1 : 7, 0.5f,
         which % 2 ? 0.1f : 0.0f, 0},
    };
    const ck_optimizer optimizer =
        which < 3   ? (ck_optimizer){CK_SGD, .sgd = {0.1f, which == 0 ? 0.0f : 0.9f, 0.0f, 0.5f, false}}
        : which < 5 ? (ck_optimizer){CK_ADAM, .adam = {0.1f, 0.9f, 0.999f, 1e-8f, 0.5f, which == 3}}
        : which < 7
            ? (ck_optimizer){CK_RMSPROP, .rmsprop = {0.1f, 0.99f, 1e-8f, which == 5 ? 0.9f : 0.0f, 0.5f}}
            : (ck_optimizer){CK_ADAGRAD, .adagrad = {0.1f, 1e-8f, 0.5f}};
    require(ck_optimizer_step(&optimizer, 2, parameter));
    // Rows of 3 and of 1301, of which a part moves.
    float *gradient = output(count);
    memcpy(gradient, input(3), count * sizeof(float));
    for (int i = 0; i < 20; i++) memset(gradient + 3 * i * i, 0, 3 * (i + 1) * sizeof(float));
    ck_parameter rows = {value, gradient, first, second, 3 * (count / 3), 5, 1.0f, 0.1f, 3};
    require(ck_optimizer_step(&optimizer, 1, &rows));
    memset(gradient + 5 * 1301, 0, 7 * 1301 * sizeof(float));
    rows.count = 46 * (rows.row_length = 1301);
    require(ck_optimizer_step(&optimizer, 1, &rows));
    require(ck_gradient_norm(2, parameter, output(1)));
  }
}

static void random_numbers(void) {
  for (uint64_t offset = 0; offset < 5; offset++) {
    require(ck_random_uniform(40001, 99, offset, -1.0f, 2.0f, output(40001)));
    require(ck_random_normal(40001, 99, 2 * offset, 1.0f, 2.0f, output(40001)));
    require(ck_dropout(40001, 0.3f, 99, offset, input(1), output(40001), CK_OVERWRITE));
    static uint32_t bits[1001];
    require(ck_random_bits(1001, 99, offset, bits));
    float *halves = output(2 * 1001);
    for (int i = 0; i < 1001; i++) {
      halves[2 * i] = (float)(bits[i] >> 16);
      halves[2 * i + 1] = (float)(bits[i] & 0xffff);
    }
  }
}

static void tables(void) {
  static const int32_t bins[3] = {5, 1, 12};
  float positions[2 * 40 * 3];
  for (int i = 0; i < 2 * 40 * 3; i++) positions[i] = (input(9)[i] * 0.6f + 0.5f) * (float)bins[i % 3];
  const ck_thermometer thermometer = {3, bins, input(1), 0.7f};
  for (int64_t outputs = 1; outputs < 300; outputs = outputs * 3 + 1) {
    require(ck_thermometer_forward(&thermometer, 2, 40, outputs, positions, 3, 120, input(2),
                                   copied(3, 80 * outputs), CK_ACCUMULATE));
    require(ck_thermometer_backward(&thermometer, 2, 80, outputs, positions, 3, 0, input(4),
                                    output(36 * outputs), CK_OVERWRITE));
  }
}

#include "compare_attention.inc"
#include "compare_sparse.inc"

#include "compare_convolution.inc"

// MARK: Comparison

#include "compare_pictures.inc"
#include "compare_recurrent.inc"

// The products that are large enough for it, and smaller ones beside them.
static void bfloat16(void) {
  static const int64_t shapes[][3] = {
      {8, 40, 40}, {16, 32, 32}, {65, 130, 301}, {33, 47, 1100}, {40, 600, 63}};
  require(ck_set_precision(CK_BFLOAT16));
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const int64_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
    for (int t = 0; t < 4; t++) {
      const ck_transpose ta = t & 1 ? CK_TRANSPOSE : CK_NO_TRANSPOSE,
                         tb = t & 2 ? CK_TRANSPOSE : CK_NO_TRANSPOSE;
      const int64_t lda = (ta ? m : k) + 3, ldb = (tb ? k : n) + 1, ldc = n + 2;
      const ck_epilogue epilogue = {input(4), CK_TANH, 0, NULL};
      require(ck_gemm_f32(ta, tb, m, n, k, 0.5f, input(1), lda, input(2), ldb, 1.5f, copied(3, m * ldc), ldc,
                          &epilogue));
    }
  }
  gemm_step();
  require(ck_set_precision(CK_FLOAT32));
}

static void recurrent_bfloat16(void) {
  require(ck_set_precision(CK_BFLOAT16));
  recurrent();
  require(ck_set_precision(CK_FLOAT32));
}

static const struct {
  const char *name;
  void (*run)(void);
  double tolerance; // of |difference| by 1 + |value|: sums of 70,000 terms and 4 ULP of elementary functions
} cases[] = {
    {"gemm", gemm, 2e-5},
    {"gemm step", gemm_step, 2e-5},
    {"bfloat16", bfloat16, 2e-5},
    {"activations", activations, 5e-6},
    {"softmax", softmax, 1e-5},
    {"losses", losses, 5e-6},
    {"elementwise", elementwise, 2e-6},
    {"reductions", reductions, 2e-5},
    {"movement", movement, 0},
    {"optimizers", optimizers, 2e-6},
    {"normalization", normalization, 2e-5},
    {"pooling", pooling, 1e-6},
    {"resampling", resampling, 2e-6},
    {"random", random_numbers, 2e-6},
    {"tables", tables, 5e-6},
    {"sparse", sparse, 1e-5},
    {"convolution", convolution, 2e-5},
    {"attention", attention, 2e-5},
    {"recurrent", recurrent, 2e-5},
    // A state that differs in its last digit may be rounded to the next bfloat16.
    {"recurrent bfloat16", recurrent_bfloat16, 2e-2},
};

static void run_case(size_t c, struct record *record, int32_t threads) {
  ck_set_thread_count(threads);
  record->size = 0;
  results = record;
  case_name = cases[c].name;
  cases[c].run();
}

int main(void) {
  fill_inputs();
  struct record portable = {0}, one = {0}, three = {0};
  ck_set_team_always(true);
  printf("%s, %s, OpenMP: %s\n", ck_version(), ck_processor_name(), ck_openmp_runtime());
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    ck_set_isa(CK_ISA_PORTABLE);
    run_case(c, &portable, 1);
    for (int isa = CK_ISA_PORTABLE; isa <= CK_ISA_AVX512; isa++) {
      if (ck_set_isa((ck_isa)isa) != CK_OK) continue;
      run_case(c, &one, 1);
      run_case(c, &three, 3);
      if (one.size != portable.size || three.size != one.size) abort();
      size_t worst = 0;
      double largest = 0;
      for (size_t i = 0; i < one.size; i++) {
        const double a = one.value[i], b = portable.value[i];
        const double error = a == b || (a != a && b != b) ? 0 : fabs(a - b) / (1 + fabs(b));
        if (!(error <= largest)) largest = error, worst = i;
      }
      const int same_bits = memcmp(one.value, three.value, one.size * sizeof(float)) == 0;
      const int close = largest <= cases[c].tolerance;
      printf("%-12s %-8s %8zu values, largest error %.1e%s%s\n", cases[c].name, ck_isa_name((ck_isa)isa),
             one.size, largest, close ? "" : " TOO LARGE", same_bits ? "" : ", OTHER BITS WITH 3 THREADS");
      if (!close)
        printf("  value %zu is %.9g, portable %.9g\n", worst, one.value[worst], portable.value[worst]);
      failures += !close + !same_bits;
    }
  }
  free(portable.value);
  free(one.value);
  free(three.value);
  printf(failures ? "%d failures\n" : "all instruction sets agree\n", failures);
  return failures != 0;
}
