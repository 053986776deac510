/// A convolution over pictures: y = activation(conv(x, W) + b), one fused kernel forward (LeCun et al. 1989).
///
/// ```swift
/// let model = Sequential {
///   Conv2D(3, 32, kernel: 3, padding: .same, activation: .relu)
///   Conv2D(32, 64, kernel: 3, stride: 2, padding: 1, activation: .relu)
///   Flatten()
///   Dense(16 * 16 * 64, 10)
/// }
/// ```
/// x is [N, H, W, inputs], W [kernel, kernel, inputs / groups, outputs], b [outputs], y [N, P, Q, outputs] with the sizes
/// of ``ConvolutionGeometry``.
public final class Conv2D: Module, CustomStringConvertible {
  /// W [kernel height, kernel width, inputs / groups, outputs].
  public let weight: Parameter
  /// b [outputs]; nil without one.
  public let bias: Parameter?
  /// What is applied to conv(x, W) + b.
  public let activation: Activation
  /// Kernel, stride, padding, dilation and groups.
  public let geometry: ConvolutionGeometry
  /// Channels of x.
  public let inputs: Int
  /// Channels of the result.
  public let outputs: Int
  /// What it computes without gradients, once the normalisation after it is part of it.
  var folded: FoldedConvolution?

  /// Weights start by `initializer`: by default He's uniform for the ReLU family, else Glorot's; the bias starts at 0.
  ///
  /// - Parameters:
  ///   - inputs: channels of x, at least 1.
  ///   - outputs: channels of the result, at least 1.
  ///   - geometry: kernel, stride, padding, dilation and groups. Precondition: groups divides both numbers of channels.
  ///   - activation: what is applied to conv(x, W) + b, in the same kernel.
  ///   - bias: whether there is a b.
  ///   - initializer: how the weights start; nil for the usual start of the activation.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, _ outputs: Int, geometry: ConvolutionGeometry, activation: Activation = .identity,
    bias: Bool = true, initializer: Initializer? = nil, generator: RandomGenerator = .shared
  ) {
    let groups = geometry.groups
    require(
      inputs > 0 && outputs > 0 && inputs % groups == 0 && outputs % groups == 0,
      "Conv2D(\(inputs), \(outputs)): channels start at 1, and \(groups) groups divide them")
    self.inputs = inputs
    self.outputs = outputs
    self.geometry = geometry
    self.activation = activation
    let (rows, columns) = geometry.kernel
    let initializer = initializer ?? activation.usualInitializer
    weight = Parameter(
      initializer.make(
        [rows, columns, inputs / groups, outputs], rows * columns * inputs / groups, rows * columns * outputs / groups,
        generator))
    self.bias = bias ? Parameter(Tensor(zeros: Shape(outputs))) : nil
  }

  /// As `init(_:_:geometry:…)` with a square window and the same stride and dilation both ways.
  public convenience init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: ConvolutionGeometry.Padding = .valid,
    dilation: Int = 1, groups: Int = 1, activation: Activation = .identity, bias: Bool = true,
    initializer: Initializer? = nil, generator: RandomGenerator = .shared
  ) {
    self.init(
      inputs, outputs,
      geometry: ConvolutionGeometry(
        kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: groups),
      activation: activation, bias: bias, initializer: initializer, generator: generator)
  }

  /// activation(conv(x, W) + b): x [N, H, W, inputs]. Precondition: the channels fit, and the window fits into the padded
  /// picture.
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, adding: nil) }

  /// activation(conv(x, W) + b + residual), the residual of the result's shape.
  public func callAsFunction(_ x: Tensor, adding residual: Tensor?) -> Tensor {
    Observation.layer(self) {
      if let folded, !isRecordingGradients {
        return convolution(x, folded.weight, folded.bias, adding: residual, folded.activation, geometry: geometry)
      }
      return convolution(x, weight.value, bias?.value, adding: residual, activation, geometry: geometry)
    }
  }

  public var description: String {
    "Conv2D(\(inputs), \(outputs), \(geometry.kernelText)\(geometry.options)\(activation.suffix(bias != nil)))"
  }
}

/// A convolution along time or another single axis: y = activation(conv(x, W) + b).
///
/// x is [N, T, inputs], W [1, kernel, inputs / groups, outputs], b [outputs], y [N, T′, outputs] with
/// T′ = ⌊(T + pad − dilation · (kernel − 1) − 1) / stride⌋ + 1.
public final class Conv1D: Module, CustomStringConvertible {
  /// Zeros before the first and after the last step.
  public enum Padding: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// None.
    case valid
    /// As many that the result has ⌈T / stride⌉ steps; an odd one more at the end.
    case same
    /// All before the first step, so that no step sees a later one; the result has ⌈T / stride⌉ steps.
    case causal
    /// So many.
    case explicit(before: Int, after: Int)

    public init(integerLiteral count: Int) { self = .explicit(before: count, after: count) }
  }

  /// W [1, kernel, inputs / groups, outputs].
  public let weight: Parameter
  /// b [outputs]; nil without one.
  public let bias: Parameter?
  /// What is applied to conv(x, W) + b.
  public let activation: Activation
  /// Kernel, stride, padding, dilation and groups of the convolution over a picture of one row.
  public let geometry: ConvolutionGeometry
  /// Channels of x.
  public let inputs: Int
  /// Channels of the result.
  public let outputs: Int

  /// Weights start as those of ``Conv2D``.
  ///
  /// - Parameters:
  ///   - inputs: channels of x, at least 1.
  ///   - outputs: channels of the result, at least 1.
  ///   - kernel: steps of the window.
  ///   - stride: steps from window to window.
  ///   - padding: zeros before and after.
  ///   - dilation: steps from one element of the window to the next.
  ///   - groups: parts of the channels, each convolved on its own.
  ///   - activation: what is applied to conv(x, W) + b, in the same kernel.
  ///   - bias: whether there is a b.
  ///   - initializer: how the weights start; nil for the usual start of the activation.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Padding = .valid, dilation: Int = 1,
    groups: Int = 1, activation: Activation = .identity, bias: Bool = true, initializer: Initializer? = nil,
    generator: RandomGenerator = .shared
  ) {
    require(
      inputs > 0 && outputs > 0 && inputs % groups == 0 && outputs % groups == 0,
      "Conv1D(\(inputs), \(outputs)): channels start at 1, and \(groups) groups divide them")
    self.inputs = inputs
    self.outputs = outputs
    self.activation = activation
    let pads: ConvolutionGeometry.Padding =
      switch padding {
      case .valid: .valid
      case .same: .same
      case .causal: .explicit(top: 0, bottom: 0, left: dilation * (kernel - 1), right: 0)
      case .explicit(let before, let after): .explicit(top: 0, bottom: 0, left: before, right: after)
      }
    geometry = ConvolutionGeometry(
      kernel: (1, kernel), stride: (1, stride), padding: pads, dilation: (1, dilation), groups: groups)
    let initializer = initializer ?? activation.usualInitializer
    weight = Parameter(
      initializer.make(
        [1, kernel, inputs / groups, outputs], kernel * inputs / groups, kernel * outputs / groups, generator))
    self.bias = bias ? Parameter(Tensor(zeros: Shape(outputs))) : nil
  }

  /// activation(conv(x, W) + b): x [N, T, inputs]. Precondition: the channels fit, and the window fits into the padded
  /// series.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      require(x.rank == 3, "Conv1D: an input of shape \(x.shape), not [N, T, \(inputs)]")
      return convolution(x.expanded(at: 1), weight.value, bias?.value, activation, geometry: geometry)
        .squeezed(axis: 1)
    }
  }

  public var description: String {
    "Conv1D(\(inputs), \(outputs), \(geometry.kernel.width)\(geometry.options)\(activation.suffix(bias != nil)))"
  }
}

/// A convolution of each channel on its own: ``Conv2D`` with as many groups as channels.
///
/// x is [N, H, W, channels], W [kernel, kernel, 1, channels · multiplier], y [N, P, Q, channels · multiplier].
public func DepthwiseConv2D(
  _ channels: Int, kernel: Int, multiplier: Int = 1, stride: Int = 1, padding: ConvolutionGeometry.Padding = .valid,
  dilation: Int = 1, activation: Activation = .identity, bias: Bool = true, initializer: Initializer? = nil,
  generator: RandomGenerator = .shared
) -> Conv2D {
  Conv2D(
    channels, channels * multiplier, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
    groups: channels, activation: activation, bias: bias, initializer: initializer, generator: generator)
}

/// A transposed convolution, which makes a picture larger: y = activation(convᵀ(x, W) + b).
///
/// x is [N, P, Q, inputs], W [kernel, kernel, outputs / groups, inputs], b [outputs], y [N, H, W, outputs] with the sizes
/// of ``ConvolutionGeometry/transposedSize(height:width:)`` and `outputPadding` more.
public final class ConvTranspose2D: Module, CustomStringConvertible {
  /// W [kernel height, kernel width, outputs / groups, inputs].
  public let weight: Parameter
  /// b [outputs]; nil without one.
  public let bias: Parameter?
  /// What is applied to convᵀ(x, W) + b.
  public let activation: Activation
  /// Kernel, stride, padding, dilation and groups.
  public let geometry: ConvolutionGeometry
  /// Rows and columns more than the least that the stride allows, below the stride.
  public let outputPadding: Int
  /// Channels of x.
  public let inputs: Int
  /// Channels of the result.
  public let outputs: Int

  /// Weights start as those of ``Conv2D``.
  ///
  /// - Parameters:
  ///   - inputs: channels of x, at least 1.
  ///   - outputs: channels of the result, at least 1.
  ///   - kernel: rows and columns of the window.
  ///   - stride: how far apart neighbouring pixels of x stand in the result.
  ///   - padding: rows and columns that are cut off around the result.
  ///   - outputPadding: rows and columns more at the bottom and at the right, below the stride.
  ///   - dilation: rows and columns from one of the window to the next.
  ///   - groups: parts of the channels, each convolved on its own.
  ///   - activation: what is applied to convᵀ(x, W) + b, in the same kernel.
  ///   - bias: whether there is a b.
  ///   - initializer: how the weights start; nil for the usual start of the activation.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: ConvolutionGeometry.Padding = .valid,
    outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1, activation: Activation = .identity, bias: Bool = true,
    initializer: Initializer? = nil, generator: RandomGenerator = .shared
  ) {
    require(
      inputs > 0 && outputs > 0 && inputs % groups == 0 && outputs % groups == 0,
      "ConvTranspose2D(\(inputs), \(outputs)): channels start at 1, and \(groups) groups divide them")
    require(
      (0..<stride).contains(outputPadding), "ConvTranspose2D: output padding \(outputPadding) with stride \(stride)")
    self.inputs = inputs
    self.outputs = outputs
    self.outputPadding = outputPadding
    self.activation = activation
    geometry = ConvolutionGeometry(
      kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: groups)
    let initializer = initializer ?? activation.usualInitializer
    // A pixel of the result is met by every stride-th row and column of the window.
    let fanIn = max(kernel * kernel * inputs / (groups * stride * stride), 1)
    weight = Parameter(
      initializer.make(
        [kernel, kernel, outputs / groups, inputs], fanIn, kernel * kernel * outputs / groups, generator))
    self.bias = bias ? Parameter(Tensor(zeros: Shape(outputs))) : nil
  }

  /// activation(convᵀ(x, W) + b): x [N, P, Q, inputs]. Precondition: the channels fit.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      transposedConvolution(
        x, weight.value, bias?.value, activation, geometry: geometry, outputPadding: (outputPadding, outputPadding))
    }
  }

  public var description: String {
    let more = outputPadding == 0 ? "" : ", output padding \(outputPadding)"
    return "ConvTranspose2D(\(inputs), \(outputs), \(geometry.kernelText)\(geometry.options)\(more)"
      + "\(activation.suffix(bias != nil)))"
  }
}
