/// The first layer of an ensemble on rows of a table: a ``BatchedDense`` layer whose inputs are the numbers of a row and
/// the bins of some of its columns, which are never made.
///
/// x is [members, N, inputs + columns], or [1, N, …] for rows that all members share: `inputs` numbers, then for each
/// binned column its position t on the bins (``PiecewiseLinearEncoding/position(of:)``). With
/// pᵢ(t) = clamp(t − i, 0, 1) and the mean of each bin,
///
/// y = activation((x s) W + Σ_c Σᵢ scale (pᵢ(t_c) − mean_ci) V_ci + b)
///
/// W is [members, inputs, outputs], V [members, bins, outputs] with the columns' bins one after another,
/// b [members, outputs]. x is data: no gradient goes to it. s and scale may differ from member to member.
public final class PiecewiseLinearDense: Module, CustomStringConvertible {
  /// W [members, inputs, outputs].
  public let weight: Parameter
  /// V [members, bins, outputs].
  public let binWeight: Parameter
  /// b [members, outputs].
  public let bias: Parameter
  /// What is applied to the sum.
  public let activation: Activation
  /// What each member multiplies its numbers by, [members, inputs, 1]; nil: nothing.
  public let inputScales: Tensor?
  /// How many layers it is.
  public let members: Int
  /// Numbers that are taken as they are.
  public let inputs: Int
  /// Size of the result's last axis.
  public let outputs: Int
  /// The bins of all columns.
  public let bins: ThermometerBins

  /// Weights start by `initializer` as those of one ``Dense`` layer with `inputs` and all bins for inputs; the biases
  /// start at 0.
  ///
  /// - Parameters:
  ///   - members: how many layers it is, at least 1.
  ///   - inputs: numbers that are taken as they are, at least 1.
  ///   - bins: those of the columns, with their means and their scale.
  ///   - outputs: size of the result's last axis, at least 1.
  ///   - activation: what is applied to the sum.
  ///   - inputScales: what each member multiplies its numbers by, [members, inputs, 1]; nil: nothing.
  ///   - initializer: how the weights start; nil for the usual start of the activation.
  ///   - generator: what the initial weights are drawn from.
  public init(
    members: Int, _ inputs: Int, bins: ThermometerBins, _ outputs: Int, activation: Activation = .identity,
    inputScales: Tensor? = nil, initializer: Initializer? = nil, generator: RandomGenerator = .shared
  ) {
    require(members > 0 && inputs > 0 && outputs > 0, "PiecewiseLinearDense(\(members), \(inputs), \(outputs)): from 1")
    self.members = members
    self.inputs = inputs
    self.outputs = outputs
    self.activation = activation
    self.bins = bins
    self.inputScales = inputScales
    require(
      members % bins.scales.count == 0 && inputScales.map { $0.shape == [members, inputs, 1] } ?? true,
      "PiecewiseLinearDense: \(members) members of \(inputs) inputs, \(bins.scales.count) scales of bins, "
        + "scales of inputs \(inputScales?.shape ?? [])")
    let initializer = initializer ?? activation.usualInitializer
    let fanIn = inputs + bins.count
    weight = Parameter(initializer.make(Shape([members, inputs, outputs]), fanIn, outputs, generator))
    binWeight = Parameter(initializer.make(Shape([members, bins.count, outputs]), fanIn, outputs, generator))
    bias = Parameter(Tensor(zeros: Shape(members, outputs)))
  }

  /// x [members, N, inputs + columns] or [1, N, …] to [members, N, outputs]. Precondition: x fits and is data.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    Observation.layer(self) {
      piecewiseLinearDense(
        x, weight.value.scaled(byInputs: inputScales), binWeight.value, bias.value, bins, activation)
    }
  }

  public var description: String {
    "PiecewiseLinearDense(members: \(members), \(inputs) + \(bins.count) bins, \(outputs)"
      + "\(activation == .identity ? "" : ", \(activation)"))"
  }
}

/// The bins of some columns, one column after another.
public struct ThermometerBins: Sendable, Equatable {
  /// Bins of each column.
  public let counts: [Int32]
  /// The mean of each bin, [count]: what is taken off.
  public let means: [Float]
  /// What each bin is multiplied by after that: one factor for all members, or several, each for as many members, one
  /// after another.
  public let scales: [Float]

  /// All bins.
  public var count: Int { means.count }

  /// Precondition: as many means as bins, each column has a bin, and there is a scale.
  public init(counts: [Int], means: [Float], scales: [Float]) {
    require(
      counts.allSatisfy { $0 > 0 } && counts.reduce(0, +) == means.count && !scales.isEmpty,
      "ThermometerBins: \(counts) bins with \(means.count) means and \(scales.count) scales")
    self.counts = counts.map(Int32.init)
    self.means = means
    self.scales = scales
  }

  /// The bins of these columns. Precondition: at least one.
  public init(_ encodings: [PiecewiseLinearEncoding], scales: [Float]) {
    self.init(counts: encodings.map(\.binCount), means: encodings.flatMap { $0.means.map(Float.init) }, scales: scales)
  }
}

/// The function of a ``PiecewiseLinearDense`` layer. Precondition: the sizes fit, and x is data.
public func piecewiseLinearDense(
  _ x: Tensor, _ weight: Tensor, _ binWeight: Tensor, _ bias: Tensor, _ bins: ThermometerBins,
  _ activation: Activation = .identity
) -> Tensor {
  require(
    weight.rank == 3 && x.rank == 3 && (x.shape[0] == weight.shape[0] || x.shape[0] == 1)
      && x.shape[2] == weight.shape[1] + bins.counts.count && bias.shape == [weight.shape[0], weight.shape[2]]
      && binWeight.shape == [weight.shape[0], bins.count, weight.shape[2]]
      && weight.shape[0] % bins.scales.count == 0,
    "piecewiseLinearDense: input \(x.shape), weight \(weight.shape), bins' weight \(binWeight.shape), bias \(bias.shape)"
  )
  require(x.source == nil, "piecewiseLinearDense: no gradient goes to a table's rows")
  let sizes = MemberSizes(
    members: weight.shape[0], rows: x.shape[1], inputs: weight.shape[1], outputs: weight.shape[2])
  let (rows, inputs, outputs, width) = (sizes.rows, sizes.inputs, sizes.outputs, x.shape[2])
  let isShared = x.shape[0] != sizes.members
  let strideX = isShared ? 0 : rows * width
  let (weightNode, binNode, biasNode) = (weight.source, binWeight.source, bias.source)
  let recording = weightNode != nil || binNode != nil || biasNode != nil
  let x = x.detached
  var result = Tensor(uninitialized: Shape([sizes.members, rows, outputs]))
  Kernels.thermometerForward(
    bins, members: sizes.members, rows: rows, outputs: outputs, x.pointer + inputs, ldp: width, strideP: strideX,
    binWeight.pointer, result.pointer)
  let saved = sizes.forward(
    x, ldx: width, strideX: strideX, weight, bias, activation, keeps: recording, result, .accumulate)
  guard recording else { return result }
  result.record("piecewiseLinearDense") { gradient, pass in
    let dz = sizes.slope(&gradient, saved, activation, biasNode, pass)
    if let weightNode {
      pass.accumulate(into: weightNode) { sizes.weightGradient(x, ldx: width, strideX: strideX, dz, $0, $1) }
    }
    if let binNode {
      pass.accumulate(into: binNode) {
        Kernels.thermometerBackward(
          bins, members: sizes.members, rows: rows, outputs: outputs, x.pointer + inputs, ldp: width, strideP: strideX,
          dz.pointer, $0, $1)
      }
    }
  }
  return result
}
