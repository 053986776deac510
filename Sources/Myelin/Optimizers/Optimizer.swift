/// Changes parameters by their gradients. Made once for a model's parameters; `step()` after each `backward()`.
///
/// All gradients lie in one block of memory in the order of the parameters, so that they can be clipped, or exchanged
/// with other machines, in one sweep.
open class Optimizer {
  public let parameters: [Parameter]
  public var learningRate: Float
  /// Steps taken.
  public internal(set) var stepCount = 0

  /// A parameter's own factor of the learning rate and its own weight decay.
  public struct Options: Sendable {
    public var learningRateScale: Float = 1
    public var weightDecay: Float
  }
  public private(set) var options: [Options]

  /// Gradients of all parameters, one after another.
  let gradientArena: Storage
  private var states: [Storage]
  var table: ParameterTable
  private let offsets: [Int]
  /// Weights from so many elements on are updated by their product in ``minimize(_:gradientScale:)``. With smaller ones
  /// it gains nothing: weight, gradient and state stay in cache between the two.
  var leastFusedCount = 1 << 20

  /// `statesPerParameter` buffers of zeros the size of the parameters: momentum and the like.
  init(_ parameters: [Parameter], learningRate: Float, weightDecay: Float, statesPerParameter: Int) {
    require(!parameters.isEmpty, "an optimizer needs parameters")
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
    self.offsets = offsets
    gradientArena = Storage(count: total)
    states = (0..<statesPerParameter).map { _ in Storage(count: total) }
    for block in states + [gradientArena] { Kernels.fill(total, 0, block.floats) }
    table = ParameterTable(capacity: parameters.count)
    for (index, parameter) in parameters.enumerated() {
      let window = Storage(window: gradientArena, offset: offsets[index], count: parameter.count)
      if let existing = parameter.node.gradient, parameter.node.hasGradient {
        window.floats.update(from: existing.floats, count: parameter.count)
      }
      parameter.node.gradient = window
    }
  }

  /// Sets options of the parameters for which `condition` holds: no decay for biases, a slower embedding, …
  public func configure(
    where condition: (Parameter) -> Bool, learningRateScale: Float? = nil, weightDecay: Float? = nil
  ) {
    for (index, parameter) in parameters.enumerated() where condition(parameter) {
      if let learningRateScale { options[index].learningRateScale = learningRateScale }
      if let weightDecay { options[index].weightDecay = weightDecay }
    }
  }

  /// Updates each parameter that has a gradient, then clears the gradients. The gradients count `gradientScale` times.
  public func step(gradientScale: Float = 1) {
    stepCount += 1
    fillTable()
    Kernels.update(table, kernelStep(gradientScale: gradientScale))
    clearGradients()
  }

  /// Forgets the gradients, as `step()` does at its end.
  public func clearGradients() {
    for parameter in parameters { parameter.node.hasGradient = false }
  }

  /// The step that is due, with `stepCount` already counted.
  func kernelStep(gradientScale: Float) -> OptimizerStep {
    misuse("\(type(of: self)) has no step")
  }

  func fillTable() {
    table.removeAll()
    for index in parameters.indices {
      let parameter = parameters[index]
      guard parameter.node.hasGradient, parameter.isTrainable, let gradient = parameter.node.gradient else { continue }
      addToTable(index, gradient)
    }
  }

  func addToTable(_ index: Int, _ gradient: Storage) {
    let parameter = parameters[index]
    let offset = offsets[index]
    table.append(
      value: parameter.mutablePointer(), gradient: gradient.floats,
      state1: states.count > 0 ? states[0].floats + offset : nil,
      state2: states.count > 1 ? states[1].floats + offset : nil, count: parameter.count,
      learningRateScale: options[index].learningRateScale, weightDecay: options[index].weightDecay)
  }

  /// Names of the states, in the order of the kernel: "momentum", …
  var stateNames: [String] { [] }

  /// Copies of all states, named `state.parameter`: what a checkpoint keeps.
  public var stateTensors: [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (name, parameter, state) in namedStates {
      tensors["\(name).\(parameter.name)"] = Tensor(
        UnsafeBufferPointer(start: state, count: parameter.count), shape: parameter.shape)
    }
    return tensors
  }

  /// Goes on from a checkpoint: steps taken and the states of ``stateTensors``. The next steps then give the same bits as
  /// if training had never stopped. Changes nothing where it throws.
  ///
  /// - Throws: ``ModelStateError``, which lists every state that is missing, unexpected or of another shape.
  public func restore(stepCount: Int, stateTensors: [String: Tensor]) throws {
    try ModelStateError.check(
      stateTensors, expected: namedStates.map { ("\($0.name).\($0.parameter.name)", $0.parameter.shape) },
      what: "the optimizer")
    self.stepCount = stepCount
    for (name, parameter, state) in namedStates {
      let tensor = stateTensors["\(name).\(parameter.name)"].unsafelyUnwrapped
      state.update(from: tensor.pointer, count: tensor.count)
    }
  }

  private var namedStates: [(name: String, parameter: Parameter, state: MutableFloatPointer)] {
    zip(states, stateNames).flatMap { state, name in
      zip(parameters, offsets).map { (name, $0, state.floats + $1) }
    }
  }
}
