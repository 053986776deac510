internal import CKernels

extension Activation {
  @inline(__always)
  var c: (kind: ck_activation, parameter: Float) {
    switch self {
    case .identity: (CK_IDENTITY, 0)
    case .relu: (CK_RELU, 0)
    case .leakyReLU(let slope): (CK_LEAKY_RELU, slope)
    case .sigmoid: (CK_SIGMOID, 0)
    case .tanh: (CK_TANH, 0)
    case .gelu: (CK_GELU, 0)
    case .geluTanh: (CK_GELU_TANH, 0)
    case .silu: (CK_SILU, 0)
    case .elu(let alpha): (CK_ELU, alpha)
    case .softplus: (CK_SOFTPLUS, 0)
    case .hardSigmoid: (CK_HARD_SIGMOID, 0)
    case .step: (CK_STEP, 0)
    }
  }

  /// Whether the backward pass reads the input of the forward pass, else its output.
  var backwardNeedsInput: Bool { ck_activation_backward_needs_input(c.kind) }
}

extension Kernels {
  static func activationForward(_ activation: Activation, _ count: Int, _ x: FloatPointer, _ y: MutableFloatPointer) {
    check(ck_activation_forward(activation.c.kind, activation.c.parameter, Int64(count), x, y), cost: .arrays(2, count))
  }

  static func activationBackward(
    _ activation: Activation, _ count: Int, _ xOrY: FloatPointer, _ dy: FloatPointer, _ dx: MutableFloatPointer,
    _ mode: WriteMode
  ) {
    check(
      ck_activation_backward(activation.c.kind, activation.c.parameter, Int64(count), xOrY, dy, dx, mode.c),
      cost: .arrays(3, count))
  }

  /// dz [rows, columns] = dy activation'(x or y); dbias [columns] (=, +=) its sums over the rows.
  static func biasActivationBackward(
    _ activation: Activation, rows: Int, columns: Int, _ xOrY: FloatPointer?, _ dy: FloatPointer,
    _ dz: MutableFloatPointer?, _ dbias: MutableFloatPointer?, _ mode: WriteMode
  ) {
    check(
      ck_bias_activation_backward(
        activation.c.kind, activation.c.parameter, Int64(rows), Int64(columns), xOrY, dy, dz, dbias, mode.c),
      cost: .arrays(1 + (xOrY == nil ? 0 : 1) + (dz == nil ? 0 : 1), rows * columns))
  }

  static func preluForward(
    rows: Int, columns: Int, _ x: FloatPointer, slopes: Int, _ slope: FloatPointer, _ y: MutableFloatPointer
  ) {
    check(ck_prelu_forward(Int64(rows), Int64(columns), x, Int64(slopes), slope, y), cost: .arrays(2, rows * columns))
  }

  static func preluBackward(
    rows: Int, columns: Int, _ x: FloatPointer, slopes: Int, _ slope: FloatPointer, _ dy: FloatPointer,
    _ dx: MutableFloatPointer?, _ dxMode: WriteMode, _ dslope: MutableFloatPointer?, _ dslopeMode: WriteMode
  ) {
    check(
      ck_prelu_backward(
        Int64(rows), Int64(columns), x, Int64(slopes), slope, dy, dx, dxMode.c, dslope, dslopeMode.c),
      cost: .arrays(3, rows * columns))
  }

  static func rreluForward(
    _ count: Int, lower: Float, upper: Float, _ draw: RandomDraw, _ x: FloatPointer, _ y: MutableFloatPointer
  ) {
    check(ck_rrelu_forward(Int64(count), lower, upper, draw.key, draw.offset, x, y), cost: .arrays(2, count))
  }

  static func rreluBackward(
    _ count: Int, lower: Float, upper: Float, _ draw: RandomDraw, _ x: FloatPointer, _ dy: FloatPointer,
    _ dx: MutableFloatPointer, _ mode: WriteMode
  ) {
    check(
      ck_rrelu_backward(Int64(count), lower, upper, draw.key, draw.offset, x, dy, dx, mode.c), cost: .arrays(3, count))
  }

  static func softmaxForward(rows: Int, columns: Int, _ x: FloatPointer, _ y: MutableFloatPointer) {
    check(ck_softmax_forward(Int64(rows), Int64(columns), x, y), cost: .arrays(2, rows * columns))
  }

  static func softmaxBackward(
    rows: Int, columns: Int, _ y: FloatPointer, _ dy: FloatPointer, _ dx: MutableFloatPointer, _ mode: WriteMode
  ) {
    check(ck_softmax_backward(Int64(rows), Int64(columns), y, dy, dx, mode.c), cost: .arrays(3, rows * columns))
  }

  static func logSoftmaxForward(rows: Int, columns: Int, _ x: FloatPointer, _ y: MutableFloatPointer) {
    check(ck_log_softmax_forward(Int64(rows), Int64(columns), x, y), cost: .arrays(2, rows * columns))
  }

  static func logSoftmaxBackward(
    rows: Int, columns: Int, _ y: FloatPointer, _ dy: FloatPointer, _ dx: MutableFloatPointer, _ mode: WriteMode
  ) {
    check(ck_log_softmax_backward(Int64(rows), Int64(columns), y, dy, dx, mode.c), cost: .arrays(3, rows * columns))
  }
}
