/// A tensor that training changes, with its gradient. Sharing one between layers ties their weights.
public final class Parameter {
  /// Its property path in the model, as in `hidden.weight`; empty until ``Module/parameters`` has been asked for.
  public internal(set) var name = ""
  /// False keeps it as it is: no gradient is computed for it.
  @exclusivity(unchecked) public var isTrainable = true

  let node: GradientNode
  @exclusivity(unchecked) private var storage: Storage

  /// A parameter that starts with `value`, trainable and without a gradient.
  public init(_ value: Tensor) {
    storage = value.storage
    node = LeafNode(leaf: value.shape)
  }

  /// The value's shape, which stays.
  public var shape: Shape { node.shape }
  /// Number of scalars.
  public var count: Int { node.shape.elementCount }

  /// The current value; what is computed from it is noted on the tape while it is trainable.
  /// Setting precondition: the shape stays.
  public var value: Tensor {
    @inline(__always) get {
      if Observation.isActive { return observedValue }
      return Tensor(storage: storage, shape: node.shape, node: isTrainable ? node : nil)
    }
    set {
      require(newValue.shape == shape, "parameter \(name) has shape \(shape), not \(newValue.shape)")
      storage = newValue.storage
    }
  }

  @inline(never)
  private var observedValue: Tensor {
    let observer = Observation.current
    observer?.read(self)
    let isOnTape = isTrainable || observer?.recordsEverything == true
    return Tensor(storage: storage, shape: node.shape, node: isOnTape ? node : nil)
  }

  /// A copy of what ``Tensor/backward()`` has added up since the last optimizer step; nil if nothing has.
  public var gradient: Tensor? {
    get {
      guard node.hasGradient, let gradient = node.gradient else { return nil }
      let copy = Tensor(uninitialized: shape)
      copy.pointer.update(from: gradient.floats, count: count)
      return copy
    }
    set {
      guard let newValue else {
        node.hasGradient = false
        return
      }
      require(newValue.shape == shape, "parameter \(name) has shape \(shape), its gradient \(newValue.shape)")
      if node.gradient == nil { node.gradient = Storage(count: count) }
      node.gradient.unsafelyUnwrapped.floats.update(from: newValue.pointer, count: count)
      node.hasGradient = true
    }
  }

  /// For an update in place: copies first where a tensor elsewhere still holds the value.
  func mutablePointer() -> MutableFloatPointer {
    if !isKnownUniquelyReferenced(&storage) {
      let copy = Storage(count: count)
      copy.floats.update(from: storage.floats, count: count)
      storage = copy
    }
    return storage.floats
  }
}
