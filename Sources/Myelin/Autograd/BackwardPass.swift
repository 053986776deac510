/// Where a backward function may put a gradient: nowhere, or over what is there, or added to it.
struct GradientTarget {
  /// Nil where nobody wants the gradient.
  let pointer: MutableFloatPointer?
  let mode: WriteMode

  static var unwanted: GradientTarget { GradientTarget(pointer: nil, mode: .overwrite) }
}

/// One run over the tape from a result back to the parameters.
final class BackwardPass {
  // A binary heap: the node with the highest number on top.
  @exclusivity(unchecked) private var pending: [GradientNode] = []

  // Products whose computing is left to an optimizer; from so many elements on.
  @exclusivity(unchecked) private var deferred: [WeightProduct] = []
  private let leastDeferredCount: Int

  private let thread = BackwardThread.current

  /// Products with a weight's gradient of at least `count` elements are not computed but kept for
  /// ``takeDeferredProducts()``.
  init(deferringProductsFrom count: Int = .max) {
    leastDeferredCount = count
    pending.reserveCapacity(16)
    thread.began()
  }

  deinit { thread.ended() }

  // MARK: Writing gradients

  /// Where a gradient for `node` may be written, which counts as having arrived: the caller must write it.
  @inline(__always)
  private func target(_ node: GradientNode) -> GradientTarget {
    if node.isLeaf { claim(node) }
    // In the order of the tape, so that the sum has the same bits.
    if node.awaitsProduct { computeDeferredProduct(of: node) }
    if node.hasGradient {
      makeUnique(node)
      return GradientTarget(pointer: node.gradient.unsafelyUnwrapped.floats, mode: .accumulate)
    }
    if node.gradient == nil { node.gradient = Storage(count: node.shape.elementCount) }
    arrived(at: node)
    return GradientTarget(pointer: node.gradient.unsafelyUnwrapped.floats, mode: .overwrite)
  }

  /// Lets `body` write (or add, as the mode says) a gradient to `node`, in the node's own memory.
  @inline(__always)
  func accumulate(into node: GradientNode, _ body: (MutableFloatPointer, WriteMode) -> Void) {
    let target = target(node)
    body(target.pointer.unsafelyUnwrapped, target.mode)
  }

  /// Lets one kernel write several gradients at once, each where somebody wants it.
  ///
  /// ```swift
  /// pass.accumulate(into: x, weight, bias) { dx, dw, db in
  ///   Kernels.someBackward(…, dx.pointer, dx.mode, dw.pointer, dw.mode, db.pointer, db.mode)
  /// }
  /// ```
  /// One node may stand in several places: the later ones then get memory of their own, added afterwards.
  func accumulate(
    into first: GradientNode?, _ second: GradientNode?, _ third: GradientNode? = nil,
    _ body: (_ first: GradientTarget, _ second: GradientTarget, _ third: GradientTarget) -> Void
  ) {
    let a = first.map(target) ?? .unwanted
    let (b, secondCopy) = distinctTarget(second, from: first, nil)
    let (c, thirdCopy) = distinctTarget(third, from: first, second)
    body(a, b, c)
    if let second, let secondCopy { accumulate(into: second, secondCopy) }
    if let third, let thirdCopy { accumulate(into: third, thirdCopy) }
  }

  private func distinctTarget(
    _ node: GradientNode?, from first: GradientNode?, _ second: GradientNode?
  ) -> (GradientTarget, copy: Tensor?) {
    guard let node else { return (.unwanted, nil) }
    guard node === first || node === second else { return (target(node), nil) }
    let copy = Tensor(uninitialized: node.shape)
    return (GradientTarget(pointer: copy.pointer, mode: .overwrite), copy)
  }

  /// Lets `body` add to a part of the gradient of `node`: at the first time the rest is filled with zeros, later it is not
  /// touched, so that many slices of one value cost what they cover.
  @inline(__always)
  func accumulatePart(of node: GradientNode, _ body: (MutableFloatPointer) -> Void) {
    accumulate(into: node) { pointer, mode in
      if mode == .overwrite { Kernels.fill(node.shape.elementCount, 0, pointer) }
      body(pointer)
    }
  }

  /// Adds xᵀ dz to the gradient of a weight, now or later.
  func accumulate(_ product: WeightProduct) {
    let node = product.node
    if product.count >= leastDeferredCount && node.isLeaf && !node.hasGradient && !node.awaitsProduct {
      claim(node)
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
    if node.isLeaf {
      accumulate(into: node) { target, mode in Kernels.scale(count, 1, gradient.pointer, target, mode) }
    } else if node.hasGradient {
      makeUnique(node)
      Kernels.axpby(count, 1, gradient.pointer, 1, node.gradient.unsafelyUnwrapped.floats)
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

  @inline(__always)
  private func claim(_ leaf: GradientNode) { unsafeDowncast(leaf, to: LeafNode.self).claim(for: thread) }

  // MARK: Going back

  func arrived(at node: GradientNode) {
    node.hasGradient = true
    if !node.isLeaf { push(node) }
  }

  func run(from root: GradientNode, seed: Storage) {
    if root.isLeaf { return accumulate(into: root, Tensor(storage: seed, shape: root.shape)) }
    root.gradient = seed
    arrived(at: root)
    let observer = Observation.current
    let outside = Precision.current
    var precision = outside
    defer { if precision != outside { Precision.current = outside } }
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
      if node.precision != precision {
        precision = node.precision
        Precision.current = precision
      }
      observer?.backwardBegan(node)
      backward(&gradient, self)
      observer?.backwardEnded(node)
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
