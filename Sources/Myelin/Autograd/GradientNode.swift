import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#endif

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
  /// The pass that writes to this leaf's gradient, by its address; 0 between passes.
  let claimant = Atomic<UInt>(0)
  /// The leaf that the same pass claimed before this one.
  var previouslyClaimed: GradientNode?

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

  deinit {
    if backward != nil { DroppedTape.release(&backward) }
  }
}

/// Lets go of a tape that was never run backwards, one node after another.
///
/// A node's closure holds the nodes before it. Released one inside the other, some 10⁵ of them overflow the stack.
private final class DroppedTape {
  private var closures: [GradientNode.Backward] = []

  // Set while this thread is releasing.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    require(pthread_key_create(&key, nil) == 0, "no thread-local storage left")
    return key
  }()

  /// Takes the closure out of where it is, so that nothing else holds it.
  static func release(_ closure: inout GradientNode.Backward?) {
    if let running = pthread_getspecific(key) {
      Unmanaged<DroppedTape>.fromOpaque(running).takeUnretainedValue().take(&closure)
      return
    }
    let tape = DroppedTape()
    pthread_setspecific(key, Unmanaged.passUnretained(tape).toOpaque())
    tape.take(&closure)
    // Each closure that goes lets go of nodes, which put their closures here.
    while tape.closures.popLast() != nil {}
    pthread_setspecific(key, nil)
  }

  private func take(_ closure: inout GradientNode.Backward?) {
    if let closure { closures.append(closure) }
    closure = nil
  }
}
