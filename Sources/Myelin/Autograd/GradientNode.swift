/// One operation on the tape, or a parameter: a place where gradients arrive.
///
/// A node is numbered when it is made, so everything computed from its value has a higher number. Going back in
/// falling order of numbers meets each node after all gradients have reached it, without a list of edges.
final class GradientNode {
  typealias Backward = (_ gradient: inout Tensor, _ pass: BackwardPass) -> Void

  let sequence: UInt64
  let operation: StaticString
  let shape: Shape
  /// Memory of the gradient by this node's value; meaningful when `hasGradient`.
  var gradient: Storage?
  var hasGradient = false
  /// A product of the running pass would be its gradient, but is not computed yet.
  var awaitsProduct = false
  /// Nil in a parameter, and after it has run.
  var backward: Backward?
  let isLeaf: Bool

  init(operation: StaticString, shape: Shape, backward: @escaping Backward) {
    sequence = Tape.nextSequence()
    self.operation = operation
    self.shape = shape
    self.backward = backward
    isLeaf = false
  }

  init(leaf shape: Shape) {
    sequence = Tape.nextSequence()
    operation = "parameter"
    self.shape = shape
    backward = nil
    isLeaf = true
  }
}

/// One run over the tape from a result back to the parameters.
final class BackwardPass {
  // A binary heap: the node with the highest number on top.
  private var pending: [GradientNode] = []

  // Products whose computing is left to an optimizer; from so many elements on.
  private var deferred: [WeightProduct] = []
  private let leastDeferredCount: Int

  /// Products with a weight's gradient of at least `count` elements are not computed but kept for
  /// ``takeDeferredProducts()``.
  init(deferringProductsFrom count: Int = .max) {
    leastDeferredCount = count
    pending.reserveCapacity(16)
  }

  /// Lets `body` write (or add, as the mode says) a gradient to `node`, in the node's own memory.
  @inline(__always)
  func accumulate(into node: GradientNode, _ body: (MutableFloatPointer, WriteMode) -> Void) {
    // In the order of the tape, so that the sum has the same bits.
    if node.awaitsProduct { computeDeferredProduct(of: node) }
    if node.hasGradient {
      makeUnique(node)
      body(node.gradient.unsafelyUnwrapped.floats, .accumulate)
    } else {
      if node.gradient == nil { node.gradient = Storage(count: node.shape.elementCount) }
      body(node.gradient.unsafelyUnwrapped.floats, .overwrite)
      arrived(at: node)
    }
  }

  /// Adds xᵀ dz to the gradient of a weight, now or later.
  func accumulate(_ product: WeightProduct) {
    let node = product.node
    if product.count >= leastDeferredCount && node.isLeaf && !node.hasGradient && !node.awaitsProduct {
      node.awaitsProduct = true
      deferred.append(product)
    } else {
      product.addToGradient(by: self)
    }
  }

  /// The products that were left, each the whole gradient of its node.
  func takeDeferredProducts() -> [WeightProduct] {
    for product in deferred { product.node.awaitsProduct = false }
    defer { deferred = [] }
    return deferred
  }

  private func computeDeferredProduct(of node: GradientNode) {
    node.awaitsProduct = false
    guard let index = deferred.firstIndex(where: { $0.node === node }) else { return }
    deferred.remove(at: index).addToGradient(by: self)
  }

  /// Adds a whole gradient to `node`; the first one is taken over without a copy.
  func accumulate(into node: GradientNode, _ gradient: Tensor) {
    let count = node.shape.elementCount
    if node.awaitsProduct { computeDeferredProduct(of: node) }
    if node.hasGradient {
      makeUnique(node)
      Kernels.axpby(count, 1, gradient.pointer, 1, node.gradient.unsafelyUnwrapped.floats)
    } else if node.isLeaf {
      accumulate(into: node) { target, mode in Kernels.scale(count, 1, gradient.pointer, target, mode) }
    } else {
      node.gradient = gradient.storage
      arrived(at: node)
    }
  }

  // Memory taken over from another node must not be added to. A leaf's memory is always its own.
  private func makeUnique(_ node: GradientNode) {
    if node.isLeaf || isKnownUniquelyReferenced(&node.gradient) { return }
    let copy = Storage(count: node.shape.elementCount)
    copy.floats.update(from: node.gradient.unsafelyUnwrapped.floats, count: copy.count)
    node.gradient = copy
  }

  private func arrived(at node: GradientNode) {
    node.hasGradient = true
    if !node.isLeaf { push(node) }
  }

  func run(from root: GradientNode, seed: Storage) {
    root.gradient = seed
    if root.isLeaf {
      root.hasGradient = true
      return
    }
    arrived(at: root)
    while let node = pop() {
      guard let backward = node.backward, let storage = node.gradient else {
        misuse("backward: the tape behind this \(node.operation) was used up by an earlier backward()")
      }
      node.backward = nil
      node.gradient = nil
      node.hasGradient = false
      var gradient = Tensor(storage: storage, shape: node.shape)
      // `storage` must not count as a second reference where the operation looks whether it may write in place.
      _ = consume storage
      backward(&gradient, self)
    }
  }

  private func push(_ node: GradientNode) {
    pending.append(node)
    var child = pending.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if pending[parent].sequence > pending[child].sequence { break }
      pending.swapAt(parent, child)
      child = parent
    }
  }

  private func pop() -> GradientNode? {
    guard let top = pending.first else { return nil }
    let last = pending.removeLast()
    if pending.isEmpty { return top }
    pending[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= pending.count { break }
      if child + 1 < pending.count, pending[child + 1].sequence > pending[child].sequence { child += 1 }
      if pending[parent].sequence > pending[child].sequence { break }
      pending.swapAt(parent, child)
      parent = child
    }
    return top
  }
}

extension Tensor {
  /// The node to send gradients to, where this value has one and the thread is recording.
  var source: GradientNode? {
    @inline(__always) get {
      guard let node else { return nil }
      return Tape.isRecording ? node : nil
    }
  }

  /// Notes that this value came from an operation; `backward` sends its gradient on.
  ///
  /// The closure gets the gradient as the only reference to its memory where nothing else holds it, so it may be
  /// changed in place after `isKnownUniquelyReferenced` says so.
  @inline(__always)
  mutating func record(_ operation: StaticString, _ backward: @escaping GradientNode.Backward) {
    node = GradientNode(operation: operation, shape: shape, backward: backward)
    if Tape.watcherCount.load(ordering: .relaxed) != 0 { TapeWatch.note(operation, self) }
  }

  /// Adds the derivative of this scalar by each parameter that it was computed from to `parameter.gradient`.
  ///
  /// The tape behind it is used up. Preconditions: one element, and a parameter somewhere behind it.
  public func backward() {
    backward(by: BackwardPass())
  }

  /// As ``backward()``, from a tensor of any shape whose own gradient is given.
  public func backward(gradient: Tensor) {
    require(gradient.shape == shape, "backward: a gradient of shape \(gradient.shape) for a value of \(shape)")
    backward(gradient, by: BackwardPass())
  }

  /// As ``backward()``, by a pass that may leave work to its caller.
  func backward(by pass: BackwardPass) {
    require(count == 1, "backward() starts from a scalar, not from shape \(shape): take a loss or a sum")
    backward(Tensor(repeating: 1, shape: shape), by: pass)
  }

  private func backward(_ gradient: Tensor, by pass: BackwardPass) {
    guard let node else {
      misuse("backward: no parameter behind this value (or it was computed inside withoutGradient)")
    }
    pass.run(from: node, seed: gradient.storage)
  }
}
