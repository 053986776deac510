/// Changes parameters by their gradients. Made once for a model's parameters; `step()` after each `backward()`.
///
/// All gradients lie in one block of memory in the order of the parameters, so that they can be clipped, or exchanged
/// with other machines, in one sweep. Several optimizers may have the same parameters: each keeps states of its own.
///
/// An optimizer of your own overrides ``makeState(for:)`` and ``update(_:gradient:state:)``. Everything else is there:
/// training, checkpoints, clipping, options of single parameters.
///
/// ```swift
/// /// Lion (Chen et al. 2023): w ← w − η (sign(β₁ m + (1 − β₁) g) + λ w), m = β₂ m + (1 − β₂) g.
/// final class Lion: Optimizer {
///   override func makeState(for parameter: Parameter) -> [String: Tensor] {
///     ["momentum": Tensor(zeros: parameter.shape)]
///   }
///
///   override func update(_ parameter: Parameter, gradient: Tensor, state: inout State) {
///     let direction = (0.9 * state["momentum"] + 0.1 * gradient).sign()
///     parameter.value -= state.learningRate * (direction + state.weightDecay * parameter.value)
///     state["momentum"] = 0.99 * state["momentum"] + 0.01 * gradient
///   }
/// }
///
/// let trainer = Trainer(model, …, optimizer: Lion(model.parameters, learningRate: 1e-4))
/// ```
open class Optimizer {
  /// What it changes, in the order of its block of gradients.
  public let parameters: [Parameter]
  /// η, before a parameter's own factor; a schedule sets it before each step.
  public var learningRate: Float
  /// Calls of ``step(gradientScale:)`` and ``minimize(_:gradientScale:)``. Each parameter also counts its own:
  /// ``State/step``.
  public internal(set) var stepCount = 0

  /// A parameter's own factor of the learning rate and its own weight decay.
  public struct Options: Sendable {
    /// What the learning rate is multiplied by.
    public var learningRateScale: Float = 1
    /// λ.
    public var weightDecay: Float
    /// Whether only rows move whose gradient is not 0.
    public internal(set) var movesTouchedRowsOnly = false
  }
  /// One for each of ``parameters``; change them by
  /// ``configure(where:learningRateScale:weightDecay:movesTouchedRowsOnly:)``.
  @exclusivity(unchecked) public private(set) var options: [Options]

  private let arena: Storage
  private let windows: [Storage]
  // Read and written a few times a parameter in each step; Swift's check that an access contains no other one would cost
  // a small step a third of its time.
  @exclusivity(unchecked) var states: [State] = []
  // Where the states lie that a kernel changes in place.
  @exclusivity(unchecked) private var kernelStates: [(first: MutableFloatPointer?, second: MutableFloatPointer?)] = []
  @exclusivity(unchecked) var table: ParameterTable
  /// Weights from so many elements on are updated by their product in ``minimize(_:gradientScale:)``. With smaller ones
  /// it gains nothing: weight, gradient and state stay in cache between the two.
  var leastFusedCount = 1 << 20

  /// An optimizer of these parameters, which must differ, with states as ``makeState(for:)`` gives them.
  ///
  /// - Parameters:
  ///   - parameters: what it changes; at least one, none twice.
  ///   - learningRate: η; may be changed between steps, as schedules do.
  ///   - weightDecay: λ of all parameters; ``configure(where:learningRateScale:weightDecay:movesTouchedRowsOnly:)`` sets that of some.
  public init(_ parameters: [Parameter], learningRate: Float, weightDecay: Float = 0) {
    require(!parameters.isEmpty, "an optimizer needs parameters")
    require(
      Set(parameters.map(ObjectIdentifier.init)).count == parameters.count,
      "an optimizer was given a parameter twice")
    self.parameters = parameters
    self.learningRate = learningRate
    options = parameters.map { _ in Options(weightDecay: weightDecay) }
    // Each parameter starts on a cache line of its own.
    var offsets: [Int] = []
    var total = 0
    for parameter in parameters {
      offsets.append(total)
      total += (parameter.count + 15) / 16 * 16
    }
    let arena = Storage(count: total)
    Kernels.fill(total, 0, arena.floats)
    self.arena = arena
    windows = zip(parameters, offsets).map { Storage(window: arena, offset: $1, count: $0.count) }
    table = ParameterTable(capacity: parameters.count)
    if kernelStateNames.isEmpty {
      states = parameters.map { State(makeState(for: $0)) }
    } else {
      makeKernelStates()
    }
    takeGradients()
  }

  // MARK: To be overridden

  /// The states with which a parameter begins, by name: tensors of any number and shape. None by default.
  ///
  /// Names and shapes must follow from the parameter's shape and the optimizer's own settings alone: a checkpoint keeps
  /// each as `NAME.PARAMETER`, and is read back by an optimizer that was made in the same way. Called by `init`.
  open func makeState(for parameter: Parameter) -> [String: Tensor] {
    [:]
  }

  /// One step of one parameter: changes `parameter.value` and its states.
  ///
  /// Called for each trainable parameter that has a gradient, without recording on the tape. `gradient` is already
  /// scaled, and clipped where that was asked for.
  open func update(_ parameter: Parameter, gradient: Tensor, state: inout State) {
    misuse("\(type(of: self)) has no update(_:gradient:state:)")
  }

  // MARK: Steps

  /// Sets options of the parameters for which `condition` holds: no decay for biases, a slower embedding, …
  ///
  /// Of a table of vectors a batch looks at a few rows. Where only those move, the others keep value and states bit for bit,
  /// and a step reads less memory: states do not decay in rows that are not looked at, and weight decay does not pull them.
  /// So it is the same as the usual step, to the bit, in ``SGD`` without momentum and in ``Adagrad``, without weight decay; in
  /// ``Adam`` a row's moments decay only in the steps that it takes part in, with the bias correction of all steps (lazy Adam,
  /// as PyTorch's SparseAdam).
  ///
  /// - Parameters:
  ///   - condition: of which parameters.
  ///   - learningRateScale: what the learning rate is multiplied by; nil leaves it.
  ///   - weightDecay: λ; nil leaves it.
  ///   - movesTouchedRowsOnly: whether only rows move, along the first axis, whose gradient has an element that is not 0; nil
  ///     leaves it. Precondition: the parameters have two axes or more, and the optimizer is one of SGD, Adam, AdamW, RMSProp
  ///     and Adagrad.
  public func configure(
    where condition: (Parameter) -> Bool, learningRateScale: Float? = nil, weightDecay: Float? = nil,
    movesTouchedRowsOnly: Bool? = nil
  ) {
    for (index, parameter) in parameters.enumerated() where condition(parameter) {
      if let movesTouchedRowsOnly {
        require(
          !movesTouchedRowsOnly || parameter.shape.rank >= 2 && kernelStep(gradientScale: 1) != nil,
          "configure: \(type(of: self)) cannot move rows of a parameter of shape \(parameter.shape) alone")
        options[index].movesTouchedRowsOnly = movesTouchedRowsOnly
      }
      if let learningRateScale { options[index].learningRateScale = learningRateScale }
      if let weightDecay { options[index].weightDecay = weightDecay }
    }
  }

  /// Updates each parameter that has a gradient, then clears the gradients. The gradients count `gradientScale` times.
  public func step(gradientScale: Float = 1) {
    stepCount += 1
    if let step = kernelStep(gradientScale: gradientScale) {
      fillTable(forStep: true)
      Kernels.update(table, step)
    } else {
      withoutGradient { for index in parameters.indices { update(index, gradientScale) } }
    }
    clearGradients()
  }

  private func update(_ index: Int, _ gradientScale: Float) {
    guard let storage = presentGradient(index) else { return }
    let parameter = parameters[index]
    // A copy: whoever keeps it must not see the next step's gradient in it.
    let gradient = Tensor(uninitialized: parameter.shape)
    Kernels.scale(parameter.count, gradientScale, storage.floats, gradient.pointer, .overwrite)
    var state = states[index]
    state.step += 1
    state.learningRate = learningRate * options[index].learningRateScale
    state.weightDecay = options[index].weightDecay
    update(parameter, gradient: gradient, state: &state)
    states[index] = state
  }

  /// Forgets the gradients, as `step()` does at its end.
  public func clearGradients() {
    for parameter in parameters { parameter.node.hasGradient = false }
  }

  // MARK: Steps in one kernel call

  /// The step of all parameters at once; nil where each has an ``update(_:gradient:state:)``.
  func kernelStep(gradientScale: Float) -> OptimizerStep? { nil }

  /// Names of the states that the kernel changes, in its order; each with the parameter's shape, zeros at the start.
  var kernelStateNames: [String] { [] }

  // All in one block. A product's step meets the same rows of a weight and of its states; where a row is a power of two
  // long and all three begin at a page, they share a few sets of the L1 cache and throw each other out. So the states of
  // large weights begin a third of a page apart: [4096, 4096] by 256 samples takes 42.3 ms instead of 48.0.
  private func makeKernelStates() {
    let names = kernelStateNames
    let (page, third) = (1024, 336)
    var total = 0
    let offsets = parameters.map { parameter in
      names.indices.map { index in
        if parameter.count >= 16 * page { total = (total + page - 1) / page * page + (index + 1) * third }
        defer { total += (parameter.count + 15) / 16 * 16 }
        return total
      }
    }
    let block = Storage(count: total)
    Kernels.fill(total, 0, block.floats)
    for (parameter, offsets) in zip(parameters, offsets) {
      let tensors = offsets.map {
        Tensor(storage: Storage(window: block, offset: $0, count: parameter.count), shape: parameter.shape)
      }
      states.append(State(Dictionary(uniqueKeysWithValues: zip(names, tensors))))
      let pointers = tensors.map(\.storage.floats)
      kernelStates.append((pointers[0], pointers.count > 1 ? pointers[1] : nil))
    }
  }

  /// The parameters that have a gradient; `forStep` counts a step of each.
  func fillTable(forStep: Bool) {
    table.removeAll()
    for index in parameters.indices {
      guard let gradient = presentGradient(index) else { continue }
      if forStep { states[index].step += 1 }
      addToTable(index, gradient)
    }
  }

  func addToTable(_ index: Int, _ gradient: Storage) {
    let parameter = parameters[index]
    let memory = kernelStates.isEmpty ? (first: nil, second: nil) : kernelStates[index]
    table.append(
      value: parameter.mutablePointer(), gradient: gradient.floats, state1: memory.first, state2: memory.second,
      count: parameter.count,
      rowLength: options[index].movesTouchedRowsOnly && parameter.count > 0 ? parameter.count / parameter.shape[0] : 0,
      step: states[index].step, learningRateScale: options[index].learningRateScale,
      weightDecay: options[index].weightDecay)
  }

  // MARK: Gradients

  /// The gradient of a parameter that is to be changed by it.
  func presentGradient(_ index: Int) -> Storage? {
    let parameter = parameters[index]
    return parameter.node.hasGradient && parameter.isTrainable ? parameter.node.gradient : nil
  }

  /// Gradients of all parameters, one after another: those of another optimizer's block are brought here first.
  var gradientArena: Storage {
    takeGradients()
    return arena
  }

  private func takeGradients() {
    for (parameter, window) in zip(parameters, windows) where parameter.node.gradient !== window {
      if let elsewhere = parameter.node.gradient, parameter.node.hasGradient {
        window.floats.update(from: elsewhere.floats, count: parameter.count)
      }
      parameter.node.gradient = window
    }
  }
}
