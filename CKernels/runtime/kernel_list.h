// Every kernel, by the name of its public function without `ck_`. A new operation is one line here.
#ifndef CK_RUNTIME_KERNEL_LIST_H
#define CK_RUNTIME_KERNEL_LIST_H

#define CK_GEMM_KERNELS(X) X(gemm_f32) X(gemm_step_f32) X(gemv_f32) X(gemm_batched_f32)
#define CK_ACTIVATION_KERNELS(X)                                                                             \
  X(activation_forward)                                                                                      \
  X(activation_backward)                                                                                     \
  X(bias_activation_backward)                                                                                \
  X(prelu_forward)                                                                                           \
  X(prelu_backward)                                                                                          \
  X(rrelu_forward)                                                                                           \
  X(rrelu_backward)
#define CK_SOFTMAX_KERNELS(X)                                                                                \
  X(softmax_forward)                                                                                         \
  X(softmax_backward)                                                                                        \
  X(log_softmax_forward)                                                                                     \
  X(log_softmax_backward)
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
#define CK_LOSS_KERNELS(X)                                                                                   \
  X(softmax_cross_entropy)                                                                                   \
  X(binary_cross_entropy_with_logits)                                                                        \
  X(mean_squared_error)                                                                                      \
  X(mean_absolute_error)                                                                                     \
  X(huber_loss)                                                                                              \
  X(ctc_loss)
#define CK_OPTIMIZER_KERNELS(X) X(optimizer_step) X(gradient_norm)
#define CK_RANDOM_KERNELS(X) X(random_uniform) X(random_normal) X(random_bits) X(dropout)
#define CK_TABLE_KERNELS(X) X(thermometer_forward) X(thermometer_backward)
#define CK_SPARSE_KERNELS(X)                                                                                 \
  X(sparse_transpose)                                                                                        \
  X(aggregate_forward)                                                                                       \
  X(aggregate_backward)                                                                                      \
  X(aggregate_weight_gradient)                                                                               \
  X(edge_softmax_forward)                                                                                    \
  X(edge_softmax_backward)                                                                                   \
  X(edge_score_forward)                                                                                      \
  X(edge_score_backward)                                                                                     \
  X(least_squares_rows)                                                                                      \
  X(top_products)
#define CK_CONVOLUTION_KERNELS(X)                                                                            \
  X(conv2d_f32)                                                                                              \
  X(conv2d_transposed_f32)                                                                                   \
  X(conv2d_input_gradient_f32)                                                                               \
  X(conv2d_weight_gradient_f32)
#define CK_NORMALIZATION_KERNELS(X)                                                                          \
  X(batch_norm_forward)                                                                                      \
  X(batch_norm_inference)                                                                                    \
  X(batch_norm_backward)                                                                                     \
  X(group_norm_forward)                                                                                      \
  X(group_norm_backward)                                                                                     \
  X(layer_norm_forward)                                                                                      \
  X(layer_norm_backward)                                                                                     \
  X(rms_norm_forward)                                                                                        \
  X(rms_norm_backward)
#define CK_POOLING_KERNELS(X)                                                                                \
  X(max_pool_forward)                                                                                        \
  X(max_pool_backward)                                                                                       \
  X(average_pool_forward)                                                                                    \
  X(average_pool_backward)
#define CK_RESAMPLING_KERNELS(X)                                                                             \
  X(pick_pixels_forward)                                                                                     \
  X(pick_pixels_backward)                                                                                    \
  X(bilinear_forward)                                                                                        \
  X(bilinear_backward)
#define CK_ATTENTION_KERNELS(X)                                                                              \
  X(attention_forward) X(attention_backward) X(rotary_forward) X(rotary_backward)
#define CK_RECURRENT_KERNELS(X) X(recurrent_forward) X(recurrent_backward)
#define CK_PROBE_KERNELS(X) X(probe_fma) X(probe_stream)

// A translation unit an instruction set each (kernels/groups.inc).
#define CK_ARITHMETIC_GROUP(X)                                                                               \
  CK_ELEMENTWISE_KERNELS(X) CK_REDUCTION_KERNELS(X) CK_MOVEMENT_KERNELS(X) CK_PROBE_KERNELS(X)
#define CK_NETWORKS_GROUP(X)                                                                                 \
  CK_ACTIVATION_KERNELS(X)                                                                                   \
  CK_SOFTMAX_KERNELS(X)                                                                                      \
  CK_LOSS_KERNELS(X) CK_OPTIMIZER_KERNELS(X) CK_RANDOM_KERNELS(X) CK_TABLE_KERNELS(X) CK_SPARSE_KERNELS(X)
#define CK_GEMM_GROUP(X) CK_GEMM_KERNELS(X) CK_ATTENTION_KERNELS(X) CK_RECURRENT_KERNELS(X)
#define CK_CONVOLUTION_GROUP(X) CK_CONVOLUTION_KERNELS(X)
#define CK_PICTURES_GROUP(X) CK_NORMALIZATION_KERNELS(X) CK_POOLING_KERNELS(X) CK_RESAMPLING_KERNELS(X)

#define CK_KERNELS(X)                                                                                        \
  CK_ARITHMETIC_GROUP(X)                                                                                     \
  CK_NETWORKS_GROUP(X) CK_GEMM_GROUP(X) CK_CONVOLUTION_GROUP(X) CK_PICTURES_GROUP(X)
#define CK_GROUPS(X, set)                                                                                    \
  X(set, arithmetic) X(set, networks) X(set, gemm) X(set, convolution) X(set, pictures)

#endif
