/// Batch normalisation (Ioffe & Szegedy 2015): y = activation(γ (x − μ) / √(σ² + ε) + β), channel by channel, in one
/// kernel.
///
/// x is [..., channels]: features [batch, channels] or images [batch, height, width, channels]. While gradients are
/// recorded μ and σ² are mean and (biased) variance of the channel over all other axes, and the running statistics move
/// towards them; inside ``withoutGradient(_:)`` they are the running statistics. `weight` is γ, `bias` β.
///
/// ```swift
/// let body = Sequential {
///   Conv2D(16, 32, kernel: 3, bias: false)
///   BatchNorm(32, activation: .relu)
/// }
/// ```
public final class BatchNorm: Module, CustomStringConvertible {
  /// γ [channels], 1 at first; nil without an affine part.
  public let weight: Parameter?
  /// β [channels], 0 at first; nil without an affine part.
  public let bias: Parameter?
  /// Running mean [channels], 0 at first.
  public let runningMean: Buffer
  /// Running unbiased variance [channels], 1 at first.
  public let runningVariance: Buffer
  /// Size of x's last axis.
  public let channels: Int
  /// ε, added to the variance.
  public let epsilon: Float
  /// How far the running statistics move towards a batch's: running ← (1 − momentum) running + momentum batch.
  public let momentum: Float
  /// What is applied to the normalised values, in the same kernel.
  public let activation: Activation
  /// Uses the running statistics also while gradients are recorded, and leaves them as they are: for fine-tuning with
  /// batches too small to tell a variance.
  public var usesRunningStatistics: Bool
  /// Whether the convolution before it does its work without gradients.
  var isFolded = false

  /// - Parameters:
  ///   - channels: size of x's last axis, at least 1.
  ///   - activation: what is applied to the result, in the same kernel.
  ///   - epsilon: ε, added to the variance.
  ///   - momentum: how far the running statistics move towards a batch's, in 0 … 1.
  ///   - affine: whether there are γ and β.
  ///   - usesRunningStatistics: never to look at the batch.
  public init(
    _ channels: Int, activation: Activation = .identity, epsilon: Float = 1e-5, momentum: Float = 0.1,
    affine: Bool = true, usesRunningStatistics: Bool = false
  ) {
    require(channels > 0, "BatchNorm(\(channels)): there is at least one channel")
    require(momentum >= 0 && momentum <= 1, "BatchNorm: a momentum of \(momentum), not in 0 ... 1")
    self.channels = channels
    self.activation = activation
    self.epsilon = epsilon
    self.momentum = momentum
    self.usesRunningStatistics = usesRunningStatistics
    weight = affine ? Parameter(Tensor(ones: Shape(channels))) : nil
    bias = affine ? Parameter(Tensor(zeros: Shape(channels))) : nil
    runningMean = Buffer(Tensor(zeros: Shape(channels)))
    runningVariance = Buffer(Tensor(ones: Shape(channels)))
  }

  /// x normalised, in its shape. A batch of one value a channel has no variance: it becomes β, and the running statistics
  /// stay. Precondition: x's last axis has the layer's channels.
  public func callAsFunction(_ x: Tensor) -> Tensor { self(x, adding: nil) }

  /// activation(normalised x + residual): the end of a residual block in one kernel. Precondition: equal shapes.
  public func callAsFunction(_ x: Tensor, adding residual: Tensor?) -> Tensor {
    Observation.layer(self) {
      require(
        x.rank >= 1 && x.shape[x.rank - 1] == channels,
        "BatchNorm: input \(x.shape) for \(channels) channels")
      if isFoldedAway, residual == nil { return x }
      let norm = Normalization(
        name: "batchNorm", weight: weight?.value, bias: bias?.value, epsilon: epsilon, activation: activation)
      return isRecordingGradients && !usesRunningStatistics
        ? norm.byBatch(x, residual, momentum: momentum, runningMean, runningVariance)
        : norm.byStatistics(x, residual, mean: runningMean.value, variance: runningVariance.value)
    }
  }

  public var description: String {
    "BatchNorm(\(channels)\(activation == .identity ? "" : ", \(activation)"))"
  }
}

/// Group normalisation (Wu & He 2018): as ``BatchNorm``, with mean and variance of each image's channels in `groups` of
/// neighbours, so that no image depends on the others. There is no difference between training and inference.
///
/// x is [batch, ..., channels]. `groups` = `channels` is instance norm, 1 a layer norm over the whole image.
public class GroupNorm: Module, CustomStringConvertible {
  /// γ [channels], 1 at first; nil without an affine part.
  public let weight: Parameter?
  /// β [channels], 0 at first; nil without an affine part.
  public let bias: Parameter?
  /// Into how many groups of equal size the channels fall.
  public let groups: Int
  /// Size of x's last axis.
  public let channels: Int
  /// ε, added to the variance.
  public let epsilon: Float
  /// What is applied to the normalised values, in the same kernel.
  public let activation: Activation

  /// Precondition: `groups` divides `channels`.
  public init(
    groups: Int, _ channels: Int, activation: Activation = .identity, epsilon: Float = 1e-5, affine: Bool = true
  ) {
    require(
      groups > 0 && channels > 0 && channels % groups == 0,
      "GroupNorm: \(channels) channels do not fall into \(groups) groups")
    self.groups = groups
    self.channels = channels
    self.activation = activation
    self.epsilon = epsilon
    weight = affine ? Parameter(Tensor(ones: Shape(channels))) : nil
    bias = affine ? Parameter(Tensor(zeros: Shape(channels))) : nil
  }

  /// x normalised, in its shape. Precondition: x's last axis has the layer's channels, and there is one before it.
  public final func callAsFunction(_ x: Tensor) -> Tensor { self(x, adding: nil) }

  /// activation(normalised x + residual) in one kernel. Precondition: equal shapes.
  public final func callAsFunction(_ x: Tensor, adding residual: Tensor?) -> Tensor {
    Observation.layer(self) {
      require(
        x.rank >= 2 && x.shape[x.rank - 1] == channels, "\(type(of: self)): input \(x.shape) for \(channels) channels")
      let norm = Normalization(
        name: "groupNorm", weight: weight?.value, bias: bias?.value, epsilon: epsilon, activation: activation)
      return norm.byGroups(x, residual, groups: groups)
    }
  }

  public var description: String {
    "GroupNorm(groups: \(groups), \(channels)\(activation == .identity ? "" : ", \(activation)"))"
  }
}

/// Instance normalisation (Ulyanov et al. 2016): each channel of each image by its own mean and variance. x is
/// [batch, ..., channels]. No γ and β unless asked for, as in PyTorch.
public final class InstanceNorm: GroupNorm {
  /// A group norm whose every channel is a group.
  public init(_ channels: Int, activation: Activation = .identity, epsilon: Float = 1e-5, affine: Bool = false) {
    super.init(groups: channels, channels, activation: activation, epsilon: epsilon, affine: affine)
  }

  public override var description: String {
    "InstanceNorm(\(channels)\(activation == .identity ? "" : ", \(activation)"))"
  }
}

/// A normalisation over channels as an operation on the tape.
struct Normalization {
  let name: StaticString
  let weight: Tensor?
  let bias: Tensor?
  let epsilon: Float
  let activation: Activation

  /// By mean and variance of x [..., channels] over all axes but the last.
  func byBatch(_ x: Tensor, _ residual: Tensor?, momentum: Float, _ runningMean: Buffer, _ runningVariance: Buffer)
    -> Tensor
  {
    let (rows, channels) = x.rowsAndColumns
    let (mean, inverseDeviation) = (Tensor(uninitialized: Shape(channels)), Tensor(uninitialized: Shape(channels)))
    return apply(x, residual) { y, epilogue in
      Kernels.batchNormForward(
        rows: rows, channels: channels, x.pointer, parameters, epsilon: epsilon, epilogue, momentum: momentum,
        runningMean: runningMean.mutablePointer(), runningVariance: runningVariance.mutablePointer(),
        mean: mean.pointer, inverseDeviation: inverseDeviation.pointer, y)
    } backward: { x, dy, epilogue, gradients in
      Kernels.batchNormBackward(
        rows: rows, channels: channels, x.pointer, parameters, epilogue, mean: mean.pointer,
        inverseDeviation: inverseDeviation.pointer, batchStatistics: true, dy, gradients)
    }
  }

  /// By given mean and variance [channels].
  func byStatistics(_ x: Tensor, _ residual: Tensor?, mean: Tensor, variance: Tensor) -> Tensor {
    let (rows, channels) = x.rowsAndColumns
    return apply(x, residual) { y, epilogue in
      Kernels.batchNormInference(
        rows: rows, channels: channels, x.pointer, parameters, epsilon: epsilon, epilogue, mean: mean.pointer,
        variance: variance.pointer, y)
    } backward: { x, dy, epilogue, gradients in
      // As the kernel does, so that both ways see the same side of a kink.
      let inverseDeviation = Tensor(
        variance.scalars.map { Float(1 / (Double($0) + Double(epsilon)).squareRoot()) })
      Kernels.batchNormBackward(
        rows: rows, channels: channels, x.pointer, parameters, epilogue, mean: mean.pointer,
        inverseDeviation: inverseDeviation.pointer, batchStatistics: false, dy, gradients)
    }
  }

  /// By mean and variance of each group of channels of each x [batch, ..., channels].
  func byGroups(_ x: Tensor, _ residual: Tensor?, groups: Int) -> Tensor {
    let (batch, channels) = (x.shape[0], x.shape[x.rank - 1])
    let pixels = x.shape.dropFirst().dropLast().reduce(1, *)
    let mean = Tensor(uninitialized: Shape(batch, groups))
    let inverseDeviation = Tensor(uninitialized: Shape(batch, groups))
    return apply(x, residual) { y, epilogue in
      Kernels.groupNormForward(
        batch: batch, pixels: pixels, channels: channels, groups: groups, x.pointer, parameters, epsilon: epsilon,
        epilogue, mean: mean.pointer, inverseDeviation: inverseDeviation.pointer, y)
    } backward: { x, dy, epilogue, gradients in
      Kernels.groupNormBackward(
        batch: batch, pixels: pixels, channels: channels, groups: groups, x.pointer, parameters, epilogue,
        mean: mean.pointer, inverseDeviation: inverseDeviation.pointer, dy, gradients)
    }
  }

  private var parameters: NormParameters { NormParameters(weight: weight?.pointer, bias: bias?.pointer) }

  /// Runs `forward` and puts `backward` on the tape. What z was is computed from x again on the way back, so that x is all
  /// that is kept, and the residual where the activation's slope depends on it.
  private func apply(
    _ x: Tensor, _ residual: Tensor?, forward: (MutableFloatPointer, NormEpilogue) -> Void,
    backward: @escaping (Tensor, FloatPointer, NormEpilogue, NormGradients) -> Void
  ) -> Tensor {
    require(
      residual == nil || residual!.shape == x.shape,
      "\(name): input \(x.shape) with a residual \(residual?.shape.description ?? "")")
    var result = Tensor(uninitialized: x.shape)
    forward(result.pointer, NormEpilogue(activation: activation, residual: residual?.pointer))
    let (xNode, residualNode) = (x.source, residual?.source)
    let (weightNode, biasNode) = (weight?.source, bias?.source)
    guard xNode != nil || residualNode != nil || weightNode != nil || biasNode != nil else { return result }

    let saved = x.detached
    let savedResidual = activation == .identity ? nil : residual?.detached
    result.record(name) { [activation] gradient, pass in
      // The residual's gradient is dy activation'(z): in place where nothing else needs dy.
      var dz = gradient
      let writesResidual = residualNode != nil && activation != .identity
      if writesResidual && !isKnownUniquelyReferenced(&gradient.storage) { dz = Tensor(uninitialized: gradient.shape) }
      pass.accumulate(into: xNode, weightNode, biasNode) { dx, dweight, dbias in
        backward(
          saved, gradient.pointer, NormEpilogue(activation: activation, residual: savedResidual?.pointer),
          NormGradients(residual: writesResidual ? dz.pointer : nil, x: dx, weight: dweight, bias: dbias))
      }
      if let residualNode { pass.accumulate(into: residualNode, dz) }
    }
    return result
  }
}
