internal import CKernels

/// What an optimizer kernel reads of each parameter: a C array that is kept between steps.
struct ParameterTable: ~Copyable {
  fileprivate let rows: UnsafeMutablePointer<ck_parameter>
  let capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    rows = .allocate(capacity: max(capacity, 1))
  }

  deinit { rows.deallocate() }

  mutating func removeAll() { count = 0 }

  mutating func append(
    value: MutableFloatPointer, gradient: FloatPointer, state1: MutableFloatPointer?, state2: MutableFloatPointer?,
    count elements: Int, learningRateScale: Float, weightDecay: Float
  ) {
    precondition(count < capacity)
    (rows + count).initialize(
      to: ck_parameter(
        value: value, gradient: gradient, state1: state1, state2: state2, count: Int64(elements),
        learning_rate_scale: learningRateScale, weight_decay: weightDecay))
    count += 1
  }
}

extension Kernels {
  static func sgdStep(
    _ table: borrowing ParameterTable, learningRate: Float, momentum: Float, dampening: Float, nesterov: Bool,
    firstStep: Bool, gradientScale: Float
  ) {
    var options = ck_sgd(
      learning_rate: learningRate, momentum: momentum, dampening: dampening, gradient_scale: gradientScale,
      nesterov: nesterov, first_step: firstStep)
    check(ck_sgd_step(&options, Int64(table.count), table.rows))
  }

  static func adamStep(
    _ table: borrowing ParameterTable, learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, step: Int,
    decoupledWeightDecay: Bool, gradientScale: Float
  ) {
    var options = ck_adam(
      learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, gradient_scale: gradientScale,
      step: Int64(step), decoupled_weight_decay: decoupledWeightDecay)
    check(ck_adam_step(&options, Int64(table.count), table.rows))
  }

  static func rmspropStep(
    _ table: borrowing ParameterTable, learningRate: Float, alpha: Float, epsilon: Float, momentum: Float,
    gradientScale: Float
  ) {
    var options = ck_rmsprop(
      learning_rate: learningRate, alpha: alpha, epsilon: epsilon, momentum: momentum, gradient_scale: gradientScale)
    check(ck_rmsprop_step(&options, Int64(table.count), table.rows))
  }

  static func adagradStep(
    _ table: borrowing ParameterTable, learningRate: Float, epsilon: Float, gradientScale: Float
  ) {
    var options = ck_adagrad(learning_rate: learningRate, epsilon: epsilon, gradient_scale: gradientScale)
    check(ck_adagrad_step(&options, Int64(table.count), table.rows))
  }

  static func gradientNorm(_ table: borrowing ParameterTable) -> Float {
    var norm: Float = 0
    check(ck_gradient_norm(Int64(table.count), table.rows, &norm))
    return norm
  }
}
