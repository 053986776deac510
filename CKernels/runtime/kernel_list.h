// Every kernel, by the name of its public function without `ck_`. A new operation is one line here.
#ifndef CK_RUNTIME_KERNEL_LIST_H
#define CK_RUNTIME_KERNEL_LIST_H

#define CK_GEMM_KERNELS(X) X(gemm_f32) X(gemv_f32) X(gemm_batched_f32)
#define CK_ACTIVATION_KERNELS(X) X(activation_forward) X(activation_backward)
#define CK_SOFTMAX_KERNELS(X)
#define CK_ELEMENTWISE_KERNELS(X)                                                                            \
  X(unary_forward)                                                                                           \
  X(binary_forward)                                                                                          \
  X(axpby)                                                                                                   \
  X(scale_shift)                                                                                             \
  X(multiply_add)                                                                                            \
  X(fill)                                                                                                    \
  X(select)                                                                                                  \
  X(add_bias)
#define CK_REDUCTION_KERNELS(X) X(reduce) X(argmax) X(variance) X(dot)
#define CK_MOVEMENT_KERNELS(X)                                                                               \
  X(transpose_matrix)                                                                                        \
  X(permute)                                                                                                 \
  X(copy_block)                                                                                              \
  X(broadcast)                                                                                               \
  X(gather_rows)                                                                                             \
  X(scatter_add_rows)                                                                                        \
  X(take_along_rows)                                                                                         \
  X(take_along_rows_backward)
#define CK_LOSS_KERNELS(X)
#define CK_OPTIMIZER_KERNELS(X) X(sgd_step) X(adam_step) X(rmsprop_step) X(adagrad_step) X(gradient_norm)
#define CK_RANDOM_KERNELS(X)
#define CK_PROBE_KERNELS(X) X(probe_fma) X(probe_stream)

#define CK_KERNELS(X)                                                                                        \
  CK_GEMM_KERNELS(X)                                                                                         \
  CK_ACTIVATION_KERNELS(X)                                                                                   \
  CK_SOFTMAX_KERNELS(X)                                                                                      \
  CK_ELEMENTWISE_KERNELS(X)                                                                                  \
  CK_REDUCTION_KERNELS(X)                                                                                    \
  CK_MOVEMENT_KERNELS(X)                                                                                     \
  CK_LOSS_KERNELS(X)                                                                                         \
  CK_OPTIMIZER_KERNELS(X)                                                                                    \
  CK_RANDOM_KERNELS(X)                                                                                       \
  CK_PROBE_KERNELS(X)

#endif
