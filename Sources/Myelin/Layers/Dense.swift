/// A fully connected layer: y = activation(x W + b), one fused kernel forward.
///
/// x is [..., inputs], W [inputs, outputs], b [outputs], y [..., outputs].
public final class Dense: Module, CustomStringConvertible {
  /// W [inputs, outputs].
  public let weight: Parameter
  /// b [outputs]; nil without one.
  public let bias: Parameter?
  /// What is applied to x W + b.
  public let activation: Activation
  /// Size of x's last axis.
  public let inputs: Int
  /// Size of the result's last axis.
  public let outputs: Int

  /// Weights start by `initializer`: by default He's uniform for the ReLU family, else Glorot's; the bias starts at 0.
  ///
  /// - Parameters:
  ///   - inputs: size of x's last axis, at least 1.
  ///   - outputs: size of the result's last axis, at least 1.
  ///   - activation: what is applied to x W + b, in the same kernel.
  ///   - bias: whether there is a b.
  ///   - initializer: how the weights start; nil for the usual start of the activation.
  ///   - generator: what the initial weights are drawn from.
  public init(
    _ inputs: Int, _ outputs: Int, activation: Activation = .identity, bias: Bool = true,
    initializer: Initializer? = nil, generator: RandomGenerator = .shared
  ) {
    require(inputs > 0 && outputs > 0, "Dense(\(inputs), \(outputs)): sizes start at 1")
    self.inputs = inputs
    self.outputs = outputs
    self.activation = activation
    let initializer = initializer ?? activation.usualInitializer
    weight = Parameter(initializer.make(Shape(inputs, outputs), inputs, outputs, generator))
    self.bias = bias ? Parameter(Tensor(zeros: Shape(outputs))) : nil
  }

  /// activation(x W + b): x [..., inputs], the result [..., outputs]. Precondition: x's last axis fits.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { dense(x, weight.value, bias?.value, activation) }
  }

  public var description: String {
    "Dense(\(inputs), \(outputs)\(activation.suffix(bias != nil)))"
  }
}

extension Activation {
  var usualInitializer: Initializer {
    switch self {
    case .relu, .leakyReLU, .elu, .gelu, .geluTanh, .silu, .softplus: .heUniform
    default: .glorotUniform
    }
  }

  /// What a layer's description says of it: `, relu, no bias`.
  func suffix(_ hasBias: Bool) -> String {
    (self == .identity ? "" : ", \(self)") + (hasBias ? "" : ", no bias")
  }
}

extension BackwardPass {
  /// dz = dy activation'(z) for y = activation(z + bias) [rows, columns], and the bias's gradient in the same sweep; in
  /// place where nothing else needs dy.
  ///
  /// - Parameter saved: what the activation's derivative is made of, z or y; nil for the identity.
  func preactivationGradient(
    _ gradient: inout Tensor, _ activation: Activation, saved: Tensor?, rows: Int, columns: Int, bias: GradientNode?
  ) -> Tensor {
    if activation == .identity {
      if let bias {
        accumulate(into: bias) {
          Kernels.biasActivationBackward(
            .identity, rows: rows, columns: columns, nil, gradient.pointer, nil, $0, $1)
        }
      }
      return gradient
    }
    let isShared = !isKnownUniquelyReferenced(&gradient.storage)
    let dz = isShared ? Tensor(uninitialized: gradient.shape) : gradient
    if let bias {
      accumulate(into: bias) {
        Kernels.biasActivationBackward(
          activation, rows: rows, columns: columns, saved?.pointer, gradient.pointer, dz.pointer, $0, $1)
      }
    } else {
      Kernels.activationBackward(
        activation, dz.count, saved.unsafelyUnwrapped.pointer, gradient.pointer, dz.pointer, .overwrite)
    }
    return dz
  }
}

/// activation(x W + b): x [..., inputs], W [inputs, outputs], b [outputs] or nil. Precondition: the sizes fit.
public func dense(_ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, _ activation: Activation = .identity) -> Tensor
{
  let (inputs, outputs) = (weight.shape[0], weight.shape[1])
  require(
    weight.rank == 2 && x.rank >= 1 && x.shape[x.rank - 1] == inputs && (bias == nil || bias!.count == outputs),
    "dense: input \(x.shape), weight \(weight.shape), bias \(bias?.shape.description ?? "none")")
  let rows = x.rowsAndColumns.rows
  var result = Tensor(uninitialized: x.shape.replacing(axis: x.rank - 1, with: outputs))
  let (xNode, weightNode, biasNode) = (x.source, weight.source, bias?.source)
  let recording = xNode != nil || weightNode != nil || biasNode != nil

  // GELU and its kin need what went into the activation; the others only what came out.
  let preactivation =
    recording && activation.backwardNeedsInput ? Tensor(uninitialized: result.shape) : nil
  Kernels.dense(
    rows: rows, inputs: inputs, outputs: outputs, x.pointer, weight.pointer, bias: bias?.pointer, activation,
    preactivation: preactivation?.pointer, result.pointer)
  guard recording else { return result }

  let saved: Tensor? = activation == .identity ? nil : (preactivation ?? result)
  let (x, weight) = (x.detached, weight.detached)
  result.record("dense") { gradient, pass in
    let dz = pass.preactivationGradient(
      &gradient, activation, saved: saved, rows: rows, columns: outputs, bias: biasNode)
    if let weightNode {
      pass.accumulate(
        WeightProduct(node: weightNode, x: x, dz: dz, rows: rows, inputs: inputs, outputs: outputs))
    }
    if let xNode {
      // dx [rows, inputs] = dz Wᵀ
      pass.accumulate(into: xNode) {
        Kernels.gemm(
          transposeB: true, rows, inputs, outputs, dz.pointer, lda: outputs, weight.pointer, ldb: outputs, $0,
          ldc: inputs, $1)
      }
    }
  }
  return result
}
