// What an optimizer keeps of each parameter, and how checkpoints see it.

extension Optimizer {
  /// What an optimizer keeps of one parameter between steps, and what holds for it in the present one.
  public struct State {
    /// This parameter's steps, the present one included: 1 at its first, whenever it begins to be trained.
    public internal(set) var step = 0
    /// The optimizer's learning rate times the parameter's own factor.
    public internal(set) var learningRate: Float = 0
    /// λ of this parameter.
    public internal(set) var weightDecay: Float = 0
    private var tensors: [String: Tensor]

    init(_ tensors: [String: Tensor]) { self.tensors = tensors.mapValues(\.detached) }

    /// A state by the name that ``Optimizer/makeState(for:)`` gave it; its shape stays.
    public subscript(name: String) -> Tensor {
      get {
        guard let tensor = tensors[name] else { misuse("an optimizer has no state \"\(name)\", only \(names)") }
        return tensor
      }
      set {
        guard let index = tensors.index(forKey: name) else {
          misuse("an optimizer has no state \"\(name)\", only \(names)")
        }
        let shape = tensors.values[index].shape
        require(newValue.shape == shape, "an optimizer's state \"\(name)\" has shape \(shape), not \(newValue.shape)")
        tensors.values[index] = newValue.detached
      }
    }

    var names: [String] { tensors.keys.sorted() }
  }

  /// Copies of all states, named `STATE.PARAMETER`: what a checkpoint keeps.
  ///
  /// A parameter without a name counts as its place in ``parameters``. Precondition: no two have the same name.
  public var stateTensors: [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (name, state) in zip(parameterNames, states) {
      for key in state.names { tensors["\(key).\(name)"] = Optimizer.copy(state[key]) }
    }
    return tensors
  }

  /// Steps of the parameters, by name, that have taken others than the optimizer: those that were frozen for a time, or
  /// had no gradient.
  public var parameterSteps: [String: Int] {
    let steps = zip(parameterNames, states).map { (name: $0, count: $1.step) }
    return Dictionary(uniqueKeysWithValues: steps.filter { $0.count != stepCount }.map { ($0.name, $0.count) })
  }

  /// Goes on from a checkpoint: steps taken, and the states of ``stateTensors``. The next steps then give the same bits
  /// as if training had never stopped. Changes nothing where it throws.
  ///
  /// - Parameters:
  ///   - stepCount: calls of `step` and `minimize`.
  ///   - parameterSteps: where they differ from `stepCount`, as in ``parameterSteps``. Checkpoints of versions that
  ///     counted the optimizer's steps alone have none.
  ///   - stateTensors: as in ``stateTensors``.
  /// - Throws: ``ModelStateError``, which lists every state that is missing, unexpected or of another shape.
  public func restore(stepCount: Int, parameterSteps: [String: Int] = [:], stateTensors: [String: Tensor]) throws {
    let names = parameterNames
    try ModelStateError.check(
      stateTensors,
      expected: zip(names, states).flatMap { name, state in state.names.map { ("\($0).\(name)", state[$0].shape) } },
      what: "the optimizer")
    let strangers = Set(parameterSteps.keys).subtracting(names)
    if !strangers.isEmpty {
      throw ModelStateError(
        target: "the optimizer", missing: [], unexpected: strangers.sorted().map { "steps of \($0)" }, wrongShapes: [])
    }
    self.stepCount = stepCount
    for (index, name) in names.enumerated() {
      states[index].step = parameterSteps[name] ?? stepCount
      for key in states[index].names {
        let tensor = stateTensors["\(key).\(name)"].unsafelyUnwrapped
        if kernelStateNames.isEmpty {
          states[index][key] = Optimizer.copy(tensor)
        } else {
          // In place: the kernel knows where its states lie.
          states[index][key].storage.floats.update(from: tensor.pointer, count: tensor.count)
        }
      }
    }
  }

  private static func copy(_ tensor: Tensor) -> Tensor {
    tensor.withUnsafeBufferPointer { Tensor($0, shape: tensor.shape) }
  }

  private var parameterNames: [String] {
    let names = parameters.enumerated().map { $1.name.isEmpty ? "\($0)" : $1.name }
    require(
      Set(names).count == names.count,
      "states of an optimizer with two parameters of one name: take the parameters of one module that has both")
    return names
  }
}
