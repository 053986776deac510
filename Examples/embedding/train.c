// Trains a small network with libckernels alone: `train xor` and `train digits FILE.csv`.
//
// The network is inputs - hidden (ReLU) - classes with softmax cross-entropy and Adam: five kinds of calls.
#include <CKernels.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stop(const char *what) {
  fprintf(stderr, "train: %s\n", what);
  exit(1);
}

static void check(ck_status status) {
  if (status != CK_OK) stop(ck_status_message(status));
}

static float *floats(int64_t count) {
  const size_t bytes = (size_t)count * sizeof(float);
  float *memory = ck_allocate(bytes);
  if (!memory) stop("out of memory");
  memset(memory, 0, bytes);
  return memory;
}

// MARK: The network

enum { parameters = 4, largest_batch = 64 };

struct network {
  int64_t inputs, hidden, classes;
  float *weight1, *bias1, *weight2, *bias2; // [inputs, hidden] [hidden] [hidden, classes] [classes]
  float *activation, *logits; // of one batch: [batch, hidden] [batch, classes]; gradients go in place
  float *gradient_hidden;
  ck_parameter parameter[parameters];
};

// Weights uniform in ±sqrt(6 / fan-in) for ReLU (He et al. 2015), biases zero.
static void create(struct network *net, int64_t inputs, int64_t hidden, int64_t classes, uint64_t seed) {
  *net = (struct network){.inputs = inputs, .hidden = hidden, .classes = classes};
  const int64_t count[parameters] = {inputs * hidden, hidden, hidden * classes, classes};
  float **value[parameters] = {&net->weight1, &net->bias1, &net->weight2, &net->bias2};
  for (int p = 0; p < parameters; p++) {
    *value[p] = floats(count[p]);
    net->parameter[p] = (ck_parameter){.value = *value[p],
                                       .gradient = floats(count[p]),
                                       .state1 = floats(count[p]),
                                       .state2 = floats(count[p]),
                                       .count = count[p],
                                       .learning_rate_scale = 1};
  }
  // 2.449 = sqrt(6); the square root of the fan-in by the library too: this program needs no -lm.
  float fan_in[2] = {(float)inputs, (float)hidden}, scale[2];
  check(ck_unary_forward(CK_RSQRT, 2, fan_in, scale));
  const float limit1 = 2.449f * scale[0], limit2 = 2.449f * scale[1];
  check(ck_random_uniform(count[0], seed, 0, -limit1, limit1, net->weight1));
  check(ck_random_uniform(count[2], seed + 1, 0, -limit2, limit2, net->weight2));
  net->activation = floats(largest_batch * hidden);
  net->gradient_hidden = floats(largest_batch * hidden);
  net->logits = floats(largest_batch * classes);
}

// logits [batch, classes] = relu(x W1 + b1) W2 + b2: bias and activation ride on the products.
static void forward(struct network *net, int64_t batch, const float *x) {
  const ck_epilogue relu = {.bias = net->bias1, .activation = CK_RELU}, linear = {.bias = net->bias2};
  check(ck_gemm_f32(CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, batch, net->hidden, net->inputs, 1, x, net->inputs,
                    net->weight1, net->hidden, 0, net->activation, net->hidden, &relu));
  check(ck_gemm_f32(CK_NO_TRANSPOSE, CK_NO_TRANSPOSE, batch, net->classes, net->hidden, 1, net->activation,
                    net->hidden, net->weight2, net->classes, 0, net->logits, net->classes, &linear));
}

// One step of gradient descent; the mean loss of the batch.
static float train_step(struct network *net, int64_t batch, const float *x, const int32_t *labels,
                        float learning_rate) {
  float *gradient[parameters];
  for (int p = 0; p < parameters; p++) gradient[p] = (float *)net->parameter[p].gradient;
  float loss;
  forward(net, batch, x);
  // The gradient by the logits replaces them.
  check(ck_softmax_cross_entropy(batch, net->classes, net->logits, labels, NULL, NULL, 0, 1, &loss, NULL,
                                 net->logits));
  check(ck_bias_activation_backward(CK_IDENTITY, 0, batch, net->classes, NULL, net->logits, NULL, gradient[3],
                                    CK_OVERWRITE));
  check(ck_gemm_f32(CK_TRANSPOSE, CK_NO_TRANSPOSE, net->hidden, net->classes, batch, 1, net->activation,
                    net->hidden, net->logits, net->classes, 0, gradient[2], net->classes, NULL));
  check(ck_gemm_f32(CK_NO_TRANSPOSE, CK_TRANSPOSE, batch, net->hidden, net->classes, 1, net->logits,
                    net->classes, net->weight2, net->classes, 0, net->gradient_hidden, net->hidden, NULL));
  check(ck_bias_activation_backward(CK_RELU, 0, batch, net->hidden, net->activation, net->gradient_hidden,
                                    net->gradient_hidden, gradient[1], CK_OVERWRITE));
  check(ck_gemm_f32(CK_TRANSPOSE, CK_NO_TRANSPOSE, net->inputs, net->hidden, batch, 1, x, net->inputs,
                    net->gradient_hidden, net->hidden, 0, gradient[0], net->hidden, NULL));
  for (int p = 0; p < parameters; p++) net->parameter[p].step++;
  const ck_optimizer adam = {.kind = CK_ADAM,
                             .adam = {.learning_rate = learning_rate,
                                      .beta1 = 0.9f,
                                      .beta2 = 0.999f,
                                      .epsilon = 1e-8f,
                                      .gradient_scale = 1}};
  check(ck_optimizer_step(&adam, parameters, net->parameter));
  return loss;
}

static int64_t correct(struct network *net, int64_t count, const float *x, const int32_t *labels) {
  int64_t right = 0;
  int32_t predicted[largest_batch];
  for (int64_t i = 0; i < count; i += largest_batch) {
    const int64_t batch = count - i < largest_batch ? count - i : largest_batch;
    forward(net, batch, x + i * net->inputs);
    check(ck_argmax(batch, net->classes, 1, net->logits, predicted));
    for (int64_t k = 0; k < batch; k++) right += predicted[k] == labels[i + k];
  }
  return right;
}

// MARK: XOR

static bool train_xor(void) {
  const float x[] = {0, 0, 0, 1, 1, 0, 1, 1};
  const int32_t labels[] = {0, 1, 1, 0};
  struct network net;
  create(&net, 2, 8, 2, 1);
  float loss = 0;
  for (int step = 0; step < 1000; step++) loss = train_step(&net, 4, x, labels, 0.02f);
  const int64_t right = correct(&net, 4, x, labels);
  printf("xor: loss %.4f after 1000 steps, %lld of 4 right\n", loss, (long long)right);
  return right == 4;
}

// MARK: Digits

enum { pixels = 64, digits = 10, most_rows = 10000 };

// Rows of 64 pixels from 0 to 16 and a label, after a header.
static int64_t read_digits(const char *path, float *x, int32_t *labels) {
  FILE *file = fopen(path, "r");
  char line[4096];
  if (!file) {
    fprintf(stderr, "train: %s: %s\n", path, strerror(errno));
    exit(1);
  }
  int64_t rows = 0;
  for (int number = 1; fgets(line, sizeof line, file); number++) {
    if (number == 1) continue;
    if (rows == most_rows) stop("more than 10000 rows");
    char *at = line;
    for (int column = 0; column <= pixels; column++) {
      char *end;
      const float value = strtof(at, &end);
      if (end == at || *end != (column < pixels ? ',' : '\n') ||
          (column == pixels && (value < 0 || value > 9))) {
        fprintf(stderr, "train: %s, line %d: expected 64 numbers and a label from 0 to 9\n", path, number);
        exit(1);
      }
      if (column < pixels)
        x[rows * pixels + column] = value / 16;
      else
        labels[rows] = (int32_t)value;
      at = end + 1;
    }
    rows++;
  }
  fclose(file);
  return rows;
}

// A permutation of 0 ..< count: Fisher & Yates with random words of the library.
static void shuffle(int32_t *order, int64_t count, uint64_t seed) {
  static uint32_t random[most_rows];
  check(ck_random_bits(count, seed, 0, random));
  for (int64_t i = 0; i < count; i++) order[i] = (int32_t)i;
  for (int64_t i = count - 1; i > 0; i--) {
    const int64_t j = (int64_t)(((uint64_t)random[i] * (uint64_t)(i + 1)) >> 32);
    const int32_t other = order[i];
    order[i] = order[j];
    order[j] = other;
  }
}

static void take(int64_t count, const int32_t *order, const float *x, const int32_t *labels, float *taken,
                 int32_t *taken_labels) {
  check(ck_gather_rows(most_rows, pixels, x, count, order, taken));
  for (int64_t i = 0; i < count; i++) taken_labels[i] = labels[order[i]];
}

static bool train_digits(const char *path) {
  float *all = floats(most_rows * pixels), *x = floats(most_rows * pixels),
        *batch = floats(largest_batch * pixels);
  static int32_t all_labels[most_rows], labels[most_rows], order[most_rows], batch_labels[largest_batch];
  const int64_t rows = read_digits(path, all, all_labels), test = rows / 5, train = rows - test;
  shuffle(order, rows, 7);
  take(rows, order, all, all_labels, x, labels);

  struct network net;
  create(&net, pixels, 128, digits, 1);
  for (int epoch = 1; epoch <= 30; epoch++) {
    shuffle(order, train, 100 + (uint64_t)epoch);
    float loss = 0;
    int64_t steps = 0;
    for (int64_t i = 0; i + largest_batch <= train; i += largest_batch, steps++) {
      take(largest_batch, order + i, x, labels, batch, batch_labels);
      loss += train_step(&net, largest_batch, batch, batch_labels, 2e-3f);
    }
    if (epoch % 10 == 0 && steps > 0) printf("digits: epoch %d, loss %.4f\n", epoch, loss / (float)steps);
  }
  const double accuracy =
      test > 0 ? (double)correct(&net, test, x + train * pixels, labels + train) / (double)test : 0;
  printf("digits: %.1f%% of %lld held-out images right\n", 100 * accuracy, (long long)test);
  return accuracy > 0.95;
}

int main(int count, char **arguments) {
  if (ck_abi_version() != CK_ABI_VERSION) stop("the library has another ABI version than its header");
  bool learned = false;
  if (count == 2 && strcmp(arguments[1], "xor") == 0) {
    learned = train_xor();
  } else if (count == 3 && strcmp(arguments[1], "digits") == 0) {
    learned = train_digits(arguments[2]);
  } else {
    fprintf(stderr, "usage: train xor | train digits FILE.csv\n");
    return 2;
  }
  return learned ? 0 : 1;
}
