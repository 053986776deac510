// Convolutions as operations of the tape; the layers are in Conv2D.swift.

/// activation(conv(x, w) + b + residual), one fused kernel forward.
///
///     conv(x, w)[n, p, q, o] = Σ over i, j, c of w[i, j, c, o] x[n, p·stride + i·dilation − pad, q·stride + …, c]
///
/// x is [N, H, W, C], w [kernel height, kernel width, C / groups, O], b [O] or nil, residual of the result's shape
/// [N, P, Q, O] or nil; x is 0 outside the picture. Precondition: the sizes fit, and the window fits into the padded
/// picture.
public func convolution(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, adding residual: Tensor? = nil,
  _ activation: Activation = .identity, geometry: ConvolutionGeometry
) -> Tensor {
  require(
    x.rank == 4 && weight.rank == 4 && weight.shape[0] == geometry.kernel.height
      && weight.shape[1] == geometry.kernel.width && weight.shape[2] * geometry.groups == x.shape[3]
      && weight.shape[3] % geometry.groups == 0 && (bias == nil || bias!.count == weight.shape[3]),
    "convolution: input \(x.shape), weight \(weight.shape), bias \(bias?.shape.description ?? "none"), "
      + "\(geometry.groups) groups")
  let (height, width) = (x.shape[1], x.shape[2])
  guard let size = geometry.outputSize(height: height, width: width) else {
    misuse(
      "convolution: a window of \(geometry.reachY)×\(geometry.reachX) does not fit into a padded picture of \(x.shape)")
  }
  let outputs = weight.shape[3]
  let sizes = ConvolutionSizes(
    batch: x.shape[0], height: height, width: width, inputs: x.shape[3], outputs: outputs, outputHeight: size.height,
    outputWidth: size.width, geometry: geometry)
  var result = Tensor(uninitialized: [x.shape[0], size.height, size.width, outputs])
  require(
    residual == nil || residual!.shape == result.shape,
    "convolution: a residual of shape \(residual?.shape ?? []) for a result of \(result.shape)")
  let (xNode, weightNode, biasNode, residualNode) = (x.source, weight.source, bias?.source, residual?.source)
  let recording = xNode != nil || weightNode != nil || biasNode != nil || residualNode != nil
  let preactivation =
    recording && activation.backwardNeedsInput ? Tensor(uninitialized: result.shape) : nil
  Kernels.convolution(
    sizes, x.pointer, weight.pointer, bias: bias?.pointer, residual: residual?.pointer, activation,
    preactivation: preactivation?.pointer, result.pointer)
  guard recording else { return result }

  let saved: Tensor? = activation == .identity ? nil : (preactivation ?? result)
  let (x, weight) = (x.detached, weight.detached)
  result.record("convolution") { gradient, pass in
    let dz = pass.preactivationGradient(
      &gradient, activation, saved: saved, rows: sizes.outputPixels, columns: outputs, bias: biasNode)
    if let weightNode {
      pass.accumulate(into: weightNode) {
        Kernels.convolutionWeightGradient(sizes, x.pointer, dz.pointer, $0, $1)
      }
    }
    if let xNode {
      pass.accumulate(into: xNode) {
        Kernels.convolutionInputGradient(sizes, dz.pointer, weight.pointer, $0, $1)
      }
    }
    if let residualNode { pass.accumulate(into: residualNode, dz) }
  }
  return result
}

/// activation(convᵀ(x, w) + b): the transposed convolution, which spreads each pixel over a window; the gradient of a
/// convolution by its input, as an operation.
///
/// x is [N, P, Q, C], w [kernel height, kernel width, O / groups, C], b [O] or nil, the result [N, H, W, O] with H and W
/// of ``ConvolutionGeometry/transposedSize(height:width:)``, and so many more rows and columns as `outputPadding` says:
/// of the sizes that a convolution would lead back to x from, which differ by less than the stride. Precondition: the
/// sizes fit.
public func transposedConvolution(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, _ activation: Activation = .identity,
  geometry: ConvolutionGeometry, outputPadding: (y: Int, x: Int) = (0, 0)
) -> Tensor {
  require(
    x.rank == 4 && weight.rank == 4 && weight.shape[0] == geometry.kernel.height
      && weight.shape[1] == geometry.kernel.width && weight.shape[3] == x.shape[3]
      && x.shape[3] % geometry.groups == 0 && (bias == nil || bias!.count == weight.shape[2] * geometry.groups),
    "transposedConvolution: input \(x.shape), weight \(weight.shape), "
      + "bias \(bias?.shape.description ?? "none"), \(geometry.groups) groups")
  let (rows, columns) = (x.shape[1], x.shape[2])
  let size = geometry.transposedSize(height: rows, width: columns)
  let (height, width) = (size.height + outputPadding.y, size.width + outputPadding.x)
  let back = geometry.outputSize(height: height, width: width)
  require(
    height > 0 && width > 0 && back?.height == rows && back?.width == columns,
    "transposedConvolution: no picture of \(height)×\(width) leads to \(rows)×\(columns) "
      + "(output padding \(outputPadding) must be below the stride)")
  let outputs = weight.shape[2] * geometry.groups
  // The sizes of the convolution that leads back.
  let sizes = ConvolutionSizes(
    batch: x.shape[0], height: height, width: width, inputs: outputs, outputs: x.shape[3], outputHeight: rows,
    outputWidth: columns, geometry: geometry)
  var result = Tensor(uninitialized: [x.shape[0], height, width, outputs])
  let (xNode, weightNode, biasNode) = (x.source, weight.source, bias?.source)
  let recording = xNode != nil || weightNode != nil || biasNode != nil
  let preactivation =
    recording && activation.backwardNeedsInput ? Tensor(uninitialized: result.shape) : nil
  Kernels.convolutionTransposed(
    sizes, x.pointer, weight.pointer, bias: bias?.pointer, activation, preactivation: preactivation?.pointer,
    result.pointer)
  guard recording else { return result }

  let saved: Tensor? = activation == .identity ? nil : (preactivation ?? result)
  let (x, weight) = (x.detached, weight.detached)
  result.record("transposedConvolution") { gradient, pass in
    let dz = pass.preactivationGradient(
      &gradient, activation, saved: saved, rows: sizes.pixels, columns: outputs, bias: biasNode)
    if let weightNode {
      pass.accumulate(into: weightNode) {
        Kernels.convolutionWeightGradient(sizes, dz.pointer, x.pointer, $0, $1)
      }
    }
    if let xNode {
      let back = Tensor(uninitialized: x.shape)
      Kernels.convolution(
        sizes, dz.pointer, weight.pointer, bias: nil, residual: nil, .identity, preactivation: nil, back.pointer)
      pass.accumulate(into: xNode, back)
    }
  }
  return result
}
