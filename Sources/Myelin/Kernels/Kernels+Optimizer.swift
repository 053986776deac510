internal import CKernels

/// What an optimizer kernel reads of each parameter: a C array that is kept between steps.
struct ParameterTable: ~Copyable {
  fileprivate let rows: UnsafeMutablePointer<ck_parameter>
  let capacity: Int
  private(set) var count = 0
  /// Elements of all parameters, and bytes that a step over them moves: each value and state both ways, each gradient once.
  private(set) var elements = 0
  private(set) var bytes = 0

  init(capacity: Int) {
    self.capacity = capacity
    rows = .allocate(capacity: max(capacity, 1))
  }

  deinit { rows.deallocate() }

  mutating func removeAll() { (count, elements, bytes) = (0, 0, 0) }

  mutating func append(
    value: MutableFloatPointer, gradient: FloatPointer, state1: MutableFloatPointer?, state2: MutableFloatPointer?,
    count elements: Int, rowLength: Int, step: Int, learningRateScale: Float, weightDecay: Float
  ) {
    require(count < capacity, "ParameterTable: more than \(capacity) parameters")
    (rows + count).initialize(
      to: ck_parameter(
        value: value, gradient: gradient, state1: state1, state2: state2, count: Int64(elements),
        step: Int64(step), learning_rate_scale: learningRateScale, weight_decay: weightDecay,
        row_length: Int64(rowLength)))
    count += 1
    self.elements += elements
    bytes += 4 * elements * (3 + (state1 == nil ? 0 : 2) + (state2 == nil ? 0 : 2))
  }

  fileprivate var cost: KernelCost { KernelCost(operations: Double(elements), bytes: Double(bytes)) }
}

/// One optimizer's step, with its numbers as the kernels take them.
struct OptimizerStep {
  fileprivate var options = ck_optimizer()

  static func sgd(
    learningRate: Float, momentum: Float, dampening: Float, nesterov: Bool, gradientScale: Float
  ) -> OptimizerStep {
    var step = OptimizerStep()
    step.options.kind = CK_SGD
    step.options.sgd = ck_sgd(
      learning_rate: learningRate, momentum: momentum, dampening: dampening, gradient_scale: gradientScale,
      nesterov: nesterov)
    return step
  }

  static func adam(
    learningRate: Float, beta1: Float, beta2: Float, epsilon: Float, decoupledWeightDecay: Bool, gradientScale: Float
  ) -> OptimizerStep {
    var step = OptimizerStep()
    step.options.kind = CK_ADAM
    step.options.adam = ck_adam(
      learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, gradient_scale: gradientScale,
      decoupled_weight_decay: decoupledWeightDecay)
    return step
  }

  static func rmsprop(
    learningRate: Float, alpha: Float, epsilon: Float, momentum: Float, gradientScale: Float
  ) -> OptimizerStep {
    var step = OptimizerStep()
    step.options.kind = CK_RMSPROP
    step.options.rmsprop = ck_rmsprop(
      learning_rate: learningRate, alpha: alpha, epsilon: epsilon, momentum: momentum, gradient_scale: gradientScale)
    return step
  }

  static func adagrad(learningRate: Float, epsilon: Float, gradientScale: Float) -> OptimizerStep {
    var step = OptimizerStep()
    step.options.kind = CK_ADAGRAD
    step.options.adagrad = ck_adagrad(learning_rate: learningRate, epsilon: epsilon, gradient_scale: gradientScale)
    return step
  }
}

extension Kernels {
  /// The kernels of an optimizer's step, as a profile tells them from those of a model.
  static let optimizerKernels: Set<String> = ["update", "gradientNorm"]
}

extension Kernels {
  /// The step over all parameters of the table.
  static func update(_ table: borrowing ParameterTable, _ step: OptimizerStep) {
    var options = step.options
    let cost = table.cost
    check(ck_optimizer_step(&options, Int64(table.count), table.rows), cost: cost)
  }

  /// The step over the table's one parameter [inputs, outputs] with the gradient xᵀ dz: x [rows, inputs], dz [rows,
  /// outputs]. `gradient` is memory to work in.
  static func update(
    _ table: borrowing ParameterTable, _ step: OptimizerStep, rows: Int, inputs: Int, outputs: Int, x: FloatPointer,
    dz: FloatPointer, gradient: MutableFloatPointer
  ) {
    require(table.count == 1, "a step with a product takes one parameter, not \(table.count)")
    var options = step.options
    var cost = KernelCost.product(inputs, outputs, rows)
    // The gradient stays in the cache.
    cost.bytes += table.cost.bytes - 8 * Double(table.elements)
    check(
      ck_gemm_step_f32(
        CK_TRANSPOSE, CK_NO_TRANSPOSE, Int64(inputs), Int64(outputs), Int64(rows), x, Int64(inputs), dz,
        Int64(outputs), gradient, &options, table.rows),
      cost: cost)
  }

  static func gradientNorm(_ table: borrowing ParameterTable) -> Float {
    var norm: Float = 0
    check(ck_gradient_norm(Int64(table.count), table.rows, &norm))
    return norm
  }
}
