/// A fully connected layer of each member of an ensemble: yₘ = activation(xₘ Wₘ + bₘ), all members in one call.
///
/// x is [members, N, inputs], or [1, N, inputs] for rows that all members share; W [members, inputs, outputs],
/// b [members, outputs], y [members, N, outputs]. Where inputs have scales s, y = activation((x s) W + b).
public final class BatchedDense: Module, CustomStringConvertible {
  /// W [members, inputs, outputs].
  public let weight: Parameter
  /// b [members, outputs].
  public let bias: Parameter
  /// What is applied to x W + b.
  public let activation: Activation
  /// What each member multiplies its inputs by, [members, inputs, 1]; nil: nothing.
  public let inputScales: Tensor?
  /// How many layers it is.
  public let members: Int
  /// Size of x's last axis.
  public let inputs: Int
  /// Size of the result's last axis.
  public let outputs: Int

  /// Weights start as those of a ``Dense`` layer, each member's drawn on its own; the biases start at 0.
  ///
  /// - Parameters:
  ///   - members: how many layers it is, at least 1.
  ///   - inputs: size of x's last axis, at least 1.
  ///   - outputs: size of the result's last axis, at least 1.
  ///   - activation: what is applied to x W + b, in the same kernel.
  ///   - inputScales: what each member multiplies its inputs by, [members, inputs, 1]; nil: nothing.
  ///   - initializer: how the weights start; nil for the usual start of the activation.
  ///   - generator: what the initial weights are drawn from.
  public init(
    members: Int, _ inputs: Int, _ outputs: Int, activation: Activation = .identity, inputScales: Tensor? = nil,
    initializer: Initializer? = nil, generator: RandomGenerator = .shared
  ) {
    require(members > 0 && inputs > 0 && outputs > 0, "BatchedDense(\(members), \(inputs), \(outputs)): from 1")
    self.members = members
    self.inputs = inputs
    self.outputs = outputs
    self.activation = activation
    self.inputScales = inputScales
    require(
      inputScales.map { $0.shape == [members, inputs, 1] } ?? true,
      "BatchedDense: \(members) members of \(inputs) inputs, their scales \(inputScales?.shape ?? [])")
    let initializer = initializer ?? activation.usualInitializer
    weight = Parameter(initializer.make(Shape([members, inputs, outputs]), inputs, outputs, generator))
    bias = Parameter(Tensor(zeros: Shape(members, outputs)))
  }

  /// activation(x W + b): x [members, N, inputs] or [1, N, inputs], the result [members, N, outputs].
  /// Precondition: x fits.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) { batchedDense(x, weight.value.scaled(byInputs: inputScales), bias.value, activation) }
  }

  public var description: String {
    "BatchedDense(members: \(members), \(inputs), \(outputs)\(activation == .identity ? "" : ", \(activation)"))"
  }
}

extension Tensor {
  /// A weight [members, inputs, outputs] that does to inputs what it would do to the scaled ones: of the weight there is
  /// less than of the rows.
  func scaled(byInputs scales: Tensor?) -> Tensor { scales.map { self * $0 } ?? self }
}

/// activation(xₘ Wₘ + bₘ) for each member m: x [members, N, inputs], or [1, N, inputs] for all, W [members, inputs,
/// outputs], b [members, outputs]. Precondition: the sizes fit.
public func batchedDense(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor, _ activation: Activation = .identity
) -> Tensor {
  require(
    weight.rank == 3 && x.rank == 3 && (x.shape[0] == weight.shape[0] || x.shape[0] == 1)
      && x.shape[2] == weight.shape[1] && bias.shape == [weight.shape[0], weight.shape[2]],
    "batchedDense: input \(x.shape), weight \(weight.shape), bias \(bias.shape)")
  let sizes = MemberSizes(members: weight.shape[0], rows: x.shape[1], inputs: x.shape[2], outputs: weight.shape[2])
  let isShared = x.shape[0] != sizes.members
  require(!isShared || x.source == nil, "batchedDense: no gradient goes to rows that all members share")
  let (xNode, weightNode, biasNode) = (x.source, weight.source, bias.source)
  let recording = xNode != nil || weightNode != nil || biasNode != nil
  var result = Tensor(uninitialized: Shape([sizes.members, sizes.rows, sizes.outputs]))
  let saved = sizes.forward(
    x, strideX: isShared ? 0 : sizes.rows * sizes.inputs, weight, bias, activation, keeps: recording, result, .overwrite
  )
  guard recording else { return result }
  let (x, weight) = (x.detached, weight.detached)
  result.record("batchedDense") { gradient, pass in
    let dz = sizes.slope(&gradient, saved, activation, biasNode, pass)
    if let weightNode {
      pass.accumulate(into: weightNode) {
        sizes.weightGradient(x, ldx: sizes.inputs, strideX: isShared ? 0 : sizes.rows * sizes.inputs, dz, $0, $1)
      }
    }
    if let xNode {
      // dx [N, inputs] = dz Wᵀ
      pass.accumulate(into: xNode) {
        Kernels.gemmBatched(
          transposeB: true, batch: sizes.members, sizes.rows, sizes.inputs, sizes.outputs, dz.pointer,
          lda: sizes.outputs, strideA: sizes.rows * sizes.outputs, weight.pointer, ldb: sizes.outputs,
          strideB: sizes.inputs * sizes.outputs, $0, ldc: sizes.inputs, strideC: sizes.rows * sizes.inputs, $1)
      }
    }
  }
  return result
}

/// What the layers of an ensemble's members have in common.
struct MemberSizes {
  let members: Int
  let rows: Int
  let inputs: Int
  let outputs: Int

  /// y (=, +=) x W + b, then the activation. Gives what the way back needs: the activation's output or input.
  func forward(
    _ x: Tensor, ldx: Int? = nil, strideX: Int, _ weight: Tensor, _ bias: Tensor, _ activation: Activation, keeps: Bool,
    _ y: Tensor, _ mode: WriteMode
  ) -> Tensor? {
    let preactivation = keeps && activation.backwardNeedsInput ? Tensor(uninitialized: y.shape) : nil
    for member in 0..<members {
      let place = member * rows * outputs
      Kernels.dense(
        rows: rows, inputs: inputs, outputs: outputs, x.pointer + member * strideX, ldx: ldx,
        weight.pointer + member * inputs * outputs, bias: bias.pointer + member * outputs, activation,
        preactivation: preactivation.map { $0.pointer + place }, y.pointer + place, mode)
    }
    return activation == .identity ? nil : (preactivation ?? y)
  }

  /// dz = dy activation'(z), in place where nothing else needs dy, and the gradient of the bias.
  func slope(
    _ gradient: inout Tensor, _ saved: Tensor?, _ activation: Activation, _ biasNode: GradientNode?,
    _ pass: BackwardPass
  ) -> Tensor {
    var dz = gradient
    let hasActivation = activation != .identity
    if hasActivation, !isKnownUniquelyReferenced(&gradient.storage) { dz = Tensor(uninitialized: gradient.shape) }
    let (source, target) = (gradient.pointer, dz.pointer)
    if let biasNode {
      pass.accumulate(into: biasNode) { db, mode in
        for member in 0..<members {
          let place = member * rows * outputs
          Kernels.biasActivationBackward(
            activation, rows: rows, columns: outputs, saved.map { $0.pointer + place }, source + place,
            hasActivation ? target + place : nil, db + member * outputs, mode)
        }
      }
    } else if hasActivation {
      Kernels.activationBackward(
        activation, gradient.count, saved.unsafelyUnwrapped.pointer, source, target, .overwrite)
    }
    return dz
  }

  /// dW (=, +=) xᵀ dz
  func weightGradient(
    _ x: Tensor, ldx: Int, strideX: Int, _ dz: Tensor, _ gradient: MutableFloatPointer, _ mode: WriteMode
  ) {
    Kernels.gemmBatched(
      transposeA: true, batch: members, inputs, outputs, rows, x.pointer, lda: ldx, strideA: strideX, dz.pointer,
      ldb: outputs, strideB: rows * outputs, gradient, ldc: outputs, strideC: inputs * outputs, mode)
  }
}
