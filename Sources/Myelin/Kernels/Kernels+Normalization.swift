internal import CKernels

/// What follows a normalisation in the same kernel: activation(normalised + residual).
struct NormEpilogue {
  var activation: Activation
  var residual: FloatPointer?

  fileprivate func with<Result>(_ body: (UnsafePointer<ck_norm_epilogue>) -> Result) -> Result {
    var c = ck_norm_epilogue(
      activation: activation.c.kind, activation_parameter: activation.c.parameter, residual: residual)
    return body(&c)
  }
}

/// A layer's weight and bias, where it has them.
struct NormParameters {
  var weight: FloatPointer?
  var bias: FloatPointer?
}

/// Where the gradients of a normalisation go; `residual` [as x] is overwritten and may be `dy` itself.
struct NormGradients {
  var residual: MutableFloatPointer?
  var x: GradientTarget
  var weight: GradientTarget
  var bias: GradientTarget
}

extension Kernels {
  /// Training: y and the batch's statistics, and the running ones moved towards them.
  static func batchNormForward(
    rows: Int, channels: Int, _ x: FloatPointer, _ parameters: NormParameters, epsilon: Float,
    _ epilogue: NormEpilogue, momentum: Float, runningMean: MutableFloatPointer?, runningVariance: MutableFloatPointer?,
    mean: MutableFloatPointer, inverseDeviation: MutableFloatPointer, _ y: MutableFloatPointer
  ) {
    epilogue.with { epilogue in
      check(
        ck_batch_norm_forward(
          Int64(rows), Int64(channels), x, parameters.weight, parameters.bias, epsilon, epilogue, momentum, runningMean,
          runningVariance, mean, inverseDeviation, y),
        cost: .arrays(3 + (epilogue.pointee.residual == nil ? 0 : 1), rows * channels, operations: 6))
    }
  }

  /// Inference: y by given statistics.
  static func batchNormInference(
    rows: Int, channels: Int, _ x: FloatPointer, _ parameters: NormParameters, epsilon: Float,
    _ epilogue: NormEpilogue, mean: FloatPointer, variance: FloatPointer, _ y: MutableFloatPointer
  ) {
    epilogue.with { epilogue in
      check(
        ck_batch_norm_inference(
          Int64(rows), Int64(channels), x, parameters.weight, parameters.bias, epsilon, epilogue, mean, variance, y),
        cost: .arrays(2 + (epilogue.pointee.residual == nil ? 0 : 1), rows * channels, operations: 3))
    }
  }

  static func batchNormBackward(
    rows: Int, channels: Int, _ x: FloatPointer, _ parameters: NormParameters, _ epilogue: NormEpilogue,
    mean: FloatPointer, inverseDeviation: FloatPointer, batchStatistics: Bool, _ dy: FloatPointer,
    _ gradients: NormGradients
  ) {
    epilogue.with { epilogue in
      check(
        ck_batch_norm_backward(
          Int64(rows), Int64(channels), x, parameters.weight, parameters.bias, epilogue, mean, inverseDeviation,
          batchStatistics, dy, gradients.residual, gradients.x.pointer, gradients.x.mode.c, gradients.weight.pointer,
          gradients.weight.mode.c, gradients.bias.pointer, gradients.bias.mode.c),
        cost: .arrays(5, rows * channels, operations: 10))
    }
  }

  static func groupNormForward(
    batch: Int, pixels: Int, channels: Int, groups: Int, _ x: FloatPointer, _ parameters: NormParameters,
    epsilon: Float, _ epilogue: NormEpilogue, mean: MutableFloatPointer, inverseDeviation: MutableFloatPointer,
    _ y: MutableFloatPointer
  ) {
    epilogue.with { epilogue in
      check(
        ck_group_norm_forward(
          Int64(batch), Int64(pixels), Int64(channels), Int64(groups), x, parameters.weight, parameters.bias, epsilon,
          epilogue, mean, inverseDeviation, y),
        cost: .arrays(2 + (epilogue.pointee.residual == nil ? 0 : 1), batch * pixels * channels, operations: 6))
    }
  }

  static func groupNormBackward(
    batch: Int, pixels: Int, channels: Int, groups: Int, _ x: FloatPointer, _ parameters: NormParameters,
    _ epilogue: NormEpilogue, mean: FloatPointer, inverseDeviation: FloatPointer, _ dy: FloatPointer,
    _ gradients: NormGradients
  ) {
    epilogue.with { epilogue in
      check(
        ck_group_norm_backward(
          Int64(batch), Int64(pixels), Int64(channels), Int64(groups), x, parameters.weight, parameters.bias, epilogue,
          mean, inverseDeviation, dy, gradients.residual, gradients.x.pointer, gradients.x.mode.c,
          gradients.weight.pointer, gradients.weight.mode.c, gradients.bias.pointer, gradients.bias.mode.c),
        cost: .arrays(3, batch * pixels * channels, operations: 10))
    }
  }

  static func layerNormForward(
    rows: Int, columns: Int, _ x: FloatPointer, _ parameters: NormParameters, epsilon: Float,
    mean: MutableFloatPointer, inverseDeviation: MutableFloatPointer, _ y: MutableFloatPointer
  ) {
    check(
      ck_layer_norm_forward(
        Int64(rows), Int64(columns), x, parameters.weight, parameters.bias, epsilon, mean, inverseDeviation, y),
      cost: .arrays(2, rows * columns, operations: 6))
  }

  static func layerNormBackward(
    rows: Int, columns: Int, _ x: FloatPointer, weight: FloatPointer?, mean: FloatPointer,
    inverseDeviation: FloatPointer, _ dy: FloatPointer, _ dx: GradientTarget, _ dweight: GradientTarget,
    _ dbias: GradientTarget
  ) {
    check(
      ck_layer_norm_backward(
        Int64(rows), Int64(columns), x, weight, mean, inverseDeviation, dy, dx.pointer, dx.mode.c, dweight.pointer,
        dweight.mode.c, dbias.pointer, dbias.mode.c),
      cost: .arrays(3, rows * columns, operations: 10))
  }

  static func rmsNormForward(
    rows: Int, columns: Int, _ x: FloatPointer, weight: FloatPointer?, epsilon: Float,
    inverseDeviation: MutableFloatPointer, _ y: MutableFloatPointer
  ) {
    check(
      ck_rms_norm_forward(Int64(rows), Int64(columns), x, weight, epsilon, inverseDeviation, y),
      cost: .arrays(2, rows * columns, operations: 4))
  }

  static func rmsNormBackward(
    rows: Int, columns: Int, _ x: FloatPointer, weight: FloatPointer?, inverseDeviation: FloatPointer,
    _ dy: FloatPointer, _ dx: GradientTarget, _ dweight: GradientTarget
  ) {
    check(
      ck_rms_norm_backward(
        Int64(rows), Int64(columns), x, weight, inverseDeviation, dy, dx.pointer, dx.mode.c, dweight.pointer,
        dweight.mode.c),
      cost: .arrays(3, rows * columns, operations: 8))
  }
}
