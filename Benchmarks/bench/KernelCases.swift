import CKernels

/// One kernel of the table: how many arrays it touches, how much it moves, and the call.
struct KernelCase: Sendable {
  let family: String
  let name: String
  /// Arrays of `count` floats that a call touches: what has to fit into a level of memory.
  let arrays: Int
  /// Read and written, with each array counted once however often a kernel passes over a row in L1.
  let bytesPerElement: Int
  /// In the short overall table.
  let isMain: Bool
  /// The call on `count` elements of each array.
  let make: @Sendable ([UnsafeMutablePointer<Float>], Int) -> () -> ck_status

  /// The rows of matrices that a kernel takes row by row: a vocabulary or a layer's width.
  static let columns = 1024

  init(
    _ family: String, _ name: String, arrays: Int, bytes: Int, main: Bool = false,
    _ make: @escaping @Sendable ([UnsafeMutablePointer<Float>], Int) -> () -> ck_status
  ) {
    self.family = family
    self.name = name
    self.arrays = arrays
    bytesPerElement = bytes
    isMain = main
    self.make = make
  }

  static let all =
    activations + softmax + losses + optimizers + elementwise + reductions + movement + random

  /// The cases of a family or with a name; nil when there are none.
  static func named(_ name: String) -> [KernelCase]? {
    let found = all.filter { $0.family == name || $0.name == name }
    if !found.isEmpty { return found }
    let beginning = all.filter { $0.name.hasPrefix(name) }
    return beginning.isEmpty ? nil : beginning
  }

  static var families: [String] {
    var seen: [String] = []
    for kernel in all where !seen.contains(kernel.family) { seen.append(kernel.family) }
    return seen
  }
}

extension KernelCase {
  private static let activationNames: [(ck_activation, String, Float)] = [
    (CK_RELU, "relu", 0), (CK_LEAKY_RELU, "leaky_relu", 0.01), (CK_SIGMOID, "sigmoid", 0), (CK_TANH, "tanh", 0),
    (CK_GELU, "gelu", 0), (CK_GELU_TANH, "gelu_tanh", 0), (CK_SILU, "silu", 0), (CK_ELU, "elu", 1),
    (CK_SOFTPLUS, "softplus", 0), (CK_HARD_SIGMOID, "hard_sigmoid", 0), (CK_STEP, "step", 0),
  ]

  private static let activations: [KernelCase] =
    activationNames.flatMap { activation, name, parameter in
      [
        KernelCase(
          "activation", "\(name)_forward", arrays: 2, bytes: 8, main: ["relu", "tanh", "gelu"].contains(name)
        ) { a, n in
          { ck_activation_forward(activation, parameter, Int64(n), a[0], a[1]) }
        },
        // The derivative of the step is 0 everywhere: nothing is read.
        KernelCase(
          "activation", "\(name)_backward", arrays: 3, bytes: name == "step" ? 4 : 12, main: name == "gelu"
        ) { a, n in
          { ck_activation_backward(activation, parameter, Int64(n), a[0], a[1], a[2], CK_OVERWRITE) }
        },
      ]
    } + [
      KernelCase("activation", "bias_relu_backward", arrays: 3, bytes: 12, main: true) { a, n in
        let bias = ScratchFloats(columns)
        return {
          ck_bias_activation_backward(
            CK_RELU, 0, Int64(n / columns), Int64(columns), a[0], a[1], a[2], bias.start, CK_OVERWRITE)
        }
      },
      KernelCase("activation", "prelu_forward", arrays: 2, bytes: 8) { a, n in
        let slope = ScratchFloats(columns)
        return { ck_prelu_forward(Int64(n / columns), Int64(columns), a[0], Int64(columns), slope.start, a[1]) }
      },
      KernelCase("activation", "prelu_backward", arrays: 3, bytes: 12) { a, n in
        let slope = ScratchFloats(columns)
        let gradient = ScratchFloats(columns)
        return {
          ck_prelu_backward(
            Int64(n / columns), Int64(columns), a[0], Int64(columns), slope.start, a[1], a[2], CK_OVERWRITE,
            gradient.start, CK_OVERWRITE)
        }
      },
      KernelCase("activation", "rrelu_forward", arrays: 2, bytes: 8) { a, n in
        { ck_rrelu_forward(Int64(n), 0.125, 0.333, 7, 0, a[0], a[1]) }
      },
      KernelCase("activation", "rrelu_backward", arrays: 3, bytes: 12) { a, n in
        { ck_rrelu_backward(Int64(n), 0.125, 0.333, 7, 0, a[0], a[1], a[2], CK_OVERWRITE) }
      },
    ]

  private static let softmax: [KernelCase] = [
    KernelCase("softmax", "softmax_forward", arrays: 2, bytes: 8, main: true) { a, n in
      { ck_softmax_forward(Int64(n / columns), Int64(columns), a[0], a[1]) }
    },
    KernelCase("softmax", "softmax_backward", arrays: 3, bytes: 12) { a, n in
      { ck_softmax_backward(Int64(n / columns), Int64(columns), a[0], a[1], a[2], CK_OVERWRITE) }
    },
    KernelCase("softmax", "log_softmax_forward", arrays: 2, bytes: 8) { a, n in
      { ck_log_softmax_forward(Int64(n / columns), Int64(columns), a[0], a[1]) }
    },
    KernelCase("softmax", "log_softmax_backward", arrays: 3, bytes: 12) { a, n in
      { ck_log_softmax_backward(Int64(n / columns), Int64(columns), a[0], a[1], a[2], CK_OVERWRITE) }
    },
  ]

  private static let losses: [KernelCase] = [
    KernelCase("loss", "softmax_cross_entropy", arrays: 2, bytes: 8, main: true) { a, n in
      let rows = n / columns
      let labels = ScratchIndices(rows, below: columns)
      let loss = ScratchFloats(1)
      return {
        ck_softmax_cross_entropy(
          Int64(rows), Int64(columns), a[0], labels.start, nil, nil, 0, 1, loss.start, nil, a[1])
      }
    },
    KernelCase("loss", "binary_cross_entropy", arrays: 3, bytes: 12) { a, n in
      let loss = ScratchFloats(1)
      return { ck_binary_cross_entropy_with_logits(Int64(n), a[0], a[1], nil, 1, 1, loss.start, a[2]) }
    },
    KernelCase("loss", "mean_squared_error", arrays: 3, bytes: 12) { a, n in
      let loss = ScratchFloats(1)
      return { ck_mean_squared_error(Int64(n), a[0], a[1], nil, 1, loss.start, a[2]) }
    },
    KernelCase("loss", "mean_absolute_error", arrays: 3, bytes: 12) { a, n in
      let loss = ScratchFloats(1)
      return { ck_mean_absolute_error(Int64(n), a[0], a[1], nil, 1, loss.start, a[2]) }
    },
    KernelCase("loss", "huber_loss", arrays: 3, bytes: 12) { a, n in
      let loss = ScratchFloats(1)
      return { ck_huber_loss(Int64(n), a[0], a[1], nil, 1, 1, loss.start, a[2]) }
    },
  ]

  /// Eight parameters of equal size over four arrays: value, gradient and two states.
  private static func parameters(_ a: [UnsafeMutablePointer<Float>], _ count: Int, states: Int) -> [ck_parameter] {
    let size = count / 8
    return (0..<8).map { i in
      let offset = i * size
      return ck_parameter(
        value: a[0] + offset, gradient: a[1] + offset, state1: states > 0 ? a[2] + offset : nil,
        state2: states > 1 ? a[3] + offset : nil, count: Int64(size), learning_rate_scale: 1, weight_decay: 0)
    }
  }

  /// States must not be negative: a square root of the workspace's numbers would be NaN.
  private static func clear(_ a: ArraySlice<UnsafeMutablePointer<Float>>, _ count: Int) {
    for array in a { _ = ck_fill(Int64(count), 0, array) }
  }

  private static func adam(_ a: [UnsafeMutablePointer<Float>], _ n: Int, decoupled: Bool) -> () -> ck_status {
    clear(a[2...], n)
    let all = parameters(a, n, states: 2)
    var options = ck_adam(
      learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, gradient_scale: 1, step: 0,
      decoupled_weight_decay: decoupled)
    return {
      options.step += 1
      return ck_adam_step(&options, Int64(all.count), all)
    }
  }

  private static let optimizers: [KernelCase] = [
    KernelCase("optimizer", "sgd_step", arrays: 2, bytes: 12) { a, n in
      let all = parameters(a, n, states: 0)
      var options = ck_sgd(
        learning_rate: 1e-3, momentum: 0, dampening: 0, gradient_scale: 1, nesterov: false, first_step: false)
      return { ck_sgd_step(&options, Int64(all.count), all) }
    },
    KernelCase("optimizer", "sgd_momentum_step", arrays: 3, bytes: 20, main: true) { a, n in
      clear(a[2...], n)
      let all = parameters(a, n, states: 1)
      var options = ck_sgd(
        learning_rate: 1e-3, momentum: 0.9, dampening: 0, gradient_scale: 1, nesterov: false, first_step: false)
      return { ck_sgd_step(&options, Int64(all.count), all) }
    },
    KernelCase("optimizer", "adam_step", arrays: 4, bytes: 28, main: true) { a, n in adam(a, n, decoupled: false) },
    KernelCase("optimizer", "adamw_step", arrays: 4, bytes: 28) { a, n in adam(a, n, decoupled: true) },
    KernelCase("optimizer", "rmsprop_step", arrays: 3, bytes: 20) { a, n in
      clear(a[2...], n)
      let all = parameters(a, n, states: 1)
      var options = ck_rmsprop(learning_rate: 1e-3, alpha: 0.99, epsilon: 1e-8, momentum: 0, gradient_scale: 1)
      return { ck_rmsprop_step(&options, Int64(all.count), all) }
    },
    KernelCase("optimizer", "adagrad_step", arrays: 3, bytes: 20) { a, n in
      clear(a[2...], n)
      let all = parameters(a, n, states: 1)
      var options = ck_adagrad(learning_rate: 1e-3, epsilon: 1e-8, gradient_scale: 1)
      return { ck_adagrad_step(&options, Int64(all.count), all) }
    },
    KernelCase("optimizer", "gradient_norm", arrays: 1, bytes: 4) { a, n in
      let all = parameters([a[0], a[0]], n, states: 0)
      let norm = ScratchFloats(1)
      return { ck_gradient_norm(Int64(all.count), all, norm.start) }
    },
  ]
}
