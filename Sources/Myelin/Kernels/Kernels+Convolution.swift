internal import CKernels

/// The sizes of one convolution: a picture of `batch` × `height` × `width` × `inputs` to one of `outputs` channels.
struct ConvolutionSizes {
  var batch: Int
  var height: Int
  var width: Int
  var inputs: Int
  var outputs: Int
  var outputHeight: Int
  var outputWidth: Int
  var geometry: ConvolutionGeometry

  /// Pixels of the result.
  var outputPixels: Int { batch * outputHeight * outputWidth }
  var pixels: Int { batch * height * width }

  fileprivate var c: ck_conv2d_shape {
    let pads = geometry.pads(height: height, width: width)
    return ck_conv2d_shape(
      batch: Int64(batch), height: Int64(height), width: Int64(width), input_channels: Int64(inputs),
      output_channels: Int64(outputs), kernel_height: Int64(geometry.kernel.height),
      kernel_width: Int64(geometry.kernel.width), stride_y: Int64(geometry.strideY), stride_x: Int64(geometry.strideX),
      dilation_y: Int64(geometry.dilationY), dilation_x: Int64(geometry.dilationX), pad_top: Int64(pads.top),
      pad_bottom: Int64(pads.bottom), pad_left: Int64(pads.left), pad_right: Int64(pads.right),
      groups: Int64(geometry.groups))
  }

  /// Two operations for each weight that meets a pixel of the result; each array once.
  fileprivate var cost: KernelCost {
    let taps = geometry.kernel.height * geometry.kernel.width * (inputs / geometry.groups)
    return KernelCost(
      operations: 2 * Double(outputPixels) * Double(outputs) * Double(taps),
      bytes: 4 * (Double(pixels) * Double(inputs) + Double(taps * outputs) + Double(outputPixels) * Double(outputs)))
  }
}

extension Kernels {
  /// y = activation(conv(x, w) + bias + residual); z before the activation where given.
  static func convolution(
    _ sizes: ConvolutionSizes, _ x: FloatPointer, _ w: FloatPointer, bias: FloatPointer?, residual: FloatPointer?,
    _ activation: Activation, preactivation: MutableFloatPointer?, _ y: MutableFloatPointer
  ) {
    var (shape, epilogue) = (sizes.c, ck_epilogue(bias, activation, preactivation))
    check(ck_conv2d_f32(&shape, x, w, residual, &epilogue, y), cost: sizes.cost)
  }

  static func convolutionInputGradient(
    _ sizes: ConvolutionSizes, _ dy: FloatPointer, _ w: FloatPointer, _ dx: MutableFloatPointer, _ mode: WriteMode
  ) {
    var shape = sizes.c
    check(ck_conv2d_input_gradient_f32(&shape, dy, w, dx, mode.c), cost: sizes.cost)
  }

  static func convolutionWeightGradient(
    _ sizes: ConvolutionSizes, _ x: FloatPointer, _ dy: FloatPointer, _ dw: MutableFloatPointer, _ mode: WriteMode
  ) {
    var shape = sizes.c
    check(ck_conv2d_weight_gradient_f32(&shape, x, dy, dw, nil, mode.c), cost: sizes.cost)
  }

  /// The transposed convolution: x has the sizes of the convolution's result, y those of its input.
  static func convolutionTransposed(
    _ sizes: ConvolutionSizes, _ x: FloatPointer, _ w: FloatPointer, bias: FloatPointer?, _ activation: Activation,
    preactivation: MutableFloatPointer?, _ y: MutableFloatPointer
  ) {
    var (shape, epilogue) = (sizes.c, ck_epilogue(bias, activation, preactivation))
    check(ck_conv2d_transposed_f32(&shape, x, w, nil, &epilogue, y), cost: sizes.cost)
  }
}

extension ck_epilogue {
  fileprivate init(_ bias: FloatPointer?, _ activation: Activation, _ preactivation: MutableFloatPointer?) {
    let (kind, parameter) = activation.c
    self.init(bias: bias, activation: kind, activation_parameter: parameter, preactivation: preactivation)
  }
}
