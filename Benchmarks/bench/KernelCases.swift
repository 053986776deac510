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
    activations + softmax + losses + optimizers + elementwise + reductions + movement + random + table + products
    + normalization + pooling + resampling + attention + recurrent + sparse

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
    KernelCase("loss", "ctc_loss", arrays: 2, bytes: 8) { a, n in
      // Strings of 64 steps and 20 labels of 32 classes.
      let strings = n / (64 * 32)
      let labels = ScratchIndices(strings * 20, below: 31), counts = ScratchIndices(strings, below: 1)
      for place in 0..<strings * 20 { labels.start[place] += 1 }
      for string in 0..<strings { counts.start[string] = 20 }
      let loss = ScratchFloats(1)
      return {
        ck_ctc_loss(
          Int64(strings), 64, 32, a[0], nil, labels.start, 20, counts.start, 1, loss.start, nil, a[1])
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
        state2: states > 1 ? a[3] + offset : nil, count: Int64(size), step: 0, learning_rate_scale: 1,
        weight_decay: 0, row_length: 0)
    }
  }

  /// States must not be negative: a square root of the workspace's numbers would be NaN.
  private static func clear(_ a: ArraySlice<UnsafeMutablePointer<Float>>, _ count: Int) {
    for array in a { _ = ck_fill(Int64(count), 0, array) }
  }

  /// `states` arrays beside value and gradient; steps from the first on.
  private static func optimizer(
    _ name: String, states: Int, main: Bool = false, _ make: @escaping @Sendable () -> ck_optimizer
  ) -> KernelCase {
    // Value and states are read and written, the gradient is read.
    KernelCase("optimizer", name, arrays: 2 + states, bytes: 12 + 8 * states, main: main) { a, n in
      if states > 0 { clear(a[2...], n) }
      var all = parameters(a, n, states: states)
      var optimizer = make()
      return {
        for i in all.indices { all[i].step += 1 }
        return ck_optimizer_step(&optimizer, Int64(all.count), all)
      }
    }
  }

  private static func sgd(momentum: Float) -> ck_optimizer {
    var optimizer = ck_optimizer()
    optimizer.kind = CK_SGD
    optimizer.sgd = ck_sgd(learning_rate: 1e-3, momentum: momentum, dampening: 0, gradient_scale: 1, nesterov: false)
    return optimizer
  }

  private static func adam(decoupled: Bool) -> ck_optimizer {
    var optimizer = ck_optimizer()
    optimizer.kind = CK_ADAM
    optimizer.adam = ck_adam(
      learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, gradient_scale: 1,
      decoupled_weight_decay: decoupled)
    return optimizer
  }

  private static let optimizers: [KernelCase] = [
    optimizer("sgd_step", states: 0) { sgd(momentum: 0) },
    optimizer("sgd_momentum_step", states: 1, main: true) { sgd(momentum: 0.9) },
    optimizer("adam_step", states: 2, main: true) { adam(decoupled: false) },
    optimizer("adamw_step", states: 2) { adam(decoupled: true) },
    optimizer("rmsprop_step", states: 1) {
      var optimizer = ck_optimizer()
      optimizer.kind = CK_RMSPROP
      optimizer.rmsprop = ck_rmsprop(
        learning_rate: 1e-3, alpha: 0.99, epsilon: 1e-8, momentum: 0, gradient_scale: 1)
      return optimizer
    },
    optimizer("adagrad_step", states: 1) {
      var optimizer = ck_optimizer()
      optimizer.kind = CK_ADAGRAD
      optimizer.adagrad = ck_adagrad(learning_rate: 1e-3, epsilon: 1e-8, gradient_scale: 1)
      return optimizer
    },
    // Rows of 64, of which every eighth moves: all gradients are read, of value and states an eighth.
    KernelCase("optimizer", "adam_step_rows", arrays: 4, bytes: 7) { a, n in
      let rows = n / 64
      clear(a[2...], n)
      for row in 0..<rows where row % 8 != 0 { _ = ck_fill(64, 0, a[1] + 64 * row) }
      var optimizer = adam(decoupled: false)
      var parameter = ck_parameter(
        value: a[0], gradient: a[1], state1: a[2], state2: a[3], count: Int64(64 * rows), step: 0,
        learning_rate_scale: 1, weight_decay: 0, row_length: 64)
      return {
        parameter.step += 1
        return ck_optimizer_step(&optimizer, 1, &parameter)
      }
    },
    KernelCase("optimizer", "gradient_norm", arrays: 1, bytes: 4) { a, n in
      let all = parameters([a[0], a[0]], n, states: 0)
      let norm = ScratchFloats(1)
      return { ck_gradient_norm(Int64(all.count), all, norm.start) }
    },
  ]
}
